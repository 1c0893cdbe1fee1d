"""An item opened for an act: it is the one that the person saw, and the table of states allows the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cee_mailbot import crash
from cee_mailbot.desk_ledger import Change, DeskItem
from cee_mailbot.domain.work_item import SYSTEM, TRANSITIONS, Act, ItemState, allowed
from cee_mailbot.errors import ChangedError, NotAllowedError, UserError
from cee_mailbot.intake import Intake
from cee_mailbot.ledger import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """An item within a transaction, and the state that the act leads to."""

    unit: UnitOfWork
    item: DeskItem
    act: Act
    after: ItemState
    actor: str

    def change(self, *, drops: tuple[str, ...] = (), reason: str = "", **sets: object) -> Change:
        """The act with the columns that it sets."""
        return Change(
            act=self.act,
            submission=self.item.submission,
            actor=self.actor,
            state=self.after,
            sets=sets,
            drops=drops,
            reason=reason,
        )


@contextmanager
def opened(intake: Intake, tracking: str, act: Act, *, actor: str, version: int | None) -> Iterator[Opened]:
    """An item for an act, in its own transaction.

    `version` is that of the item which the person saw, None for whichever. Raises `NotFoundError`,
    `NotAllowedError` with what is allowed, or `ChangedError` when it is another by now.
    """
    check_person(actor)
    with intake.store.begin(intake.site.clock.now()) as unit:
        item = unit.desk_item(tracking)
        check_version(item, version)
        yield Opened(unit=unit, item=item, act=act, after=state_after(item, act), actor=actor)
        crash.here("C21")


def check_person(actor: str) -> None:
    """Raises `UserError` when nobody acts, or somebody by the bot's own name."""
    if actor.strip().casefold() in ("", SYSTEM):
        raise UserError("an act needs the name of a person; give it with --as")


def state_after(item: DeskItem, act: Act) -> ItemState:
    """The state that an act leads to. Raises `NotAllowedError`."""
    after = TRANSITIONS.get((item.state, act))
    if after is None:
        can = ", ".join(allowed(item.state))
        raise NotAllowedError(f"{item.tracking} is {item.state}, which does not allow {act}; allowed are: {can}")
    return after


def check_version(item: DeskItem, version: int | None) -> None:
    """Raises `ChangedError` when the item is no longer the one that a person saw."""
    if version is not None and version != item.version:
        raise ChangedError(f"{item.tracking} was changed since you saw it; look at it again")


def given(text: str | None, what: str) -> str:
    """A text that an act can't do without. Raises `UserError`."""
    stripped = (text or "").strip()
    if not stripped:
        raise UserError(f"{what} is missing; say it in words")
    return stripped
