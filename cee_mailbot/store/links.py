"""Which numbers belong with an item: linked submissions, and the rejects that its messages made good."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.store.row_facts import slices
from cee_mailbot.store.tables import LinkRow, MessageRow, SubmissionRow


def linked_numbers(session: Session, ids: Sequence[int | None]) -> dict[int | None, tuple[str, ...]]:
    """The tracking numbers that each of these submissions is linked with, either way, sorted."""
    found: dict[int | None, set[str]] = {}
    for some in slices(ids):
        for one, number in _pairs(session, some):
            found.setdefault(one, set()).add(number)
    return {one: tuple(sorted(numbers)) for one, numbers in found.items()}


def _pairs(session: Session, ids: Sequence[int | None]) -> Iterable[tuple[int, str]]:
    ends: tuple[tuple[Any, Any], ...] = (
        (LinkRow.submission_id, LinkRow.other_id),
        (LinkRow.other_id, LinkRow.submission_id),
    )
    for mine, theirs in ends:
        query = select(mine, SubmissionRow.tracking).join(SubmissionRow, col(SubmissionRow.id) == theirs)
        yield from session.exec(query.where(col(mine).in_(ids)))
    rejects = select(MessageRow.resent_as, MessageRow.tracking).where(
        col(MessageRow.resent_as).in_(ids), MessageRow.status == MessageStatus.REJECTED
    )
    yield from ((one, number) for one, number in session.exec(rejects) if one is not None and number)


def where_it_went(session: Session, row: SubmissionRow | None) -> SubmissionRow | None:
    """The submission that has the messages of this one now: itself, or the one that it was joined into."""
    seen: set[int | None] = set()
    while row is not None and row.joined_into is not None and row.id not in seen:
        seen.add(row.id)
        row = session.get(SubmissionRow, row.joined_into)
    return row


def made_good_by(session: Session, submission: int | None) -> Sequence[MessageRow]:
    """The rejected messages that this submission's made good, oldest first."""
    query = select(MessageRow).where(MessageRow.resent_as == submission, MessageRow.status == MessageStatus.REJECTED)
    return session.exec(query.order_by(col(MessageRow.id))).all()
