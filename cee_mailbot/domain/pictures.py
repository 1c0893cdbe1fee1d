"""Figures as pictures: each has a sentence that says what it shows, and rows of numbers that are drawn and tabled."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cee_mailbot.domain.windows import AGES, PRESSING, pressing

DUE_NAMES = ("Overdue", "Today", "1-2 working days", "Later", "No date")
LATE_AFTER = timedelta(minutes=15)
SHADES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureRow:
    """One bar: its name, a number for each column, the search that lists what each counts ("" for none).

    `note` is what happened then, in words, where the picture marks it.
    """

    name: str
    numbers: tuple[int, ...]
    searches: tuple[str, ...] = ()
    note: str = ""

    @property
    def total(self) -> int:
        """The length of the bar."""
        return sum(self.numbers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One picture: its name for programs, title, sentence, what the rows and the columns are, and the rows.

    `drawn` tells how: bars from left to right, bars with the line of what they add up to (`pareto`), columns, or cells
    by shade. `more` is another list that it leads to: its words and its address.
    """

    name: str
    title: str
    sentence: str
    of: str
    columns: tuple[str, ...]
    rows: tuple[PictureRow, ...]
    drawn: Literal["bars", "pareto", "columns", "cells"] = "bars"
    more: tuple[str, str] | None = None

    @property
    def longest(self) -> int:
        """The longest bar, at least 1: axes begin at zero."""
        return max([1, *(row.total for row in self.rows)])

    @property
    def shares(self) -> tuple[int, ...]:
        """What each row and those before it are of all, in percent."""
        totals = [row.total for row in self.rows]
        return tuple(round(100 * sum(totals[: at + 1]) / max(1, sum(totals))) for at in range(len(totals)))

    def shade(self, number: int) -> int:
        """How dark the cell of a number is: 0 for none, to `SHADES` for the largest."""
        largest = max([1, *(one for row in self.rows for one in row.numbers)])
        return -(-number * SHADES // largest)

    @property
    def notes(self) -> tuple[str, ...]:
        """What happened, each once."""
        return tuple(dict.fromkeys(row.note for row in self.rows if row.note))


def what_needs_me(
    counts: Iterable[tuple[str, datetime | None, int, int]], now: datetime, names: Mapping[str, str]
) -> Picture:
    """Open items by Center and how pressing they are; `counts` are team, due (UTC), items and unclaimed ones."""
    teams: dict[str, Counter[str]] = {team: Counter() for team in names}
    free: Counter[str] = Counter()
    for team, due, items, unclaimed in counts:
        word = pressing(due, now)
        teams[team][word] += items
        free[team] += unclaimed if word in ("overdue", "today") else 0
    rows = tuple(
        PictureRow(
            name=f"{team} {names[team]}",
            numbers=tuple(found[word] for word in PRESSING),
            searches=tuple(f"team:{team} due:{word}" for word in PRESSING),
        )
        for team, found in teams.items()
    )
    return Picture(
        name="needs",
        title="What needs me now",
        sentence=_pressing_sentence(teams, free, names),
        of="Center",
        columns=DUE_NAMES,
        rows=rows,
    )


def _pressing_sentence(teams: Mapping[str, Counter[str]], free: Counter[str], names: Mapping[str, str]) -> str:
    late, today = (sum(found[word] for found in teams.values()) for word in ("overdue", "today"))
    said = f"{_items(late)} overdue and {_items(today)} due today; nobody has claimed {free.total()} of them."
    worst = max(teams, key=lambda team: teams[team]["overdue"] + teams[team]["today"], default=None)
    if worst is None or len(teams) == 1 or not late + today:
        return said
    number = teams[worst]["overdue"] + teams[worst]["today"]
    return f"{said} Most are in {names[worst]}: {number}, {free[worst]} of them unclaimed."


def _items(count: int) -> str:
    return f"{count} item is" if count == 1 else f"{count} items are"


def how_old(before: Mapping[str, Sequence[int]], names: Mapping[str, str]) -> Picture:
    """Open items by Center and age in working days; `before` counts, for each age, those at least as old."""
    rows = tuple(
        PictureRow(
            name=f"{team} {name}",
            numbers=tuple(count - following for count, following in zip(counts, (*counts[1:], 0), strict=True)),
            searches=tuple(f"team:{team} age:{age}" for age in AGES),
        )
        for team, name in names.items()
        for counts in [before.get(team, (0,) * len(AGES))]
    )
    old = sum(row.numbers[-1] for row in rows)
    sentence = f"{_items(old)} older than 10 working days."
    if old:
        worst = max(rows, key=lambda row: row.numbers[-1])
        sentence = f"{_items(old)} older than 10 working days; most are in {worst.name} ({worst.numbers[-1]})."
    columns = tuple(f"{age.replace('over-10', 'Over 10')} days" for age in AGES)
    return Picture(
        name="ages",
        title="How old open items are",
        sentence=sentence,
        of="Center",
        columns=columns,
        rows=rows,
        drawn="cells",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """A time in which a mailbox was not read (UTC): from its last good poll until the next one began, if one has."""

    mailbox: str
    began: datetime
    ended: datetime | None = None


def mailbox_state(error: str | None, last_completed: datetime | None, now: datetime) -> str:
    """`down` when the last poll failed, `late` when the last good one is long ago or there was none, else `up`."""
    if error:
        return "down"
    return "late" if last_completed is None or now - last_completed > LATE_AFTER else "up"


def in_words(span: timedelta) -> str:
    """A span of time, roughly: `under a minute`, `12 minutes`, `3 hours`, `2 days`."""
    seconds = max(0, int(span.total_seconds()))
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "under a minute"
