"""Where the value of a label stands on a form: below it, up to the next label; else behind it on its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from parsers.form_labels import Label, labels_of, squeezed
from parsers.pdf import Word

_LINE = 4.0  # points by which words of one line may differ in height
_REACH = 36.0  # how far below its label a value stands at most
_MARGIN = 4.0
_LABEL_WORDS = 14
_WRAP = 14.0  # how far below its beginning a label goes on

Line = tuple[Word, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A label where it was found, and the words that may be its value, likeliest first, each as one text."""

    label: Label
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """The heading of a column: what its values tell, and the middle of it in points from the left."""

    fact: str
    centre: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    label: Label
    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def centre(self) -> float:
        return (self.left + max(word.right for word in self.words)) / 2

    @property
    def top(self) -> float:
        return _middle(self.words[0])

    @property
    def bottom(self) -> float:
        return max(_middle(word) for word in self.words)


def _middle(word: Word) -> float:
    return (word.top + word.bottom) / 2


def lines_of(words: Sequence[Word]) -> tuple[Line, ...]:
    """The words in lines from top to bottom, each from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=_middle):
        if lines and _middle(word) - _middle(lines[-1][0]) <= _LINE:
            lines[-1].append(word)
        else:
            lines.append([word])
    return tuple(tuple(sorted(line, key=lambda word: word.left)) for line in lines)


def cells_of(form: str, words: Sequence[Word]) -> Iterator[Cell]:
    """Every label of the form that stands on the page, with what may be its value."""
    lines = lines_of([word for word in words if not word.is_field])
    places = _places(form, "field", lines)
    printed = {id(word) for place in places for word in place.words}
    values = [word for word in words if id(word) not in printed]
    for place in places:
        yield Cell(label=place.label, values=tuple(_values(place, places, values)))


def columns_of(form: str, words: Sequence[Word]) -> tuple[Column, ...]:
    """The headings of the columns of a form's table, wherever they stand on the page."""
    lines = lines_of([word for word in words if not word.is_field])
    places = _places(form, "column", lines)
    return tuple(Column(fact=place.label.fact or "", centre=place.centre) for place in places)


def column_at(columns: Sequence[Column], word: Word) -> str | None:
    """What the column tells that a word stands in: the one whose heading is nearest; None without headings."""
    middle = (word.left + word.right) / 2
    return min(columns, key=lambda column: abs(column.centre - middle)).fact if columns else None


def _places(form: str, role: str, lines: Sequence[Line]) -> list[_Place]:
    return [place for index in range(len(lines)) for place in _labels_on(form, role, lines, index)]


def _values(place: _Place, places: Sequence[_Place], words: Sequence[Word]) -> Iterator[str]:
    right = min((one.left for one in places if _beside(one, place)), default=float("inf"))
    mine = [word for word in words if place.left - _MARGIN <= (word.left + word.right) / 2 and word.left < right - 1]
    floor = min(
        (one.top for one in places if one.top > place.bottom + _LINE and place.left - _MARGIN <= one.left < right),
        default=float("inf"),
    )
    reach = min(place.bottom + _REACH, floor - _LINE / 2)
    below = [word for word in mine if place.bottom + _LINE / 2 < _middle(word) < reach]
    for line in lines_of(below):
        yield " ".join(word.text for word in line)
    behind = [word for word in mine if abs(_middle(word) - place.bottom) <= _LINE and word.left > place.left]
    yield " ".join(word.text for word in sorted(behind, key=lambda word: word.left))


def _beside(one: _Place, place: _Place) -> bool:
    return abs(one.top - place.top) <= 2 * _LINE and one.left > place.left + 1


def _labels_on(form: str, role: str, lines: Sequence[Line], index: int) -> Iterator[_Place]:
    """The labels that begin on a line, from left to right; of several that fit the longest."""
    line, at = lines[index], 0
    while at < len(line):
        found = _label_at(form, role, lines, index, at)
        if found is None:
            at += 1
            continue
        yield found
        at += max(1, sum(abs(_middle(word) - _middle(line[at])) <= _LINE for word in found.words))


def _label_at(form: str, role: str, lines: Sequence[Line], index: int, at: int) -> _Place | None:
    """The label that begins with this word; it may go on in the next line of a narrow box."""
    labels, beginnings = labels_of(form, role), _beginnings(form, role)
    key, best = "", None
    taken: list[Word] = []
    for words in (lines[index][at : at + _LABEL_WORDS], _below(lines, index, at)):
        for word in words:
            if (longer := key + squeezed(word.text)) not in beginnings:
                break
            key = longer
            taken.append(word)
            if key in labels:
                best = _Place(label=labels[key], words=tuple(taken))
        if not taken:
            break
    return best


def _below(lines: Sequence[Line], index: int, at: int) -> Iterator[Word]:
    """The words of the next line with which a label that began here may go on."""
    start = lines[index][at]
    for word in lines[index + 1] if index + 1 < len(lines) else ():
        near = start.left - 2 * _MARGIN <= word.left <= start.right + _REACH
        if near and _middle(word) - _middle(start) <= _WRAP:
            yield word


@lru_cache(maxsize=16)
def _beginnings(form: str, role: str) -> frozenset[str]:
    return frozenset(key[:length] for key in labels_of(form, role) for length in range(len(key) + 1))


def by_fact(cells: Iterator[Cell]) -> Mapping[str, tuple[Cell, ...]]:
    """The cells that tell something, by what they tell."""
    found: dict[str, tuple[Cell, ...]] = {}
    for cell in cells:
        if cell.label.fact:
            found[cell.label.fact] = (*found.get(cell.label.fact, ()), cell)
    return found
