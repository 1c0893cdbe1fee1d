"""Rows as facts, in the names that other programs rely on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from cee_mailbot.domain import facts
from cee_mailbot.domain.item_clock import ClockedItem
from cee_mailbot.store.tables import DocumentRow, HistoryRow, MessageRow, NoteRow, ReplyRow, SubmissionRow
from parsers.papers import Paper

_AT_ONCE = 400  # bound variables in one statement; SQLite's limit may be as low as 999


def slices(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values in runs that fit into one statement."""
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


@dataclass(frozen=True, kw_only=True, slots=True)
class Hanging:
    """What hangs on an item; `parts` are the part numbers of its counted messages, None for each unmarked one."""

    flags: Sequence[str]
    tags: Sequence[str]
    messages: Sequence[int]
    parts: Sequence[int | None]
    documents: int
    linked: Sequence[str]


def item_facts(row: SubmissionRow, hanging: Hanging) -> facts.ItemFacts:
    """An item, with what hangs on it."""
    have = {part for part in hanging.parts if part is not None}
    return facts.ItemFacts(
        tracking=row.tracking,
        team=row.team,
        state=row.state,
        outcome=row.outcome,
        code=row.code,
        account=row.account,
        entry_number=row.entry_number,
        port=row.port,
        presented_at=row.presented_at,
        presented_local=row.presented_at.astimezone(ZoneInfo(row.zone)),
        zone=row.zone,
        basis=row.basis,
        strength=row.strength,
        received_at=row.received_at,
        due=row.due,
        assignee=row.assignee,
        flags=tuple(hanging.flags),
        parts_received=len(have) or 1,
        parts_expected=row.parts_expected,
        missing=tuple(number for number in range(1, (row.parts_expected or 0) + 1) if number not in have),
        documents=hanging.documents,
        messages=tuple(hanging.messages),
        sender=row.sender,
        linked=tuple(hanging.linked),
        created_at=row.created_at,
        updated_at=row.updated_at,
        tags=tuple(hanging.tags),
    )


def elsewhere_facts(row: SubmissionRow) -> facts.ElsewhereFacts:
    """An item as those see it who do not work it."""
    return facts.ElsewhereFacts(
        tracking=row.tracking,
        team=row.team,
        state=row.state,
        code=row.code,
        entry_number=row.entry_number,
        presented_at=row.presented_at,
        presented_local=row.presented_at.astimezone(ZoneInfo(row.zone)),
        zone=row.zone,
        received_at=row.received_at,
    )


def message_facts(row: MessageRow, tracking: str | None) -> facts.MessageFacts:
    """A message; `tracking` is its submission's number, if it has one."""
    return facts.MessageFacts(
        id=row.id or 0,
        mailbox=row.mailbox,
        message_id=row.message_id,
        from_=row.from_header,
        subject=row.subject,
        received_at=row.arrived_at,
        sent_at=row.sent_at,
        bytes=row.size,
        sha256=row.sha256,
        status=row.status,
        reasons=tuple(row.reasons),
        tracking=tracking or row.tracking,
    )


def document_facts(row: DocumentRow, paper: Paper | None) -> facts.DocumentFacts:
    """A document of a message, and what was read of it."""
    return facts.DocumentFacts(
        message=row.message_row,
        name=row.name,
        type=row.type,
        declared_type=row.declared_type,
        bytes=row.size,
        sha256=row.sha256,
        path=row.path,
        section=row.section,
        status=row.status,
        form=paper.form if paper else None,
        entry_numbers=tuple(str(number) for number in paper.entry_numbers) if paper else (),
        pages=paper.page_count if paper else None,
    )


def reply_facts(row: ReplyRow, tracking: str | None) -> facts.ReplyFacts:
    """A reply; `tracking` is the number it names, if any."""
    return facts.ReplyFacts(
        id=row.id or 0,
        kind=row.kind,
        to=row.to,
        subject=row.subject,
        message_id=row.message_id,
        in_reply_to=row.in_reply_to,
        state=row.state,
        attempts=row.attempts,
        sent_at=row.sent_at,
        tracking=tracking,
        reasons=tuple(row.reasons),
    )


def note_facts(row: NoteRow) -> facts.NoteFacts:
    """A note."""
    return facts.NoteFacts(id=row.id or 0, at=row.at, actor=row.actor, text=row.text)


def history_facts(row: HistoryRow) -> facts.HistoryFacts:
    """A line of the history."""
    return facts.HistoryFacts(
        id=row.id or 0,
        at=row.at,
        actor=row.actor,
        event=row.event,
        message=row.message_row,
        reply=row.reply_id,
        detail=dict(row.detail),
    )


def stamp(row: MessageRow) -> dict[str, Any]:
    """Every clock of a message, and what was made of them."""
    return {
        "presented_at": row.presented_at,
        "zone": row.zone,
        "basis": row.basis,
        "strength": row.strength,
        "observed_at": row.observed_at,
        "arrived_at": row.arrived_at,
        "first_seen_at": row.first_seen_at,
        **row.evidence,
    }


def clocked(row: SubmissionRow) -> ClockedItem:
    """What is told of an item's clocks."""
    return ClockedItem(
        submission=row.id or 0,
        tracking=row.tracking,
        code=row.code,
        port=row.port,
        zone=row.zone,
        presented_at=row.presented_at,
        received_at=row.received_at,
        entry_date=row.entry_date,
        due=row.due,
    )
