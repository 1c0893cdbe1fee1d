"""Which act on an item is taken back, and what stands against it: one answer for those who look and those who act."""

from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, or_, select

from cee_mailbot.domain.facts import UndoFacts
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.domain.work_item import EVENTS, REVERSIBLE, SYSTEM, UNDONE, Act
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.store import changes
from cee_mailbot.store.regrouped import check_as_made
from cee_mailbot.store.reply_ledger import check_cancellable
from cee_mailbot.store.tables import HistoryRow, ReplyRow, SubmissionRow

ACTS = {event: act for act, event in EVENTS.items() if act is not Act.NOTE}


def undoable(session: Session, submission: int, *, teams: Collection[str] | None) -> HistoryRow:
    """The line of the act that `undo` takes back. Raises `NotAllowedError` with what stands against it."""
    line = _last_act(session, submission)
    _check_teams(session, line, teams)
    if (reply := reply_of(session, line)) is not None and reply.state != ReplyState.CANCELLED:
        check_cancellable(reply)
    changes.check(session, line.detail["changes"])
    if (made := line.detail.get("made")) is not None:
        check_as_made(session, made)
    return line


def reply_of(session: Session, line: HistoryRow) -> ReplyRow | None:
    """The reply that was written with an act."""
    if (message_id := line.detail.get("reply")) is None:
        return None
    return session.exec(select(ReplyRow).where(ReplyRow.message_id == message_id)).one()


def _last_act(session: Session, submission: int) -> HistoryRow:
    concerns = or_(HistoryRow.submission_id == submission, HistoryRow.other_id == submission)
    lines = select(HistoryRow).where(concerns, HistoryRow.actor != SYSTEM, col(HistoryRow.event).in_([*ACTS, UNDONE]))
    undone: set[Any] = set()
    for line in session.exec(lines.order_by(col(HistoryRow.id).desc())):
        if line.event == UNDONE:
            undone.add(line.detail["line"])
        elif line.id not in undone:
            return _reversible(line)
    raise NotAllowedError("there is no act of staff on this item that could be undone")


def _reversible(line: HistoryRow) -> HistoryRow:
    if ACTS[line.event] not in REVERSIBLE or "changes" not in line.detail:
        raise NotAllowedError(f"the last act was {line.event!r} by {line.actor}, which can't be undone")
    return line


def _check_teams(session: Session, line: HistoryRow, teams: Collection[str] | None) -> None:
    touched = changes.submissions_in(line.detail["changes"])
    wanted = select(SubmissionRow.team).where(col(SubmissionRow.id).in_(touched)).distinct()
    if teams is not None and not set(session.exec(wanted)) <= set(teams):
        raise NotAllowedError(
            f"the last act, {line.event!r} by {line.actor}, changed an item of another team too; "
            "ask somebody who works for both"
        )


class UndoQuestions:
    """See `questions.Questions`."""

    _session: Session

    def next_undo(self, tracking: str, *, teams: Collection[str] | None = None) -> UndoFacts | None:
        """See `questions.Questions`."""
        wanted = select(SubmissionRow.id).where(SubmissionRow.tracking == tracking.upper())
        if (submission := self._session.exec(wanted).first()) is None:
            return None
        try:
            line = undoable(self._session, submission, teams=teams)
        except NotAllowedError:
            return None
        reply = reply_of(self._session, line)
        leaves = reply.next_try_at if reply is not None else None
        return UndoFacts(at=line.at, actor=line.actor, event=line.event, leaves=leaves)
