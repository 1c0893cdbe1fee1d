"""What happened, outside the database: append-only files of JSON lines in a folder, durable before a call returns.

The journal is what a restored database is brought up to date from: where and when each message arrived, which replies
the mail server took, and how long the history was.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cee_mailbot.errors import UnreachableError


class FolderJournal:
    """See `journaling.Journal`: a file a month and kind in `folder`, such as `sent-2026-11.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, kind: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """As `Journal.append`: one write and one fsync, however many entries there are."""
        if not entries:
            return
        lines = "".join(json.dumps(entry, ensure_ascii=True, default=str) + "\n" for entry in entries)
        path = self.folder / f"{kind}-{time.strftime('%Y-%m', time.gmtime())}.jsonl"
        try:
            _append(path, lines.encode())
        except OSError as error:
            raise UnreachableError(
                f"can't write {path}: {error.strerror}; check the disk, its room and the rights"
            ) from error

    def entries(self, kind: str) -> Iterator[dict[str, Any]]:
        """As `Journal.entries`; a line that a crash cut off is left out."""
        for path in sorted(self.folder.glob(f"{kind}-????-??.jsonl")):
            with path.open("rb") as file:
                for line in file:
                    entry = _read(line)
                    if entry is not None:
                        yield entry


def _append(path: Path, lines: bytes) -> None:
    is_new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        if _is_cut_off(fd):
            lines = b"\n" + lines
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    if is_new:
        for folder in (path.parent, path.parent.parent):
            _fsync_folder(folder)


def _is_cut_off(fd: int) -> bool:
    """Whether the last line has no end: a crash, or a full disk, cut it off."""
    size = os.fstat(fd).st_size
    return size > 0 and os.pread(fd, 1, size - 1) != b"\n"


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _fsync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
