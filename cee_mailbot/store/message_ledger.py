"""Writes of messages: what is known of them, and what became of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, or_, select

from cee_mailbot.correspondence_ledger import Answered
from cee_mailbot.domain.assembly import Place
from cee_mailbot.domain.item_clock import due_when_enqueued
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.submission import Key, MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import NotFoundError
from cee_mailbot.ledger import FirstOfKind, KeptMessage, Outcome
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.kept import kept_message
from cee_mailbot.store.keyed import key_of_row, submissions_of
from cee_mailbot.store.links import where_it_went
from cee_mailbot.store.tables import (
    DocumentRow,
    FlagRow,
    MessageRow,
    ReplyRow,
    SerialRow,
    SubmissionRow,
)
from cee_mailbot.store.texts import storable


class MessageLedger:
    """The part of a unit of work that concerns messages and the submissions that they begin."""

    _session: Session
    _history: HistoryWriter
    _now: datetime

    def message(self, message_id: int) -> KeptMessage:
        """See `ledger.UnitOfWork`."""
        return kept_message(self._message_row(message_id))

    def _message_row(self, message_id: int) -> MessageRow:
        row = self._session.get(MessageRow, message_id)
        if row is None:
            raise NotFoundError(f"there is no message {message_id}; `cee-mailbot messages list` shows all")
        return row

    def first_of_kind(self, content_digest: str, *, other_than: int) -> FirstOfKind | None:
        """See `ledger.UnitOfWork`."""
        query = (
            select(MessageRow)
            .where(
                MessageRow.content_digest == content_digest,
                MessageRow.id != other_than,
                col(MessageRow.duplicate_of).is_(None),
                MessageRow.status != MessageStatus.RECEIVED,
            )
            .order_by(col(MessageRow.id))
            .limit(1)
        )
        row = self._session.exec(query).first()
        if row is None or row.id is None:
            return None
        return FirstOfKind(
            message=row.id,
            arrived_at=row.arrived_at,
            submission=row.submission_id,
            tracking=row.tracking,
            status=MessageStatus(row.status),
            reasons=tuple(row.reasons),
            answerable=row.answerable,
        )

    def message_id_reused(self, message_id: str, content_digests: Collection[str]) -> bool:
        """See `ledger.UnitOfWork`."""
        query = select(MessageRow.id).where(
            MessageRow.message_id == storable(message_id), col(MessageRow.content_digest).not_in(content_digests)
        )
        return self._session.exec(query.limit(1)).first() is not None

    def answered(self, message_ids: Sequence[str], tracking: Sequence[str]) -> Answered | None:
        """See `ledger.UnitOfWork`."""
        if not message_ids and not tracking:
            return None
        ids = [storable(message_id) for message_id in message_ids]
        by_id = select(ReplyRow).where(col(ReplyRow.message_id).in_(ids)).order_by(col(ReplyRow.id).desc())
        if (reply := self._session.exec(by_id.limit(1)).first()) is not None:
            item = self._session.get(SubmissionRow, reply.submission_id) if reply.submission_id else None
            return self._answered(item, ReplyKind(reply.kind), by_id=True)
        by_number = select(SubmissionRow).where(col(SubmissionRow.tracking).in_(tracking)).limit(1)
        if (item := self._session.exec(by_number).first()) is not None:
            return self._answered(item, ReplyKind.ACKNOWLEDGEMENT)
        rejected = select(MessageRow.id).where(
            col(MessageRow.tracking).in_(tracking), MessageRow.status == MessageStatus.REJECTED
        )
        return self._answered(None, ReplyKind.REJECT) if self._session.exec(rejected.limit(1)).first() else None

    def _answered(self, item: SubmissionRow | None, kind: ReplyKind, *, by_id: bool = False) -> Answered:
        """Whoever wrote to a submission may write to the one that it was joined into."""
        now = where_it_went(self._session, item)
        key = key_of_row(item) if item else None
        return Answered(submission=now.id if now else None, key=key, kind=kind, by_id=by_id)

    def newest_of_key(self, key: Key) -> int | None:
        """See `ledger.UnitOfWork`."""
        rows = submissions_of(self._session, key)
        return rows[-1].id if rows else None

    def next_serial(self, team: str, year: int) -> int:
        """See `ledger.UnitOfWork`."""
        row = self._session.get(SerialRow, (team, year)) or SerialRow(team=team, year=year)
        row.last += 1
        self._session.add(row)
        return row.last

    def _write_message(self, outcome: Outcome) -> MessageRow:
        row = self._message_row(outcome.message.id)
        for name, value in _decided(outcome).items():
            setattr(row, name, value)
        self._session.add(row)
        if outcome.message.status is not MessageStatus.RECEIVED:
            self._session.exec(delete(DocumentRow).where(col(DocumentRow.message_row) == row.id))
        self._session.add_all(_document_rows(outcome))
        if outcome.decision.answers_for_first and outcome.duplicate_of is not None:
            self._message_row(outcome.duplicate_of).answerable = True
        return row

    def _write_item(self, outcome: Outcome) -> int | None:
        submission = self._begin_item(outcome) if outcome.item else outcome.decision.joins
        if submission is not None and outcome.message.status is not MessageStatus.RECEIVED:
            self._bring_along(outcome.message.id, submission)
        return submission

    def _begin_item(self, outcome: Outcome) -> int | None:
        item = _item_row(outcome, self._now)
        self._session.add(item)
        self._session.flush()
        return item.id

    def _bring_along(self, message: int, submission: int) -> None:
        """What hung on a message before it was released belongs to its item: other deliveries, and its reject."""
        copies = update(MessageRow).where(col(MessageRow.duplicate_of) == message)
        self._session.exec(copies.values(submission_id=submission))
        replies = update(ReplyRow).where(col(ReplyRow.message_row) == message)
        self._session.exec(replies.values(submission_id=submission))

    def _make_copy(self, outcome: Outcome, submission: int | None) -> None:
        """What was set aside for the way it came is a copy of the same content that came by a better one.

        So are its own copies; a copy has no documents of its own.
        """
        if outcome.replaces is None:
            return
        known = or_(col(MessageRow.id) == outcome.replaces, col(MessageRow.duplicate_of) == outcome.replaces)
        for row in self._session.exec(select(MessageRow).where(known, MessageRow.id != outcome.message.id)).all():
            row.status, row.reasons = MessageStatus.DUPLICATE, ["same-content"]
            row.duplicate_of, row.submission_id = outcome.message.id, submission
            self._session.exec(delete(DocumentRow).where(col(DocumentRow.message_row) == row.id))
        detail: dict[str, object] = {"reasons": ["same-content"], "first": outcome.message.id}
        self._history.add(
            MessageStatus.DUPLICATE, at=self._now, submission=submission, message=outcome.replaces, detail=detail
        )

    def _write_flags(self, outcome: Outcome, submission: int) -> None:
        names = dict.fromkeys(outcome.decision.flags)
        self._session.add_all(
            FlagRow(submission_id=submission, name=name, message_row=outcome.message.id) for name in names
        )

    def _bear_out(self, outcome: Outcome, submission: int) -> None:
        """An earlier delivery of a message settles the dispute about its Date; no time moves, the grade rises."""
        flag = self._session.get(FlagRow, (submission, "date-disputed", outcome.duplicate_of))
        shown = outcome.presentation
        if not outcome.bears_out or flag is None or shown is None:
            return
        self._session.delete(flag)
        item = self._session.get_one(SubmissionRow, submission)
        if (item.presented_at, item.basis) == (shown.instant, shown.basis):
            item.strength = shown.strength

    def _touch(self, submission: int) -> None:
        item = self._session.get_one(SubmissionRow, submission)
        item.updated_at = self._now
        item.version += 1


def _decided(outcome: Outcome) -> dict[str, Any]:
    """The columns of a message's row that its decision fills."""
    head, decision, line, shown = outcome.headline, outcome.decision, outcome.line, outcome.presentation
    return {
        "status": decision.status,
        "reasons": list(decision.reasons),
        "problems": [{k: storable(v) for k, v in asdict(problem).items()} for problem in decision.problems],
        "content_digest": head.content_digest,
        "message_id": storable(head.message_id) if head.message_id else None,
        "from_header": storable(head.from_),
        "sender": storable(head.sender) if head.sender else None,
        "sender_domain": storable(head.sender_domain) if head.sender_domain else None,
        "subject": storable(head.subject),
        "sent_raw": storable(head.sent_raw),
        "sent_at": head.sent_at.astimezone(UTC) if head.sent_at else None,
        "presented_at": shown.instant if shown else None,
        "zone": shown.zone if shown else None,
        "basis": shown.basis if shown else None,
        "strength": shown.strength if shown else None,
        "observed_at": shown.observed if shown else None,
        "evidence": dict(head.evidence),
        "line": storable(line.line) if line else "",
        "references": [storable(one) for one in head.references],
        "answerable": outcome.answerable,
        "answer_wanted": outcome.answer_wanted,
        "home": outcome.ownership.mailbox.name if outcome.ownership else None,
        "team": outcome.ownership.team if outcome.ownership else None,
        "doubts": _doubts(outcome),
        "part": line.part if line else None,
        "parts": line.parts if line else None,
        "tracking": outcome.tracking,
        "duplicate_of": outcome.duplicate_of,
        "policy_version": outcome.policy_version,
        "read_at": None,
        "reading_until": None,
        "body_tries": 0,
    }


def _doubts(outcome: Outcome) -> list[str]:
    """Every flag that the message has by itself, also where its submission is not flagged for it, as of a copy."""
    shown = outcome.presentation.flags if outcome.presentation else ()
    passed_on = ("transferred",) if outcome.ownership and outcome.ownership.transferred else ()
    return list(dict.fromkeys((*outcome.decision.flags, *shown, *passed_on)))


def _item_row(outcome: Outcome, now: datetime) -> SubmissionRow:
    item, shown = outcome.item, outcome.presentation
    if item is None or shown is None:
        raise ValueError("an item needs its facts and its presentation time")
    line = item.line
    return SubmissionRow(
        tracking=item.tracking,
        team=item.team,
        mailbox=outcome.message.mailbox,
        state=ItemState.ASSEMBLING if _opens_set(outcome) else ItemState.NEW,
        code=item.key.code or None,
        account=storable(line.account) if line.account else None,
        entry_number=str(line.entry_number) if line.entry_number else None,
        port=line.port,
        sender=storable(item.sender),
        sender_domain=storable(item.sender.rpartition("@")[2].lower()),
        sender_key=storable(item.key.sender),
        parts_expected=line.parts,
        presented_at=shown.instant,
        zone=shown.zone,
        basis=shown.basis,
        strength=shown.strength,
        received_at=outcome.message.arrived_at.astimezone(UTC),
        due=item.due or due_when_enqueued(item.key.code, line.port, shown.zone, outcome.message.arrived_at),
        created_at=now,
        updated_at=now,
        enqueued_at=None if _opens_set(outcome) else now,
    )


def _opens_set(outcome: Outcome) -> bool:
    return outcome.placement is not None and outcome.placement.place is Place.OPENS


def _document_rows(outcome: Outcome) -> Iterable[DocumentRow]:
    return [
        DocumentRow(
            message_row=outcome.message.id,
            position=position,
            name=storable(doc.name),
            type=doc.type,
            declared_type=storable(doc.declared_type),
            size=doc.bytes,
            sha256=doc.sha256,
            path=storable(doc.path),
            section=doc.section,
            status=doc.status,
        )
        for position, doc in enumerate(outcome.documents)
    ]
