"""The presentation time of a message: its basis, strength and evidence, from all its clocks and the policy.

"The date and time of this out-going message from the filer to CBP ... will serve as the functional equivalent
of the physical date and time stamp at the port office" (Center test procedures, "Entry Summary Processes").
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from cee_mailbot.domain.policy import Policy
from parsers.dates import Hop, ReadDate


class Basis(StrEnum):
    """Which clock the presentation time was taken from."""

    DATE = "date"
    RECEIVED = "received"
    ARRIVAL = "arrival"
    STAFF = "staff"


class Strength(StrEnum):
    """How well the sent time is borne out: A signed and plausible, B plausible, C anything else."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clocks:
    """Every clock of one message; all instants are aware.

    `date` is the first `Date` header, `hops` the `Received` headers from the top, `arrived_at` the server's
    arrival time, `first_seen_at` the bot's own, `date_signed` whether a passing DKIM signature of a domain
    aligned with the sender's covers `Date`, as the border's Authentication-Results vouch.
    """

    date: ReadDate
    date_headers: int
    hops: tuple[Hop, ...]
    arrived_at: datetime
    first_seen_at: datetime
    date_signed: bool = False

    def __post_init__(self) -> None:
        """Refuses naive times."""
        if self.arrived_at.tzinfo is None or self.first_seen_at.tzinfo is None:
            raise ValueError("a clock without a time zone is no evidence")


@dataclass(frozen=True, kw_only=True, slots=True)
class Presentation:
    """When a message counts as presented, and why.

    `instant` is aware and in UTC; `zone` is the IANA zone whose local date is the legal one; `observed` is
    the time that others saw (the border's hop, else arrival), in UTC; `flags` are `date-disputed` and
    `two-dates`.
    """

    instant: datetime
    zone: str
    basis: Basis
    strength: Strength
    observed: datetime
    flags: tuple[str, ...] = ()

    @property
    def local(self) -> datetime:
        """The instant on the clock of the port of entry."""
        return self.instant.astimezone(ZoneInfo(self.zone))

    @property
    def disputed(self) -> bool:
        """Whether staff have to decide which time counts."""
        return "date-disputed" in self.flags


def present(clocks: Clocks, *, zone: str, policy: Policy) -> Presentation:
    """The presentation time of one message for a port in `zone`: the same evidence gives the same answer."""
    border = _border_hop(clocks, policy)
    _, observed = _seen_by_us(clocks, border)
    sent = clocks.date.instant
    disputed = sent is not None and _is_disputed(sent, clocks, observed, policy)
    basis, instant = _choose(clocks, border, disputed=disputed, policy=policy)
    # Whichever clock it was taken from: hops of the sender's can lie as far back as a Date.
    disputed = disputed or observed - instant > policy.date_past_tolerance
    flags = [name for name, raised in (("date-disputed", disputed), ("two-dates", clocks.date_headers > 1)) if raised]
    return Presentation(
        instant=instant.astimezone(UTC),
        zone=zone,
        basis=basis,
        strength=_strength(clocks, basis, plain=not flags),
        observed=observed.astimezone(UTC),
        flags=tuple(flags),
    )


def _choose(clocks: Clocks, border: Hop | None, *, disputed: bool, policy: Policy) -> tuple[Basis, datetime]:
    sent = clocks.date.instant
    if sent is None or _is_impossible(sent, clocks, policy):
        return _without_date(clocks, border, policy)
    if disputed and policy.disputed_time == "observed":
        return _seen_by_us(clocks, border)
    return Basis.DATE, sent


def _seen_by_us(clocks: Clocks, border: Hop | None) -> tuple[Basis, datetime]:
    """When the border took the message, else when it arrived; a border's time later than that is a fast clock's."""
    at_border = border.at.instant if border else None
    if at_border is None or at_border > clocks.arrived_at:
        return Basis.ARRIVAL, clocks.arrived_at
    return Basis.RECEIVED, at_border


def _without_date(clocks: Clocks, border: Hop | None, policy: Policy) -> tuple[Basis, datetime]:
    """What the border saw, where it has a hop: the hops below it are the sender's to write, and settle nothing."""
    if border is not None:
        return _seen_by_us(clocks, border)
    basis, instant = _earliest_hop(clocks) or (Basis.ARRIVAL, clocks.arrived_at)
    if policy.disputed_time == "observed" and clocks.arrived_at - instant > policy.date_past_tolerance:
        return Basis.ARRIVAL, clocks.arrived_at
    return basis, instant


def _is_impossible(sent: datetime, clocks: Clocks, policy: Policy) -> bool:
    return sent - clocks.arrived_at > policy.date_future_tolerance


def _is_disputed(sent: datetime, clocks: Clocks, observed: datetime, policy: Policy) -> bool:
    """Too early or too late for those who saw the message, or taken by some relay before it was sent.

    Hops below the border's are the sender's to write: they may raise a dispute, never settle one.
    """
    seen = _earliest_hop(clocks)
    return (
        observed - sent > policy.date_past_tolerance
        or sent - observed > policy.date_future_tolerance
        or (seen is not None and sent - seen[1] > policy.date_future_tolerance)
    )


def _earliest_hop(clocks: Clocks) -> tuple[Basis, datetime] | None:
    times = [at for hop in clocks.hops if (at := hop.at.instant) is not None and at <= clocks.arrived_at]
    return (Basis.RECEIVED, min(times)) if times else None


def _border_hop(clocks: Clocks, policy: Policy) -> Hop | None:
    """The topmost hop taken by a configured border host: what stands above it is our own."""
    taken = (hop for hop in clocks.hops if hop.by is not None and hop.by.lower() in policy.border_hosts)
    return next(taken, None)


def _strength(clocks: Clocks, basis: Basis, *, plain: bool) -> Strength:
    if basis is not Basis.DATE or not plain:
        return Strength.C
    return Strength.A if clocks.date_signed else Strength.B
