"""The clocks of one item on the command line: its day of entry, its timeliness, the next opening."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from typing import Any

from cee_mailbot.app import App
from cee_mailbot.cli.context import actor, day, program
from cee_mailbot.cli.output import print_json, print_lines
from cee_mailbot.desk import clock
from cee_mailbot.domain.facts import ClosureFacts, ItemStory, to_json
from cee_mailbot.domain.policy import Policy


def add_entry_date(acts: Any, common: ArgumentParser) -> None:
    """The act `queue set-entry-date`."""
    setting = acts.add_parser("set-entry-date", help="the day of entry, from which a clock runs", parents=[common])
    setting.add_argument("tracking", metavar="TRACKING")
    setting.add_argument("date", metavar="DATE", help="as in 2026-11-20; none: it is not known after all")
    setting.set_defaults(act=_set_entry_date)


def clocks_of(app: App, story: ItemStory, closures: Iterable[ClosureFacts]) -> dict[str, Any]:
    """What the clocks say of an item, in the form that JSON can say; see `desk.clock.clock_facts`."""
    hours = app.site.policies.get(story.mailbox, Policy()).office_hours
    facts: dict[str, Any] = to_json(clock.clock_facts(story, clock.in_force(closures), hours))
    return facts


def clock_lines(clocks: dict[str, Any]) -> Iterator[str]:
    """The same for people; nothing where nothing is known."""
    if clocks["timeliness"] is not None:
        yield clocks["timeliness"]["words"]
        yield from (f"  did not count: {one['day']}, {one['reason']}" for one in clocks["timeliness"]["skipped"])
    if clocks["next_opening"] is not None:
        yield f"presented outside office hours; the port opened next at {clocks['next_opening']}, the stamp stays"


def _set_entry_date(arguments: Namespace) -> int:
    wanted = None if arguments.date == "none" else day(arguments.date, "DATE")
    with program(arguments) as app:
        clock.set_entry_date(app.intake, arguments.tracking, wanted, actor=actor(arguments))
        with app.store.read() as ask:
            story, closures = ask.story(arguments.tracking), ask.closures()
        clocks = clocks_of(app, story, closures)
    if arguments.json:
        print_json(to_json(story.item) | clocks)
    else:
        print_lines(
            clock_lines(clocks) if clocks["timeliness"] else [f"{story.item.tracking}: no clock is known to run"]
        )
    return 0
