"""What staff may do with clocks: snow days and entry dates, each act one transaction with its line of history."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from cee_mailbot.clock_ledger import ClockWrites
from cee_mailbot.desk.item import check_person, check_version
from cee_mailbot.domain.facts import ClosureFacts, ItemStory
from cee_mailbot.domain.item_clock import (
    ClockedItem,
    due_of,
    is_entry_date,
    moved_due,
    timeliness_facts,
    timeliness_of,
)
from cee_mailbot.domain.office_hours import OfficeHours, next_opening
from cee_mailbot.domain.working_days import Closure
from cee_mailbot.errors import UserError
from cee_mailbot.intake import Intake
from parsers.port import find_port


def add_closure(intake: Intake, *, port: str | None, first: date, last: date, reason: str, actor: str) -> ClosureFacts:
    """Enters snow days of one port, or of all, and moves the due dates that they touch.

    Raises `UserError` for what can be no closure, a port that the table does not know, or when nobody acts.
    """
    check_person(actor)
    closure = _closure(port, first, last, reason)
    with intake.store.begin(intake.site.clock.now()) as unit:
        before = in_force(unit.closures())
        added = unit.add_closure(closure, actor=actor)
        _move_dues(unit, before, first, "closure-added")
        return next(one for one in unit.closures() if one.id == added)


def remove_closure(intake: Intake, closure_id: int, *, actor: str) -> None:
    """Takes snow days out of the register and moves due dates back. Raises `NotFoundError`, or `UserError`."""
    check_person(actor)
    with intake.store.begin(intake.site.clock.now()) as unit:
        register = unit.closures()
        unit.remove_closure(closure_id, actor=actor)
        first = next(one.first for one in register if one.id == closure_id)
        _move_dues(unit, in_force(register), first, "closure-removed")


def set_entry_date(intake: Intake, tracking: str, day: date | None, *, actor: str, version: int | None = None) -> None:
    """Writes down the day of entry of an item, from which its clock runs; None: it is not known after all.

    Raises `NotFoundError`, `ChangedError` when the item is not of this version any more, or `UserError` for a day that
    can't be one, or when nobody acts.
    """
    check_person(actor)
    if day is not None and not is_entry_date(day):
        raise UserError(f"{day} can't be a day of entry; look at the year")
    with intake.store.begin(intake.site.clock.now()) as unit:
        check_version(unit.desk_item(tracking), version)
        item = unit.clocked_item(tracking)
        if day == item.entry_date:
            return
        unit.set_entry_date(item, day, actor=actor)
        known = in_force(unit.closures())
        move_due(unit, item, due_of(item, known), due_of(replace(item, entry_date=day), known), "entry-date-set")


def in_force(register: Iterable[ClosureFacts]) -> tuple[Closure, ...]:
    """The register as the calendar of working days takes it."""
    return tuple(Closure(port=one.port, first=one.first, last=one.last, reason=one.reason) for one in register)


def clock_facts(story: ItemStory, closures: Iterable[Closure], hours: OfficeHours | None) -> dict[str, Any]:
    """What the clocks say of an item: its day of entry, timeliness, and the next opening after an out-of-hours stamp.

    `evidence` is the story's, with the next opening of each message beside its stamp.
    """
    known, item = tuple(closures), story.item
    found = timeliness_of(_clocked(story), known)

    def opening(presented: object, zone: object) -> datetime | None:
        if not isinstance(presented, datetime) or not isinstance(zone, str):
            return None
        return next_opening(presented, hours=hours, zone=zone, port=item.port, closures=known)

    return {
        "entry_date": story.entry_date,
        "timeliness": timeliness_facts(found) if found else None,
        "next_opening": opening(item.presented_at, item.zone),
        "evidence": tuple(
            one | {"next_opening": opening(one.get("presented_at"), one.get("zone"))} for one in story.evidence
        ),
    }


def _clocked(story: ItemStory) -> ClockedItem:
    item = story.item
    return ClockedItem(
        submission=0,
        tracking=item.tracking,
        code=item.code,
        port=item.port,
        zone=item.zone,
        presented_at=item.presented_at,
        received_at=item.received_at,
        entry_date=story.entry_date,
        due=item.due,
    )


def _closure(port: str | None, first: date, last: date, reason: str) -> Closure:
    if port is not None and find_port(port) is None:
        raise UserError(f"there is no port {port} in the table of ports; leave --port out for all ports")
    try:
        return Closure(port=port, first=first, last=last, reason=reason.strip())
    except ValueError as error:
        raise UserError(str(error)) from error


def _move_dues(unit: ClockWrites, before: tuple[Closure, ...], first: date, why: str) -> None:
    """Every due date that was computed with the register `before`, computed anew; none before `first` can move."""
    after = in_force(unit.closures())
    for item in unit.clocked_items(due_from=first):
        move_due(unit, item, due_of(item, before), due_of(item, after), why)


def move_due(unit: ClockWrites, item: ClockedItem, was: datetime | None, now: datetime | None, why: str) -> None:
    """Moves a due date that was computed, from what it was to what it is now; one that a person set stays."""
    if moved_due(item, was, now):
        unit.set_due(item, now, why=why)
