"""How long an item takes from step to step: presented, acknowledged, claimed, decided; by type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

STEPS = ("presented", "acknowledged", "claimed", "decided")
SHARES = ((0.5, "half of all"), (0.9, "nine of ten"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """When one item passed each step (UTC); None where it has not."""

    code: str
    presented: datetime
    acknowledged: datetime | None = None
    claimed: datetime | None = None
    decided: datetime | None = None

    def spans(self) -> tuple[timedelta | None, ...]:
        """How long after its presentation each step was; never less than nothing."""
        steps = (getattr(self, step) for step in STEPS)
        return tuple(None if at is None else max(timedelta(0), at - self.presented) for at in steps)


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowLine:
    """One line of the picture: which items and which share of them, and when they had passed each step."""

    name: str
    share: str
    spans: tuple[timedelta | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """The picture: its sentence, its lines, and how long the longest is."""

    sentence: str
    lines: tuple[FlowLine, ...]

    @property
    def longest(self) -> timedelta:
        """The end of the axis, at least an hour."""
        return max([timedelta(hours=1), *(span for line in self.lines for span in line.spans if span is not None)])


def flow(passages: Iterable[Passage], days: int) -> Flow:
    """The median and the 90th percentile of each step, of each type; types by how many items they have."""
    codes: dict[str, list[Passage]] = {}
    for one in passages:
        codes.setdefault(one.code, []).append(one)
    lines = tuple(
        FlowLine(name=code or "no type", share=words, spans=_at(share, found))
        for code, found in sorted(codes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        for share, words in SHARES
    )
    return Flow(sentence=_sentence([one for found in codes.values() for one in found], days), lines=lines)


def _at(share: float, passages: Sequence[Passage]) -> tuple[timedelta | None, ...]:
    return tuple(
        percentile([span for span in step if span is not None], share)
        for step in zip(*(one.spans() for one in passages), strict=True)
    )


def percentile(spans: Sequence[timedelta], share: float) -> timedelta | None:
    """The shortest span within which at least this share of all lies (the nearest rank); None of none."""
    ranked = sorted(spans)
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else None


def _sentence(passages: Sequence[Passage], days: int) -> str:
    decided = [span for one in passages if (span := one.spans()[3]) is not None]
    if not decided:
        return f"Of the items of the last {days} days none is decided yet."
    half = percentile(decided, 0.5) or timedelta(0)
    return f"{len(decided)} of {len(passages)} items of {days} days are decided, half of them within {in_hours(half)}."


def in_hours(span: timedelta) -> str:
    """A span to the minute below an hour, else to the tenth of an hour: `12 minutes`, `3.5 hours`."""
    if span < timedelta(hours=1):
        minutes = int(span / timedelta(minutes=1))
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{span / timedelta(hours=1):,.1f} hours"
