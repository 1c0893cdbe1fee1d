"""A message that was cut up is whole again, by the rules of RFC 2046 5.2.2.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.fragments import rejoin
from parsers.mail import read_mail
from tests.support.mails import EXACT, mail


def envelope(number: int, total: int, *, subject: str = "cut up", end: bytes = b"\r\n") -> bytes:
    """The header of one fragment, which says nothing of the message but who sent it and when."""
    lines = (
        b"Received: by mx%d.filer.example" % number,
        b"From: broker@filer.example",
        b"To: CEE-Electronics@cbp.dhs.gov",
        b"Date: Mon, 02 Mar 2026 09:59:3%d -0500" % number,
        b"Subject: %s" % subject.encode(),
        b"Message-ID: <f%d@filer.example>" % number,
        b"MIME-Version: 1.0",
        b'Content-Type: message/partial; id="x@filer.example";',
        b"\tnumber=%d; total=%d" % (number, total),
        b"",
        b"",
    )
    return end.join(lines)


INNER = (
    b"From: somebody@else.example\r\nX-Mailer: cutter\r\nSubject: " + EXACT.encode() + b"\r\n"
    b"Message-ID: <whole@filer.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\nThe papers.\r\nFurther below.\r\n"
)


@given(st.integers(1, len(INNER) - 1))
def test_wherever_it_was_cut_the_message_is_the_same(at: int) -> None:
    """Also within the header of the message, and between a CR and its LF."""
    whole = rejoin([envelope(1, 2) + INNER[:at], envelope(2, 2) + INNER[at:]])
    assert whole == rejoin([envelope(1, 1) + INNER])


def test_the_fields_are_taken_as_the_rfc_says() -> None:
    """Who and when from the first fragment's own header; what it is, from the message that was cut."""
    whole = rejoin([envelope(1, 2) + INNER[:40], envelope(2, 2) + INNER[40:]])
    assert whole == (
        b"Received: by mx1.filer.example\r\nFrom: broker@filer.example\r\nTo: CEE-Electronics@cbp.dhs.gov\r\n"
        b"Date: Mon, 02 Mar 2026 09:59:31 -0500\r\n"
        b"Subject: " + EXACT.encode() + b"\r\nMessage-ID: <whole@filer.example>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        b"\r\nThe papers.\r\nFurther below.\r\n"
    )


def test_a_rejoined_message_reads_as_the_one_that_was_cut() -> None:
    original = mail()
    read, again = (
        read_mail(original),
        read_mail(rejoin([envelope(1, 2) + original[:500], envelope(2, 2) + original[500:]])),
    )
    assert (again.subject, again.message_id, again.partial) == (read.subject, read.message_id, None)
    assert again.date.raw == "Mon, 02 Mar 2026 09:59:31 -0500"


@pytest.mark.parametrize(
    ("fragment", "whole"),
    [
        (envelope(1, 1) + b"\r\nNo header at all.\r\n", b"\r\nNo header at all.\r\n"),
        (envelope(1, 1), b"\r\n"),
        (envelope(1, 1) + b"Subject: a header alone", b"Subject: a header alone\r\n"),
    ],
)
def test_a_message_without_header_or_body_is_one_all_the_same(fragment: bytes, whole: bytes) -> None:
    assert rejoin([fragment]).endswith(whole)


def test_line_feeds_alone_stay_line_feeds() -> None:
    whole = rejoin([envelope(1, 1, end=b"\n") + INNER.replace(b"\r\n", b"\n")])
    assert b"\r" not in whole
    assert whole.endswith(b"Content-Transfer-Encoding: 8bit\n\nThe papers.\nFurther below.\n")
