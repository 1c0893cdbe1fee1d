"""The characters of a subject line as meant: decoded, normalised, without what cannot be seen."""

import re
import unicodedata
from dataclasses import dataclass

from parsers.encoded_words import decode_bytes, decode_words

LONGEST_LINE = 2000
"""Characters of a subject line that are read; a line is about 40 long, the rest is text after it."""

_FOLD = re.compile(r"\r?\n[ \t]+")
_RAW_BYTES = re.compile("[\udc80-\udcff]+")
_LINE_BREAKS = "\r\n\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_BLANKS = re.compile(r" {2,}")
_MARKS_KEPT = 3

# Filler letters, the blank of braille and variation selectors, which their categories do not tell.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xFDD0, 0xFDF0), *range(0xE0100, 0xE01F0)))
)
_UNSEEN_CATEGORIES = ("Cc", "Cf", "Cs")

_LOOK_ALIKES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\u2e3a\u2e3b\u058a\u1806", "-")
    | dict.fromkeys("\u3001\u060c\u201a\u055d\ua4f9\u1802", ",")
    | dict.fromkeys("\u061b", ";")
    | dict.fromkeys("\u00a6\u2223\u23d0", "|")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"')
    | dict.fromkeys("\u2018\u2019\u201b\u2032\u2039\u203a", "'")
    | dict.fromkeys("\u2044\u2215", "/")
    | dict.fromkeys("\u2236\ua789", ":")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanText:
    """A line in plain characters, the names of the repairs that took, and whether its end was cut off."""

    text: str
    repairs: tuple[str, ...]
    is_cut: bool


def clean_text(line: str) -> CleanText:
    """The line unfolded, decoded (RFC 2047), free of what cannot be seen, and in NFKC, by name of repair."""
    whole = line.strip()
    text = _FOLD.sub(" ", whole[:LONGEST_LINE])
    repairs: list[str] = []
    for name, mend in (("encoded-word", decode_words), ("invisible", drop_unseen), ("unicode", plain_unicode)):
        mended = mend(text)
        if mended != text:
            repairs.append(name)
        text = mended
    is_cut = len(whole) > LONGEST_LINE or len(text) > LONGEST_LINE
    if is_cut:
        # The last word may have lost its end: a port of six digits must not look like one of four.
        text = text[:LONGEST_LINE].rpartition(" ")[0] or text[:LONGEST_LINE]
    return CleanText(text=_BLANKS.sub(" ", text).strip(), repairs=tuple(repairs), is_cut=is_cut)


def drop_unseen(text: str) -> str:
    """The text without control, bidi and zero-width characters; line breaks are blanks.

    Bytes that a mail reader could not place (surrogate escapes) are text again first.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if character in _LINE_BREAKS else character
        for character in _RAW_BYTES.sub(_placed, text)
        if character in _LINE_BREAKS or character == "\t" or not _is_unseen(character)
    )


def _placed(escaped: re.Match[str]) -> str:
    return decode_bytes(escaped[0].encode("utf-8", "surrogateescape"))


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNSEEN_CATEGORIES
        or character in _UNSEEN
        or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004  # noncharacters end every plane
    )


def plain_unicode(text: str) -> str:
    """The text in NFKC, with look-alikes of dash, comma, quote and the like, and all digits, in ASCII."""
    if text.isascii():
        return text
    normal = unicodedata.normalize("NFKC", _without_towers(text.replace("\u00b4", "'"))).translate(_LOOK_ALIKES)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in normal)


def _without_towers(text: str) -> str:
    """The text with at most three combining marks in a row: NFKC sorts them in quadratic time."""
    kept: list[str] = []
    tower = 0
    for character in text:
        tower = tower + 1 if unicodedata.combining(character) else 0
        if tower <= _MARKS_KEPT:
            kept.append(character)
    return "".join(kept)
