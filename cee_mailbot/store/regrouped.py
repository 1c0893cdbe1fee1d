"""Messages that staff take from one submission to another."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from cee_mailbot.desk_ledger import Regrouping, Splitting
from cee_mailbot.domain.regrouping import OF_ITS_PLACE, OF_THE_WHOLE
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import Act, Closing, ItemState
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.store.tables import FlagRow, LinkRow, MessageRow, SubmissionRow, TagRow
from cee_mailbot.store.texts import storable

_CARRIED = frozenset({MessageStatus.ASSEMBLING, MessageStatus.ENQUEUED, MessageStatus.SUPPLEMENT})


def regroup(session: Session, regrouping: Regrouping, now: datetime) -> None:
    """Carries out a move or a join; a join closes what it has emptied, and links the two."""
    target = session.get_one(SubmissionRow, regrouping.target)
    status = MessageStatus.ASSEMBLING if target.state == ItemState.ASSEMBLING else MessageStatus.SUPPLEMENT
    _bring(session, regrouping.messages, regrouping.source, regrouping.target, status)
    _complete(session, target, regrouping.messages)
    if regrouping.act is Act.JOIN:
        _close(session.get_one(SubmissionRow, regrouping.source), Closing.DUPLICATE, regrouping.target, now)
        _bring_tags(session, regrouping.source, regrouping.target)
        link(session, regrouping.source, regrouping.target, "joined")


def split_off(session: Session, splitting: Splitting, now: datetime) -> int:
    """The new submission of one message; its row id."""
    source = session.get_one(SubmissionRow, splitting.source)
    message = session.get_one(MessageRow, splitting.message)
    made = _new_row(source, message, splitting, now)
    session.add(made)
    session.flush()
    submission = made.id or 0
    _bring(session, [splitting.message], splitting.source, submission, MessageStatus.ENQUEUED)
    for name in splitting.presentation.flags:
        session.merge(FlagRow(submission_id=submission, name=name, message_row=splitting.message))
    link(session, submission, splitting.source, "split")
    return submission


def close_emptied(session: Session, made: int, *, into: int, now: datetime) -> None:
    """After a split was taken back its number stays, on a closed item that holds nothing."""
    row = check_as_made(session, made)
    if session.exec(select(MessageRow.id).where(MessageRow.submission_id == made).limit(1)).first() is not None:
        raise _changed_since(row)
    _close(row, Closing.NO_ACTION, into, now)
    row.updated_at = now
    row.version += 1


def check_as_made(session: Session, made: int) -> SubmissionRow:
    """What a split made, if nothing was done with it since. Raises `NotAllowedError`."""
    row = session.get_one(SubmissionRow, made)
    if row.version != 1:
        raise _changed_since(row)
    return row


def _changed_since(row: SubmissionRow) -> NotAllowedError:
    return NotAllowedError(f"{row.tracking}, which the split made, was changed since; change it by hand")


def link(session: Session, submission: int, other: int, why: str) -> None:
    """Links two submissions, once."""
    if session.get(LinkRow, (submission, other)) is None and session.get(LinkRow, (other, submission)) is None:
        session.add(LinkRow(submission_id=submission, other_id=other, why=why))


def _close(row: SubmissionRow, outcome: Closing, into: int, now: datetime) -> None:
    row.state, row.outcome, row.closed_at, row.waiting_until = ItemState.CLOSED, outcome, now, None
    row.joined_into = into


def _bring(session: Session, messages: Sequence[int], source: int, target: int, status: MessageStatus) -> None:
    """The messages, the copies that hang on them, and their flags; letters and copies keep their status."""
    mine = or_(col(MessageRow.id).in_(messages), col(MessageRow.duplicate_of).in_(messages))
    rows = session.exec(select(MessageRow).where(mine, MessageRow.submission_id == source)).all()
    for row in rows:
        row.submission_id = target
        if row.status in _CARRIED:
            row.status = status
    _bring_flags(session, [row.id or 0 for row in rows], source, target)
    session.flush()


def _bring_flags(session: Session, messages: Collection[int], source: int, target: int) -> None:
    theirs = select(FlagRow).where(FlagRow.submission_id == source, col(FlagRow.message_row).in_(messages))
    for flag in session.exec(theirs).all():
        if flag.name in OF_THE_WHOLE:
            continue
        session.delete(flag)
        if flag.name not in OF_ITS_PLACE:
            session.merge(FlagRow(submission_id=target, name=flag.name, message_row=flag.message_row))


def _bring_tags(session: Session, source: int, target: int) -> None:
    """What staff said of an item that is emptied holds for the one that has its messages now."""
    for tag in session.exec(select(TagRow).where(TagRow.submission_id == source)).all():
        session.delete(tag)
        session.merge(TagRow(submission_id=target, name=tag.name))


def _complete(session: Session, target: SubmissionRow, brought: Sequence[int]) -> None:
    """An item that was enqueued with parts missing and has them now was completed late."""
    missing = select(FlagRow).where(FlagRow.submission_id == target.id, FlagRow.name == "parts-missing")
    flags = session.exec(missing).all()
    parts = select(MessageRow.part).where(
        MessageRow.submission_id == target.id, MessageRow.status != MessageStatus.DUPLICATE
    )
    there = set(session.exec(parts))
    if not flags or not target.parts_expected or not set(range(1, target.parts_expected + 1)) <= there:
        return
    for flag in flags:
        session.delete(flag)
    session.merge(FlagRow(submission_id=target.id or 0, name="completed-late", message_row=brought[-1]))


def _new_row(source: SubmissionRow, message: MessageRow, splitting: Splitting, now: datetime) -> SubmissionRow:
    line, shown, sender = splitting.line, splitting.presentation, message.sender or ""
    return SubmissionRow(
        tracking=splitting.tracking,
        team=source.team,
        mailbox=message.mailbox,
        state=ItemState.NEW,
        code=line.code,
        account=storable(line.account) if line.account else None,
        entry_number=str(line.entry_number) if line.entry_number else None,
        port=line.port,
        sender=sender,
        sender_domain=message.sender_domain or "",
        sender_key=storable(splitting.sender_key),
        parts_expected=line.parts,
        presented_at=shown.instant,
        zone=shown.zone,
        basis=shown.basis,
        strength=shown.strength,
        received_at=message.arrived_at,
        due=splitting.due,
        created_at=now,
        updated_at=now,
        enqueued_at=now,
    )
