"""Clocks of a message, written in minutes before or after its arrival."""

from datetime import UTC, datetime, timedelta

from cee_mailbot.domain.presentation import Clocks
from parsers.dates import Hop, ReadDate

ARRIVED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return ARRIVED + timedelta(minutes=minutes)


def date(minutes: float | None, why_not: str = "missing") -> ReadDate:
    if minutes is None:
        return ReadDate(raw="", instant=None, zone_known=False, why_not=why_not)
    return ReadDate(raw="written", instant=at(minutes), zone_known=True, why_not=None)


def hop(minutes: float | None, by: str = "relay.example") -> Hop:
    return Hop(raw="x", by=by, from_=None, at=date(minutes, "unreadable"))


def clocks(sent: float | None, *hops: Hop, signed: bool = False, headers: int = 1) -> Clocks:
    """`sent` minutes from arrival, the hops from the top."""
    return Clocks(
        date=date(sent),
        date_headers=headers,
        hops=hops,
        arrived_at=ARRIVED,
        first_seen_at=at(600),
        date_signed=signed,
    )
