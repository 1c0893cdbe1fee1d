"""Looks whether everything that the program needs can be reached; changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cee_mailbot
import parsers
from cee_mailbot.domain.approved_texts import TextBook
from cee_mailbot.domain.directory import Directory
from cee_mailbot.errors import CeeMailbotError, what_the_system_says
from cee_mailbot.interfaces import Clock

# No clock of a machine that runs this program can be right before this program was written.
WRITTEN_AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and in words what was found or how to mend it."""

    what: str
    ok: bool
    words: str


def look(checks: Sequence[tuple[str, Callable[[], str]]]) -> Iterator[Finding]:
    """A finding for each check, in their order; a check says what it found or raises what is wrong."""
    for what, check in checks:
        try:
            yield Finding(what=what, ok=True, words=check())
        except CeeMailbotError as error:
            yield Finding(what=what, ok=False, words=str(error))
        except OSError as error:
            yield Finding(what=what, ok=False, words=what_the_system_says(error))


def check_clock(clock: Clock, last_seen: datetime | None) -> str:
    """Says what time it is. Raises `CeeMailbotError` when that can't be: before what was written down earlier."""
    now = clock.now()
    floor = max(WRITTEN_AT, last_seen or WRITTEN_AT)
    if now < floor:
        raise CeeMailbotError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, before {floor:%Y-%m-%d %H:%M}, which has been; set it by NTP"
        )
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


def checks_of_files(
    directory: Directory, faults: Sequence[str], texts: TextBook
) -> tuple[tuple[str, Callable[[], str]], ...]:
    """The checks of what a Center keeps in files of its own."""
    return (
        ("directories", lambda: check_directories(directory, faults)),
        ("approved texts", lambda: check_texts(texts)),
    )


def check_texts(book: TextBook) -> str:
    """Says how many texts and macros staff can send, and which have nobody who answers for them.

    Raises `CeeMailbotError` with what is wrong with each that is left out.
    """
    if book.faults:
        raise CeeMailbotError("\n".join(book.faults))
    texts = book.texts.values()
    words = f"{len(texts)} texts, {sum(one.is_macro for one in texts)} of them macros"
    bare = [one.name for one in texts if not (one.owner and one.version)]
    return f"{words}; without owner or version: {', '.join(bare)}" if bare else words


def check_directories(directory: Directory, faults: Sequence[str]) -> str:
    """Says how much the directories hold. Raises `CeeMailbotError` with every row that is wrong."""
    if faults:
        raise CeeMailbotError("\n".join(faults))
    kept = {"accounts": directory.accounts, "filers": directory.filers}
    return ", ".join(f"{'no' if rows is None else len(rows)} {name}" for name, rows in kept.items())


def check_packages() -> str:
    """Says where the program lies. Raises `CeeMailbotError` when another package `parsers` hides ours."""
    ours, found = Path(cee_mailbot.__file__).parents[1], Path(parsers.__file__).parents[1]
    if ours != found:
        raise CeeMailbotError(
            f"`parsers` is imported from {found}, not from {ours}; install into an environment of its own"
        )
    return f"cee_mailbot {cee_mailbot.__version__} in {ours}"
