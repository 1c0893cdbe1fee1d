"""How times, sizes and plain text look on a page of 72 columns."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cee_mailbot.domain.reply import Stamp
from cee_mailbot.errors import CeeMailbotError

COLUMNS = 72
LABEL_COLUMNS = 23

# Written out, since strftime speaks the language of whatever locale the process runs in.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_NOON = 12

_MOST_PIECES = 12
_SHORTEST_RUN = 3


def wrap(text: str, indent: int = 0, bullet: str = "") -> str:
    """The text in lines of at most 72 columns behind `indent` blanks; a bullet hangs out of the first."""
    margin = " " * indent
    return textwrap.fill(
        " ".join(text.split()),
        width=COLUMNS,
        initial_indent=margin + bullet,
        subsequent_indent=margin + " " * len(bullet),
        break_on_hyphens=False,
    )


def row(label: str, lines: Sequence[str]) -> str:
    """A label and, beside it, its lines; a line too long for its column goes on below."""
    wrapped = [piece for line in lines for piece in wrap(line, indent=LABEL_COLUMNS).splitlines()]
    first, *rest = wrapped or [""]
    return "\n".join([(label.ljust(LABEL_COLUMNS) + first[LABEL_COLUMNS:]).rstrip(), *rest])


def tidy(text: str) -> str:
    """The text without blanks at line ends, with at most one empty line between paragraphs."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for line, before in zip(lines, ["-", *lines], strict=False) if line or before]
    return "\n".join(kept) + "\n"


def local(stamp: Stamp) -> datetime:
    """The stamp's instant on the clock of its zone."""
    try:
        return stamp.instant.astimezone(ZoneInfo(stamp.zone))
    except (OSError, ValueError, LookupError) as error:
        raise CeeMailbotError(f"there is no time zone named {stamp.zone!r}") from error


def time_in_words(stamp: Stamp) -> str:
    """Such as `Fri Nov 20, 2026, 1:52:10 PM PST (UTC-08:00)`."""
    at = local(stamp)
    clock = f"{(at.hour - 1) % _NOON + 1}:{at:%M:%S} {'PM' if at.hour >= _NOON else 'AM'}"
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day}, {at.year}, {clock} {_zone_in_words(at)}"


def _zone_in_words(at: datetime) -> str:
    offset = f"(UTC{at.isoformat()[-6:]})"
    name = at.tzname() or ""
    # Zones without a name of their own are called by their offset, which is said anyway.
    return f"{name} {offset}" if name.isalpha() else offset


def size_in_words(size: int) -> str:
    """A limit in decimal megabytes, and in bytes."""
    return f"{size / 1_000_000:g} MB ({size:,} bytes)"


def parts_in_words(numbers: Iterable[int]) -> str:
    """Such as `part 2`, `parts 2 and 3` or `parts 2 to 5 and 7`; empty where there are none."""
    pieces = list(_pieces(numbers, " to "))
    if len(pieces) > _MOST_PIECES:
        pieces = [*pieces[:_MOST_PIECES], "others"]
    *before, last = pieces or [""]
    if not before:
        return f"{'part' if last.isdigit() else 'parts'} {last}" if last else ""
    return f"parts {', '.join(before)} and {last}"


def parts_in_short(numbers: Iterable[int]) -> str:
    """Such as `2`, `2,3` or `2-5,7`, for programs; empty where it would not stand on one line."""
    text = ",".join(_pieces(numbers, "-"))
    return text if len(text) <= COLUMNS - LABEL_COLUMNS else ""


def _pieces(numbers: Iterable[int], to: str) -> Iterator[str]:
    """The numbers in order, three or more that follow each other as a run."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    for run in runs:
        if len(run) >= _SHORTEST_RUN:
            yield f"{run[0]}{to}{run[-1]}"
        else:
            yield from map(str, run)
