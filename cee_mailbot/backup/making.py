"""Makes a backup while the program goes on."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cee_mailbot import __version__, crash
from cee_mailbot.app import App
from cee_mailbot.audit_ledger import HistoryHead
from cee_mailbot.backup.manifest import (
    BLOBS,
    JOURNAL,
    MANIFEST,
    File,
    Manifest,
    fsync_folder,
    measured,
    pieces,
    write_manifest,
)
from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.errors import NotFoundError, UserError
from cee_mailbot.interfaces import BlobStore
from cee_mailbot.store.database import SCHEMA


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupReport:
    """What was backed up: blobs in all and those that were new in the folder; `damaged` ones are in no backup."""

    folder: str
    at: str
    blobs: int
    new_blobs: int
    damaged: tuple[str, ...]
    history_lines: int

    @property
    def exit_code(self) -> int:
        """1 when a blob was damaged: the census names the messages."""
        return 1 if self.damaged else 0


def back_up(app: App, folder: Path) -> BackupReport:
    """The program's state at one instant, in `folder`; what is there from earlier backups is not copied again.

    The database comes first, so that every blob it names is among those that follow. Raises `UserError` for a folder
    that holds something else.
    """
    _prepare(folder)
    at = app.site.clock.now().isoformat()
    database, history = _database(app, folder)
    new = _Copied()
    with (listing := folder / f"blobs-{database.sha256[:16]}.txt").open("w", encoding="ascii") as lines:
        for digest in _copy_blobs(app.blobs, FolderBlobs(folder / BLOBS), new):
            lines.write(digest + "\n")
        lines.flush()
        os.fsync(lines.fileno())
    manifest = Manifest(
        made_at=at,
        program=__version__,
        schema=SCHEMA,
        history_lines=history.lines,
        history_digest=history.digest,
        database=database,
        blobs=measured(listing),
        blob_count=new.count,
        journal=tuple(_copy_journal(app.journal.folder, folder / JOURNAL)),
    )
    write_manifest(folder, manifest)
    _tidy(folder, manifest)
    app.journal.append("heads", [{"at": at, "lines": history.lines, "digest": history.digest}])
    return BackupReport(
        folder=str(folder),
        at=at,
        blobs=new.count,
        new_blobs=new.new,
        damaged=tuple(new.damaged),
        history_lines=history.lines,
    )


class _Copied:
    """What was copied so far."""

    def __init__(self) -> None:
        self.count = 0
        self.new = 0
        self.damaged: list[str] = []


def _prepare(folder: Path) -> None:
    ours = {MANIFEST, BLOBS, JOURNAL}
    if folder.is_dir():
        strange = [p.name for p in folder.iterdir() if p.name not in ours and not _is_ours(p.name)]
        if strange:
            raise UserError(
                f"{folder} holds {strange[0]}, which is of no backup; name an empty folder or an older backup"
            )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _is_ours(name: str) -> bool:
    return name.startswith(("database-", "blobs-", "making-")) or name == MANIFEST + ".new"


def _database(app: App, folder: Path) -> tuple[File, HistoryHead]:
    for left in folder.glob("making-*"):
        left.unlink()
    making = folder / f"making-{os.getpid()}.db"
    history = app.store.snapshot(making)
    found = measured(making)
    path = folder / f"database-{found.sha256[:16]}.db"
    making.replace(path)
    fsync_folder(folder)
    return File(name=path.name, bytes=found.bytes, sha256=found.sha256), history


def _copy_blobs(source: BlobStore, target: FolderBlobs, copied: _Copied) -> Iterator[str]:
    for digest in source.digests():
        if not _has(target, digest):
            if target.put_stream(pieces(source, digest)).sha256 != digest:
                copied.damaged.append(digest)
                continue
            copied.new += 1
            crash.here("C20")
        copied.count += 1
        yield digest


def _has(blobs: FolderBlobs, digest: str) -> bool:
    try:
        blobs.open(digest).close()
    except NotFoundError:
        return False
    return True


def _copy_journal(source: Path, target: Path) -> Iterator[File]:
    target.mkdir(mode=0o700, exist_ok=True)
    for path in sorted(source.glob("*.jsonl")):
        copy = target / path.name
        tmp = copy.with_suffix(".new")
        shutil.copyfile(path, tmp)
        with tmp.open("rb") as written:
            os.fsync(written.fileno())
        tmp.replace(copy)
        yield measured(copy)
    fsync_folder(target)


def _tidy(folder: Path, manifest: Manifest) -> None:
    """Takes away what belonged to the backup before this one."""
    for path in (*folder.glob("database-*"), *folder.glob("blobs-*.txt")):
        if path.name not in (manifest.database.name, manifest.blobs.name):
            path.unlink()
