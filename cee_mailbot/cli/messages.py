"""`messages`: every message ever received, whatever became of it."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from cee_mailbot import desk
from cee_mailbot.app import App
from cee_mailbot.cli.context import actor, program
from cee_mailbot.cli.filters import check_filters
from cee_mailbot.cli.output import how_many, print_facts, print_json, print_lines, print_table, row_id
from cee_mailbot.domain.facts import DocumentFacts, to_json
from cee_mailbot.domain.filters import OF_MESSAGES
from cee_mailbot.operations import documents_of, send
from cee_mailbot.questions import MessageQuery

FILTERS = ("mailbox", "status", "text")


def add_arguments(command: ArgumentParser, _name: str, common: ArgumentParser) -> None:
    """The acts on messages."""
    acts = command.add_subparsers(metavar="ACT", required=True)
    listing = acts.add_parser("list", help="messages, oldest first", parents=[common])
    for name in FILTERS:
        listing.add_argument(f"--{name}", metavar=name.upper())
    listing.add_argument("--limit", type=how_many, metavar="N")
    listing.add_argument("--offset", type=how_many, default=0, metavar="N")
    listing.set_defaults(act=_list)
    for name, act, does in (
        ("show", _show, "one message"),
        ("raw", _raw, "its exact bytes, to standard output"),
        ("documents", _documents, "its documents; with --to, written to a folder"),
        ("release", _release, "puts a held, rejected or ignored one into the queue"),
        ("replay", _replay, "judges it by today's rules, beside what was recorded"),
    ):
        one = acts.add_parser(name, help=does, parents=[common])
        one.add_argument("id", type=row_id, metavar="ID")
        one.set_defaults(act=act)
        if name == "documents":
            one.add_argument("--to", type=Path, metavar="DIR", help="a folder to write their exact bytes to")
            one.add_argument("--section", metavar="SECTION", help="with --to: this one alone, quarantined or not")
        if name == "replay":
            one.add_argument("--apply", action="store_true", help="release it, if today's rules would enqueue it")
        if name == "release":
            one.add_argument("--line", metavar="LINE", help="the subject line it should have had")


def _list(arguments: Namespace) -> int:
    check_filters(arguments, OF_MESSAGES)
    wanted = {name: getattr(arguments, name) for name in FILTERS}
    query = MessageQuery(**wanted, limit=arguments.limit, offset=arguments.offset)
    with program(arguments) as app, app.store.read() as ask:
        messages = ask.messages(query)
    if arguments.json:
        print_json(messages)
    else:
        columns: tuple[str, ...] = ("id", "mailbox", "status", "from_", "subject", "tracking", "reasons")
        columns += ("snippet",) if query.text else ()
        print_table(columns, [[getattr(message, name) for name in columns] for message in messages])
    return 0


def _show(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        message = ask.message(arguments.id)
        documents = ask.documents(arguments.id)
        scan = ask.scan(arguments.id)
    facts = to_json(message) | {"scan": scan, "documents": to_json(documents)}
    if arguments.json:
        print_json(facts)
    else:
        print_facts({name: value for name, value in facts.items() if name != "documents"})
        print_table(("document", "type", "bytes", "status"), [(d.path, d.type, d.bytes, d.status) for d in documents])
    return 0


def _raw(arguments: Namespace) -> int:
    with program(arguments) as app:
        with app.store.read() as ask:
            sha256 = ask.message(arguments.id).sha256
        sys.stdout.buffer.write(app.blobs.get(sha256))
    return 0


def _documents(arguments: Namespace) -> int:
    with program(arguments) as app:
        with app.store.read() as ask:
            facts = ask.documents(arguments.id)
        if arguments.to is not None:
            _write_documents(app, facts, arguments)
    if arguments.json:
        print_json(facts)
    else:
        rows = [(d.section, d.path, d.type, d.bytes, d.status, d.sha256) for d in facts]
        print_table(("section", "path", "type", "bytes", "status", "sha256"), rows)
    return 0


def _write_documents(app: App, facts: Sequence[DocumentFacts], arguments: Namespace) -> None:
    """By digest: a name that a sender chose is never a path. What can run gets an ending with which nothing runs it."""
    arguments.to.mkdir(parents=True, exist_ok=True)
    contents = documents_of(app, arguments.id, arguments.section)
    for document in facts:
        if document.section in contents:
            ending = "quarantined" if document.status == "quarantined" else document.type
            (arguments.to / f"{document.sha256}.{ending}").write_bytes(contents[document.section])


def _release(arguments: Namespace) -> int:
    with program(arguments) as app:
        desk.release(app.intake, arguments.id, actor=actor(arguments), line=arguments.line)
        send(app)
        with app.store.read() as ask:
            message = ask.message(arguments.id)
    if arguments.json:
        print_json(message)
    else:
        print_lines([f"message {message.id} is in the queue as {message.tracking}"])
    return 0


def _replay(arguments: Namespace) -> int:
    """Exit code 1 when it was to be carried out and can't be."""
    with program(arguments) as app:
        found = desk.replay(app.intake, arguments.id)
        applied = arguments.apply and found.allowed
        if applied:
            desk.release(app.intake, arguments.id, actor=actor(arguments))
            send(app)
    if arguments.json:
        print_json(to_json(found) | {"applied": applied})
    else:
        names = [name for name in found.today if name in found.differences] or ["outcome"]
        print_table(("", "recorded", "today"), [(name, found.recorded[name], found.today[name]) for name in names])
        print_lines(_what_became(found, applied=applied, wanted=arguments.apply))
    return 1 if arguments.apply and not applied else 0


def _what_became(found: desk.Replay, *, applied: bool, wanted: bool) -> list[str]:
    if applied:
        return [f"message {found.message} was put into the queue"]
    same = [] if found.differences else ["today's rules say what was recorded"]
    return [*same, *([f"not carried out: {found.why_not}"] if wanted else [])]
