"""How each person wants the list: close or airy, and with which columns."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cee_mailbot.ledger import Store

_DENSITY = "list-density"
_HIDDEN = "list-columns-hidden"


class Density(StrEnum):
    """How much room a row takes."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"


class Column(StrEnum):
    """What can be left out of a row; the number that opens the item can't."""

    DUE = "due"
    CODE = "code"
    ACCOUNT = "account"
    PARTS = "parts"
    PRESENTED = "presented"
    CLAIMED = "claimed"
    FLAGS = "flags"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListLook:
    """What one person chose, or what everybody begins with."""

    density: Density = Density.COMFORTABLE
    hidden: frozenset[Column] = frozenset()

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that are left, in the order of the list."""
        return tuple(one for one in Column if one not in self.hidden)


def look_of(store: Store, person: str) -> ListLook:
    """What this person chose; of columns what was left out is kept, so that a new one is seen by everybody."""
    with store.read() as ask:
        density, hidden = ask.preference(person, _DENSITY), ask.preference(person, _HIDDEN)
    known = frozenset(Column(one) for one in (hidden or "").split() if one in set(Column))
    return ListLook(density=Density(density) if density in set(Density) else Density.COMFORTABLE, hidden=known)


def set_look(store: Store, now: datetime, person: str, *, density: Density, shown: Collection[Column]) -> None:
    """Keeps the choice of this person."""
    with store.begin(now) as unit:
        unit.set_preference(person, _DENSITY, density)
        unit.set_preference(person, _HIDDEN, " ".join(one for one in Column if one not in shown))
