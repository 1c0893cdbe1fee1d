"""Writes of what happens to items by itself: those that wait are taken up, and claims that nobody uses end."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists
from sqlmodel import col, select

from cee_mailbot.domain.work_item import BY_ITSELF, EXPIRED, WOKEN, ItemState
from cee_mailbot.store.account_tables import DraftRow, ViewingRow
from cee_mailbot.store.assembly_ledger import AssemblyLedger
from cee_mailbot.store.partial_indexes import OPEN
from cee_mailbot.store.tables import SubmissionRow

_AWAKE, _PUT_BACK = (
    {state: after for (state, _), after in BY_ITSELF.items()}[one] for one in (ItemState.WAITING, ItemState.ASSIGNED)
)


class WakingLedger(AssemblyLedger):
    """See `desk_ledger.DeskLedger`."""

    def due_to_wake(self) -> tuple[int, ...]:
        """See `desk_ledger.DeskLedger`."""
        waiting = select(SubmissionRow.id).where(
            OPEN, SubmissionRow.state == ItemState.WAITING, col(SubmissionRow.waiting_until) <= self._now
        )
        return tuple(one for one in self._session.exec(waiting.order_by(col(SubmissionRow.id))) if one is not None)

    def wake(self, submission: int, *, why: str, message: int | None = None) -> None:
        """See `desk_ledger.DeskLedger`."""
        row = self._session.get_one(SubmissionRow, submission)
        if row.state != ItemState.WAITING:
            return
        row.state, row.waiting_until = _AWAKE, None
        self._bump([submission])
        self._history.add(WOKEN, at=self._now, submission=submission, message=message, detail={"why": why})

    def expire_claims(self, idle: timedelta) -> int:
        """See `desk_ledger.DeskLedger`."""
        since = self._now - idle
        looked = exists().where(
            col(ViewingRow.tracking) == col(SubmissionRow.tracking),
            col(ViewingRow.person) == col(SubmissionRow.assignee),
            col(ViewingRow.at) > since,
        )
        written = exists().where(
            col(DraftRow.tracking) == col(SubmissionRow.tracking),
            col(DraftRow.person) == col(SubmissionRow.assignee),
            col(DraftRow.at) > since,
        )
        held = (OPEN, SubmissionRow.state == ItemState.ASSIGNED, col(SubmissionRow.assignee).is_not(None))
        idle_since = select(SubmissionRow).where(*held, col(SubmissionRow.updated_at) <= since, ~looked, ~written)
        rows = self._session.exec(idle_since.order_by(col(SubmissionRow.id))).all()
        for row in rows:
            detail = {"was": row.assignee}
            row.state, row.assignee = _PUT_BACK, None
            self._bump([row.id or 0])
            self._history.add(EXPIRED, at=self._now, submission=row.id, detail=detail)
        return len(rows)

    def _bump(self, submissions: Sequence[int]) -> None:
        for submission in submissions:
            row = self._session.get_one(SubmissionRow, submission)
            row.updated_at = self._now
            row.version += 1
