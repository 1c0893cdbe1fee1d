"""Many items at once: the states of a bulk job and of its rows, and what is said of them."""

from collections.abc import Sequence
from enum import StrEnum

MOST_ITEMS = 5_000
"""How many items one job may have: some minutes of work, and more than a person can have looked over."""

UNDO = "undo"
"""The act of a job that takes back what another job changed."""


class BulkState(StrEnum):
    """How far a bulk job is."""

    PREVIEWED = "previewed"
    UNDER_WAY = "under-way"
    FINISHED = "finished"
    STOPPED = "stopped"


class BulkRowState(StrEnum):
    """What became of one item of a bulk job."""

    TO_DO = "to-do"
    CHANGED = "changed"
    NOT_CHANGED = "not-changed"


def foretold(will: int, cannot: Sequence[tuple[str, int]]) -> str:
    """`47 items: 45 will change, 2 cannot (claimed by Lee)`; `cannot` are the reasons and how many items each has."""
    stay = sum(items for _, items in cannot)
    return f"{_items(will + stay)}: {will:,} will change, {stay:,} cannot{_why(cannot)}"


def told(*, to_do: int, changed: int, not_changed: int) -> str:
    """`40 of 47 items done: 38 changed, 2 not`; when nothing is to do any more, `47 items: 45 changed, 2 not`."""
    done = changed + not_changed
    became = f"{changed:,} changed, {not_changed:,} not"
    return f"{done:,} of {_items(to_do + done)} done: {became}" if to_do else f"{_items(done)}: {became}"


def _items(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"


def _why(reasons: Sequence[tuple[str, int]]) -> str:
    if not reasons:
        return ""
    if len(reasons) == 1:
        return f" ({reasons[0][0]})"
    return f" ({', '.join(f'{items:,} {why}' for why, items in reasons)})"
