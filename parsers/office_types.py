"""Which program's file a ZIP or OLE container is, and whether there are macros in it."""

import re
from collections.abc import Sequence
from html import unescape

from parsers.running_names import runs_by_name
from parsers.zip_archive import archive_names, archived_files

MACROS = "office-macro"
_TYPES_PART = "[content_types].xml"
_LONGEST_TYPES_PART = 1_000_000
# A content type in a package (ECMA-376-2, 10.1.2), and what the package then is: the first row that fits. Office finds
# its parts by these and not by their names.
_PACKAGES = (
    ("macroenabled", MACROS),
    ("vbaproject", MACROS),
    ("macrosheet", MACROS),  # intlmacrosheet too
    ("wordprocessingml.document.main+xml", "docx"),
    ("spreadsheetml.sheet.main+xml", "xlsx"),
    ("sheet.binary", "xlsb"),
    ("presentationml.presentation.main+xml", "pptx"),
    ("presentationml.slideshow.main+xml", "pptx"),
)
# Where types are not told, a part's name: `xlsb` can hold macros beside its sheets.
_PARTS = (
    ("vbaproject.bin", MACROS),
    ("vbadata.xml", MACROS),
    ("xl/macrosheets/", MACROS),
    ("word/document", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
    ("ppt/presentation.xml", "pptx"),
)
_FOLDERS = (
    "_rels/",
    "docprops/",
    "word/",
    "xl/",
    "ppt/",
    "customxml/",
    "customui/",
    "_xmlsignatures/",
    "docmetadata/",
    "[trash]/",
)
_ODD_PARTS = (".xml", ".rels", "/")
_MACRO_WORDS = re.compile(rb"vbaproject|vbadata|macroenabled|macrosheet", re.IGNORECASE)
_OLE_KINDS = tuple(
    (name.encode("utf-16-le"), kind)
    for name, kind in (
        # Before the message: any text of a document can hold the name of a message's stream.
        ("_VBA_PROJECT", MACROS),
        ("__substg1.0_", "msg"),
        ("EncryptedPackage", "encrypted-office"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
    )
)
# The class of a Windows Installer package, {000C1084-0000-0000-C000-000000000046}.
_MSI_CLASS = bytes.fromhex("84100c0000000000c000000000000046")
# A workbook's first substream (BOF, MS-XLS 2.4.21), in which a record of each sheet (BoundSheet8, 2.4.28) tells
# whether it holds macros of Excel 4.
_XLS_START = re.compile(rb"\x09\x08[\x08\x10]\x00\x00[\x05\x06]\x05\x00")
_XLS_MACRO_SHEET = re.compile(rb"\x85\x00[\x08-\x80]\x00.{4}[\x00-\x02]\x01[\x01-\x1f]", re.DOTALL)
_XLS_REACH = 65_536


def zip_kind(content: bytes) -> str:
    """Return `docx`, `xlsx` and their like, `office-macro`, `java`, or `zip` for everything else.

    An archive whose directory can't be read is none of Office's, whatever names stand in it.
    """
    names = archive_names(content)
    if names is None:
        return MACROS if _MACRO_WORDS.search(content) else "zip"
    names = tuple(name.lower() for name in names)
    if "meta-inf/manifest.mf" in names and any(name.endswith(".class") for name in names):
        return "java"
    if "androidmanifest.xml" in names or "classes.dex" in names:
        return "java"
    # A ZIP of documents is no document for one that lies in it: those of Office have a list of their parts.
    return _package_kind(content, names) if _TYPES_PART in names else "zip"


def _package_kind(content: bytes, names: Sequence[str]) -> str:
    types = _content_types(content)
    by_types = next((kind for mark, kind in _PACKAGES if mark in types), None)
    by_names = next((kind for part, kind in _PARTS if any(part in name for name in names)), None)
    if MACROS in (by_types, by_names):
        return MACROS
    # Whoever opens it as a ZIP must find nothing that was not looked at.
    if any(runs_by_name(name) or not _belongs(name) for name in names):
        return "zip"
    return by_types or by_names or "zip"


def _content_types(content: bytes) -> str:
    """Return the list of a package's parts in small letters, whatever encoding and references hide them."""
    for file in archived_files(content, _LONGEST_TYPES_PART) or ():
        if file.name.lower() == _TYPES_PART:
            return unescape((file.content or b"").replace(b"\x00", b"").decode("latin-1")).lower()
    return ""


def _belongs(name: str) -> bool:
    return name.startswith(_FOLDERS) or name.endswith(_ODD_PARTS)


def ole_kind(content: bytes) -> str:
    """Return `doc`, `xls`, `msg` and their like, `msi`, `office-macro`, or `ole` for everything else."""
    if _MSI_CLASS in content:
        return "msi"
    kind = next((kind for mark, kind in _OLE_KINDS if mark in content), "ole")
    return MACROS if kind == "xls" and _has_macro_sheet(content) else kind


def _has_macro_sheet(content: bytes) -> bool:
    looked_at = 0
    for found in _XLS_START.finditer(content):
        end = found.end() + _XLS_REACH
        if _XLS_MACRO_SHEET.search(content, max(found.end(), looked_at), end):
            return True
        looked_at = end - 16  # a record that begins in one reach may end in the next
    return False
