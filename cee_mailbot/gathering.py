"""Split submissions: places a message among those of its key, and enqueues a set when it is whole or its time is up."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from cee_mailbot import crash
from cee_mailbot.domain.assembly import (
    Due,
    Part,
    Place,
    Placement,
    Stage,
    deciding_part,
    due,
    first_delivery,
    leading_part,
    place,
)
from cee_mailbot.domain.case import Case
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.submission import Key, MessageStatus
from cee_mailbot.errors import TemporaryError
from cee_mailbot.fragments import hold_overdue
from cee_mailbot.ledger import KeptMessage, Outcome, Store, UnitOfWork
from cee_mailbot.log import fields
from cee_mailbot.reply_writing import line_of, write_set_reply
from cee_mailbot.set_ledger import Enqueuing, SetStory
from cee_mailbot.site import Site

logger = logging.getLogger(__name__)

_EVER = datetime.max.replace(tzinfo=UTC)
ANSWERS_US = "answers-us"
TRANSFERRED = "transferred"

STATUS_FOR: dict[Place, MessageStatus] = {
    Place.ALONE: MessageStatus.ENQUEUED,
    Place.OPENS: MessageStatus.ASSEMBLING,
    Place.FILLS: MessageStatus.ASSEMBLING,
    Place.BESIDE: MessageStatus.ASSEMBLING,
    Place.CONFLICTS: MessageStatus.ASSEMBLING,
    Place.LATE: MessageStatus.SUPPLEMENT,
    Place.SUPPLEMENTS: MessageStatus.SUPPLEMENT,
    Place.RESENT: MessageStatus.DUPLICATE,
}
FLAG_FOR: dict[Place, str] = {Place.BESIDE: "unmarked-in-set", Place.CONFLICTS: "part-conflict"}


def gather(outcome: Outcome, case: Case, key: Key, unit: UnitOfWork) -> Outcome:
    """The outcome of a message that is to be enqueued, at its place among the submissions of its key."""
    part = part_of(case, outcome.message)
    return put(outcome, case, _alone(key, part) or place(part, unit.sets_of(key), case.policy), unit)


def put(outcome: Outcome, case: Case, found: Placement, unit: UnitOfWork) -> Outcome:
    """The outcome of a message whose place is found."""
    part = part_of(case, outcome.message)
    flags = tuple(dict.fromkeys((*outcome.decision.flags, *_flags(found, case))))
    decision = replace(outcome.decision, status=STATUS_FOR[found.place], flags=flags, joins=found.submission)
    if found.place is Place.RESENT:
        decision = replace(decision, reasons=("same-documents",))
    gathered = replace(outcome, decision=decision, placement=found)
    return _complete_late(gathered, part, unit) if found.place is Place.LATE else gathered


def _alone(key: Key, part: Part) -> Placement | None:
    """Without an entry number only the sender's own marks can tell that two messages belong together."""
    return Placement(place=Place.ALONE) if key.entry_number is None and not part.is_marked else None


def part_of(case: Case, kept: KeptMessage) -> Part:
    """The message as the rules of assembly see it."""
    return Part(
        message=kept.id,
        number=case.line.part,
        total=case.line.parts,
        sent_at=case.presentation.instant,
        arrived_at=kept.arrived_at,
        documents=frozenset(doc.sha256 for doc in case.documents),
        size=case.cut.attachments_bytes,
    )


def _flags(found: Placement, case: Case) -> list[str]:
    flags = [FLAG_FOR[found.place]] if found.place in FLAG_FOR else []
    if found.submission is not None and case.sender_unverified:
        flags.append("sender-unverified")
    return flags


def _complete_late(outcome: Outcome, part: Part, unit: UnitOfWork) -> Outcome:
    """The last missing part of an item makes it complete, late; its presentation time stays."""
    story = unit.set_story(outcome.decision.joins or 0)
    if story.parts.with_part(part).missing:
        return outcome
    decision = replace(outcome.decision, flags=(*outcome.decision.flags, "completed-late"))
    return replace(outcome, decision=decision, drops_flags=("parts-missing",))


def advance(outcome: Outcome, submission: int, site: Site, unit: UnitOfWork) -> None:
    """What a message does to its submission beside joining it: it makes a set whole, or says that no more will come."""
    if outcome.decision.status is MessageStatus.ASSEMBLING:
        enqueue_whole(submission, site, unit)
    if outcome.says_done and ANSWERS_US in outcome.decision.reasons and _assembles(submission, unit):
        enqueue_as_it_is(submission, site, unit)


def _assembles(submission: int, unit: UnitOfWork) -> bool:
    return unit.set_story(submission).parts.stage is Stage.ASSEMBLING


def enqueue_whole(submission: int, site: Site, unit: UnitOfWork) -> None:
    """Enqueues a set that has just become whole."""
    story = _led(unit.set_story(submission))
    if story.parts.is_whole and not story.parts.conflicted:
        crash.here("C13")
        _enqueue(story, ReplyKind.ACKNOWLEDGEMENT, site, unit)


# Of sets that have nothing due their version, and until what time of polling that holds while it is theirs.
Resting = dict[int, tuple[int, datetime]]


def chase(store: Store, site: Site, resting: Resting | None = None) -> int:
    """Does what is due for every set that is assembling, each in its own transaction; how many were acted upon.

    With `resting`, kept from one call to the next, a set is looked at anew only when something may be due for it: else
    a flood of first parts would have each pass look at all of them.
    """
    resting = {} if resting is None else resting
    with store.begin(site.clock.now()) as unit:
        # The missing part may lie in any of them: one that can't be reached stops every timer.
        since = unit.polled_since(site.center_mailboxes)
        waiting = unit.assembling()
        acted = hold_overdue(since, site, unit)
    for gone in resting.keys() - waiting.keys():
        resting.pop(gone, None)
    for submission in [one for one, version in waiting.items() if not _rests(resting.get(one), version, since)]:
        try:
            with store.begin(site.clock.now()) as unit:
                story = unit.set_story(submission)
                acted += (acts := _chase_one(story, since, site, unit))
            if not acts:
                resting[submission] = waiting[submission], _rests_until(story, since, site)
        except TemporaryError:
            raise
        except Exception:
            # One set that can't be enqueued keeps no other waiting.
            logger.exception("a set can't be chased", extra=fields(submission=submission))
    return acted


def _rests(known: tuple[int, datetime] | None, version: int, since: datetime | None) -> bool:
    return known is not None and known[0] == version and (since is None or since <= known[1])


def _rests_until(story: SetStory, since: datetime | None, site: Site) -> datetime:
    """Until what time of polling nothing becomes due for a set that was just chased in vain."""
    if story.parts.stage is not Stage.ASSEMBLING or not story.parts.counted:
        return _EVER
    story = _led(story)
    policy, newest = _policy(story, site), story.parts.newest_arrival
    quiet = newest + policy.quiet_period
    return quiet if since is None or since <= quiet else newest + policy.assembly_deadline


def _chase_one(story: SetStory, since: datetime | None, site: Site, unit: UnitOfWork) -> bool:
    if story.parts.stage is not Stage.ASSEMBLING or not story.parts.counted:
        return False
    story = _led(story)
    what = due(story.parts, polled_since=since, policy=_policy(story, site))
    if what is Due.REMIND:
        return _remind(story, site, unit)
    if what is Due.NOTHING:
        return False
    logger.info("assembled", extra=fields(submission=story.tracking, how=str(what)))
    whole = what is Due.ENQUEUE
    _enqueue(story, ReplyKind.ACKNOWLEDGEMENT if whole else ReplyKind.INCOMPLETE, site, unit)
    return True


def _led(story: SetStory) -> SetStory:
    """The story of an assembling set in the name, and under the rules, of the mailbox that answers its leading part.

    Which part came first, or which mailbox was polled first, must not decide its time, its Center or its fields.
    """
    if not story.parts.counted:
        return story
    leading = story.member(first_delivery(leading_part(story.parts), story.parts).message)
    if leading.home is None or leading.team is None:
        return story
    flags = (story.flags - {TRANSFERRED}) | ({TRANSFERRED} if leading.passed_on else set())
    return replace(story, mailbox=leading.home, team=leading.team, flags=flags)


def _policy(story: SetStory, site: Site) -> Policy:
    return site.policies[site.home(story.mailbox, story.team).name]


def _remind(story: SetStory, site: Site, unit: UnitOfWork) -> bool:
    if story.reminded:
        return False
    policy = _policy(story, site)
    leading = story.member(leading_part(story.parts).message)
    shown = story.member(deciding_part(story.parts, policy).message).presentation
    reply = write_set_reply(ReplyKind.WAITING, story, leading, shown, site, unit)
    if reply is not None:
        unit.remind(story, reply)
    return reply is not None


def enqueue_as_it_is(submission: int, site: Site, unit: UnitOfWork, *, actor: str = "system") -> None:
    """Enqueues an assembling set before its time, with what is missing named."""
    story = _led(unit.set_story(submission))
    kind = ReplyKind.INCOMPLETE if story.parts.missing else ReplyKind.ACKNOWLEDGEMENT
    _enqueue(story, kind, site, unit, actor=actor)


def _enqueue(story: SetStory, kind: ReplyKind, site: Site, unit: UnitOfWork, *, actor: str = "system") -> None:
    parts, policy = story.parts, _policy(story, site)
    leading = story.member(leading_part(parts).message)
    deciding = story.member(deciding_part(parts, policy).message)
    shown = replace(deciding.presentation, zone=leading.presentation.zone)
    flags = {flag: leading.message for flag, raised in _set_flags(story, site, kind) if raised}
    # Of a copy that decides the time every doubt about it is the set's: no other message of it tells them.
    flags |= dict.fromkeys(shown.flags, deciding.message)
    unit.enqueue(
        Enqueuing(
            submission=story.submission,
            mailbox=story.mailbox,
            team=story.team,
            line=line_of(leading, story, site),
            sender=leading.sender or "",
            presentation=shown,
            received_at=parts.newest_arrival,
            flags=tuple(flags.items()),
            drops=() if TRANSFERRED in story.flags else (TRANSFERRED,),
            leading=leading.message,
            reply=write_set_reply(kind, replace(story, flags=story.flags.union(flags)), leading, shown, site, unit),
            actor=actor,
        )
    )


def _set_flags(story: SetStory, site: Site, kind: ReplyKind) -> tuple[tuple[str, bool], ...]:
    members = [story.member(part.message) for part in story.parts.counted]
    fields_read = {(line.account, line.port) for line in (line_of(member, story, site) for member in members)}
    return (
        ("parts-missing", kind is ReplyKind.INCOMPLETE),
        ("fields-differ", len(fields_read) > 1),
        (TRANSFERRED, TRANSFERRED in story.flags),
    )
