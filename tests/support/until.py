"""Waiting for something that another process does."""

import subprocess
import time
from collections.abc import Callable


def until(happened: Callable[[], bool], process: subprocess.Popen[str] | None = None, *, seconds: float = 90) -> None:
    """Returns when it has happened; fails when the process ends before, or after this many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert process is None or process.poll() is None, f"it ended with {process.returncode if process else 0}"
        assert time.monotonic() < deadline, f"it has not happened within {seconds} s"
        time.sleep(0.05)
