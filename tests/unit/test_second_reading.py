"""The second reading: agrees over honest mail in all its forms, and sees it when documents can be read otherwise."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.sandbox import InProcessReader
from parsers.documents import AMBIGUOUS_DEFECTS, MailRefused, cut
from parsers.second_reading import (
    DOCUMENTS_DIFFER,
    STRUCTURE_DEFECTS,
    _without_end_blanks,
    sees_other_documents,
)
from tests.support.mails import mail

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "eml"
PDF = b"%PDF-1.4 papers"
# Where the two differ in our own cases, and why.
OTHERWISE = {"hidden-from-other-readers": "a broken line amid the headers, below which we read on"}


def multipart(*parts: bytes, head: bytes = b"") -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"MIME-Version: 1.0\r\n" + head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n"


def pdf(encoding: bytes = b"base64") -> bytes:
    return (
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + base64.b64encode(PDF)
    )


def differs(raw: bytes) -> bool:
    return sees_other_documents(raw, cut(raw))


def test_every_case_shows_both_readers_the_same_documents() -> None:
    compared = 0
    for path in sorted(FIXTURES.glob("*/*.eml")):
        raw = path.read_bytes()
        try:
            ours = cut(raw)
        except MailRefused:
            continue
        assert sees_other_documents(raw, ours) is (path.parent.name in OTHERWISE), path
        compared += 1
    assert compared > 50


AGREED = {
    "whole": multipart(b"\r\nhello", pdf()),
    "blank behind the encoding": multipart(b"\r\nhello", pdf(b"base64 ")),
    "comment behind the encoding": multipart(b"\r\nhello", pdf(b"base64 (as usual)")),
    "cut off": multipart(b"\r\nhello", pdf()).removesuffix(b"--b--\r\n"),
    "attached message": multipart(b"Content-Type: message/rfc822\r\n\r\n" + multipart(pdf())),
    "attached message in base64": multipart(
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(multipart(pdf()))
    ),
    "blanks at line ends": multipart(
        b"Content-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na,b \r\nc,d\t \r\n"
    ),
    "carriage returns alone": multipart(b"\r\nhello", pdf()).replace(b"\r\n", b"\r"),
    "delivery report": multipart(b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\nA: b"),
    "nothing": b"",
}


@pytest.mark.parametrize("raw", AGREED.values(), ids=AGREED.keys())
def test_both_readers_see_the_same_documents(raw: bytes) -> None:
    assert not differs(raw)


OTHER = {
    "a broken line before the type": multipart(pdf(), head=b"a broken line\r\n"),
    "a boundary folded within its quotes": (
        multipart(pdf()).replace(b"--b", b"--a b").replace(b"boundary=b", b'boundary="a\r\n b"')
    ),
    "thirty messages in each other": multipart(
        b"Content-Type: message/rfc822\r\n\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 30 + pdf()
    ),
    "a type of 128 KB": b"Content-Type: text/html " + b";" * 131_072 + b"\r\n\r\nx",
    "a thousand messages in each other": b"Content-Type: message/rfc822\r\n\r\n" * 1000 + pdf(),
}


@pytest.mark.parametrize("raw", OTHER.values(), ids=OTHER.keys())
def test_what_another_reader_sees_otherwise_or_not_at_all_is_told(raw: bytes) -> None:
    assert differs(raw)


def test_the_defects_that_need_a_second_reader_are_no_flag_by_themselves() -> None:
    assert STRUCTURE_DEFECTS.isdisjoint(AMBIGUOUS_DEFECTS)
    assert DOCUMENTS_DIFFER in AMBIGUOUS_DEFECTS


def test_whole_mail_is_read_twice_on_a_sample() -> None:
    """With a sample of one every message is; with none only what is broken."""
    folded = OTHER["a boundary folded within its quotes"]
    broken = OTHER["a broken line before the type"]
    assert DOCUMENTS_DIFFER in InProcessReader(sample=1).read(folded).cut.defects
    assert DOCUMENTS_DIFFER not in InProcessReader(sample=0).read(folded).cut.defects
    assert DOCUMENTS_DIFFER in InProcessReader(sample=0).read(broken).cut.defects
    assert DOCUMENTS_DIFFER not in InProcessReader(sample=1).read(mail()).cut.defects


@given(contents=st.lists(st.binary(max_size=200), max_size=5))
def test_honest_mail_shows_both_the_same(contents: list[bytes]) -> None:
    assert not differs(mail(documents=contents))


@given(raw=st.binary(max_size=300) | st.text("-b\r\n :;=", max_size=60).map(lambda text: multipart(text.encode())))
def test_nothing_makes_the_comparison_raise(raw: bytes) -> None:
    differs(raw)


@given(st.lists(st.sampled_from([b" ", b"\t", b"x", b"\r", b"\n", b"\r\n", b"=20"]), max_size=30).map(b"".join))
def test_blanks_at_the_ends_of_lines_are_no_content(content: bytes) -> None:
    assert _without_end_blanks(content) == re.sub(rb"[ \t]+(?=\r?\n|\Z)", b"", content)
