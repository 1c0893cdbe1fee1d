"""The number of an entry: filer code, seven digits and a check digit, written `345-67890123`."""

import re
from dataclasses import dataclass
from typing import Self

_EXACT = re.compile(r"([A-Z0-9]{3})-([0-9]{7})([0-9])")
_FIELD = re.compile(r"#?([A-Za-z0-9]{3})[-./_]{0,2}([0-9]{7})[-./_]{0,2}([0-9])")
_IN_TEXT = re.compile(
    # Not within a longer number: `345-67890123401` holds eleven digits that are no entry number.
    r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][-./_])#?(?:"
    r"[A-Za-z0-9]{3} ?[-./_]? ?[0-9]{7} ?[-./_]? ?[0-9]"
    # A blank within the digits is believed only after a dash: without one it may part two numbers.
    r"|[A-Za-z0-9]{3} ?- ?[0-9](?: ?[0-9]){6} ?-? ?[0-9]"
    r")(?![A-Za-z0-9])"
)
_LONGEST_FIELD = 64


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class EntryNumber:
    """An entry number; whether its check digit fits is told by `check_digit_fits`, never enforced."""

    filer_code: str
    number: str
    check_digit: str

    def __post_init__(self) -> None:
        if not _EXACT.fullmatch(str(self)):
            raise ValueError("an entry number is a 3-character filer code, a dash and 8 digits")

    def __str__(self) -> str:
        return f"{self.filer_code}-{self.number}{self.check_digit}"

    @property
    def check_digit_fits(self) -> bool:
        """Whether the check digit is the one that CATAIR Appendix E gives for this number."""
        return self.check_digit == check_digit(self.filer_code, self.number)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The entry number written exactly as `345-67890123`, else None."""
        exact = _EXACT.fullmatch(text)
        return cls(filer_code=exact[1], number=exact[2], check_digit=exact[3]) if exact else None


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryReading:
    """An entry number as it was read, with the names of the repairs it needed."""

    entry_number: EntryNumber
    repairs: tuple[str, ...]


def check_digit(filer_code: str, number: str) -> str:
    """The check digit of an entry number.

    CATAIR Appendix E: letters count as digits (A-I 1-9, J-R 1-9, S-Z 2-9); from the right, every other
    digit is doubled, beginning with the last; the digits of all products are added up; the check digit
    brings the sum to the next multiple of ten.
    """
    total = 0
    for place, character in enumerate(reversed(filer_code + number)):
        product = _value(character) * (1 if place % 2 else 2)
        total += product // 10 + product % 10
    return str(-total % 10)


def _value(character: str) -> int:
    if character.isdecimal():
        return int(character)
    place = ord(character) - ord("A")
    return place % 9 + 1 if character < "S" else place - 16


def read_entry_number(text: str) -> EntryReading | None:
    """The one entry number that fills a field, however it is spaced, dashed and cased, else None.

    Read are `345-67890123`, `34567890123`, `345 6789012 3` and the printed form `345-6789012-3`.
    """
    field = _FIELD.fullmatch("".join(text.split())) if len(text) <= _LONGEST_FIELD else None
    if field is None:
        return None
    filer_code = field[1].upper()
    repairs = []
    if filer_code != field[1]:
        repairs.append("entry-case")
    if f"{field[1]}-{field[2]}{field[3]}" != text:
        repairs.append("entry-form")
    entry_number = EntryNumber(filer_code=filer_code, number=field[2], check_digit=field[3])
    return EntryReading(entry_number=entry_number, repairs=tuple(repairs))


def find_entry_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where entry numbers stand in running text, as (start, end), in order."""
    return tuple(found.span() for found in _IN_TEXT.finditer(text))
