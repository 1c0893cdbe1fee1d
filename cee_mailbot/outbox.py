"""Sends what is due, spaces out retries, gives up loudly.

A reply is written down as claimed before it is sent and as sent after the server took it. When the bot ends in
between, nobody can know: the same bytes go out again and the reply is marked `uncertain`.
"""

import logging
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from cee_mailbot import crash
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.errors import CeeMailbotError, RefusedReplyError, UncertainError
from cee_mailbot.interfaces import Clock, Mailer, MailerSession
from cee_mailbot.journaling import NO_JOURNAL, Journal
from cee_mailbot.ledger import Store
from cee_mailbot.log import fields
from cee_mailbot.sending import LONGEST_RETRY, Attempt, DueReply

logger = logging.getLogger(__name__)

# A claim outlasts the longest answer after the last dot, ten minutes (RFC 5321 4.5.3.2.6), of the last reply that is
# begun under it.
LEASE = timedelta(minutes=15)
BEGUN_WITHIN = timedelta(minutes=4)
FIRST_RETRY = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1: "generally needs to be at least 4-5 days"
CLAIMED_AT_ONCE = 25
_TO_BE_TRIED_AGAIN = (ReplyState.RETRYING, ReplyState.UNCERTAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class SendingReport:
    """How many replies were tried and how many the server took; `error` is why the last to be tried again was not."""

    tried: int
    sent: int
    error: str | None = None

    @property
    def exit_code(self) -> int:
        """3 when replies were due and none could be handed over."""
        return 3 if self.error and not self.sent else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Outbox:
    """What sending needs; `mailers` is by the name of the mailbox that a reply leaves from."""

    store: Store
    mailers: Mapping[str, Mailer]
    clock: Clock
    journal: Journal = NO_JOURNAL


def send_due(outbox: Outbox) -> SendingReport:
    """Tries every reply that is due, one connection for many; each try is written down before the next."""
    tried = sent = 0
    error: str | None = None
    while True:
        now = outbox.clock.now()
        with outbox.store.begin(now) as unit:
            due = unit.claim_replies(limit=CLAIMED_AT_ONCE, lease_until=now + LEASE)
        if not due:
            return SendingReport(tried=tried, sent=sent, error=error)
        crash.here("C15")
        ends = [_note(outbox, _homeless(outbox, reply)) for reply in due if reply.mailbox not in outbox.mailers]
        begin_before = now + BEGUN_WITHIN
        for mailer, replies in _by_mailer(outbox, due):
            ends += _send(outbox, mailer, replies, begin_before)
        tried += len(ends)
        sent += sum(end.state is ReplyState.SENT for end in ends)
        error = next((end.detail for end in reversed(ends) if end.state in _TO_BE_TRIED_AGAIN), error)


def _by_mailer(outbox: Outbox, due: Iterable[DueReply]) -> list[tuple[Mailer, list[DueReply]]]:
    known = [reply for reply in due if reply.mailbox in outbox.mailers]
    ordered = sorted(known, key=lambda reply: id(outbox.mailers[reply.mailbox]))
    groups = groupby(ordered, key=lambda reply: id(outbox.mailers[reply.mailbox]))
    return [(outbox.mailers[(some := list(replies))[0].mailbox], some) for _, replies in groups]


def _send(outbox: Outbox, mailer: Mailer, replies: list[DueReply], begin_before: datetime) -> list[Attempt]:
    with ExitStack() as open_sessions:
        try:
            session = open_sessions.enter_context(mailer.session())
        except CeeMailbotError as error:  # a password that can't be read, too: nothing has left
            logger.warning("the mail server can't be used: %s", error)
            why = str(error)
            return [_note(outbox, _later(outbox, reply, ReplyState.RETRYING, why)) for reply in replies]
        ends = []
        for position, reply in enumerate(replies):
            if outbox.clock.now() >= begin_before:
                _give_back(outbox, replies[position:])
                break
            ends.append(_note(outbox, _try(outbox, session, reply)))
        return ends


def _give_back(outbox: Outbox, replies: list[DueReply]) -> None:
    """A slow server used up the time of the claim: what was not begun is claimed anew, by whoever comes first."""
    with outbox.store.begin(outbox.clock.now()) as unit:
        unit.give_back([reply.id for reply in replies])


def _try(outbox: Outbox, session: MailerSession, reply: DueReply) -> Attempt:
    try:
        session.send(reply.letter)
        crash.here("C18")
    except RefusedReplyError as error:
        return _failed(outbox, reply, str(error))
    except UncertainError as error:
        return _later(outbox, reply, ReplyState.UNCERTAIN, str(error))
    except CeeMailbotError as error:
        return _later(outbox, reply, ReplyState.RETRYING, str(error))
    except Exception as error:
        # A bug of ours at one reply must not keep the others waiting; how far it came, nobody can know.
        logger.exception("sending broke", extra=fields(reply=reply.id))
        return _later(outbox, reply, ReplyState.UNCERTAIN, f"sending broke: {type(error).__name__}")
    _write_down(outbox, reply)
    return Attempt(reply=reply.id, state=ReplyState.SENT, at=outbox.clock.now())


def _write_down(outbox: Outbox, reply: DueReply) -> None:
    """Outside the database too: restored from a backup, that would not know that this reply has left."""
    entry = {
        "at": outbox.clock.now().isoformat(),
        "message_id": reply.message_id,
        "in_reply_to": reply.in_reply_to,
        "kind": reply.kind,
    }
    try:
        outbox.journal.append("sent", [entry])
    except CeeMailbotError:
        logger.exception("a reply that was sent is not in the journal", extra=fields(reply=reply.id))


def _homeless(outbox: Outbox, reply: DueReply) -> Attempt:
    """The try of a reply whose mailbox has been taken out of the configuration: it waits for it to come back."""
    return _later(outbox, reply, ReplyState.RETRYING, f"mailbox {reply.mailbox} is no longer configured")


def _failed(outbox: Outbox, reply: DueReply, why: str) -> Attempt:
    logger.error("a reply failed for good and needs a person: %s", why, extra=fields(reply=reply.id))
    return Attempt(reply=reply.id, state=ReplyState.FAILED, at=outbox.clock.now(), detail=why)


def _later(outbox: Outbox, reply: DueReply, state: ReplyState, why: str) -> Attempt:
    now = outbox.clock.now()
    if now - reply.due_at > GIVE_UP_AFTER:
        return _failed(outbox, reply, f"given up after {GIVE_UP_AFTER.days} days: {why}")
    return Attempt(reply=reply.id, state=state, at=now, next_try_at=next_try(reply, now), detail=why)


def next_try(reply: DueReply, now: datetime) -> datetime:
    """When a reply is tried again: twice as long after each try, up to four hours, spread by its number."""
    wait = min(FIRST_RETRY * (1 << min(reply.attempts, 20)), LONGEST_RETRY)
    return now + wait * (1 + (reply.id % 10) / 100)


def _note(outbox: Outbox, attempt: Attempt) -> Attempt:
    with outbox.store.begin(outbox.clock.now()) as unit:
        unit.note_attempt(attempt)
    return attempt
