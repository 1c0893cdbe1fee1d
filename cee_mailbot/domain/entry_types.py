"""Which entries the procedures leave with the port or a Drawback Center, by their type and day."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, kw_only=True, slots=True)
class StaysElsewhere:
    """One row of `data/stays_elsewhere.tsv`: the flag, the entry types, and the days of entry for which it holds."""

    flag: str
    entry_types: frozenset[str]
    since: date | None
    until: date | None
    before_joining: bool

    def holds(self, entry_type: str, on: date, joined: date | None) -> bool:
        """Whether an entry of this type and day stays elsewhere; `joined` is when its account joined, if known."""
        in_effect = (self.since is None or self.since <= on) and (self.until is None or on <= self.until)
        in_time = not self.before_joining or (joined is not None and on < joined)
        return entry_type in self.entry_types and in_effect and in_time


@lru_cache(maxsize=1)
def shipped_rules() -> tuple[StaysElsewhere, ...]:
    """Every row of `data/stays_elsewhere.tsv`, in its order, read when first asked for."""
    text = files("cee_mailbot.domain").joinpath("data", "stays_elsewhere.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    return tuple(_rule(row) for row in rows)


def _rule(row: dict[str, str]) -> StaysElsewhere:
    return StaysElsewhere(
        flag=row["flag"],
        entry_types=frozenset(row["entry_types"].split()),
        since=date.fromisoformat(row["from"]) if row["from"] else None,
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        before_joining=row["rule"] == "joined",
    )


def stays_elsewhere(entry_type: str, on: date, joined: date | None = None) -> tuple[str, ...]:
    """The flags of an entry: of this type, entered (or, where that is unknown, presented) on this day."""
    return tuple(rule.flag for rule in shipped_rules() if rule.holds(entry_type, on, joined))
