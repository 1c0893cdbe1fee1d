"""A reply claimed for sending, and how one try to send it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.interfaces import Letter

LONGEST_RETRY = timedelta(hours=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueReply:
    """A reply claimed for sending; `attempts` counts the tries before this one, `due_at` is when it was first due.

    `message_id` is the reply's own, `in_reply_to` that of the message that it answers.
    """

    id: int
    kind: ReplyKind
    mailbox: str
    message_id: str
    in_reply_to: str | None
    letter: Letter
    attempts: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """How one try to send ended: the state that the reply is in now, when to try again, and why, in words."""

    reply: int
    state: ReplyState
    at: datetime
    next_try_at: datetime | None = None
    detail: str = ""
