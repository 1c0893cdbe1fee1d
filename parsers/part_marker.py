"""Part markers of a split submission: `1 of 3`, `(1/3)`, `Part 2 of 3`, `pt 1`, `- 2 of 2`, `#2 of 3`."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_LABEL = r"(?:parts?|pt\.?|e-?mail|message|msg\.?|transmission)[ .:]{0,2}#? ?"
_OF = r"([0-9]{1,3}) ?(?:of|/) ?([0-9]{1,3})(?![0-9])"
_SPLIT_MAIL = r"(?: (?:parts|e-?mails|messages))?"
_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"[(\[{{] ?(?:{_LABEL}|# ?)?{_OF}{_SPLIT_MAIL} ?[)\]}}]",
        r"[(\[{] ?(?:part|pt\.?)[ .:]{0,2}#? ?([0-9]{1,3}) ?[)\]}]",
        rf"(?<!\w)(?:{_LABEL}|# ?){_OF}{_SPLIT_MAIL}(?!\w)",
        rf"(?<![\w/.])(?:- ?)?([0-9]{{1,3}}) ?of ?([0-9]{{1,3}}){_SPLIT_MAIL}(?!\w|/)",
        r"(?<!\w)(?:part|pt\.?)[ .:]{0,2}#? ?([0-9]{1,3})(?!\w|/|\.\w| ?of\b)",
    )
)
_BRACKETED, _LABELLED, _BARE_COUNT = _FORMS[:2], _FORMS[2], _FORMS[3]
_COUNTING_FORMS = (_FORMS[0], _FORMS[2], _FORMS[3])
_BARE = re.compile(r"([0-9]{1,3})/([0-9]{1,3})[\s:;,.-]+(?=[^\W\d_])", re.ASCII)
_LONGEST_MARKER = 48
_SIGNS = " \t,;:.-"

# `page 1 of 3` and `1 of 3 invoices` count something else than messages.
_COUNTED = frozenset((
    "of", "page", "pages", "pg", "pgs", "p", "invoice", "invoices", "inv", "document", "documents", "doc",
    "docs", "entry", "entries", "container", "containers", "shipment", "shipments", "file", "files",
    "attachment", "attachments", "carton", "cartons", "box", "boxes",
))  # fmt: skip
_FIRST_LINES = 2000

# Before a marker, and after it: the sentence is about a message other than the one it stands in.
_OF_ANOTHER = frozenset((
    "not", "no", "never", "without", "will", "shall", "missing", "await", "awaiting", "waiting", "after", "before",
    "see", "until", "than",
))  # fmt: skip
_TO_COME = frozenset(("will", "shall", "follow", "follows", "later", "tomorrow", "missing"))


@dataclass(frozen=True, kw_only=True, slots=True)
class PartMarker:
    """Part `part` of `parts` (None where the total is not told), and the text without the marker."""

    part: int
    parts: int | None
    rest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedMarker:
    """Part `part` of `parts`, and where its marker stands in the text."""

    part: int
    parts: int | None
    start: int
    end: int


def bracketed_markers(text: str) -> tuple[PlacedMarker, ...]:
    """The part markers in brackets, wherever they stand, in order."""
    placed = [
        PlacedMarker(part=numbers[0], parts=numbers[1], start=found.start(), end=found.end())
        for form in _BRACKETED
        for found in form.finditer(text)
        if (numbers := _numbers(found))
    ]
    return tuple(sorted(placed, key=lambda marker: marker.start))


def bare_leading_marker(text: str) -> PartMarker | None:
    """The `1/3` that the text begins with: a marker only before a subject line, elsewhere a fraction."""
    found = _BARE.match(text)
    numbers = _numbers(found)
    return PartMarker(part=numbers[0], parts=numbers[1], rest=text[found.end() :]) if found and numbers else None


def leading_marker(text: str) -> PartMarker | None:
    """The part marker that the text begins with, else None."""
    for form in _FORMS:
        found = form.match(text)
        numbers = _numbers(found)
        if found and numbers and not _counts_other(text[found.end() :].split(maxsplit=1)[:1]):
            return PartMarker(part=numbers[0], parts=numbers[1], rest=text[found.end() :].lstrip(_SIGNS))
    return None


def rest_after_no_marker(text: str) -> str | None:
    """The text behind a `1 of 1` or `(4 of 3)` that it begins with, which is no marker; None where it is none such."""
    for form in _COUNTING_FORMS:
        found = form.match(text)
        if found and not _numbers(found) and not _counts_other(text[found.end() :].split(maxsplit=1)[:1]):
            return text[found.end() :].lstrip(_SIGNS)
    return None


def trailing_marker(text: str) -> PartMarker | None:
    """The part marker that the text ends with, else None."""
    text = text.rstrip(_SIGNS)
    start = max(0, len(text) - _LONGEST_MARKER)
    for form in _FORMS:
        for found in form.finditer(text, start):
            numbers = _numbers(found)
            before = text[start : found.start()].split()[-1:]
            if found.end() == len(text) and numbers and not _counts_other(before):
                return PartMarker(part=numbers[0], parts=numbers[1], rest=text[: found.start()].rstrip(_SIGNS))
    return None


def find_part_marker(text: str) -> tuple[int, int | None] | None:
    """The first part marker in a subject, as (part, parts or None).

    A marker stands at the beginning or the end of a line, or anywhere in it when it says what it counts
    (`Part 2 of 3`); quoted lines (`>`) are passed over.
    """
    normal = unicodedata.normalize("NFKC", text[:_FIRST_LINES])
    for line in normal.splitlines():
        words = " ".join(line.split())
        if words.startswith(">"):
            continue
        marker = leading_marker(words.lstrip(_SIGNS)) or trailing_marker(words)
        if marker:
            return marker.part, marker.parts
        for found in _LABELLED.finditer(words):
            numbers = _numbers(found)
            if numbers:
                return numbers
    return None


def find_body_marker(text: str) -> tuple[int, int | None] | None:
    """The first part marker in the first lines of a body, as (part, parts or None).

    People write more there than marks: a bare `2 of 5` counts only by itself on its line or beside a subject line, and
    none counts in a sentence that is about another message. Quoted lines (`>`) are passed over.
    """
    normal = unicodedata.normalize("NFKC", text[:_FIRST_LINES])
    lines = (" ".join(line.split()) for line in normal.splitlines())
    return next((marker for line in lines if not line.startswith(">") for marker in _markers_in(line)), None)


def _markers_in(line: str) -> Iterator[tuple[int, int | None]]:
    for form in _FORMS:
        for found in form.finditer(line):
            before, after = line[: found.start()], line[found.end() :]
            if (numbers := _numbers(found)) and _is_mark(form, before, after) and not _is_of_another(before, after):
                yield numbers


def _is_mark(form: re.Pattern[str], before: str, after: str) -> bool:
    """Whether what stands on either side leaves a marker one: `question 2 of 5` counts questions."""
    if form is _LABELLED:
        return True
    neighbours = [*before.split()[-1:], *after.split(maxsplit=1)[:1]]
    if (before.strip(_SIGNS) and after.strip(_SIGNS)) or any(_counts_other([one]) for one in neighbours):
        return False
    return form is not _BARE_COUNT or not any(one.strip(_SIGNS).isalpha() for one in neighbours)


def _is_of_another(before: str, after: str) -> bool:
    """Whether the sentence says that this is not the message, as `part 3 of 3 will follow` does."""
    said = re.split(r"[.;!?]", before)[-1].casefold().split()
    return (
        not _OF_ANOTHER.isdisjoint(said)
        or any(word.endswith("n't") for word in said)
        or not _TO_COME.isdisjoint(after.casefold().rstrip(".!").split()[:2])
    )


def _numbers(found: re.Match[str] | None) -> tuple[int, int | None] | None:
    """Part and total of a marker, None when they can be none: k of n with k > n or n < 2, part 0."""
    if found is None:
        return None
    part = int(found[1])
    if found.re.groups == 1:
        return (part, None) if part else None
    parts = int(found[2])
    return (part, parts) if 1 <= part <= parts and parts > 1 else None


def _counts_other(neighbour: list[str]) -> bool:
    return bool(neighbour) and neighbour[0].strip(".,:;!()").casefold() in _COUNTED
