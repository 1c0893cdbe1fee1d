"""One write transaction: domain values to rows and back."""

from datetime import UTC, datetime

from sqlmodel import Session

from cee_mailbot import crash
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.ledger import Outcome
from cee_mailbot.store.account_ledger import AccountLedger
from cee_mailbot.store.audit_ledger import AuditLedger
from cee_mailbot.store.bulk_ledger import BulkLedger
from cee_mailbot.store.census_ledger import CensusLedger
from cee_mailbot.store.clock_ledger import ClockLedger
from cee_mailbot.store.correspondence_ledger import CorrespondenceLedger
from cee_mailbot.store.delivery_ledger import DeliveryLedger
from cee_mailbot.store.desk_ledger import DeskLedger
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.lease_ledger import LeaseLedger
from cee_mailbot.store.message_ledger import MessageLedger
from cee_mailbot.store.paper_ledger import PaperLedger
from cee_mailbot.store.recovery_ledger import RecoveryLedger
from cee_mailbot.store.search import Search
from cee_mailbot.store.staff_ledger import StaffLedger
from cee_mailbot.store.watch_ledger import WatchLedger

# A message that says something new to an item that waits for the broker.
WAKES = frozenset({MessageStatus.SUPPLEMENT, MessageStatus.CORRESPONDENCE})


class SqlUnitOfWork(
    DeliveryLedger,
    MessageLedger,
    DeskLedger,
    ClockLedger,
    CensusLedger,
    AuditLedger,
    RecoveryLedger,
    WatchLedger,
    CorrespondenceLedger,
    LeaseLedger,
    AccountLedger,
    PaperLedger,
    StaffLedger,
    BulkLedger,
):
    """See `ledger.UnitOfWork`; lives as long as the session's transaction."""

    def __init__(self, session: Session, now: datetime, *, holder: str, search: Search) -> None:
        self._session = session
        self._search = search
        self._holder = holder
        self._now = now.astimezone(UTC)
        self._history = HistoryWriter(session)

    def write(self, outcome: Outcome) -> int | None:
        """See `ledger.UnitOfWork`: a savepoint keeps a failure to this one outcome."""
        try:
            with self._session.begin_nested():
                return self._write_all(outcome)
        except Exception:
            self._history.forget()
            raise

    def _write_all(self, outcome: Outcome) -> int | None:
        row = self._write_message(outcome)
        row.decided_at = self._now
        submission = self._write_item(outcome)
        row.submission_id = submission
        self._session.flush()
        if submission is not None:
            # A copy that came later, by whatever way, casts no doubt on the first; nor does a bounce.
            if outcome.decision.status not in (MessageStatus.DUPLICATE, MessageStatus.IGNORED):
                self._write_flags(outcome, submission)
            self._drop_flags(submission, outcome.drops_flags)
            self._bear_out(outcome, submission)
            self._make_good(outcome, submission)
            self._look_again(outcome, submission)
            self._gather(submission, outcome.placement)
            self._touch(submission)
            if outcome.decision.status in WAKES:
                self.wake(submission, why=outcome.decision.status, message=outcome.message.id)
        self._history.add(
            _event(outcome),
            at=self._now,
            actor=outcome.actor,
            submission=submission,
            message=outcome.message.id,
            detail={"reasons": list(outcome.decision.reasons), "policy": outcome.policy_version},
        )
        self._make_copy(outcome, submission)
        self._note_bounce(outcome)
        crash.here("C14")
        self._write_reply(outcome.reply, message=outcome.message.id, submission=submission)
        self._session.flush()
        return submission


def _event(outcome: Outcome) -> str:
    released = outcome.actor != "system" and outcome.decision.status is MessageStatus.ENQUEUED
    return "released" if released else str(outcome.decision.status)
