"""The mailboxes that From, To, Cc and Sender name, as mail-parser reads them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import getaddresses

import mailparser

from parsers.encoded_words import decode_words
from parsers.headers import Header, clean

# More From headers than these are counted, but not read.
MOST_HEADERS = 20
_ADDRESS_IN_NAME = re.compile(r"""[^\s@<>,;:"()\[\]\\]{1,64}@[\w.-]{1,255}""")
_PLAUSIBLE = re.compile(r"""[^\s@<>,;:"()\[\]\\]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,20}""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One mailbox: the name shown (decoded, cleaned, may be empty) and the address as written.

    The address is empty where a header could not be read; the name then is what the header says.
    """

    name: str
    addr: str

    @property
    def domain(self) -> str:
        """The lower-case part after the last @, or an empty text."""
        return self.addr.rpartition("@")[2].lower() if "@" in self.addr else ""

    @property
    def is_plausible(self) -> bool:
        """Whether the address has the form of one that mail can be sent to."""
        return _PLAUSIBLE.fullmatch(self.addr) is not None


def address_key(address: str) -> str:
    """Return the form in which addresses are compared: in lower case, all of it.

    A local part may tell letter case apart (RFC 5321 section 2.4), and no mail system that brokers use does: of one who
    writes in two ways, two senders must not be made.
    """
    return address.lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressList:
    """The mailboxes of one kind of header, and whether their reading leaves no doubt."""

    addresses: tuple[Address, ...]
    sure: bool


def read_addresses(headers: Sequence[Header]) -> AddressList:
    """Return the mailboxes of all headers of one name (RFC 5322 section 3.4); never raises."""
    lists = [_read_one(header.structured) for header in headers[:MOST_HEADERS]]
    return AddressList(
        addresses=tuple(address for one in lists for address in one.addresses),
        sure=len(headers) <= MOST_HEADERS and all(one.sure for one in lists),
    )


def _read_one(text: str) -> AddressList:
    """Return the mailboxes of one header; what mail-parser can't read is shown, and never sure."""
    if not text:
        return AddressList(addresses=(), sure=True)
    found = _by_mail_parser(text)
    if found is not None and not found[1] and (only := _one_unquoted(text)):
        return AddressList(addresses=(only,), sure=True)
    if found is None:
        return AddressList(addresses=_by_stdlib(text), sure=False)
    addresses, sure = found
    if not addresses and not sure:
        return AddressList(addresses=(Address(name=clean(decode_words(text)), addr=""),), sure=False)
    return AddressList(addresses=addresses, sure=sure)


def _one_unquoted(text: str) -> Address | None:
    """Return the mailbox of `Ortiz, Dana <d@b.example>`, whose name should stand in quotes (RFC 5322 section 3.4).

    There is one address in angle brackets, at the end, and no other address in the name before it.
    """
    name, bracket, rest = text.strip().rpartition("<")
    only = _address(decode_words(name.strip(' "')), rest[:-1].strip())
    if not bracket or not rest.endswith(">") or not only.is_plausible or "<" in name or ">" in name:
        return None
    others = {address_key(found) for found in _ADDRESS_IN_NAME.findall(name)}
    return only if others <= {address_key(only.addr)} else None


def _by_mail_parser(text: str) -> tuple[tuple[Address, ...], bool] | None:
    """Return the mailboxes and whether mail-parser saw no defect; None when it fails.

    It gets one header of limited length at a time: 8-bit names as UTF-8, no other header, no body.
    """
    try:
        mail = mailparser.parse_from_bytes(b"To: " + text.encode("utf-8", "replace") + b"\n\n")
        pairs, defects = mail.to, mail.address_header_defects
        addresses = tuple(_address(str(name), str(addr)) for name, addr in pairs)
    # Hostile text makes the library raise anything, RecursionError too (F41).
    except Exception:  # noqa: BLE001
        return None
    return addresses, not defects


def _by_stdlib(text: str) -> tuple[Address, ...]:
    try:
        pairs = getaddresses([text])
    except Exception:  # noqa: BLE001 - as above
        return ()
    return tuple(_address(decode_words(name), addr) for name, addr in pairs if addr)


def _address(name: str, addr: str) -> Address:
    return Address(name=clean(name), addr=clean(addr))
