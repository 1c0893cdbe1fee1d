"""The law of reassembly on the real store: polls, pollers, restarts, copies and mailboxes that are down change nothing.

A model beside it knows only when each message arrived and which mailboxes were reached, and from that what the rules
promise: one submission a set, its presentation time, its replies, its flags.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cee_mailbot.domain.facts import ItemFacts
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.errors import LostLeaseError, UnreachableError
from cee_mailbot.gathering import chase
from cee_mailbot.intake import Intake
from cee_mailbot.interfaces import Source
from cee_mailbot.outbox import send_due
from cee_mailbot.store.database import SqlStore
from tests.support.mails import PDF, mail
from tests.support.workshop import CHEMICALS, ELECTRONICS, Workshop, check_invariants

BOTH = (ELECTRONICS, CHEMICALS)
BOXES = st.sampled_from(BOTH)
POLLERS = st.integers(0, 1)
QUIET = timedelta(minutes=15)
DEADLINE = timedelta(hours=24)
EDGES = [timedelta(seconds=1), QUIET, QUIET + timedelta(seconds=1), timedelta(hours=11), DEADLINE]


@dataclass
class Sent:
    """A part as the broker sent it, and when it first arrived anywhere."""

    number: int
    raw: bytes
    sent_at: datetime
    arrived_at: datetime


@dataclass
class Filing:
    """One set as the model sees it: what was sent, what the bot has, and what must have become of it."""

    total: int
    serial: int
    sent: dict[int, Sent] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    presented_at: datetime | None = None
    incomplete: bool = False
    reminded: bool = False
    supplements: int = 0

    @property
    def is_whole(self) -> bool:
        return len(self.known) == self.total

    @property
    def has_item(self) -> bool:
        """Whether the bot can tell it from the set before: its first paper alone looks like a copy of that one's."""
        return bool(self.known - {1} if self.serial else self.known)

    @property
    def newest(self) -> datetime:
        """The arrival of the newest part that the bot has."""
        return max(self.sent[number].arrived_at for number in self.known)

    def is_taken(self, number: int) -> None:
        """The bot has a part: one that comes after the set was enqueued is late, the last makes the set whole."""
        if number in self.known:
            return
        self.known.add(number)
        if self.presented_at is not None:
            self.supplements += 1
        elif self.is_whole:
            self.enqueue()

    def enqueue(self) -> None:
        self.presented_at = max(self.sent[number].sent_at for number in self.known)

    def time_passed(self, reached: datetime | None) -> None:
        """What the timers must have done, once everything that had arrived by then is known."""
        if self.presented_at is not None or not self.has_item or reached is None:
            return
        if reached > self.newest + DEADLINE:
            self.incomplete = True
            self.enqueue()
        elif reached > self.newest + QUIET:
            self.reminded = True


@dataclass
class Interrupted:
    """A source between whose listing and fetching another poller does its whole pass."""

    inner: Source
    meanwhile: Callable[[], None]

    def check(self) -> str:
        return self.inner.check()

    @contextmanager
    def session(self) -> Iterator[Any]:
        with self.inner.session() as session:
            self._session = session
            yield self

    def listing(self, since: datetime) -> Iterator[Any]:
        found = list(self._session.listing(since))
        self.meanwhile()
        return iter(found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class Assembly(RuleBasedStateMachine):
    """Sets of one key, one after the other, on their way through two mailboxes and two pollers."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.workshop = Workshop(Path(self._folder.name))
        self.other = SqlStore(f"sqlite:///{Path(self._folder.name) / 'bot.db'}")
        self.waiting: dict[str, list[tuple[Filing, int]]] = {box.name: [] for box in BOTH}
        self.reached: dict[str, datetime | None] = {box.name: None for box in BOTH}
        self.filings: list[Filing] = []
        self.delivered = 0
        for mailbox in BOTH:
            self.a_poll(mailbox=mailbox, poller=0)

    @property
    def filing(self) -> Filing:
        return self.filings[-1]

    def teardown(self) -> None:
        """The rest comes and both mailboxes are polled; then every set stands there, whatever had happened."""
        try:
            if self.filings:
                self.all_that_is_left_comes()
        finally:
            self.workshop.store.close()
            self.other.close()
            self._folder.cleanup()

    def all_that_is_left_comes(self) -> None:
        for number in set(range(1, self.filing.total + 1)) - set(self.filing.sent):
            self.a_part_arrives(number=number, mailbox=ELECTRONICS)
        for mailbox in BOTH:
            self.a_poll(mailbox=mailbox, poller=0)
        assert all(filing.is_whole for filing in self.filings)
        self.the_store_is_as_the_model()
        check_invariants(self.workshop)

    # --- what brokers do

    @initialize(total=st.integers(2, 4))
    def a_broker_splits_a_submission(self, total: int) -> None:
        self.filings = [Filing(total=total, serial=0)]

    @precondition(lambda self: self.filing.is_whole and len(self.filings) < 3)
    @rule()
    def the_broker_files_again(self) -> None:
        """A second set of the key, of which the first paper is that of the set before."""
        self.filings.append(Filing(total=self.filing.total, serial=len(self.filings)))

    @rule(number=st.integers(1, 4), mailbox=BOXES)
    def a_part_arrives(self, number: int, mailbox: Mailbox) -> None:
        """Its Date is within tolerance of its arrival, in no relation to its number."""
        filing, now = self.filing, self.workshop.clock.now()
        if number > filing.total or number in filing.sent:
            return
        sent_at = now.replace(microsecond=0) - timedelta(minutes=number * 7 % 11)
        paper = PDF + (b"1" if number == 1 else b"%d/%d" % (number, filing.serial))
        raw = self._mail(number, paper, sent_at, name=f"part-{number}")
        filing.sent[number] = Sent(number=number, raw=raw, sent_at=sent_at, arrived_at=now)
        self._deliver(raw, number, mailbox)

    @rule(number=st.integers(1, 4), hours=st.integers(1, 20), poller=POLLERS)
    def a_delivery_that_came_hours_later_is_read_first(self, number: int, hours: int, poller: int) -> None:
        """The first lies in a mailbox that is polled later: it disputes nothing and restarts no timer."""
        if number > self.filing.total or number in self.filing.sent:
            return
        self.a_part_arrives(number=number, mailbox=CHEMICALS)
        self.workshop.clock.advance(timedelta(hours=hours))
        self._deliver(b"Received: from a by b; x\r\n" + self.filing.sent[number].raw, number, ELECTRONICS)
        self.a_poll(mailbox=ELECTRONICS, poller=poller)

    @precondition(lambda self: self.filing.sent)
    @rule(mailbox=BOXES, data=st.data())
    def the_same_content_arrives_again(self, mailbox: Mailbox, data: st.DataObject) -> None:
        one = self.filing.sent[data.draw(st.sampled_from(sorted(self.filing.sent)))]
        self._deliver(b"Received: from a by b; x\r\n" + one.raw, one.number, mailbox)

    @precondition(lambda self: self.filing.has_item and len(self.filing.sent) < self.filing.total)
    @rule(mailbox=BOXES, data=st.data())
    def the_broker_sends_a_part_again(self, mailbox: Mailbox, data: st.DataObject) -> None:
        """A new message with the papers of a part that the bot has, before the last: after it, it opens a new set."""
        number = data.draw(st.sampled_from(sorted(self.filing.known)))
        one, now = self.filing.sent[number], self.workshop.clock.now()
        paper = PDF + (b"1" if number == 1 else b"%d/%d" % (number, self.filing.serial))
        raw = self._mail(number, paper, max(one.sent_at, now.replace(microsecond=0)), name=f"again-{self.delivered}")
        self._deliver(raw, None, mailbox)
        self.workshop.clock.advance(timedelta(seconds=1))

    def _mail(self, number: int, paper: bytes, sent_at: datetime, *, name: str) -> bytes:
        return mail(
            subject=f"DR,NokiaInc,345-67890123,2704 ({number}/{self.filing.total})",
            date=format_datetime(sent_at),
            message_id=f"<{name}-{self.filing.serial}@filer.example>",
            documents=(paper,),
        )

    def _deliver(self, raw: bytes, number: int | None, mailbox: Mailbox) -> None:
        self.workshop.sources[mailbox.name].deliver(raw, self.workshop.clock.now())
        self.delivered += 1
        if number is not None:
            self.waiting[mailbox.name].append((self.filing, number))

    # --- what the world and the bot do

    @rule(by=st.sampled_from(EDGES))
    def time_passes(self, by: timedelta) -> None:
        self.workshop.clock.advance(by)

    @rule(mailbox=BOXES, poller=POLLERS)
    def a_poll(self, mailbox: Mailbox, poller: int) -> None:
        """One poller's pass and what follows it."""
        self.workshop.poll(mailbox, intake=self._intake(poller))
        self._passed(mailbox, poller)

    @rule(mailbox=BOXES, poller=POLLERS)
    def two_polls_at_once(self, mailbox: Mailbox, poller: int) -> None:
        """While one poller looks at what it has listed, the other takes the mailbox over and does its whole pass."""
        source = Interrupted(
            inner=self.workshop.sources[mailbox.name],
            meanwhile=lambda: self.a_poll(mailbox=mailbox, poller=1 - poller),
        )
        with pytest.raises(LostLeaseError):
            self.workshop.poll(mailbox, intake=self._intake(poller), source=source)
        self._timers(poller)

    @rule(mailbox=BOXES, poller=POLLERS)
    def a_poll_finds_the_mailbox_down(self, mailbox: Mailbox, poller: int) -> None:
        self.workshop.sources[mailbox.name].failure = UnreachableError("down")
        with pytest.raises(UnreachableError):
            self.workshop.poll(mailbox, intake=self._intake(poller))
        self._timers(poller)

    @rule()
    def the_bot_starts_anew(self) -> None:
        """Nothing lives outside the store."""
        self.workshop.store.close()
        self.workshop.store = SqlStore(f"sqlite:///{Path(self._folder.name) / 'bot.db'}")
        self.workshop.intake = replace(self.workshop.intake, store=self.workshop.store)

    def _intake(self, poller: int) -> Intake:
        """Each poller has a site and a connection of its own."""
        mine = self.workshop.intake
        return replace(mine, site=replace(mine.site), store=self.other) if poller else mine

    def _passed(self, mailbox: Mailbox, poller: int) -> None:
        for filing, number in self.waiting[mailbox.name]:
            filing.is_taken(number)
        self.waiting[mailbox.name].clear()
        self.reached[mailbox.name] = self.workshop.clock.now()
        self._timers(poller)

    def _timers(self, poller: int) -> None:
        chase(self._intake(poller).store, self.workshop.site)
        send_due(self.workshop.outbox)
        times = [one for one in self.reached.values() if one is not None]
        for filing in self.filings:
            filing.time_passed(min(times) if len(times) == len(BOTH) else None)

    # --- what must be true

    @invariant()
    def each_message_is_filed_once(self) -> None:
        filed = [number for item in self.workshop.items() for number in item.messages]
        assert len(filed) == len(set(filed)) == len(self.workshop.messages())

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        began = [filing for filing in self.filings if filing.has_item]
        items = self.workshop.items()
        assert len(items) == len(began)
        for item, filing in zip(items, began, strict=True):
            waits = any(one is filing for some in self.waiting.values() for one, _ in some)
            check(item, filing, may_doubt=waits)
        kinds = [reply.kind for reply in self.workshop.replies()]
        ended = [filing for filing in began if filing.presented_at is not None]
        assert kinds.count("incomplete") == sum(filing.incomplete for filing in ended)
        assert kinds.count("acknowledgement") == sum(not filing.incomplete for filing in ended)
        assert kinds.count("waiting") == sum(filing.reminded for filing in began)
        assert kinds.count("supplement") == sum(filing.supplements for filing in began)


def check(item: ItemFacts, filing: Filing, *, may_doubt: bool) -> None:
    """The item of a set, as it must be by now.

    A delivery that came hours after the first disputes the Date as long as the first one was not found (`may_doubt`):
    the bot can't know of it. In the end no Date is in dispute, whichever mailbox was polled first.
    """
    assert item.parts_expected == filing.total
    assert item.missing == tuple(sorted(set(range(1, filing.total + 1)) - filing.known))
    if filing.presented_at is None:
        assert item.state == "assembling"
    else:
        assert (item.state, item.presented_at) == ("new", filing.presented_at)
    late = {"completed-late" if filing.is_whole else "parts-missing"} if filing.incomplete else set()
    assert set(item.flags) - ({"date-disputed"} if may_doubt else set()) == late


Assembly.TestCase.settings = settings(
    max_examples=40, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAssembly = Assembly.TestCase
