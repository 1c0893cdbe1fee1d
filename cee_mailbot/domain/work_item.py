"""The work item: what a specialist sees, the states it can be in, and its tracking number."""

import re
from enum import StrEnum

TRACKING_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
"""The check characters: 0-9 and A-Z without I, L, O, U and Z, 31 in all."""

_TRACKING = re.compile(r"\bCEE-(\d{3})-(\d{2})-(\d{6,9})-([0-9A-HJKMNP-TV-Y])\b", re.ASCII | re.IGNORECASE)


class ItemState(StrEnum):
    """Where an item stands in its Center's work queue."""

    ASSEMBLING = "assembling"
    NEW = "new"
    ASSIGNED = "assigned"
    WAITING = "waiting"
    CLOSED = "closed"


def tracking_number(*, team: str, year: int, serial: int) -> str:
    """The number that an item is known by, such as `CEE-007-26-000123-S`.

    `year` is the full year of which two digits are shown; the last character checks the others: the number
    they form, modulo 31, in `TRACKING_ALPHABET`.
    """
    digits = f"{team}{year % 100:02}{serial:06}"
    return f"CEE-{team}-{year % 100:02}-{serial:06}-{TRACKING_ALPHABET[int(digits) % 31]}"


def find_tracking(text: str) -> tuple[str, ...]:
    """The tracking numbers in `text`, upper case, in their order, those with a wrong check character left out."""
    return tuple(
        found.group().upper()
        for found in _TRACKING.finditer(text)
        if TRACKING_ALPHABET[int("".join(found.group(1, 2, 3))) % 31] == found.group(4).upper()
    )
