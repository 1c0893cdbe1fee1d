"""Approved texts: what a Center lets its staff send, with fields that are filled in from the item or by the person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cee_mailbot.domain.facts import ItemFacts

_FIELD = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovedText:
    """One text under its title; fields stand in double brackets, as in `[[entry number]]`."""

    title: str
    text: str


def filled(text: str, item: ItemFacts, *, center: str, type_name: str | None = None) -> str:
    """The text with what the item knows in its fields; any other field stays as it is."""
    known: Mapping[str, str | None] = {
        "tracking": item.tracking,
        "entry number": item.entry_number,
        "account": item.account,
        "port": item.port,
        "type": type_name or item.code,
        "center": center,
    }
    return _FIELD.sub(lambda found: known.get(found[1].strip().casefold()) or found[0], text).strip()


def unfilled(text: str) -> tuple[str, ...]:
    """The fields that nobody has filled in, each once, in their order."""
    return tuple(dict.fromkeys(found.strip() for found in _FIELD.findall(text)))
