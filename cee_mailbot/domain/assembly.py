"""Where a message of a split submission belongs, and when a set of them is enqueued.

"Due to the 10MB size limitation of attachments, the document may need to be sent using multiple transmissions"
(Center test procedures, "Entry Summary Processes"). Everything here is a pure function of the messages of one
key, the clock and the policy. Wrong grouping is worse than none.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cee_mailbot.domain.policy import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One message of a submission: its number and total as marked (None where it was not), and what it carries.

    `sent_at` is its presentation time, `documents` the SHA-256 of each of its documents, `size` the bytes of its
    attachments; times are aware. `is_copy` means that the same part of the same set had come before; `copy_of` is the
    message whose content it has, byte for byte.
    """

    message: int
    number: int | None
    total: int | None
    sent_at: datetime
    arrived_at: datetime
    documents: frozenset[str]
    size: int
    is_copy: bool = False
    copy_of: int | None = None

    @property
    def is_marked(self) -> bool:
        """Whether the sender numbered it."""
        return self.number is not None


class Stage(StrEnum):
    """How far a submission has come, as far as its parts are concerned."""

    ASSEMBLING = "assembling"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class PartSet:
    """The parts of one submission, copies included, in order of arrival, and its stage.

    `conflicted` means that two of its parts contradict each other; `parts_missing` that it was enqueued without
    some of them.
    """

    submission: int
    stage: Stage
    parts: tuple[Part, ...]
    conflicted: bool = False
    parts_missing: bool = False

    @property
    def is_marked(self) -> bool:
        """Whether its sender numbered its parts; a set of large unmarked mail is not."""
        return any(part.is_marked for part in self.parts)

    @property
    def total(self) -> int | None:
        """How many parts there are to be, where any of them says so."""
        return next((part.total for part in self.parts if part.total is not None), None)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers that are there: a copy stands for no part that staff have taken out."""
        return frozenset(part.number for part in self.parts if part.number is not None and not part.is_copy)

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers that are not there; where no total was given, the gaps below the highest."""
        last = self.total or max(self.numbers, default=0)
        return tuple(number for number in range(1, last + 1) if number not in self.numbers)

    @property
    def is_whole(self) -> bool:
        """Whether every part of a known total is there."""
        return self.total is not None and not self.missing

    @property
    def documents(self) -> frozenset[str]:
        """The digests of all its documents."""
        return frozenset().union(*(part.documents for part in self.parts))

    @property
    def counted(self) -> tuple[Part, ...]:
        """The parts that bear on its time and timers: unmarked mail within a marked set does not, nor do copies."""
        marked = self.is_marked
        return tuple(part for part in self.parts if part.is_marked == marked and not part.is_copy)

    @property
    def newest_arrival(self) -> datetime:
        """When its newest counted part arrived at the server."""
        return max(self.arrival_of(part) for part in self.counted)

    def arrival_of(self, part: Part) -> datetime:
        """When a part first arrived at the server, in whichever mailbox, polled in whichever order."""
        return min(one.arrived_at for one in (part, *self.copies_of(part)))

    def copies_of(self, part: Part) -> tuple[Part, ...]:
        """The other deliveries of a part, and the messages that sent the same part again."""
        return tuple(
            one
            for one in self.parts
            if one.is_copy and (one.copy_of == part.message or (part.is_marked and one.number == part.number))
        )

    def takes(self, part: Part) -> bool:
        """Whether the part's number is missing here and its total agrees."""
        agrees = part.total is None or self.total is None or part.total == self.total
        is_new = part.number not in self.numbers and self._fits(part)
        return self.is_marked and not self.conflicted and agrees and is_new

    def with_part(self, part: Part) -> "PartSet":
        """The set as it is once the part has joined it."""
        return replace(self, parts=(*self.parts, part))

    @property
    def resends(self) -> tuple[Part, ...]:
        """Parts that came again after the last of its own: they may be the first sign of another set.

        A copy by content carries no documents of its own and is none.
        """
        own = max((position for position, part in enumerate(self.parts) if not part.is_copy), default=-1)
        return tuple(part for part in self.parts[own + 1 :] if part.is_marked and part.documents)

    def _fits(self, part: Part) -> bool:
        total = part.total or self.total
        return total is None or max((*self.numbers, part.number or 0)) <= total

    def has(self, part: Part) -> bool:
        """Whether the same part with the same documents is there already.

        What is answered in the body brings no documents to know it again by: only the same content is the same.
        """
        return bool(part.documents) and any(
            (one.number, one.total, one.documents) == (part.number, part.total, part.documents) for one in self.parts
        )


class Place(StrEnum):
    """What a message is to the submissions of its key."""

    ALONE = "alone"  # a submission by itself, enqueued at once
    OPENS = "opens"  # the first of a set
    FILLS = "fills"  # joins a set that is assembling
    BESIDE = "beside"  # unmarked mail that comes during a marked set: joins it, uncounted
    CONFLICTS = "conflicts"  # contradicts the set that is assembling
    LATE = "late"  # fills an item that was enqueued without it
    SUPPLEMENTS = "supplements"  # adds to an open item
    RESENT = "resent"  # was there already


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where a message belongs: `submission` is the row id it joins, None where it begins one.

    `takes_over` are messages recorded as copies of an earlier set that belong to this new one.
    """

    place: Place
    submission: int | None = None
    takes_over: tuple[int, ...] = ()
    linked: int | None = None


def place(part: Part, sets: Sequence[PartSet], policy: Policy) -> Placement:
    """Where a message belongs among the submissions of its key, oldest first: the first rule that speaks decides."""
    rules = MARKED_RULES if part.is_marked else UNMARKED_RULES
    return next(found for rule in rules if (found := rule(part, sets, policy)) is not None)


def _at(stage: Stage, sets: Iterable[PartSet]) -> tuple[PartSet, ...]:
    """The sets at a stage, newest first."""
    return tuple(reversed([one for one in sets if one.stage is stage]))


def _assembling(sets: Iterable[PartSet], *, marked: bool) -> PartSet | None:
    return next((one for one in _at(Stage.ASSEMBLING, sets) if one.is_marked == marked), None)


# --- marked parts: never a supplement -----------------------------------------------------------------------


def _fills_set(part: Part, sets: Sequence[PartSet], _: Policy) -> Placement | None:
    waiting = _assembling(sets, marked=True)
    if waiting is None or not waiting.takes(part):
        return None
    return Placement(place=Place.FILLS, submission=waiting.submission)


def _fills_incomplete_item(part: Part, sets: Sequence[PartSet], _: Policy) -> Placement | None:
    for one in _at(Stage.OPEN, sets):
        if one.parts_missing and one.takes(part):
            return Placement(place=Place.LATE, submission=one.submission)
    return None


def _is_part_again(part: Part, sets: Sequence[PartSet], _: Policy) -> Placement | None:
    for one in reversed(sets):
        if one.stage is not Stage.CLOSED and one.has(part):
            return Placement(place=Place.RESENT, submission=one.submission)
    return None


def _contradicts_set(_: Part, sets: Sequence[PartSet], __: Policy) -> Placement | None:
    waiting = _assembling(sets, marked=True)
    return Placement(place=Place.CONFLICTS, submission=waiting.submission) if waiting else None


def _opens_set(part: Part, sets: Sequence[PartSet], _: Policy) -> Placement:
    """A new set of the key; parts sent again for it were taken for copies of its predecessor, until now."""
    before = next((one for one in reversed(sets) if one.is_marked), None)
    taken = {
        one.number: one.message
        for one in (before.resends if before else ())
        if one.total == part.total and one.number != part.number
    }
    return Placement(place=Place.OPENS, takes_over=tuple(taken.values()), linked=before.submission if before else None)


MARKED_RULES: tuple[Callable[[Part, Sequence[PartSet], Policy], Placement | None], ...] = (
    _fills_set,
    _fills_incomplete_item,
    _is_part_again,
    _contradicts_set,
    _opens_set,
)


# --- unmarked mail ---------------------------------------------------------------------------------------------


def _joins_waiting_mail(_: Part, sets: Sequence[PartSet], __: Policy) -> Placement | None:
    waiting = _assembling(sets, marked=False)
    return Placement(place=Place.FILLS, submission=waiting.submission) if waiting else None


def _brings_nothing_new(part: Part, sets: Sequence[PartSet], _: Policy) -> Placement | None:
    for one in _at(Stage.OPEN, sets) + _at(Stage.ASSEMBLING, sets):
        if part.documents and part.documents <= one.documents:
            return Placement(place=Place.RESENT, submission=one.submission)
    return None


def _comes_during_set(_: Part, sets: Sequence[PartSet], __: Policy) -> Placement | None:
    waiting = _assembling(sets, marked=True)
    return Placement(place=Place.BESIDE, submission=waiting.submission) if waiting else None


def _supplements(_: Part, sets: Sequence[PartSet], __: Policy) -> Placement | None:
    newest = next(iter(_at(Stage.OPEN, sets)), None)
    return Placement(place=Place.SUPPLEMENTS, submission=newest.submission) if newest else None


def _begins(part: Part, sets: Sequence[PartSet], policy: Policy) -> Placement:
    """Large mail may have siblings coming; small mail has none."""
    large = part.size >= policy.split_threshold
    before = next(iter(_at(Stage.CLOSED, sets)), None)
    return Placement(place=Place.OPENS if large else Place.ALONE, linked=before.submission if before else None)


UNMARKED_RULES: tuple[Callable[[Part, Sequence[PartSet], Policy], Placement | None], ...] = (
    _brings_nothing_new,  # first: what was there already is not made new by a set that waits
    _joins_waiting_mail,
    _comes_during_set,
    _supplements,
    _begins,
)


# --- timers ------------------------------------------------------------------------------------------------------


class Due(StrEnum):
    """What is to happen to a set that is assembling."""

    NOTHING = "nothing"
    ENQUEUE = "enqueue"
    REMIND = "remind"
    ENQUEUE_INCOMPLETE = "enqueue-incomplete"


def due(waiting: PartSet, *, polled_since: datetime | None, policy: Policy) -> Due:
    """What is to happen to a set now; everything that arrived before `polled_since` is known (None: nobody can say).

    Timers count from the newest part's arrival at the server and act only once polls that began after they ran
    out have found nothing more: a bot that was down, or a mailbox that could not be reached, never makes a set
    late. Whole sets wait for nothing.
    """
    if waiting.is_whole and not waiting.conflicted:
        return Due.ENQUEUE
    if polled_since is None or polled_since <= waiting.newest_arrival + policy.quiet_period:
        return Due.NOTHING
    if waiting.conflicted:
        return Due.ENQUEUE
    # Of unmarked mail nothing is ever missing.
    if waiting.total is None:
        return Due.ENQUEUE_INCOMPLETE if waiting.missing else Due.ENQUEUE
    over = polled_since > waiting.newest_arrival + policy.assembly_deadline
    return Due.ENQUEUE_INCOMPLETE if over else Due.REMIND


# --- time and fields ---------------------------------------------------------------------------------------------


def deciding_part(parts: PartSet, policy: Policy) -> Part:
    """The part whose presentation time is the submission's: the latest of its parts, or the first.

    Among copies of one part that had come by then the earliest sent one counts.
    """
    choose = min if policy.presentation == "first" else max
    return choose((_earliest_copy(part, parts) for part in parts.counted), key=_by_sending)


def _earliest_copy(part: Part, parts: PartSet) -> Part:
    return min((part, *parts.copies_of(part)), key=_by_sending)


def _by_sending(part: Part) -> tuple[datetime, int, datetime, int]:
    """In the order of sending; at the same second in that of the numbers, so that the order of arrival says nothing.

    Of the deliveries of one message the first to arrive is its best evidence.
    """
    return (part.sent_at, part.number or 0, part.arrived_at, part.message)


def leading_part(parts: PartSet) -> Part:
    """The part whose fields and sender the submission has: the lowest number, else the earliest sent."""
    return min(parts.counted, key=lambda part: (part.number or 0, part.sent_at, part.message))


def first_delivery(part: Part, parts: PartSet) -> Part:
    """The delivery of a part that was the first to arrive, whichever mailbox was polled first."""
    deliveries = (one for one in parts.parts if one.copy_of == part.message)
    return min((part, *deliveries), key=lambda one: (one.arrived_at, one.message))
