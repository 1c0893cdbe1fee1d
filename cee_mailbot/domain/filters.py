"""Values of a filter that can only be one of a few: anything else is a typing error, not an empty list."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from cee_mailbot.domain.reasons import FLAGS
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from parsers.subject_types import subject_table

OF_ITEMS: Mapping[str, Iterable[str]] = {"state": ItemState, "code": subject_table(), "flag": FLAGS}
OF_MESSAGES: Mapping[str, Iterable[str]] = {"status": MessageStatus}
OF_REPLIES: Mapping[str, Iterable[str]] = {"kind": ReplyKind, "state": ReplyState}


def unknown_filter(given: Mapping[str, object], known: Mapping[str, Iterable[str]], prefix: str = "") -> str | None:
    """What is wrong with the first value that is none of those `known` for its filter, and the nearest; else None.

    `prefix` is what stands before the name of a filter where it was given.
    """
    for name, values in known.items():
        value = given.get(name)
        if value is not None and value not in set(values):
            return f"{prefix}{name} {value!r} is not known; {_remedy(str(value), sorted(values))}"
    return None


def _remedy(value: str, known: list[str]) -> str:
    folded = {one.casefold(): one for one in known}
    nearest = get_close_matches(value.casefold(), folded, n=1)
    return f"did you mean {folded[nearest[0]]}? It can be {', '.join(known)}" if nearest else f"use {', '.join(known)}"
