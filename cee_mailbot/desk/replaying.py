"""A stored message under today's rules, beside what was recorded of it when it came."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cee_mailbot.desk_ledger import Recorded
from cee_mailbot.domain.acceptance import decide, held_for
from cee_mailbot.domain.case import Case, Decision
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.regrouping import OF_ITS_PLACE, OF_THE_WHOLE
from cee_mailbot.domain.submission import RELEASABLE, MessageStatus
from cee_mailbot.intake import Intake, subject_of
from cee_mailbot.ledger import KeptMessage, UnitOfWork
from cee_mailbot.outcome import Subject, case_of, headline_of, identified, read_line, standing_of
from parsers.headers import MailRefused

# Where a message went among the submissions of its key, and what came after it, is no matter of its own rules.
_QUEUED = frozenset({MessageStatus.ENQUEUED, MessageStatus.ASSEMBLING, MessageStatus.SUPPLEMENT})
_PLACED = OF_ITS_PLACE | OF_THE_WHOLE | {"message-id-reused"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What was recorded, what the rules say today, and the names of what differs.

    `allowed` is whether the message can be released, which is how a replay is carried out; `why_not` says why it
    can't be.
    """

    message: int
    recorded: dict[str, Any]
    today: dict[str, Any]
    differences: tuple[str, ...]
    allowed: bool
    why_not: str | None


def replay(intake: Intake, message_id: int) -> Replay:
    """Judges a stored message as if it came today; writes nothing. Raises `NotFoundError`."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        kept, recorded = unit.message(message_id), unit.recorded(message_id)
    subject, refused = _read(intake, kept)
    with intake.store.begin(intake.site.clock.now()) as unit:
        case = _case(subject, intake, unit)
    decision = held_for(refused) if refused else decide(case)
    was, now = _as_recorded(recorded), _as_decided(decision, case)
    why_not = _why_not(kept.status, decision)
    return Replay(
        message=message_id,
        recorded=was,
        today=now,
        differences=tuple(name for name in now if now[name] != was[name] and _is_recorded(name, was)),
        allowed=why_not is None,
        why_not=why_not,
    )


def _is_recorded(name: str, was: dict[str, Any]) -> bool:
    """Flags are those of an item: a message that never entered the queue has none on record."""
    return name != "flags" or was["outcome"] == MessageStatus.ENQUEUED


def _read(intake: Intake, kept: KeptMessage) -> tuple[Subject, str | None]:
    try:
        return subject_of(intake, kept), None
    except MailRefused as refused:
        return subject_of(intake, kept, header_only=True), refused.code


def _case(subject: Subject, intake: Intake, unit: UnitOfWork) -> Case:
    line = read_line(subject)
    headline = identified(headline_of(subject.reading.mail, subject.kept, too_large=subject.too_large), subject.mailbox)
    return case_of(subject, intake.site, line=line, standing=standing_of(subject, line, headline, unit))


def _as_recorded(was: Recorded) -> dict[str, Any]:
    told: dict[str, Any] = to_json(
        {
            "outcome": _outcome(MessageStatus(was.status), was.reasons),
            "reasons": [reason for reason in was.reasons if reason != "same-documents"],
            "problems": was.problems,
            "flags": sorted(set(was.flags) - _PLACED),
            "part": was.part,
            "parts": was.parts,
            "presented_at": was.presented_at,
            "zone": was.zone,
            "basis": was.basis,
            "strength": was.strength,
            "policy": was.policy,
        }
    )
    return told


def _as_decided(decision: Decision, case: Case) -> dict[str, Any]:
    shown = case.presentation
    told: dict[str, Any] = to_json(
        {
            "outcome": _outcome(decision.status, decision.reasons),
            "reasons": list(_with_silence(decision, case)),
            "problems": [problem.code for problem in decision.problems],
            "flags": sorted(set(decision.flags) - _PLACED),
            "part": case.line.part,
            "parts": case.line.parts,
            "presented_at": shown.instant,
            "zone": shown.zone,
            "basis": shown.basis,
            "strength": shown.strength,
            "policy": case.policy.version,
        }
    )
    return told


def _with_silence(decision: Decision, case: Case) -> Iterator[str]:
    """The reasons as they are recorded: with why nobody was answered who would have been."""
    yield from decision.reasons
    answered = decision.status in (MessageStatus.ENQUEUED, MessageStatus.REJECTED)
    if answered and not case.answerable.ok and case.answerable.reason is not None:
        yield case.answerable.reason


def _outcome(status: MessageStatus, reasons: tuple[str, ...]) -> str:
    """A status without where the message was placed: a resend was enqueued by its own rules."""
    queued = status in _QUEUED or "same-documents" in reasons
    return MessageStatus.ENQUEUED if queued else status


def _why_not(status: MessageStatus, decision: Decision) -> str | None:
    if status not in RELEASABLE:
        allowed = ", ".join(sorted(RELEASABLE))
        return f"it is {status}, and what was decided stands; only {allowed} messages can be put into the queue"
    if decision.status is not MessageStatus.ENQUEUED:
        return "today's rules would not enqueue it either; use `cee-mailbot messages release` with --line"
    return None
