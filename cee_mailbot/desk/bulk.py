"""One act on many items: foretold first, then started; carried out by `bulk_worker`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cee_mailbot.bulk_ledger import BulkItem, BulkJobFacts, BulkQuestions, BulkTask, BulkWrites, NewBulkJob, NewBulkRow
from cee_mailbot.desk import acts, handing_on, tagging
from cee_mailbot.desk.item import given
from cee_mailbot.desk.local_time import local_instant
from cee_mailbot.domain.bulk import MOST_ITEMS, UNDO, BulkState
from cee_mailbot.domain.roles import Person
from cee_mailbot.domain.work_item import REVERSIBLE, SYSTEM, TRANSITIONS, Act, Closing, ItemState
from cee_mailbot.errors import NotAllowedError, NotFoundError, UserError
from cee_mailbot.intake import Intake
from cee_mailbot.questions import WorklistQuery

MOST_OPEN = 5  # jobs of one person that may be under way at once
LONGEST_FIELD = 20_000
_LAST_ZONE = "Etc/GMT+12"  # twelve hours west, as POSIX writes it: where each day begins last


@dataclass(frozen=True, kw_only=True, slots=True)
class Doing:
    """One row of a job as it is carried out, and the line that writes its result down with it."""

    intake: Intake
    task: BulkTask

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.task.person.name

    @property
    def frame(self) -> tuple[Intake, str]:
        """Where, and on which item."""
        return self.intake, self.task.tracking

    def field(self, name: str) -> str:
        """What the form of the job says; empty where it says nothing."""
        return self.task.fields.get(name, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkAct:
    """An act that can be done to many items: how, and what its fields must be before any is touched."""

    carry: Callable[[Doing], object]
    check: Callable[[Intake, Mapping[str, str]], object] = lambda _intake, _fields: None


def _claim(doing: Doing) -> None:
    acts.claim(*doing.frame, actor=doing.actor, version=doing.task.version)


def _unclaim(doing: Doing) -> None:
    acts.unclaim(*doing.frame, actor=doing.actor, version=doing.task.version)


def _note(doing: Doing) -> None:
    acts.note(*doing.frame, doing.field("text"), actor=doing.actor, version=doing.task.version)


def _wait(doing: Doing) -> None:
    """A day begins in the morning of each item's own port."""
    acts.wait(
        *doing.frame,
        actor=doing.actor,
        until=local_instant(doing.field("until"), doing.field("zone") or doing.task.zone),
        reason=doing.field("reason"),
        version=doing.task.version,
    )


def _close(doing: Doing) -> None:
    outcome, version = Closing(doing.field("outcome")), doing.task.version
    acts.close(*doing.frame, outcome, actor=doing.actor, reason=doing.field("reason"), version=version)


def _transfer(doing: Doing) -> None:
    handing_on.transfer(
        *doing.frame,
        team=doing.field("team"),
        reason=doing.field("reason"),
        actor=doing.actor,
        version=doing.task.version,
    )


def _tag(doing: Doing) -> None:
    tagging.tag(*doing.frame, doing.field("tag"), actor=doing.actor, version=doing.task.version)


def _untag(doing: Doing) -> None:
    tagging.untag(*doing.frame, doing.field("tag"), actor=doing.actor, version=doing.task.version)


def _undo(doing: Doing) -> None:
    # The version is that after the job's own act, which touched this item alone: no other team has a say in it.
    acts.undo(*doing.frame, actor=doing.actor, version=doing.task.version, teams=None)


def _check_note(_intake: Intake, fields: Mapping[str, str]) -> None:
    given(fields.get("text"), "the text of the note")


def _check_tag(_intake: Intake, fields: Mapping[str, str]) -> None:
    tagging.tag_of(fields.get("tag", ""))


def _check_until(intake: Intake, fields: Mapping[str, str]) -> None:
    """What is over at every port; what is over at some is told of their items."""
    until = local_instant(fields.get("until", ""), fields.get("zone") or _LAST_ZONE)
    if until is not None:
        acts.check_until(until, intake.site.clock.now())


def _check_outcome(_intake: Intake, fields: Mapping[str, str]) -> None:
    if fields.get("outcome") not in set(Closing):
        raise UserError("choose with which outcome the items are closed")


def _check_team(intake: Intake, fields: Mapping[str, str]) -> None:
    if fields.get("team") not in intake.site.centers:
        raise UserError(f"choose a team to hand over to; there are: {', '.join(sorted(intake.site.centers))}")
    handing_on.to_be_read(fields.get("reason", ""), "the reason, which the senders and the other Center will read,")


# What can be done to many items at once, in the order in which it is offered.
BULK: Mapping[str, BulkAct] = {
    Act.CLAIM: BulkAct(carry=_claim),
    Act.UNCLAIM: BulkAct(carry=_unclaim),
    Act.WAIT: BulkAct(carry=_wait, check=_check_until),
    Act.CLOSE: BulkAct(carry=_close, check=_check_outcome),
    Act.TRANSFER: BulkAct(carry=_transfer, check=_check_team),
    Act.NOTE: BulkAct(carry=_note, check=_check_note),
    Act.TAG: BulkAct(carry=_tag, check=_check_tag),
    Act.UNTAG: BulkAct(carry=_untag, check=_check_tag),
}
# What a job may do; nobody chooses to undo from a list.
JOBS: Mapping[str, BulkAct] = {**BULK, UNDO: BulkAct(carry=_undo)}
# The fields of the acts, as a form has them.
FIELDS = ("reason", "text", "tag", "outcome", "team", "until", "zone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who wants something done to many items.

    `until` is how long the role holds without being asked for again, None for an account of ours, which is asked each
    time.
    """

    person: Person
    until: datetime | None = None


def foretell(
    intake: Intake, asker: Asker, act: str, *, items: Sequence[str] = (), fields: Mapping[str, str] | None = None
) -> int:
    """A job of this act on these items, foretold and not started: its number. Nothing is done to any item.

    Raises `UserError` for an act that there is none of, no items or too many; `NotFoundError` for an item that the
    person may not see.
    """
    numbers = tuple(dict.fromkeys(one.upper() for one in items))
    if not 0 < len(numbers) <= MOST_ITEMS:
        raise UserError(f"choose at least one item, and at most {MOST_ITEMS:,}")
    with intake.store.read() as ask:
        found = ask.bulk_items(numbers)
    for number in numbers:
        if number not in found or not asker.person.sees(found[number].team):
            raise NotFoundError(f"there is no item {number[:40]} that you may see")
    return _add(intake, asker, act, [found[number] for number in numbers], fields=fields)


def foretell_list(
    intake: Intake,
    asker: Asker,
    act: str,
    query: WorklistQuery,
    *,
    search: str,
    fields: Mapping[str, str] | None = None,
) -> int:
    """The same for all that a list finds, up to `MOST_ITEMS`; `search` is the list in words. Raises `UserError`."""
    with intake.store.read() as ask:
        found = ask.bulk_list(replace(query, limit=MOST_ITEMS + 1, after=None))
    if not found:
        raise UserError("the list is empty; choose at least one item")
    more = len(found) > MOST_ITEMS
    return _add(intake, asker, act, found[:MOST_ITEMS], fields=fields, search=search or "is:open", more=more)


def foretell_undo(intake: Intake, asker: Asker, job: int) -> int:
    """A job that takes back what another one changed; its number. Raises `NotFoundError` or `NotAllowedError`."""
    with intake.store.read() as ask:
        before = own(ask, job, asker.person)
        if not can_be_undone(before):
            raise NotAllowedError(f"bulk job {job} is {before.state}, and changed nothing that could be taken back")
        changed = ask.bulk_changed(job)
        found = ask.bulk_items([tracking for tracking, _ in changed])
        others = [tracking for tracking, version in changed if tracking in found and found[tracking].version != version]
        actors = ask.last_to_change(others)
    rows = [
        _undone(tracking, version, found.get(tracking), asker.person, actors.get(tracking))
        for tracking, version in changed
    ]
    made = NewBulkJob(person=asker.person, act=UNDO, until=asker.until, undoes=job)
    with intake.store.begin(intake.site.clock.now()) as unit:
        return unit.add_bulk_job(made, rows)


def can_be_undone(job: BulkJobFacts) -> bool:
    """Whether a job is over and changed something that can be taken back; a note stays."""
    over = job.state in (BulkState.FINISHED, BulkState.STOPPED)
    return over and job.changed > 0 and job.act in set(REVERSIBLE)


def own(ask: BulkQuestions | BulkWrites, job: int, person: Person) -> BulkJobFacts:
    """A job of this person. Raises `NotFoundError`, or `NotAllowedError` for another's."""
    found = ask.bulk_job(job)
    if found is None:
        raise NotFoundError(f"there is no bulk job {job}")
    if found.person != person.name:
        raise NotAllowedError(f"bulk job {job} is {found.person}'s, who alone may start it or take it back")
    return found


def start(intake: Intake, asker: Asker, job: int, fields: Mapping[str, str] | None = None) -> None:
    """Lets a job be carried out as it was foretold; its person alone may.

    `fields` are those of the act, None for what the preview was given. Raises `UserError` for fields that the act can't
    do with, `NotFoundError`, or `NotAllowedError`.
    """
    with intake.store.begin(intake.site.clock.now()) as unit:
        found = own(unit, job, asker.person)
        if found.state is not BulkState.PREVIEWED:
            raise NotAllowedError(f"bulk job {job} was started already; look at what became of it")
        if not found.to_do:
            raise NotAllowedError(f"none of the items of bulk job {job} can be changed")
        if unit.open_bulk_jobs(asker.person.name) >= MOST_OPEN:
            raise NotAllowedError(f"{MOST_OPEN} of your bulk jobs are under way; wait until one has ended, or stop one")
        whole = found.fields if fields is None else _known(fields)
        JOBS[found.act].check(intake, whole)
        unit.start_bulk_job(job, whole, person=asker.person, until=asker.until)


def stop(intake: Intake, job: int, *, actor: str) -> None:
    """Ends a job: what is done stays, what is not stays undone. Raises `NotAllowedError` when it is over."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.stop_bulk_job(job, actor=actor)


def changed_since(actor: str | None) -> str:
    """Why an item is not changed that another was quicker at."""
    return f"changed since by {actor}" if actor not in (None, SYSTEM) else "changed since: something new came"


def _add(  # noqa: PLR0913 - the fields of a job
    intake: Intake,
    asker: Asker,
    act: str,
    items: Iterable[BulkItem],
    *,
    fields: Mapping[str, str] | None = None,
    search: str = "",
    more: bool = False,
) -> int:
    if act not in BULK:
        raise UserError(f"choose what is to be done with the items: {', '.join(BULK)}")
    known = _known(fields or {})
    made = NewBulkJob(person=asker.person, act=act, fields=known, search=search, more=more, until=asker.until)
    rows = [_foreseen(item, Act(act), asker.person) for item in items]
    with intake.store.begin(intake.site.clock.now()) as unit:
        return unit.add_bulk_job(made, rows)


def _known(fields: Mapping[str, str]) -> dict[str, str]:
    known = {name: fields[name].strip() for name in FIELDS if fields.get(name, "").strip()}
    for name, value in known.items():
        if len(value) > LONGEST_FIELD:
            raise UserError(f"{name} is longer than {LONGEST_FIELD:,} characters; shorten it")
    return known


def _foreseen(item: BulkItem, act: Act, person: Person) -> NewBulkRow:
    why = None
    if (ItemState(item.state), act) not in TRANSITIONS:
        why = f"it is {item.state}"
    elif item.assignee not in (None, person.name):
        why = f"claimed by {item.assignee}"
    return NewBulkRow(tracking=item.tracking, version=item.version, entry_number=item.entry_number, why=why)


def _undone(tracking: str, version: int, item: BulkItem | None, person: Person, actor: str | None) -> NewBulkRow:
    why = None
    if item is None:
        why = "there is no such item any more"
    elif item.version != version:
        why = changed_since(actor) if person.sees(item.team) else "changed since, elsewhere"
    number = item.entry_number if item is not None else None
    return NewBulkRow(tracking=tracking, version=version, entry_number=number, why=why)
