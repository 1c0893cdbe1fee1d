"""`users`: staff accounts of the embedded sign-in."""

import getpass
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from cee_mailbot import accounts
from cee_mailbot.app import App
from cee_mailbot.cli.context import actor, program
from cee_mailbot.cli.output import print_json, print_lines, print_table
from cee_mailbot.cli.user_tokens import add_tokens
from cee_mailbot.domain.roles import Role
from cee_mailbot.errors import UserError

COLUMNS = ("name", "role", "teams", "disabled", "created_at")


def add_arguments(command: ArgumentParser, _name: str, common: ArgumentParser) -> None:
    """The acts on accounts."""
    acts = command.add_subparsers(metavar="ACT", required=True)
    adding = acts.add_parser("add", help="makes an account; the password is asked for", parents=[common])
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--role", choices=list(Role), required=True)
    _team_option(adding)
    adding.add_argument("--password-file", type=Path, metavar="FILE", help="read the password from here; - is stdin")
    adding.set_defaults(act=_add)
    listing = acts.add_parser("list", help="every account", parents=[common])
    listing.set_defaults(act=_list)
    setting = acts.add_parser("set-role", help="gives an account another role, and other teams", parents=[common])
    setting.add_argument("name", metavar="NAME")
    setting.add_argument("role", choices=list(Role), metavar="ROLE")
    _team_option(setting)
    setting.set_defaults(act=_set_role)
    disabling = acts.add_parser("disable", help="nobody signs in with it any more", parents=[common])
    disabling.add_argument("name", metavar="NAME")
    disabling.set_defaults(act=_disable)
    add_tokens(acts, common)


def _team_option(command: ArgumentParser) -> None:
    command.add_argument(
        "--team", action="append", dest="teams", metavar="TEAM", help="for this team alone; can be repeated"
    )


def _add(arguments: Namespace) -> int:
    with program(arguments) as app:
        accounts.add_account(
            app.store,
            app.site.clock,
            name=arguments.name,
            password=_password(arguments.password_file),
            role=Role(arguments.role),
            teams=_teams(app, arguments.teams),
            actor=actor(arguments),
        )
        return _tell(app, arguments)


def _set_role(arguments: Namespace) -> int:
    with program(arguments) as app:
        role, teams = Role(arguments.role), _teams(app, arguments.teams)
        accounts.set_role(
            app.store, app.site.clock, name=arguments.name, role=role, teams=teams, actor=actor(arguments)
        )
        return _tell(app, arguments)


def _disable(arguments: Namespace) -> int:
    with program(arguments) as app:
        accounts.disable(app.store, app.site.clock, name=arguments.name, actor=actor(arguments))
        return _tell(app, arguments)


def _list(arguments: Namespace) -> int:
    with program(arguments) as app:
        found = accounts.accounts(app.store)
    if arguments.json:
        print_json(found)
    else:
        print_table(COLUMNS, [[getattr(one, name) for name in COLUMNS] for one in found])
    return 0


def _tell(app: App, arguments: Namespace) -> int:
    wanted = arguments.name.casefold()
    account = next(one for one in accounts.accounts(app.store) if one.name.casefold() == wanted)
    if arguments.json:
        print_json(account)
    else:
        where = "all teams" if account.teams is None else f"team {', '.join(account.teams)}"
        print_lines([f"{account.name} is {'disabled' if account.disabled else f'{account.role}, {where}'}"])
    return 0


def _teams(app: App, teams: list[str] | None) -> frozenset[str] | None:
    unknown = sorted(set(teams or ()) - set(app.site.centers))
    if unknown:
        raise UserError(f"there is no team {unknown[0]}; there are: {', '.join(sorted(app.site.centers))}")
    return frozenset(teams) if teams else None


def _password(file: Path | None) -> str:
    """From a file, from standard input, or asked for twice; never from the command line, which others can read."""
    if file is None and sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise UserError("the two passwords differ; try again")
        return password
    if file is None:
        raise UserError("there is no terminal to ask for the password on; give it with --password-file")
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    return text.removesuffix("\n").removesuffix("\r")
