"""Which rejected messages a later one makes good, and what an answer does to a closed item."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cee_mailbot.domain.work_item import ItemState


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A rejected message of the same sender: its row, the ids of it and of our answers to it, and what it was about."""

    message: int
    tracking: str
    ids: frozenset[str]
    entry_number: str | None
    documents: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resend:
    """What a new submission's first message says that could tell which reject it makes good."""

    answers: Collection[str]
    tracking: Collection[str]
    entry_number: str | None
    documents: Collection[str]


def made_good(new: Resend, rejects: Iterable[Rejected]) -> tuple[int, ...]:
    """The row ids of the rejected messages that this one makes good: by thread, entry number or shared documents.

    Shared documents say nothing where both lines name an entry and the entries differ: a power of attorney goes
    with every one of them.
    """
    return tuple(one.message for one in rejects if _is_same(new, one))


def _is_same(new: Resend, old: Rejected) -> bool:
    if not old.ids.isdisjoint(new.answers) or old.tracking in new.tracking:
        return True
    if new.entry_number and old.entry_number:
        return new.entry_number == old.entry_number
    return not old.documents.isdisjoint(new.documents)


def state_after_answer(state: ItemState, *, assigned: bool) -> ItemState:
    """The state of an item once the broker has written again: one that was closed is looked at again."""
    if state is not ItemState.CLOSED:
        return state
    return ItemState.ASSIGNED if assigned else ItemState.NEW
