"""What every `Source` must do; each implementation inherits this suite and brings a `Box`."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.interfaces import Handle, Source, SourceSession

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)
HEAD = b"From: filer@example.com\r\nSubject: 999-1234567-8\r\nMessage-ID: <a.1@example.com>\r\n\r\n"

SHAPES = {
    "crlf": HEAD + b"line\r\nline\r\n",
    "no-last-line-end": HEAD + b"line",
    "lf-only": HEAD.replace(b"\r\n", b"\n") + b"line\nline\n",
    "nul": HEAD + b"a\0b\r\n",
    "eight-bit": HEAD + bytes(range(128, 256)) + "日本\r\n".encode(),
    "empty-body": HEAD,
    "head-only": b"Subject: x\r\n",
    "looks-like-imap": HEAD + b'{12}\r\n)\r\nA1 OK "\\\r\n* 1 FETCH (UID 1)\r\n',
    "dots-and-from": HEAD + b"From me\r\n.\r\n..\r\n",
    "ten-megabytes": HEAD + b"0123456789abcdef0123456789abcdef0123456789abcdef\r\n" * 200_000,
}


class Box(Protocol):
    """A mailbox under test, and a way to it that does not go through the source."""

    source: Source

    def put(self, raw: bytes, arrived_at: datetime) -> None:
        """Delivers a message."""

    def as_served(self, raw: bytes) -> bytes:
        """What the server makes of bytes delivered to it, for those that it does not keep as they are."""

    def waiting(self) -> list[bytes]:
        """The messages in the source folder."""

    def kept(self) -> list[bytes]:
        """The messages in the processed folder."""

    def traces(self) -> object:
        """Whatever reading could have changed: flags, names, times, folders."""

    def remove_all(self) -> None:
        """Somebody else empties the source folder."""

    def break_off(self, session: SourceSession) -> None:
        """What the session stands on stops working."""

    def repair(self) -> None:
        """It works again, for new sessions."""


def message(number: int) -> bytes:
    return b"Subject: %d\r\nMessage-ID: <n%d@example.com>\r\n\r\nbody\r\n" % (number, number)


class SourceContract:
    """The promises of `Source` and `SourceSession`; an implementation brings a fixture `box`, an empty mailbox."""

    exact_sizes = True  # whether the server tells the size of what it will give

    @pytest.mark.parametrize("shape", SHAPES)
    def test_bytes_are_those_the_server_has(self, box: Box, shape: str) -> None:
        box.put(SHAPES[shape], NOON)
        with box.source.session() as session:
            [listed] = session.listing(LONG_AGO)
            [mail] = session.fetch([listed])
            streamed = b"".join(session.stream(listed))
        assert mail.raw == box.as_served(SHAPES[shape])
        assert streamed == mail.raw
        assert listed.size == len(mail.raw) or (not self.exact_sizes and listed.size > len(mail.raw))
        assert (mail.handle, mail.arrived_at) == (listed.handle, NOON)

    def test_F50_F54_listing_is_in_order_of_arrival_in_utc_whatever_dates_are_written(self, box: Box) -> None:
        hours = [3, 1, 2]
        for hour in hours:
            box.put(
                b"Date: %d Mar 2026 12:00:00 -0%d00\r\n" % (9 - hour, hour) + message(hour),
                NOON + timedelta(hours=hour),
            )
        with box.source.session() as session:
            listed = list(session.listing(LONG_AGO))
        assert [each.arrived_at for each in listed] == [NOON + timedelta(hours=h) for h in sorted(hours)]
        assert all(each.arrived_at.utcoffset() == timedelta(0) for each in listed)

    def test_listing_starts_exactly_at_since(self, box: Box) -> None:
        for second in (-1, 0, 1):
            box.put(message(second + 5), NOON + timedelta(seconds=second))
        with box.source.session() as session:
            arrived = [each.arrived_at for each in session.listing(NOON)]
        assert arrived == [NOON, NOON + timedelta(seconds=1)]

    def test_since_may_be_in_any_zone_and_before_all_mail(self, box: Box) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            assert len(list(session.listing(datetime.min.replace(tzinfo=UTC)))) == 1
            local = NOON.astimezone().replace(microsecond=0)
            assert len(list(session.listing(local))) == 1

    def test_equal_messages_have_handles_of_their_own(self, box: Box) -> None:
        box.put(message(1), NOON)
        box.put(message(1), NOON)
        with box.source.session() as session:
            handles = {each.handle for each in session.listing(LONG_AGO)}
            listed = list(session.listing(LONG_AGO))
            assert [mail.raw for mail in session.fetch(listed)] == [message(1)] * 2
        assert len(handles) == 2

    def test_an_empty_folder_lists_nothing(self, box: Box) -> None:
        with box.source.session() as session:
            assert list(session.listing(LONG_AGO)) == []
            assert list(session.fetch([])) == []
            session.settle([])
        assert box.kept() == []

    def test_what_has_gone_is_left_out(self, box: Box) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            [gone] = session.listing(LONG_AGO)
            box.remove_all()
            box.put(message(2), NOON)
            [there] = (each for each in session.listing(LONG_AGO) if each.handle != gone.handle)
            assert [mail.raw for mail in session.fetch([gone, there])] == [message(2)]
            assert list(session.stream(gone)) == []
            session.settle([gone.handle])
        assert box.waiting() == [message(2)]

    def test_reading_changes_nothing(self, box: Box) -> None:
        box.put(message(1), NOON)
        before = box.traces()
        box.source.check()
        with box.source.session() as session:
            listed = list(session.listing(LONG_AGO))
            list(session.fetch(listed))
            list(session.stream(listed[0]))
        assert box.traces() == before
        assert box.waiting() == [message(1)]

    def test_settling_moves_exactly_those_named(self, box: Box) -> None:
        for number in range(5):
            box.put(message(number), NOON + timedelta(seconds=number))
        with box.source.session() as session:
            listed = list(session.listing(LONG_AGO))
            session.settle([listed[1].handle, listed[3].handle])
            assert [each.handle for each in session.listing(LONG_AGO)] == [listed[n].handle for n in (0, 2, 4)]
        assert Counter(box.kept()) == Counter([message(1), message(3)])
        assert Counter(box.waiting()) == Counter([message(0), message(2), message(4)])

    def test_settling_again_changes_nothing(self, box: Box) -> None:
        for number in range(3):
            box.put(message(number), NOON)
        with box.source.session() as session:
            handles = [each.handle for each in session.listing(LONG_AGO)][:2]
            session.settle(handles)
            kept = Counter(box.kept())
            session.settle(handles)
        with box.source.session() as session:
            session.settle(handles)
        assert Counter(box.kept()) == kept
        assert len(kept) == 2
        assert len(box.waiting()) == 1

    def test_settling_adds_to_a_folder_that_is_there(self, box: Box) -> None:
        for number in range(2):
            box.put(message(number), NOON)
            with box.source.session() as session:
                session.settle([each.handle for each in session.listing(LONG_AGO)])
        assert Counter(box.kept()) == Counter([message(0), message(1)])

    def test_equal_messages_are_both_kept(self, box: Box) -> None:
        box.put(message(1), NOON)
        box.put(message(1), NOON)
        with box.source.session() as session:
            session.settle([each.handle for each in session.listing(LONG_AGO)])
        assert box.kept() == [message(1)] * 2

    def test_a_handle_nobody_gave_moves_nothing(self, box: Box) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            [listed] = session.listing(LONG_AGO)
            strange = [
                Handle(folder="Elsewhere", validity=listed.handle.validity, uid=listed.handle.uid),
                Handle(folder=listed.handle.folder, validity=listed.handle.validity, uid="../1"),
                Handle(folder=listed.handle.folder, validity=listed.handle.validity, uid="1:*\r\nA1 LOGOUT"),
            ]
            session.settle(strange)
        assert box.waiting() == [message(1)]
        assert box.kept() == []

    def test_mail_that_comes_during_a_session_is_listed(self, box: Box) -> None:
        with box.source.session() as session:
            assert list(session.listing(LONG_AGO)) == []
            box.put(message(1), NOON)
            assert len(list(session.listing(LONG_AGO))) == 1

    def test_a_session_is_unusable_after_an_error(self, box: Box) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            [listed] = session.listing(LONG_AGO)
            box.break_off(session)
            with pytest.raises(UnreachableError):
                list(session.listing(LONG_AGO))
            box.repair()
            with pytest.raises(UnreachableError):
                list(session.fetch([listed]))
            with pytest.raises(UnreachableError):
                session.settle([listed.handle])
        with box.source.session() as session:
            assert len(list(session.listing(LONG_AGO))) == 1
        assert box.kept() == []

    def test_a_session_is_unusable_once_left(self, box: Box) -> None:
        with box.source.session() as session:
            pass
        with pytest.raises(UnreachableError):
            list(session.listing(LONG_AGO))

    def test_check_says_what_it_found(self, box: Box) -> None:
        box.put(message(1), NOON)
        assert "1 messages" in box.source.check()

    def test_sightings_are_what_lies_in_both_folders_whatever_its_age(self, box: Box) -> None:
        for number in range(3):
            box.put(message(number), NOON - timedelta(days=number * 400))
        with box.source.session() as session:
            oldest, newer, newest = session.listing(LONG_AGO)
            session.settle([newer.handle])
            seen = list(session.sightings())
        waiting = {each.listed for each in seen if not each.settled}
        assert waiting == {oldest, newest}
        [kept] = [each for each in seen if each.settled]
        assert (kept.listed.size, kept.listed.arrived_at) == (newer.size, newer.arrived_at)
        assert kept.listed.handle.folder != newer.handle.folder
        assert kept.message_id == "<n1@example.com>"

    def test_a_sighting_can_be_read_as_a_digest_while_others_are_listed(self, box: Box) -> None:
        for number in range(4):
            box.put(message(number), NOON)
        with box.source.session() as session:
            session.settle([each.handle for each in session.listing(LONG_AGO)][:2])
            digests = [session.digest(each.listed.handle) for each in session.sightings()]
        assert Counter(digests) == Counter(sha256(message(number)).hexdigest() for number in range(4))

    def test_an_empty_mailbox_has_no_sightings(self, box: Box) -> None:
        with box.source.session() as session:
            assert list(session.sightings()) == []

    def test_the_digest_of_what_has_gone_is_none(self, box: Box) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            [gone] = session.sightings()
            box.remove_all()
            strange = replace(gone.listed.handle, uid="../1")
            assert session.digest(gone.listed.handle) is None
            assert session.digest(strange) is None
            assert session.digest(replace(gone.listed.handle, validity="other")) is None

    def test_counting_changes_nothing(self, box: Box) -> None:
        box.put(message(1), NOON)
        before = box.traces()
        with box.source.session() as session:
            for each in session.sightings():
                session.digest(each.listed.handle)
        assert box.traces() == before

    def test_a_count_of_a_mailbox_that_breaks_off_says_so(self, box: Box) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            [seen] = session.sightings()
            box.break_off(session)
            with pytest.raises(UnreachableError):
                list(session.sightings())
            with pytest.raises(UnreachableError):
                session.digest(seen.listed.handle)
