"""The subject abbreviations of the static subject line, and the subjects they stand for."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from parsers.nearest import distance

_NEAREST = 3
_FARTHEST = 2
_LONGEST_CODE = 3
_LONGEST_NAME = 40


@lru_cache(maxsize=1)
def subject_table() -> Mapping[str, str]:
    """The subject of every code, from `data/subject_types.tsv`; a code with two subjects names both.

    "Subject Line Submission" of the Center test procedures: `C` is `DCMA Cert or TSCA Cert`.
    """
    names: dict[str, str] = {}
    for code, name in _rows():
        names[code] = f"{names[code]} or {name}" if code in names else name
    return MappingProxyType(names)


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str], ...]:
    text = files("parsers").joinpath("data", "subject_types.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return tuple((row[0], row[1]) for row in rows[1:])


def read_code(text: str) -> str | None:
    """The code that a field can only mean, in any case and with stray blanks, dots or dashes, else None.

    The subject's own name, as in `Docs Required`, is its code too.
    """
    if len(text) > _LONGEST_NAME or not text.isascii():
        return None
    compact = re.sub(r"[ .-]", "", text).upper()
    if compact in subject_table():
        return compact
    name = " ".join(text.split()).casefold()
    return next((code for code, subject in _rows() if subject.casefold() == name), None)


def nearest_codes(text: str) -> tuple[str, ...]:
    """At most three codes that a mistyped one may mean, likeliest first; a code among the words comes first."""
    words = [word for word in re.split(r"\W+", text[:_LONGEST_NAME].upper()) if word]
    said = [code for code in subject_table() if code in words]
    named = [code for code, subject in _rows() if set(words) & set(subject.upper().split())]
    mistyped = "".join(words)
    typed: list[str] = []
    if 0 < len(mistyped) <= _LONGEST_CODE + 1:
        typed = sorted(
            (code for code in subject_table() if _is_near(mistyped, code)),
            key=lambda code: distance(mistyped, code),
        )
    return tuple(dict.fromkeys(said + typed + named))[:_NEAREST]


def _is_near(mistyped: str, code: str) -> bool:
    steps = distance(mistyped, code)
    return steps == 1 or (steps <= _FARTHEST and steps < len(code))
