"""One poller for one mailbox; one that stood still past its time writes nothing more."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.errors import BusyError, LostLeaseError
from cee_mailbot.interfaces import Listed, RawMail
from cee_mailbot.lease_ledger import LEASE
from cee_mailbot.store.database import SqlStore
from cee_mailbot.store.lease_ledger import has_ended, this_process
from tests.support.mails import mail, numbered
from tests.support.workshop import Workshop

OTHER = "another.example/boot 7 7"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def rival(workshop: Workshop) -> Iterator[SqlStore]:
    """The same database, seen by a process of another machine."""
    store = SqlStore(f"sqlite:///{workshop.folder / 'bot.db'}", holder=OTHER)
    yield store
    store.close()


class Meddled:
    """A source during whose fetch something happens."""

    def __init__(self, workshop: Workshop, meddle: Any) -> None:
        self._inner, self._meddle = workshop.source, meddle

    def check(self) -> str:
        return self._inner.check()

    @contextmanager
    def session(self) -> Iterator[Any]:
        with self._inner.session() as session:
            inner_fetch = session.fetch

            def fetch(wanted: Sequence[Listed]) -> Iterator[RawMail]:
                self._meddle()
                return inner_fetch(wanted)

            session.fetch = fetch  # type: ignore[method-assign]
            yield session


def test_F24_while_one_polls_another_leaves_the_mailbox_alone(workshop: Workshop, rival: SqlStore) -> None:
    """The second is told who is at it, and finds nothing changed by its asking."""
    workshop.source.deliver(mail(), workshop.clock.now())

    def overlap() -> None:
        with pytest.raises(BusyError, match="electronics is being polled"):
            workshop.poll(intake=workshop.with_parts(store=rival))

    workshop.poll(source=Meddled(workshop, overlap))
    assert workshop.statuses() == ["enqueued"]
    assert workshop.error() is None
    workshop.poll(intake=workshop.with_parts(store=rival))  # given back at the end of the pass


def test_a_poller_that_stood_still_past_its_lease_writes_nothing_more(workshop: Workshop, rival: SqlStore) -> None:
    """Stopped amid its pass and continued later, it finds the mailbox taken over, and what the other wrote stands."""
    workshop.source.deliver(mail(), workshop.clock.now())

    def stopped_and_overtaken() -> None:
        workshop.clock.advance(LEASE + timedelta(seconds=1))
        workshop.poll(intake=workshop.with_parts(store=rival))

    with pytest.raises(LostLeaseError, match="took over"):
        workshop.poll(source=Meddled(workshop, stopped_and_overtaken))
    assert workshop.statuses() == ["enqueued"]
    assert len(workshop.items()) == len(workshop.replies()) == 1
    assert workshop.error() is None, "the loser has no say on how the mailbox is"
    assert workshop.source.inbox == {}


def test_a_long_pass_keeps_its_lease(workshop: Workshop, rival: SqlStore) -> None:
    """Each commit lets the lease last anew; what counts is the time since the last one."""
    workshop.source.deliver(mail(), workshop.clock.now())
    with workshop.store.begin(workshop.clock.now()) as unit:
        unit.begin_poll("electronics", team="007", activation=workshop.clock.now())
        lease = unit.take_lease("electronics")
    for _ in range(3):
        workshop.clock.advance(LEASE - timedelta(seconds=1))
        with workshop.store.begin(workshop.clock.now(), lease=lease):
            pass
    with pytest.raises(BusyError), rival.begin(workshop.clock.now()) as unit:
        unit.take_lease("electronics")


@pytest.mark.parametrize("jump", [timedelta(days=-2), timedelta(days=2)])
def test_a_clock_that_jumps_locks_nobody_out(workshop: Workshop, rival: SqlStore, jump: timedelta) -> None:
    """A lease that was given by a wrong clock ends when the clock is right again."""
    now = workshop.clock.now()
    with workshop.store.begin(now + jump) as unit:
        unit.begin_poll("electronics", team="007", activation=now)
        unit.take_lease("electronics")
    with rival.begin(now) as unit:
        assert unit.take_lease("electronics").fence == 2


def test_a_process_that_ended_holds_nothing(workshop: Workshop) -> None:
    """After kill -9 the next poll need not wait: the holder runs no more."""
    script = "from cee_mailbot.store.lease_ledger import this_process; print(this_process())"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert has_ended(ended)
    assert not has_ended(this_process())
    assert not has_ended(OTHER), "of another machine nobody can know"
    killed = SqlStore(f"sqlite:///{workshop.folder / 'bot.db'}", holder=ended)
    with killed.begin(workshop.clock.now()) as unit:
        unit.begin_poll("electronics", team="007", activation=workshop.clock.now())
        unit.take_lease("electronics")
    killed.close()
    assert workshop.poll().listed == 0


def test_a_zombie_and_a_number_that_was_given_again_are_ended() -> None:
    """Until its parent asks for it a killed process has a number; later another may get it."""
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        machine = this_process().split(" ")[0]
        assert has_ended(f"{machine} {child.pid} 1")
    assert has_ended(f"{machine} {os.getpid()} 1")


def test_F55_a_flood_of_one_sender_holds_up_no_other(workshop: Workshop) -> None:
    """Sixty messages of one sender came before two of another: the two are in the first set."""
    for number in range(60):
        workshop.source.deliver(numbered(number, sender="flood@flood.example"), workshop.clock.now())
    for number in range(60, 62):
        workshop.source.deliver(numbered(number, sender="Broker <calm@calm.example>"), workshop.clock.now())
    workshop.poll()
    order = [message.from_ for message in workshop.messages()]
    assert order.count("flood@flood.example") == 60
    assert max(place for place, sender in enumerate(order) if "calm" in sender) == 3
    own = [message.subject for message in workshop.messages() if "flood" in message.from_]
    assert own == sorted(own), "a sender's own mail keeps its order"


def test_mail_that_comes_during_a_long_pass_is_taken_in_by_it(workshop: Workshop) -> None:
    """While much is taken in the folder is looked at again: who writes meanwhile waits for a set, not for all of it."""
    for number in range(120):
        workshop.source.deliver(numbered(number, sender="flood@flood.example"), workshop.clock.now())

    def late() -> None:
        workshop.clock.advance(timedelta(seconds=6))
        if len(workshop.messages()) == 0:
            workshop.source.deliver(numbered(999, sender="calm@calm.example"), workshop.clock.now())

    workshop.poll(source=Meddled(workshop, late))
    order = [message.from_ for message in workshop.messages()]
    assert len(order) == 121
    assert order.index("calm@calm.example") < 60
