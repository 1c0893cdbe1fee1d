"""What goes between parent and child: values by their types, in frames with bounds, and nothing that acts."""

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.sandbox import frames
from cee_mailbot.sandbox.frames import BrokenFrameError, TooLargeError, receive, send
from cee_mailbot.sandbox.plain import BrokenPlainError, pack, unpack
from parsers.documents import cut
from parsers.mail import Mail, read_mail


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """A field of every kind that can be sent."""

    text: str
    number: int
    share: float
    sure: bool
    content: bytes
    at: datetime
    took: timedelta
    status: MessageStatus
    kind: Literal["a", "b"]
    many: tuple[int, ...]
    pair: tuple[str, bytes]
    some: frozenset[str]
    by_name: Mapping[str, tuple[str, ...]]
    perhaps: str | None = None


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.just("é" * 2000)
EVERYTHING = st.builds(
    Everything,
    text=TEXTS,
    number=st.integers(-(2**60), 2**60),
    share=st.floats(allow_nan=False, allow_infinity=False),
    sure=st.booleans(),
    content=st.binary(),
    at=st.datetimes(timezones=ZONES),
    took=st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    status=st.sampled_from(MessageStatus),
    kind=st.sampled_from(["a", "b"]),
    many=st.lists(st.integers(0, 9)).map(tuple),
    pair=st.tuples(TEXTS, st.binary()),
    some=st.frozensets(TEXTS),
    by_name=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.tuples(TEXTS)),
    perhaps=st.none() | TEXTS,
)


@given(value=EVERYTHING)
def test_a_value_packed_and_unpacked_is_the_same(value: Everything) -> None:
    assert unpack(Everything, *pack(value)) == value


def test_a_reading_packed_and_unpacked_is_the_same() -> None:
    raw = b"From: a@b.example\r\nDate: Mon, 2 Nov 2026 10:00:00 -0500\r\nSubject: x\r\n\r\nhello\r\n"
    assert unpack(Mail, *pack(read_mail(raw))) == read_mail(raw)
    assert pack(cut(raw))[1]


@pytest.mark.parametrize(
    ("expected", "head"),
    [
        (str, b"[]"),
        (str, b'"\\ud800"'),
        (str, b"7"),
        (int, b"true"),
        (int, b'"1"'),
        (int, b"9" * 5000),
        (bool, b"1"),
        (bytes, b"0"),
        (bytes, b"-1"),
        (bytes, b'"x"'),
        (datetime, b'"2026-11-02T10:00:00"'),
        (datetime, b"[]"),
        (MessageStatus, b'"nonsense"'),
        (Literal["a"], b'"b"'),
        (tuple[int, ...], b"{}"),
        (tuple[int, ...], b"[" * 100_000),
        (tuple[int, str], b"[1]"),
        (Mapping[str, str], b'{"a": 1.5}'),
        (Mail, b"[]"),
        (str | None, b"1.5"),
        (str, b"\xff"),
        (str, b"nonsense"),
    ],
)
def test_what_is_not_of_the_expected_type_is_refused(expected: Any, head: bytes) -> None:
    with pytest.raises(BrokenPlainError):
        unpack(expected, head, [])


@given(junk=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_no_answer_however_made_is_anything_but_a_value_or_refused(junk: object) -> None:
    """A child that was taken over may say what it likes."""
    head, blobs = pack(junk)
    for expected in (Mail, Everything, tuple[str, ...]):
        try:
            unpack(expected, head, blobs)
        except BrokenPlainError:
            continue
        assert expected == tuple[str, ...]


def test_what_has_no_plain_form_is_not_sent() -> None:
    with pytest.raises(TypeError):
        pack(object())
    with pytest.raises(BrokenPlainError):
        unpack(int | str, b"1", [])


@given(head=st.binary(max_size=50), blobs=st.lists(st.binary(max_size=50), max_size=5), seconds=st.just(5) | st.none())
def test_a_frame_arrives_as_it_was_sent(head: bytes, blobs: list[bytes], seconds: float | None) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, head, blobs)
        assert receive(theirs, most=1000, seconds=seconds) == (head, blobs)
        ours.close()
        assert receive(theirs, most=1000, seconds=seconds) is None


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack("!II", 1001, 0),
        struct.pack("!II", 0, 1) + struct.pack("!Q", 2**63),
        struct.pack("!II", 0, 2**32 - 1),
        struct.pack("!II", 2**32 - 1, 0),
    ],
)
def test_a_frame_that_announces_too_much_is_never_set_aside_for(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        with pytest.raises(TooLargeError):
            receive(theirs, most=1000, seconds=5)


def test_a_frame_that_is_cut_off_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_AT_ONCE", 3)
    for seconds in (5, None):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(struct.pack("!II", 100, 0) + b"only this")
            ours.close()
            with pytest.raises(BrokenFrameError):
                receive(theirs, most=1000, seconds=seconds)


def test_a_frame_that_never_ends_is_waited_for_no_longer_than_was_said() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(struct.pack("!II", 100, 0) + b"only this")
        with pytest.raises(TimeoutError):
            receive(theirs, most=1000, seconds=0.01)


def test_times_keep_their_offset() -> None:
    at = datetime(2026, 11, 2, 10, tzinfo=timezone(timedelta(hours=-5)))
    again = unpack(datetime, *pack(at))
    assert (again, again.utcoffset()) == (at, timedelta(hours=-5))
    assert unpack(datetime, *pack(datetime(2026, 1, 1, tzinfo=UTC))).tzinfo is UTC


def test_F45_bytes_that_are_named_twice_are_refused() -> None:
    """Ten megabytes, named two hundred times and decoded each time, would be two gigabytes of the parent."""
    for kind in (tuple[str, ...], tuple[bytes, ...]):
        assert len(unpack(kind, b"[0,1]", [b"a", b"b"])) == 2
        with pytest.raises(BrokenPlainError):
            unpack(kind, b"[0,1,0]", [b"a", b"b"])
