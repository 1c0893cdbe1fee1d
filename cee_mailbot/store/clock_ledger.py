"""Writes and reads of clocks: snow days, entry dates, due dates."""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from cee_mailbot.domain.facts import ClosureFacts
from cee_mailbot.domain.item_clock import ClockedItem
from cee_mailbot.domain.working_days import Closure
from cee_mailbot.errors import NotFoundError
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.keyed import item_row
from cee_mailbot.store.row_facts import clocked
from cee_mailbot.store.tables import ClosureRow, SubmissionRow
from cee_mailbot.store.texts import storable


class ClockRegister:
    """See `clock_ledger.ClockQuestions`."""

    _session: Session

    def closures(self) -> tuple[ClosureFacts, ...]:
        """See `clock_ledger.ClockQuestions`."""
        rows = (
            select(ClosureRow)
            .where(col(ClosureRow.removed_at).is_(None))
            .order_by(col(ClosureRow.first), col(ClosureRow.id))
        )
        return tuple(_closure_facts(row) for row in self._session.exec(rows))


class ClockLedger(ClockRegister):
    """See `clock_ledger.ClockWrites`."""

    _history: HistoryWriter
    _now: datetime

    def add_closure(self, closure: Closure, *, actor: str) -> int:
        """See `clock_ledger.ClockWrites`."""
        row = ClosureRow(
            port=closure.port,
            first=closure.first,
            last=closure.last,
            reason=storable(closure.reason),
            actor=actor,
            at=self._now,
        )
        self._session.add(row)
        self._session.flush()
        self._history.add("closure-added", at=self._now, actor=actor, detail=_detail(row))
        return row.id or 0

    def remove_closure(self, closure_id: int, *, actor: str) -> None:
        """See `clock_ledger.ClockWrites`."""
        row = self._session.get(ClosureRow, closure_id)
        if row is None or row.removed_at is not None:
            raise NotFoundError(f"there is no closure {closure_id}; `cee-mailbot closures list` shows all")
        row.removed_at = self._now
        self._history.add("closure-removed", at=self._now, actor=actor, detail=_detail(row))

    def clocked_item(self, tracking: str) -> ClockedItem:
        """See `clock_ledger.ClockWrites`."""
        row = item_row(self._session, tracking)
        return clocked(row)

    def clocked_items(self, *, due_from: date) -> tuple[ClockedItem, ...]:
        """See `clock_ledger.ClockWrites`."""
        # A day begins at some port up to a day before it does in UTC.
        earliest = datetime.combine(due_from - timedelta(days=1), time(), tzinfo=UTC)
        rows = select(SubmissionRow).where(
            col(SubmissionRow.entry_date).is_not(None), col(SubmissionRow.due) >= earliest
        )
        return tuple(clocked(row) for row in self._session.exec(rows.order_by(col(SubmissionRow.id))))

    def set_entry_date(self, item: ClockedItem, day: date | None, *, actor: str) -> None:
        """See `clock_ledger.ClockWrites`."""
        row = self._session.get_one(SubmissionRow, item.submission)
        detail = {"from": _written(row.entry_date), "to": _written(day)}
        row.entry_date, row.entry_date_basis = day, "staff"
        self._changed(row)
        self._history.add("entry-date-set", at=self._now, actor=actor, submission=row.id, detail=detail)

    def set_due(self, item: ClockedItem, due: datetime | None, *, why: str) -> None:
        """See `clock_ledger.ClockWrites`."""
        row = self._session.get_one(SubmissionRow, item.submission)
        detail = {"from": _written(row.due), "to": _written(due), "why": why}
        row.due = due.astimezone(UTC) if due else None
        self._changed(row)
        self._history.add("due-moved", at=self._now, submission=row.id, detail=detail)

    def _changed(self, row: SubmissionRow) -> None:
        row.updated_at = self._now
        row.version += 1


def _closure_facts(row: ClosureRow) -> ClosureFacts:
    return ClosureFacts(
        id=row.id or 0,
        port=row.port,
        first=row.first,
        last=row.last,
        reason=row.reason,
        actor=row.actor,
        at=row.at,
    )


def _detail(row: ClosureRow) -> dict[str, object]:
    return {
        "closure": row.id,
        "port": row.port,
        "first": row.first.isoformat(),
        "last": row.last.isoformat(),
        "reason": row.reason,
    }


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None
