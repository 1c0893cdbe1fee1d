"""What staff do with clocks: entry dates and snow days, each act one transaction with its line of history."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cee_mailbot import desk
from cee_mailbot.desk.clock import add_closure, clock_facts, in_force, remove_closure, set_entry_date
from cee_mailbot.domain.facts import ItemStory, to_json
from cee_mailbot.domain.office_hours import OfficeHours
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.errors import NotFoundError, UserError
from tests.support.mails import mail
from tests.support.workshop import ARRIVED, Workshop, history_breaks

PORT = ZoneInfo("America/Los_Angeles")
ENTRY = date(2026, 2, 17)  # a Tuesday; the mail comes on Monday, 2 March 2026, the 9th working day after it
STORM = {"first": date(2026, 2, 23), "last": date(2026, 2, 24), "reason": "Snow storm"}
EVENTS = ("entry-date-set", "due-moved", "closure-added", "closure-removed")


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.store.close()


def tracking(workshop: Workshop) -> str:
    workshop.receive(mail())
    return workshop.items()[0].tracking


def story(workshop: Workshop, number: str) -> ItemStory:
    with workshop.store.read() as ask:
        return ask.story(number)


def clocks(workshop: Workshop, number: str, hours: OfficeHours | None = None) -> dict[str, Any]:
    with workshop.store.read() as ask:
        return clock_facts(ask.story(number), in_force(ask.closures()), hours)


def lines(workshop: Workshop, number: str) -> list[tuple[str, str]]:
    return [(line.event, line.actor) for line in story(workshop, number).history if line.event in EVENTS]


def snow(workshop: Workshop, port: str | None = None, **other: Any) -> int:
    return add_closure(workshop.intake, port=port, actor="eve", **{**STORM, **other}).id


def test_nothing_is_shown_where_nothing_is_known(workshop: Workshop) -> None:
    number = tracking(workshop)
    found = clocks(workshop, number)
    assert (found["entry_date"], found["timeliness"], found["next_opening"]) == (None, None, None)
    assert workshop.items()[0].due is None


def test_an_entry_date_starts_the_clock(workshop: Workshop) -> None:
    number = tracking(workshop)
    set_entry_date(workshop.intake, number.lower(), ENTRY, actor="eve")
    found = clocks(workshop, number)
    shown = found["timeliness"]
    assert (shown["clock"], shown["authority"]) == ("entry_summary_filing", "19 CFR 142.12(b)")
    assert (shown["day"], shown["allowed"], shown["on_time"]) == (9, 10, True)
    assert (shown["judged_by"], shown["judged_on"], shown["started_on"]) == ("presented", date(2026, 3, 2), ENTRY)
    assert shown["due"] == date(2026, 3, 3)
    assert shown["words"].endswith("computed, not a ruling")
    assert to_json(found)["entry_date"] == "2026-02-17"
    # The last second of 3 March in Los Angeles.
    assert workshop.items()[0].due == datetime(2026, 3, 4, 7, 59, 59, tzinfo=UTC)
    assert lines(workshop, number) == [("entry-date-set", "eve"), ("due-moved", "system")]
    assert history_breaks(workshop.store) == []


def test_an_entry_date_is_taken_back(workshop: Workshop) -> None:
    number = tracking(workshop)
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    set_entry_date(workshop.intake, number, None, actor="bob")
    assert clocks(workshop, number)["timeliness"] is None
    assert workshop.items()[0].due is None
    line = story(workshop, number).history[-2]
    assert (line.actor, line.detail) == ("bob", {"from": "2026-02-17", "to": None})
    assert len(lines(workshop, number)) == 4


@pytest.mark.parametrize("day", [date(1926, 2, 17), date(2206, 2, 17)])
def test_a_slip_of_the_year_is_no_entry_date(workshop: Workshop, day: date) -> None:
    with pytest.raises(UserError, match="look at the year"):
        set_entry_date(workshop.intake, tracking(workshop), day, actor="eve")


def test_an_entry_date_of_nothing_is_refused(workshop: Workshop) -> None:
    with pytest.raises(NotFoundError):
        set_entry_date(workshop.intake, "CEE-007-26-000009-X", ENTRY, actor="eve")


@pytest.mark.parametrize("port", ["2704", None])
def test_snow_days_postpone_and_their_removal_moves_back(workshop: Workshop, port: str | None) -> None:
    number = tracking(workshop)
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    before = workshop.items()[0].due
    added = snow(workshop, port)
    shown = clocks(workshop, number)["timeliness"]
    assert (shown["day"], shown["due"]) == (7, date(2026, 3, 5))
    assert shown["skipped"] == [
        {"day": date(2026, 2, 23), "reason": "Snow storm"},
        {"day": date(2026, 2, 24), "reason": "Snow storm"},
    ]
    assert before is not None
    assert workshop.items()[0].due == before + timedelta(days=2)
    remove_closure(workshop.intake, added, actor="eve")
    assert workshop.items()[0].due == before
    assert [event for event, _ in lines(workshop, number)].count("due-moved") == 3
    with workshop.store.read() as ask:
        assert ask.closures() == ()


def test_snow_at_another_port_moves_nothing(workshop: Workshop) -> None:
    number = tracking(workshop)
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    before = story(workshop, number)
    snow(workshop, "1001")
    assert story(workshop, number) == before


def test_a_due_date_that_a_person_set_stays(workshop: Workshop) -> None:
    number = tracking(workshop)
    persons = datetime(2026, 5, 1, tzinfo=UTC)
    with workshop.store.begin(workshop.clock.now()) as unit:
        unit.set_due(unit.clocked_item(number), persons, why="a person")
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    snow(workshop)
    assert workshop.items()[0].due == persons


def test_the_register_tells_who_entered_what(workshop: Workshop) -> None:
    added = add_closure(workshop.intake, port="2704", actor="eve", **STORM)  # type: ignore[arg-type]
    assert to_json(added) == {
        "id": 1,
        "port": "2704",
        "first": "2026-02-23",
        "last": "2026-02-24",
        "reason": "Snow storm",
        "actor": "eve",
        "at": workshop.clock.now().isoformat(),
    }
    with workshop.store.read() as ask:
        assert ask.closures() == (added,)


@pytest.mark.parametrize(
    ("port", "change"),
    [
        ("27", {}),
        ("9999", {}),
        (None, {"last": date(2026, 2, 22)}),
        (None, {"last": date(2028, 2, 22)}),
        (None, {"reason": "  "}),
    ],
    ids=["short-port", "no-such-port", "ends-before", "two-years", "no-reason"],
)
def test_what_can_be_no_closure_is_refused(workshop: Workshop, port: str | None, change: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        snow(workshop, port, **change)
    with workshop.store.read() as ask:
        assert ask.closures() == ()


@pytest.mark.parametrize("removals", [0, 1])
def test_a_closure_is_removed_once(workshop: Workshop, removals: int) -> None:
    added = snow(workshop)
    for _ in range(removals):
        remove_closure(workshop.intake, added, actor="eve")
    with pytest.raises(NotFoundError):
        remove_closure(workshop.intake, added if removals else added + 1, actor="eve")


def test_a_protest_is_due_two_years_from_its_receipt(workshop: Workshop) -> None:
    """It is filed when it is received, whatever its Date says; the decision is CBP's to make."""
    workshop.receive(mail(subject="PR,NokiaInc,345-67890123,2704"))
    [item] = workshop.items()
    assert item.due == datetime(2028, 3, 3, 7, 59, 59, tzinfo=UTC)
    set_entry_date(workshop.intake, item.tracking, ENTRY, actor="eve")
    assert workshop.items()[0].due == item.due


def test_an_out_of_hours_stamp_shows_the_next_opening_and_stays(workshop: Workshop) -> None:
    """It arrives at 7:00 in Los Angeles, on a day on which the port is closed."""
    number = tracking(workshop)
    before = workshop.items()[0]
    hours = OfficeHours(opens=datetime(2026, 1, 1, 6).time(), closes=datetime(2026, 1, 1, 16).time())  # noqa: DTZ001
    assert clocks(workshop, number, hours)["next_opening"] is None
    snow(workshop, first=date(2026, 3, 2), last=date(2026, 3, 2))
    found = to_json(clocks(workshop, number, hours))
    assert found["next_opening"] == "2026-03-03T06:00:00-08:00"
    assert [one["next_opening"] for one in found["evidence"]] == [found["next_opening"]]
    assert workshop.items()[0] == before
    assert before.presented_at < ARRIVED


def test_an_entry_date_known_while_parts_are_awaited_still_runs_when_they_are_there(workshop: Workshop) -> None:
    line = "DR,NokiaInc,345-67890123,2704"
    workshop.receive(mail(subject=f"{line} 1 of 2"))
    number = workshop.items()[0].tracking
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    due = workshop.items()[0].due
    workshop.receive(mail(subject=f"{line} 2 of 2", message_id="<2@filer.example>", documents=[b"%PDF-1.4 two"]))
    [item] = workshop.items()
    assert (item.state, item.due) == ("new", due)
    assert due is not None


def test_a_closed_item_keeps_step_with_the_snow_days_so_that_it_can_be_opened_again(workshop: Workshop) -> None:
    """It would come back with a date that no longer holds, and keep it: a date that differs is taken for a person's."""
    number = tracking(workshop)
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    before = workshop.items()[0].due
    desk.close(workshop.intake, number, Closing.DONE, actor="eve")
    closure = snow(workshop)
    desk.reopen(workshop.intake, number, actor="eve")
    item = workshop.items()[0]
    assert item.due is not None
    assert item.due.astimezone(PORT).date() == clocks(workshop, number)["timeliness"]["due"] == date(2026, 3, 5)
    remove_closure(workshop.intake, closure, actor="eve")
    assert workshop.items()[0].due == before


@pytest.mark.parametrize("first", [date(2026, 3, 3), date(2026, 3, 4)], ids=["the day it is due", "the day after"])
def test_snow_on_the_day_that_an_item_is_due_moves_it_and_later_snow_does_not(workshop: Workshop, first: date) -> None:
    number = tracking(workshop)
    set_entry_date(workshop.intake, number, ENTRY, actor="eve")
    snow(workshop, first=first, last=first)
    item = workshop.items()[0]
    assert item.due is not None
    assert item.due.astimezone(PORT).date() == clocks(workshop, number)["timeliness"]["due"]


@pytest.mark.parametrize("actor", ["", "  ", "system", "System"])
def test_clocks_are_moved_by_people_alone(workshop: Workshop, actor: str) -> None:
    number, closure = tracking(workshop), snow(workshop)
    for act in (
        lambda: set_entry_date(workshop.intake, number, ENTRY, actor=actor),
        lambda: add_closure(workshop.intake, port=None, actor=actor, **STORM),
        lambda: remove_closure(workshop.intake, closure, actor=actor),
    ):
        with pytest.raises(UserError, match="name of a person"):
            act()
    assert lines(workshop, number) == []
