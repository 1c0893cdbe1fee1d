"""Acts on one item that concern the Center alone; what the broker is told of is in `handing_on`."""

from collections.abc import Collection
from datetime import MAXYEAR, UTC, datetime, timedelta

from cee_mailbot.desk.item import Opened, check_person, check_version, given, opened, state_after
from cee_mailbot.domain.presentation import Basis, Strength
from cee_mailbot.domain.timeliness import EARLIEST_YEAR
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.errors import NotAllowedError, UserError
from cee_mailbot.gathering import enqueue_as_it_is
from cee_mailbot.intake import Intake
from cee_mailbot.questions import WorklistQuery


def claim(intake: Intake, tracking: str, *, actor: str, version: int | None = None) -> None:
    """Makes the item the actor's; two people never get the same."""
    with opened(intake, tracking, Act.CLAIM, actor=actor, version=version) as at:
        at.unit.carry_out(at.change(assignee=actor, waiting_until=None))


def claim_next(intake: Intake, query: WorklistQuery, *, actor: str) -> str | None:
    """Makes the first unclaimed item of this list the actor's, in one transaction: its number, or None."""
    check_person(actor)
    with intake.store.begin(intake.site.clock.now()) as unit:
        tracking = unit.first_unclaimed(query)
        if tracking is None:
            return None
        item = unit.desk_item(tracking)
        at = Opened(unit=unit, item=item, act=Act.CLAIM, after=state_after(item, Act.CLAIM), actor=actor)
        unit.carry_out(at.change(assignee=actor, waiting_until=None))
        return tracking


def unclaim(intake: Intake, tracking: str, *, actor: str, version: int | None = None) -> None:
    """Puts the item back for whoever claims it."""
    with opened(intake, tracking, Act.UNCLAIM, actor=actor, version=version) as at:
        at.unit.carry_out(at.change(assignee=None, waiting_until=None))


def enqueue(intake: Intake, tracking: str, *, actor: str, version: int | None = None) -> None:
    """Enqueues an assembling set as it is; the sender is told what is missing."""
    with opened(intake, tracking, Act.ENQUEUE, actor=actor, version=version) as at:
        enqueue_as_it_is(at.item.submission, intake.site, at.unit, actor=actor)


def note(intake: Intake, tracking: str, text: str, *, actor: str, version: int | None = None) -> None:
    """Writes a note on the item, which the sender never sees."""
    words = given(text, "the text of the note")
    with opened(intake, tracking, Act.NOTE, actor=actor, version=version) as at:
        at.unit.add_note(at.item.submission, actor=actor, text=words)


def wait(
    intake: Intake,
    tracking: str,
    *,
    actor: str,
    until: datetime | None = None,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Sets the item aside until a date or, in any case, until something new comes from the broker.

    Then it is again the one's who had it, or who set it aside.
    """
    if until is not None:
        check_until(until, intake.site.clock.now())
    with opened(intake, tracking, Act.WAIT, actor=actor, version=version) as at:
        until = until.astimezone(UTC) if until else None
        at.unit.carry_out(at.change(assignee=at.item.assignee or actor, waiting_until=until, reason=reason))


def check_until(until: datetime, now: datetime) -> None:
    """Raises `UserError` for a time that is over, or that can't be meant."""
    _check_year(until)
    if until <= now:
        raise UserError("that time is over already; give a later one with --until")


def wake_due(intake: Intake) -> int:
    """Takes up every waiting item whose date has come; how many."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        due = unit.due_to_wake()
        for submission in due:
            unit.wake(submission, why="its date has come")
    return len(due)


def expire_claims(intake: Intake, idle: timedelta) -> int:
    """Puts items back that somebody has claimed and nobody has touched or looked at for so long; how many."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        return unit.expire_claims(idle)


def close(
    intake: Intake, tracking: str, outcome: Closing, *, actor: str, reason: str = "", version: int | None = None
) -> None:
    """Closes the item; what comes later of its key begins a new one, linked to it."""
    with opened(intake, tracking, Act.CLOSE, actor=actor, version=version) as at:
        at.unit.carry_out(at.change(outcome=outcome, waiting_until=None, reason=reason))


def reopen(intake: Intake, tracking: str, *, actor: str, reason: str = "", version: int | None = None) -> None:
    """Puts a closed item back into the queue, for whoever claims it.

    Raises `NotAllowedError` for one whose messages were taken into another: its papers are there.
    """
    with opened(intake, tracking, Act.REOPEN, actor=actor, version=version) as at:
        if not at.unit.set_story(at.item.submission).parts.counted:
            raise NotAllowedError(f"{at.item.tracking} holds no message any more; undo the join instead")
        at.unit.carry_out(at.change(outcome=None, assignee=None, joined_into=None, reason=reason))


def set_presentation(
    intake: Intake, tracking: str, *, at: datetime, reason: str, actor: str, version: int | None = None
) -> None:
    """Sets the presentation time by hand, which settles a dispute of it.

    The original stays in the history and in the evidence of the messages. Raises `UserError` for a time that is
    still to come, or so long ago that the year must be a slip.
    """
    words = given(reason, "the reason for another presentation time")
    _check_year(at)
    if at > intake.site.clock.now():
        raise UserError("a presentation time can't lie in the future")
    with opened(intake, tracking, Act.SET_PRESENTATION, actor=actor, version=version) as found:
        found.unit.carry_out(
            found.change(
                presented_at=at.astimezone(UTC),
                basis=Basis.STAFF,
                strength=Strength.C,
                drops=("date-disputed",),
                reason=words,
            )
        )


def _check_year(at: datetime) -> None:
    """At the ends of the calendar a time can't be shown in every zone, and no list with it."""
    if not EARLIEST_YEAR <= at.year < MAXYEAR:
        raise UserError(f"the year {at.year} can't be meant; look at the year")


def undo(
    intake: Intake, tracking: str, *, actor: str, version: int | None = None, teams: Collection[str] | None = None
) -> str:
    """Takes the last act on the item back, as a new event; the event that was undone.

    `teams` are those that the actor works for, None for all: what an act did to an item of another is not undone.
    Raises `NotAllowedError` when it can't be taken back, as when the reply that went with it has left.
    """
    check_person(actor)
    with intake.store.begin(intake.site.clock.now()) as unit:
        item = unit.desk_item(tracking)
        check_version(item, version)
        return unit.undo(item.submission, actor=actor, teams=teams)
