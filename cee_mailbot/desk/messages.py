"""Acts on messages that the bot did not enqueue, and on the outbox."""

from collections.abc import Callable
from dataclasses import replace
from threading import BoundedSemaphore
from typing import TypeVar

from cee_mailbot.domain.case import Outcome as Kind
from cee_mailbot.domain.submission import RELEASABLE, MessageStatus
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.fragments import Whole, whole_of
from cee_mailbot.gathering import enqueue_whole
from cee_mailbot.intake import Intake, rejoined_subject, subject_of
from cee_mailbot.interfaces import Body
from cee_mailbot.ledger import KeptMessage, Outcome, UnitOfWork
from cee_mailbot.outcome import Release, Subject, judge, read_line
from parsers.documents import Document
from parsers.headers import MailRefused
from parsers.subject import SubjectLine

Found = TypeVar("Found")

# A message has up to 50 MB and more: whoever waits for a child to read it in must not hold one meanwhile.
READ_AT_ONCE = 4
_READING = BoundedSemaphore(READ_AT_ONCE)


def body_of(intake: Intake, message_id: int) -> Body:
    """What the body of a stored message says, read anew. Raises `NotFoundError` or `NotAllowedError`."""
    return _read_anew(intake, message_id, intake.reader.body)


def html_of(intake: Intake, message_id: int, leave: str) -> str | None:
    """The HTML of a stored message, made safe, each web link leading to `leave`; None without any.

    Raises as `body_of`.
    """
    return _read_anew(intake, message_id, lambda raw: intake.reader.html(raw, leave))


def documents_of(intake: Intake, message_id: int, wanted: str | None = None) -> tuple[Document, ...]:
    """The documents of a stored message, cut anew from its bytes: the first with this SHA-256, or all.

    Raises as `body_of`.
    """
    return _read_anew(intake, message_id, lambda raw: intake.reader.documents(raw, wanted))


def picture_of(intake: Intake, message_id: int, wanted: str) -> bytes | None:
    """The picture with this SHA-256 in a stored message, drawn anew as a PNG, or None. Raises as `body_of`."""
    return _read_anew(intake, message_id, lambda raw: intake.reader.picture(raw, wanted))


def note_view(intake: Intake, message_id: int, *, actor: str, how: str, document: int | None = None) -> None:
    """Writes down that a person was given a message, or its document with this number. Raises `NotFoundError`."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.note_view(message_id, actor=actor, how=how, document=document)


def _read_anew(intake: Intake, message_id: int, read: Callable[[bytes], Found]) -> Found:
    with intake.store.read() as ask:
        sha256 = ask.message(message_id).sha256
    try:
        with _READING:
            return read(intake.blobs.get(sha256))
    except MailRefused as refused:
        raise NotAllowedError(f"message {message_id} can't be read: {refused.sentence}") from refused


def reading_if_released(intake: Intake, message_id: int, line: str | None) -> SubjectLine:
    """The subject line of a message as it would be read if it were released, with `line` in its place where given.

    Raises as `release`.
    """
    with intake.store.begin(intake.site.clock.now()) as unit:
        kept = _releasable(unit.message(message_id))
    return read_line(_subject_to_release(intake, kept, Release(actor="", line=line)))


def release(intake: Intake, message_id: int, *, actor: str, line: str | None = None) -> None:
    """Puts a held, rejected or ignored message into the queue with its original times, and acknowledges it.

    `line` replaces its subject line. Of a message beyond the limits of reading only the header is read. A fragment
    whose others are all there, held or waiting, is released as the whole message; else as it is. Raises
    `NotFoundError`, or `NotAllowedError` with what stands against it.
    """
    with intake.store.begin(intake.site.clock.now()) as unit:
        kept = _releasable(unit.message(message_id))
    subject = _subject_to_release(intake, kept, Release(actor=actor, line=line))
    with intake.store.begin(intake.site.clock.now()) as unit:
        _releasable(unit.message(message_id))
        whole = whole_of(subject.reading.mail, intake.blobs, unit, limit=subject.policy.message_limit, with_held=True)
        outcome = judge(_rejoined(subject, whole, intake, unit) if whole else subject, intake.site, unit)
        _refuse_reject(outcome)
        submission = unit.write(outcome)
        if submission is not None and outcome.decision.status is MessageStatus.ASSEMBLING:
            enqueue_whole(submission, intake.site, unit)
        if whole:
            whole.end(submission, unit)


def _subject_to_release(intake: Intake, kept: KeptMessage, release: Release) -> Subject:
    try:
        return subject_of(intake, kept, release=release)
    except MailRefused:
        return subject_of(intake, kept, release=release, header_only=True)


def _rejoined(fragment: Subject, whole: Whole, intake: Intake, unit: UnitOfWork) -> Subject:
    """The message whose last fragment a person let go, released as that person said."""
    _, subject = rejoined_subject(intake, whole, unit)
    if isinstance(subject, str):
        raise NotAllowedError(f"its fragments make no message that can be read ({subject})")
    return replace(subject, release=fragment.release)


def _releasable(kept: KeptMessage) -> KeptMessage:
    if kept.status not in RELEASABLE:
        allowed = ", ".join(sorted(RELEASABLE))
        raise NotAllowedError(f"message {kept.id} is {kept.status}; only {allowed} messages can be released")
    return kept


def _refuse_reject(outcome: Outcome) -> None:
    if outcome.decision.outcome is Kind.REJECT:
        fixes = " ".join(problem.fix for problem in outcome.decision.problems)
        codes = ", ".join(outcome.decision.reasons)
        raise NotAllowedError(f"the subject line can't be read ({codes}): {fixes} Give the right one with --line")


def retry_reply(intake: Intake, reply_id: int, *, actor: str) -> None:
    """Puts a failed, withheld or delayed reply back in line. Raises `NotFoundError` or `NotAllowedError`."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.retry_reply(reply_id, actor=actor)


def cancel_reply(intake: Intake, reply_id: int, *, actor: str) -> None:
    """Takes back a reply that has not left. Raises `NotFoundError` or `NotAllowedError`."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.cancel_reply(reply_id, actor=actor)


def reset_breaker(intake: Intake, *, actor: str) -> bool:
    """Lets automatic replies go again after the breaker stopped them; whether it had."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        return unit.close_breaker(actor=actor)
