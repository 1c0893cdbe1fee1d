"""Options that filter a list, held to what they can be."""

from argparse import Namespace
from collections.abc import Iterable, Mapping

from cee_mailbot.domain.filters import unknown_filter
from cee_mailbot.errors import UserError


def check_filters(arguments: Namespace, known: Mapping[str, Iterable[str]]) -> None:
    """Raises `UserError` for an option whose value is none of those `known` for it; it names the nearest."""
    if fault := unknown_filter(vars(arguments), known, prefix="--"):
        raise UserError(fault)
