"""Values of a filter that can only be one of a few: anything else is a typing error, not an empty list."""

from argparse import Namespace
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from cee_mailbot.errors import UserError


def check_filters(arguments: Namespace, known: Mapping[str, Iterable[str]]) -> None:
    """Raises `UserError` for an option whose value is none of those `known` for it; it names the nearest."""
    for option, values in known.items():
        value = getattr(arguments, option)
        if value is not None and value not in set(values):
            raise UserError(f"--{option} {value!r} is not known; {_remedy(value, sorted(values))}")


def _remedy(value: str, known: list[str]) -> str:
    folded = {one.casefold(): one for one in known}
    nearest = get_close_matches(value.casefold(), folded, n=1)
    return f"did you mean {folded[nearest[0]]}? It can be {', '.join(known)}" if nearest else f"use {', '.join(known)}"
