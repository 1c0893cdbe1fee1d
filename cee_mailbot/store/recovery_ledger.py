"""Writes of a restored database."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.reply_ledger import IN_LINE
from cee_mailbot.store.row_facts import slices
from cee_mailbot.store.tables import ReplyRow

RESTORED = "restored"


class RecoveryLedger:
    """See `recovery_ledger.RecoveryWrites`."""

    _session: Session
    _history: HistoryWriter
    _now: datetime

    def unsent_replies(self) -> dict[str, int]:
        """See `recovery_ledger.RecoveryWrites`."""
        query = select(ReplyRow).where(col(ReplyRow.state).in_(IN_LINE)).order_by(col(ReplyRow.id))
        return {row.message_id: row.id or 0 for row in self._session.exec(query)}

    def replies_to(self, messages: Collection[int]) -> dict[tuple[str, ReplyKind], int]:
        """See `recovery_ledger.RecoveryWrites`."""
        return {
            (row.in_reply_to, ReplyKind(row.kind)): row.id or 0
            for some in slices(list(messages))
            for row in self._session.exec(
                select(ReplyRow).where(col(ReplyRow.message_row).in_(some), ReplyRow.state == ReplyState.WITHHELD)
            )
            if row.in_reply_to
        }

    def recognise_reply(self, reply_id: int, *, sent_at: datetime, message_id: str) -> None:
        """See `recovery_ledger.RecoveryWrites`."""
        row = self._session.get_one(ReplyRow, reply_id)
        row.state, row.sent_at = ReplyState.SENT, sent_at.astimezone(UTC)
        row.next_try_at = row.lease_until = None
        row.reasons = [RESTORED]
        self._history.add(
            "reply-recognised",
            at=self._now,
            submission=row.submission_id,
            message=row.message_row,
            reply=row.id,
            detail={"message_id": message_id},
        )

    def hold_reply(self, reply_id: int) -> None:
        """See `recovery_ledger.RecoveryWrites`."""
        row = self._session.get_one(ReplyRow, reply_id)
        row.state = ReplyState.WITHHELD
        row.next_try_at = row.lease_until = None
        row.reasons = [RESTORED]
        self._history.add(
            "reply-withheld",
            at=self._now,
            submission=row.submission_id,
            message=row.message_row,
            reply=row.id,
            detail={"reasons": [RESTORED]},
        )
