"""A pass over one mailbox: what is new is taken in, set by set, and what is decided leaves the mailbox."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cee_mailbot import crash
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import PermanentError, TemporaryError
from cee_mailbot.intake import Intake, decide_waiting, take_in
from cee_mailbot.interfaces import Handle, Listed, Source, SourceSession
from cee_mailbot.ledger import KeptMessage

LISTED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class PollReport:
    """What one pass over a mailbox did: messages listed, taken in for the first time, and left for the next pass."""

    mailbox: str
    listed: int
    taken_in: int


def poll_mailbox(intake: Intake, mailbox: Mailbox, source: Source, *, activation: datetime) -> PollReport:
    """One pass over a mailbox; `activation` holds for its first poll, later the time noted then.

    Raises what the source or the store raises; the error is noted for the mailbox, and nothing is lost by it.
    """
    began = intake.site.clock.now()
    with intake.store.begin(began) as unit:
        since = unit.begin_poll(mailbox.name, team=mailbox.team, activation=activation)
    try:
        report = _pass_over(intake, mailbox, source, since)
    except Exception as error:
        # A store that is down can't note it either; what went wrong first is what is raised.
        with suppress(TemporaryError):
            _end_poll(intake, mailbox, str(error) or type(error).__name__, began)
        raise
    _end_poll(intake, mailbox, None, began)
    return report


def _end_poll(intake: Intake, mailbox: Mailbox, error: str | None, began: datetime) -> None:
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.end_poll(mailbox.name, error=error, began=began)


def _pass_over(intake: Intake, mailbox: Mailbox, source: Source, since: datetime) -> PollReport:
    """New mail first: what an earlier pass could not settle holds nobody up."""
    decide_waiting(intake, mailbox.name)
    taken_in = 0
    refusal: PermanentError | None = None
    with source.session() as session:
        listing = list(session.listing(since))
        known = _known(intake, mailbox, listing)
        for wanted in _sets(intake, mailbox, [one for one in listing if one.handle not in known]):
            decided = take_in(intake, mailbox, session, wanted)
            taken_in += len(decided)
            refusal = refusal or _settle(intake, session, decided)
        left = [one for one in known.values() if one.status is not MessageStatus.RECEIVED]
        refusal = refusal or _settle(intake, session, left)
    _note_moved(intake, mailbox, listing)
    if refusal is not None:
        raise refusal
    return PollReport(mailbox=mailbox.name, listed=len(listing), taken_in=taken_in)


def _known(intake: Intake, mailbox: Mailbox, listing: list[Listed]) -> dict[Handle, KeptMessage]:
    """The rows of those listed that have one."""
    known: dict[Handle, KeptMessage] = {}
    for some in _runs(listing, LISTED_AT_ONCE):
        with intake.store.begin(intake.site.clock.now()) as unit:
            known.update(unit.known(mailbox.name, [one.handle for one in some]))
    return known


def _note_moved(intake: Intake, mailbox: Mailbox, listing: list[Listed]) -> None:
    """Writes down as settled what was in the folder no more: a run that was cut off had moved it, or a person."""
    here = {one.handle for one in listing}
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
