"""What commands share: the configuration, the opened program, who acts, and what time it is."""

import getpass
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from cee_mailbot.app import App, opened
from cee_mailbot.config import Config, find_config, load_config
from cee_mailbot.errors import UserError
from cee_mailbot.log import configure_logging


def configuration(arguments: Namespace) -> Config:
    """The configuration that the command was given, and the log set up as it says. Raises `ConfigError`."""
    config = load_config(find_config(arguments.config, os.environ, Path.cwd()), os.environ)
    configure_logging("debug" if arguments.debug else config.log.level, config.log.format)
    return config


@contextmanager
def program(arguments: Namespace) -> Iterator[App]:
    """The program on the configuration that the command was given."""
    with opened(configuration(arguments), now=instant(arguments.now, "--now")) as app:
        yield app


def instant(text: str | None, option: str, *, offset_needed: bool = False) -> datetime | None:
    """The instant that an option gives, aware; without an offset it is UTC, or refused. Raises `UserError`."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is no time; write it as 2026-11-20T13:52:10-08:00") from None
    if offset_needed and read.tzinfo is None:
        raise UserError(f"{option} {text!r} has no offset; write it as 2026-11-20T13:52:10-08:00")
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def day(text: str, option: str) -> date:
    """The day that an option gives. Raises `UserError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is no day; write it as 2026-11-20") from None


def actor(arguments: Namespace) -> str:
    """Who acts: the name given with --as, else the system user."""
    return str(arguments.actor or getpass.getuser())
