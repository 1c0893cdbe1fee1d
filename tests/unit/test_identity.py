"""The identity of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.mail import read_mail

HEADERS = {
    "From": "Ana <ana@b.example>",
    "To": "cee@example.gov",
    "Cc": "boss@b.example",
    "Date": "Wed, 05 Sep 2018 09:24:05 +0700",
    "Subject": "DR,NokiaInc,345-67890123,2704",
    "Message-ID": "<1@b.example>",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "7bit",
}


def message(headers: dict[str, str], body: str = "Hello\r\nthere\r\n") -> bytes:
    return ("".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n" + body).encode()


def digest(raw: bytes) -> str:
    return read_mail(raw).content_digest


MAIL = digest(message(HEADERS))


@pytest.mark.parametrize("name", HEADERS)
def test_F02_any_difference_in_content_is_another_message(name: str) -> None:
    assert digest(message(HEADERS | {name: HEADERS[name] + "x"})) != MAIL
    assert digest(message({key: value for key, value in HEADERS.items() if key != name})) != MAIL


@pytest.mark.parametrize(
    "body", ["", "Hello\r\nthere!\r\n", "Hello there\r\n", "\r\nHello\r\nthere\r\n", "hello\r\nthere"]
)
def test_another_body_is_another_message(body: str) -> None:
    assert digest(message(HEADERS, body)) != MAIL


def test_folding_line_ends_and_the_order_of_headers_say_nothing() -> None:
    raw = message(HEADERS)
    assert digest(raw.replace(b"\r\n", b"\n")) == MAIL
    assert digest(raw + b"\r\n\r\n") == digest(raw.rstrip()) == MAIL
    assert digest(raw.replace(b"plain; charset", b"plain;\r\n\tcharset")) == MAIL
    assert digest(message(dict(reversed(HEADERS.items())))) == MAIL
    assert digest(raw.replace(b"Subject: ", b"SUBJECT:   ")) == MAIL


def test_line_ends_say_nothing_wherever_a_large_body_is_taken_apart() -> None:
    for length in range((1 << 20) - 3, (1 << 20) + 3):
        raw = b"Subject: a\n\n" + b"x" * length + b"\ny\n" * 3
        assert digest(raw) == digest(raw.replace(b"\n", b"\r\n"))


def test_headers_of_one_name_keep_their_order() -> None:
    first, second = b"To: a@b.example\r\n", b"To: c@d.example\r\n"
    assert digest(first + second + b"\r\n") != digest(second + first + b"\r\n")


def test_a_header_cannot_pose_as_body() -> None:
    assert digest(b"Subject: a\r\n\r\nb") != digest(b"Subject: a\r\nb: \r\n\r\n")


TRANSPORT = st.sampled_from(
    ["Received", "Return-Path", "Delivered-To", "X-Original-To", "X-Spam", "Content-Length", "DKIM-Signature"]
)


@given(st.lists(st.tuples(TRANSPORT, st.from_regex(r"[ -~]{0,40}", fullmatch=True)), max_size=5))
def test_F28_F31_the_way_a_message_came_does_not_change_it(added: list[tuple[str, str]]) -> None:
    trace = "".join(f"{name}: {value}\r\n" for name, value in added).encode()
    assert digest(trace + message(HEADERS)) == MAIL
