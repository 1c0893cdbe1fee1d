"""One message as the rules see it, and what they can decide about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cee_mailbot.domain.answering import Answerable
from cee_mailbot.domain.directory import NO_DIRECTORY, Directory
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.presentation import Clocks, Presentation
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.submission import MessageStatus
from parsers.addresses import Address, address_key
from parsers.authentication import Verdict
from parsers.documents import Cut, Document
from parsers.errors import Problem
from parsers.mail import Mail
from parsers.subject import SubjectLine

FRAGMENT = "fragment"


class Outcome(StrEnum):
    """What is decided about a message."""

    ENQUEUE = "enqueue"
    ASSEMBLE = "assemble"
    REJECT = "reject"
    HOLD = "hold"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is already known that bears on this message, as the store tells it; submissions by their row ids.

    `duplicate_of` is the row id of the first message with the same content, `duplicate_arrived_at` when that one
    arrived, `duplicate_submission` where it went, `duplicate_status` and `duplicate_reasons` what became of it and why,
    `duplicate_answerable` whether a machine may answer that delivery;
    `answers` is the submission of the message of ours that it answers, `answers_sender` the sender part of its key,
    `answers_same_key` whether the message's own line names that key, `answers_reject` whether it was a reject,
    `answers_by_id` whether the message names the Message-ID of ours, which strangers don't know;
    `same_key` is the newest submission of the message's key;
    `message_id_reused` whether another content came under the same Message-ID; `returned` is the submission about
    which a reply of ours came back with it.
    """

    duplicate_of: int | None = None
    duplicate_submission: int | None = None
    duplicate_arrived_at: datetime | None = None
    duplicate_status: MessageStatus | None = None
    duplicate_reasons: tuple[str, ...] = ()
    duplicate_answerable: bool = True
    answers: int | None = None
    answers_sender: str | None = None
    answers_same_key: bool = False
    answers_reject: bool = False
    answers_by_id: bool = False
    same_key: int | None = None
    message_id_reused: bool = False
    returned: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One message as the checks see it.

    `mailbox` is the one it arrived in, `owner` the one that answers it, `team` the one whose queue it enters;
    `transferred` that this is not the team it was sent to; `addressed` tells whether To or Cc names a Center;
    `scan` is the state of the scanner's verdict, empty where none was asked; `released` means that a person has put it
    into the queue.
    """

    mail: Mail
    cut: Cut
    line: SubjectLine
    mailbox: Mailbox
    owner: Mailbox
    policy: Policy
    verdict: Verdict
    answerable: Answerable
    clocks: Clocks
    presentation: Presentation
    standing: Standing
    team: str = ""
    transferred: bool = False
    directory: Directory = NO_DIRECTORY
    addressed: bool = True
    scan: str = ""
    too_large: bool = False
    released: bool = False

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents that count: without inline and quarantined ones."""
        return tuple(doc for doc in self.cut.documents if doc.status not in ("inline", "quarantined"))

    @property
    def sender_unverified(self) -> bool:
        """Whether the border tells its findings, and DMARC did not pass."""
        return bool(self.policy.trusted_authserv_ids) and self.verdict.dmarc != "pass"

    @property
    def free_subject(self) -> bool:
        """Whether the mailbox takes any subject ("Request to discontinue participation")."""
        return self.mailbox.kind == "program"

    @property
    def documents_missing(self) -> bool:
        """Whether a type that needs documents (spec 4, `documents_required`) came without any."""
        needed = not self.free_subject and self.line.code in self.policy.documents_required
        return needed and not self.documents and not self.too_large

    @property
    def has_inline(self) -> bool:
        """Whether there are pictures within the body."""
        return any(doc.status == "inline" for doc in self.cut.documents)


def sender_key(mail: Mail, policy: Policy) -> str:
    """Who may add to a submission: the sender's domain, the whole address where strangers share the domain."""
    return key_of_sender(mail.sender, policy) if mail.sender else ""


def key_of_sender(sender: Address, policy: Policy) -> str:
    """The sender's part of a submission's key."""
    return address_key(sender.addr) if sender.domain in policy.public_mail_domains else sender.domain


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What becomes of a message: the outcome, the status it ends in, why, and what staff should doubt.

    `joins` is the row id of the submission that the message is added to; `answers_for_first` means that a
    copy of it came before by a way on which nobody could be answered, and can be answered now.
    """

    outcome: Outcome
    status: MessageStatus
    joins: int | None = None
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    answers_for_first: bool = False
