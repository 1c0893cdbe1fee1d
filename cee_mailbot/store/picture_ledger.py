"""Reads of the figures that people look at."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import String, case, cast, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.picture_ledger import DueCount, WaitingSet
from cee_mailbot.store.tables import MessageRow, SubmissionRow

_NOT_PROCESSED = (MessageStatus.REJECTED, MessageStatus.HELD)


class PictureRegister:
    """See `picture_ledger.PictureQuestions`."""

    _session: Session

    def due_counts(self, teams: Collection[str]) -> tuple[DueCount, ...]:
        """See `picture_ledger.PictureQuestions`."""
        unclaimed = func.sum(case((col(SubmissionRow.assignee).is_(None), 1), else_=0))
        by = (col(SubmissionRow.team), col(SubmissionRow.due), col(SubmissionRow.zone))
        wanted = sa_select(*by, func.count(), unclaimed).where(
            col(SubmissionRow.team).in_(teams), col(SubmissionRow.state) != ItemState.CLOSED
        )
        return tuple(
            DueCount(team=team, due=due, zone=zone, items=items, unclaimed=int(free))
            for team, due, zone, items, free in self._session.execute(wanted.group_by(*by))
        )

    def arrivals(self, mailboxes: Collection[str], since: datetime) -> tuple[tuple[datetime, str], ...]:
        """See `picture_ledger.PictureQuestions`."""
        wanted = select(MessageRow.arrived_at, MessageRow.status).where(
            col(MessageRow.mailbox).in_(mailboxes), MessageRow.arrived_at >= since
        )
        return tuple((at, status) for at, status in self._session.exec(wanted))

    def refusals(self, mailboxes: Collection[str], since: datetime) -> Mapping[tuple[str, str], int]:
        """See `picture_ledger.PictureQuestions`."""
        reasons, domain = cast(MessageRow.reasons, String), col(MessageRow.sender_domain)
        wanted = sa_select(reasons, domain, func.count()).where(
            col(MessageRow.mailbox).in_(mailboxes),
            col(MessageRow.arrived_at) >= since,
            col(MessageRow.status).in_(_NOT_PROCESSED),
        )
        counts: Counter[tuple[str, str]] = Counter()
        for text, sent_from, number in self._session.execute(wanted.group_by(reasons, domain)):
            for reason in dict.fromkeys(json.loads(text or "[]")):
                counts[reason, sent_from or ""] += number
        return counts

    def waiting_sets(self, teams: Collection[str]) -> tuple[WaitingSet, ...]:
        """See `picture_ledger.PictureQuestions`."""
        wanted = select(SubmissionRow).where(
            col(SubmissionRow.team).in_(teams), SubmissionRow.state == ItemState.ASSEMBLING
        )
        rows = self._session.exec(wanted.order_by(col(SubmissionRow.created_at)))
        return tuple(WaitingSet(tracking=row.tracking, team=row.team, since=row.created_at) for row in rows)
