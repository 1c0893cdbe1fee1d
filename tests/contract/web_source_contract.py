"""What a source that is called over HTTP must do besides: Exchange and Graph, each on the test's own server."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

import pytest

from cee_mailbot.errors import PermanentError, UnreachableError
from cee_mailbot.interfaces import SourceSession
from tests.contract.source_contract import LONG_AGO, NOON, SourceContract, message
from tests.servers.http_server import Trouble


def uids(session: SourceSession) -> list[str]:
    return [each.handle.uid for each in session.listing(LONG_AGO)]


class WebBox:
    """A mailbox `box` on the test's server, and what that calls its calls; `paused` are the waits that it asked for."""

    lists: ClassVar[str]
    reads: ClassVar[str]
    makes_folder: ClassVar[str]
    server: Any
    box: Any
    source: Any
    processed: str
    paused: list[float]

    def put(self, raw: bytes, arrived_at: datetime) -> None:
        self.box.deliver(raw, arrived_at)

    def as_served(self, raw: bytes) -> bytes:
        return raw

    def waiting(self) -> list[bytes]:
        return [one.raw for one in self.box.lying_in("Inbox")]

    def kept(self) -> list[bytes]:
        return [one.raw for one in self.box.lying_in(self.processed)]

    def remove_all(self) -> None:
        for one in self.box.lying_in("Inbox"):
            self.box.remove(one)

    def break_off(self, session: SourceSession) -> None:
        del session
        self.server.stop()

    def repair(self) -> None:
        self.server.start()


class WebSourceContract(SourceContract):
    """The promises that calls over HTTP put at risk; an implementation brings a fixture `box`, a `WebBox`."""

    exact_sizes = False

    def test_a_second_listing_asks_only_for_what_changed(self, box: WebBox) -> None:
        """Where the last round ended is kept from one session to the next."""
        for number in range(450):
            box.put(message(number), NOON)
        with box.source.session() as session:
            assert len(uids(session)) == 450
        assert box.server.asked.count(box.lists) == 3
        box.put(message(1000), NOON)
        with box.source.session() as session:
            assert len(uids(session)) == 451
        assert box.server.asked.count(box.lists) == 4

    def test_a_round_that_was_cut_off_is_made_good_by_the_next(self, box: WebBox) -> None:
        for number in range(300):
            box.put(message(number), NOON)
        box.server.troubles[box.lists] += [Trouble(), Trouble(cut_after=100)]
        with box.source.session() as session, pytest.raises(UnreachableError):
            uids(session)
        with box.source.session() as session:
            assert len(uids(session)) == 300

    def test_what_is_older_is_neither_listed_nor_remembered(self, box: WebBox) -> None:
        for number in range(3):
            box.put(message(number), NOON - timedelta(days=number))
        with box.source.session() as session:
            assert len(list(session.listing(NOON))) == 1
            assert len(box.source._view.messages) == 1
            assert len(list(session.listing(LONG_AGO))) == 3

    def test_a_message_that_somebody_moved_is_left_where_it_is(self, box: WebBox) -> None:
        """At Graph its id is good in any folder, and would move it out of where a person put it."""
        box.put(message(1), NOON)
        with box.source.session() as session:
            [listed] = session.listing(LONG_AGO)
            box.box.move(box.box.lying_in("Inbox")[0], box.box.add_folder("Elsewhere"))
            session.settle([listed.handle])
        assert len(box.box.lying_in("Elsewhere")) == 1

    def test_a_cut_message_is_none_at_all(self, box: WebBox) -> None:
        """C1: what ends before its end is thrown away, and the session with it."""
        box.put(message(1) * 1000, NOON)
        box.server.troubles[box.reads].append(Trouble(cut_after=1500))
        with box.source.session() as session:
            listed = list(session.listing(LONG_AGO))
            with pytest.raises(UnreachableError):
                list(session.fetch(listed))
            with pytest.raises(UnreachableError):
                list(session.listing(LONG_AGO))

    @pytest.mark.parametrize("asked_for", ["120", "a date", "1000000000"])
    def test_a_long_wait_ends_the_pass_and_no_call_comes_before_its_end(self, box: WebBox, asked_for: str) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
        retry_after = date if asked_for == "a date" else asked_for
        box.server.troubles[box.lists].append(Trouble(status=429, retry_after=retry_after))
        with box.source.session() as session, pytest.raises(UnreachableError, match="too many"):
            uids(session)
        asked = len(box.server.asked)
        with (
            pytest.raises(UnreachableError, match=r"asked not to be called for another (1[12]|3[56])"),
            box.source.session(),
        ):
            pass
        assert len(box.server.asked) == asked
        assert box.paused == []

    def test_check_finds_clocks_that_differ(self, box: WebBox) -> None:
        box.server.skew = timedelta(minutes=-12)
        with pytest.raises(PermanentError, match="12 min apart; set ours by NTP"):
            box.source.check()

    def test_a_message_of_forty_megabytes_comes_in_pieces(self, box: WebBox) -> None:
        raw = message(1) + b"0123456789abcdef0123456789abcdef0123456789abcdef\r\n" * 800_000
        box.put(raw, NOON)
        with box.source.session() as session:
            [listed] = session.listing(LONG_AGO)
            assert listed.size >= len(raw)
            pieces = list(session.stream(listed))
        assert b"".join(pieces) == raw
        assert max(map(len, pieces)) <= 1 << 20

    def test_many_folders_are_looked_through(self, box: WebBox) -> None:
        for number in range(250):
            box.box.add_folder(f"Other {number}")
        box.box.add_folder("processed")
        box.put(message(1), NOON)
        with box.source.session() as session:
            session.settle([each.handle for each in session.listing(LONG_AGO)])
        assert len(box.box.lying_in("processed")) == 1
        assert box.makes_folder not in box.server.asked
