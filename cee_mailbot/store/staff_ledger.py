"""Writes and reads of what staff keep: drafts, saved lists, and who looks at which item."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, and_, col, or_, select

from cee_mailbot.domain.work_item import EVENTS, SYSTEM, UNDONE, WOKEN, Act, ItemState
from cee_mailbot.staff_ledger import TO_FILER, BackFacts, ClaimFacts, Draft, Presence, SavedView, WokenFacts
from cee_mailbot.store.account_tables import DraftRow, SavedViewRow, ViewingRow
from cee_mailbot.store.partial_indexes import OPEN
from cee_mailbot.store.tables import HistoryRow, SubmissionRow, TagRow
from cee_mailbot.store.texts import storable

FORGET_DRAFTS = timedelta(days=30)
FORGET_VIEWING = timedelta(days=1)
LOOKED_AT_FOR_TAGS = 500  # of each team: what the page offers must not cost more in a long queue


class StaffRegister:
    """See `staff_ledger.StaffQuestions`."""

    _session: Session

    def drafts(self, tracking: str, *, person: str) -> Mapping[str, Draft]:
        """See `staff_ledger.StaffQuestions`."""
        mine = (DraftRow.tracking == tracking.upper(), DraftRow.person == storable(person))
        rows = self._session.exec(select(DraftRow).where(*mine))
        return {row.kind: Draft(text=row.text, at=row.at) for row in rows}

    def saved_views(self, *, person: str) -> tuple[SavedView, ...]:
        """See `staff_ledger.StaffQuestions`."""
        shared = or_(SavedViewRow.person == storable(person), col(SavedViewRow.team).is_not(None))
        rows = self._session.exec(select(SavedViewRow).where(shared).order_by(SavedViewRow.name, col(SavedViewRow.id)))
        return tuple(_saved_view(row) for row in rows)

    def saved_view(self, view: int) -> SavedView | None:
        """See `staff_ledger.StaffQuestions`."""
        row = self._session.get(SavedViewRow, view)
        return _saved_view(row) if row is not None else None

    def claims(self, trackings: Collection[str]) -> Mapping[str, ClaimFacts]:
        """See `staff_ledger.StaffQuestions`."""
        wanted = col(SubmissionRow.tracking).in_([one.upper() for one in trackings])
        rows = self._session.exec(select(SubmissionRow).where(wanted, col(SubmissionRow.assignee).is_not(None))).all()
        since, seen = self._given(rows), self._seen(rows)
        return {
            row.tracking: ClaimFacts(
                person=row.assignee or "",
                since=since.get(row.id or 0),
                used=max(row.updated_at, seen.get(row.tracking, row.updated_at))
                if row.state == ItemState.ASSIGNED
                else None,
                zone=row.zone,
            )
            for row in rows
        }

    def _given(self, rows: Sequence[SubmissionRow]) -> dict[int, datetime]:
        """When the history last tells that each item became that of the person whose it is."""
        whose = {row.id or 0: row.assignee for row in rows}
        lines = select(HistoryRow).where(
            col(HistoryRow.submission_id).in_(whose), col(HistoryRow.event).in_((EVENTS[Act.CLAIM], EVENTS[Act.WAIT]))
        )
        found: dict[int, datetime] = {}
        for line in self._session.exec(lines.order_by(col(HistoryRow.id))):
            item = line.submission_id or 0
            _, then = line.detail.get("changes", {}).get(f"submission/{item}/assignee", (None, None))
            if then is not None and then == whose[item]:
                found[item] = line.at
        return found

    def _seen(self, rows: Sequence[SubmissionRow]) -> dict[str, datetime]:
        """When the person whose an item is was last there, looking or writing."""
        whose = {row.tracking: row.assignee for row in rows}
        looked = select(ViewingRow.tracking, ViewingRow.person, ViewingRow.at)
        written = select(DraftRow.tracking, DraftRow.person, DraftRow.at)
        found: dict[str, datetime] = {}
        for tracking, person, at in (
            *self._session.exec(looked.where(col(ViewingRow.tracking).in_(whose))),
            *self._session.exec(written.where(col(DraftRow.tracking).in_(whose))),
        ):
            if person == whose[tracking]:
                found[tracking] = max(found.get(tracking, at), at)
        return found

    def woken(self, trackings: Collection[str]) -> Mapping[str, WokenFacts]:
        """See `staff_ledger.StaffQuestions`."""
        wanted = (col(SubmissionRow.tracking).in_(trackings), SubmissionRow.state == ItemState.ASSIGNED)
        numbers = dict(self._session.exec(select(SubmissionRow.id, SubmissionRow.tracking).where(*wanted)).all())
        by_staff = and_(HistoryRow.actor != SYSTEM, col(HistoryRow.event).in_([*EVENTS.values(), UNDONE]))
        lines = select(HistoryRow).where(
            col(HistoryRow.submission_id).in_(numbers), or_(HistoryRow.event == WOKEN, by_staff)
        )
        found: dict[str, WokenFacts] = {}
        for line in self._session.exec(lines.order_by(col(HistoryRow.id))):
            tracking = numbers[line.submission_id]
            found.pop(tracking, None)
            if line.event == WOKEN:
                found[tracking] = WokenFacts(why=str(line.detail.get("why", "")), at=line.at)
        return found

    def back(self, person: str) -> Sequence[BackFacts]:
        """See `staff_ledger.StaffQuestions`."""
        woken = select(HistoryRow.id).where(HistoryRow.submission_id == SubmissionRow.id, HistoryRow.event == WOKEN)
        mine = (SubmissionRow.assignee == storable(person), SubmissionRow.state == ItemState.ASSIGNED, woken.exists())
        rows = {row.tracking: row for row in self._session.exec(select(SubmissionRow).where(*mine))}
        found = [
            BackFacts(tracking=number, entry_number=row.entry_number, team=row.team, zone=row.zone, woken=woken)
            for number, woken in self.woken(rows).items()
            for row in [rows[number]]
        ]
        return sorted(found, key=lambda one: (one.woken.at, one.tracking), reverse=True)

    def others_at(
        self, trackings: Collection[str], *, person: str, since: datetime
    ) -> Mapping[str, Sequence[Presence]]:
        """See `staff_ledger.StaffQuestions`."""
        numbers = [one.upper() for one in trackings]
        looked = select(ViewingRow).where(
            col(ViewingRow.tracking).in_(numbers), ViewingRow.person != storable(person), ViewingRow.at >= since
        )
        written = select(DraftRow.tracking, DraftRow.person).where(
            col(DraftRow.tracking).in_(numbers), col(DraftRow.kind).in_(TO_FILER), DraftRow.at >= since
        )
        writing = set(self._session.exec(written))
        found: dict[str, list[Presence]] = {}
        for row in self._session.exec(looked.order_by(ViewingRow.person)):
            present = Presence(person=row.person, writing=(row.tracking, row.person) in writing)
            found.setdefault(row.tracking, []).append(present)
        return found

    def tags_in_use(self, teams: Collection[str]) -> Sequence[str]:
        """See `staff_ledger.StaffQuestions`."""
        found: set[str] = set()
        for team in teams:
            last = select(SubmissionRow.id).where(OPEN, SubmissionRow.team == team)
            recent = last.order_by(col(SubmissionRow.updated_at).desc()).limit(LOOKED_AT_FOR_TAGS)
            found.update(
                self._session.exec(select(TagRow.name).where(col(TagRow.submission_id).in_(recent)).distinct())
            )
        return sorted(found)


class StaffLedger(StaffRegister):
    """See `staff_ledger.StaffWrites`."""

    _now: datetime

    def keep_draft(self, tracking: str, kind: str, text: str, *, person: str) -> None:
        """See `staff_ledger.StaffWrites`."""
        self._session.execute(delete(DraftRow).where(col(DraftRow.at) < self._now - FORGET_DRAFTS))
        place = {"tracking": tracking.upper(), "person": storable(person), "kind": storable(kind)}
        if text:
            self._session.merge(DraftRow(**place, text=storable(text), at=self._now))
        elif (row := self._session.get(DraftRow, tuple(place.values()))) is not None:
            self._session.delete(row)

    def save_view(self, view: SavedView) -> None:
        """See `staff_ledger.StaffWrites`."""
        self._session.add(
            SavedViewRow(
                name=storable(view.name),
                person=storable(view.person),
                team=view.team,
                search=storable(view.search),
                sort=storable(view.sort),
            )
        )

    def forget_view(self, view: int) -> None:
        """See `staff_ledger.StaffWrites`."""
        self._session.execute(delete(SavedViewRow).where(col(SavedViewRow.id) == view))

    def note_viewing(self, tracking: str, *, person: str) -> None:
        """See `staff_ledger.StaffWrites`."""
        self._session.execute(delete(ViewingRow).where(col(ViewingRow.at) < self._now - FORGET_VIEWING))
        self._session.merge(ViewingRow(tracking=tracking.upper(), person=storable(person), at=self._now))


def _saved_view(row: SavedViewRow) -> SavedView:
    return SavedView(id=row.id or 0, name=row.name, person=row.person, team=row.team, search=row.search, sort=row.sort)
