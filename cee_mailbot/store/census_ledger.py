"""Reads and writes of the census."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from cee_mailbot.census_ledger import CountedRow, PolledMailbox
from cee_mailbot.interfaces import Handle
from cee_mailbot.store.row_facts import slices
from cee_mailbot.store.tables import MailboxRow, MessageRow
from cee_mailbot.store.watch_tables import CensusRow


class CensusRegister:
    """See `census_ledger.CensusQuestions`."""

    _session: Session

    def polled(self, mailbox: str) -> PolledMailbox | None:
        """See `census_ledger.CensusQuestions`."""
        row = self._session.get(MailboxRow, mailbox)
        if row is None:
            return None
        newest = self._session.exec(select(func.max(MessageRow.id)).where(MessageRow.mailbox == mailbox)).one()
        return PolledMailbox(activation=row.activation, polled_since=row.polled_since, newest=newest or 0)

    def delivered(self, mailbox: str, handles: Sequence[Handle]) -> dict[Handle, CountedRow]:
        """See `census_ledger.CensusQuestions`."""
        uids: dict[tuple[str, str], list[str]] = {}
        for handle in handles:
            uids.setdefault((handle.folder, handle.validity), []).append(handle.uid)
        rows = (
            row
            for (folder, validity), all_there in uids.items()
            for some in slices(all_there)
            for row in self._counted(
                mailbox, MessageRow.folder == folder, MessageRow.validity == validity, col(MessageRow.uid).in_(some)
            )
        )
        return {row.handle: row for row in rows}

    def arrived(self, mailbox: str, instants: Collection[datetime]) -> tuple[CountedRow, ...]:
        """See `census_ledger.CensusQuestions`."""
        wanted = sorted({instant.astimezone(UTC) for instant in instants})
        return tuple(
            row for some in slices(wanted) for row in self._counted(mailbox, col(MessageRow.arrived_at).in_(some))
        )

    def with_digest(self, mailbox: str, sha256: str) -> tuple[CountedRow, ...]:
        """See `census_ledger.CensusQuestions`."""
        return tuple(self._counted(mailbox, MessageRow.sha256 == sha256))

    def was_elsewhere(self, sha256: str, arrived_at: datetime, *, configured: Collection[str]) -> bool:
        """See `census_ledger.CensusQuestions`."""
        same = (MessageRow.sha256 == sha256, MessageRow.arrived_at == arrived_at.astimezone(UTC))
        rows = select(MessageRow.id).where(*same, col(MessageRow.mailbox).not_in(configured))
        return self._session.exec(rows.limit(1)).first() is not None

    def rows_after(self, mailbox: str, *, after: int, limit: int) -> tuple[CountedRow, ...]:
        """See `census_ledger.CensusQuestions`."""
        return tuple(self._counted(mailbox, col(MessageRow.id) > after, limit=limit))

    def digests_after(self, mailboxes: Sequence[str], *, after: str, limit: int) -> tuple[str, ...]:
        """See `census_ledger.CensusQuestions`."""
        statement = (
            select(MessageRow.sha256)
            .where(MessageRow.sha256 > after, col(MessageRow.mailbox).in_(mailboxes))
            .distinct()
            .order_by(MessageRow.sha256)
            .limit(limit)
        )
        return tuple(self._session.exec(statement))

    def statuses(self, mailboxes: Sequence[str]) -> dict[str, int]:
        """See `census_ledger.CensusQuestions`."""
        statement = (
            select(MessageRow.status, func.count())
            .where(col(MessageRow.mailbox).in_(mailboxes))
            .group_by(MessageRow.status)
            .order_by(MessageRow.status)
        )
        return dict(self._session.exec(statement).all())

    def last_census(self) -> dict[str, Any] | None:
        """See `census_ledger.CensusQuestions`."""
        newest = self._session.exec(select(CensusRow).order_by(col(CensusRow.id).desc()).limit(1)).first()
        return newest.result if newest else None

    def _counted(self, mailbox: str, *conditions: ColumnElement[bool] | bool, limit: int | None = None) -> list[Any]:
        statement = (
            select(
                MessageRow.id,
                MessageRow.folder,
                MessageRow.validity,
                MessageRow.uid,
                MessageRow.sha256,
                MessageRow.size,
                MessageRow.arrived_at,
                MessageRow.message_id,
                MessageRow.evidence,
            )  # type: ignore[call-overload]  # sqlmodel types select() for four columns
            .where(MessageRow.mailbox == mailbox, *conditions)
            .order_by(col(MessageRow.id))
            .limit(limit)
        )
        return [_counted_row(*found) for found in self._session.exec(statement)]


class CensusLedger(CensusRegister):
    """See `census_ledger.CensusWrites`."""

    _now: datetime

    def keep_census(self, census: Mapping[str, Any], *, clean: bool) -> None:
        """See `census_ledger.CensusWrites`."""
        self._session.add(CensusRow(at=self._now, clean=clean, result=dict(census)))


def _counted_row(  # noqa: PLR0913, PLR0917 - one column each
    row_id: int,
    folder: str,
    validity: str,
    uid: str,
    sha256: str,
    size: int,
    arrived_at: datetime,
    message_id: str | None,
    evidence: Mapping[str, Any],
) -> CountedRow:
    return CountedRow(
        id=row_id,
        handle=Handle(folder=folder, validity=validity, uid=uid),
        sha256=sha256,
        size=size,
        arrived_at=arrived_at,
        message_id=message_id,
        fragments=tuple(evidence.get("fragments", ())),
    )
