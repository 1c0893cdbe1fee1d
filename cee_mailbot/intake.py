"""The straight line of one message, from bytes to commit.

The order is the promise: bytes durable, then a row, then the decision with everything that follows from it in
one transaction, and only then is the mailbox touched. A crash anywhere before the end means that the message
is fetched or found again, and recognised.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from cee_mailbot import crash
from cee_mailbot.domain.acceptance import held_for
from cee_mailbot.domain.case import FRAGMENT, Decision
from cee_mailbot.domain.case import Outcome as Kind
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import DamagedBlobError, NotFoundError, TemporaryError, UnreachableError
from cee_mailbot.fragments import Whole, whole_of
from cee_mailbot.gathering import advance
from cee_mailbot.interfaces import (
    NO_RESERVE,
    BlobStore,
    Handle,
    Listed,
    RawMail,
    Reader,
    Reserve,
    Scanner,
    SourceSession,
    StoredBlob,
)
from cee_mailbot.journaling import NO_JOURNAL, Journal, written
from cee_mailbot.ledger import Arrival, Headline, KeptMessage, Outcome, Store, UnitOfWork
from cee_mailbot.log import fields
from cee_mailbot.outcome import Rejoined, Release, Subject, headline_of, judge
from cee_mailbot.reading import read_kept
from cee_mailbot.site import Site
from parsers.headers import MailRefused

logger = logging.getLogger(__name__)

UNDECIDED_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """Everything that the line of one message needs.

    `set_bytes` and `set_messages` bound how much is fetched, decided and settled together. `cut_off` counts, by mailbox
    and handle, how often a pass was cut off at a message since the program began.
    """

    site: Site
    store: Store
    blobs: BlobStore
    reader: Reader
    journal: Journal = NO_JOURNAL
    reserve: Reserve = NO_RESERVE
    scanner: Scanner | None = None
    set_bytes: int = 16_000_000
    set_messages: int = 50
    cut_off: Counter[tuple[str, Handle]] = field(default_factory=Counter)


def take_in(intake: Intake, mailbox: Mailbox, session: SourceSession, wanted: Sequence[Listed]) -> list[KeptMessage]:
    """Steps 2 to 12 of a message's path, for a set of them; those that may now leave the mailbox."""
    intake.reserve.require(sum(one.size for one in wanted))
    kept = _keep(intake, mailbox, _make_durable(intake, mailbox, session, wanted))
    return decide_kept(intake, [one for one, _ in kept], {one.id: raw for one, raw in kept})


def _make_durable(
    intake: Intake, mailbox: Mailbox, session: SourceSession, wanted: Sequence[Listed]
) -> Iterator[tuple[Arrival, bytes | None]]:
    limit = intake.site.policies[mailbox.name].message_limit
    large = [one for one in wanted if one.size > limit]
    for one in large:
        stored = intake.blobs.put_stream(session.stream(one))
        if stored.size:
            yield _arrival(intake, mailbox, one, stored), None
    small = [one for one in wanted if one.size <= limit]
    listed = {one.handle: one.size for one in small}
    for mail in session.fetch(small) if small else ():
        if not mail.raw and listed.get(mail.handle):
            # What a server gives when it can't give the message: kept, that would pass for all there was.
            words = "message %s of %d bytes came empty and stays where it is"
            logger.error(words, mail.handle.uid, listed[mail.handle], extra=fields(mailbox=mailbox.name))
            continue
        yield _store_bytes(intake, mailbox, mail), mail.raw


def _store_bytes(intake: Intake, mailbox: Mailbox, mail: RawMail) -> Arrival:
    stored = StoredBlob(sha256=intake.blobs.put(mail.raw), size=len(mail.raw))
    return _arrival(intake, mailbox, mail, stored)


def _arrival(intake: Intake, mailbox: Mailbox, told: Listed | RawMail, stored: StoredBlob) -> Arrival:
    return Arrival(
        mailbox=mailbox.name,
        handle=told.handle,
        sha256=stored.sha256,
        size=stored.size,
        arrived_at=told.arrived_at,
        first_seen_at=intake.site.clock.now(),
        submitted_at=told.submitted_at,
    )


def _keep(
    intake: Intake, mailbox: Mailbox, stored: Iterable[tuple[Arrival, bytes | None]]
) -> list[tuple[KeptMessage, bytes | None]]:
    pairs = list(stored)
    crash.here("C6")
    intake.journal.append("arrivals", [written(arrival) for arrival, _ in pairs])
    with intake.store.begin(intake.site.clock.now()) as unit:
        rows = unit.keep([arrival for arrival, _ in pairs])
        crash.here("C7")
    logger.info("kept", extra=fields(mailbox=mailbox.name, messages=len(rows)))
    return [(row, raw) for row, (_, raw) in zip(rows, pairs, strict=True)]


# --- from a kept message to its end ---------------------------------------------------------------------------


def take_in_raw(
    intake: Intake, mailbox: Mailbox, mails: Sequence[RawMail], *, answer: bool = True
) -> tuple[KeptMessage, ...]:
    """Takes in messages that lie in no mailbox; gives back their rows as they were before the decision."""
    pairs = _keep(intake, mailbox, [(_store_bytes(intake, mailbox, mail), mail.raw) for mail in mails])
    waiting = [one for one, _ in pairs if one.status is MessageStatus.RECEIVED]
    decide_kept(intake, waiting, {one.id: raw for one, raw in pairs}, answer=answer)
    return tuple(one for one, _ in pairs)


def decide_waiting(intake: Intake, mailbox: str) -> None:
    """Decides what an earlier run kept and did not come to decide."""
    last = 0
    while True:
        with intake.store.begin(intake.site.clock.now()) as unit:
            waiting = unit.undecided(mailbox, after=last, limit=UNDECIDED_AT_ONCE)
        if not waiting:
            return
        last = waiting[-1].id
        for one in waiting:
            try:
                decide_kept(intake, [one], {})
            except UnreachableError:
                # Its bytes can't be read for now; the others, and the mailbox, do not wait for it.
                logger.exception("undecided for now", extra=fields(message=one.id))


def decide_kept(
    intake: Intake, kept: Sequence[KeptMessage], raws: dict[int, bytes | None], *, answer: bool = True
) -> list[KeptMessage]:
    """Decides these messages in one transaction; gives back those that may now leave their mailbox.

    One that can't be read or written is held with the reason, and stops nothing.
    """
    subjects = [_read(intake, one, raws.get(one.id), answer=answer) for one in kept]
    with intake.store.begin(intake.site.clock.now()) as unit:
        for one, subject in zip(kept, subjects, strict=True):
            if unit.message(one.id).status is MessageStatus.RECEIVED:
                _write(intake, one, subject, unit)
    return list(kept)


def _read(intake: Intake, kept: KeptMessage, raw: bytes | None, *, answer: bool) -> Subject | str:
    """The message ready to be judged, or the code of the reason why it can't be read."""
    crash.here("C11")
    try:
        return subject_of(intake, kept, raw, answer=answer)
    except MailRefused as refused:
        return refused.code
    except (DamagedBlobError, NotFoundError):
        logger.exception("stored bytes are missing or damaged", extra=fields(message=kept.id))
        return "blob-damaged"
    except TemporaryError:
        raise
    except Exception:
        logger.exception("the reader broke", extra=fields(message=kept.id))
        return "reader-broke"


def subject_of(
    intake: Intake,
    kept: KeptMessage,
    raw: bytes | None = None,
    *,
    release: Release | None = None,
    answer: bool = True,
    header_only: bool = False,
) -> Subject:
    """A kept message, scanned and read. Raises `MailRefused`, or what the blob store raises."""
    mailbox = intake.site.mailbox(kept.mailbox)
    policy = intake.site.policies[mailbox.name]
    limit = 0 if header_only else policy.message_limit
    reading, scan = read_kept(intake, kept, raw, limit=limit, released=release is not None)
    return Subject(
        kept=kept,
        reading=reading,
        scan=scan,
        mailbox=mailbox,
        policy=policy,
        release=release,
        answer=answer,
    )


def _write(intake: Intake, kept: KeptMessage, subject: Subject | str, unit: UnitOfWork) -> int | None:
    """Steps 6 to 12; the row id of the submission that the message went to, if any."""
    if isinstance(subject, str):
        return unit.write(_unreadable(kept, subject, unit))
    try:
        outcome = judge(subject, intake.site, unit)
        submission = unit.write(outcome)
    except TemporaryError:
        raise
    except Exception:
        logger.exception("the decision broke", extra=fields(message=kept.id))
        headline = headline_of(subject.reading.mail, kept, too_large=subject.too_large)
        return unit.write(_held(kept, "decision-broke", headline))
    if outcome.decision.reasons == (FRAGMENT,) and subject.rejoined is None:
        return _rejoin(intake, subject, unit)
    crash.here("C12")
    if submission is not None:
        advance(outcome, submission, intake.site, unit)
    return submission


def _rejoin(intake: Intake, fragment: Subject, unit: UnitOfWork) -> int | None:
    """What comes of a fragment: nothing yet, or with it of the whole message."""
    whole = whole_of(fragment.reading.mail, intake.blobs, unit, limit=fragment.policy.message_limit)
    if whole is None:
        return None
    kept, subject = rejoined_subject(intake, whole, unit, answer=fragment.answer)
    submission = _write(intake, kept, subject, unit)
    whole.end(submission, unit)
    return submission


def rejoined_subject(
    intake: Intake, whole: Whole, unit: UnitOfWork, *, answer: bool = True
) -> tuple[KeptMessage, Subject | str]:
    """A rejoined message in the row of its first fragment, read, or the code of the reason why it can't be read."""
    first = whole.fragments[0]
    kept = unit.rejoin(first.kept.id, sha256=intake.blobs.put(whole.raw), size=len(whole.raw))
    subject = _read(intake, kept, whole.raw, answer=answer)
    if isinstance(subject, str):
        return kept, subject
    seen = tuple(one.kept.sha256 for one in whole.fragments)
    return kept, replace(subject, rejoined=Rejoined(content_digest=first.content_digest, fragments=seen))


def _unreadable(kept: KeptMessage, reason: str, unit: UnitOfWork) -> Outcome:
    """Held, or the duplicate of the one that is held already: its bytes are all that tells."""
    headline = Headline(content_digest=f"raw:{kept.sha256}")
    first = unit.first_of_kind(headline.content_digest, other_than=kept.id)
    if first is None:
        return _held(kept, reason, headline)
    decision = Decision(
        outcome=Kind.IGNORE, status=MessageStatus.DUPLICATE, joins=first.submission, reasons=("same-content",)
    )
    return Outcome(message=kept, headline=headline, decision=decision, duplicate_of=first.message)


def _held(kept: KeptMessage, reason: str, headline: Headline) -> Outcome:
    return Outcome(message=kept, headline=headline, decision=held_for(reason))
