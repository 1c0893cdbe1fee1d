"""`closures`: the register of snow days."""

from argparse import ArgumentParser, Namespace

from cee_mailbot.cli.context import actor, day, program
from cee_mailbot.cli.output import print_json, print_lines, print_table
from cee_mailbot.desk import clock

COLUMNS = ("id", "port", "first", "last", "reason", "actor", "at")


def add_arguments(command: ArgumentParser, _name: str, common: ArgumentParser) -> None:
    """The acts on the register."""
    acts = command.add_subparsers(metavar="ACT", required=True)
    listing = acts.add_parser("list", help="the snow days in force", parents=[common])
    listing.set_defaults(act=_list)
    adding = acts.add_parser("add", help="enters snow days of one port, or of all", parents=[common])
    adding.add_argument("--port", metavar="PORT", help="four digits; left out: all ports")
    adding.add_argument("--from", dest="first", required=True, metavar="DATE", help="the first day, as in 2026-01-05")
    adding.add_argument("--to", dest="last", metavar="DATE", help="the last day (default: the first)")
    adding.add_argument("--reason", required=True, metavar="TEXT")
    adding.set_defaults(act=_add)
    removing = acts.add_parser("remove", help="takes a line out; it stays on record", parents=[common])
    removing.add_argument("id", type=int, metavar="ID")
    removing.set_defaults(act=_remove)


def _list(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        register = ask.closures()
    if arguments.json:
        print_json(register)
    else:
        print_table(COLUMNS, [[getattr(one, name) for name in COLUMNS] for one in register])
    return 0


def _add(arguments: Namespace) -> int:
    first = day(arguments.first, "--from")
    last = day(arguments.last, "--to") if arguments.last else first
    with program(arguments) as app:
        added = clock.add_closure(
            app.intake, port=arguments.port, first=first, last=last, reason=arguments.reason, actor=actor(arguments)
        )
    if arguments.json:
        print_json(added)
    else:
        where = f"port {added.port}" if added.port else "all ports"
        print_lines([f"closure {added.id}: {where}, {added.first} to {added.last}: {added.reason}"])
    return 0


def _remove(arguments: Namespace) -> int:
    with program(arguments) as app:
        clock.remove_closure(app.intake, arguments.id, actor=actor(arguments))
        with app.store.read() as ask:
            register = ask.closures()
    if arguments.json:
        print_json(register)
    else:
        print_lines([f"closure {arguments.id} no longer counts"])
    return 0
