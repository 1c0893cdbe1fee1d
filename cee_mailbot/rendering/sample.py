"""A made-up reply of each kind, with something in every field: what `check` renders."""

from datetime import UTC, datetime, timedelta

from cee_mailbot.domain.reply import ListedDocument, ListedPart, ReplyFacts, ReplyKind, Stamp
from cee_mailbot.domain.routing import shipped_centers
from parsers.subject import parse_subject

_LINE = "RE: dr, NokiaInc,345-6789012-3,2704"
_BROKEN_LINE = "DR,NokiaInc,345-67890,27"


def sample_facts(kind: ReplyKind) -> ReplyFacts:
    """The facts of a reply that nobody sends."""
    written = _BROKEN_LINE if kind is ReplyKind.REJECT else _LINE
    line = parse_subject(written)
    at = datetime(2026, 11, 20, 21, 52, 10, tzinfo=UTC)
    statuses = ("read", "unreadable", "quarantined")
    return ReplyFacts(
        kind=kind,
        message_id="<sample@cee-mailbot.invalid>",
        to="broker@example.com",
        mailbox_address="CEE-Electronics@cbp.dhs.gov",
        center=shipped_centers()["007"],
        tracking="CEE-007-26-004217-K",
        line=line,
        line_as_written=written,
        in_reply_to="<question@example.com>",
        presented=Stamp(instant=at, zone="America/Los_Angeles", source="date"),
        received=Stamp(instant=at, zone="America/Los_Angeles", source="arrival"),
        documents=tuple(
            ListedDocument(name=f"{status}.pdf", bytes=812_004, sha256="0" * 64, status=status) for status in statuses
        ),
        problems=tuple(line.problems) if kind is ReplyKind.REJECT else (),
        reasons=("no-documents", "too-large") if kind is ReplyKind.REJECT else (),
        flags=("check-digit",),
        parts=(ListedPart(number=1, documents=tuple(f"{status}.pdf" for status in statuses)),),
        missing=(2, 3),
        total=3,
        hand_over=Stamp(instant=at + timedelta(days=1), zone="America/Los_Angeles", source="arrival"),
        held_before=2,
        reason="The account belongs to another Center.",
        to_center=shipped_centers()["006"],
        written_at=at,
    )
