"""`queue texts` and `queue reply`: approved texts, and letters to a filer with or without them."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from cee_mailbot import desk
from cee_mailbot.app import App
from cee_mailbot.cli.context import program
from cee_mailbot.cli.output import print_json, print_lines
from cee_mailbot.domain.approved_texts import TextFacts, facts_of
from cee_mailbot.errors import UserError


def add_texts(acts: Any, common: ArgumentParser) -> None:
    """The list of approved texts."""
    texts = acts.add_parser("texts", help="the approved texts and macros of this site", parents=[common])
    texts.set_defaults(act=_texts)


def _texts(arguments: Namespace) -> int:
    with program(arguments) as app:
        found = [facts_of(one) for one in app.site.texts.texts.values()]
    if arguments.json:
        print_json(found)
    else:
        print_lines(line for one in found for line in _told(one))
    return 0


def _told(text: TextFacts) -> list[str]:
    version = f"version {text.version}" if text.version else "no version"
    head = [
        f"{text.name}: {text.title}",
        f"  {version} (words {text.digest}), {text.owner or 'no owner'}",
        f"  to fill in: {', '.join(text.fields) or 'nothing'}",
    ]
    return [*head, *([f"  as a macro it also {text.does}"] if text.does else []), ""]


def reply_options(command: ArgumentParser) -> None:
    """What the filer will read, and what is done beside."""
    command.add_argument("text", nargs="?", default="", metavar="TEXT", help="what the filer will read")
    which = command.add_mutually_exclusive_group()
    which.add_argument("--approved", metavar="NAME", help="the approved text of this name, see `queue texts`")
    which.add_argument("--macro", metavar="NAME", help="the same, and what it does beside")
    command.add_argument(
        "--field", action="append", default=[], metavar="NAME=WORDS", help="what to fill in; once for each field"
    )


def reply(app: App, arguments: Namespace, who: str) -> None:
    """Writes to the filer as `desk.write_letter`."""
    letter = desk.Letter(
        text=arguments.text.strip(),
        approved_text=arguments.approved,
        macro=arguments.macro,
        fields=_fields(arguments.field),
    )
    desk.write_letter(app.intake, arguments.tracking, letter, actor=who)


def _fields(given: Sequence[str]) -> Mapping[str, str]:
    """What stands in which field. Raises `UserError`."""
    pairs = [one.partition("=") for one in given]
    if wrong := [name for name, sign, words in pairs if not (name.strip() and sign and words.strip())]:
        raise UserError(f'--field {wrong[0]!r} names no words; write it as --field "what is missing=page 2"')
    found = {name.strip().casefold(): words.strip() for name, _, words in pairs}
    if len(found) != len(pairs):
        raise UserError("a --field is given twice; give each once")
    return found
