"""Reads and writes of the history as evidence."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from cee_mailbot.audit_ledger import CheckedLine, HistoryHead
from cee_mailbot.store.history import FIRST, HistoryWriter, line_digest
from cee_mailbot.store.tables import HistoryRow

_AT_ONCE = 1000
SETTINGS = "settings"


class AuditRegister:
    """See `audit_ledger.AuditQuestions`."""

    _session: Session

    def checked_history(self) -> Iterator[CheckedLine]:
        """See `audit_ledger.AuditQuestions`."""
        previous, number, after = FIRST, 0, None
        while True:
            query = select(HistoryRow).order_by(col(HistoryRow.id)).limit(_AT_ONCE)
            rows = self._session.exec(query if after is None else query.where(col(HistoryRow.id) > after)).all()
            for row in rows:
                number += 1
                yield _checked(row, number, previous)
                previous = row.digest
            if not rows:
                return
            after = rows[-1].id
            self._session.expunge_all()

    def history_head(self) -> HistoryHead:
        """See `audit_ledger.AuditQuestions`."""
        lines = self._session.exec(select(func.count()).select_from(HistoryRow)).one()
        newest = select(HistoryRow.digest).order_by(col(HistoryRow.id).desc()).limit(1)
        return HistoryHead(lines=lines, digest=self._session.exec(newest).first() or FIRST)


class AuditLedger:
    """See `audit_ledger.AuditWrites`."""

    _session: Session
    _history: HistoryWriter
    _now: Any

    def note_settings(self, settings: Mapping[str, Any]) -> bool:
        """See `audit_ledger.AuditWrites`."""
        newest = select(HistoryRow).where(HistoryRow.event == SETTINGS).order_by(col(HistoryRow.id).desc()).limit(1)
        last = self._session.exec(newest).first()
        if last is not None and last.detail == dict(settings):
            return False
        self._history.add(SETTINGS, at=self._now, detail=settings)
        return True

    def note_restored(self, detail: Mapping[str, Any]) -> None:
        """See `audit_ledger.AuditWrites`."""
        self._history.add("restored", at=self._now, detail=detail)


def _checked(row: HistoryRow, number: int, previous: str) -> CheckedLine:
    fault = None
    if row.previous != previous:
        fault = "it does not follow the line before it; a line was taken out, put in or moved here"
    elif row.digest != line_digest(row):
        fault = "it was changed after it was written"
    return CheckedLine(id=row.id or 0, number=number, at=row.at, event=row.event, digest=row.digest, fault=fault)
