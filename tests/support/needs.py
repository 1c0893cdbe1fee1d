"""What a test needs of the machine: where that is missing the test is left out, and under CI fails."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest


def leave_out(wanted: str) -> NoReturn:
    """Leaves the running test out because the machine has not got what it needs; under CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"must be there where CI=true: {wanted}")
    pytest.skip(f"needs {wanted}")


def found(program: str) -> str | None:
    """The path of a program, if it is installed."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))


def needed(program: str, package: str | None = None) -> str:
    """The path of a program, which a system's package brings."""
    return found(program) or leave_out(f"{program} (apt install {package or program})")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of `size`, such as `1m`, at a new folder; only root can make one."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        leave_out(f"the right to mount a tmpfs: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
