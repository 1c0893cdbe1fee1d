"""PDFs: text, fields and limits; what can't be opened says why."""

import base64
import zlib

import pytest

from parsers.documents import cut
from parsers.papers import read_paper
from parsers.pdf import PdfLimits, PdfRefusedError, count_pages, read_pdf
from parsers.probes import probe, probed
from tests.support import bombs, drawn_forms
from tests.support.mails import PDF, mail, pdf

INVOICE = drawn_forms.page_of("COMMERCIAL INVOICE 7001", "Radio parts, Société Générale")


def nothing(_text: str) -> bool:
    return False


def test_text_is_read_page_by_page() -> None:
    read = read_pdf(INVOICE, wants_layout=nothing)
    assert read.page_count == 1
    assert "Société Générale" in read.pages[0].text
    assert read.pages[0].words == ()


def test_reading_stops_at_its_limits() -> None:
    """Never more pages or characters than are needed, and the rest is said to be missing."""
    long = drawn_forms.page_of(*(f"line {number}" for number in range(200)))
    assert count_pages(long) > 3
    some = read_pdf(long, wants_layout=nothing, limits=PdfLimits(pages=2))
    assert len(some.pages) == 2
    assert not some.is_whole
    short = read_pdf(long, wants_layout=nothing, limits=PdfLimits(characters=10))
    assert sum(len(page.text) for page in short.pages) == 10


def test_layout_is_asked_for_the_pages_that_want_it_only() -> None:
    pages = drawn_forms.page_of(*(f"line {number}" for number in range(200)))
    read = read_pdf(pages, wants_layout=lambda text: "line 3\n" in text, limits=PdfLimits(layout_pages=1))
    assert [bool(page.words) for page in read.pages] == [True, *[False] * (len(read.pages) - 1)]


def test_form_values_are_read_from_the_fields() -> None:
    """Neither reader takes them for text."""
    content = drawn_forms.form_28(entry_number="345-6789012-3", fillable=True)
    read = read_pdf(content, wants_layout=nothing)
    assert "345-6789012-3" not in read.pages[0].text
    assert "345-6789012-3" in dict(read.fields).values()
    assert "345-6789012-3" in read_paper(content, "pdf").pages[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (drawn_forms.encrypted("secret"), "encrypted"),
        (drawn_forms.damaged(INVOICE), "damaged"),
        (b"%PDF-1.4 and nothing else", "damaged"),
        (b"", "damaged"),
    ],
)
def test_what_can_not_be_opened_says_why(content: bytes, why: str) -> None:
    with pytest.raises(PdfRefusedError) as refused:
        read_pdf(content, wants_layout=nothing)
    assert refused.value.why == why
    assert probe(content, "pdf").why_not == why
    assert read_paper(content, "pdf").why == why


def test_a_scan_is_not_read_and_not_unreadable() -> None:
    """It opens; that nothing was read of it is said."""
    paper = read_paper(drawn_forms.scanned(), "pdf")
    assert (paper.status, paper.page_count, paper.is_legible) == ("unread", 1, False)


def test_a_loop_of_fields_ends() -> None:
    """A field that is its own kid has an end (the limit on depth and number)."""
    looped = pdf("form").replace(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"
    )
    looped = looped.replace(b"xref\n", b"6 0 obj<</T(a)/FT/Tx/V(once)/Kids[6 0 R]>> endobj\nxref\n")
    assert {value for _, value in read_pdf(looped, wants_layout=nothing).fields} <= {"once"}


def test_plain_kinds_are_read_and_others_are_left() -> None:
    assert read_paper("Überweisung".encode(), "txt").pages == ("Überweisung",)
    assert read_paper(b"<a>one</a><b>two</b>", "xml").pages[0].split() == ["one", "two"]
    assert read_paper("w\xf6rd".encode("utf-16"), "csv").pages == ("wörd",)
    assert read_paper(b"\xff\xd8\xff\xda", "jpeg").status == "unread"


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + b"\x00" * 17 + b"\x00\x00\x00\x00IDAT" + zlib.compress(b"\x00")
ZIP = b"PK\x03\x04\x14\x00\x00\x00" + b"\x00" * 22 + b"PK\x05\x06" + b"\x00" * 18


@pytest.mark.parametrize(
    ("kind", "whole", "broken", "why"),
    [
        ("png", PNG, PNG[:33], "damaged"),
        ("jpeg", b"\xff\xd8\xff\xe0\xff\xda..", b"\xff\xd8\xff\xe0", "damaged"),
        ("tiff", b"II*\x00\x08\x00\x00\x00\x01\x00", b"II*\x00\x00\x01\x00\x00\x01\x00", "damaged"),
        ("docx", ZIP, ZIP[:20], "damaged"),
        ("zip", ZIP, ZIP[:6] + b"\x01" + ZIP[7:], "encrypted"),
        ("ole", b"....", "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    ],
)
def test_other_types_are_looked_at_from_outside(kind: str, whole: bytes, broken: bytes, why: str) -> None:
    assert probe(whole, kind).why_not is None
    assert probe(broken, kind).why_not == why
    assert read_paper(broken, kind).status == "unreadable"


def test_a_message_tells_which_of_its_papers_does_not_open() -> None:
    carried = probed(cut(mail(documents=[PDF, drawn_forms.encrypted("x")])))
    assert [document.status for document in carried.documents] == ["unread", "unreadable"]


def test_F45_values_of_fields_count_as_characters() -> None:
    """Many fields may have one value in common: a few KB that would say twelve million characters."""
    content = bombs.pdf_with_shared_values(500)
    (page,) = read_paper(content, "pdf").pages
    assert 0 < len(page) <= 2_000_000
    read = read_pdf(content, wants_layout=lambda _: True, limits=PdfLimits(characters=9_000, layout_characters=5_000))
    assert sum(len(value) + 1 for _, value in read.fields) <= 9_000
    assert max(len(value) for _, value in read.fields) == 4_000
    assert sum(len(word.text) for word in read.pages[0].words if word.is_field) <= 5_000


def test_an_attached_message_says_what_a_person_reads_in_it() -> None:
    """Decoded, and nothing of its attachments."""
    said = base64.encodebytes("Entry 345-6789012-3, Grüße".encode()).decode()
    head = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: Ann <ann@maker.example>\r\n"
    paper = read_paper(f"{head}Content-Transfer-Encoding: base64\r\n\r\n{said}".encode(), "eml")
    assert paper.pages == ("Grüße\nAnn ann@maker.example\nEntry 345-6789012-3, Grüße",)
    assert [str(one) for one in paper.mentions] == ["345-67890123"]
    html = f"{head}Content-Type: text/html\r\n\r\n<p>one<p>two".encode()
    assert read_paper(html, "eml").pages[0].endswith("one\n\ntwo")
