"""The work item: its states, what may be done in each, and its tracking number."""

import re
from collections.abc import Mapping
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


class Closing(StrEnum):
    """With which outcome an item was closed."""

    DONE = "done"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    DUPLICATE = "duplicate"
    NO_ACTION = "no-action"


class Act(StrEnum):
    """What a person may do with an item; `transfer-to-port` is the transfer that leaves the Centers."""

    CLAIM = "claim"
    UNCLAIM = "unclaim"
    ENQUEUE = "enqueue"
    NOTE = "note"
    TAG = "tag"
    UNTAG = "untag"
    WAIT = "wait"
    CLOSE = "close"
    REOPEN = "reopen"
    REPLY = "reply"
    RETURN = "return"
    TRANSFER = "transfer"
    TRANSFER_TO_PORT = "transfer-to-port"
    MOVE = "move"
    SPLIT = "split"
    JOIN = "join"
    SET_PRESENTATION = "set-presentation"


_OPEN: Mapping[Act, ItemState] = {
    Act.WAIT: ItemState.WAITING,
    Act.CLOSE: ItemState.CLOSED,
    Act.RETURN: ItemState.CLOSED,
    Act.TRANSFER: ItemState.NEW,
    Act.TRANSFER_TO_PORT: ItemState.CLOSED,
}

# In these acts the item stays where it is, whatever state it is in.
_ALWAYS = (Act.NOTE, Act.TAG, Act.UNTAG, Act.REPLY)
_STAYING: Mapping[ItemState, tuple[Act, ...]] = {
    ItemState.ASSEMBLING: (*_ALWAYS, Act.MOVE, Act.SPLIT, Act.JOIN),
    ItemState.NEW: (*_ALWAYS, Act.MOVE, Act.SPLIT, Act.JOIN, Act.SET_PRESENTATION),
    ItemState.ASSIGNED: (*_ALWAYS, Act.MOVE, Act.SPLIT, Act.JOIN, Act.SET_PRESENTATION),
    ItemState.WAITING: (*_ALWAYS, Act.MOVE, Act.SPLIT, Act.JOIN, Act.SET_PRESENTATION),
    ItemState.CLOSED: (*_ALWAYS, Act.SET_PRESENTATION),
}

# The table of states: what may be done in which state, and the state that it leads to. A join names the item that
# takes the other's messages in; the other is closed.
TRANSITIONS: Mapping[tuple[ItemState, Act], ItemState] = {
    (ItemState.ASSEMBLING, Act.ENQUEUE): ItemState.NEW,
    (ItemState.NEW, Act.CLAIM): ItemState.ASSIGNED,
    (ItemState.WAITING, Act.CLAIM): ItemState.ASSIGNED,
    (ItemState.ASSIGNED, Act.UNCLAIM): ItemState.NEW,
    (ItemState.WAITING, Act.UNCLAIM): ItemState.NEW,
    **{
        (state, act): after
        for state in (ItemState.NEW, ItemState.ASSIGNED, ItemState.WAITING)
        for act, after in _OPEN.items()
    },
    (ItemState.CLOSED, Act.REOPEN): ItemState.NEW,
    **{(state, act): state for state, acts in _STAYING.items() for act in acts},
}

# What happens by itself: a set is whole or its time is up; a new message came, or the date for which it waited; nobody
# has touched a claimed item for as long as the site lets a claim stand.
BY_ITSELF: Mapping[tuple[ItemState, str], ItemState] = {
    (ItemState.ASSEMBLING, "whole, or its time is up"): ItemState.NEW,
    (ItemState.WAITING, "an answer, or its date"): ItemState.ASSIGNED,
    (ItemState.ASSIGNED, "its claim expired"): ItemState.NEW,
}

# How the history calls an act. What is below is none: `undone` takes the last back, the others are the bot's.
EVENTS: Mapping[Act, str] = {
    Act.CLAIM: "claimed",
    Act.UNCLAIM: "unclaimed",
    Act.ENQUEUE: "enqueued",
    Act.NOTE: "noted",
    Act.TAG: "tagged",
    Act.UNTAG: "untagged",
    Act.WAIT: "waiting",
    Act.CLOSE: "closed",
    Act.REOPEN: "reopened",
    Act.REPLY: "replied",
    Act.RETURN: "returned",
    Act.TRANSFER: "transferred",
    Act.TRANSFER_TO_PORT: "transferred-to-port",
    Act.MOVE: "moved",
    Act.SPLIT: "split",
    Act.JOIN: "joined",
    Act.SET_PRESENTATION: "presentation-set",
}
SYSTEM = "system"  # who acts when nobody does: no person may go by this name
UNDONE = "undone"
WOKEN = "woken"
EXPIRED = "claim-expired"

# An enqueued set has been acknowledged, once and for all; a note stays, and is passed over.
REVERSIBLE = frozenset(Act) - {Act.ENQUEUE, Act.NOTE}


def allowed(state: ItemState) -> tuple[Act, ...]:
    """What may be done in a state, in the order of the acts."""
    return tuple(act for act in Act if (state, act) in TRANSITIONS)


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
