"""Puts a backup in place, brought up to what the journal and the archive beside it know."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from cee_mailbot import crash
from cee_mailbot.app import App, SystemClock, opened
from cee_mailbot.backup.manifest import (
    BLOBS,
    JOURNAL,
    Manifest,
    fsync_folder,
    listed_blobs,
    pieces,
    read_manifest,
    verify,
)
from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.config import Config
from cee_mailbot.errors import NotAllowedError, UnreachableError, what_the_system_says
from cee_mailbot.interfaces import BlobStore
from cee_mailbot.recovery import RecoveryReport, recover
from cee_mailbot.store.database import SqlStore

_LOGS = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreReport:
    """What was restored, from when, where the database that was there has gone, and what was brought up to date."""

    database: str
    made_at: str
    blobs: int
    set_aside: str | None
    recovery: RecoveryReport


def restore(config: Config, folder: Path, *, over: bool = False) -> RestoreReport:
    """Puts the backup in `folder` where the configuration says; with `over` a database that is there is set aside.

    Nothing is touched before the whole backup was read and found whole. Blobs and journal that are there already are
    kept beside those of the backup: they may be newer, and missing rows are derived from them anew. The database comes
    last, in one act. Raises `NotAllowedError` for a damaged backup or a place in use.
    """
    manifest = read_manifest(folder)
    verify(folder, manifest)
    store = SqlStore(config.storage.database)
    target = store.file
    store.close()
    _refuse_in_use(store)
    if target.exists() and not over:
        raise NotAllowedError(f"there is a database {target} already; with --over it is set aside, and nothing is lost")
    tmp = _copy_database(folder / manifest.database.name, target)
    storage = config.storage.model_copy(update={"database": f"sqlite:///{tmp}"})
    with opened(replace(config, storage=storage)) as app:
        _copy_blobs(FolderBlobs(folder / BLOBS), app.blobs, folder, manifest)
        _join_journal(folder / JOURNAL, app.journal.folder, manifest)
        recovery = recover(app.intake)
        _note(app, manifest)
    _refuse_in_use(store)  # it may have been started meanwhile
    set_aside = _put_in_place(tmp, target)
    return RestoreReport(
        database=str(target),
        made_at=manifest.made_at,
        blobs=manifest.blob_count,
        set_aside=set_aside,
        recovery=recovery,
    )


def _refuse_in_use(store: SqlStore) -> None:
    """A program that runs would go on with the database that is set aside: what it takes in nobody would see."""
    if store.file.exists() and store.is_in_use():
        raise NotAllowedError(
            f"{store.file} is in use: end the service, the queue page and every other command first, then restore"
        )


def _copy_database(source: Path, target: Path) -> Path:
    tmp = target.with_name(target.name + ".restoring")
    target.parent.mkdir(parents=True, exist_ok=True)
    for log in _LOGS:
        tmp.with_name(tmp.name + log).unlink(missing_ok=True)
    try:
        shutil.copyfile(source, tmp)
    except OSError as error:
        tmp.unlink(missing_ok=True)
        told = what_the_system_says(OSError(error.errno, error.strerror))
        raise UnreachableError(f"can't copy the database to {tmp}: {told}") from error
    return tmp


def _copy_blobs(source: FolderBlobs, target: BlobStore, folder: Path, manifest: Manifest) -> None:
    for digest in listed_blobs(folder, manifest):
        target.put_stream(pieces(source, digest))
        crash.here("C20")


def _join_journal(source: Path, target: Path, manifest: Manifest) -> None:
    """The journal that is there, and before it those lines of the backup that it does not have."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in manifest.journal:
        theirs = (source / Path(file.name).name).read_bytes()[: file.bytes]
        path = target / Path(file.name).name
        ours = path.read_bytes() if path.exists() else b""
        if ours.startswith(theirs):
            continue
        there = set(ours.splitlines())
        missing = b"".join(line + b"\n" for line in theirs.splitlines() if line not in there)
        tmp = path.with_suffix(".new")
        with tmp.open("wb") as joined:
            joined.write(missing + ours)
            joined.flush()
            os.fsync(joined.fileno())
        tmp.replace(path)
    fsync_folder(target)


def _note(app: App, manifest: Manifest) -> None:
    """What was written down of a longer history no longer holds from here on: it ended with the backup."""
    with app.store.begin(SystemClock().now()) as unit:
        unit.note_restored({"made_at": manifest.made_at, "lines": manifest.history_lines})
    entry = {"restored": True, "lines": manifest.history_lines, "digest": manifest.history_digest}
    app.journal.append("heads", [{"at": SystemClock().now().isoformat(), **entry}])


def _put_in_place(tmp: Path, target: Path) -> str | None:
    if tmp.with_name(tmp.name + "-wal").exists():
        raise UnreachableError(f"{tmp} is still in use; end what reads it, and restore again")
    with tmp.open("rb") as written:
        os.fsync(written.fileno())
    aside = None
    if target.exists():
        aside = _free_name(target)
        for log in reversed(_LOGS):
            there = target.with_name(target.name + log)
            if there.exists():
                there.rename(aside.with_name(aside.name + log))
    tmp.replace(target)
    fsync_folder(target.parent)
    return str(aside) if aside else None


def _free_name(target: Path) -> Path:
    number = 1
    while (aside := target.with_name(f"{target.name}.before-restore-{number}")).exists():
        number += 1
    return aside
