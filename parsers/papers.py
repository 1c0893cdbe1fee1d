"""A document to its text and to what is found in it: the one entrance to reading papers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from parsers.documents import cut_closed
from parsers.entry_number import EntryNumber
from parsers.form_labels import forms_on
from parsers.forms import Form, find_forms, find_mentions
from parsers.headers import MailRefused, decode_text
from parsers.importer_number import masked_in
from parsers.mail import read_mail
from parsers.office import OFFICE_KINDS, read_office
from parsers.pdf import DEFAULT_PDF_LIMITS, Page, PdfLimits, PdfRefusedError, PdfText, read_pdf
from parsers.probes import probe
from parsers.safe_html import text_of_html

_TAG = re.compile(r"<[^<>]{0,2000}>")
_TEXT_KINDS = ("txt", "csv", "xml", "html")
_WORDS_OF: Mapping[str, Callable[[str], str]] = {"html": text_of_html, "xml": lambda text: _TAG.sub(" ", text)}
# What programs print for a dash, in the numbers of entries and importers too.
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"))
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """What was read of one document.

    `status` is `read`, `unread` (it has no text that can be read: a picture, a scan, a type that is not looked into)
    or `unreadable` with the reason in `why` (`encrypted`, `damaged`, or what a reader in a child says of its end).
    `pages` is the text page by page, importers' numbers masked; a paper without pages has one. `is_legible` tells
    whether every page gave text: what is not found in such a paper is not in it. `mentions` are entry numbers in
    its text; what the forms name is in `forms`.
    """

    status: Literal["read", "unread", "unreadable"]
    why: str | None = None
    page_count: int | None = None
    pages: tuple[str, ...] = ()
    is_legible: bool = False
    forms: tuple[Form, ...] = ()
    mentions: tuple[EntryNumber, ...] = ()

    @property
    def form(self) -> str | None:
        """The name of the first form or certificate in it."""
        return self.forms[0].name if self.forms else None

    @property
    def entry_numbers(self) -> tuple[EntryNumber, ...]:
        """Every entry number in it, each once: those of forms first."""
        named = (entry.entry_number for form in self.forms for entry in form.entries)
        return tuple(dict.fromkeys((*named, *self.mentions)))


NOT_LOOKED_INTO = Paper(status="unread")


def read_paper(content: bytes, kind: str, limits: PdfLimits = DEFAULT_PDF_LIMITS) -> Paper:
    """What a document of this type (`content_types.type_of`) says; a pure function of its bytes."""
    if kind == "pdf":
        try:
            return _of_pdf(read_pdf(content, wants_layout=lambda text: bool(forms_on(text)), limits=limits))
        except PdfRefusedError as refused:
            return Paper(status="unreadable", why=refused.why)
    if kind == "eml":
        return _paper([Page(number=1, text=_of_message(content)[: limits.characters])], page_count=None)
    if kind in _TEXT_KINDS:
        text = _text_of(content[: limits.characters])
        return _paper([Page(number=1, text=_WORDS_OF.get(kind, str)(text))], page_count=None)
    why = probe(content, kind).why_not
    if kind in OFFICE_KINDS and not why:
        return _of_office(content, kind, limits)
    return Paper(status="unreadable", why=why) if why else NOT_LOOKED_INTO


def text_to_keep(text: str) -> str:
    """Return a text as it may be kept for the search: with plain dashes, importers' numbers masked."""
    return masked_in(text.translate(_DASHES))


def _of_message(content: bytes) -> str:
    """What an attached message says: what it is about, from whom and to whom, and its body, all of it decoded."""
    try:
        mail, carried = read_mail(content), cut_closed(content)
    except MailRefused:
        return _text_of(content)
    people = (f"{one.name} {one.addr}".strip() for one in (*mail.from_, *mail.to, *mail.cc))
    text = carried.text or ""
    return "\n".join((mail.subject, *people, text if text.strip() else text_of_html(carried.html or "")))


def _of_pdf(read: PdfText) -> Paper:
    pages = list(read.pages)
    if read.fields and pages:
        # The values of fields are no text of a page; on the first they are found by a search.
        values = "\n".join(value for _, value in read.fields)
        pages[0] = Page(number=1, text=f"{pages[0].text}\n{values}", words=pages[0].words)
    return _paper(pages, page_count=read.page_count, whole=read.is_whole)


def _of_office(content: bytes, kind: str, limits: PdfLimits) -> Paper:
    texts, whole = read_office(content, kind, limits.characters)
    pages = [Page(number=at, text=text) for at, text in enumerate(texts, 1)]
    # Of a sheet without text it is known that there is none: nothing in it is a picture of words.
    return _paper(pages, page_count=None, whole=whole, may_be_pictures=False)


def _paper(pages: list[Page], *, page_count: int | None, whole: bool = True, may_be_pictures: bool = True) -> Paper:
    pages = [_with_plain_dashes(page) for page in pages]
    legible = [bool(page.text.strip()) for page in pages]
    if not any(legible):
        return Paper(status="unread", page_count=page_count)
    found = find_forms(pages)
    return Paper(
        status="read",
        page_count=page_count,
        pages=tuple(masked_in(page.text, found.importers) for page in pages),
        is_legible=whole and (all(legible) or not may_be_pictures),
        forms=found.forms,
        mentions=find_mentions(pages),
    )


def _with_plain_dashes(page: Page) -> Page:
    words = tuple(replace(word, text=word.text.translate(_DASHES)) for word in page.words)
    return replace(page, text=page.text.translate(_DASHES), words=words)


def _text_of(content: bytes) -> str:
    charset = "utf-16" if content.startswith(_UTF_16) else "utf-8"
    return decode_text(content, charset).replace("\x00", " ")
