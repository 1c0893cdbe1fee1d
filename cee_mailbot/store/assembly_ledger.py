"""Writes and reads of split submissions: the sets of a key, and what they become."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import and_, col, func, or_, select

from cee_mailbot.domain.assembly import PartSet, Placement
from cee_mailbot.domain.item_clock import due_when_enqueued
from cee_mailbot.domain.regrouping import contradicting
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.submission import Key, MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.ledger import Fragment, KeptMessage, NewReply
from cee_mailbot.set_ledger import Enqueuing, SetStory
from cee_mailbot.store.kept import kept_message
from cee_mailbot.store.keyed import submissions_of
from cee_mailbot.store.partial_indexes import FRAGMENTS, HELD, OPEN
from cee_mailbot.store.reply_ledger import ReplyLedger
from cee_mailbot.store.set_stories import CONFLICT, DISPUTED, SetStories
from cee_mailbot.store.tables import (
    FlagRow,
    LinkRow,
    MessageRow,
    SubmissionRow,
)
from cee_mailbot.store.texts import storable
from parsers.addresses import address_key

_OF_WHO_BEGAN_IT = frozenset({"transferred"})


class AssemblyLedger(ReplyLedger, SetStories):
    """The part of a unit of work that concerns sets of messages."""

    def sets_of(self, key: Key) -> tuple[PartSet, ...]:
        """See `ledger.UnitOfWork`."""
        return tuple(self._part_set(row, self._members(row)) for row in submissions_of(self._session, key))

    def assembling(self) -> dict[int, int]:
        """See `ledger.UnitOfWork`."""
        query = select(SubmissionRow.id, SubmissionRow.version).where(OPEN, SubmissionRow.state == ItemState.ASSEMBLING)
        rows = self._session.exec(query.order_by(col(SubmissionRow.id)))
        return {row: version for row, version in rows if row is not None}

    def enqueue(self, enqueuing: Enqueuing) -> None:
        """See `ledger.UnitOfWork`."""
        row = self._session.get_one(SubmissionRow, enqueuing.submission)
        for name, value in _enqueued(enqueuing, due_by_entry=row.due).items():
            setattr(row, name, value)
        row.enqueued_at = row.updated_at = self._now
        row.version += 1
        self._session.exec(
            update(MessageRow)
            .where(
                col(MessageRow.submission_id) == enqueuing.submission,
                col(MessageRow.status) == MessageStatus.ASSEMBLING,
            )
            .values(status=MessageStatus.ENQUEUED)
        )
        self._drop_flags(enqueuing.submission, enqueuing.drops)
        for name, message in enqueuing.flags:
            self._session.merge(FlagRow(submission_id=enqueuing.submission, name=name, message_row=message))
        self._history.add(
            "enqueued",
            at=self._now,
            actor=storable(enqueuing.actor),
            submission=enqueuing.submission,
            detail={"flags": [name for name, _ in enqueuing.flags], "team": enqueuing.team},
        )
        self._cancel_unsent(enqueuing.submission, ReplyKind.WAITING)
        self._write_reply(enqueuing.reply, message=enqueuing.leading, submission=enqueuing.submission)
        self._session.flush()

    def remind(self, story: SetStory, reply: NewReply) -> None:
        """See `ledger.UnitOfWork`."""
        self._write_reply(reply, message=story.parts.counted[0].message, submission=story.submission)

    def fragments(self, *, of: str | None = None, held_from: str | None = None) -> tuple[Fragment, ...]:
        """See `ledger.UnitOfWork`."""
        theirs = func.lower(MessageRow.sender) == address_key(held_from or "")
        is_held = and_(HELD, theirs, col(MessageRow.submission_id).is_(None))
        query = (
            select(MessageRow)
            .where(or_(FRAGMENTS, is_held) if held_from else FRAGMENTS)
            .order_by(col(MessageRow.arrived_at), col(MessageRow.id))
        )
        if of is not None:  # in a flood of fragments most are of others
            query = query.where(col(MessageRow.evidence)["partial"]["id"].as_string() == of)
        return tuple(fragment_of(row) for row in self._session.exec(query) if "partial" in row.evidence)

    def rejoin(self, message: int, *, sha256: str, size: int) -> KeptMessage:
        """See `ledger.UnitOfWork`."""
        row = self._session.get_one(MessageRow, message)
        row.sha256, row.size = sha256, size
        self._session.flush()
        return kept_message(row)

    def end_fragments(
        self, messages: Collection[int], *, status: MessageStatus, reason: str, submission: int | None
    ) -> None:
        """See `ledger.UnitOfWork`."""
        for message in messages:
            row = self._session.get_one(MessageRow, message)
            row.status, row.reasons, row.submission_id = status, [reason], submission
            self._history.add(
                status, at=self._now, submission=submission, message=message, detail={"reasons": [reason]}
            )
        self._session.flush()

    def _gather(self, submission: int, placement: Placement | None) -> None:
        """Moves messages that were taken for copies of an earlier set to this new one, and links the two."""
        if placement is None:
            return
        self._note_total(submission)
        if placement.linked is not None:
            self._session.add(LinkRow(submission_id=submission, other_id=placement.linked, why="same-key"))
        if not placement.takes_over:
            return
        self._session.exec(
            update(MessageRow)
            .where(col(MessageRow.id).in_(placement.takes_over))
            .values(submission_id=submission, status=MessageStatus.ASSEMBLING, reasons=[])
        )
        for message in placement.takes_over:
            self._raise_doubts(submission, self._session.get_one(MessageRow, message))
        deliveries = update(MessageRow).where(col(MessageRow.duplicate_of).in_(placement.takes_over))
        self._session.exec(deliveries.values(submission_id=submission))

    def _raise_doubts(self, submission: int, message: MessageRow) -> None:
        """The flags of a message that was taken for a copy, which raised none, but what a delivery has borne out."""
        earlier = select(MessageRow.doubts).where(
            MessageRow.duplicate_of == message.id, col(MessageRow.arrived_at) < message.arrived_at
        )
        settled = {DISPUTED} if any(DISPUTED not in doubts for doubts in self._session.exec(earlier)) else set()
        for name in set(message.doubts) - settled - _OF_WHO_BEGAN_IT:
            self._session.merge(FlagRow(submission_id=submission, name=name, message_row=message.id or 0))

    def _note_total(self, submission: int) -> None:
        """How many parts there are to be: `part 2` may come without a total, and a later one tell it."""
        row = self._session.get_one(SubmissionRow, submission)
        if row.parts_expected is None:
            told = select(MessageRow.parts).where(
                MessageRow.submission_id == submission, col(MessageRow.parts).is_not(None)
            )
            row.parts_expected = self._session.exec(told.order_by(col(MessageRow.id)).limit(1)).first()

    def _look_at_parts(self, submissions: Iterable[int]) -> None:
        """Whether the parts of these contradict each other now, and how many there are to be while they are awaited.

        What came after a submission was enqueued says nothing of the others.
        """
        self._session.flush()
        for submission in submissions:
            row = self._session.get_one(SubmissionRow, submission)
            is_assembling = row.state == ItemState.ASSEMBLING
            parts = [one.part for one in self._members(row) if is_assembling or not one.came_later]
            found = contradicting(parts)
            if found is None:
                self._drop_flags(submission, (CONFLICT,))
            elif CONFLICT not in self.set_story(submission).flags:
                self._session.add(FlagRow(submission_id=submission, name=CONFLICT, message_row=found))
            if is_assembling:
                row.parts_expected = next((one.total for one in parts if one.total is not None), row.parts_expected)

    def _drop_flags(self, submission: int, names: Sequence[str]) -> None:
        self._session.exec(
            delete(FlagRow).where(col(FlagRow.submission_id) == submission, col(FlagRow.name).in_(names))
        )


def _enqueued(enqueuing: Enqueuing, *, due_by_entry: datetime | None) -> dict[str, Any]:
    """The columns that enqueuing fills; `due_by_entry` is what staff had written down the day of entry for."""
    line, shown = enqueuing.line, enqueuing.presentation
    return {
        "state": ItemState.NEW,
        "mailbox": enqueuing.mailbox,
        "team": enqueuing.team,
        "code": line.code,
        "account": storable(line.account) if line.account else None,
        "entry_number": str(line.entry_number) if line.entry_number else None,
        "port": line.port,
        "sender": storable(enqueuing.sender),
        "presented_at": shown.instant,
        "zone": shown.zone,
        "basis": shown.basis,
        "strength": shown.strength,
        "received_at": enqueuing.received_at,
        "due": due_when_enqueued(line.code, line.port, shown.zone, enqueuing.received_at) or due_by_entry,
    }


def fragment_of(row: MessageRow) -> Fragment:
    """A fragment as its row tells it."""
    told = row.evidence.get("partial", {})
    return Fragment(
        kept=kept_message(row),
        sender=row.sender or "",
        name=told.get("id", ""),
        number=told.get("number", 0),
        total=told.get("total"),
        content_digest=row.content_digest or "",
    )
