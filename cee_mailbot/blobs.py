"""Original messages and documents by digest, kept durably in a folder."""

import hashlib
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from cee_mailbot import crash
from cee_mailbot.errors import DamagedBlobError, NotFoundError, UnreachableError, what_the_system_says
from cee_mailbot.interfaces import StoredBlob

log = logging.getLogger(__name__)

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20


class FolderBlobs:
    """Blobs as files `ab/cd/<sha256>` below `root`; what is being written lies in `root/tmp`.

    The instant of success is one `link()`: fsync of the file comes before it, fsync of the folders after it,
    and only then does `put` return. A name that is there is therefore never half a blob.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._tmp = self._root / "tmp"
        self._durable: set[Path] = set()  # folders whose own entries are known to be on disk

    def put(self, content: bytes) -> str:
        """As `BlobStore.put`."""
        return self.put_stream((content,)).sha256

    def put_stream(self, pieces: Iterable[bytes]) -> StoredBlob:
        """As `BlobStore.put_stream`; what raises while giving pieces leaves nothing behind."""
        with self._writing():
            self._make_durable(self._tmp)
            tmp = self._tmp / secrets.token_hex(16)
            try:
                stored = _write(tmp, pieces)
                crash.here("C4")
                path = self._path(stored.sha256)
                self._make_durable(path.parent)
                self._link(tmp, path)
                crash.here("C5")
            finally:
                with suppress(FileNotFoundError):
                    tmp.unlink()
            _fsync_folder(path.parent)
        return stored

    def get(self, sha256: str) -> bytes:
        """As `BlobStore.get`."""
        with self.open(sha256) as file:
            try:
                content = file.read()
            except OSError as error:
                raise UnreachableError(
                    f"can't read blob {self._path(sha256)}: {what_the_system_says(error)}"
                ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedBlobError(f"blob {self._path(sha256)} is damaged; restore this file from a backup")
        return content

    def open(self, sha256: str) -> BinaryIO:
        """As `BlobStore.open`."""
        if not _DIGEST.fullmatch(sha256):
            raise NotFoundError(f"{sha256!r} is not the digest of a blob: 64 digits of 0-9 and a-f")
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise NotFoundError(f"there is no blob {sha256} in {self._root}") from None
        except OSError as error:
            raise UnreachableError(f"can't open blob {what_the_system_says(error)}") from error

    def check(self) -> str:
        """As `BlobStore.check`: writes a file, makes it durable and takes it away again; creates no folder."""
        with self._writing():
            existing = _nearest(self._root)
            probe = existing / f".{secrets.token_hex(16)}"
            linked = probe.with_suffix(".linked")
            try:
                _write(probe, (b"probe",))
                os.link(probe, linked)
            finally:
                for path in (probe, linked):
                    path.unlink(missing_ok=True)
            free = shutil.disk_usage(existing).free
        state = "which can be written" if existing == self._root else "which will be created"
        return f"blobs in {self._root}, {state}; {free / 1e9:.1f} GB free"

    def sweep(self, older_than: timedelta) -> int:
        """See `BlobStore.sweep`: files in `tmp`."""
        removed, limit = 0, time.time() - older_than.total_seconds()
        with self._writing():
            for path in self._tmp.iterdir() if self._tmp.is_dir() else ():
                with suppress(FileNotFoundError):
                    if path.lstat().st_mtime < limit:
                        path.unlink()
                        removed += 1
        return removed

    def digests(self) -> Iterator[str]:
        """The digest of every blob, in no order."""
        return (path.name for path in self._root.glob("??/??/*") if _DIGEST.fullmatch(path.name))

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _link(self, tmp: Path, path: Path) -> None:
        try:
            os.link(tmp, path)
        except FileExistsError:
            if _intact(path):
                return
            aside = _set_aside(path)
            log.error("blob %s was damaged: kept as %s and written anew", path, aside.name)  # noqa: TRY400
            os.link(tmp, path)

    def _make_durable(self, folder: Path) -> None:
        """Creates the folder and those above it; on return their names are on disk.

        Another process may have created a folder and been killed before its fsync, so one that is there
        already is made durable too, once a process. What lies above the root is not ours unless we made it.
        """
        if folder in self._durable:
            return
        ours = self._root in folder.parents
        if ours or not folder.parent.is_dir():
            self._make_durable(folder.parent)
        made = _make(folder)
        if made or ours:
            _fsync_folder(folder.parent)
        self._durable.add(folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._durable.clear()
            raise UnreachableError(
                f"can't keep blobs in {self._root}: {error.strerror}; check the disk, its room and the rights"
            ) from error


class DiskReserve:
    """See `interfaces.Reserve`: what must stay free on the disk where blobs are kept."""

    def __init__(self, root: Path, least: int) -> None:
        self._root, self._least = root.absolute(), least

    def require(self, size: int) -> None:
        """As `Reserve.require`."""
        try:
            free = shutil.disk_usage(_nearest(self._root)).free
        except OSError as error:
            raise UnreachableError(
                f"can't look how much is free for blobs: {what_the_system_says(error)}; until then mail stays on its "
                "server"
            ) from error
        if free - size < self._least:
            raise UnreachableError(
                f"{free / 1e6:.0f} MB are free for blobs in {self._root}; {size / 1e6:.1f} MB of new mail would leave "
                f"less than the reserve of {self._least / 1e6:.0f} MB: mail stays on its server until there is room; "
                "make some, or lower disk_reserve in [alarms]"
            )


def _nearest(root: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(path for path in (root, *root.parents) if path.exists())


def _write(path: Path, pieces: Iterable[bytes]) -> StoredBlob:
    """A new file with these bytes, on disk. After a failed fsync it is given up: a second fsync would lie."""
    sha256, size = hashlib.sha256(), 0
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o400)
    try:
        for piece in pieces:
            rest = memoryview(piece)
            sha256.update(rest)
            size += len(rest)
            while rest:
                rest = rest[os.write(fd, rest[:_PIECE]) :]
                crash.here("C2")
        crash.here("C3")
        os.fsync(fd)
    finally:
        os.close(fd)
    return StoredBlob(sha256=sha256.hexdigest(), size=size)


def _intact(path: Path) -> bool:
    """Whether the file has the bytes its name says; if so, they are on disk on return (C5)."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            sha256.update(piece)
        os.fsync(file.fileno())
    return sha256.hexdigest() == path.name


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside


def _make(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    return True


def _fsync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
