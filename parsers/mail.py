"""Raw message bytes to `Mail`: sender, subject, ids, clocks, authentication, and the marks of machines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.addresses import Address, AddressList, read_addresses
from parsers.authentication import (
    MOST_HEADERS,
    AuthenticationResult,
    AuthenticationResults,
    DkimSignature,
    Verdict,
    read_authentication,
    read_dkim,
    trusted_verdict,
)
from parsers.dates import Hop, ReadDate, read_date, read_hop
from parsers.encoded_words import decode_words
from parsers.headers import (
    HEADER_BLOCK_LIMIT,
    HeaderBlock,
    MailRefused,
    clean,
    read_header_block,
    with_line_feeds,
)
from parsers.identity import content_digest, header_digest
from parsers.machine_mail import MachineMark, machine_marks
from parsers.out_of_office import out_of_office_mark
from parsers.parameters import read_parameters

__all__ = [
    "Address",
    "AuthenticationResult",
    "AuthenticationResults",
    "DkimSignature",
    "MachineMark",
    "Mail",
    "MailLimits",
    "MailRefused",
    "Partial",
    "Verdict",
    "out_of_office_mark",
    "read_mail",
    "trusted_verdict",
]

# No honest mail has passed more hosts than these (RFC 5321 section 6.3 takes 100 for a loop).
MOST_HOPS = 200
MOST_IDS = 200
_ID = re.compile(r"<[^<>\s]{1,998}>")
_LONGEST_ID = 998
_SINGLETONS = ("from", "subject", "date", "message-id", "to", "cc", "sender", "return-path", "mime-version")


@dataclass(frozen=True, kw_only=True, slots=True)
class MailLimits:
    """How large a header block may be; a larger one is refused."""

    header_block: int = HEADER_BLOCK_LIMIT


DEFAULT_LIMITS = MailLimits()


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """A fragment of a message cut by the sender's program (RFC 2046 section 5.2.2).

    Only the last fragment must say how many there are in `total`.
    """

    id: str
    number: int
    total: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """What the top-level header of one message says; all of it is the sender's word but the trace of servers.

    `subject_raw` is the first Subject as written: encoded words (RFC 2047) kept, folding undone. `subject`
    is the same, decoded and cleaned for display. `sender` is None unless there is exactly one From header
    with exactly one plausible mailbox, read without a doubt. `return_path` is an empty text for `<>` and
    None when absent. `received` stands top (newest) first. Ids have their angle brackets. `body_start`
    counts bytes. `defects` name what other programs may read otherwise.
    """

    message_id: str | None
    from_: tuple[Address, ...]
    from_headers: int
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    sender: Address | None
    subject_raw: str
    subject: str
    subject_headers: int
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: ReadDate
    date_headers: int
    received: tuple[Hop, ...]
    return_path: str | None
    authentication: tuple[AuthenticationResults, ...]
    dkim: tuple[DkimSignature, ...]
    machine: tuple[MachineMark, ...]
    partial: Partial | None
    content_digest: str
    header_digest: str
    body_start: int
    defects: tuple[str, ...]


def read_mail(raw: bytes, limits: MailLimits = DEFAULT_LIMITS) -> Mail:
    """Return what the header of a message says; the body is only digested.

    Raises MailRefused (`header-too-large`) when the header block is beyond the limit, and nothing else.
    """
    raw, line_defects = with_line_feeds(raw)
    block = read_header_block(raw, limit=limits.header_block)
    senders = read_addresses(block.all("from"))
    subject_raw = _subject(block)
    subject = clean(decode_words(subject_raw))
    received = tuple(read_hop(header.text) for header in block.all("received")[:MOST_HOPS])
    return_path = _return_path(block)
    return Mail(
        message_id=_message_id(block),
        from_=senders.addresses,
        from_headers=len(block.all("from")),
        to=read_addresses(block.all("to")).addresses,
        cc=read_addresses(block.all("cc")).addresses,
        sender=_sender(block, senders),
        subject_raw=subject_raw,
        subject=subject,
        subject_headers=len(block.all("subject")),
        in_reply_to=_ids(block, "in-reply-to"),
        references=_ids(block, "references"),
        date=_date(block),
        date_headers=len(block.all("date")),
        received=received,
        return_path=return_path,
        authentication=read_authentication(block.headers, [hop.by for hop in received]),
        dkim=tuple(read_dkim(header) for header in block.all("dkim-signature")[:MOST_HEADERS]),
        machine=machine_marks(block, senders.addresses, subject, return_path),
        partial=_partial(block),
        content_digest=content_digest(raw, block),
        header_digest=header_digest(block),
        body_start=block.body_start,
        defects=(*line_defects, *_defects(block)),
    )


def _sender(block: HeaderBlock, senders: AddressList) -> Address | None:
    """Return whom to answer: there must be one From header, one mailbox in it, and no doubt about it."""
    if len(block.all("from")) != 1 or len(senders.addresses) != 1 or not senders.sure:
        return None
    only = senders.addresses[0]
    return only if only.is_plausible else None


def _subject(block: HeaderBlock) -> str:
    header = block.first("subject")
    return "" if header is None else header.text


def _date(block: HeaderBlock) -> ReadDate:
    header = block.first("date")
    return read_date(None if header is None else header.text)


def message_id_of(head: bytes) -> str | None:
    """Return the Message-ID of the header that these bytes begin with, as `Mail` has it; None when it can't be read."""
    try:
        return _message_id(read_header_block(head))
    except MailRefused:
        return None


def _message_id(block: HeaderBlock) -> str | None:
    """Return the Message-ID; one without angle brackets as it is, a blank one as none."""
    text = block.structured("message-id") or ""
    found = _ID.search(text)
    return found[0] if found else text[:_LONGEST_ID] or None


def _ids(block: HeaderBlock, name: str) -> tuple[str, ...]:
    """Return the ids of a header; of too many the last, which are the nearest in the thread."""
    text = " ".join(header.structured for header in block.all(name)[:MOST_HEADERS])
    return tuple(dict.fromkeys(_ID.findall(text)))[-MOST_IDS:]


def _return_path(block: HeaderBlock) -> str | None:
    """Return the envelope sender that the last server wrote (RFC 5321 section 4.4)."""
    written = block.structured("return-path")
    return None if written is None else written.strip("<> ")


def _partial(block: HeaderBlock) -> Partial | None:
    """Return which fragment of which message this is; None for a whole message or an impossible count."""
    kind = read_parameters(block.structured("content-type") or "")
    if kind.media_type != "message/partial":
        return None
    number, total = _count(kind.parameters.get("number")), _count(kind.parameters.get("total"))
    name = kind.parameters.get("id", "")
    if not name or number is None or (total is not None and number > total):
        return None
    return Partial(id=name, number=number, total=total)


def _count(text: str | None) -> int | None:
    """Return a count from one on, or None."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:  # noqa: PLR2004 - figures
        return None
    return int(text) or None


def _defects(block: HeaderBlock) -> tuple[str, ...]:
    """Return the defects of the block, and `two-…` for each header that may stand only once, but does not."""
    return (*block.defects, *_doubled([header.name for header in block.headers]))


def _doubled(names: Sequence[str]) -> list[str]:
    return [f"two-{name}" for name in _SINGLETONS if names.count(name) > 1]
