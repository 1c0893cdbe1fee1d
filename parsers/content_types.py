"""What a document is, told by its content: names and declared types are the sender's word only."""

import re

from parsers.active_content import page_acts, plainly, xml_acts
from parsers.names import saved_name
from parsers.office_types import ole_kind, zip_kind
from parsers.running_names import runs_by_name
from parsers.signed_content import cms_kind

# Where a mark stands at the very beginning. More types, and looking deeper into each, is one row or function
# here.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"{\\rt", "rtf"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"MSCF", "cab"),
    # What runs. A shortcut of Windows begins with the length of its header and its class (MS-SHLLINK 2.1).
    (b"\x7fELF", "elf"),
    (b"\xfe\xed\xfa\xce", "mach-o"),
    (b"\xfe\xed\xfa\xcf", "mach-o"),
    (b"\xce\xfa\xed\xfe", "mach-o"),
    (b"\xcf\xfa\xed\xfe", "mach-o"),
    (b"\xca\xfe\xba\xbe", "java"),
    (b"dex\n", "java"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (b"ITSF", "chm"),
    (b"#!", "script"),
)
# Marks so short that text may begin with them too.
_SHORT_MARKS = ((b"MZ", "pe"), (b"BM", "bmp"))
_SHORT_REACH = 64
# An object of another program within a text: what runs when it is opened is in there (RTF 1.9.1, "Objects").
_RTF_OBJECT = re.compile(rb"\\obj(?:data|ocx|update)(?![a-z])")
# What a browser opens as a page by its name, whatever it begins with.
_PAGE_NAMES = (".htm", ".html", ".shtml", ".xht", ".xhtml", ".svg")
_XML_NAMES = (".xml", ".xsl", ".xslt", ".xht", ".xhtml", ".svg", ".rdf", ".rss", ".atom")
_XML_TYPES = ("text/xml", "application/xml")
_MESSAGES = ("message/rfc822", "message/global")
_PDF = re.compile(rb"%PDF-\d")
_PDF_REACH = 1024
_TEXT_REACH = 4096
_BOM = b"\xef\xbb\xbf"
_XML = re.compile(rb"\s*<\?xml\s")
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]{0,400}>\s*)?(?:<!--[^>]{0,1000}-->\s*)?(?:<!doctype\s+svg[^>]{0,400}>\s*)?<svg\b", re.IGNORECASE
)
_HTML = re.compile(rb"\s*(?:<!--[^>]{0,1000}-->\s*)?<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

IMAGES = frozenset({"tiff", "jpeg", "png", "gif", "bmp"})
TEXTS = frozenset({"txt", "csv", "xml", "html", "active-html", "svg", "eml", "script", "unknown"})
UNKNOWN = "unknown"
# The types of the procedures' documents, and the containers that they come in.
ACCEPTED_TYPES = (
    *("pdf", "tiff", "jpeg", "png", "doc", "docx", "xls", "xlsx", "encrypted-office", "csv", "txt", "xml", "rtf"),
    *("eml", "msg", "zip", "tnef", "p7m"),
)
QUARANTINED_TYPES = (
    *("active-html", "chm", "elf", "java", "lnk", "mach-o", "msi", "office-macro", "pe", "rtf-object", "script"),
)


def has_pdf_mark(content: bytes) -> bool:
    """Return whether `%PDF-1` or its like stands in the first kilobyte, where readers look for it."""
    return bool(_PDF.search(content, 0, _PDF_REACH))


def type_of(content: bytes, declared: str = "", name: str = "") -> str:
    """Return the short name of a document's type, `unknown` when the content tells none.

    Only between kinds of plain text, which look alike, do the name and the declared type decide; and what runs or
    acts by its name is that, whatever mark was put into it.
    """
    name = saved_name(name).lower().rstrip(". ")
    kind = _kind_by_content(content, declared, name)
    if kind in QUARANTINED_TYPES or kind == "eml" or not content:
        return kind
    if runs_by_name(name):
        return "script"
    return "active-html" if _acts_by_name(content, name) else kind


def _acts_by_name(content: bytes, name: str) -> bool:
    """Return whether a browser, which goes by the name, would take it for a page that acts."""
    return (name.endswith(_PAGE_NAMES) and page_acts(content)) or (name.endswith(_XML_NAMES) and xml_acts(content))


def _kind_by_content(content: bytes, declared: str, name: str) -> str:
    for mark, kind in _MARKS:
        if content.startswith(mark):
            return _kind_inside(content, kind)
    for mark, kind in _SHORT_MARKS:
        if content.startswith(mark) and _NOT_TEXT.search(content, 0, _SHORT_REACH):
            return kind
    if content[:_SHORT_REACH].lstrip().startswith(b"{\\rt"):
        return _kind_inside(content, "rtf")
    if declared in _MESSAGES:
        return "eml"
    if has_pdf_mark(content):
        return "pdf"
    if content.startswith(b"0") and cms_kind(content):
        return "p7m"
    return _text_kind(content, declared, name)


def _kind_inside(content: bytes, kind: str) -> str:
    """Return which program's file a container is, or its own kind."""
    if kind == "zip":
        return zip_kind(content)
    if kind == "ole":
        return ole_kind(content)
    return "rtf-object" if kind == "rtf" and _RTF_OBJECT.search(content) else kind


def _text_kind(content: bytes, declared: str, name: str) -> str:
    start = content[:_TEXT_REACH].removeprefix(_BOM)
    if name.endswith(".eml") and b":" in start:
        return "eml"
    if not start or (_NOT_TEXT.search(start) and not _is_utf16(content)):
        return UNKNOWN
    start = plainly(start).encode("latin-1")
    if _SVG.match(start) or _HTML.match(start) or name.endswith(_PAGE_NAMES) or (declared == "text/html" and not name):
        kind = "svg" if _SVG.match(start) else "html"
        return "active-html" if page_acts(content) else kind
    if _XML.match(start) or declared in _XML_TYPES:
        return "active-html" if xml_acts(content) else "xml"
    return "csv" if declared == "text/csv" or name.endswith(".csv") else "txt"


def _is_utf16(content: bytes) -> bool:
    """Return whether this is text in UTF-16, as some programs of Windows write it, with its mark in front."""
    return content[:2] in (b"\xff\xfe", b"\xfe\xff")
