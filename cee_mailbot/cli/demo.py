"""`demo`: the whole thing on sample mail, by the normal run path, on the embedded default."""

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from threading import Event

from cee_mailbot import demo, operations, watching
from cee_mailbot.app import App, opened, serving
from cee_mailbot.cli.context import instant
from cee_mailbot.cli.output import print_json, print_lines, print_table
from cee_mailbot.config import Config, load_config
from cee_mailbot.log import configure_logging


def add_arguments(command: ArgumentParser, _name: str, _common: ArgumentParser) -> None:
    """The arguments of `demo`."""
    command.add_argument("--once", action="store_true", help="process the samples, print the table, and end")
    command.add_argument(
        "--dir", type=Path, default=Path("demo"), metavar="DIR", help="where it all lies (default: demo)"
    )
    command.add_argument(
        "--tcp-port", type=int, default=None, metavar="N", help="where the queue page is served (default: 8400)"
    )
    command.set_defaults(act=_demo)


def _demo(arguments: Namespace) -> int:
    config = load_config(demo.prepare(arguments.dir), {})
    configure_logging("debug" if arguments.debug else config.log.level, config.log.format)
    ran = demo.run_samples(config, now=instant(arguments.now, "--now"))
    _tell(arguments, config, ran)
    if not (arguments.once or arguments.json or arguments.now) and sys.stdin.isatty() and sys.stdout.isatty():
        with opened(config) as app, _page(app, arguments) as address:
            print_lines(["", f"The queue page is at {address}"])
            _stay(app)
    return ran.exit_code


def _page(app: App, arguments: Namespace) -> AbstractContextManager[str]:
    return serving(app, demo=True, tcp_port=arguments.tcp_port, status=lambda: watching.status(app))


def _tell(arguments: Namespace, config: Config, ran: demo.Ran) -> None:
    if arguments.json:
        where = {"config": str(config.path), "replies": str(config.replies.dir), "delivered": ran.delivered}
        print_json(where | {"samples": ran.told.samples, "stories": ran.told.stories})
        return
    ended = ran.told.samples
    columns = ("sample", "arrived", "mailbox", "status", "tracking", "reply")
    rows = [(*(_cell(getattr(one, name)) for name in columns), (*one.reasons, *one.flags)) for one in ended]
    print_table((*columns, "reasons and flags"), rows)
    for story in ran.told.stories:
        flags = f", flags {', '.join(story.flags)}" if story.flags else ""
        print_lines(["", f"{story.about} ({story.case})"])
        print_lines([f"  {story.tracking}, team {story.team}, {story.state}{flags}"])
        print_lines(f"  {_cell(line.at)}  {line.says}" for line in story.lines)
    counts = Counter(one.status or "not there yet" for one in ended)
    print_lines(
        ["", f"{len(ended)} samples: {', '.join(f'{count} {status}' for status, count in sorted(counts.items()))}"]
    )
    print_lines(
        [f"{ran.delivered} were new" if ran.delivered else "nothing new: all samples had been delivered before"]
    )
    print_lines(_what_lies_where(config))


def _cell(value: object) -> object:
    """Times as one reads them beside each other, in UTC."""
    return f"{value:%b %d %H:%M}" if isinstance(value, datetime) else value


def _what_lies_where(config: Config) -> list[str]:
    path = config.path.relative_to(Path.cwd()) if config.path.is_relative_to(Path.cwd()) else config.path
    return [
        "",
        f"configuration  {config.path}",
        f"mailboxes      {config.path.parent / 'mail'}",
        f"queue          {config.storage.database}",
        f"replies        {config.replies.dir}",
        "",
        "Try next:",
        f"  cee-mailbot queue list --config {path}",
        f"  cee-mailbot queue show TRACKING --config {path}",
        f"  cee-mailbot messages list --status held --config {path}",
        f"  cee-mailbot replies show 1 --config {path}",
    ]


def _stay(app: App) -> None:
    """Goes on polling until it is told to end."""
    folder = app.config.path.parent / "mail"
    seconds = app.config.polling.interval.total_seconds()
    print_lines(["", f"Polling every {seconds:.0f} s. Drop .eml files into {folder}/<mailbox>/new. Ctrl-C ends."])
    sys.stdout.flush()
    stop = Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    operations.run(app, stop)
