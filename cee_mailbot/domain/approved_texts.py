"""Approved texts: what a Center lets its staff send, with fields to fill in, and what sending one does beside."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from cee_mailbot.domain.facts import ItemFacts
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.domain.working_days import MORNING, Closure, add_working_days

ITEM_FIELDS = ("tracking", "entry number", "account", "port", "type", "center")
"""The fields that the item knows; every other one is for the person."""

_FIELD = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")
_DIGITS_SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovedText:
    """One text by its `name`; fields stand in double brackets, as in `[[entry number]]`.

    `owner` answers for its words, which `version` counts; both are empty where the file names none. A text that does
    something beside is a macro: `then` is the act (wait, close or return), `outcome` with which it closes, and
    `wait_days` the working days at the port that it waits, None for until something new comes; `tags` are put on it.
    """

    name: str
    title: str
    text: str
    owner: str = ""
    version: str = ""
    then: Act | None = None
    outcome: Closing | None = None
    wait_days: int | None = None
    tags: tuple[str, ...] = ()

    @property
    def act(self) -> Act:
        """The act that using it is in all."""
        return self.then or Act.REPLY

    @property
    def is_macro(self) -> bool:
        """Whether sending it does something beside."""
        return self.then is not None or bool(self.tags)

    @property
    def digest(self) -> str:
        """The first digits of the SHA-256 of its words: what tells two versions apart that bear the same number."""
        return sha256(self.text.encode()).hexdigest()[:_DIGITS_SHOWN]

    @property
    def mark(self) -> str:
        """What differs as soon as its words, its version or what it does are others."""
        return sha256(f"{self.label}\n{effect(self)}".encode()).hexdigest()[:_DIGITS_SHOWN]

    @property
    def label(self) -> str:
        """By which the history knows it: `page-missing, version 1 (3f2a9c1e)`."""
        return f"{self.name}{f', version {self.version}' if self.version else ''} ({self.digest})"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the person fills in."""
        return tuple(one for one in unfilled(self.text) if one.casefold() not in ITEM_FIELDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class TextFacts:
    """An approved text in the names that other programs rely on; what is not said is null, `does` empty for no macro.

    `fields` are those that the person fills in, `digest` is the beginning of the SHA-256 of the words.
    """

    name: str
    title: str
    owner: str | None
    version: str | None
    digest: str
    fields: tuple[str, ...]
    then: str | None
    outcome: str | None
    wait_days: int | None
    tags: tuple[str, ...]
    does: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TextBook:
    """The approved texts of a site by their names, and what is wrong with those that were left out."""

    texts: Mapping[str, ApprovedText] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def facts_of(text: ApprovedText) -> TextFacts:
    """What a text says of itself."""
    return TextFacts(
        name=text.name,
        title=text.title,
        owner=text.owner or None,
        version=text.version or None,
        digest=text.digest,
        fields=text.fields,
        then=text.then,
        outcome=text.outcome,
        wait_days=text.wait_days,
        tags=text.tags,
        does=effect(text),
        text=text.text,
    )


def filled(
    text: str, item: ItemFacts, *, center: str, given: Mapping[str, str] | None = None, type_name: str | None = None
) -> str:
    """The text with what the item knows, and what is `given` by casefolded name, in its fields; others stay.

    So does one whose value would read as a field: a broker wrote it, and the letter could not be sent.
    """
    known: Mapping[str, str | None] = {
        "tracking": item.tracking,
        "entry number": item.entry_number,
        "account": item.account,
        "port": item.port,
        "type": type_name or item.code,
        "center": center,
    }
    known = {**{name: value for name, value in known.items() if not unfilled(value or "")}, **(given or {})}
    return _FIELD.sub(lambda found: known.get(found[1].strip().casefold()) or found[0], text).strip()


def unfilled(text: str) -> tuple[str, ...]:
    """The fields that nobody has filled in, each once, in their order."""
    return tuple(dict.fromkeys(found.strip() for found in _FIELD.findall(text)))


def texts_in(words: str, texts: Iterable[ApprovedText]) -> tuple[ApprovedText, ...]:
    """The approved texts whose own words all stand in `words`, in their order, whatever is in the fields.

    Blanks and the ends of lines are all the same here. A text that is but a piece of another one of them is not told.
    """
    told = _spaced(words)
    found = [(one, own) for one in texts if _stands_in(own := _spaced(one.text), told)]
    alike = {own for _, own in found}
    pieces = {one for one in alike if any(_is_piece(one, other) for other in alike - {one})}
    return tuple(one for one, own in found if own not in pieces)


def _is_piece(one: str, other: str) -> bool:
    return _stands_in(one, other) and not _stands_in(other, one)


def _stands_in(text: str, told: str) -> bool:
    """Whether each piece between fields follows the one before; what a person put into the fields is passed over."""
    pieces = [piece for piece in _FIELD.split(text)[::2] if piece.strip()]
    at = 0
    for piece in pieces:
        at = told.find(piece, at)
        if at < 0:
            return False
        at += len(piece) - 1  # a blank ends one piece and begins the next
    return bool(pieces)


def _spaced(text: str) -> str:
    return f" {' '.join(text.split())} "


def wait_ends(
    macro: ApprovedText, now: datetime, *, port: str | None, zone: str, closures: Iterable[Closure]
) -> datetime | None:
    """Until when an item waits (UTC): the morning of the working day at its port; None: until something comes."""
    if macro.wait_days is None:
        return None
    local = ZoneInfo(zone)
    day = add_working_days(now.astimezone(local).date(), macro.wait_days, port, closures)
    return datetime.combine(day, MORNING, tzinfo=local).astimezone(UTC)


def effect(macro: ApprovedText, until: str = "") -> str:
    """What sending it does beside, in words that follow on a name of it; empty where it does nothing.

    `until` is when an item that waits is back, in words, where that is known.
    """
    state = {
        Act.WAIT: f"sets the item aside {_how_long(macro.wait_days, until)}",
        Act.CLOSE: f"closes the item as {macro.outcome}",
        Act.RETURN: "returns the documents: the letter says that we could not process them, and the item is closed",
    }.get(macro.act)
    tagged = f"tags the item {', '.join(macro.tags)}" if macro.tags else None
    return "; it ".join(one for one in (tagged, state) if one)


def _how_long(days: int | None, until: str) -> str:
    something = "until something new comes from the broker"
    if days is None:
        return something
    counted = f"{days} working day{'' if days == 1 else 's'} at its port"
    return f"until {until} ({counted}), or {something}" if until else f"for {counted}, or {something}"
