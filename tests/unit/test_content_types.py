"""What a document is, told by its content."""

import pytest

from parsers.content_types import type_of

TYPES = {
    b"%PDF-1.7 ...": "pdf",
    b"\r\njunk %PDF-1.4": "pdf",
    b"II*\x00....": "tiff",
    b"MM\x00*....": "tiff",
    b"\xff\xd8\xff\xe0": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF89a": "gif",
    b"{\\rtf1": "rtf",
    b"PK\x03\x04....[Content_Types].xml....word/document.xml": "docx",
    b"PK\x03\x04....xl/workbook.xml": "xlsx",
    b"PK\x03\x04....a.pdf": "zip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "WordDocument".encode("utf-16-le"): "doc",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "Workbook".encode("utf-16-le"): "xls",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "__substg1.0_".encode("utf-16-le"): "msg",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole",
    b"\x78\x9f\x3e\x22": "tnef",
    b"\xef\xbb\xbf<?xml version='1.0'?>": "xml",
    b" <!DOCTYPE html>": "html",
    b"plain": "txt",
    b"\x00\x01": "unknown",
    b"": "unknown",
}


@pytest.mark.parametrize(("content", "kind"), TYPES.items())
def test_F73_the_content_decides_whatever_was_declared(content: bytes, kind: str) -> None:
    assert type_of(content, "application/octet-stream", "x.bin") == kind


def test_kinds_of_text_are_told_by_name_or_declaration() -> None:
    assert type_of(b"a,b", "text/plain", "LIST.CSV") == "csv"
    assert type_of(b"a,b", "text/csv") == "csv"
    assert type_of(b"From: a", "application/octet-stream", "fwd.eml") == "eml"
    assert type_of(b"anything", "message/rfc822") == "eml"


_FORM = b"<script>steal()</script>"
_XHTML = b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + _FORM + b"</html>"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "declared", "name"),
    [
        (b"<div>" + _FORM + b"</div>", "text/html", ""),
        (b"<title>Invoice</title>" + _FORM, "application/octet-stream", "invoice.HTM"),
        (b"Invoice " + _FORM, "text/plain", "invoice.html"),
        (b"<!--" + b"x" * 5000 + b"--><html>" + _FORM, "text/html", "invoice.html"),
        (("\ufeff<html>" + _FORM.decode()).encode("utf-16-le"), "text/html", "invoice.html"),
        (b"<html><!-- %PDF-1.4 -->" + _FORM, "application/pdf", "invoice.html"),
        (_XHTML, "text/xml", "invoice.xhtml"),
        (_XHTML, "text/xml", "invoice.xml"),
    ],
)
def test_a_page_that_acts_is_one_however_it_begins(content: bytes, declared: str, name: str) -> None:
    assert type_of(content, declared, name) == "active-html"


@pytest.mark.parametrize("content", [b"//%PDF-1.4\nrun()", b"%PDF-1.4\nrun()", b"GIF89a=1;run()"])
@pytest.mark.parametrize("name", ["invoice.js", "invoice.hta", "invoice.BAT. "])
def test_a_script_is_one_whatever_mark_it_begins_with(content: bytes, name: str) -> None:
    assert type_of(content, "application/pdf", name) == "script"


def test_a_file_with_macros_is_one_though_a_name_of_mail_stands_in_it() -> None:
    marks = ("__substg1.0_", "_VBA_PROJECT")
    assert type_of(_OLE + b"".join(mark.encode("utf-16-le") for mark in marks)) == "office-macro"


def test_pages_and_tables_that_do_nothing_stay_what_they_are() -> None:
    assert type_of(b"<p>Invoice</p>", "text/html", "invoice.html") == "html"
    assert type_of(b"<?xml version='1.0'?><row onhand='3' note='javascript:'/>", "text/xml", "stock.xml") == "xml"
    assert type_of(b"%PDF-1.7", "application/pdf", "invoice.pdf") == "pdf"
    assert type_of(b"plain", "text/plain", "notes.txt") == "txt"
