"""`census`: the commands that prove that nothing was lost or altered."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from cee_mailbot import upkeep
from cee_mailbot.census import CensusReport
from cee_mailbot.cli.context import program
from cee_mailbot.cli.output import print_json, print_lines, print_table

COUNTS = ("mailbox", "on_server", "accounted", "pending", "before_activation")


def add_arguments(command: ArgumentParser, name: str, _common: ArgumentParser) -> None:
    """The arguments of one of these commands."""
    _ARGUMENTS[name](command)


def _census_arguments(command: ArgumentParser) -> None:
    command.add_argument("mailboxes", nargs="*", metavar="MAILBOX", help="which ones (default: all)")
    command.set_defaults(act=_census)


_ARGUMENTS: dict[str, Callable[[ArgumentParser], None]] = {"census": _census_arguments}


def _census(arguments: Namespace) -> int:
    with program(arguments) as app:
        report, changes = upkeep.census(app, arguments.mailboxes)
    if arguments.json:
        print_json(report)
    else:
        _print_census(report, changes)
    return report.exit_code


def _print_census(report: CensusReport, changes: tuple[str, ...]) -> None:
    rows = [
        (*(getattr(one, name) for name in COUNTS), len(one.missing), len(one.extra), one.error)
        for one in report.mailboxes
    ]
    print_table((*(name.replace("_", " ") for name in COUNTS), "missing", "extra", "error"), rows)
    missing = [
        (f"{one.mailbox}/{lost.folder}", lost.uid, lost.arrived_at, lost.bytes, lost.message_id)
        for one in report.mailboxes
        for lost in one.missing
    ]
    if missing:
        print_table(("missing", "uid", "arrived", "bytes", "Message-ID"), missing)
    print_lines(f"blob missing: {digest}" for digest in report.blobs_missing)
    print_lines(f"blob damaged: {digest}" for digest in report.blobs_damaged)
    print_lines(f"since the last census: {change}" for change in changes)
    verdict = "clean" if report.clean else "NOT clean" if report.unclean else "not complete: a mailbox was out of reach"
    print_lines([f"{report.rows} rows, {report.blobs} blobs read and whole: {verdict}"])
