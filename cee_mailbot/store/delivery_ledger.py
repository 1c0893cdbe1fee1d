"""Writes of deliveries: polls, what they found, and what has left its mailbox."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from cee_mailbot.domain.pictures import LATE_AFTER
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.interfaces import Handle
from cee_mailbot.ledger import Arrival, KeptMessage
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.kept import handle_of, kept_message
from cee_mailbot.store.row_facts import slices
from cee_mailbot.store.tables import MailboxRow, MessageRow
from cee_mailbot.store.watch_tables import OutageRow

FORGET_OUTAGES = timedelta(days=30)


class DeliveryLedger:
    """The part of a unit of work that concerns mailboxes and what lies in them."""

    _session: Session
    _history: HistoryWriter
    _now: datetime

    def begin_poll(self, mailbox: str, *, team: str, activation: datetime) -> datetime:
        """See `ledger.UnitOfWork`."""
        row = self._session.get(MailboxRow, mailbox)
        if row is None:
            row = MailboxRow(name=mailbox, team=team, activation=activation)
            self._history.add(
                "mailbox-activated", at=self._now, detail={"mailbox": mailbox, "activation": activation.isoformat()}
            )
        row.last_started = self._now
        self._session.add(row)
        return row.activation

    def end_poll(
        self, mailbox: str, *, error: str | None, began: datetime | None = None, took_all: bool = False
    ) -> None:
        """See `ledger.UnitOfWork`."""
        row = self._session.get_one(MailboxRow, mailbox)
        row.error = error
        if error is None:
            self._note_outage(row, (began or row.last_started or self._now).astimezone(UTC))
            row.last_completed = self._now
        if error is None or took_all:
            # With several pollers the last one to start need not be the one that has ended.
            since = (began or row.last_started or self._now).astimezone(UTC)
            before = row.polled_since
            # A time that has not come yet is of a clock that was ahead, and says nothing.
            row.polled_since = max(before, since) if before and before <= self._now else since

    def _note_outage(self, row: MailboxRow, began: datetime) -> None:
        """Keeps that a mailbox was not read for long before this poll, for as long as anybody is shown it."""
        last = row.last_completed
        if last is not None and began - last > LATE_AFTER:
            self._session.execute(delete(OutageRow).where(col(OutageRow.ended) < self._now - FORGET_OUTAGES))
            self._session.merge(OutageRow(mailbox=row.name, began=last, ended=began))

    def polled_since(self, mailboxes: Collection[str]) -> datetime | None:
        """See `ledger.UnitOfWork`."""
        undecided = select(MessageRow.id).where(
            col(MessageRow.mailbox).in_(mailboxes), MessageRow.status == MessageStatus.RECEIVED
        )
        if self._session.exec(undecided.limit(1)).first() is not None:
            return None
        times = self._session.exec(select(MailboxRow.polled_since).where(col(MailboxRow.name).in_(mailboxes))).all()
        known = [time for time in times if time is not None and time <= self._now]
        return min(known) if known and len(known) == len(times) else None

    def keep(self, arrivals: Sequence[Arrival]) -> tuple[KeptMessage, ...]:
        """See `ledger.UnitOfWork`."""
        rows = {
            (mailbox, handle): row
            for mailbox in {arrival.mailbox for arrival in arrivals}
            for handle, row in self._by_delivery(mailbox, [arrival.handle for arrival in arrivals]).items()
        }
        new: list[tuple[Arrival, MessageRow]] = []
        for arrival in arrivals:
            place = (arrival.mailbox, arrival.handle)
            if place not in rows:
                rows[place] = _row_of(arrival)
                new.append((arrival, rows[place]))
        self._session.add_all(row for _, row in new)
        self._session.flush()
        for arrival, row in new:
            self._history.add("received", at=arrival.first_seen_at, message=row.id, detail={"sha256": row.sha256})
            self._note_newest(arrival)
        return tuple(kept_message(rows[arrival.mailbox, arrival.handle]) for arrival in arrivals)

    def _note_newest(self, arrival: Arrival) -> None:
        mailbox = self._session.get(MailboxRow, arrival.mailbox)
        if mailbox is not None:
            mailbox.last_message = max(mailbox.last_message or arrival.arrived_at, arrival.arrived_at)

    def known(self, mailbox: str, handles: Sequence[Handle]) -> dict[Handle, KeptMessage]:
        """See `ledger.UnitOfWork`."""
        return {handle: kept_message(row) for handle, row in self._by_delivery(mailbox, handles).items()}

    def _by_delivery(self, mailbox: str, handles: Sequence[Handle]) -> dict[Handle, MessageRow]:
        uids: dict[tuple[str, str], list[str]] = {}
        for handle in handles:
            uids.setdefault((handle.folder, handle.validity), []).append(handle.uid)
        # Every column of the unique index: by uid alone, the whole history of a mailbox would be looked through.
        queries = (
            select(MessageRow).where(
                MessageRow.mailbox == mailbox,
                MessageRow.folder == folder,
                MessageRow.validity == validity,
                col(MessageRow.uid).in_(some),
            )
            for (folder, validity), all_there in uids.items()
            for some in slices(all_there)
        )
        return {handle_of(row): row for query in queries for row in self._session.exec(query)}

    def undecided(self, mailbox: str, *, after: int, limit: int) -> tuple[KeptMessage, ...]:
        """See `ledger.UnitOfWork`."""
        query = (
            select(MessageRow)
            .where(
                MessageRow.mailbox == mailbox,
                MessageRow.status == MessageStatus.RECEIVED,
                col(MessageRow.id) > after,
            )
            .order_by(col(MessageRow.id))
            .limit(limit)
        )
        return tuple(kept_message(row) for row in self._session.exec(query))

    def unsettled(self, mailbox: str) -> tuple[KeptMessage, ...]:
        """See `ledger.UnitOfWork`."""
        query = select(MessageRow).where(
            MessageRow.mailbox == mailbox,
            col(MessageRow.settled_at).is_(None),
            MessageRow.status != MessageStatus.RECEIVED,
        )
        return tuple(kept_message(row) for row in self._session.exec(query))

    def settled(self, message_ids: Collection[int]) -> None:
        """See `ledger.UnitOfWork`."""
        for some in slices(list(message_ids)):
            self._session.exec(update(MessageRow).where(col(MessageRow.id).in_(some)).values(settled_at=self._now))


def _row_of(arrival: Arrival) -> MessageRow:
    return MessageRow(
        mailbox=arrival.mailbox,
        folder=arrival.handle.folder,
        validity=arrival.handle.validity,
        uid=arrival.handle.uid,
        sha256=arrival.sha256,
        size=arrival.size,
        arrived_at=arrival.arrived_at.astimezone(UTC),
        first_seen_at=arrival.first_seen_at.astimezone(UTC),
        submitted_at=arrival.submitted_at.astimezone(UTC) if arrival.submitted_at else None,
        status=MessageStatus.RECEIVED,
    )
