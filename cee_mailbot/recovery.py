"""Brings a restored database up to what the journal and the archive know; sends nothing, and nothing twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import NotFoundError
from cee_mailbot.intake import Intake, decide_kept
from cee_mailbot.interfaces import BlobStore
from cee_mailbot.journaling import arrival_of
from cee_mailbot.ledger import Arrival

AT_ONCE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryReport:
    """What was brought up to date.

    `recovered` messages have a row anew; of `without_bytes` messages the archive has nothing, or their mailbox is not
    configured any more. Replies were `recognised` as sent by the journal, or are `held` for a person.
    """

    recovered: int
    without_bytes: int
    recognised: int
    held: int


def recover(intake: Intake) -> RecoveryReport:
    """Withholds what may have left, derives missing rows from the archive, recognises what the journal saw leave."""
    _stop_bulk_jobs(intake)
    recognised, held = _hold_unsent(intake)
    rows: list[int] = []
    without_bytes = 0
    for arrivals in _unknown(intake):
        there = [one for one in arrivals if _is_there(intake.blobs, one.sha256)]
        without_bytes += len(arrivals) - len(there)
        rows += _derive(intake, there)
    recognised += _recognise(intake, rows)
    return RecoveryReport(recovered=len(rows), without_bytes=without_bytes, recognised=recognised, held=held)


def _stop_bulk_jobs(intake: Intake) -> None:
    """What was under way at the backup has gone on since, and its letters have left: a person begins anew."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        unit.stop_all_bulk_jobs(actor="the restore of a backup")


def _hold_unsent(intake: Intake) -> tuple[int, int]:
    now = intake.site.clock.now()
    with intake.store.begin(now) as unit:
        unsent = unit.unsent_replies()
    sent: dict[str, Mapping[str, Any]] = {
        str(entry["message_id"]): entry for entry in intake.journal.entries("sent") if entry.get("message_id") in unsent
    }
    with intake.store.begin(now) as unit:
        for message_id, reply in unsent.items():
            if message_id in sent:
                unit.recognise_reply(reply, sent_at=_at(sent[message_id], now), message_id=message_id)
            else:
                unit.hold_reply(reply)
    return len(sent), len(unsent) - len(sent)


def _unknown(intake: Intake) -> Iterator[list[Arrival]]:
    """Arrivals of configured mailboxes that have no row, a set at a time."""
    some: list[Arrival] = []
    for entry in intake.journal.entries("arrivals"):
        arrival = arrival_of(entry)
        if arrival is not None and arrival.mailbox in intake.site.policies:
            some.append(arrival)
        if len(some) >= AT_ONCE:
            yield _without_row(intake, some)
            some = []
    yield _without_row(intake, some)


def _without_row(intake: Intake, arrivals: Sequence[Arrival]) -> list[Arrival]:
    with intake.store.begin(intake.site.clock.now()) as unit:
        known = {
            (mailbox, handle)
            for mailbox in {one.mailbox for one in arrivals}
            for handle in unit.known(mailbox, [one.handle for one in arrivals if one.mailbox == mailbox])
        }
    places = {(one.mailbox, one.handle): one for one in arrivals}
    return [one for place, one in places.items() if place not in known]


def _derive(intake: Intake, arrivals: Sequence[Arrival]) -> list[int]:
    """Rows and decisions for these, as when they came; their replies are written down and withheld."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        kept = unit.keep(arrivals)
    decide_kept(intake, [one for one in kept if one.status is MessageStatus.RECEIVED], {}, answer=False)
    return [one.id for one in kept]


def _recognise(intake: Intake, rows: Sequence[int]) -> int:
    """Replies to recovered messages that the journal saw leave, under another Message-ID, are not to leave again."""
    now = intake.site.clock.now()
    with intake.store.begin(now) as unit:
        waiting = unit.replies_to(rows)
    sent: dict[tuple[str, ReplyKind], Mapping[str, Any]] = {}
    for entry in intake.journal.entries("sent"):
        kind = next((kind for kind in ReplyKind if kind == entry.get("kind")), None)
        if kind is not None and (str(entry.get("in_reply_to")), kind) in waiting:
            sent[str(entry["in_reply_to"]), kind] = entry
    with intake.store.begin(now) as unit:
        for event, found in sent.items():
            unit.recognise_reply(waiting[event], sent_at=_at(found, now), message_id=str(found.get("message_id")))
    return len(sent)


def _at(entry: Mapping[str, Any], otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(entry.get("at"))).astimezone(UTC)
    except ValueError:
        return otherwise


def _is_there(blobs: BlobStore, sha256: str) -> bool:
    try:
        blobs.open(sha256).close()
    except NotFoundError:
        return False
    return True
