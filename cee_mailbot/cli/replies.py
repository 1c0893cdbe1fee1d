"""`replies`: the outbox."""

import sys
from argparse import ArgumentParser, Namespace

from cee_mailbot import desk
from cee_mailbot.cli.context import actor, program
from cee_mailbot.cli.filters import check_filters
from cee_mailbot.cli.output import how_many, print_json, print_lines, print_table, row_id
from cee_mailbot.domain.filters import OF_REPLIES
from cee_mailbot.operations import send
from cee_mailbot.questions import ReplyQuery

FILTERS = ("kind", "state", "to")


def add_arguments(command: ArgumentParser, _name: str, common: ArgumentParser) -> None:
    """The acts on replies."""
    acts = command.add_subparsers(metavar="ACT", required=True)
    listing = acts.add_parser("list", help="replies, oldest first", parents=[common])
    for name in FILTERS:
        listing.add_argument(f"--{name}", metavar=name.upper())
    listing.add_argument("--limit", type=how_many, metavar="N")
    listing.add_argument("--offset", type=how_many, default=0, metavar="N")
    listing.set_defaults(act=_list)
    show = acts.add_parser("show", help="one reply as it goes out", parents=[common])
    show.add_argument("id", type=row_id, metavar="ID")
    show.set_defaults(act=_show)
    retry = acts.add_parser("retry", help="tries a failed, withheld or delayed reply again", parents=[common])
    retry.add_argument("id", type=row_id, metavar="ID")
    retry.set_defaults(act=_retry)
    cancel = acts.add_parser("cancel", help="takes back a reply that has not left", parents=[common])
    cancel.add_argument("id", type=int, metavar="ID")
    cancel.set_defaults(act=_cancel)
    resume = acts.add_parser(
        "resume", help="lets automatic replies go after the breaker stopped them", parents=[common]
    )
    resume.set_defaults(act=_resume)


def _list(arguments: Namespace) -> int:
    check_filters(arguments, OF_REPLIES)
    wanted = {name: getattr(arguments, name) for name in FILTERS}
    with program(arguments) as app, app.store.read() as ask:
        replies = ask.replies(ReplyQuery(**wanted, limit=arguments.limit, offset=arguments.offset))
    if arguments.json:
        print_json(replies)
    else:
        columns = ("id", "kind", "to", "state", "attempts", "tracking", "subject", "reasons")
        print_table(columns, [[getattr(reply, name) for name in columns] for reply in replies])
    return 0


def _show(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        facts, raw = ask.reply(arguments.id)
    if arguments.json:
        print_json(facts)
    else:
        sys.stdout.buffer.write(raw)
    return 0


def _retry(arguments: Namespace) -> int:
    with program(arguments) as app:
        desk.retry_reply(app.intake, arguments.id, actor=actor(arguments))
        sending = send(app)
        with app.store.read() as ask:
            facts, _ = ask.reply(arguments.id)
    if arguments.json:
        print_json(facts)
    else:
        print_lines([f"reply {facts.id} is {facts.state}"])
    return sending.exit_code


def _cancel(arguments: Namespace) -> int:
    with program(arguments) as app:
        desk.cancel_reply(app.intake, arguments.id, actor=actor(arguments))
        with app.store.read() as ask:
            facts, _ = ask.reply(arguments.id)
    if arguments.json:
        print_json(facts)
    else:
        print_lines([f"reply {facts.id} is {facts.state}"])
    return 0


def _resume(arguments: Namespace) -> int:
    with program(arguments) as app:
        was_open = desk.reset_breaker(app.intake, actor=actor(arguments))
    if arguments.json:
        print_json({"was_stopped": was_open})
    else:
        print_lines(["automatic replies go out again" if was_open else "automatic replies were not stopped"])
    return 0
