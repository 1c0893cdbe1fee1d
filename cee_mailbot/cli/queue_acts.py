"""`queue claim` and all other acts of staff on an item; each prints the item as it stands afterwards."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from cee_mailbot import desk
from cee_mailbot.app import App
from cee_mailbot.cli.context import actor, instant, program
from cee_mailbot.cli.letters import reply, reply_options
from cee_mailbot.cli.output import print_json, print_lines
from cee_mailbot.domain.facts import ItemStory
from cee_mailbot.domain.item_history import NO_LETTER, unheard
from cee_mailbot.domain.work_item import UNDONE, Closing
from cee_mailbot.errors import UserError

Carry = Callable[[App, Namespace, str], object]


def add_acts(acts: Any, common: ArgumentParser) -> None:
    """The acts, each on one item by its tracking number."""
    for name, (does, options, carry) in ACTS.items():
        command = acts.add_parser(name, help=does, parents=[common])
        command.add_argument("tracking", metavar="TRACKING")
        options(command)
        command.set_defaults(act=_performed(carry))


def _performed(carry: Carry) -> Callable[[Namespace], int]:
    def perform(arguments: Namespace) -> int:
        with program(arguments) as app:
            told = carry(app, arguments, actor(arguments))
            with app.store.read() as ask:
                story = ask.story(told if isinstance(told, str) else arguments.tracking)
        if arguments.json:
            print_json(story.item)
        else:
            print_lines(_told(story))
        return 0

    return perform


def _told(story: ItemStory) -> list[str]:
    """What the item is now, and how far the newest reply about it has come when the act has written one."""
    item, last = story.item, story.history[-1]
    words = [f"{item.tracking} is {item.state}"]
    words += [f"outcome {item.outcome}"] if item.outcome else []
    words += [f"claimed by {item.assignee}"] if item.assignee else []
    words += [f"tags {' '.join(item.tags)}"] if item.tags else []
    reply = [f"reply {last.reply} ({last.detail['kind']}) is {last.event.removeprefix('reply-')}"] if last.reply else []
    undid = [f"undid {last.detail['event']}"] if last.event == UNDONE else []
    silent = [NO_LETTER] if unheard(last) else []
    return [f"{', '.join(words)}; team {item.team}", *(reply if "kind" in last.detail else []), *undid, *silent]


def _nothing(_: ArgumentParser) -> None:
    """No options."""


def _reason(command: ArgumentParser) -> None:
    command.add_argument("--reason", default="", metavar="TEXT", help="why, for the history")


def _needed_reason(command: ArgumentParser) -> None:
    command.add_argument("--reason", required=True, metavar="TEXT", help="why; the sender will read it")


def _note_options(command: ArgumentParser) -> None:
    command.add_argument("text", metavar="TEXT", help="what staff will read; the sender never does")


def _tag_options(command: ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="letters, digits and dashes, such as fta-claim")


def _wait_options(command: ArgumentParser) -> None:
    command.add_argument("--until", metavar="TIME", help="a date; else until something new comes from the broker")
    _reason(command)


def _close_options(command: ArgumentParser) -> None:
    command.add_argument("--outcome", required=True, choices=[str(one) for one in Closing])
    _reason(command)


def _transfer_options(command: ArgumentParser) -> None:
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--team", metavar="TEAM", help="the other Center's team, as in 009")
    where.add_argument("--port", action="store_true", help="leave it to the port of entry, and close it")
    _needed_reason(command)


def _message_options(command: ArgumentParser) -> None:
    command.add_argument("--message", type=int, required=True, metavar="ID")
    _reason(command)


def _move_options(command: ArgumentParser) -> None:
    command.add_argument("--to", required=True, metavar="TRACKING", dest="other")
    _message_options(command)


def _join_options(command: ArgumentParser) -> None:
    command.add_argument("--with", required=True, metavar="TRACKING", dest="other", help="the one that is emptied")
    _reason(command)


def _presentation_options(command: ArgumentParser) -> None:
    command.add_argument("--at", required=True, metavar="TIME", help="with its offset: 2026-11-20T13:52:10-08:00")
    command.add_argument("--reason", required=True, metavar="TEXT", help="why, for the history")


def _transfer(app: App, arguments: Namespace, who: str) -> None:
    if arguments.port:
        desk.transfer_to_port(app.intake, arguments.tracking, reason=arguments.reason, actor=who)
    else:
        desk.transfer(app.intake, arguments.tracking, team=arguments.team, reason=arguments.reason, actor=who)


def _set_presentation(app: App, arguments: Namespace, who: str) -> None:
    at = instant(arguments.at, "--at", offset_needed=True)
    if at is None:
        raise UserError("--at is missing")
    desk.set_presentation(app.intake, arguments.tracking, at=at, reason=arguments.reason, actor=who)


def _wait(app: App, arguments: Namespace, who: str) -> None:
    until = instant(arguments.until, "--until")
    desk.wait(app.intake, arguments.tracking, until=until, reason=arguments.reason, actor=who)


def _move(app: App, given: Namespace, who: str) -> None:
    desk.move(app.intake, given.tracking, given.message, to=given.other, reason=given.reason, actor=who)


def _undo(app: App, arguments: Namespace, who: str) -> None:
    desk.undo(app.intake, arguments.tracking, actor=who)


# name: (what it does, its options, how it is carried out; the number of a new item is what is shown then)
ACTS: dict[str, tuple[str, Callable[[ArgumentParser], None], Carry]] = {
    "claim": ("makes it yours", _nothing, lambda app, given, who: desk.claim(app.intake, given.tracking, actor=who)),
    "unclaim": (
        "puts it back for whoever claims it",
        _nothing,
        lambda app, given, who: desk.unclaim(app.intake, given.tracking, actor=who),
    ),
    "enqueue": (
        "enqueues an assembling set as it is",
        _nothing,
        lambda app, given, who: desk.enqueue(app.intake, given.tracking, actor=who),
    ),
    "note": (
        "writes a note on it",
        _note_options,
        lambda app, given, who: desk.note(app.intake, given.tracking, given.text, actor=who),
    ),
    "tag": (
        "puts one of your own labels on it",
        _tag_options,
        lambda app, given, who: desk.tag(app.intake, given.tracking, given.name, actor=who),
    ),
    "untag": (
        "takes one of your own labels off",
        _tag_options,
        lambda app, given, who: desk.untag(app.intake, given.tracking, given.name, actor=who),
    ),
    "wait": ("sets it aside until a date or an answer", _wait_options, _wait),
    "close": (
        "closes it with an outcome",
        _close_options,
        lambda app, given, who: desk.close(
            app.intake, given.tracking, Closing(given.outcome), reason=given.reason, actor=who
        ),
    ),
    "reopen": (
        "puts a closed item back into the queue",
        _reason,
        lambda app, given, who: desk.reopen(app.intake, given.tracking, reason=given.reason, actor=who),
    ),
    "reply": ("writes to the filer, in your words or an approved text's", reply_options, reply),
    "return": (
        "sends the documents back with a reason, and closes it",
        _needed_reason,
        lambda app, given, who: desk.send_back(app.intake, given.tracking, reason=given.reason, actor=who),
    ),
    "transfer": ("passes it to another Center or to the port, and tells the sender", _transfer_options, _transfer),
    "move": ("moves one of its messages to another submission", _move_options, _move),
    "split": (
        "makes one of its messages a submission of its own",
        _message_options,
        lambda app, given, who: desk.split(app.intake, given.tracking, given.message, reason=given.reason, actor=who),
    ),
    "join": (
        "takes all messages of another submission in",
        _join_options,
        lambda app, given, who: desk.join(app.intake, given.tracking, given.other, reason=given.reason, actor=who),
    ),
    "set-presentation": ("sets its presentation time by hand", _presentation_options, _set_presentation),
    "undo": ("takes the last act on it back", _nothing, _undo),
}
