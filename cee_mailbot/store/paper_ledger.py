"""Writes and reads of papers: what is to be read, what was read, and what follows for an item."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from cee_mailbot.domain.cross_check import FiledPaper
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import NotFoundError
from cee_mailbot.paper_ledger import ItemPapers, UnreadMessage
from cee_mailbot.store.conditions import UNCOUNTED
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.paper_rows import paper_of, paper_row
from cee_mailbot.store.partial_indexes import UNCHECKED
from cee_mailbot.store.reply_ledger import SET_BACK
from cee_mailbot.store.row_facts import clocked, slices
from cee_mailbot.store.tables import (
    BodyRow,
    DocumentRow,
    FlagRow,
    MessageRow,
    PageRow,
    PaperRow,
    SubmissionRow,
)
from cee_mailbot.store.texts import storable
from parsers.papers import NOT_LOOKED_INTO, Paper

# Nobody reads what is held before a person has looked at it; a duplicate says nothing new.
_NOT_READ = (MessageStatus.RECEIVED, MessageStatus.HELD, MessageStatus.DUPLICATE)
_READ = tuple(status for status in MessageStatus if status not in _NOT_READ)


class PaperLedger:
    """See `paper_ledger.PaperWrites`."""

    _session: Session
    _history: HistoryWriter
    _now: datetime

    def claim_unread(self, *, limit: int, lease_until: datetime) -> tuple[UnreadMessage, ...]:
        """See `paper_ledger.PaperWrites`."""
        claimed = col(MessageRow.reading_until)
        # One until later than could be given now is of a clock that was ahead.
        free = or_(claimed.is_(None), claimed < self._now, claimed > lease_until + SET_BACK)
        waiting = select(MessageRow).where(col(MessageRow.read_at).is_(None), col(MessageRow.status).in_(_READ), free)
        rows = self._session.exec(waiting.order_by(col(MessageRow.id)).limit(limit)).all()
        for row in rows:
            row.reading_until = lease_until
        return tuple(self._unread(row) for row in rows)

    def _unread(self, row: MessageRow) -> UnreadMessage:
        documents = select(DocumentRow.sha256).where(DocumentRow.message_row == row.id, DocumentRow.status == "unread")
        return UnreadMessage(
            message=row.id or 0,
            mailbox=row.mailbox,
            sha256=row.sha256,
            size=row.size,
            documents=tuple(dict.fromkeys(self._session.exec(documents.order_by(col(DocumentRow.position))))),
        )

    def papers_known(self, sha256s: Collection[str]) -> frozenset[str]:
        """See `paper_ledger.PaperWrites`."""
        return frozenset(
            one
            for some in slices(list(sha256s))
            for one in self._session.exec(select(PaperRow.sha256).where(col(PaperRow.sha256).in_(some)))
        )

    def note_try(self, message: int, sha256: str | None, *, lease_until: datetime) -> int:
        """See `paper_ledger.PaperWrites`."""
        read = self._session.get_one(MessageRow, message)
        read.reading_until = lease_until
        if sha256 is None:
            read.body_tries += 1
            return read.body_tries
        mine = select(DocumentRow).where(DocumentRow.message_row == message, DocumentRow.sha256 == sha256)
        tries = 0
        for row in self._session.exec(mine):
            row.tries += 1
            tries = max(tries, row.tries)
        return tries

    def write_body(self, message: int, text: str) -> None:
        """See `paper_ledger.PaperWrites`."""
        self._session.merge(BodyRow(message_row=message, text=storable(text)))
        self._session.flush()

    def end_reading(self, message: int) -> None:
        """See `paper_ledger.PaperWrites`."""
        row = self._session.get_one(MessageRow, message)
        row.read_at, row.reading_until = self._now, None
        self._session.flush()
        self._note_statuses(message)
        if row.submission_id is not None:
            self._session.get_one(SubmissionRow, row.submission_id).papers_version = 0
        self._session.flush()

    def write_paper(self, sha256: str, paper: Paper) -> None:
        """See `paper_ledger.PaperWrites`; two may have read the same bytes in different messages."""
        if sha256 in self.papers_known([sha256]):
            return
        self._session.add(paper_row(sha256, paper, self._now))
        self._session.flush()
        self._session.add_all(
            PageRow(sha256=sha256, number=number, text=storable(text))
            for number, text in enumerate(paper.pages, start=1)
        )
        self._session.flush()

    def _note_statuses(self, message: int) -> None:
        """A document is what the reading of its bytes says; what is inline or quarantined stays that."""
        mine = select(DocumentRow, PaperRow).where(
            DocumentRow.message_row == message,
            DocumentRow.status == "unread",
            col(PaperRow.sha256) == DocumentRow.sha256,
        )
        for document, paper in self._session.exec(mine):
            document.status = paper.status

    def unchecked_items(self, *, limit: int) -> tuple[int, ...]:
        """See `paper_ledger.PaperWrites`."""
        unread = select(MessageRow.submission_id).where(
            col(MessageRow.read_at).is_(None),
            col(MessageRow.status).in_(_READ),
            col(MessageRow.submission_id).is_not(None),
        )
        waiting = select(SubmissionRow.id).where(UNCHECKED, col(SubmissionRow.id).not_in(unread))
        found = self._session.exec(waiting.order_by(col(SubmissionRow.id)).limit(limit))
        return tuple(one for one in found if one is not None)

    def item_papers(self, submission: int) -> ItemPapers:
        """See `paper_ledger.PaperWrites`."""
        row = self._session.get(SubmissionRow, submission)
        if row is None:
            raise NotFoundError(f"there is no submission {submission}")
        flags = self._session.exec(select(FlagRow.name, FlagRow.message_row).where(FlagRow.submission_id == submission))
        return ItemPapers(
            clocked=clocked(row),
            account=row.account,
            entry_number=row.entry_number,
            state=row.state,
            is_read=row.state != ItemState.ASSEMBLING,
            staff_dated=row.entry_date_basis == "staff",
            papers=self._papers_of(submission),
            flags=frozenset(flags.all()),
        )

    def _papers_of(self, submission: int) -> tuple[FiledPaper, ...]:
        mine = (
            select(DocumentRow, PaperRow)
            .join(MessageRow, col(MessageRow.id) == DocumentRow.message_row)
            .outerjoin(PaperRow, col(PaperRow.sha256) == DocumentRow.sha256)
            .where(
                MessageRow.submission_id == submission,
                col(MessageRow.status).in_(_READ),
                col(DocumentRow.status).not_in(UNCOUNTED),
            )
            .order_by(col(DocumentRow.message_row), col(DocumentRow.position))
        )
        return tuple(
            FiledPaper(message=document.message_row, paper=paper_of(paper) or _unopened(document))
            for document, paper in self._session.exec(mine)
        )

    def note_check(
        self, submission: int, *, raises: Sequence[tuple[str, int]], drops: Sequence[tuple[str, int]]
    ) -> None:
        """See `paper_ledger.PaperWrites`; its version stays, since no act of staff is made wrong by advice."""
        row = self._session.get_one(SubmissionRow, submission)
        row.papers_version = row.version
        for name, message in drops:
            self._session.delete(self._session.get_one(FlagRow, (submission, name, message)))
        for name, message in raises:
            self._session.merge(FlagRow(submission_id=submission, name=name, message_row=message))
        if raises or drops:
            row.updated_at = self._now
            detail = {"raised": [name for name, _ in raises], "dropped": [name for name, _ in drops]}
            self._history.add("papers-compared", at=self._now, submission=submission, detail=detail)

    def note_found_date(self, submission: int, day: date | None) -> None:
        """See `paper_ledger.PaperWrites`."""
        row = self._session.get_one(SubmissionRow, submission)
        detail = {
            "from": row.entry_date.isoformat() if row.entry_date else None,
            "to": day.isoformat() if day else None,
        }
        row.entry_date, row.entry_date_basis = day, "papers" if day else None
        row.updated_at = self._now
        self._history.add("entry-date-found", at=self._now, submission=submission, detail=detail)


def _unopened(document: DocumentRow) -> Paper:
    return Paper(status="unreadable") if document.status == "unreadable" else NOT_LOOKED_INTO
