"""Writes of correspondence: replies that came back, items that an answer wakes, rejects that were made good."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, func, select

from cee_mailbot.correspondence_ledger import Bounced
from cee_mailbot.domain.correspondence import Rejected, state_after_answer
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import EVENTS, Act, ItemState
from cee_mailbot.ledger import Outcome
from cee_mailbot.store.conditions import UNCOUNTED
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.links import where_it_went
from cee_mailbot.store.partial_indexes import UNMENDED
from cee_mailbot.store.tables import DocumentRow, MessageRow, ReplyRow, SubmissionRow
from cee_mailbot.store.texts import storable
from parsers.subject import parse_subject

LOOKED_AT = 100
NEVER_LEFT = (ReplyState.WITHHELD, ReplyState.CANCELLED)
ANSWERS = (MessageStatus.CORRESPONDENCE, MessageStatus.SUPPLEMENT)


class CorrespondenceLedger:
    """See `correspondence_ledger.CorrespondenceLedger`."""

    _session: Session
    _history: HistoryWriter
    _now: datetime

    def bounced(self, message_ids: Sequence[str]) -> Bounced | None:
        """See the contract."""
        ids = [storable(one) for one in message_ids]
        query = select(ReplyRow).where(col(ReplyRow.message_id).in_(ids), col(ReplyRow.state).not_in(NEVER_LEFT))
        row = self._session.exec(query.order_by(col(ReplyRow.id)).limit(1)).first() if ids else None
        if row is None or row.id is None:
            return None
        item = self._session.get(SubmissionRow, row.submission_id) if row.submission_id else None
        now = where_it_went(self._session, item)
        return Bounced(reply=row.id, submission=now.id if now else None)

    def rejected_from(self, sender_key: str) -> tuple[Rejected, ...]:
        """See the contract."""
        wanted = storable(sender_key)
        query = select(MessageRow).where(UNMENDED, MessageRow.sender_domain == wanted.rpartition("@")[2])
        if "@" in wanted:
            query = query.where(func.lower(MessageRow.sender) == wanted)
        rows = self._session.exec(query.order_by(col(MessageRow.id).desc()).limit(LOOKED_AT)).all()
        ids = [row.id for row in rows]
        replies = self._by_message(select(ReplyRow.message_row, ReplyRow.message_id), ids)
        documents = self._by_message(
            select(DocumentRow.message_row, DocumentRow.sha256).where(col(DocumentRow.status).not_in(UNCOUNTED)), ids
        )
        return tuple(_rejected(row, replies[row.id or 0], documents[row.id or 0]) for row in reversed(rows))

    def _by_message(self, query: Any, messages: Sequence[int | None]) -> Mapping[int, set[str]]:
        """What a query of pairs finds for each of these messages."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for message, value in self._session.exec(query.where(query.selected_columns[0].in_(messages))):
            found[message].add(value)
        return found

    def _note_bounce(self, outcome: Outcome) -> None:
        """The reply that came back is undeliverable, once; a person can send it again."""
        row = self._session.get(ReplyRow, outcome.bounced) if outcome.bounced is not None else None
        if row is None or row.state == ReplyState.UNDELIVERABLE:
            return
        row.state, row.next_try_at, row.lease_until = ReplyState.UNDELIVERABLE, None, None
        self._history.add(
            "reply-undeliverable",
            at=self._now,
            submission=row.submission_id,
            message=outcome.message.id,
            reply=row.id,
        )

    def _make_good(self, outcome: Outcome, submission: int) -> None:
        """Links the rejected messages that this one makes good with its submission."""
        for message in outcome.item.makes_good if outcome.item else ():
            row = self._session.get_one(MessageRow, message)
            row.resent_as = submission
            self._history.add(
                "reject-made-good",
                at=self._now,
                submission=submission,
                message=message,
                detail={"reject": row.tracking},
            )

    def _look_again(self, outcome: Outcome, submission: int) -> None:
        """A closed item is opened again once the broker has written; one that waits wakes by the desk's rule."""
        item = self._session.get_one(SubmissionRow, submission)
        before = ItemState(item.state)
        after = state_after_answer(before, assigned=item.assignee is not None)
        if outcome.decision.status not in ANSWERS or after is before:
            return
        item.state, item.outcome, item.closed_at, item.waiting_until = after, None, None, None
        self._history.add(
            EVENTS[Act.REOPEN],
            at=self._now,
            submission=submission,
            message=outcome.message.id,
            detail={"why": "answer"},
        )


def _rejected(row: MessageRow, replies: Collection[str], documents: Collection[str]) -> Rejected:
    return Rejected(
        message=row.id or 0,
        tracking=row.tracking or "",
        ids=frozenset([*replies, *([row.message_id] if row.message_id else [])]),
        entry_number=_entry_number(row.line),
        documents=frozenset(documents),
    )


@lru_cache(maxsize=1000)
def _entry_number(line: str) -> str | None:
    """Remembered, since the same hundred lines of a sender are looked at again with each of their messages."""
    found = parse_subject(line).entry_number
    return str(found) if found else None
