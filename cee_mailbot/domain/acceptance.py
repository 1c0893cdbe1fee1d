"""The ordered checks that end in acceptance, reject, holding or silence; flags are collected on the way."""

from collections.abc import Callable
from dataclasses import dataclass

from cee_mailbot.domain.answering import NEVER_A_SUBMISSION
from cee_mailbot.domain.case import FRAGMENT, Case, Decision, Outcome, sender_key
from cee_mailbot.domain.doubts import collect_flags
from cee_mailbot.domain.routing import is_usvi
from cee_mailbot.domain.submission import MessageStatus

# Held for how a delivery came, and not for what it is: the same content may come by a better way.
HELD_FOR_ITS_WAY = frozenset({"dmarc-fail", "not-scanned"})


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
                return _ended(end, case, flags)
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


def _ended(end: _End, case: Case, flags: tuple[str, ...]) -> Decision:
    """What a check has decided; who joins a submission without the border's word for the sender is doubtful."""
    if end.joins is not None and end.outcome is Outcome.ENQUEUE and case.sender_unverified:
        flags = (*flags, "sender-unverified")
    return Decision(
        outcome=end.outcome,
        status=end.status,
        joins=end.joins,
        reasons=(end.reason,),
        flags=flags,
        answers_for_first=end.status is MessageStatus.DUPLICATE and _answers_for_first(case),
    )


def held_for(reason: str) -> Decision:
    """The decision on a message that can't be judged: a person has to look at it."""
    return Decision(outcome=Outcome.HOLD, status=MessageStatus.HELD, reasons=(reason,))


# --- checks that end the matter at once: the first that speaks decides -------------------------------------


def _duplicate(case: Case) -> _End | None:
    if case.standing.duplicate_of is None or _stands_by_itself(case):
        return None
    return _End(
        outcome=Outcome.IGNORE,
        status=MessageStatus.DUPLICATE,
        reason="same-content",
        joins=case.standing.duplicate_submission,
    )


def _stands_by_itself(case: Case) -> bool:
    """Whether the first copy was set aside for the way it came, and this delivery, which came by another, is not.

    The digest of a content knows nothing of verdicts, nor of what lists add: a forger's delivery can come first.
    """
    known = case.standing
    by_way = known.duplicate_status is MessageStatus.HELD and not HELD_FOR_ITS_WAY.isdisjoint(known.duplicate_reasons)
    silent = known.duplicate_status is MessageStatus.REJECTED and not known.duplicate_answerable and case.answerable.ok
    ignored = known.duplicate_status is MessageStatus.IGNORED
    return (by_way or silent or ignored) and not _is_set_aside(case)


def _answers_for_first(case: Case) -> bool:
    """Whether the first copy could not be answered for the way it came, and this delivery can."""
    unanswered = case.standing.duplicate_of is not None and not case.standing.duplicate_answerable
    return unanswered and case.answerable.ok and not _is_set_aside(case)


def _is_set_aside(case: Case) -> bool:
    """Whether this delivery, judged by itself, is held or ignored."""
    ended = next((end for check in ENDING_CHECKS if check is not _duplicate and (end := check(case)) is not None), None)
    return ended is not None and ended.status in (MessageStatus.HELD, MessageStatus.IGNORED)


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
    if not case.line.ok or not case.documents_missing:
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
    if case.released or not case.documents_missing or case.has_inline:
        return ()
    return ("no-documents",)


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
