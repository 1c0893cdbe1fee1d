"""Writes of the outbox: replies, tries, limits and the breaker."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, true, update
from sqlmodel import Session, col, or_, select

from cee_mailbot.domain.answering import HOUR, UNLIMITED, ReplyTraffic
from cee_mailbot.domain.reply import CANCELLABLE, RETRIABLE, ReplyKind, ReplyState
from cee_mailbot.domain.work_item import SYSTEM
from cee_mailbot.errors import NotAllowedError, NotFoundError
from cee_mailbot.interfaces import Letter
from cee_mailbot.ledger import NewReply
from cee_mailbot.sending import LONGEST_RETRY, Attempt, DueReply
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.tables import AttemptRow, BreakerRow, ReplyRow
from cee_mailbot.store.texts import storable
from parsers.addresses import address_key

DAY = timedelta(days=1)
WEEK_HOURS = 7 * 24

TRIED = (ReplyState.RETRYING, ReplyState.UNCERTAIN)
IN_LINE = (ReplyState.QUEUED, ReplyState.DELAYED, *TRIED)
SET_BACK = timedelta(hours=1)  # a clock that is set right by less is waited for


def check_cancellable(row: ReplyRow) -> None:
    """Whether the reply has certainly not left. Raises `NotAllowedError`."""
    if row.state not in CANCELLABLE:
        raise NotAllowedError(f"reply {row.id} is {row.state}; only {', '.join(CANCELLABLE)} can be cancelled")
    if row.lease_until is not None:
        raise NotAllowedError(f"reply {row.id} is being sent and may have left; look again in a few minutes")


class ReplyLedger:
    """The part of a unit of work that concerns replies."""

    _session: Session
    _history: HistoryWriter
    _now: datetime

    def traffic(self, to: str, thread: str) -> ReplyTraffic:
        """See `ledger.UnitOfWork`."""
        limited: list[Any] = [col(ReplyRow.kind).not_in(UNLIMITED), ReplyRow.state != ReplyState.WITHHELD]
        to_sender = ReplyRow.addressee == address_key(to)
        due = select(ReplyRow.due_at).where(*limited, to_sender, ReplyRow.due_at > self._now - HOUR)
        # None is due before it was written: by that the index finds those of the day among all of a sender's.
        of_the_day = [to_sender, ReplyRow.due_at > self._now - DAY, ReplyRow.written_at > self._now - DAY]
        same = select(func.count()).where(*limited, *of_the_day, ReplyRow.thread == storable(thread))
        hour = select(func.count()).where(*limited, ReplyRow.written_at > self._counted_since())
        week = select(func.count()).where(*limited, ReplyRow.written_at > self._now - WEEK_HOURS * HOUR)
        return ReplyTraffic(
            due_to_sender=tuple(self._session.exec(due.order_by(col(ReplyRow.due_at)))),
            same_subject_day=self._session.exec(same).one(),
            last_hour=self._session.exec(hour).one(),
            usual_hour=self._session.exec(week).one() / WEEK_HOURS,
            breaker_open=self._open_breaker_row() is not None,
        )

    def _counted_since(self) -> datetime:
        """An hour ago, or when staff last reset the breaker: what opened it before must not open it again."""
        reset = self._session.exec(select(func.max(BreakerRow.closed_at))).one()
        return max(self._now - HOUR, reset) if reset else self._now - HOUR

    def _open_breaker_row(self) -> BreakerRow | None:
        return self._session.exec(select(BreakerRow).where(col(BreakerRow.closed_at).is_(None)).limit(1)).first()

    def answered_lately(self, submission: int, kind: ReplyKind, period: timedelta) -> bool:
        """See `ledger.UnitOfWork`."""
        query = select(ReplyRow.id).where(
            ReplyRow.submission_id == submission, ReplyRow.kind == kind, ReplyRow.written_at > self._now - period
        )
        return self._session.exec(query.limit(1)).first() is not None

    def open_breaker(self) -> None:
        """See `ledger.UnitOfWork`."""
        if self._open_breaker_row() is None:
            self._session.add(BreakerRow(opened_at=self._now))
            self._history.add("breaker-opened", at=self._now)

    def close_breaker(self, *, actor: str) -> bool:
        """See `ledger.UnitOfWork`."""
        row = self._open_breaker_row()
        if row is None:
            return False
        row.closed_at, row.closed_by = self._now, actor
        self._history.add("breaker-closed", at=self._now, actor=actor)
        return True

    def _write_reply(self, reply: NewReply | None, *, message: int, submission: int | None) -> None:
        if reply is None:
            return
        row = ReplyRow(
            event=reply.event,
            kind=reply.kind,
            mailbox=reply.mailbox,
            message_row=message,
            submission_id=submission,
            to=reply.letter.to,
            addressee=address_key(reply.letter.to),
            return_path=reply.letter.return_path,
            subject=storable(reply.subject),
            thread=storable(reply.thread),
            message_id=reply.message_id,
            in_reply_to=reply.in_reply_to,
            raw=reply.letter.raw,
            state=reply.state,
            reasons=list(reply.reasons),
            written_at=self._now,
            due_at=reply.due_at,
            next_try_at=None if reply.state is ReplyState.WITHHELD else reply.due_at,
        )
        self._session.add(row)
        self._session.flush()
        self._history.add(
            f"reply-{reply.state}",
            at=self._now,
            submission=submission,
            message=message,
            reply=row.id,
            detail={"kind": reply.kind, "reasons": list(reply.reasons)},
        )

    def claim_replies(self, *, limit: int, lease_until: datetime) -> tuple[DueReply, ...]:
        """See `ledger.UnitOfWork`."""
        self._put_clock_right()
        stopped = self._open_breaker_row() is not None
        query = (
            select(ReplyRow)
            .where(
                or_(*([] if stopped else [true()]), col(ReplyRow.kind).in_(UNLIMITED)),
                col(ReplyRow.state).in_(IN_LINE),
                col(ReplyRow.next_try_at) <= self._now,
                or_(
                    col(ReplyRow.lease_until).is_(None),
                    col(ReplyRow.lease_until) <= self._now,
                    col(ReplyRow.lease_until) > lease_until + SET_BACK,
                ),
            )
            .order_by(col(ReplyRow.next_try_at), col(ReplyRow.id))
            .limit(limit)
        )
        return tuple(self._claim(row, lease_until) for row in self._session.exec(query).all())

    def _put_clock_right(self) -> None:
        """What was written or put off by a clock that was ahead waits no longer than our clock could have it wait."""
        now = update(ReplyRow).values(next_try_at=self._now)
        written = now.where(col(ReplyRow.written_at) > self._now + SET_BACK)
        self._session.exec(written.where(col(ReplyRow.state).in_(IN_LINE), col(ReplyRow.next_try_at) > self._now))
        far = col(ReplyRow.next_try_at) > self._now + LONGEST_RETRY * 2
        self._session.exec(now.where(col(ReplyRow.state).in_(TRIED), far))

    def _claim(self, row: ReplyRow, lease_until: datetime) -> DueReply:
        if row.lease_until is not None:
            self._note_lost_answer(row)
        row.lease_until = lease_until
        return DueReply(
            id=row.id or 0,
            kind=ReplyKind(row.kind),
            mailbox=row.mailbox,
            message_id=row.message_id,
            in_reply_to=row.in_reply_to,
            letter=Letter(return_path=row.return_path, to=row.to, raw=row.raw),
            attempts=row.attempts,
            due_at=row.due_at,
        )

    def _note_lost_answer(self, row: ReplyRow) -> None:
        """The bot ended between sending and writing it down: the server may have the reply or not."""
        row.state = ReplyState.UNCERTAIN
        row.attempts += 1
        detail = "the bot ended before the answer of the mail server was written down"
        self._session.add(AttemptRow(reply_id=row.id or 0, at=self._now, state=row.state, detail=detail))
        self._history.add("reply-uncertain", at=self._now, submission=row.submission_id, reply=row.id)

    def give_back(self, reply_ids: Collection[int]) -> None:
        """See `ledger.UnitOfWork`."""
        self._session.exec(update(ReplyRow).where(col(ReplyRow.id).in_(reply_ids)).values(lease_until=None))

    def note_attempt(self, attempt: Attempt) -> None:
        """See `ledger.UnitOfWork`."""
        row = self._reply_row(attempt.reply)
        row.attempts += 1
        # Another sender may have got it through after this one's claim ran out: what is sent stays sent, and what
        # has come back was.
        if row.state not in (ReplyState.SENT, ReplyState.UNDELIVERABLE):
            row.state = attempt.state
            row.next_try_at = attempt.next_try_at
            row.lease_until = None
            row.sent_at = attempt.at if attempt.state is ReplyState.SENT else None
        self._session.add(
            AttemptRow(reply_id=attempt.reply, at=attempt.at, state=attempt.state, detail=storable(attempt.detail))
        )
        self._history.add(
            f"reply-{attempt.state}",
            at=attempt.at,
            submission=row.submission_id,
            message=row.message_row,
            reply=row.id,
        )

    def retry_reply(self, reply_id: int, *, actor: str) -> None:
        """See `ledger.UnitOfWork`."""
        row = self._reply_row(reply_id)
        if row.state not in RETRIABLE:
            raise NotAllowedError(f"reply {reply_id} is {row.state}; only {', '.join(RETRIABLE)} can be tried again")
        row.state = ReplyState.QUEUED
        row.next_try_at = row.due_at = self._now  # a claim stays: what it was claimed for may be under way
        self._history.add("reply-retried", at=self._now, actor=actor, submission=row.submission_id, reply=row.id)

    def cancel_reply(self, reply_id: int, *, actor: str) -> None:
        """See `desk_ledger.DeskLedger`."""
        row = self._reply_row(reply_id)
        check_cancellable(row)
        row.state, row.next_try_at = ReplyState.CANCELLED, None
        self._history.add("reply-cancelled", at=self._now, actor=actor, submission=row.submission_id, reply=row.id)

    def _cancel_unsent(self, submission: int, kind: ReplyKind) -> None:
        """Takes back what no longer holds; one that is being sent may have left."""
        unsent = select(ReplyRow).where(
            ReplyRow.submission_id == submission,
            ReplyRow.kind == kind,
            col(ReplyRow.state).in_(CANCELLABLE),
            col(ReplyRow.lease_until).is_(None),
        )
        for row in self._session.exec(unsent).all():
            self.cancel_reply(row.id or 0, actor=SYSTEM)

    def _reply_row(self, reply_id: int) -> ReplyRow:
        row = self._session.get(ReplyRow, reply_id)
        if row is None:
            raise NotFoundError(f"there is no reply {reply_id}; `cee-mailbot replies list` shows all")
        return row
