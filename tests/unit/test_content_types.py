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
