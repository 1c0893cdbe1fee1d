"""What a document is, told by its content: names and declared types are the sender's word only."""

import re
from collections.abc import Sequence

from parsers.signed_content import cms_kind
from parsers.zip_archive import archive_names

# Where a mark stands at the very beginning. More types, and looking deeper into each, is one row or function
# here.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"{\\rtf", "rtf"),
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
# A name in a ZIP, and what the ZIP then is: the first row that fits. `xlsb` can hold macros beside its sheets.
_ZIP_KINDS = (
    ("vbaproject.bin", "office-macro"),
    ("vbadata.xml", "office-macro"),
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
    ("ppt/presentation.xml", "pptx"),
    ("androidmanifest.xml", "java"),
    ("classes.dex", "java"),
)
_OLE_KINDS = tuple(
    (name.encode("utf-16-le"), kind)
    for name, kind in (
        # Before the message: any text of a document can hold the name of a message's stream.
        ("_VBA_PROJECT", "office-macro"),
        ("__substg1.0_", "msg"),
        ("EncryptedPackage", "encrypted-office"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
    )
)
# A workbook's first substream (BOF, MS-XLS 2.4.21), in which a record of each sheet (BoundSheet8, 2.4.28) tells
# whether it holds macros of Excel 4.
_XLS_START = re.compile(rb"\x09\x08[\x08\x10]\x00\x00[\x05\x06]\x05\x00")
_XLS_MACRO_SHEET = re.compile(rb"\x85\x00[\x08-\x80]\x00.{4}[\x00-\x02]\x01[\x01-\x1f]", re.DOTALL)
_XLS_REACH = 65_536
# An object of another program within a text: what runs when it is opened is in there (RTF 1.9.1, "Objects").
_RTF_OBJECT = re.compile(rb"\\obj(?:data|ocx|update)\b")
# The class of a Windows Installer package, {000C1084-0000-0000-C000-000000000046}.
_MSI_CLASS = bytes.fromhex("84100c0000000000c000000000000046")
# Plain text that Windows runs when it is opened; only the name tells.
SCRIPT_NAMES = (
    *(".bat", ".cmd", ".hta", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".wsh", ".wsc", ".ps1", ".psm1", ".sct", ".inf"),
    *(".reg", ".url", ".scf", ".sh", ".py", ".command", ".jnlp", ".rdp", ".iqy", ".slk", ".library-ms", ".search-ms"),
    # A page with all that belongs to it, encoded as in mail: what acts in it can't be told from outside.
    *(".mht", ".mhtml"),
)
# What a browser opens as a page by its name, whatever it begins with.
_PAGE_NAMES = (".htm", ".html", ".shtml", ".xht", ".xhtml", ".svg")
_PDF_REACH = 1024
_TEXT_REACH = 4096
_BOM = b"\xef\xbb\xbf"
_XML = re.compile(rb"\s*<\?xml\s")
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]{0,400}>\s*)?(?:<!--[^>]{0,1000}-->\s*)?(?:<!doctype\s+svg[^>]{0,400}>\s*)?<svg\b", re.IGNORECASE
)
_HTML = re.compile(rb"\s*(?:<!--[^>]{0,1000}-->\s*)?<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_ACTIVE = re.compile(
    rb"<script\b|<iframe\b|<object\b|<embed\b|\bjavascript:|[\s\"'/]on[a-z]{3,20}\s*=|<meta[^>]{0,200}\brefresh\b",
    re.IGNORECASE,
)
# XML of these is a page or a drawing to a browser.
_PAGE_NAMESPACE = re.compile(rb"www\.w3\.org/(?:1999/xhtml|2000/svg)")
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
    """Return whether `%PDF` stands in the first kilobyte, where readers look for it."""
    return b"%PDF" in content[:_PDF_REACH]


def type_of(content: bytes, declared: str = "", name: str = "") -> str:
    """Return the short name of a document's type, `unknown` when the content tells none.

    Only between kinds of plain text, which look alike, do the name and the declared type decide; and what runs or
    acts by its name is that, whatever mark was put into it.
    """
    name = name.lower().rstrip(". ")
    kind = _kind_by_content(content, declared, name)
    if kind in QUARANTINED_TYPES or not content:
        return kind
    if name.endswith(SCRIPT_NAMES):
        return "script"
    return "active-html" if name.endswith(_PAGE_NAMES) and _ACTIVE.search(_narrow(content)) else kind


def _kind_by_content(content: bytes, declared: str, name: str) -> str:
    for mark, kind in _MARKS:
        if content.startswith(mark):
            return _kind_inside(content, kind)
    for mark, kind in _SHORT_MARKS:
        if content.startswith(mark) and _NOT_TEXT.search(content, 0, _SHORT_REACH):
            return kind
    if has_pdf_mark(content):
        return "pdf"
    if content.startswith(b"0") and cms_kind(content):
        return "p7m"
    return _text_kind(content, declared, name)


def _kind_inside(content: bytes, kind: str) -> str:
    """Return which program's file a ZIP or OLE container is, or the container's own kind."""
    if kind == "zip":
        return _zip_kind(content)
    if kind == "ole":
        if _MSI_CLASS in content:
            return "msi"
        inner = next((inner for mark, inner in _OLE_KINDS if mark in content), kind)
        return "office-macro" if inner == "xls" and _has_macro_sheet(content) else inner
    if kind == "rtf":
        return "rtf-object" if _RTF_OBJECT.search(content) else kind
    return kind


def _has_macro_sheet(content: bytes) -> bool:
    starts = (found.end() for found in _XLS_START.finditer(content))
    return any(_XLS_MACRO_SHEET.search(content, start, start + _XLS_REACH) for start in starts)


def _zip_kind(content: bytes) -> str:
    """Return what a ZIP is by the names in its directory; of a damaged one by the names that stand anywhere."""
    names = archive_names(content)
    if names is None:
        return next((kind for name, kind in _ZIP_KINDS if "/" in name and name.encode() in content), "zip")
    return _kind_by_names([name.lower() for name in names])


def _kind_by_names(names: Sequence[str]) -> str:
    if "meta-inf/manifest.mf" in names and any(name.endswith(".class") for name in names):
        return "java"
    # A ZIP of documents is no document for one that lies in it: those of Office have this list of their parts.
    if "[content_types].xml" not in names:
        return "java" if {"androidmanifest.xml", "classes.dex"} & set(names) else "zip"
    if any(name.startswith("xl/macrosheets/") for name in names):
        return "office-macro"
    return next((kind for part, kind in _ZIP_KINDS if any(name.endswith(part) for name in names)), "zip")


def _text_kind(content: bytes, declared: str, name: str) -> str:
    start = content[:_TEXT_REACH].removeprefix(_BOM)
    if declared == "message/rfc822" or (name.endswith(".eml") and b":" in start):
        return "eml"
    if not start or (_NOT_TEXT.search(start) and not _is_utf16(content)):
        return UNKNOWN
    start = _narrow(start)
    if _SVG.match(start) or _HTML.match(start) or name.endswith(_PAGE_NAMES) or (declared == "text/html" and not name):
        kind = "svg" if _SVG.match(start) else "html"
        return "active-html" if _ACTIVE.search(_narrow(content)) else kind
    if _XML.match(start):
        return "active-html" if _PAGE_NAMESPACE.search(content) and _ACTIVE.search(content) else "xml"
    return "csv" if declared == "text/csv" or name.endswith(".csv") else "txt"


def _narrow(content: bytes) -> bytes:
    """Return text in UTF-16 as patterns of ASCII find it, anything else as it is."""
    return content[2:].replace(b"\x00", b"") if _is_utf16(content) else content


def _is_utf16(content: bytes) -> bool:
    """Return whether this is text in UTF-16, as some programs of Windows write it, with its mark in front."""
    return content[:2] in (b"\xff\xfe", b"\xfe\xff") and b"\x00\x00" not in content[:_TEXT_REACH]
