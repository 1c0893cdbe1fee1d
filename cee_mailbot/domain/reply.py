"""Which reply is due, to whom, with what facts."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cee_mailbot.domain.routing import Center
from parsers.errors import Problem
from parsers.subject import SubjectLine


class ReplyKind(StrEnum):
    """What a reply tells; one template each."""

    ACKNOWLEDGEMENT = "acknowledgement"
    WAITING = "waiting"
    INCOMPLETE = "incomplete"
    SUPPLEMENT = "supplement"
    DUPLICATE = "duplicate"
    REJECT = "reject"
    TRANSFER = "transfer"
    RETURN = "return"
    STAFF = "staff"


class ReplyState(StrEnum):
    """Where a reply stands in the outbox."""

    QUEUED = "queued"
    DELAYED = "delayed"
    SENT = "sent"
    RETRYING = "retrying"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    UNDELIVERABLE = "undeliverable"
    WITHHELD = "withheld"
    CANCELLED = "cancelled"


# What a person on the staff writes to a filer; a mail of this length is still read.
LONGEST_FROM_STAFF = 10_000

# From these states a person can have a reply tried again.
RETRIABLE = (
    ReplyState.FAILED,
    ReplyState.WITHHELD,
    ReplyState.DELAYED,
    ReplyState.RETRYING,
    ReplyState.UNDELIVERABLE,
)
# The mail server has none of these: a reply that may have left can't be taken back.
CANCELLABLE = (ReplyState.QUEUED, ReplyState.DELAYED, ReplyState.RETRYING, ReplyState.WITHHELD, ReplyState.FAILED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """One time as a reply shows it: an aware instant, the IANA zone to show it in, and which clock it is from.

    `source` is `date`, `received` or `arrival`.
    """

    instant: datetime
    zone: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDocument:
    """A document as a reply lists it: display name, exact size in bytes, SHA-256 in full, and its status."""

    name: str
    bytes: int
    sha256: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedPart:
    """A part of a split submission as a reply lists it: its number and the display names of its documents."""

    number: int
    documents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyFacts:
    """All that a template may say; what the sender wrote is cleaned by the one who renders it.

    `message_id` is the reply's own, `in_reply_to` and `references` thread it, `to` is the one recipient,
    `mailbox_address` the mailbox that was written to. `line` is the subject line as read, `line_as_written`
    as it came. `reasons` are the codes that a reject is sent for; `problems` those of them that concern the
    subject line. `flags` are doubts that the sender should know of.

    Of a split submission `parts` are those that are there, `missing` the numbers that are not, `total` how many
    there are to be, `hand_over` when it is enqueued as it is. `held_before` counts the documents that a
    supplemented submission had. Of an act of staff `reason` is what they wrote, `to_center` where a transfer goes
    (None for a port). `from_center` is the Center that was written to, where another one has the submission.
    """

    kind: ReplyKind
    message_id: str
    to: str
    mailbox_address: str
    center: Center
    tracking: str | None
    line: SubjectLine | None
    line_as_written: str
    in_reply_to: str | None
    references: tuple[str, ...] = ()
    presented: Stamp | None = None
    received: Stamp | None = None
    messages: int = 1
    documents: tuple[ListedDocument, ...] = ()
    problems: tuple[Problem, ...] = ()
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    parts: tuple[ListedPart, ...] = ()
    missing: tuple[int, ...] = ()
    total: int | None = None
    hand_over: Stamp | None = None
    held_before: int = 0
    reason: str = ""
    to_center: Center | None = None
    from_center: Center | None = None
    written_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposedReply:
    """A reply ready for the outbox: its subject, and its exact bytes with CRLF line ends."""

    subject: str
    raw: bytes


# RFC 5322 section 3.4.1, without quoted local parts, comments and address literals; dots may stand anywhere
# in the local part, as in the addresses of some mobile carriers. RFC 5321 section 4.5.3.1 sets the lengths.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
_LONGEST_ADDRESS = 254


def is_reply_address(text: str) -> bool:
    """Whether a reply can be sent to this text as it stands."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def reply_address(sender: str) -> str | None:
    """The sender's address as a reply can carry it, a domain in another script in its ASCII form (RFC 5891).

    None where there is no such form: a local part in another script, or too long.
    """
    local, at, domain = sender.rpartition("@")
    try:
        carried = f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    return carried if is_reply_address(carried) else None
