"""`users token`: tokens with which other programs use the API."""

from argparse import ArgumentParser, Namespace
from datetime import timedelta
from typing import Any

from cee_mailbot import accounts
from cee_mailbot.cli.context import actor, program
from cee_mailbot.cli.output import how_many, print_json, print_lines, print_table, row_id
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.roles import Scope

COLUMNS = ("id", "account", "label", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
USUAL_DAYS = 90


def add_tokens(acts: Any, common: ArgumentParser) -> None:
    """The acts on tokens."""
    command = acts.add_parser("token", help="tokens with which programs use the API", parents=[common])
    below = command.add_subparsers(metavar="ACT", required=True)
    adding = below.add_parser("add", help="makes a token, and shows it this once", parents=[common])
    adding.add_argument("name", metavar="NAME", help="the account that it speaks for")
    adding.add_argument("--scope", action="append", dest="scopes", choices=list(Scope), required=True)
    adding.add_argument("--label", default="", metavar="TEXT", help="what it is for")
    adding.add_argument("--days", type=how_many, default=USUAL_DAYS, metavar="N", help=f"default: {USUAL_DAYS}")
    adding.set_defaults(act=_add)
    below.add_parser("list", help="every token there ever was", parents=[common]).set_defaults(act=_list)
    revoking = below.add_parser("revoke", help="a token is good for nothing from now on", parents=[common])
    revoking.add_argument("id", type=row_id, metavar="ID")
    revoking.set_defaults(act=_revoke)


def _add(arguments: Namespace) -> int:
    longest = accounts.LONGEST_LIFE_OF_A_TOKEN.days + 1
    with program(arguments) as app:
        secret, facts = accounts.add_token(
            app.store,
            app.site.clock,
            name=arguments.name,
            label=arguments.label,
            scopes=frozenset(Scope(one) for one in arguments.scopes),
            lasts=timedelta(days=min(arguments.days, longest)),
            actor=actor(arguments),
        )
    if arguments.json:
        print_json(to_json(facts) | {"secret": secret})
    else:
        until = facts.expires_at.date()
        print_lines([secret, f"token {facts.id} of {facts.account} holds until {until}; it is not shown again"])
    return 0


def _list(arguments: Namespace) -> int:
    with program(arguments) as app:
        found = accounts.tokens(app.store)
    if arguments.json:
        print_json(found)
    else:
        print_table(COLUMNS, [[getattr(one, name) for name in COLUMNS] for one in found])
    return 0


def _revoke(arguments: Namespace) -> int:
    with program(arguments) as app:
        facts = accounts.revoke_token(app.store, app.site.clock, token_id=arguments.id, actor=actor(arguments))
    if arguments.json:
        print_json(facts)
    else:
        print_lines([f"token {facts.id} of {facts.account} is good for nothing any more"])
    return 0
