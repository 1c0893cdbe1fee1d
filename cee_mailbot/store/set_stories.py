"""Reads of split submissions: a submission with its messages, and the parts that they carry."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from cee_mailbot.domain.assembly import Part, PartSet, Stage
from cee_mailbot.domain.presentation import Basis, Presentation, Strength
from cee_mailbot.domain.reply import ListedDocument, ReplyKind
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import NotFoundError
from cee_mailbot.set_ledger import Member, SetStory
from cee_mailbot.store.conditions import UNCOUNTED
from cee_mailbot.store.keyed import item_row
from cee_mailbot.store.tables import DocumentRow, FlagRow, MessageRow, ReplyRow, SubmissionRow

# These messages of a submission carry its parts; letters and machine mail do not.
_CARRY_PARTS = (
    MessageStatus.ASSEMBLING,
    MessageStatus.ENQUEUED,
    MessageStatus.SUPPLEMENT,
    MessageStatus.DUPLICATE,
)
_STAGES = {ItemState.ASSEMBLING: Stage.ASSEMBLING, ItemState.CLOSED: Stage.CLOSED}
DISPUTED = "date-disputed"
ABOUT_TIME = frozenset({DISPUTED, "two-dates"})
CONFLICT = "part-conflict"


class SetStories:
    """See `ledger.UnitOfWork` and `questions.Questions`."""

    _session: Session

    def set_story(self, submission: int) -> SetStory:
        """See `ledger.UnitOfWork`."""
        row = self._session.get(SubmissionRow, submission)
        if row is None:
            raise NotFoundError(f"there is no submission {submission}")
        members = self._members(row)
        return SetStory(
            submission=submission,
            tracking=row.tracking,
            team=row.team,
            mailbox=row.mailbox,
            members=members,
            parts=self._part_set(row, members),
            reminded=self._was_reminded(submission),
            flags=frozenset(self._session.exec(select(FlagRow.name).where(FlagRow.submission_id == submission))),
        )

    def set_of(self, tracking: str) -> SetStory:
        """See `questions.Questions`."""
        return self.set_story(item_row(self._session, tracking).id or 0)

    def _members(self, row: SubmissionRow) -> tuple[Member, ...]:
        query = (
            select(MessageRow)
            .where(MessageRow.submission_id == row.id, col(MessageRow.status).in_(_CARRY_PARTS))
            .order_by(col(MessageRow.arrived_at), col(MessageRow.id))
        )
        messages = self._session.exec(query).all()
        documents = self._documents([message.id for message in messages])
        return tuple(_member(one, documents.get(one.id, [])) for one in messages)

    def _documents(self, messages: Sequence[int | None]) -> dict[int | None, list[DocumentRow]]:
        found: dict[int | None, list[DocumentRow]] = {}
        query = select(DocumentRow).where(col(DocumentRow.message_row).in_(messages))
        for doc in self._session.exec(query.order_by(col(DocumentRow.message_row), col(DocumentRow.position))):
            found.setdefault(doc.message_row, []).append(doc)
        return found

    def _part_set(self, row: SubmissionRow, members: Sequence[Member]) -> PartSet:
        flags = set(self._session.exec(select(FlagRow.name).where(FlagRow.submission_id == row.id)))
        return PartSet(
            submission=row.id or 0,
            stage=_STAGES.get(ItemState(row.state), Stage.OPEN),
            parts=tuple(member.part for member in members),
            conflicted=CONFLICT in flags,
            parts_missing="parts-missing" in flags,
        )

    def _was_reminded(self, submission: int) -> bool:
        query = select(ReplyRow.id).where(ReplyRow.submission_id == submission, ReplyRow.kind == ReplyKind.WAITING)
        return self._session.exec(query.limit(1)).first() is not None


def _member(row: MessageRow, documents: Sequence[DocumentRow]) -> Member:
    counted = [doc for doc in documents if doc.status not in UNCOUNTED]
    return Member(
        message=row.id or 0,
        part=_part(row, counted),
        line=row.line,
        subject=row.subject,
        sender=row.sender,
        message_id=row.message_id,
        references=tuple(row.references),
        presentation=_presentation(row),
        documents=tuple(
            ListedDocument(name=doc.path, bytes=doc.size, sha256=doc.sha256, status=doc.status)
            for doc in documents
            if doc.status != "inline"
        ),
        answerable=row.answerable,
        answer_wanted=row.answer_wanted,
        came_later=row.status == MessageStatus.SUPPLEMENT,
        home=row.home,
        team=row.team,
        passed_on="transferred" in row.doubts,
    )


def _part(row: MessageRow, documents: Sequence[DocumentRow]) -> Part:
    return Part(
        message=row.id or 0,
        number=row.part,
        total=row.parts,
        sent_at=row.presented_at or row.arrived_at,
        arrived_at=row.arrived_at,
        documents=frozenset(doc.sha256 for doc in documents),
        size=sum(doc.size for doc in documents if "/" not in doc.section),
        is_copy=row.status == MessageStatus.DUPLICATE,
        copy_of=row.duplicate_of,
    )


def _presentation(row: MessageRow) -> Presentation:
    return Presentation(
        instant=row.presented_at or row.arrived_at,
        zone=row.zone or "UTC",
        basis=Basis(row.basis or Basis.ARRIVAL),
        strength=Strength(row.strength or Strength.C),
        observed=row.observed_at or row.arrived_at,
        flags=tuple(name for name in row.doubts if name in ABOUT_TIME),
    )
