"""`queue`: the work queue."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from cee_mailbot.app import App
from cee_mailbot.cli.context import instant, program
from cee_mailbot.cli.filters import check_filters
from cee_mailbot.cli.item_clock import add_entry_date, clock_lines, clocks_of
from cee_mailbot.cli.letters import add_texts
from cee_mailbot.cli.output import how_many, print_facts, print_json, print_lines, print_table
from cee_mailbot.cli.queue_acts import add_acts
from cee_mailbot.desk.tagging import tag_of
from cee_mailbot.domain.export import csv_of
from cee_mailbot.domain.facts import ElsewhereFacts, ItemStory, story_to_json, to_json
from cee_mailbot.domain.filters import OF_ITEMS
from cee_mailbot.domain.item_history import lines_of
from cee_mailbot.questions import SORTABLE, ElsewhereQuery, ItemQuery, Questions

SHOWN_ELSEWHERE = ("state", "code", "entry")
USUAL_LINKS = 50
FILTERS = ("team", "state", "code", "entry", "account", "flag", "tag", "assignee", "text")


def add_arguments(command: ArgumentParser, _name: str, common: ArgumentParser) -> None:
    """The acts on the work queue."""
    acts = command.add_subparsers(metavar="ACT", required=True)
    for name, act, does in (
        ("list", _list, "the items, filtered and sorted"),
        ("export", _export, "the same as CSV, to standard output"),
    ):
        listing = acts.add_parser(name, help=does, parents=[common])
        _add_filters(listing)
        listing.set_defaults(act=act)
    elsewhere = acts.add_parser(
        "elsewhere", help="items of other Centers that came to a team's mailboxes", parents=[common]
    )
    elsewhere.add_argument("--team", metavar="TEAM", required=True)
    for name in SHOWN_ELSEWHERE:
        elsewhere.add_argument(f"--{name}", metavar=name.upper())
    elsewhere.add_argument("--limit", type=how_many, default=USUAL_LINKS, metavar="N")
    elsewhere.set_defaults(act=_elsewhere)
    show = acts.add_parser("show", help="everything known of one item", parents=[common])
    show.add_argument("tracking", metavar="TRACKING")
    show.set_defaults(act=_show)
    add_entry_date(acts, common)
    add_texts(acts, common)
    add_acts(acts, common)


def _add_filters(listing: ArgumentParser) -> None:
    for name in FILTERS:
        listing.add_argument(f"--{name}", metavar=name.upper())
    listing.add_argument("--due-before", metavar="TIME")
    listing.add_argument("--sort", default="presented_at", metavar="COLUMN", help="--sort=-COLUMN: descending")
    listing.add_argument("--limit", type=how_many, metavar="N")
    listing.add_argument("--offset", type=how_many, default=0, metavar="N")


def _query(arguments: Namespace, app: App) -> ItemQuery:
    sort = arguments.sort.removeprefix("-")
    check_filters(
        Namespace(**vars(arguments) | {"sort": sort}), {**OF_ITEMS, "sort": SORTABLE, "team": app.config.centers}
    )
    tag = None if arguments.tag is None else tag_of(arguments.tag)
    return ItemQuery(
        **{name: getattr(arguments, name) for name in FILTERS} | {"tag": tag},
        due_before=instant(arguments.due_before, "--due-before"),
        sort=arguments.sort,
        limit=arguments.limit,
        offset=arguments.offset,
    )


def _export(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        items = ask.items(_query(arguments, app))
    if arguments.json:
        print_json(items)
    else:
        # As bytes: a console's own line ends and encoding would spoil the file.
        sys.stdout.buffer.write(csv_of(items).encode("utf-8", "backslashreplace"))
    return 0


def _list(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        items = ask.items(_query(arguments, app))
        links = () if arguments.json else _links_beside(arguments, app, ask)
    if arguments.json:
        print_json(items)
    else:
        columns: tuple[str, ...] = (
            "tracking",
            "state",
            "code",
            "account",
            "entry_number",
            "port",
            "presented_local",
            "flags",
            "tags",
        )
        columns += ("snippet",) if arguments.text else ()
        print_table(columns, [[getattr(item, name) for name in columns] for item in items])
        if links:
            print_lines(["", f"Also in the mailboxes of team {arguments.team}, worked by another Center:"])
            _print_links(links)
    return 0


def _elsewhere(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        check_filters(arguments, {**OF_ITEMS, "team": app.config.centers})
        found = ask.elsewhere(_links_of(arguments, app, arguments.limit))
    if arguments.json:
        print_json(found)
    else:
        _print_links(found)
    return 0


def _links_beside(arguments: Namespace, app: App, ask: Questions) -> tuple[ElsewhereFacts, ...]:
    """What stands below the list of one team; a filter on what a link does not show finds none."""
    hidden = [name for name in (*FILTERS, "due_before") if name not in ("team", *SHOWN_ELSEWHERE)]
    if arguments.team is None or arguments.offset or any(getattr(arguments, name) is not None for name in hidden):
        return ()
    return ask.elsewhere(_links_of(arguments, app, USUAL_LINKS))


def _links_of(arguments: Namespace, app: App, limit: int) -> ElsewhereQuery:
    return ElsewhereQuery(
        teams=tuple(team for team in app.config.centers if team != arguments.team),
        mailboxes=app.intake.site.mailboxes_of([arguments.team]),
        through=(arguments.team,),
        **{name: getattr(arguments, name) for name in SHOWN_ELSEWHERE},
        limit=limit,
    )


def _print_links(links: tuple[ElsewhereFacts, ...]) -> None:
    columns = ("tracking", "team", "state", "code", "entry_number", "presented_local", "received_at")
    print_table(columns, [[getattr(item, name) for name in columns] for item in links])


def _show(arguments: Namespace) -> int:
    with program(arguments) as app, app.store.read() as ask:
        story = ask.story(arguments.tracking)
        clocks = clocks_of(app, story, ask.closures())
    if arguments.json:
        print_json(story_to_json(story) | clocks)
        return 0
    print_facts(to_json(story.item))
    print_lines(clock_lines(clocks))
    for columns, rows in _tables(story):
        if rows:
            print_lines([""])
            print_table(columns, rows)
    return 0


def _tables(story: ItemStory) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    """What hangs on an item, each kind under its columns."""
    yield ["message", "status", "from", "subject"], [(m.id, m.status, m.from_, m.subject) for m in story.messages]
    yield (
        ["document", "type", "bytes", "status", "form", "entries", "sha256"],
        [(d.path, d.type, d.bytes, d.status, d.form, d.entry_numbers, d.sha256) for d in story.documents],
    )
    yield ["reply", "kind", "to", "state"], [(r.id, r.kind, r.to, r.state) for r in story.replies]
    yield ["note", "at", "actor", "text"], [(n.id, n.at, n.actor, n.text) for n in story.notes]
    yield ["at", "actor", "what happened"], [(line.at, line.actor, line.says) for line in lines_of(story)]
