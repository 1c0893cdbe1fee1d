"""The files of a ZIP archive, read from its directory; what its headers claim of sizes is not believed."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_DIRECTORY_ENTRY = b"PK\x01\x02"
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
# The two methods that every program writes. Others are rare, and some ask for memory as the archive pleases.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What `zipfile` raises over what an archive says of itself: NotImplementedError for a version, a method or a patch that
# it does not know, RuntimeError for what is encrypted, and the rest for headers whose numbers or names make no sense.
_NO_DIRECTORY = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, LookupError)
_NO_FILE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_NOTHING_DEFLATED = 2  # bytes
MOST_ENTRIES = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedFile:
    """One file of an archive: its number there (from 1), its name as written, and its bytes.

    `content` is None where it can't be taken out: encrypted, damaged, or packed by a method that is not read.
    """

    number: int
    name: str
    content: bytes | None


def archive_names(content: bytes) -> tuple[str, ...] | None:
    """Return the names in an archive's directory, None when there is no directory that can be read."""
    archive = _archive(content)
    return tuple(archive.namelist()) if archive else None


def archived_files(
    content: bytes, most_bytes: int, wanted: int | None = None, *, named: Callable[[str], object] | None = None
) -> Iterator[ArchivedFile] | None:
    """Return the files of an archive in the order of its directory, folders left out; None when it is no archive.

    Of one file at most `most_bytes` + 1 are unpacked: what is longer than `most_bytes` was cut off there. With
    `wanted` only the file of that number is given, with `named` those whose name this says; no others are unpacked.
    """
    archive = _archive(content)
    return _files(archive, most_bytes, wanted, named) if archive else None


def _files(
    archive: zipfile.ZipFile, most_bytes: int, wanted: int | None, named: Callable[[str], object] | None
) -> Iterator[ArchivedFile]:
    for number, entry in enumerate(archive.infolist(), start=1):
        # A name that ends like a folder's is no reason to pass over what lies under it.
        if (entry.is_dir() and entry.compress_size <= _NOTHING_DEFLATED) or wanted not in (None, number):
            continue
        name = _name(entry)
        if named is None or named(name):
            yield ArchivedFile(number=number, name=name, content=_unpacked(archive, entry, most_bytes))


def _archive(content: bytes) -> zipfile.ZipFile | None:
    if _DIRECTORY_ENTRY not in content or content.count(_DIRECTORY_ENTRY) > MOST_ENTRIES:
        return None
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except _NO_DIRECTORY:
        return None


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most_bytes: int) -> bytes | None:
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        return None
    try:
        with archive.open(entry) as file:
            return file.read(most_bytes + 1)
    except _NO_FILE:
        return None


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a name as its writer meant it: UTF-8, marked as such or not, else the code page of the first PCs."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    try:
        return entry.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.orig_filename
