"""The text of a paper to the CBP forms in it and the few facts that are looked for on each.

What a form says is advice for staff: a page that can't be read gives less, never an error.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from parsers.entry_number import EntryNumber, read_entry_number
from parsers.form_labels import CBP_19, CBP_7501, certificates_on, forms_on
from parsers.form_layout import Cell, Column, Line, by_fact, cells_of, column_at, columns_of, lines_of
from parsers.importer_number import masked, numbers_in_block
from parsers.pdf import Page
from parsers.port import find_port

_ENTRY = re.compile(r"(?<![A-Za-z0-9-])[A-Z0-9]{3} ?- ?[0-9]{7} ?-? ?[0-9](?![A-Za-z0-9-])")
_ENTRY_LOOSE = re.compile(r"(?<![A-Za-z0-9-])[A-Z0-9]{3} ?-? ?[0-9]{7} ?-? ?[0-9](?![A-Za-z0-9-])")
_DATE_FORM = r"[0-9]{1,2}[/-][0-9]{1,2}[/-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE = re.compile(rf"(?<![0-9/-])(?:{_DATE_FORM})(?![0-9/-])")
# No piece of a date; a name may stand before or behind it, with a dash.
_PORT = re.compile(r"(?<![0-9/])(?<![0-9]-)[0-9]{4}(?![0-9/]|-[0-9])")
_TYPE = re.compile(r"([0-9]{2})(?![0-9]|[/-][0-9])")
_TYPE_WITH_STATUS = re.compile(r"(?<![0-9])([0-9]{2}) ABI\b")
_EDITION = re.compile(r"CBP\s+Form\s+[0-9]{2,4}\s*\(([0-9]{1,2}/[0-9]{2,4})\)", re.IGNORECASE)
# A row of Form 19, block 5: port code, filer code, entry number, check digit, date of entry, date of liquidation.
_ROW = re.compile(
    r"(?<![A-Z0-9/-])(?:(?P<port>[0-9]{4})\s+)?(?P<filer>[A-Z0-9]{3})[ -]+(?P<number>[0-9]{7})[ -]+(?P<check>[0-9])"
    rf"(?![A-Z0-9-])(?:\s+(?P<dated>{_DATE_FORM})(?P<again>\s+(?:{_DATE_FORM}))?)?"
)
_SHORT_YEAR = 2
_CENTURY_TURNS = 90  # 89 is 2089, 90 is 1990: the span in which a day of entry is believed


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedEntry:
    """An entry that a form names, with what it says of it."""

    entry_number: EntryNumber
    port: str | None = None
    entry_date: date | None = None
    entry_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form or certificate as it was found: which one, on which page (from 1), and what it says.

    `importer_number` is masked. `dates` are by the name of their label's fact, such as `summary_date`.
    """

    name: str
    page: int
    edition: str | None = None
    entries: tuple[NamedEntry, ...] = ()
    importer_number: str | None = None
    dates: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundForms:
    """The forms of a paper, and the importers' numbers in their blocks as they are written: these must not be shown."""

    forms: tuple[Form, ...]
    importers: frozenset[str]


def find_forms(pages: Sequence[Page]) -> FoundForms:
    """Every form in a paper, in order, several of one kind included; a continuation sheet is no form by itself."""
    found: dict[tuple[str, object], Form] = {}
    importers: set[str] = set()
    for page in pages:
        for form, numbers in _forms_of_page(page):
            importers.update(numbers)
            # A sheet that names the entries of a form before it goes on with that form.
            names = tuple(one.entry_number for one in form.entries)
            found.setdefault((form.name, names or page.number), form)
    return FoundForms(forms=tuple(found.values()), importers=frozenset(importers))


def find_mentions(pages: Sequence[Page]) -> tuple[EntryNumber, ...]:
    """The entry numbers in running text, each once: written with a dash, the check digit being right."""
    found = (one for page in pages for one in _numbers(_ENTRY, page.text))
    return tuple(dict.fromkeys(one for one in found if one.check_digit_fits))


def read_day(text: str) -> date | None:
    """The first day in a text, as forms write it: `11/20/26`, `11/20/2026`, `11-20-2026`, `2026-11-20`."""
    return next((day for found in _DATE.finditer(text) if (day := _day(found[0]))), None)


def _forms_of_page(page: Page) -> Iterator[tuple[Form, tuple[str, ...]]]:
    """The forms and certificates on a page, and the importers' numbers in the blocks of each."""
    for name in forms_on(page.text):
        cells = by_fact(cells_of(name, page.words))
        edition = _EDITION.search(page.text)
        entries = _rows(page) if name == CBP_19 else _entries(name, cells, page)
        importers = _importers(cells, "importer_number", entries)
        form = Form(
            name=name,
            page=page.number,
            edition=edition[1] if edition else None,
            entries=entries,
            importer_number=masked(importers[0]) if importers else None,
            dates=tuple(_dates(cells)),
        )
        yield form, (*importers, *_importers(cells, "consignee_number", entries))
    yield from ((Form(name=name, page=page.number), ()) for name in certificates_on(page.text))


def _entries(name: str, cells: Mapping[str, tuple[Cell, ...]], page: Page) -> tuple[NamedEntry, ...]:
    """The entries of a form that names one, or one a copy; where the layout says nothing, those of its text."""
    numbers = [found for value in _texts(cells, "entry_number") for found in _numbers(_ENTRY_LOOSE, value)]
    numbers = numbers or list(_numbers(_ENTRY, page.text))
    # Of the likeliest text the code that is a port's: an office may be written with its street.
    codes = next((found for value in _texts(cells, "port") if (found := _PORT.findall(value))), [])
    port = next((code for code in codes if find_port(code)), codes[0] if codes else None)
    return tuple(
        NamedEntry(
            entry_number=number,
            port=port,
            entry_date=next((day for value in _texts(cells, "entry_date") if (day := read_day(value))), None),
            entry_type=_entry_type(cells, page) if name == CBP_7501 else None,
        )
        for number in dict.fromkeys(numbers)
    )


def _entry_type(cells: Mapping[str, tuple[Cell, ...]], page: Page) -> str | None:
    in_box = next((found for value in _texts(cells, "entry_type") if (found := _TYPE.match(value))), None)
    found = in_box or _TYPE_WITH_STATUS.search(page.text)
    return found[1] if found else None


def _rows(page: Page) -> tuple[NamedEntry, ...]:
    """The rows of the table of entries, whose columns split the number; they may fill several lines or none."""
    columns = columns_of(CBP_19, page.words)
    found: dict[EntryNumber, NamedEntry] = {}
    lines: list[tuple[Line, str]] = [
        (line, " ".join(word.text.upper() for word in line)) for line in lines_of(page.words)
    ] or [((), text) for text in page.text.upper().splitlines()]
    for line, row in ((line, row) for line, text in lines for row in _ROW.finditer(text)):
        number = EntryNumber(filer_code=row["filer"], number=row["number"], check_digit=row["check"])
        entered = _day(row["dated"]) if _is_entered(row, line, columns) else None
        found.setdefault(number, NamedEntry(entry_number=number, port=row["port"], entry_date=entered))
    return tuple(found.values())


def _is_entered(row: re.Match[str], line: Line, columns: Sequence[Column]) -> bool:
    """Whether the first day of a row is that of entry: of two it is, one alone where it stands in that column."""
    if row["again"] or not row["dated"]:
        return bool(row["dated"])
    ends = accumulate(len(word.text.upper()) + 1 for word in line)
    word = next((word for word, end in zip(line, ends, strict=True) if row.start("dated") < end), None)
    return word is not None and column_at(columns, word) == "entry_date"


def _importers(cells: Mapping[str, tuple[Cell, ...]], fact: str, entries: Sequence[NamedEntry]) -> tuple[str, ...]:
    """The numbers in the blocks of this fact, as they are written; none that is an entry's, from beside."""
    known = {str(one.entry_number).replace("-", "") for one in entries}
    found = (number for value in _texts(cells, fact) for number in numbers_in_block(value))
    return tuple(number for number in found if re.sub("[ -]", "", number) not in known)


def _dates(cells: Mapping[str, tuple[Cell, ...]]) -> Iterator[tuple[str, date]]:
    for fact in cells:
        day = next((day for value in _texts(cells, fact) if (day := read_day(value))), None)
        if fact.endswith("_date") and day:
            yield fact, day


def _texts(cells: Mapping[str, tuple[Cell, ...]], fact: str) -> Iterator[str]:
    return (value for cell in cells.get(fact, ()) for value in cell.values)


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[EntryNumber]:
    for found in pattern.finditer(text.upper()):
        if reading := read_entry_number(found[0]):
            yield reading.entry_number


def _day(text: str) -> date | None:
    """A day as forms write it, month first; two-digit years are those of 1990 to 2089."""
    parts = [int(part) for part in re.split(r"[/-]", text)]
    if re.match(r"[0-9]{4}", text):
        year, month, day = parts
    else:
        month, day, year = parts
        if len(re.split(r"[/-]", text)[-1]) == _SHORT_YEAR:
            year += 1900 if year >= _CENTURY_TURNS else 2000
    try:
        return date(year, month, day)
    except ValueError:
        return None
