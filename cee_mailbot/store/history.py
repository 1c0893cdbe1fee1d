"""The append-only history: every line is chained to the one before it by a digest."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from cee_mailbot.store.tables import HistoryRow
from parsers.importer_number import masked_in

FIRST = "0" * 64


class HistoryWriter:
    """Adds lines to the history within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: str | None = None

    def add(  # noqa: PLR0913 - the fields of one line
        self,
        event: str,
        *,
        at: datetime,
        actor: str = "system",
        submission: int | None = None,
        other: int | None = None,
        message: int | None = None,
        reply: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Appends one line; `detail` holds only what JSON can say."""
        row = HistoryRow(
            at=at.astimezone(UTC),
            actor=actor,
            event=event,
            submission_id=submission,
            other_id=other,
            message_row=message,
            reply_id=reply,
            detail=_masked(dict(detail or {})),
            previous=self._previous(),
            digest="",
        )
        row.digest = line_digest(row)
        self._last = row.digest
        self._session.add(row)

    def forget(self) -> None:
        """Reads the last digest anew, after a savepoint was rolled back."""
        self._last = None

    def _previous(self) -> str:
        if self._last is None:
            newest = select(HistoryRow.digest).order_by(col(HistoryRow.id).desc()).limit(1)
            self._last = self._session.exec(newest).first() or FIRST
        return self._last


def _masked(value: Any) -> Any:
    """The same particulars without an importer number in clear, which may be a Social Security number."""
    if isinstance(value, str):
        return masked_in(value)
    if isinstance(value, dict):
        return {key: _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list | tuple) else value


def line_digest(row: HistoryRow) -> str:
    """The SHA-256, in hexadecimal, of one line and of the digest before it."""
    line = [
        row.previous,
        row.at.isoformat(),
        row.actor,
        row.event,
        row.submission_id,
        row.message_row,
        row.reply_id,
        row.detail,
        # Only where there is one: lines from before the column was there keep their digest.
        *([] if row.other_id is None else [row.other_id]),
    ]
    return hashlib.sha256(json.dumps(line, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
