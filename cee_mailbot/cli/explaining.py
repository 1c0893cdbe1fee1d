"""`subject` and `inspect`: what is read of a line or a message, and what would become of it."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cee_mailbot.cli.context import instant
from cee_mailbot.cli.output import print_facts, print_json, print_lines, printable
from cee_mailbot.config import SYSTEM_PLACE, USUAL_PLACE, VARIABLE, Config, find_config, load_config, load_policy
from cee_mailbot.domain.policy import Policy
from cee_mailbot.errors import UserError, what_the_system_says
from parsers.subject import SubjectLine, SubjectRules, parse_subject


def add_arguments(command: ArgumentParser, name: str, _common: ArgumentParser) -> None:
    """The arguments of `subject` and `inspect`."""
    if name == "subject":
        command.add_argument("line", help="the subject line; - reads lines from standard input")
        command.add_argument("--strict", action="store_true", help="take only lines that need no repair")
        command.set_defaults(act=_subject)
    else:
        command.add_argument("file", type=Path, metavar="FILE", help="one message as it lies in a mailbox (.eml)")
        command.add_argument(
            "--mailbox", metavar="NAME", help="the mailbox whose rules hold (default: the one it is addressed to)"
        )
        command.add_argument("--arrived", metavar="TIME", help="when the server took it (default: the file's own time)")
        command.set_defaults(act=_inspect)


def _subject(arguments: Namespace) -> int:
    rules = _policy(arguments).subject_rules
    if arguments.strict:
        rules = replace(rules, strict=True)
    if arguments.line == "-":
        return _subject_lines(sys.stdin.buffer, rules, as_json=arguments.json)
    read = parse_subject(arguments.line, rules)
    if arguments.json:
        print_json(read.as_json())
    else:
        _show(read)
    return 0 if read.ok else 1


def _subject_lines(lines: Iterable[bytes], rules: SubjectRules, *, as_json: bool) -> int:
    good = True
    for raw in lines:
        read = parse_subject(raw.decode("utf-8", "surrogateescape").rstrip("\r\n"), rules)
        good = good and read.ok
        if as_json:
            sys.stdout.write(json.dumps(read.as_json(), ensure_ascii=True) + "\n")
        else:
            sys.stdout.write(
                printable(f"{'ok ' if read.ok else 'NO '} {read.canonical or '-'}  <-  {read.line}") + "\n"
            )
    return 0 if good else 1


def _policy(arguments: Namespace) -> Policy:
    config = _configuration_if_any(arguments)
    return config.policy if config else load_policy(os.environ)


def _configuration_if_any(arguments: Namespace) -> Config | None:
    """The configuration, or None where none was named and none lies in the usual places."""
    named = arguments.config or os.environ.get(VARIABLE)
    if not named and not (Path.cwd() / USUAL_PLACE).exists() and not SYSTEM_PLACE.exists():
        return None
    return load_config(find_config(arguments.config, os.environ, Path.cwd()), os.environ)


def _show(read: SubjectLine) -> None:
    facts = read.as_json()
    problems = facts.pop("problems")
    print_facts({name: value for name, value in facts.items() if value not in (None, [], ())})
    print_lines(f"{problem['code']}: {problem['fix']}" for problem in problems)


def _inspect(arguments: Namespace) -> int:
    from cee_mailbot.operations import inspect_in_words, inspect_message  # noqa: PLC0415 - `subject` needs less

    raw, written_at = _read(arguments.file)
    arrived_at = instant(arguments.arrived, "--arrived") or written_at
    config = _configuration_if_any(arguments) or load_policy(os.environ)
    if arguments.json:
        print_json(inspect_message(config, raw, arrived_at=arrived_at, mailbox=arguments.mailbox))
    else:
        print_lines(inspect_in_words(config, raw, arrived_at=arrived_at, mailbox=arguments.mailbox))
        if not arguments.arrived:
            print_lines(
                ["", "It counts as received when its file was written; --arrived TIME says when the server took it."]
            )
    return 0


def _read(path: Path) -> tuple[bytes, datetime]:
    try:
        return path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise UserError(f"can't read {what_the_system_says(error)}") from error
