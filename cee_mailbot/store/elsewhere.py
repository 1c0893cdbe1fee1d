"""Items that came to one Center's mailboxes, or went through its hands, and are worked by another: it sees links."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select, union

from cee_mailbot.questions import ElsewhereQuery
from cee_mailbot.store.conditions import equal
from cee_mailbot.store.partial_indexes import COPIES, OPEN
from cee_mailbot.store.tables import HandedOnRow, MessageRow, SubmissionRow


def elsewhere_rows(session: Session, query: ElsewhereQuery) -> Sequence[SubmissionRow]:
    """The rows, those presented last first."""
    conditions = [
        col(SubmissionRow.id).in_(_came_to(query)),
        # Put together with nothing, the team is looked up for the few that came: by its index all its items would be.
        col(SubmissionRow.team).concat("").in_(query.teams),
        *equal(
            SubmissionRow,
            state=query.state,
            code=query.code,
            entry_number=query.entry,
            tracking=query.tracking,
        ),
        *([OPEN] if query.state is None else []),
    ]
    latest = (col(SubmissionRow.presented_at).desc(), col(SubmissionRow.id).desc())
    return session.exec(select(SubmissionRow).where(*conditions).order_by(*latest).limit(query.limit)).all()


def _came_to(query: ElsewhereQuery) -> Any:
    """What has a copy in these mailboxes, what came to them by itself, what the teams handed on; each by an index."""
    copies = select(MessageRow.submission_id).where(col(MessageRow.mailbox).in_(query.mailboxes), COPIES)
    came = select(SubmissionRow.id).where(
        col(SubmissionRow.mailbox).in_(query.mailboxes), col(SubmissionRow.team).in_(query.teams)
    )
    through = select(HandedOnRow.submission_id).where(col(HandedOnRow.team).in_(query.through))
    return union(copies, came, through)
