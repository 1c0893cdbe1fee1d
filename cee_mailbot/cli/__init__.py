"""The command line: one program, a module for each group of commands, imported when it is called."""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from cee_mailbot import __version__
from cee_mailbot.errors import CeeMailbotError, what_the_system_says

# name: (module, what it does)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "the whole thing on sample mail, on the embedded default"),
    "init": ("setup", "writes a commented starter configuration"),
    "check": ("setup", "looks whether everything that is needed can be reached; changes nothing"),
    "run": ("operate", "the daemon: polls, reads, enqueues, replies"),
    "poll": ("operate", "one pass over the mailboxes and everything that follows from it"),
    "ingest": ("operate", "sends .eml, .mbox or Maildir files down the same line as polled mail"),
    "subject": ("explaining", "explains one subject line"),
    "inspect": ("explaining", "explains one message: what would become of it and why"),
    "queue": ("queue", "the work queue"),
    "messages": ("messages", "every message ever received, whatever became of it"),
    "replies": ("replies", "the outbox"),
    "census": ("keeping", "every message on the servers against every row against every blob"),
    "audit": ("keeping", "checks that the history is whole"),
    "backup": ("keeping", "database, blobs and journal to a folder, with a manifest of digests"),
    "restore": ("keeping", "puts a backup in place, and brings it up to date"),
    "closures": ("closures", "snow days: days on which a port, or all, did not work"),
    "serve": ("operate", "the queue page alone"),
    "users": ("users", "staff accounts of the embedded sign-in"),
    "status": ("operate", "how polling goes, and what is in the queue and the outbox"),
}

_VALUED = ("--config", "--as", "--now")

GOOD, NO, USAGE, UNREACHABLE = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code: 0 good, 1 the answer is no, 2 usage or configuration, 3 out of reach."""
    words = list(sys.argv[1:] if argv is None else argv)
    if sys.stdout is None:
        return UNREACHABLE  # closed by the caller: there is nowhere to answer, and perhaps nowhere to complain
    # What a sender wrote must be shown wherever it is shown, on terminals of any charset.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    defaults = argparse.Namespace(config=None, json=False, debug=False, actor=None, now=None)
    arguments = build_parser(_named(words)).parse_args(words, defaults)
    try:
        code = int(arguments.act(arguments))
        sys.stdout.flush()
        return code  # noqa: TRY300 - the flush belongs to the act
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does: nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except KeyboardInterrupt:
        return 130
    except (CeeMailbotError, OSError) as error:
        if arguments.debug:
            traceback.print_exc()
        told = what_the_system_says(error) if isinstance(error, OSError) else str(error)
        sys.stderr.write(f"cee-mailbot: {told}\n")
        return int(getattr(error, "exit_code", UNREACHABLE))


def _named(words: Sequence[str]) -> str | None:
    """The command among the words, values of options left out; only its module is imported."""
    before = ["", *words]
    return next(
        (word for word, last in zip(words, before, strict=False) if word in COMMANDS and last not in _VALUED), None
    )


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line that says what to do."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser(named: str | None) -> Parser:
    """The parser of the command line; the arguments of `named` (or of all commands for None) are in it."""
    common = _common_options()
    parser = Parser(
        prog="cee-mailbot",
        parents=[common],
        allow_abbrev=False,
        description="From the mailboxes of CBP's Centers to a work queue that Center staff can trust.",
    )
    parser.add_argument("--version", action="version", version=f"cee-mailbot {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, (module, does) in COMMANDS.items():
        command = commands.add_parser(name, help=does, description=does, parents=[common], allow_abbrev=False)
        if named in (name, None):
            import_module(f"cee_mailbot.cli.{module}").add_arguments(command, name, common)
    return parser


def _common_options() -> Parser:
    """The options that may stand before or after a command."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    common.add_argument("--config", metavar="FILE", help="the configuration (default: see docs/configuration.md)")
    common.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    common.add_argument("--debug", action="store_true", help="show a traceback when something goes wrong")
    common.add_argument("--as", dest="actor", metavar="NAME", help="who acts (default: the system user)")
    common.add_argument("--now", help=argparse.SUPPRESS)
    return common
