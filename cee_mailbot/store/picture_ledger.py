"""Reads of the figures that people look at."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, case, cast, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from cee_mailbot.domain.flow_picture import Passage
from cee_mailbot.domain.pictures import Outage
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.picture_ledger import DueCount, WaitingSet
from cee_mailbot.store.partial_indexes import OPEN
from cee_mailbot.store.tables import HistoryRow, MessageRow, ReplyRow, SubmissionRow
from cee_mailbot.store.watch_tables import OutageRow

_NOT_PROCESSED = (MessageStatus.REJECTED, MessageStatus.HELD)


class PictureRegister:
    """See `picture_ledger.PictureQuestions`."""

    _session: Session

    def due_counts(self, teams: Collection[str]) -> tuple[DueCount, ...]:
        """See `picture_ledger.PictureQuestions`."""
        unclaimed = func.sum(case((col(SubmissionRow.assignee).is_(None), 1), else_=0))
        by = (col(SubmissionRow.team), col(SubmissionRow.due))
        wanted = sa_select(*by, func.count(), unclaimed).where(
            col(SubmissionRow.team).in_(teams), col(SubmissionRow.state) != ItemState.CLOSED
        )
        return tuple(
            DueCount(team=team, due=due, items=items, unclaimed=int(free))
            for team, due, items, free in self._session.execute(wanted.group_by(*by))
        )

    def arrivals(self, mailboxes: Collection[str], since: datetime) -> tuple[tuple[datetime, str], ...]:
        """See `picture_ledger.PictureQuestions`."""
        wanted = select(MessageRow.arrived_at, MessageRow.status).where(
            col(MessageRow.mailbox).in_(mailboxes), MessageRow.arrived_at >= since
        )
        return tuple((at, status) for at, status in self._session.exec(wanted))

    def outages(self, mailboxes: Collection[str], since: datetime) -> tuple[Outage, ...]:
        """See `picture_ledger.PictureQuestions`."""
        wanted = select(OutageRow).where(col(OutageRow.mailbox).in_(mailboxes), OutageRow.ended >= since)
        rows = self._session.exec(wanted.order_by(OutageRow.mailbox, col(OutageRow.began)))
        return tuple(Outage(mailbox=row.mailbox, began=row.began, ended=row.ended) for row in rows)

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

    def older_than(self, teams: Collection[str], bounds: Sequence[datetime | None]) -> Mapping[str, tuple[int, ...]]:
        """See `picture_ledger.PictureQuestions`."""
        received = col(SubmissionRow.received_at)
        counts = [func.count() if bound is None else func.sum(case((received < bound, 1), else_=0)) for bound in bounds]
        wanted = sa_select(col(SubmissionRow.team), *counts).where(col(SubmissionRow.team).in_(teams), OPEN)
        rows = self._session.execute(wanted.group_by(col(SubmissionRow.team)))
        return {team: tuple(int(count) for count in found) for team, *found in rows}

    def completed_sets(self, teams: Collection[str], since: datetime) -> tuple[timedelta, ...]:
        """See `picture_ledger.PictureQuestions`."""
        began, entered = col(SubmissionRow.created_at), col(SubmissionRow.enqueued_at)
        wanted = select(began, entered).where(
            col(SubmissionRow.presented_at) >= since, col(SubmissionRow.team).in_(teams), entered > began
        )
        return tuple(done - start for start, done in self._session.exec(wanted) if done is not None)

    def passages(self, teams: Collection[str], since: datetime, limit: int) -> tuple[Passage, ...]:
        """See `picture_ledger.PictureQuestions`."""
        item, presented = col(SubmissionRow.id), col(SubmissionRow.presented_at)
        newest = (
            sa_select(item)
            .where(presented >= since, col(SubmissionRow.team).in_(teams), col(SubmissionRow.enqueued_at).is_not(None))
            .order_by(presented.desc())
            .limit(limit)
            .subquery()
        )
        of_those = sa_select(newest.c.id)
        sent, replied = col(ReplyRow.sent_at), col(ReplyRow.submission_id)
        acknowledged = self._firsts(
            replied, sent, replied.in_(of_those), col(ReplyRow.kind) == ReplyKind.ACKNOWLEDGEMENT
        )
        about, at = col(HistoryRow.submission_id), col(HistoryRow.at)
        claimed = self._firsts(about, at, about.in_(of_those), col(HistoryRow.event) == "claimed")
        rows = self._session.exec(select(SubmissionRow).where(item.in_(of_those)))
        return tuple(
            Passage(
                code=row.code or "",
                presented=row.presented_at,
                acknowledged=acknowledged.get(row.id),
                claimed=claimed.get(row.id),
                decided=row.closed_at,
            )
            for row in rows
        )

    def _firsts(self, by: Any, at: Any, *conditions: Any) -> dict[int | None, datetime]:
        """The first time of each, where there is one."""
        wanted = sa_select(by, func.min(at)).where(at.is_not(None), *conditions).group_by(by)
        return dict(tuple(row) for row in self._session.execute(wanted))

    def acknowledged_after(self, mailboxes: Collection[str], since: datetime, limit: int) -> tuple[timedelta, ...]:
        """See `picture_ledger.PictureQuestions`."""
        written, sent = col(ReplyRow.written_at), col(ReplyRow.sent_at)
        wanted = (
            select(MessageRow.arrived_at, sent)
            .join(ReplyRow, col(ReplyRow.message_row) == MessageRow.id)
            .where(
                written >= since,
                sent.is_not(None),
                ReplyRow.kind == ReplyKind.ACKNOWLEDGEMENT,
                col(MessageRow.mailbox).in_(mailboxes),
            )
            .order_by(written.desc())
            .limit(limit)
        )
        return tuple(done - came for came, done in self._session.exec(wanted) if done is not None)
