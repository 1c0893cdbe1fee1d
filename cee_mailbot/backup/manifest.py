"""What a backup consists of, and whether it still does."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.census.scrubbing import state_of_blob
from cee_mailbot.errors import NotAllowedError, UserError
from cee_mailbot.interfaces import BlobStore

MANIFEST = "manifest.json"
BLOBS = "blobs"
JOURNAL = "journal"
_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file of the backup: its name, and how many bytes of it count and their SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The files of a backup. `blobs` is a list of digests, one a line; a journal may have grown since."""

    made_at: str
    program: str
    schema: str
    history_lines: int
    history_digest: str
    database: File
    blobs: File
    blob_count: int
    journal: tuple[File, ...]


def measured(path: Path, size: int | None = None) -> File:
    """The file as it is, or its first `size` bytes."""
    sha256, left = hashlib.sha256(), path.stat().st_size if size is None else size
    length = left
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            sha256.update(piece)
            left -= len(piece)
    return File(name=path.name, bytes=length - left, sha256=sha256.hexdigest())


def write_durably(path: Path, text: str) -> None:
    """The file with this text, in one act: on return it survives a power cut, and before that the old one is there."""
    tmp = path.with_name(path.name + ".new")
    with tmp.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    tmp.replace(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Puts the names in a folder on disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last step of a backup."""
    write_durably(folder / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises `UserError` where there is none that can be read."""
    path = folder / MANIFEST
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
        files = {name: File(**tables[name]) for name in ("database", "blobs")}
        journal = tuple(File(**one) for one in tables["journal"])
        return Manifest(**{**tables, **files, "journal": journal})
    except FileNotFoundError:
        raise UserError(f"{folder} holds no finished backup: there is no {MANIFEST}; make one with backup") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} can't be read as a manifest: {error}; use another backup") from None


def verify(folder: Path, manifest: Manifest) -> None:
    """Reads the whole backup against its manifest. Raises `NotAllowedError` with the first fault."""
    files = [(folder, manifest.database), (folder, manifest.blobs), *((folder / JOURNAL, f) for f in manifest.journal)]
    for place, file in files:
        path = place / Path(file.name).name
        if not path.is_file() or measured(path, file.bytes) != file:
            raise NotAllowedError(f"the backup is damaged: {path} is not what its manifest says; nothing was touched")
    blobs, count = FolderBlobs(folder / BLOBS), 0
    for digest in listed_blobs(folder, manifest):
        count += 1
        state = state_of_blob(blobs, digest)
        if state != "intact":
            raise NotAllowedError(f"the backup is damaged: blob {digest} is {state}; nothing was touched")
    if count != manifest.blob_count:
        raise NotAllowedError(f"the backup is damaged: {count} blobs of {manifest.blob_count}; nothing was touched")


def listed_blobs(folder: Path, manifest: Manifest) -> Iterator[str]:
    """The digests of the backup's blobs."""
    with (folder / Path(manifest.blobs.name).name).open(encoding="ascii") as lines:
        yield from (line.strip() for line in lines)


def pieces(blobs: BlobStore, sha256: str) -> Iterator[bytes]:
    """The bytes of a blob, for another store."""
    with blobs.open(sha256) as stored:
        while piece := stored.read(_PIECE):
            yield piece
