"""What a clock that was ahead for a while leaves behind, once it is set right."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cee_mailbot.app import App
from cee_mailbot.domain.alarms import Alarm, Thresholds, ToldAlarm, Watch, WatchedMailbox, alarms, to_tell
from cee_mailbot.errors import PermanentError
from cee_mailbot.gathering import chase
from cee_mailbot.interfaces import Handle
from cee_mailbot.testing import FixedClock, MemorySession, MemorySource
from cee_mailbot.upkeep import take_daily_census
from tests.support.mails import mail, numbered
from tests.support.workshop import ARRIVED, ELECTRONICS, MAILBOXES, Workshop

NOW = ARRIVED
YEAR = timedelta(days=365)
PART = "DR,NokiaInc,345-67890123,2704 (1 of 2)"


class MemoryCensus:
    """A store of which only the last census can be read."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    @contextmanager
    def read(self) -> Iterator[Any]:
        yield SimpleNamespace(last_census=lambda: {"at": self._at.isoformat()}, history_head=self._head)

    def _head(self) -> None:
        raise LookupError("a census begins")


class Full(MemorySource):
    """A mailbox that has no room for what is moved."""

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self.inbox = workshop.source.inbox

    @contextmanager
    def session(self) -> Iterator["MemorySession"]:
        yield FullSession(self)


class FullSession(MemorySession):
    def settle(self, handles: Sequence[Handle]) -> None:
        raise PermanentError(f"over quota for {len(handles)}")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def poll_all(workshop: Workshop) -> None:
    for mailbox in MAILBOXES:
        workshop.poll(mailbox)


def test_a_poll_by_a_clock_that_was_ahead_makes_no_set_late(workshop: Workshop) -> None:
    """Else every part that comes first would be enqueued as incomplete, and its sender told so, for a year."""
    poll_all(workshop)
    workshop.clock.advance(YEAR)
    poll_all(workshop)
    workshop.clock.advance(-YEAR)
    workshop.receive(mail(subject=PART))
    chase(workshop.store, workshop.site)
    poll_all(workshop)
    chase(workshop.store, workshop.site)
    assert [item.state for item in workshop.items()] == ["assembling"]
    assert workshop.replies() == ()


@pytest.mark.parametrize("end", ["written", "tried in vain", "claimed"])
def test_a_reply_waits_for_no_time_that_only_a_wrong_clock_gave(workshop: Workshop, end: str) -> None:
    workshop.clock.advance(YEAR)
    workshop.receive(mail(), arrived_at=workshop.clock.now())
    if end == "tried in vain":
        workshop.mailer.be_down()
        assert workshop.send().sent == 0
        workshop.mailer.be_down(down=False)
    if end == "claimed":
        with workshop.store.begin(workshop.clock.now()) as unit:
            unit.claim_replies(limit=1, lease_until=workshop.clock.now() + timedelta(minutes=15))
    workshop.clock.advance(-YEAR)
    assert workshop.send().sent == 1


def test_a_clock_that_is_set_back_a_little_ends_no_claim(workshop: Workshop) -> None:
    """The reply may be on its way."""
    workshop.receive(mail())
    with workshop.store.begin(workshop.clock.now()) as unit:
        unit.claim_replies(limit=1, lease_until=workshop.clock.now() + timedelta(minutes=15))
    workshop.clock.advance(-timedelta(seconds=30))
    assert workshop.send().tried == 0


@pytest.mark.parametrize("ahead", [timedelta(0), YEAR])
def test_a_census_is_taken_though_the_last_one_is_dated_in_the_future(ahead: timedelta) -> None:
    app = SimpleNamespace(store=MemoryCensus(NOW + ahead), site=SimpleNamespace(clock=FixedClock(NOW)))
    with pytest.raises(LookupError) if ahead else nullcontext():
        assert take_daily_census(cast("App", app)) is None


def test_an_alarm_is_told_though_it_was_told_in_the_future() -> None:
    alarm = Alarm(reason="disk-low", subject="", words="")
    told = ToldAlarm(alarm=alarm, told_at=NOW + YEAR)
    assert to_tell([alarm], [told], NOW, timedelta(days=1)) == ((alarm,), ())


def test_no_completed_poll_is_an_alarm_though_the_last_one_is_dated_in_the_future() -> None:
    mailbox = WatchedMailbox(mailbox="a", team="007", since=NOW - timedelta(days=1), last_completed=NOW + YEAR)
    watch = Watch(at=NOW, mailboxes=(mailbox,))
    assert "no-completed-poll" in {one.reason for one in alarms(watch, Thresholds())}


def test_mail_that_can_not_be_moved_stops_no_timer(workshop: Workshop) -> None:
    """Of a mailbox over quota all that lies in it is taken in: everybody knows what is missing."""
    poll_all(workshop)
    workshop.receive(mail(subject=PART))
    workshop.clock.advance(timedelta(days=2))
    workshop.source.deliver(numbered(2), workshop.clock.now())
    for mailbox in MAILBOXES:
        with pytest.raises(PermanentError) if mailbox is ELECTRONICS else nullcontext():
            workshop.poll(mailbox, source=Full(workshop) if mailbox is ELECTRONICS else None)
    chase(workshop.store, workshop.site)
    assert "parts-missing" in workshop.items()[0].flags
    assert "quota" in (workshop.error() or "")
