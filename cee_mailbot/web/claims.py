"""Claims with their timers: how long ago an item was claimed, and when the claim ends by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cee_mailbot.staff_ledger import ClaimFacts
from cee_mailbot.web.parts import Parts


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Whose an item is, for how long already, and for how long yet if that person does not use it.

    `since` and `ago` are None where the history does not tell it, `ends` and `left` where no claim ends by itself.
    """

    person: str
    zone: str
    since: datetime | None
    ago: timedelta | None
    ends: datetime | None
    left: timedelta | None


def claim_of(facts: ClaimFacts | None, parts: Parts) -> Claim | None:
    """The claim as it stands now; None of an item that is nobody's."""
    if facts is None:
        return None
    now, idle = parts.now(), parts.settings.claim_expires
    ends = facts.used + idle if facts.used is not None and idle is not None else None
    return Claim(
        person=facts.person,
        zone=facts.zone,
        since=facts.since,
        ago=now - facts.since if facts.since is not None else None,
        ends=ends,
        left=max(ends - now, timedelta(0)) if ends is not None else None,
    )


def lasting(span: timedelta) -> str:
    """`3 hours 20 minutes`, to the minute below; `under a minute`. As `queue.js` goes on counting it."""
    minutes = max(0, int(span / timedelta(minutes=1)))
    if not minutes:
        return "under a minute"
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return " ".join(_counted(days, hours, "day", "hour"))
    return " ".join(_counted(hours, minutes % 60, "hour", "minute"))


def _counted(many: int, few: int, *names: str) -> list[str]:
    return [
        f"{count} {name}{'' if count == 1 else 's'}" for count, name in zip((many, few), names, strict=True) if count
    ]
