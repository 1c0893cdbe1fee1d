"""A delivery report to the ids of the messages that it says were not delivered."""

import re
from collections.abc import Iterator

from parsers.leaves import Leaf
from parsers.machine_mail import BOUNCE_SUBJECT, DELIVERY_REPORT, MachineMark

# What a report returns stands near its beginning; more is not read.
READ_OF_A_LEAF = 65_536
MOST_RETURNED = 50

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ACTION = re.compile(rb"^action[ \t]*:[ \t]*([a-z]{1,20})", re.IGNORECASE | re.MULTILINE)
_RETURNED_ID = re.compile(rb"^[> \t]{0,20}message-id[ \t]*:\s{0,20}(<[^<>\s]{1,998}>)", re.IGNORECASE | re.MULTILINE)


def is_bounce(marks: tuple[MachineMark, ...]) -> bool:
    """Return whether a message is a delivery report, by its form or by its subject."""
    return any(mark.code in (DELIVERY_REPORT, BOUNCE_SUBJECT) for mark in marks)


def returned_ids(leaves: tuple[Leaf, ...], answered: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the ids of what came back: those of the returned originals, and those that the report answers.

    A report may return the original whole, its header alone, or a copy of it in the text; Exchange names it in
    In-Reply-To, `answered` here. A report that tells of a delay or a success only (RFC 3464 section 2.3.3) returns
    nothing. Linear in what is read, and never raises.
    """
    actions = {action for leaf in leaves if leaf.content_type in _STATUS_TYPES for action in _actions(leaf)}
    if actions and b"failed" not in actions:
        return ()
    found = dict.fromkeys([*answered, *(one for leaf in leaves for one in _ids(leaf))])
    return tuple(found)[:MOST_RETURNED]


def _actions(leaf: Leaf) -> Iterator[bytes]:
    return (found[1].lower() for found in _ACTION.finditer(leaf.content[:READ_OF_A_LEAF]))


def _ids(leaf: Leaf) -> Iterator[str]:
    found = _RETURNED_ID.finditer(leaf.content[:READ_OF_A_LEAF].replace(b"\r\n", b"\n"))
    return (one[1].decode("ascii", "replace") for one in found)
