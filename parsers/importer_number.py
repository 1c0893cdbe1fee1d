"""The number of an importer of record, which may be a person's Social Security number: masked wherever it is shown."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Self

from parsers.entry_number import check_digit

Kind = Literal["irs", "ssn", "cbp"]

# 19 CFR 24.5 and CBP Form 5106: IRS number with its two-character suffix, Social Security number,
# or the number that CBP assigns (year, district/port, serial).
_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("irs", re.compile(r"[0-9]{2}-[0-9]{7}[A-Z0-9]{2}")),
    ("ssn", re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")),
    ("cbp", re.compile(r"[0-9]{6}-[0-9]{5}")),
)
_BEGINS, _ENDS = r"(?<![0-9A-Za-z-])", r"(?![0-9A-Za-z-])"
# In a text an IRS number is one without its suffix too, or with a blank before it; and the year of one that CBP
# assigned may be written with its century: but a day and a number behind it are what people number invoices by.
_DAY = r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-"
_IN_TEXT = (
    r"[0-9]{2}-[0-9]{7}(?: ?[A-Z0-9]{2})?",
    r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    rf"(?!{_DAY})(?:19|20)?[0-9]{{6}}-[0-9]{{5}}",
)
# Behind a plus it is a telephone's.
_ANYWHERE = re.compile(rf"(?<!\+){_BEGINS}(?:{'|'.join(_IN_TEXT)}){_ENDS}")
# Without its dashes it has the form of an entry or an order number: it is told by a word before it, or by its block.
_UNDASHED = (
    r"[0-9]{2}[ -]?[0-9]{7}(?: ?[A-Z0-9]{2})?",
    r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}",
    r"[0-9]{6,8}[ -]?[0-9]{5}",
)
_IN_BLOCK = re.compile(rf"{_BEGINS}(?:{'|'.join(_UNDASHED)}){_ENDS}")
_SIGNS = r"[\s:#.,()/=_-]"
_NAMED = re.compile(
    r"(?P<name>\b(?i:importers?|consignees?|ior|irs|f?ein|ssn|tin|tax(?:payer)?|social security|cbp[ -]assigned)"
    rf"(?:{_SIGNS}*(?i:of record|numbers?|nos?|nbr|id|irs|ein|ssn|is)){{0,8}}{_SIGNS}+)"
    rf"(?P<number>{'|'.join(_UNDASHED)}){_ENDS}"
)
# What names a party, and says nothing of a number of theirs.
_PARTY = re.compile(rf"(?i:importers?|consignees?){_SIGNS}+")
_ENTRY_DIGITS = re.compile(r"[0-9]{11}")
_WORD = re.compile(rf"{_BEGINS}[0-9A-Z][0-9A-Z-]*{_ENDS}")
_WORDS_OF_A_NUMBER, _LONGEST_WRITTEN = 3, 40
_SHOWN = 2


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ImporterNumber:
    """An importer number in one of its permitted forms; only `clear_value` shows it unmasked."""

    clear_value: str

    def __post_init__(self) -> None:
        if _kind(self.clear_value) is None:
            # The text itself stays out of the message: messages end in logs.
            raise ValueError("an importer number is NN-NNNNNNNXX, NNN-NN-NNNN or YYDDPP-NNNNN")

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"ImporterNumber({self.masked})"

    @property
    def kind(self) -> Kind:
        """Which form it has: `irs`, `ssn` or `cbp` (assigned by CBP)."""
        kind = _kind(self.clear_value)
        assert kind is not None  # noqa: S101  # __post_init__ saw to it; this tells the type checker
        return kind

    @property
    def masked(self) -> str:
        """The number with all but its last two characters hidden, its dashes kept: `**-*******00`."""
        return masked(self.clear_value)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The importer number written exactly in one of the permitted forms, else None."""
        return cls(clear_value=text) if _kind(text) else None


def masked_in(text: str, known: Collection[str] = ()) -> str:
    """The text with every importer number in it masked, as `ImporterNumber.masked` does.

    These are told by their dashes, or without them by a word before them (`EIN 123456789`); `known` are others that are
    importers' numbers, as they are written.
    """
    text = _ANYWHERE.sub(lambda found: masked(found[0]), text)
    text = _NAMED.sub(_masked_behind_its_name, text)
    return _without(text, frozenset(_bare(one) for one in known)) if known else text


def _masked_behind_its_name(found: re.Match[str]) -> str:
    """Nobody searches for an importer's number; an entry's must be found, though the word before it be `importer`."""
    name, number = found["name"], found["number"]
    is_entry = _ENTRY_DIGITS.fullmatch(number) and check_digit(number[:3], number[3:10]) == number[10:]
    return found[0] if is_entry and _PARTY.fullmatch(name) else name + masked(number)


def _without(text: str, known: frozenset[str]) -> str:
    """The text with these numbers masked, in however many words each stands: looked up, since there may be hundreds."""
    words, starts = list(_WORD.finditer(text)), {one[:2] for one in known}
    pieces, done, at = [], 0, 0
    while at < len(words):
        start, taken = words[at].start(), 0
        most = min(_WORDS_OF_A_NUMBER, len(words) - at) if text[start : start + 2] in starts else 0
        for count in range(most, 0, -1):
            end = words[at + count - 1].end()
            if end - start <= _LONGEST_WRITTEN and _bare(text[start:end]) in known:
                pieces += [text[done:start], masked(text[start:end])]
                done, taken = end, count
                break
        at += taken or 1
    return "".join([*pieces, text[done:]])


def _bare(number: str) -> str:
    return re.sub(r"[\s-]", "", number)


def numbers_in_block(text: str) -> tuple[str, ...]:
    """The numbers in a block of a form that is for an importer's, as they are written there, with dashes or without."""
    return tuple(_IN_BLOCK.findall(text))


def masked(number: str) -> str:
    """A number as it is written, all but its last two characters hidden, its dashes and blanks kept."""
    return re.sub(r"[^\s-]", "*", number[:-_SHOWN]) + number[-_SHOWN:]


def _kind(text: str) -> Kind | None:
    return next((kind for kind, form in _FORMS if form.fullmatch(text)), None)
