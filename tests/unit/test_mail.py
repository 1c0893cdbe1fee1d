"""What the header of a message says."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.mail import Mail, MailRefused, Partial, read_mail
from tests.support.bounded import bounded


def read(*headers: str | bytes, body: bytes = b"") -> Mail:
    lines = [header.encode() if isinstance(header, str) else header for header in headers]
    return read_mail(b"\r\n".join([*lines, b"", body]))


def test_an_ordinary_message() -> None:
    mail = read(
        "Return-Path: <ana@b.example>",
        "Received: from y by mx.example.gov; Wed, 05 Sep 2018 02:24:08 +0000",
        "Received: from x by out.b.example; Wed, 05 Sep 2018 02:24:06 +0000",
        "From: Ana Ruiz <ana@B.example>",
        "To: CEE-Electronics <cee-electronics@cbp.dhs.gov>, b@c.example",
        "Cc: boss@b.example",
        "Subject: DR,NokiaInc,345-67890123,2704",
        "Date: Wed, 05 Sep 2018 09:24:05 +0700",
        "Message-ID: <1@b.example>",
        "In-Reply-To: <0@b.example>",
        "References: <a@b.example>\r\n <0@b.example> <a@b.example>",
    )
    assert mail.sender is not None
    assert (mail.sender.name, mail.sender.addr, mail.sender.domain) == ("Ana Ruiz", "ana@B.example", "b.example")
    assert mail.from_ == (mail.sender,)
    assert [address.addr for address in mail.to] == ["cee-electronics@cbp.dhs.gov", "b@c.example"]
    assert [address.addr for address in mail.cc] == ["boss@b.example"]
    assert mail.subject == mail.subject_raw == "DR,NokiaInc,345-67890123,2704"
    assert mail.date.instant == datetime(2018, 9, 5, 2, 24, 5, tzinfo=UTC)
    assert [hop.by for hop in mail.received] == ["mx.example.gov", "out.b.example"]
    assert (mail.message_id, mail.in_reply_to) == ("<1@b.example>", ("<0@b.example>",))
    assert mail.references == ("<a@b.example>", "<0@b.example>")
    assert (mail.return_path, mail.machine, mail.partial, mail.defects) == ("ana@b.example", (), None, ())


def test_nothing_at_all() -> None:
    mail = read_mail(b"")
    assert (mail.sender, mail.message_id, mail.subject, mail.return_path) == (None, None, "", None)
    assert mail.date.why_not == "missing"


def test_the_raw_subject_keeps_encoded_words_and_loses_folding() -> None:
    mail = read("Subject: =?utf-8?q?DR=2CNokia?=\r\n =?utf-8?q?Inc?=,345-\r\n\t67890123")
    assert mail.subject_raw == "=?utf-8?q?DR=2CNokia?= =?utf-8?q?Inc?=,345-\t67890123"
    assert mail.subject == "DR,NokiaInc,345- 67890123"


def test_F65_a_raw_8_bit_subject_is_text() -> None:
    assert read("Subject: Grüße".encode("windows-1252")).subject_raw == "Grüße"


def test_a_decoded_subject_cannot_carry_a_line_end() -> None:
    assert read("Subject: =?utf-8?q?a=0D=0ABcc=3A_x=40y?=").subject == "a Bcc: x@y"


@pytest.mark.parametrize(
    "values", [["a@b.example", "a@b.example"], ["a@b.example, c@d.example"], ["garbage"], [""], []]
)
def test_the_sender_is_told_only_when_there_is_no_doubt(values: list[str]) -> None:
    mail = read(*[f"From: {value}" for value in values])
    assert mail.sender is None
    assert mail.from_headers == len(values)


def test_F36_of_two_dates_the_first_counts_and_both_are_told() -> None:
    mail = read("Date: Wed, 05 Sep 2018 09:24:05 +0000", "Date: Wed, 05 Sep 2050 09:24:05 +0000")
    assert mail.date.instant == datetime(2018, 9, 5, 9, 24, 5, tzinfo=UTC)
    assert (mail.date_headers, mail.defects) == (2, ("two-date",))


def test_F39_only_top_level_headers_count() -> None:
    part = b"--x\r\nDate: mi\xe9rcoles\r\nSubject: inner\r\nFrom: evil@b.example\r\n\r\nbody\r\n--x--\r\n"
    mail = read("From: a@b.example", "Subject: outer", "Content-Type: multipart/mixed; boundary=x", body=part)
    assert (mail.subject, mail.from_headers, mail.date.why_not) == ("outer", 1, "missing")


def test_F03_a_blank_message_id_is_none() -> None:
    assert read("Message-ID:   ").message_id is None
    assert read("Message-ID: no-brackets@x").message_id == "no-brackets@x"
    assert read("Message-ID: junk <1@x> junk").message_id == "<1@x>"


def test_a_null_return_path_is_no_missing_one() -> None:
    assert read("Return-Path: <>").return_path == ""
    assert read("Return-Path:").return_path == ""
    assert read("From: a@b.example").return_path is None


@pytest.mark.parametrize(
    ("header", "defect"),
    [
        ("Subject: a\r\nSubject: b", "two-subject"),
        ("From: a@b.example\r\nFrom: c@d.example", "two-from"),
        ("Subject: a\x00b", "nul"),
        ("Subject: a\rFrom: b", "bare-cr"),
    ],
)
def test_what_programs_read_in_different_ways_is_a_defect(header: str, defect: str) -> None:
    assert read(header).defects == (defect,)


@pytest.mark.parametrize(
    ("parameters", "partial"),
    [
        ("id=abc; number=1; total=3", Partial(id="abc", number=1, total=3)),
        ('id="a b"; number=2', Partial(id="a b", number=2, total=None)),
        ("id=abc; number=4; total=3", None),
        ("id=abc; number=0", None),
        ("id=abc", None),
        ("number=1; total=2", None),
        ("id=abc; number=1; total=9999999", Partial(id="abc", number=1, total=None)),
    ],
)
def test_F75_a_fragment_says_which_of_what_it_is(parameters: str, partial: Partial | None) -> None:
    assert read(f"Content-Type: message/partial; {parameters}").partial == partial


def test_F44_an_oversized_header_is_refused_with_a_reason() -> None:
    with pytest.raises(MailRefused) as refused:
        read("X: " + "x" * 300_000)
    assert refused.value.code == "header-too-large"
    assert refused.value.sentence


def test_a_large_body_costs_no_more_than_its_digest() -> None:
    body = base64.encodebytes(bytes(7_500_000))
    with bounded():
        read("From: a@b.example", body=body)


@pytest.mark.parametrize(
    "name", ["Received", "From", "To", "Authentication-Results", "DKIM-Signature", "References", "Subject", "X"]
)
def test_a_header_block_full_of_anything_is_read_in_bounded_time(name: str) -> None:
    with bounded():
        read(*[f"{name}: a"] * (250_000 // (len(name) + 5)))
        read(f"{name}: " + "=?utf-8?q?a?= <a@b> " * 12_000)


NAMES = st.sampled_from(
    [b"From", b"To", b"Subject", b"Date", b"Received", b"Message-ID", b"Content-Type", b"Authentication-Results"]
)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=60)), max_size=6), st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_refusal(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    read_mail(b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body)
    read_mail(body)
