"""Whether a document opens at all, told cheaply and only where it is certain.

Bounded: no page is drawn, nothing is unpacked. What is inside is read later, where a hostile file can do no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from parsers.documents import Cut, Document
from parsers.pdf import PdfRefusedError, count_pages

Why = Literal["encrypted", "damaged"]

_ZIP_END = b"PK\x05\x06"
_ZIP_END_REACH = 22 + 65_535  # the end record and the longest comment behind it
_ZIP_FLAGS = slice(6, 8)
_TIFF_HEADER = 8
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What was seen of a document from outside; `why_not` is None where nothing says that it can't be opened."""

    why_not: Why | None = None
    pages: int | None = None


def probe(content: bytes, kind: str) -> Probe:
    """What can be told of a document of this type (`content_types.type_of`) without reading it."""
    if kind == "pdf":
        return _probe_pdf(content)
    look = _LOOKS.get(kind)
    return Probe(why_not=look(content) if look else None)


def probed(carried: Cut) -> Cut:
    """The message taken apart, its documents that surely can't be opened being `unreadable`."""
    return replace(carried, documents=tuple(_probed(document) for document in carried.documents))


def _probed(document: Document) -> Document:
    if document.status != "unread" or probe(document.content, document.type).why_not is None:
        return document
    return replace(document, status="unreadable")


def _probe_pdf(content: bytes) -> Probe:
    try:
        return Probe(pages=count_pages(content))
    except PdfRefusedError as refused:
        return Probe(why_not=refused.why)


def _zip(content: bytes) -> Why | None:
    """Encrypted by the flag of its first file, damaged when the record at its end is missing (APPNOTE 4.3.6)."""
    if _ZIP_END not in content[-_ZIP_END_REACH:]:
        return "damaged"
    is_file = content.startswith(b"PK\x03\x04")
    return "encrypted" if is_file and int.from_bytes(content[_ZIP_FLAGS], "little") & 1 else None


def _ole(content: bytes) -> Why | None:
    """A Word or Excel file with a password is kept in a container with this stream (MS-OFFCRYPTO 1.3.1)."""
    return "encrypted" if _ENCRYPTED_PACKAGE in content else None


def _png(content: bytes) -> Why | None:
    return None if b"IDAT" in content else "damaged"


def _jpeg(content: bytes) -> Why | None:
    return None if b"\xff\xda" in content else "damaged"


def _tiff(content: bytes) -> Why | None:
    """Its first directory of tags must lie within it (TIFF 6.0, section 2)."""
    first = int.from_bytes(content[4:_TIFF_HEADER], "little" if content.startswith(b"II") else "big")
    return None if _TIFF_HEADER <= first < len(content) else "damaged"


_LOOKS: dict[str, Callable[[bytes], Why | None]] = {
    "zip": _zip,
    "docx": _zip,
    "xlsx": _zip,
    "ole": _ole,
    "png": _png,
    "jpeg": _jpeg,
    "tiff": _tiff,
}
