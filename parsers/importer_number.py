"""The number of an importer of record, which may be a person's Social Security number: masked wherever it is shown."""

import re
from dataclasses import dataclass
from typing import Literal, Self

Kind = Literal["irs", "ssn", "cbp"]

# 19 CFR 24.5 and CBP Form 5106: IRS number with its two-character suffix, Social Security number,
# or the number that CBP assigns (year, district/port, serial).
_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("irs", re.compile(r"[0-9]{2}-[0-9]{7}[A-Z0-9]{2}")),
    ("ssn", re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")),
    ("cbp", re.compile(r"[0-9]{6}-[0-9]{5}")),
)
# In a text an IRS number is one without its suffix too, or with a blank before it.
_IRS_IN_TEXT = r"[0-9]{2}-[0-9]{7}(?: ?[A-Z0-9]{2})?"
_IN_TEXT = (_IRS_IN_TEXT, *(form.pattern for kind, form in _FORMS if kind != "irs"))
_ANYWHERE = re.compile(rf"(?<![0-9A-Za-z-])(?:{'|'.join(_IN_TEXT)})(?![0-9A-Za-z-])")
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
        return _masked(self.clear_value)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The importer number written exactly in one of the permitted forms, else None."""
        return cls(clear_value=text) if _kind(text) else None


def masked_in(text: str) -> str:
    """The text with every importer number in it masked, as `ImporterNumber.masked` does."""
    return _ANYWHERE.sub(lambda found: _masked(found[0]), text)


def _masked(number: str) -> str:
    return re.sub(r"[^ -]", "*", number[:-_SHOWN]) + number[-_SHOWN:]


def _kind(text: str) -> Kind | None:
    return next((kind for kind, form in _FORMS if form.fullmatch(text)), None)
