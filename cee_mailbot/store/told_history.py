"""The history of an item as those may have it who do not see every item that its lines speak of."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlmodel import Session, col, select

from cee_mailbot.domain.facts import HistoryFacts
from cee_mailbot.store.row_facts import history_facts
from cee_mailbot.store.tables import HistoryRow, MessageRow, SubmissionRow


def history_of(
    session: Session, lines: Iterable[HistoryRow], teams: Collection[str] | None
) -> tuple[HistoryFacts, ...]:
    """The lines; of what an act changed only what belongs to items of these teams, None for all.

    A join or a move between teams is one line of both items: each side has its numbers, and not the other's values.
    """
    told = tuple(history_facts(line) for line in lines)
    if teams is None:
        return told
    hidden = _hidden(session, {_owner(place) for line in told for place in _changes(line)}, teams)
    return tuple(_without(line, hidden) for line in told)


Owner = tuple[str, int]


def _changes(line: HistoryFacts) -> dict[str, object]:
    found = line.detail.get("changes")
    return found if isinstance(found, dict) else {}


def _owner(place: str) -> Owner:
    """Whose value this is: a message's or a submission's, to which flags, tags and links belong."""
    table, number, *_ = place.split("/")
    return ("message" if table == "message" else "submission", int(number))


def _hidden(session: Session, owners: Collection[Owner], teams: Collection[str]) -> set[Owner]:
    other = col(SubmissionRow.team).not_in(teams)
    items = [number for kind, number in owners if kind == "submission"]
    messages = [number for kind, number in owners if kind == "message"]
    theirs = select(SubmissionRow.id).where(col(SubmissionRow.id).in_(items), other)
    in_theirs = (
        select(MessageRow.id)
        .join(SubmissionRow, col(SubmissionRow.id) == col(MessageRow.submission_id))
        .where(col(MessageRow.id).in_(messages), other)
    )
    return {
        *(("submission", one or 0) for one in session.exec(theirs)),
        *(("message", one or 0) for one in session.exec(in_theirs)),
    }


def _without(line: HistoryFacts, hidden: set[Owner]) -> HistoryFacts:
    changes = _changes(line)
    if not any(_owner(place) in hidden for place in changes):
        return line
    left = {place: values for place, values in changes.items() if _owner(place) not in hidden}
    return replace(line, detail={**line.detail, "changes": left})
