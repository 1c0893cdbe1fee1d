"""Reads and writes of how the program fares."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, func, text
from sqlmodel import Session, col, select

from cee_mailbot.domain.alarms import Alarm, RefusedAddress, ToldAlarm
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.store.partial_indexes import HELD, REJECTED
from cee_mailbot.store.reply_ledger import IN_LINE
from cee_mailbot.store.tables import HistoryRow, MessageRow, ReplyRow, SubmissionRow
from cee_mailbot.store.texts import storable
from cee_mailbot.store.watch_tables import AlarmAddressRow, AlarmRow, CensusRow
from cee_mailbot.watch_ledger import Figures

_LATELY = 200  # rows in which a clock that runs ahead of ours would show


class WatchRegister:
    """See `watch_ledger.WatchQuestions`."""

    _session: Session

    def figures(self, now: datetime) -> Figures:
        """See `watch_ledger.WatchQuestions`."""
        newest = self._session.exec(select(CensusRow).order_by(col(CensusRow.id).desc()).limit(1)).first()
        in_line = col(ReplyRow.state).in_(IN_LINE)
        return Figures(
            items=self._pairs(SubmissionRow.team, SubmissionRow.state),
            messages=self._pairs(MessageRow.mailbox, MessageRow.status),
            rejected=self._reasons(MessageRow.reasons, REJECTED),
            replies=dict(self._session.exec(select(ReplyRow.state, func.count()).group_by(ReplyRow.state)).all()),
            withheld=self._reasons(ReplyRow.reasons, ReplyRow.state == ReplyState.WITHHELD),
            oldest_due=self._session.exec(select(func.min(ReplyRow.due_at)).where(in_line)).one(),
            held_since=self._session.exec(select(func.min(MessageRow.first_seen_at)).where(HELD)).one(),
            skew=self._skew(now),
            census=newest.result if newest else None,
        )

    def database_bytes(self) -> int:
        """See `watch_ledger.WatchQuestions`."""
        if self._session.get_bind().dialect.name == "sqlite":
            asked = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        else:
            asked = "SELECT pg_database_size(current_database())"
        return int(self._session.execute(text(asked)).scalar_one())

    def told_alarms(self) -> tuple[ToldAlarm, ...]:
        """See `watch_ledger.WatchQuestions`."""
        rows = self._session.exec(select(AlarmRow).order_by(AlarmRow.reason, AlarmRow.subject))
        return tuple(
            ToldAlarm(alarm=Alarm(reason=row.reason, subject=row.subject, words=row.words), told_at=row.told_at)
            for row in rows
        )

    def refused_addresses(self) -> tuple[RefusedAddress, ...]:
        """See `watch_ledger.WatchQuestions`."""
        rows = self._session.exec(select(AlarmAddressRow).order_by(AlarmAddressRow.address))
        return tuple(RefusedAddress(address=row.address, since=row.since, words=row.words) for row in rows)

    def _pairs(self, one: Any, other: Any) -> dict[tuple[str, str], int]:
        found = self._session.exec(select(one, other, func.count()).group_by(one, other))
        return {(first, second): number for first, second, number in found}

    def _reasons(self, column: Any, condition: Any) -> dict[str, int]:
        written = cast(column, String)
        counts: Counter[str] = Counter()
        wanted = select(written, func.count()).where(condition).group_by(written)
        for reasons, number in self._session.exec(wanted):
            counts.update(dict.fromkeys(json.loads(reasons or "[]"), number))
        return dict(counts)

    def _skew(self, now: datetime) -> timedelta:
        """By how much mail seen of late arrived after it was seen, or the history is ahead of now; never negative."""
        lately = select(MessageRow.arrived_at, MessageRow.first_seen_at).order_by(col(MessageRow.id).desc())
        ahead = [
            arrived - seen
            for arrived, seen in self._session.exec(lately.limit(_LATELY))
            if now - seen < timedelta(days=1)
        ]
        newest = self._session.exec(select(HistoryRow.at).order_by(col(HistoryRow.id).desc()).limit(1)).first()
        back = [newest - now] if newest else []
        return max([timedelta(0), *ahead, *back])


class WatchLedger:
    """See `watch_ledger.WatchWrites`."""

    _session: Session
    _now: datetime

    def note_told(self, told: Collection[Alarm], ended: Collection[Alarm]) -> None:
        """See `watch_ledger.WatchWrites`."""
        for alarm in told:
            row = self._session.get(AlarmRow, (alarm.reason, alarm.subject))
            if row is None:
                row = AlarmRow(reason=alarm.reason, subject=alarm.subject, since=self._now, told_at=self._now, words="")
            row.told_at, row.words = self._now, storable(alarm.words)
            self._session.add(row)
        for alarm in ended:
            gone = self._session.get(AlarmRow, (alarm.reason, alarm.subject))
            if gone is not None:
                self._session.delete(gone)

    def note_refused(self, refused: Mapping[str, str], reached: Collection[str]) -> None:
        """See `watch_ledger.WatchWrites`."""
        for address, words in refused.items():
            row = self._session.get(AlarmAddressRow, address)
            row = row or AlarmAddressRow(address=address, since=self._now, words="")
            row.words = storable(words)
            self._session.add(row)
        for address in reached:
            gone = self._session.get(AlarmAddressRow, address)
            if gone is not None:
                self._session.delete(gone)
