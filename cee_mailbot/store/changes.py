"""What an act of staff changed, value by value, so that it can be told and taken back exactly."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.store.tables import FlagRow, HandedOnRow, LinkRow, MessageRow, SubmissionRow, TagRow

# The columns that acts change; times and version of the row itself are no part of an act.
ITEM_COLUMNS = (
    "team",
    "state",
    "outcome",
    "assignee",
    "waiting_until",
    "closed_at",
    "due",
    "presented_at",
    "basis",
    "strength",
    "joined_into",
)
MESSAGE_COLUMNS = ("submission_id", "status")
_TIMES = frozenset({"waiting_until", "closed_at", "due", "presented_at"})
_TABLES: dict[str, type[Any]] = {"submission": SubmissionRow, "message": MessageRow}

Values = dict[str, Any]


def snapshot(session: Session, submissions: Collection[int]) -> Values:
    """Everything of these submissions that an act can change, each value under its place, as JSON can say it."""
    session.flush()
    values: Values = {}
    for row in session.exec(select(SubmissionRow).where(col(SubmissionRow.id).in_(submissions))):
        values |= {f"submission/{row.id}/{name}": _plain(getattr(row, name)) for name in ITEM_COLUMNS}
    for message in session.exec(select(MessageRow).where(col(MessageRow.submission_id).in_(submissions))):
        values |= {f"message/{message.id}/{name}": _plain(getattr(message, name)) for name in MESSAGE_COLUMNS}
    for flag in session.exec(select(FlagRow).where(col(FlagRow.submission_id).in_(submissions))):
        values[f"flag/{flag.submission_id}/{flag.name}/{flag.message_row}"] = True
    for tag in session.exec(select(TagRow).where(col(TagRow.submission_id).in_(submissions))):
        values[f"tag/{tag.submission_id}/{tag.name}"] = True
    for one in session.exec(select(HandedOnRow).where(col(HandedOnRow.submission_id).in_(submissions))):
        values[f"handed-on/{one.submission_id}/{one.team}"] = True
    linked = or_(col(LinkRow.submission_id).in_(submissions), col(LinkRow.other_id).in_(submissions))
    for link in session.exec(select(LinkRow).where(linked)):
        values[f"link/{link.submission_id}/{link.other_id}"] = link.why
    return values


def difference(before: Values, after: Values, *, made: int | None = None) -> dict[str, list[Any]]:
    """What was and what is, at each place where they differ; the row of a new submission (`made`) is left out."""
    places = [place for place in {**before, **after} if not place.startswith(f"submission/{made}/")]
    return {place: [before.get(place), after.get(place)] for place in places if before.get(place) != after.get(place)}


def submissions_in(changes: Mapping[str, list[Any]]) -> set[int]:
    """The submissions whose values these changes name."""
    found: set[int] = set()
    for place, values in changes.items():
        table, number, *rest = place.split("/")
        if table == "message":
            found |= {value for value in values if isinstance(value, int)}
        else:
            found |= {int(number), *([int(rest[0])] if table == "link" else [])}
    return found


def check(session: Session, changes: Mapping[str, list[Any]]) -> None:
    """Whether what was can be put back. Raises `NotAllowedError`, as when a value is no longer what the act gave."""
    now = snapshot(session, submissions_in(changes))
    changed = any(now.get(place) != given for place, (_, given) in changes.items())
    before = {place: was for place, (was, _) in changes.items()}
    if changed or _strands_a_part(now, before):
        raise NotAllowedError("what the last act did was changed since; change it by hand")
    _check_open(session, now, before)


def put_back(session: Session, changes: Mapping[str, list[Any]]) -> None:
    """Puts back what was, once it was checked."""
    for place, (was, _) in changes.items():
        _put(session, place, was)
    session.flush()


def _strands_a_part(now: Values, was: Values) -> bool:
    """Whether a message would wait for the rest of a set that was enqueued since: it would come to no end."""
    then = {**now, **was}
    waits = [
        place for place, value in was.items() if place.startswith("message/") and value == MessageStatus.ASSEMBLING
    ]
    sets = [then[place.replace("/status", "/submission_id")] for place in waits]
    return any(then[f"submission/{one}/state"] != ItemState.ASSEMBLING for one in sets)


def _check_open(session: Session, now: Values, was: Values) -> None:
    """No message goes back into what was closed since, where nobody would look for it."""
    then = {**now, **was}
    homes = {value for place, value in was.items() if place.startswith("message/") and place.endswith("/submission_id")}
    for one in sorted(homes):
        if then[f"submission/{one}/state"] != ItemState.CLOSED:
            continue
        row = session.get_one(SubmissionRow, one)
        into = session.get(SubmissionRow, row.joined_into) if row.joined_into is not None else None
        why = f"joined into {into.tracking} since; undo the join first" if into else "closed since; open it again first"
        raise NotAllowedError(f"{row.tracking} was {why}")


def _put(session: Session, place: str, value: Any) -> None:
    table, number, *rest = place.split("/")
    if table == "flag":
        _put_row(session, FlagRow(submission_id=int(number), name=rest[0], message_row=int(rest[1])), there=bool(value))
    elif table == "tag":
        _put_row(session, TagRow(submission_id=int(number), name=rest[0]), there=bool(value))
    elif table == "handed-on":
        _put_row(session, HandedOnRow(submission_id=int(number), team=rest[0]), there=bool(value))
    elif table == "link":
        link = LinkRow(submission_id=int(number), other_id=int(rest[0]), why=value or "")
        _put_row(session, link, there=value is not None)
    else:
        row = session.get_one(_TABLES[table], int(number))
        setattr(row, rest[0], datetime.fromisoformat(value) if value and rest[0] in _TIMES else value)


def _put_row(session: Session, row: FlagRow | HandedOnRow | LinkRow | TagRow, *, there: bool) -> None:
    merged = session.merge(row)
    if not there:
        session.flush()
        session.delete(merged)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, str) else value
