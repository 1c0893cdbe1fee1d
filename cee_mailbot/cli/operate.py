"""`run`, `poll`, `ingest` and `status`: the commands of those who keep the line running."""

import logging
import os
import signal
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

from rich.progress import Progress

from cee_mailbot import operations, upkeep, watching
from cee_mailbot.app import App, looked_at, serving
from cee_mailbot.cli.context import configuration, instant, program
from cee_mailbot.cli.output import print_json, print_lines, print_table
from cee_mailbot.errors import UnreachableError
from cee_mailbot.outbox import SendingReport

logger = logging.getLogger(__name__)


def add_arguments(command: ArgumentParser, name: str, _common: ArgumentParser) -> None:
    """The arguments of one of these commands."""
    _ARGUMENTS[name](command)


def _run_arguments(command: ArgumentParser) -> None:
    command.add_argument(
        "--web",
        action=BooleanOptionalAction,
        default=True,
        help="serve the queue page too (default on SQLite)",
    )
    command.set_defaults(act=_run)


def _poll_arguments(command: ArgumentParser) -> None:
    command.add_argument("mailboxes", nargs="*", metavar="MAILBOX", help="which ones (default: all)")
    command.set_defaults(act=_poll)


def _ingest_arguments(command: ArgumentParser) -> None:
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=".eml, .mbox, or a folder of them")
    command.add_argument("--mailbox", required=True, metavar="NAME", help="the mailbox they would have come to")
    command.add_argument(
        "--arrived", metavar="TIME", help="when they arrived (default: the mbox's line or file's time)"
    )
    command.add_argument("--no-replies", action="store_true", help="write replies down, and send none")
    command.set_defaults(act=_ingest)


_ARGUMENTS: dict[str, Callable[[ArgumentParser], None]] = {
    "run": _run_arguments,
    "serve": lambda command: command.set_defaults(act=_serve),
    "poll": _poll_arguments,
    "ingest": _ingest_arguments,
    "status": lambda command: command.set_defaults(act=_status),
}


def _run(arguments: Namespace) -> int:
    stop = Event()
    with program(arguments) as app, _page(app) if arguments.web else nullcontext():
        _end_on_signal(stop)
        upkeep.note_settings(app)
        if not operations.run(app, stop):
            logger.warning("ending amid what is under way; it is done again at the next start")
            logging.shutdown()
            os._exit(0)  # a poll may hang on a server for minutes, and its thread would be waited for
    return 0


def _page(app: App) -> AbstractContextManager[str]:
    return serving(app, status=lambda: watching.status(app))


def _serve(arguments: Namespace) -> int:
    stop = Event()
    with program(arguments) as app, _page(app) as address:
        _end_on_signal(stop)
        print_lines([f"The queue page is at {address} Ctrl-C ends."])
        sys.stdout.flush()
        stop.wait()
    return 0


def _end_on_signal(stop: Event) -> None:
    def end(number: int, _frame: FrameType | None) -> None:
        logger.info("ending on signal %s", signal.Signals(number).name)
        stop.set()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, end)


def _poll(arguments: Namespace) -> int:
    with program(arguments) as app, _progress(arguments) as progress:
        upkeep.note_settings(app)
        names = arguments.mailboxes or [one.name for one in app.config.mailboxes]
        results = list(
            progress.track(operations.poll(app, arguments.mailboxes), total=len(names), description="polling")
        )
        operations.chase_sets(app)
        sending = operations.send(app)
        operations.read(app)
    if arguments.json:
        print_json({"mailboxes": results, "replies": sending})
    else:
        rows = [(one.mailbox, one.listed, one.taken_in, one.error) for one in results]
        print_table(("mailbox", "listed", "taken in", "error"), rows)
        _print_sending(sending)
    return max([sending.exit_code, *(one.exit_code for one in results)])


def _print_sending(sending: SendingReport) -> None:
    why = f"; {sending.error}" if sending.error else ""
    print_lines([f"{sending.sent} of {sending.tried} replies that were due went out{why}"])


def _progress(arguments: Namespace) -> Progress:
    """A progress bar on standard error, on a terminal only."""
    from rich.console import Console  # noqa: PLC0415

    shown = sys.stderr.isatty() and not arguments.json
    return Progress(console=Console(stderr=True), disable=not shown, transient=True)


def _ingest(arguments: Namespace) -> int:
    with program(arguments) as app, _progress(arguments) as progress:
        upkeep.note_settings(app)
        rows = operations.ingest(
            app,
            arguments.paths,
            mailbox=arguments.mailbox,
            arrived_at=instant(arguments.arrived, "--arrived"),
            answer=not arguments.no_replies,
        )
        ids = dict.fromkeys(row.id for row in progress.track(rows, total=None, description="taking in"))
        sending = operations.send(app)
        operations.read(app)
        with app.store.read() as ask:
            messages = [ask.message(one) for one in ids]
    if arguments.json:
        print_json({"messages": messages, "replies": sending})
    else:
        counts = Counter(message.status for message in messages)
        print_table(("status", "messages"), sorted(counts.items()))
        _print_sending(sending)
    return sending.exit_code


def _status(arguments: Namespace) -> int:
    with looked_at(configuration(arguments), now=instant(arguments.now, "--now")) as (app, fault):
        told = watching.status(app, fault)
    if arguments.json:
        print_json(told)
    else:
        _print_status(told)
    if told["database"]:
        raise UnreachableError(told["database"])
    return 0


def _print_status(told: Mapping[str, Any]) -> None:
    if not told["database"]:
        print_table(tuple(told["mailboxes"][0]), [tuple(one.values()) for one in told["mailboxes"]])
        for what in ("messages", "items", "replies"):
            print_table((what, "number"), told[what].items())
    print_lines(f"ALARM {alarm.reason}: {alarm.words}" for alarm in told["alarms"])
    if breaker := told["breaker_opened_at"]:
        print_lines([f"automatic replies are stopped since {breaker}; `cee-mailbot replies resume` lets them go"])
