"""Submissions by what they are known by: a key, or a tracking number."""

from sqlmodel import Session, col, select

from cee_mailbot.domain.submission import Key, key_of_fields
from cee_mailbot.errors import NotFoundError
from cee_mailbot.store.tables import SubmissionRow
from cee_mailbot.store.texts import storable


def submissions_of(session: Session, key: Key) -> list[SubmissionRow]:
    """The submissions of a key that were joined into no other, oldest first."""
    query = select(SubmissionRow).where(
        SubmissionRow.code == key.code,
        SubmissionRow.entry_number == key.entry_number,
        SubmissionRow.sender_key == storable(key.sender),
        col(SubmissionRow.joined_into).is_(None),
    )
    rows = session.exec(query.order_by(col(SubmissionRow.id))).all()
    return [row for row in rows if key_of_row(row).account == key.account]


def key_of_row(row: SubmissionRow) -> Key:
    """The key by which later mail finds this submission."""
    return key_of_fields(code=row.code or "", entry_number=row.entry_number, account=row.account, sender=row.sender_key)


def item_row(session: Session, tracking: str) -> SubmissionRow:
    """The submission of a tracking number, in letters of either case. Raises `NotFoundError`."""
    row = session.exec(select(SubmissionRow).where(SubmissionRow.tracking == tracking.upper())).first()
    if row is None:
        raise NotFoundError(f"there is no item {tracking}; `cee-mailbot queue list` shows all")
    return row
