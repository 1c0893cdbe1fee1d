"""The ordered checks that end in acceptance, reject, holding or silence; flags are collected on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cee_mailbot.domain.answering import NEVER_A_SUBMISSION, Answerable
from cee_mailbot.domain.directory import NO_DIRECTORY, Directory
from cee_mailbot.domain.document_types import is_unlisted
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.presentation import Clocks, Presentation
from cee_mailbot.domain.routing import Mailbox, is_usvi
from cee_mailbot.domain.submission import MessageStatus
from parsers.authentication import Verdict
from parsers.documents import AMBIGUOUS_DEFECTS, Cut, Document
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
    arrived, `duplicate_submission` where it went; `answers_us` whether the message answers one of our own,
    `answers` the submission that was about, `answers_sender` the sender part of that submission's key,
    `answers_same_key` whether the message's own line names that key, `answers_reject` whether it was a reject;
    `same_key` is the newest submission of the message's key;
    `message_id_reused` whether another content came under the same Message-ID; `returned` is the submission about
    which a reply of ours came back with it.
    """

    duplicate_of: int | None = None
    duplicate_submission: int | None = None
    duplicate_arrived_at: datetime | None = None
    answers: int | None = None
    answers_sender: str | None = None
    answers_same_key: bool = False
    answers_reject: bool = False
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
    def free_subject(self) -> bool:
        """Whether the mailbox takes any subject ("Request to discontinue participation")."""
        return self.mailbox.kind == "program"


def sender_key(mail: Mail, policy: Policy) -> str:
    """Who may add to a submission: the sender's domain, the whole address where strangers share the domain."""
    if mail.sender is None:
        return ""
    return mail.sender.addr.lower() if mail.sender.domain in policy.public_mail_domains else mail.sender.domain


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What becomes of a message: the outcome, the status it ends in, why, and what staff should doubt.

    `joins` is the row id of the submission that the message is added to.
    """

    outcome: Outcome
    status: MessageStatus
    joins: int | None = None
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _End:
    outcome: Outcome
    status: MessageStatus
    reason: str
    joins: int | None = None


def decide(case: Case) -> Decision:
    """The decision on one message: a pure function, the same evidence always gives the same answer."""
    flags = collect_flags(case)
    if not case.released:
        for check in ENDING_CHECKS:
            if (end := check(case)) is not None:
                return Decision(
                    outcome=end.outcome, status=end.status, joins=end.joins, reasons=(end.reason,), flags=flags
                )
    reasons = tuple(reason for check in REJECTING_CHECKS for reason in check(case))
    if reasons:
        return Decision(
            outcome=Outcome.REJECT,
            status=MessageStatus.REJECTED,
            reasons=reasons,
            flags=flags,
            problems=case.line.problems,
        )
    return Decision(outcome=Outcome.ENQUEUE, status=MessageStatus.ENQUEUED, flags=flags)


def held_for(reason: str) -> Decision:
    """The decision on a message that can't be judged: a person has to look at it."""
    return Decision(outcome=Outcome.HOLD, status=MessageStatus.HELD, reasons=(reason,))


# --- checks that end the matter at once: the first that speaks decides -------------------------------------


def _duplicate(case: Case) -> _End | None:
    if case.standing.duplicate_of is None:
        return None
    return _End(
        outcome=Outcome.IGNORE,
        status=MessageStatus.DUPLICATE,
        reason="same-content",
        joins=case.standing.duplicate_submission,
    )


def _malware(case: Case) -> _End | None:
    return _held("malware") if case.scan == "malware" else None


def _not_scanned(case: Case) -> _End | None:
    return _held("not-scanned") if case.scan == "not-scanned" and case.policy.unscanned == "hold" else None


def _never_a_submission(case: Case) -> _End | None:
    if case.answerable.reason not in NEVER_A_SUBMISSION:
        return None
    return _ignored(case)


def _ignored(case: Case) -> _End:
    reason = case.answerable.reason or "machine-mail"
    return _End(outcome=Outcome.IGNORE, status=MessageStatus.IGNORED, reason=reason, joins=case.standing.returned)


def _sender_unclear(case: Case) -> _End | None:
    if case.mail.sender is not None:
        return None
    several = case.mail.from_headers > 1 or len(case.mail.from_) > 1
    return _held("several-senders" if several else "sender-missing")


def _held(reason: str) -> _End:
    return _End(outcome=Outcome.HOLD, status=MessageStatus.HELD, reason=reason)


def _dmarc_failed(case: Case) -> _End | None:
    """A forged sender gets no answer, since that would go to the one whose name was misused."""
    return _held("dmarc-fail") if case.verdict.trusted and case.verdict.dmarc == "fail" else None


def _fragment(case: Case) -> _End | None:
    """A fragment of a message (RFC 2046 5.2.2) says nothing before the whole message is there."""
    if case.mail.partial is None:
        return None
    return _End(outcome=Outcome.ASSEMBLE, status=MessageStatus.ASSEMBLING, reason=FRAGMENT)


def _answers_reject(case: Case) -> _End | None:
    if not case.standing.answers_reject or case.line.ok or not case.answerable.ok:
        return None
    return _held("answers-reject")


def _answers_us(case: Case) -> _End | None:
    """A person's answer to one of our messages joins its submission, unless its line names another key or a part."""
    line_wins = case.line.ok and not (case.standing.answers_same_key and case.line.part is None)
    if case.standing.answers is None or line_wins or case.mail.sender is None or not case.answerable.ok:
        return None
    if sender_key(case.mail, case.policy) != case.standing.answers_sender:
        return _held("sender-differs")
    return _correspondence("answers-us", case.standing.answers, supplement=bool(case.documents))


def _correspondence(reason: str, submission: int, *, supplement: bool = False) -> _End:
    status = MessageStatus.SUPPLEMENT if supplement else MessageStatus.CORRESPONDENCE
    return _End(outcome=Outcome.ENQUEUE, status=status, reason=reason, joins=submission)


def _machine_mail(case: Case) -> _End | None:
    """A machine's mail counts only when it carries documents under a readable line; it is never answered."""
    if case.answerable.ok or (case.documents and case.line.ok):
        return None
    return _ignored(case)


def _not_for_us(case: Case) -> _End | None:
    """Mail that names no Center and reads like no submission gets no reject: its writer knows nothing of us.

    RFC 3834 section 2: a responder does not answer mail that does not name it among the recipients.
    """
    attempted = case.line.code is not None or case.line.entry_number is not None
    return None if case.addressed or attempted or case.free_subject else _held("not-addressed")


def _letter_to_known_submission(case: Case) -> _End | None:
    if case.standing.same_key is None or case.line.entry_number is None:
        return None
    if not case.line.ok or not _documents_missing(case):
        return None
    return _correspondence("no-documents", case.standing.same_key)


ENDING_CHECKS: tuple[Callable[[Case], _End | None], ...] = (
    _duplicate,  # first: the same content again is never answered again, whatever it is
    _malware,  # nobody is answered, and nothing is read but the header
    _never_a_submission,  # bounces have odd senders: before anything is asked of the sender
    _sender_unclear,
    _dmarc_failed,  # before anything that could answer a forged sender
    _not_scanned,
    _fragment,  # its subject is the sender's program's, not yet the message's own
    _answers_reject,
    _answers_us,  # before the subject line is held against the message
    _machine_mail,
    _not_for_us,
    _letter_to_known_submission,
)


# --- checks that reject: all of them speak, so that the sender learns everything at once --------------------


def _subject_problems(case: Case) -> tuple[str, ...]:
    return () if case.free_subject else tuple(dict.fromkeys(problem.code for problem in case.line.problems))


def _no_documents(case: Case) -> tuple[str, ...]:
    if case.released or not _documents_missing(case) or _has_inline(case):
        return ()
    return ("no-documents",)


def _documents_missing(case: Case) -> bool:
    needed = not case.free_subject and case.line.code in case.policy.documents_required
    return needed and not case.documents and not case.too_large


def _has_inline(case: Case) -> bool:
    return any(doc.status == "inline" for doc in case.cut.documents)


def _too_large(case: Case) -> tuple[str, ...]:
    over = case.cut.attachments_bytes > case.policy.attachment_limit and case.policy.oversize == "reject"
    return ("too-large",) if not case.released and (case.too_large or over) else ()


def _stays_with_usvi_port(case: Case) -> tuple[str, ...]:
    """The procedures: "Entry summaries filed at USVI ports have not been transitioned to the Centers"."""
    refused = case.policy.usvi == "reject" and case.line.code in ("DR", "CE", "R", "CA")
    return ("not-center-usvi",) if refused and not case.released and is_usvi(case.line.port) else ()


REJECTING_CHECKS: tuple[Callable[[Case], tuple[str, ...]], ...] = (
    _subject_problems,
    _no_documents,
    _too_large,
    _stays_with_usvi_port,
)


# --- flags: named doubts for staff ---------------------------------------------------------------------------


def collect_flags(case: Case) -> tuple[str, ...]:
    """Every flag that this message raises, each once, in the order of the rules."""
    raised = [flag for flag, rule in FLAG_RULES if rule(case)]
    line_flags = () if case.free_subject else case.line.flags
    return tuple(dict.fromkeys((*line_flags, *case.presentation.flags, *raised)))


def _account_unknown(case: Case) -> bool:
    listed = case.directory.accounts is not None and case.line.account is not None and not case.free_subject
    return listed and case.directory.account(case.line.account) is None


def _sender_unrecognised(case: Case) -> bool:
    entry_number, sender = case.line.entry_number, case.mail.sender
    if case.directory.filers is None or entry_number is None or sender is None or case.free_subject:
        return False
    return not case.directory.knows_sender(sender.addr, entry_number.filer_code)


FLAG_RULES: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("message-id-reused", lambda case: case.standing.message_id_reused),
    ("message-ambiguous", lambda case: not AMBIGUOUS_DEFECTS.isdisjoint((*case.mail.defects, *case.cut.defects))),
    ("over-limit", lambda case: case.too_large or case.cut.attachments_bytes > case.policy.attachment_limit),
    ("document-unreadable", lambda case: any(doc.status == "unreadable" for doc in case.cut.documents)),
    ("type-unlisted", lambda case: any(is_unlisted(doc, case.policy) for doc in case.cut.documents)),
    ("not-scanned", lambda case: case.scan == "not-scanned"),
    ("quarantined", lambda case: any(doc.status == "quarantined" for doc in case.cut.documents)),
    ("no-documents", lambda case: _documents_missing(case) and (_has_inline(case) or case.released)),
    ("not-center-usvi", lambda case: is_usvi(case.line.port)),
    ("account-unknown", _account_unknown),
    ("sender-unrecognised", _sender_unrecognised),
    ("transferred", lambda case: case.transferred),
    ("received-governs", lambda case: case.line.code in ("PR", "PD")),
    ("forwarded", lambda case: case.mail.sender is not None and case.mail.sender.domain in case.policy.own_domains),
)
