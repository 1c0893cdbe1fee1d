"""A pass over one mailbox: what is new is taken in, set by set, and what is decided leaves the mailbox."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter

from cee_mailbot import crash
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import PermanentError, TemporaryError, UnreachableError
from cee_mailbot.intake import Intake, decide_waiting, take_in
from cee_mailbot.interfaces import Handle, Listed, Source, SourceSession
from cee_mailbot.lease_ledger import Lease
from cee_mailbot.ledger import KeptMessage, Store, UnitOfWork
from cee_mailbot.questions import Questions

LISTED_AT_ONCE = 500
LOOK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class PollReport:
    """What one pass over a mailbox did: messages listed, taken in for the first time, and left for the next pass."""

    mailbox: str
    listed: int
    taken_in: int


def poll_mailbox(intake: Intake, mailbox: Mailbox, source: Source, *, activation: datetime) -> PollReport:
    """One pass over a mailbox; `activation` holds for its first poll, later the time noted then.

    Raises what the source or the store raises; the error is noted for the mailbox, and nothing is lost by it.
    Raises `BusyError` when another process polls the mailbox.
    """
    began = intake.site.clock.now()
    with intake.store.begin(began) as unit:
        since = unit.begin_poll(mailbox.name, team=mailbox.team, activation=activation)
        lease = unit.take_lease(mailbox.name)
    leased = replace(intake, store=_LeasedStore(store=intake.store, lease=lease))
    try:
        report, refusal = _pass_over(leased, mailbox, source, since)
    except Exception as error:
        # A store that is down can't note it either; what went wrong first is what is raised.
        with suppress(TemporaryError):
            _end_poll(leased, lease, str(error) or type(error).__name__, began)
        raise
    _end_poll(leased, lease, str(refusal) if refusal else None, began, took_all=True)
    if refusal is not None:
        raise refusal
    return report


@dataclass(frozen=True, kw_only=True, slots=True)
class _LeasedStore:
    """The store as one poller may write to it: each transaction begins by holding the lease against the row."""

    store: Store
    lease: Lease

    def begin(self, now: datetime, *, lease: Lease | None = None) -> AbstractContextManager[UnitOfWork]:
        return self.store.begin(now, lease=lease or self.lease)

    def read(self) -> AbstractContextManager[Questions]:
        return self.store.read()


def _end_poll(intake: Intake, lease: Lease, error: str | None, began: datetime, *, took_all: bool = False) -> None:
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.end_poll(lease.mailbox, error=error, began=began, took_all=took_all)
        unit.give_back_lease(lease)


def _pass_over(
    intake: Intake, mailbox: Mailbox, source: Source, since: datetime
) -> tuple[PollReport, PermanentError | None]:
    """New mail first: what an earlier pass could not settle holds nobody up. Beside it why not all could be settled."""
    decide_waiting(intake, mailbox.name)
    progress = _Progress(since=since)
    with source.session() as session:
        listing = list(session.listing(since))
        _forget_gone(intake, mailbox, {one.handle for one in listing})
        known = _known(intake, mailbox, listing)
        new = [one for one in listing if one.handle not in known]
        while new:
            _take_turns(intake, mailbox, session, new, progress)
            # While much was taken in others may have written too: they need not wait for the next pass.
            new = _still_to_do(intake, mailbox, session, new, progress) if progress.cut_short else []
        left = [one for one in known.values() if one.status is not MessageStatus.RECEIVED]
        progress.refusal = progress.refusal or _settle(intake, session, left)
        _note_moved(intake, mailbox, {one.handle for one in listing} | progress.tried)
    return PollReport(mailbox=mailbox.name, listed=len(listing), taken_in=progress.taken_in), progress.refusal


def _forget_gone(intake: Intake, mailbox: Mailbox, here: Collection[Handle]) -> None:
    for name, handle in [*intake.cut_off]:
        if name == mailbox.name and handle not in here:
            del intake.cut_off[name, handle]


@dataclass(kw_only=True, slots=True)
class _Progress:
    """How far a pass has come: `tried` are the messages that had their turn, whatever came of it."""

    since: datetime
    taken_in: int = 0
    refusal: PermanentError | None = None
    cut_short: bool = False
    tried: set[Handle] = field(default_factory=set)


def _take_turns(
    intake: Intake, mailbox: Mailbox, session: SourceSession, new: list[Listed], progress: _Progress
) -> None:
    """Takes in one set after the other, until all are done or it is time to look for others."""
    look_again = intake.site.clock.now() + LOOK_AGAIN
    progress.cut_short = False
    for wanted in _sets_in_turn(intake, mailbox, new):
        decided = _take_set(intake, mailbox, session, wanted)
        progress.tried.update(one.handle for one in wanted)
        progress.taken_in += len(decided)
        progress.refusal = progress.refusal or _settle(intake, session, decided)
        if intake.site.clock.now() >= look_again:
            progress.cut_short = True
            return


def _sets_in_turn(intake: Intake, mailbox: Mailbox, new: Sequence[Listed]) -> Iterator[list[Listed]]:
    """What a pass was cut off at goes by itself; last, where that came again.

    So a message at which a server breaks down, each time, keeps no other waiting.
    """
    times = [(intake.cut_off[mailbox.name, one.handle], one) for one in new]
    yield from ([one] for number, one in times if number == 1)
    yield from _sets(intake, mailbox, _in_turns(intake, mailbox, [one for number, one in times if not number]))
    yield from ([one] for number, one in sorted(times, key=itemgetter(0)) if number > 1)


def _take_set(
    intake: Intake, mailbox: Mailbox, session: SourceSession, wanted: Sequence[Listed]
) -> Sequence[KeptMessage]:
    places = [(mailbox.name, one.handle) for one in wanted]
    try:
        decided = take_in(intake, mailbox, session, wanted)
    except UnreachableError as error:
        intake.cut_off.update(places)
        times = intake.cut_off[places[0]]
        if len(wanted) > 1 or times == 1:
            raise
        raise UnreachableError(
            f"{error}; {times} times in a row at message {wanted[0].handle.uid}, which arrived at "
            f"{wanted[0].arrived_at:%Y-%m-%d %H:%M} UTC: look at it with a mail program; the others are taken in"
        ) from error
    for place in places:
        intake.cut_off.pop(place, None)
    return decided


def _still_to_do(
    intake: Intake,
    mailbox: Mailbox,
    session: SourceSession,
    new: Collection[Listed],
    progress: _Progress,
) -> list[Listed]:
    """What lies in the folder now and had no turn in this pass.

    What was `new` before has no rows yet, since nobody else polls: in a flood only the rest is looked up.
    """
    waiting = {one.handle for one in new}
    listing = [one for one in session.listing(progress.since) if one.handle not in progress.tried]
    known = _known(intake, mailbox, [one for one in listing if one.handle not in waiting])
    return [one for one in listing if one.handle not in known]


def _in_turns(intake: Intake, mailbox: Mailbox, new: Sequence[Listed]) -> list[Listed]:
    """In order of arrival; where there is more than one set of it each sender in turn: no flood holds others up.

    A sender's own mail keeps its order, and so does that of its domain: the messages of one submission come from one.
    """
    if len(new) <= intake.set_messages:
        return list(new)
    turns: Counter[str] = Counter()
    numbered: list[tuple[int, int, Listed]] = []
    for place, one in enumerate(new):
        who = _who(one.sender, intake.site.policies[mailbox.name].public_mail_domains)
        numbered.append((turns[who], place, one))
        turns[who] += 1
    return [one for _, _, one in sorted(numbered, key=itemgetter(0, 1))]


def _who(sender: str, public: Collection[str]) -> str:
    domain = sender.rpartition("@")[2]
    return sender if domain in public else domain


def _known(intake: Intake, mailbox: Mailbox, listing: list[Listed]) -> dict[Handle, KeptMessage]:
    """The rows of those listed that have one."""
    known: dict[Handle, KeptMessage] = {}
    for some in _runs(listing, LISTED_AT_ONCE):
        with intake.store.begin(intake.site.clock.now()) as unit:
            known.update(unit.known(mailbox.name, [one.handle for one in some]))
    return known


def _note_moved(intake: Intake, mailbox: Mailbox, here: Collection[Handle]) -> None:
    """Writes down as settled what was in the folder no more: a run that was cut off had moved it, or a person."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.settled([one.id for one in unit.unsettled(mailbox.name) if one.handle not in here])


def _settle(intake: Intake, session: SourceSession, decided: Sequence[KeptMessage]) -> PermanentError | None:
    """Step 13; a server that will not move (quota, rights) is the pass's fault at its end, and no reason to stop it."""
    if not decided:
        return None
    crash.here("C8")
    try:
        session.settle([one.handle for one in decided])
    except PermanentError as error:
        return error
    crash.here("C10")
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.settled([one.id for one in decided])
    return None


def _sets(intake: Intake, mailbox: Mailbox, listed: Sequence[Listed]) -> Iterator[list[Listed]]:
    """Runs of messages bounded in bytes and number; one that is only streamed weighs nothing."""
    limit = intake.site.policies[mailbox.name].message_limit
    current: list[Listed] = []
    weight = 0
    for one in listed:
        size = one.size if one.size <= limit else 0
        if current and (weight + size > intake.set_bytes or len(current) >= intake.set_messages):
            yield current
            current, weight = [], 0
        current.append(one)
        weight += size
    if current:
        yield current


def _runs(listed: list[Listed], length: int) -> Iterator[list[Listed]]:
    return (listed[start : start + length] for start in range(0, len(listed), length))
