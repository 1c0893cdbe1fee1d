import errno
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.errors import UnreachableError
from cee_mailbot.testing import MemoryBlobs
from tests.contract.blob_contract import BlobContract, Damage
from tests.support.needs import needed

DIGEST = hashlib.sha256(b"evidence").hexdigest()


def place(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256[2:4] / sha256


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


class TestMemoryBlobs(BlobContract):
    @pytest.fixture
    def blobs(self) -> MemoryBlobs:
        return MemoryBlobs()

    @pytest.fixture
    def damage(self, blobs: MemoryBlobs) -> Damage:
        return lambda sha256: blobs.kept.update({sha256: b"evidencf"})


class TestFolderBlobs(BlobContract):
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "deep" / "blobs"

    @pytest.fixture
    def blobs(self, root: Path) -> FolderBlobs:
        return FolderBlobs(root)

    @pytest.fixture
    def damage(self, blobs: FolderBlobs) -> Damage:
        def damaged(sha256: str) -> None:
            path = blobs._path(sha256)
            path.chmod(0o600)
            path.write_bytes(b"evidencf")

        return damaged

    def test_a_blob_is_read_only_and_its_folders_closed_to_others(self, blobs: FolderBlobs, root: Path) -> None:
        path = place(root, blobs.put(b"evidence"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        for folder in (root, root / "tmp", path.parent, path.parent.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_a_damaged_blob_is_kept_aside(
        self, blobs: FolderBlobs, damage: Damage, root: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = place(root, blobs.put(b"evidence"))
        for number in (1, 2):
            damage(DIGEST)
            blobs.put(b"evidence")
            assert path.with_name(f"{DIGEST}.damaged-{number}").read_bytes() == b"evidencf"
        assert f"blob {path} was damaged" in caplog.text
        assert list(blobs.digests()) == [DIGEST]

    def test_putting_and_checking_leave_nothing_else_behind(self, blobs: FolderBlobs, root: Path) -> None:
        blobs.check()
        assert files(root) == []
        blobs.put(b"evidence")
        blobs.put(b"evidence")
        assert files(root) == [place(root, DIGEST)]
        assert list(blobs.digests()) == [DIGEST]

    @pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
    @pytest.mark.parametrize("call", ["write", "fsync", "link"])
    def test_a_failing_disk_acknowledges_nothing_and_leaves_no_half_blob(
        self, blobs: FolderBlobs, root: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int
    ) -> None:
        with monkeypatch.context() as broken:
            calls = fail(broken, call, error)
            with pytest.raises(UnreachableError, match="check the disk"):
                blobs.put(b"evidence")
            assert calls == [call]  # never tried twice
        assert files(root) == []
        assert blobs.put(b"evidence") == DIGEST
        assert blobs.get(DIGEST) == b"evidence"

    def test_C5_a_blob_that_is_there_already_is_made_durable_again(
        self, blobs: FolderBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever wrote it may have been killed between link and fsync of the folder."""
        path = place(root, blobs.put(b"evidence"))
        fsync, synced = os.fsync, []

        def note(fd: int) -> None:
            synced.append(Path(f"/proc/self/fd/{fd}").readlink())
            fsync(fd)

        monkeypatch.setattr(os, "fsync", note)
        blobs.put(b"evidence")
        assert synced[-2:] == [path, path.parent]

    def test_short_writes_go_on_where_they_stopped(self, blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
        write = os.write
        monkeypatch.setattr(os, "write", lambda fd, content: write(fd, content[:3]))
        assert blobs.get(blobs.put(b"0123456789")) == b"0123456789"

    def test_only_aged_leftovers_are_swept(self, blobs: FolderBlobs, root: Path) -> None:
        assert blobs.sweep(timedelta(0)) == 0
        blobs.put(b"evidence")
        old, new = root / "tmp" / "old", root / "tmp" / "new"
        old.touch()
        new.touch()
        os.utime(old, (0, 0))
        assert blobs.sweep(timedelta(hours=1)) == 1
        assert files(root) == sorted([new, place(root, DIGEST)])

    def test_a_leftover_is_never_taken_for_a_blob(self, blobs: FolderBlobs, root: Path) -> None:
        (root / "tmp").mkdir(parents=True)
        (root / "tmp" / DIGEST).write_bytes(b"evidence")
        assert list(blobs.digests()) == []

    def test_many_writers_of_one_blob_agree(self, blobs: FolderBlobs, root: Path) -> None:
        content, found = b"evidence" * 100_000, []
        threads = [threading.Thread(target=lambda: found.append(blobs.put(content))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(found) == {hashlib.sha256(content).hexdigest()}
        assert len(found) == 8
        assert len(files(root)) == 1

    def test_folders_removed_meanwhile_are_made_again(self, blobs: FolderBlobs, root: Path) -> None:
        blobs.put(b"evidence")
        shutil.rmtree(root)
        with pytest.raises(UnreachableError):
            blobs.put(b"evidence")
        assert blobs.get(blobs.put(b"evidence")) == b"evidence"

    def test_a_root_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(UnreachableError, match="file/blobs"):
            FolderBlobs(tmp_path / "file" / "blobs").check()


def test_the_file_is_on_disk_before_its_name_and_the_name_before_the_answer(tmp_path: Path) -> None:
    """The order that stands in for a power cut: fsync(file) < link < fsync(folder), parents included (C2-C5)."""
    needed("strace")
    trace, root = tmp_path / "trace", tmp_path / "blobs"
    code = (
        "from pathlib import Path; from cee_mailbot.blobs import FolderBlobs; "
        f"FolderBlobs(Path({str(root)!r})).put(b'evidence')"
    )
    calls = "fsync,fdatasync,link,linkat,unlink,unlinkat,mkdir,mkdirat,write"
    command = ["strace", "-f", "-y", "-o", trace, "-e", f"trace={calls}", sys.executable, "-c", code]
    subprocess.run(list(map(str, command)), check=True, timeout=60)
    seen = trace.read_text().replace(str(tmp_path), "")

    def at(pattern: str) -> int:
        found = [match.start() for match in re.finditer(pattern, seen)]
        assert found, f"{pattern} in {seen}"
        return found[-1]

    folder = f"/blobs/{DIGEST[:2]}/{DIGEST[2:4]}"
    order = [
        r"write\(\d+</blobs/tmp/\w+>, \"evidence",
        r"fsync\(\d+</blobs/tmp/\w+>\) += 0",
        rf"fsync\(\d+<{folder[:-3]}>\) += 0",
        rf"link(at)?\(.*{folder}/{DIGEST}\".* = 0",
        rf"fsync\(\d+<{folder}>\) += 0",
    ]
    places = [at(pattern) for pattern in order]
    assert places == sorted(places)
    assert at(r"fsync\(\d+</blobs>\) += 0") < places[3]
    assert at(r"fsync\(\d+<>\) += 0") < places[3]


def fail(monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> list[str]:
    """Makes a call of `os` fail, for `fsync` on files only; gives the list of the times it was called."""
    calls: list[str] = []
    real: Callable[..., Any] = getattr(os, call)

    def failing(*arguments: Any) -> Any:
        if call == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode):
            return real(*arguments)
        calls.append(call)
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, call, failing)
    return calls
