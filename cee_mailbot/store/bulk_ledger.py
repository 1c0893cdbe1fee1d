"""Writes and reads of bulk jobs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from sqlalchemy import case, delete, func, insert, update
from sqlmodel import Session, and_, col, or_, select

from cee_mailbot.bulk_ledger import (
    BULK_LEASE,
    BulkItem,
    BulkJobFacts,
    BulkReason,
    BulkRowFacts,
    BulkTask,
    NewBulkJob,
    NewBulkRow,
)
from cee_mailbot.domain.bulk import BulkRowState, BulkState
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import BusyError, NotAllowedError
from cee_mailbot.questions import WorklistQuery
from cee_mailbot.store.bulk_tables import BulkJobRow, BulkRowRow
from cee_mailbot.store.lease_ledger import has_ended
from cee_mailbot.store.row_facts import slices
from cee_mailbot.store.search import Search
from cee_mailbot.store.tables import HistoryRow, SubmissionRow
from cee_mailbot.store.texts import storable
from cee_mailbot.store.worklist import every_row

MOST_PREVIEWS = 10  # of one person that nobody has started: each may hold thousands of rows
_AT_ONCE = 500  # rows of a list
_VIEWS = ("message-viewed", "document-viewed")
_RANK = {BulkRowState.NOT_CHANGED: 0, BulkRowState.CHANGED: 1, BulkRowState.TO_DO: 2}


_NAMES = ("tracking", "version", "team", "state", "assignee", "entry_number")
_OF_ITEMS = [col(getattr(SubmissionRow, name)) for name in _NAMES]


class BulkRegister:
    """See `bulk_ledger.BulkQuestions`."""

    _session: Session
    _search: Search

    def bulk_job(self, job: int) -> BulkJobFacts | None:
        """See `bulk_ledger.BulkQuestions`."""
        row = self._session.get(BulkJobRow, job)
        return self._job_facts(row) if row is not None else None

    def bulk_jobs(self, *, person: str | None, limit: int) -> tuple[BulkJobFacts, ...]:
        """See `bulk_ledger.BulkQuestions`."""
        whose = () if person is None else (BulkJobRow.person == storable(person),)
        rows = self._session.exec(select(BulkJobRow).where(*whose).order_by(col(BulkJobRow.id).desc()).limit(limit))
        return tuple(self._job_facts(row) for row in rows.all())

    def _job_facts(self, row: BulkJobRow) -> BulkJobFacts:
        of_job = select(BulkRowRow.state, func.count()).where(BulkRowRow.job_id == row.id)
        counts = dict(self._session.exec(of_job.group_by(BulkRowRow.state)).all())
        return BulkJobFacts(
            id=row.id or 0,
            person=row.person,
            act=row.act,
            fields=row.fields_,
            search=row.search,
            more=row.more,
            undoes=row.undoes,
            state=BulkState(row.state),
            created_at=row.created_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            stopped_by=row.stopped_by,
            to_do=counts.get(BulkRowState.TO_DO, 0),
            changed=counts.get(BulkRowState.CHANGED, 0),
            not_changed=counts.get(BulkRowState.NOT_CHANGED, 0),
        )

    def bulk_rows(self, job: int, *, limit: int, offset: int = 0) -> tuple[BulkRowFacts, ...]:
        """See `bulk_ledger.BulkQuestions`."""
        rank = case({str(state): place for state, place in _RANK.items()}, value=col(BulkRowRow.state))
        wanted = select(BulkRowRow).where(BulkRowRow.job_id == job).order_by(rank, col(BulkRowRow.number))
        return tuple(
            BulkRowFacts(
                tracking=row.tracking,
                version=row.version,
                entry_number=row.entry_number,
                state=BulkRowState(row.state),
                why=row.why,
                at=row.at,
            )
            for row in self._session.exec(wanted.limit(limit).offset(offset))
        )

    def bulk_reasons(self, job: int, *, limit: int) -> tuple[BulkReason, ...]:
        """See `bulk_ledger.BulkQuestions`."""
        found = select(BulkRowRow.why, func.count()).where(
            BulkRowRow.job_id == job, BulkRowRow.state == BulkRowState.NOT_CHANGED
        )
        grouped = found.group_by(col(BulkRowRow.why)).order_by(func.count().desc(), col(BulkRowRow.why)).limit(limit)
        return tuple(BulkReason(why=why or "", items=items) for why, items in self._session.exec(grouped))

    def bulk_changed(self, job: int) -> tuple[tuple[str, int], ...]:
        """See `bulk_ledger.BulkQuestions`."""
        changed = (BulkRowRow.job_id == job, BulkRowRow.state == BulkRowState.CHANGED)
        wanted = select(BulkRowRow.tracking, BulkRowRow.version_after).where(*changed)
        rows = self._session.exec(wanted.order_by(col(BulkRowRow.number)))
        return tuple((tracking, version or 0) for tracking, version in rows)

    def bulk_items(self, trackings: Collection[str]) -> Mapping[str, BulkItem]:
        """See `bulk_ledger.BulkQuestions`."""
        columns: Any = select(*_OF_ITEMS)
        found: dict[str, BulkItem] = {}
        for some in slices([storable(one) for one in trackings]):
            rows = self._session.exec(columns.where(col(SubmissionRow.tracking).in_(some)))
            found |= {row[0]: _bulk_item(row) for row in rows}
        return found

    def bulk_list(self, query: WorklistQuery) -> tuple[BulkItem, ...]:
        """See `bulk_ledger.BulkQuestions`."""
        runs = every_row(self._session, self._search, replace(query, limit=_AT_ONCE))
        rows = islice(chain.from_iterable(runs), query.limit)
        return tuple(_bulk_item([getattr(row, name) for name in _NAMES]) for row in rows)

    def last_to_change(self, trackings: Collection[str]) -> Mapping[str, str]:
        """See `bulk_ledger.BulkQuestions`."""
        newest: dict[str, int] = {}
        for some in slices([storable(one) for one in trackings]):
            for item in (col(HistoryRow.submission_id), col(HistoryRow.other_id)):
                newer = select(SubmissionRow.tracking, func.max(HistoryRow.id))
                found = newer.join(HistoryRow, item == SubmissionRow.id)
                acts = (col(SubmissionRow.tracking).in_(some), col(HistoryRow.event).not_in(_VIEWS))
                for tracking, line in self._session.exec(found.where(*acts).group_by(SubmissionRow.tracking)):
                    newest[tracking] = max(line or 0, newest.get(tracking, 0))
        actors: dict[int, str] = {}
        for these in slices(list(newest.values())):
            lines = self._session.exec(select(HistoryRow.id, HistoryRow.actor).where(col(HistoryRow.id).in_(these)))
            actors |= {line or 0: actor for line, actor in lines}
        return {tracking: actors[line] for tracking, line in newest.items()}

    def bulk_turn(self) -> tuple[BulkTask, ...]:
        """See `bulk_ledger.BulkQuestions`."""
        open_jobs = select(BulkJobRow).where(BulkJobRow.state == BulkState.UNDER_WAY)
        jobs = self._session.exec(open_jobs.order_by(col(BulkJobRow.started_at), col(BulkJobRow.id))).all()
        return tuple(self._next_rows(jobs))

    def _next_rows(self, jobs: Sequence[BulkJobRow]) -> Iterator[BulkTask]:
        for job in jobs:
            to_do = (BulkRowRow.job_id == job.id, BulkRowRow.state == BulkRowState.TO_DO)
            row = self._session.exec(select(BulkRowRow).where(*to_do).order_by(col(BulkRowRow.number)).limit(1)).first()
            if row is None:
                continue
            zone = select(SubmissionRow.zone).where(SubmissionRow.tracking == row.tracking)
            teams = None if job.teams is None else frozenset(job.teams)
            yield BulkTask(
                job=row.job_id,
                number=row.number,
                tracking=row.tracking,
                version=row.version,
                zone=self._session.exec(zone).first() or "",
                person=Person(name=job.person, role=Role(job.role), teams=teams),
                until=job.role_until,
                act=job.act,
                fields=job.fields_,
            )


class BulkLedger(BulkRegister):
    """See `bulk_ledger.BulkWrites`."""

    _now: datetime
    _holder: str

    def add_bulk_job(self, job: NewBulkJob, rows: Sequence[NewBulkRow]) -> int:
        """See `bulk_ledger.BulkWrites`."""
        self._forget_oldest_previews(job.person.name)
        made = BulkJobRow(
            person=storable(job.person.name),
            role=job.person.role,
            teams=_teams(job.person),
            role_until=job.until,
            act=job.act,
            fields_=_storable(job.fields),
            search=storable(job.search),
            more=job.more,
            undoes=job.undoes,
            state=BulkState.PREVIEWED,
            created_at=self._now,
        )
        self._session.add(made)
        self._session.flush()
        values = [
            {
                "job_id": made.id,
                "number": number,
                "tracking": row.tracking,
                "entry_number": row.entry_number,
                "version": row.version,
                "state": BulkRowState.TO_DO if row.why is None else BulkRowState.NOT_CHANGED,
                "why": None if row.why is None else storable(row.why),
            }
            for number, row in enumerate(rows, start=1)
        ]
        if values:
            self._session.execute(insert(BulkRowRow), values)
        return made.id or 0

    def open_bulk_jobs(self, person: str) -> int:
        """See `bulk_ledger.BulkWrites`."""
        mine = (BulkJobRow.person == storable(person), BulkJobRow.state == BulkState.UNDER_WAY)
        return self._session.exec(select(func.count()).select_from(BulkJobRow).where(*mine)).one()

    def _forget_oldest_previews(self, person: str) -> None:
        mine = (BulkJobRow.person == storable(person), BulkJobRow.state == BulkState.PREVIEWED)
        newest = select(BulkJobRow.id).where(*mine).order_by(col(BulkJobRow.id).desc())
        self._forget(self._session.exec(newest.offset(MOST_PREVIEWS - 1)).all())

    def start_bulk_job(self, job: int, fields: Mapping[str, str], *, person: Person, until: datetime | None) -> None:
        """See `bulk_ledger.BulkWrites`."""
        row = self._in_state(job, BulkState.PREVIEWED)
        row.state, row.started_at, row.fields_ = BulkState.UNDER_WAY, self._now, _storable(fields)
        row.role, row.teams, row.role_until = person.role, _teams(person), until

    def stop_bulk_job(self, job: int, *, actor: str) -> None:
        """See `bulk_ledger.BulkWrites`."""
        row = self._in_state(job, BulkState.UNDER_WAY)
        row.state, row.ended_at, row.stopped_by = BulkState.STOPPED, self._now, storable(actor)
        row.lease_holder = row.lease_until = None
        to_do = and_(col(BulkRowRow.job_id) == job, col(BulkRowRow.state) == BulkRowState.TO_DO)
        why = f"stopped by {row.stopped_by} before its turn"
        left = update(BulkRowRow).where(to_do).values(state=BulkRowState.NOT_CHANGED, why=why, at=self._now)
        self._session.execute(left, execution_options={"synchronize_session": False})

    def stop_all_bulk_jobs(self, *, actor: str) -> None:
        """See `bulk_ledger.BulkWrites`."""
        for job in self._session.exec(select(BulkJobRow.id).where(BulkJobRow.state == BulkState.UNDER_WAY)).all():
            self.stop_bulk_job(job or 0, actor=actor)

    def _in_state(self, job: int, state: BulkState) -> BulkJobRow:
        row = self._session.get_one(BulkJobRow, job)
        if row.state != state:
            raise NotAllowedError(f"bulk job {job} is {row.state}, which does not allow this; look at it again")
        return row

    def take_bulk_row(self, task: BulkTask) -> None:
        """See `bulk_ledger.BulkWrites`."""
        job, row = (
            self._session.get(BulkJobRow, task.job),
            self._session.get(BulkRowRow, (task.job, task.number)),
        )
        if job is None or row is None or (job.state, row.state) != (BulkState.UNDER_WAY, BulkRowState.TO_DO):
            raise BusyError(f"row {task.number} of bulk job {task.job} is no longer to be done")
        if job.lease_holder and job.lease_until and self._is_anothers(job.lease_holder, job.lease_until):
            raise BusyError(f"bulk job {task.job} is being carried out by another process ({job.lease_holder})")
        job.lease_holder, job.lease_until = self._holder, self._now + BULK_LEASE

    def _is_anothers(self, holder: str, until: datetime) -> bool:
        # A lease that ends later than any that could be given now was given by a clock that was wrong.
        return holder != self._holder and self._now < until <= self._now + BULK_LEASE and not has_ended(holder)

    def end_bulk_row(self, task: BulkTask, why: str | None) -> bool:
        """See `bulk_ledger.BulkWrites`."""
        row = self._session.get_one(BulkRowRow, (task.job, task.number))
        row.state, row.at = (BulkRowState.CHANGED if why is None else BulkRowState.NOT_CHANGED), self._now
        row.why = None if why is None else storable(why)
        if why is None:
            version = select(SubmissionRow.version).where(SubmissionRow.tracking == row.tracking)
            row.version_after = self._session.exec(version).one()
        self._session.flush()
        left = select(BulkRowRow.number).where(BulkRowRow.job_id == task.job, BulkRowRow.state == BulkRowState.TO_DO)
        if self._session.exec(left.limit(1)).first() is not None:
            return False
        job = self._session.get_one(BulkJobRow, task.job)
        job.state, job.ended_at = BulkState.FINISHED, self._now
        job.lease_holder = job.lease_until = None
        return True

    def forget_bulk_jobs(self, *, previewed: timedelta, ended: timedelta) -> int:
        """See `bulk_ledger.BulkWrites`."""
        never_begun = and_(
            col(BulkJobRow.state) == BulkState.PREVIEWED, col(BulkJobRow.created_at) < self._now - previewed
        )
        over = col(BulkJobRow.ended_at) < self._now - ended
        return self._forget(self._session.exec(select(BulkJobRow.id).where(or_(never_begun, over))).all())

    def _forget(self, jobs: Sequence[int | None]) -> int:
        for some in slices(jobs):
            self._session.execute(delete(BulkRowRow).where(col(BulkRowRow.job_id).in_(some)))
            self._session.execute(delete(BulkJobRow).where(col(BulkJobRow.id).in_(some)))
        return len(jobs)


def _teams(person: Person) -> list[str] | None:
    return None if person.teams is None else sorted(person.teams)


def _bulk_item(row: Sequence[Any]) -> BulkItem:
    return BulkItem(**dict(zip(_NAMES, row, strict=True)))


def _storable(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: storable(value) for name, value in fields.items()}
