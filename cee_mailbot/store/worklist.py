"""The queue page by keyset: each page is found by an index where the one before ended, however long the queue is.

Every team is asked by itself, since an index can keep the items of one team in order, and not those of several; the
rows are then merged.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import Session, col, select

from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import UserError
from cee_mailbot.questions import WORKLIST_SORTS, Mark, WorklistQuery
from cee_mailbot.store.conditions import contains, equal, has_tag, tagged
from cee_mailbot.store.partial_indexes import OPEN
from cee_mailbot.store.search import Search, terms_of
from cee_mailbot.store.tables import FlagRow, SubmissionRow

_LAST = datetime.max.replace(tzinfo=UTC)


def worklist_rows(
    session: Session, search: Search, query: WorklistQuery
) -> tuple[Sequence[SubmissionRow], Mark | None]:
    """The rows of a page in order, and its end where another page follows.

    Raises `UserError` for a sort that there is none of.
    """
    columns, falling = _sort(query.sort)
    like = _conditions(query, search)
    found = [row for team in query.teams for row in _rows_of(session, team, query, like, falling=falling)]
    found.sort(key=lambda row: _place(row, columns), reverse=falling)
    page = found[: query.limit]
    more = len(found) > query.limit
    last = page[-1] if page and more else None
    return page, _mark_at(last, columns) if last else None


def count_worklist(session: Session, search: Search, query: WorklistQuery) -> int:
    """How many items the query has, counted up to its limit."""
    conditions = [col(SubmissionRow.team).in_(query.teams), *_conditions(query, search)]
    rows = select(SubmissionRow.id).where(*conditions).limit(query.limit).subquery()
    return session.exec(select(func.count()).select_from(rows)).one()


def count_before(session: Session, search: Search, query: WorklistQuery) -> int:
    """How many rows of the query come before its page, counted up to its limit; by the index that finds a page."""
    if query.after is None:
        return 0
    columns, falling = _sort(query.sort)
    like, count = _conditions(query, search), 0
    for team in query.teams:
        for limits in _runs_before(query.after, columns, falling=falling):
            conditions = [SubmissionRow.team == team, *like, *limits]
            rows = select(SubmissionRow.id).where(*conditions).limit(query.limit - count).subquery()
            count += session.exec(select(func.count()).select_from(rows)).one()
    return count


def every_row(session: Session, search: Search, query: WorklistQuery) -> Iterator[Sequence[SubmissionRow]]:
    """All rows of the query in order, in runs; of each team no more are read at a time than the query's limit."""
    columns, falling = _sort(query.sort)
    like = _conditions(query, search)
    teams = [_every_row_of(session, team, query, like, falling=falling) for team in query.teams]
    merged = heapq.merge(*teams, key=lambda row: _place(row, columns), reverse=falling)
    while run := list(islice(merged, query.limit)):
        yield run


def _every_row_of(
    session: Session, team: str, query: WorklistQuery, like: Sequence[Any], *, falling: bool
) -> Iterator[SubmissionRow]:
    columns, _ = _sort(query.sort)
    while True:
        rows = list(_rows_of(session, team, query, like, falling=falling))
        yield from rows[: query.limit]
        if len(rows) <= query.limit:
            return
        query = replace(query, after=_mark_at(rows[query.limit - 1], columns))


def _mark_at(row: SubmissionRow, columns: Sequence[str]) -> Mark:
    return Mark(at=tuple(getattr(row, name) for name in columns), row=row.id or 0)


def _sort(sort: str) -> tuple[tuple[str, ...], bool]:
    name = sort.removeprefix("-")
    if name not in WORKLIST_SORTS:
        raise UserError(f"the list can't be sorted by {sort!r}; use one of {', '.join(WORKLIST_SORTS)}")
    return WORKLIST_SORTS[name], sort.startswith("-")


def _place(row: SubmissionRow, columns: Sequence[str]) -> tuple[Any, ...]:
    """Where a row stands among others; one without a due date stands last, or first when the order is reversed."""
    return (*(getattr(row, name) or _LAST for name in columns), row.id or 0)


def _rows_of(
    session: Session, team: str, query: WorklistQuery, like: Sequence[Any], *, falling: bool
) -> Iterator[SubmissionRow]:
    """The first rows of one team after the mark, one more than a page holds."""
    wanted = query.limit + 1
    columns, _ = _sort(query.sort)
    conditions = [SubmissionRow.team == team, *like]
    for order, limits in _runs(query.after, columns, falling=falling):
        fields = [col(getattr(SubmissionRow, name)) for name in order] + [col(SubmissionRow.id)]
        sorted_by = [field.desc() if falling else field.asc() for field in fields]
        some = session.exec(select(SubmissionRow).where(*conditions, *limits).order_by(*sorted_by).limit(wanted)).all()
        yield from some
        wanted -= len(some)
        if wanted <= 0:
            return


def _runs(
    after: Mark | None, columns: tuple[str, ...], *, falling: bool
) -> Iterator[tuple[tuple[str, ...], list[ColumnElement[bool]]]]:
    """The order and the conditions of each run of rows: those with a due date and those without are two."""
    if columns[0] != "due":
        yield columns, _beyond(after.at, after.row, columns, falling=falling) if after else []
        return
    due = col(SubmissionRow.due)
    undated = bool(after and after.at[0] is None)
    runs = [(columns, due.is_not(None), False), (columns[1:], due.is_(None), True)]
    for order, which, is_undated in reversed(runs) if falling else runs:
        if after is None or undated == is_undated:
            at = () if after is None else after.at[1:] if is_undated else after.at
            beyond = _beyond(at, after.row, order, falling=falling) if after else []
            yield order, [which, *beyond]
        elif undated == falling:
            yield order, [which]


def _runs_before(after: Mark, columns: tuple[str, ...], *, falling: bool) -> Iterator[list[ColumnElement[bool]]]:
    """The conditions of each run of rows up to the mark, its own row included."""
    if columns[0] != "due":
        yield [_up_to(after.at, after.row, columns, falling=falling)]
        return
    due, undated = col(SubmissionRow.due), after.at[0] is None
    at, order = (after.at[1:], columns[1:]) if undated else (after.at, columns)
    yield [due.is_(None) if undated else due.is_not(None), _up_to(at, after.row, order, falling=falling)]
    if undated != falling:
        yield [due.is_not(None) if undated else due.is_(None)]


def _up_to(at: Sequence[datetime | None], row: int, columns: Sequence[str], *, falling: bool) -> ColumnElement[bool]:
    fields = tuple_(*(col(getattr(SubmissionRow, name)) for name in columns), col(SubmissionRow.id))
    values = tuple_(*at, row)
    return fields >= values if falling else fields <= values


def _beyond(
    at: Sequence[datetime | None], row: int, columns: Sequence[str], *, falling: bool
) -> list[ColumnElement[bool]]:
    fields = tuple_(*(col(getattr(SubmissionRow, name)) for name in columns), col(SubmissionRow.id))
    values = tuple_(*at, row)
    return [fields < values if falling else fields > values]


def _conditions(query: WorklistQuery, search: Search) -> list[Any]:
    found = equal(
        SubmissionRow,
        code=query.code,
        entry_number=query.entry,
        account=query.account,
        port=query.port,
        assignee=query.assignee,
    )
    # The literal condition is the one that the partial indexes stand for.
    found.append(OPEN if query.states is None else col(SubmissionRow.state).in_(query.states))
    if query.unclaimed:
        found += [SubmissionRow.state == ItemState.NEW, col(SubmissionRow.assignee).is_(None)]
    if query.flag is not None:
        found.append(col(SubmissionRow.id).in_(select(FlagRow.submission_id).where(FlagRow.name == query.flag)))
    if query.tag is not None:
        found.append(has_tag(query.tag) if query.states is None else tagged(query.tag))
    if query.sender is not None:
        found.append(_from(query.sender))
    return [*found, *_time_conditions(query), *([search.items(terms_of(query.text))] if query.text else [])]


def _from(sender: str) -> ColumnElement[bool]:
    if sender.startswith("@"):
        return col(SubmissionRow.sender_domain) == sender[1:].casefold()
    return contains(sender, SubmissionRow.sender)


def _time_conditions(query: WorklistQuery) -> Iterator[Any]:
    due, received = col(SubmissionRow.due), col(SubmissionRow.received_at)
    if query.dated is not None:
        yield due.is_not(None) if query.dated else due.is_(None)
    if query.due_from is not None:
        yield due >= query.due_from
    if query.due_before is not None:
        yield due < query.due_before
    if query.new_since is not None:
        # The first condition finds the few by an index.
        yield col(SubmissionRow.updated_at) > query.new_since
        entered = func.coalesce(SubmissionRow.enqueued_at, SubmissionRow.created_at)
        yield entered > query.new_since
    if query.received_from is not None:
        yield received >= query.received_from
    if query.received_before is not None:
        yield received < query.received_before
