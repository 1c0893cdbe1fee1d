"""`census`, `audit`, `backup`, `restore`: what proves that nothing was lost or altered, or brings it back."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from cee_mailbot import upkeep
from cee_mailbot.census import CensusReport
from cee_mailbot.cli.context import configuration, program
from cee_mailbot.cli.output import print_json, print_lines, print_table

COUNTS = ("mailbox", "on_server", "accounted", "pending", "before_activation")


def add_arguments(command: ArgumentParser, name: str, common: ArgumentParser) -> None:
    """The arguments of one of these commands."""
    _ARGUMENTS[name](command, common)


def _census_arguments(command: ArgumentParser, _common: ArgumentParser) -> None:
    command.add_argument("mailboxes", nargs="*", metavar="MAILBOX", help="which ones (default: all)")
    command.set_defaults(act=_census)


def _audit_arguments(command: ArgumentParser, common: ArgumentParser) -> None:
    acts = command.add_subparsers(metavar="ACT", required=True)
    acts.add_parser("verify", help="checks the whole history", parents=[common]).set_defaults(act=_verify)


def _backup_arguments(command: ArgumentParser, _common: ArgumentParser) -> None:
    command.add_argument("dir", type=Path, metavar="DIR", help="an empty folder, or that of an older backup")
    command.set_defaults(act=_backup)


def _restore_arguments(command: ArgumentParser, _common: ArgumentParser) -> None:
    command.add_argument("dir", type=Path, metavar="DIR", help="the folder of a backup")
    command.add_argument("--over", action="store_true", help="set aside a database that is there")
    command.set_defaults(act=_restore)


_ARGUMENTS: dict[str, Callable[[ArgumentParser, ArgumentParser], None]] = {
    "census": _census_arguments,
    "audit": _audit_arguments,
    "backup": _backup_arguments,
    "restore": _restore_arguments,
}


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


def _verify(arguments: Namespace) -> int:
    with program(arguments) as app:
        report = upkeep.verify_history(app)
    if arguments.json:
        print_json(report)
    elif report.ok:
        print_lines([f"the history is whole: {report.lines} lines, {report.seen_elsewhere} of them seen elsewhere"])
    else:
        print_lines([f"the history is NOT whole: {report.fault}"])
    return 0 if report.ok else 1


def _backup(arguments: Namespace) -> int:
    from cee_mailbot.backup import back_up  # noqa: PLC0415 - only this command needs it

    with program(arguments) as app:
        report = back_up(app, arguments.dir)
    if arguments.json:
        print_json(report)
    else:
        print_lines(f"blob damaged and left out: {digest}" for digest in report.damaged)
        print_lines([f"{report.blobs} blobs, {report.new_blobs} of them new, and the database are in {report.folder}"])
    return report.exit_code


def _restore(arguments: Namespace) -> int:
    from cee_mailbot.backup import restore  # noqa: PLC0415 - only this command needs it

    report = restore(configuration(arguments), arguments.dir, over=arguments.over)
    if arguments.json:
        print_json(report)
        return 0
    done = report.recovery
    print_lines([f"restored to {report.database}: the backup of {report.made_at}, {report.blobs} blobs"])
    print_lines([f"the database that was there is {report.set_aside}"] if report.set_aside else [])
    print_lines([f"from the archive: {done.recovered} messages that came since; {done.without_bytes} have no bytes"])
    print_lines([f"replies: {done.recognised} had been sent already; {done.held} are withheld for a person to send:"])
    print_lines(["see `cee-mailbot replies list --state withheld`, then `replies retry ID` or `replies cancel ID`"])
    return 0
