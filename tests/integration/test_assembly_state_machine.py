"""The law of reassembly on the real store: polls, restarts, copies and mailboxes that are down change nothing."""

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.errors import UnreachableError
from cee_mailbot.gathering import chase
from cee_mailbot.outbox import send_due
from cee_mailbot.store.database import SqlStore
from tests.support.mails import PDF, mail
from tests.support.workshop import CHEMICALS, ELECTRONICS, Workshop, check_invariants

BOXES = st.sampled_from([ELECTRONICS, CHEMICALS])
QUIET = timedelta(minutes=15)
DEADLINE = timedelta(hours=24)


class Assembly(RuleBasedStateMachine):
    """One set of one key on its way through two mailboxes, all of it within its deadline."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.workshop = Workshop(Path(self._folder.name))
        self.sent: dict[int, tuple[bytes, datetime]] = {}
        self.newest = self.workshop.clock.now()

    def teardown(self) -> None:
        """The rest comes and both mailboxes are polled; then one item stands there, whatever had happened."""
        try:
            self.everything_came_to_one_item()
        finally:
            self.workshop.store.close()
            self._folder.cleanup()

    def everything_came_to_one_item(self) -> None:
        """One acknowledgement, and the latest sent time of the parts."""
        for number in set(range(1, self.total + 1)) - set(self.sent):
            self.a_part_arrives(number=number, mailbox=ELECTRONICS)
        for mailbox in (ELECTRONICS, CHEMICALS):
            self.a_poll(mailbox=mailbox, reached=True)
        items = self.workshop.items()
        assert [item.state for item in items] == ["new"]
        assert items[0].presented_at == max(at for _, at in self.sent.values())
        assert items[0].parts_received == items[0].parts_expected == self.total
        # Where a copy was found hours before the first, in a mailbox polled sooner, its arrival disputes the Date.
        assert set(items[0].flags) <= {"date-disputed"}
        kinds = [reply.kind for reply in self.workshop.replies()]
        assert kinds.count("acknowledgement") == 1
        assert set(kinds) <= {"acknowledgement", "waiting"}
        assert kinds.count("waiting") <= 1
        check_invariants(self.workshop)

    @initialize(total=st.integers(2, 4))
    def a_broker_splits_a_submission(self, total: int) -> None:
        self.total = total

    @rule(number=st.integers(1, 4), mailbox=BOXES)
    def a_part_arrives(self, number: int, mailbox: Mailbox) -> None:
        """Its Date is within tolerance of its arrival, in no relation to its number."""
        if number > self.total or number in self.sent:
            return
        now = self.workshop.clock.now()
        sent = now.replace(microsecond=0) - timedelta(minutes=number * 7 % 11)
        raw = mail(
            subject=f"DR,NokiaInc,345-67890123,2704 ({number}/{self.total})",
            date=format_datetime(sent),
            message_id=f"<part-{number}@filer.example>",
            documents=(PDF + str(number).encode(),),
        )
        self.sent[number] = (raw, sent)
        self.newest = now
        self.workshop.sources[mailbox.name].deliver(raw, now)

    @precondition(lambda self: self.sent)
    @rule(mailbox=BOXES, data=st.data())
    def the_same_content_arrives_again(self, mailbox: Mailbox, data: st.DataObject) -> None:
        raw, _ = self.sent[data.draw(st.sampled_from(sorted(self.sent)))]
        traced = b"Received: from a by b; x\r\n" + raw
        self.workshop.sources[mailbox.name].deliver(traced, self.workshop.clock.now())

    @rule(by=st.sampled_from([timedelta(seconds=1), QUIET, QUIET + timedelta(seconds=1), timedelta(hours=11)]))
    def time_passes(self, by: timedelta) -> None:
        """Never so much that the set is late."""
        if not self.sent or self.workshop.clock.now() + by <= self.newest + DEADLINE:
            self.workshop.clock.advance(by)

    @rule(mailbox=BOXES, reached=st.booleans())
    def a_poll(self, mailbox: Mailbox, *, reached: bool) -> None:
        """One poller's pass and what follows it; a mailbox that is down is noted and tried again."""
        if reached:
            self.workshop.poll(mailbox)
        else:
            self.workshop.sources[mailbox.name].failure = UnreachableError("down")
            with pytest.raises(UnreachableError):
                self.workshop.poll(mailbox)
        chase(self.workshop.store, self.workshop.site)
        send_due(self.workshop.outbox)

    @rule()
    def the_bot_starts_anew(self) -> None:
        """Nothing lives outside the store."""
        self.workshop.store.close()
        self.workshop.store = SqlStore(f"sqlite:///{Path(self._folder.name) / 'bot.db'}")
        self.workshop.intake = replace(self.workshop.intake, store=self.workshop.store)

    @invariant()
    def each_message_is_in_one_place_and_the_set_is_never_split(self) -> None:
        items = self.workshop.items()
        assert len(items) <= 1
        filed = [number for item in items for number in item.messages]
        assert len(filed) == len(set(filed)) == len(self.workshop.messages())
        assert not [item for item in items if "parts-missing" in item.flags]


Assembly.TestCase.settings = settings(
    max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAssembly = Assembly.TestCase
