"""What a document is, told by its content: names and declared types are the sender's word only."""

import re

# Where a mark stands at the very beginning. More types, and looking deeper into each, is one row or function
# here.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"{\\rtf", "rtf"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_ZIP_KINDS = ((b"word/document", "docx"), (b"xl/workbook", "xlsx"))
_OLE_KINDS = tuple(
    (name.encode("utf-16-le"), kind)
    for name, kind in (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("__substg1.0_", "msg"))
)
_PDF_REACH = 1024
_TEXT_REACH = 4096
_BOM = b"\xef\xbb\xbf"
_XML = re.compile(rb"\s*<\?xml\s")
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

IMAGES = frozenset({"tiff", "jpeg", "png", "gif", "bmp"})
TEXTS = frozenset({"txt", "csv", "xml", "html", "eml", "unknown"})
UNKNOWN = "unknown"


def has_pdf_mark(content: bytes) -> bool:
    """Return whether `%PDF` stands in the first kilobyte, where readers look for it."""
    return b"%PDF" in content[:_PDF_REACH]


def type_of(content: bytes, declared: str = "", name: str = "") -> str:
    """Return the short name of a document's type, `unknown` when the content tells none.

    Only between kinds of plain text, which look alike, do the name and the declared type decide.
    """
    for mark, kind in _MARKS:
        if content.startswith(mark):
            return _kind_inside(content, kind)
    if has_pdf_mark(content):
        return "pdf"
    return _text_kind(content, declared, name.lower())


def _kind_inside(content: bytes, kind: str) -> str:
    """Return which program's file a ZIP or OLE container is, or the container's own kind."""
    kinds = {"zip": _ZIP_KINDS, "ole": _OLE_KINDS}.get(kind, ())
    return next((inner for mark, inner in kinds if mark in content), kind)


def _text_kind(content: bytes, declared: str, name: str) -> str:
    start = content[:_TEXT_REACH].removeprefix(_BOM)
    if declared == "message/rfc822" or (name.endswith(".eml") and b":" in start):
        return "eml"
    if not start or _NOT_TEXT.search(start):
        return UNKNOWN
    if _XML.match(start):
        return "xml"
    if _HTML.match(start):
        return "html"
    return "csv" if declared == "text/csv" or name.endswith(".csv") else "txt"
