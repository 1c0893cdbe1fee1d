"""A PDF to its text, page by page, its form fields, and where the words of chosen pages stand.

pdfium reads text, and reads it fast; pdfplumber tells where words stand, a hundred times slower, and is asked about
few pages only. Neither takes form values for text: they are read from the fields. pdfium is not thread-safe, and a
hostile file can make it abort or run for ever: callers read one document at a time, in a process of its own.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

_DEPTH = 16
_LONGEST_VALUE = 4_000  # characters of a field: no block of a form holds a page of text
_LONGEST_NAME = 200
_BYTES_A_CHARACTER = 4  # at most, in the encodings of PDF


@dataclass(frozen=True, kw_only=True, slots=True)
class PdfLimits:
    """How much is read of one PDF: pages, characters in all, pages laid out and characters on each, fields."""

    pages: int = 300
    characters: int = 2_000_000
    layout_pages: int = 8
    layout_characters: int = 20_000
    fields: int = 2_000


DEFAULT_PDF_LIMITS = PdfLimits()


class PdfRefusedError(Exception):
    """The PDF can't be opened; `why` is `encrypted` (it needs a password) or `damaged`."""

    def __init__(self, why: Literal["encrypted", "damaged"]) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A word, or the value of a form field, and where it stands: points from the left and from the top."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    is_field: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page: its number from 1, its text, and its words where it was laid out."""

    number: int
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PdfText:
    """What was read of a PDF; `pages` are those that were read, `page_count` how many it says it has."""

    page_count: int
    pages: tuple[Page, ...]
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every page was read."""
        return len(self.pages) == self.page_count


def count_pages(content: bytes) -> int:
    """The number of pages that a PDF says it has; no page is looked into. Raises `PdfRefusedError`."""
    document = _opened(content)
    try:
        return len(document)
    finally:
        document.close()


def read_pdf(content: bytes, *, wants_layout: Callable[[str], bool], limits: PdfLimits = DEFAULT_PDF_LIMITS) -> PdfText:
    """The text of a PDF; the pages whose text `wants_layout` are laid out too. Raises `PdfRefusedError`."""
    document = _opened(content)
    try:
        count = len(document)
        texts = list(_texts(document, limits))
        has_fields = bool(document.get_formtype())  # 0 is FORMTYPE_NONE
    finally:
        document.close()
    wanted = [
        index for index, text in enumerate(texts) if len(text) <= limits.layout_characters and wants_layout(text)
    ][: limits.layout_pages]
    words: dict[int, tuple[Word, ...]] = {}
    fields: tuple[tuple[str, str], ...] = ()
    if wanted or has_fields:
        words, fields = _laid_out(content, wanted, limits, left=limits.characters - sum(map(len, texts)))
    pages = (Page(number=index + 1, text=text, words=words.get(index, ())) for index, text in enumerate(texts))
    return PdfText(page_count=count, pages=tuple(pages), fields=fields)


def _opened(content: bytes) -> Any:
    """The open document. Raises `PdfRefusedError` also for one without a page."""
    import pypdfium2  # noqa: PLC0415 - a fifth of a second, which most commands do without

    try:
        document = pypdfium2.PdfDocument(content)
        if len(document):
            return document
        document.close()
    except pypdfium2.PdfiumError as error:
        raise PdfRefusedError("encrypted" if "password" in str(error).lower() else "damaged") from error
    raise PdfRefusedError("damaged")


def _texts(document: Any, limits: PdfLimits) -> Iterator[str]:
    """The text of page after page, until a limit is reached; a page that is damaged has none."""
    left = limits.characters
    for index in range(min(len(document), limits.pages)):
        text = _text(document, index)[:left]
        left -= len(text)
        yield text
        if not left:
            return


def _text(document: Any, index: int) -> str:
    import pypdfium2  # noqa: PLC0415 - as above

    try:
        page = document[index]
        try:
            lines = page.get_textpage().get_text_bounded().splitlines()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return ""
    # pdfium marks a hyphen at a line's end with U+FFFE, and NUL is refused by databases.
    return "\n".join(lines).replace("\ufffe", "-").replace("\x00", " ")


# --- where words stand, and form fields -----------------------------------------------------------------------


def _laid_out(
    content: bytes, wanted: list[int], limits: PdfLimits, *, left: int
) -> tuple[dict[int, tuple[Word, ...]], tuple[tuple[str, str], ...]]:
    """The words of these pages (indices), and the fields, whose values come to at most `left` characters.

    Nothing of either where the file is too odd for it.
    """
    import pdfplumber  # noqa: PLC0415 - half a second, and most papers are no forms

    try:
        with pdfplumber.open(io.BytesIO(content), pages=[index + 1 for index in wanted] or [1]) as document:
            words = {}
            for index, page in zip(wanted, document.pages, strict=False):
                words[index] = (*_words(page), *_field_words(page, limits))
                page.close()
            return words, tuple(_fields(document, limits, left))
    except Exception:  # noqa: BLE001 - it raises whatever a damaged file makes it; the text was read without it
        return {}, ()


def _words(page: Any) -> Iterator[Word]:
    for word in page.extract_words(keep_blank_chars=False, use_text_flow=False):
        yield Word(text=word["text"], left=word["x0"], right=word["x1"], top=word["top"], bottom=word["bottom"])


def _field_words(page: Any, limits: PdfLimits) -> Iterator[Word]:
    """The values of the fields on a page, where they stand, up to what is laid out of a page."""
    left = limits.layout_characters
    for annotation in page.annots[: limits.fields]:
        data = _resolved(annotation.get("data"))
        if not isinstance(data, dict) or not (value := _inherited_value(data)[:left]):
            continue
        left -= len(value)
        yield Word(
            text=value,
            left=annotation["x0"],
            right=annotation["x1"],
            top=annotation["top"],
            bottom=annotation["bottom"],
            is_field=True,
        )


def _inherited_value(field: dict[str, Any]) -> str:
    """The value of a field; a widget may leave it to the field above it (ISO 32000 12.7.4.1)."""
    for _ in range(_DEPTH):
        if "V" in field:
            return _plain(field["V"])
        above = _resolved(field.get("Parent"))
        if not isinstance(above, dict):
            break
        field = above
    return ""


def _fields(document: Any, limits: PdfLimits, left: int) -> Iterator[tuple[str, str]]:
    """Every field with a value, by its full name; loops and endless trees end at the limits.

    Many fields may have one value in common: `left` is for what all of them make of it, the line ends between
    them included.
    """
    form = _resolved(document.doc.catalog.get("AcroForm"))
    above: list[tuple[str, Any, int]] = [
        ("", one, 0) for one in _kids(form.get("Fields") if isinstance(form, dict) else None)
    ]
    for _ in range(limits.fields):
        if not above:
            return
        name, one, depth = above.pop(0)
        field = _resolved(one)
        if not isinstance(field, dict):
            continue
        full = ".".join(part for part in (name, _plain(field.get("T"), _LONGEST_NAME)) if part)
        if value := _plain(field.get("V"))[: max(0, left - 1)]:
            left -= len(value) + 1
            yield full, value
        if depth < _DEPTH:
            above.extend((full, kid, depth + 1) for kid in _kids(field.get("Kids"))[: limits.fields])


def _kids(value: Any) -> list[Any]:
    found = _resolved(value)
    return found if isinstance(found, list) else []


def _resolved(value: Any) -> Any:
    from pdfminer.pdftypes import resolve1  # noqa: PLC0415 - as pdfplumber

    return resolve1(value)


def _plain(value: Any, most: int = _LONGEST_VALUE) -> str:
    """A field's name or value as text, so much of it; of a choice the first, of a ticked box its name."""
    from pdfminer.psparser import PSLiteral  # noqa: PLC0415 - as pdfplumber
    from pdfminer.utils import decode_text  # noqa: PLC0415 - as pdfplumber

    found = _resolved(value)
    if isinstance(found, list):
        found = _resolved(found[0]) if found else None
    if isinstance(found, PSLiteral):
        found = found.name
    if isinstance(found, bytes):
        found = decode_text(found[: _BYTES_A_CHARACTER * most])
    # A number or a name; of anything else, such as a dictionary, there is no telling how long its text would be.
    text = str(found) if isinstance(found, str | int | float) else ""
    return " ".join(text[:most].replace("\x00", " ").split())
