"""The mailboxes of From, To and Cc."""

import mailparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.addresses import Address, AddressList, read_addresses
from parsers.headers import Header
from tests.support.bounded import bounded


def read(*values: str | bytes) -> AddressList:
    encoded = [value.encode() if isinstance(value, str) else value for value in values]
    return read_addresses([Header(name="from", value=value) for value in encoded])


ONE = {
    "Ana <ana@broker.example>": ("Ana", "ana@broker.example"),
    "ana@broker.example (Ana)": ("Ana", "ana@broker.example"),
    '"pay@bank.example" <ana@broker.example>': ("pay@bank.example", "ana@broker.example"),
    '"Ruiz, Ana" <ana@broker.example>': ("Ruiz, Ana", "ana@broker.example"),
    "=?utf-8?q?Jos=C3=A9?= <ana@broker.example>": ("José", "ana@broker.example"),
    "José <ana@broker.example>": ("José", "ana@broker.example"),
    "José <ana@broker.example>".encode("windows-1252"): ("José", "ana@broker.example"),
    "Ortiz, Dana <d@b.example>": ("Ortiz, Dana", "d@b.example"),
    "Nokia, Inc. <i@n.example>": ("Nokia, Inc.", "i@n.example"),
    "Dana Ortiz [US] <d@b.example>": ("Dana Ortiz [US]", "d@b.example"),
    "Dana: Ortiz <d@b.example>": ("Dana: Ortiz", "d@b.example"),
    "dana@b.example <Dana@b.example>": ("dana@b.example", "Dana@b.example"),
    "Ana\r\n <ana@Broker.Example>": ("Ana", "ana@Broker.Example"),
}


@pytest.mark.parametrize(("written", "expected"), ONE.items())
def test_one_mailbox_is_read_without_doubt(written: str | bytes, expected: tuple[str, str]) -> None:
    assert read(written) == AddressList(addresses=(Address(name=expected[0], addr=expected[1]),), sure=True)


@pytest.mark.parametrize(
    "written",
    [
        "<a@b.example> <c@d.example>",
        "garbage",
        "a@b.example; c@d.example",
        "x <a@b.example",
        "pay@bank.example <a@b.example>",
        "Dana, c@d.example x <a@b.example>",
    ],
)
def test_F33_F34_what_can_be_read_in_two_ways_is_never_sure(written: str) -> None:
    assert not read(written).sure
    assert read(written).addresses


def test_all_headers_are_read() -> None:
    found = read("a@b.example", "c@d.example, e@f.example")
    assert [address.addr for address in found.addresses] == ["a@b.example", "c@d.example", "e@f.example"]


def test_an_empty_group_is_nobody() -> None:
    assert read("undisclosed-recipients:;") == read("") == AddressList(addresses=(), sure=True)


def test_thousands_of_headers_are_never_sure() -> None:
    assert not read(*["a@b.example"] * 5000).sure


@pytest.mark.parametrize(
    ("addr", "domain", "is_plausible"),
    [
        ("ana@Broker.EXAMPLE", "broker.example", True),
        ('"a@b"@c.example', "c.example", False),
        ("ana", "", False),
        ("ana@", "", False),
        ("ana@b..example", "b..example", False),
        ("a na@b.example", "b.example", False),
    ],
)
def test_which_addresses_mail_can_be_sent_to(addr: str, domain: str, is_plausible: bool) -> None:  # noqa: FBT001
    address = Address(name="", addr=addr)
    assert (address.domain, address.is_plausible) == (domain, is_plausible)


def test_F41_when_mail_parser_fails_the_standard_library_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr(mailparser, "parse_from_bytes", fail)
    expected = AddressList(addresses=(Address(name="José", addr="ana@b.example"),), sure=False)
    assert read("=?utf-8?q?Jos=C3=A9?= <ana@b.example>") == expected


@pytest.mark.parametrize("hostile", ["(", ",", "<", '"', "\\", "a@b.example,", "=?utf-8?q?a?= ", "a.", ":;", "@"])
def test_hostile_address_headers_are_read_in_bounded_time(hostile: str) -> None:
    with bounded():
        read(hostile * (240_000 // len(hostile)))


@given(st.one_of(st.binary(), st.text(alphabet='a@b.<>,;:"()\\ =?é\ud800').map(lambda s: s.encode("utf-8", "replace"))))
def test_no_bytes_make_the_reading_raise(raw: bytes) -> None:
    read(raw)
