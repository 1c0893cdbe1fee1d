"""Times as people fill them in: by the clock of a port."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cee_mailbot.domain.working_days import MORNING
from cee_mailbot.errors import UserError


def local_instant(text: str, zone: str) -> datetime | None:
    """The instant that a browser's field for date (and time) gives on the clock of `zone`; a day alone is its morning.

    None for an empty field. Raises `UserError`.
    """
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
        known = ZoneInfo(zone)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise UserError(f"{text[:40]!r} is no time; write it as 2026-11-20T13:52") from None
    if len(text) == len("2026-11-20"):
        local = datetime.combine(local.date(), MORNING)
    return local if local.tzinfo else local.replace(tzinfo=known)
