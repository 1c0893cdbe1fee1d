"""strace, as a witness of what the program does in which order, and as the one that kills it at a named moment."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

# What makes things durable or known to others.
CALLS = ("fsync", "fdatasync", "link", "linkat", "rename", "renameat", "renameat2", "sendto")
LONGEST_DELAY = 60_000_000  # microseconds

_CALL = re.compile(r"\d+ +([a-z0-9]+)\(")


def watching(log: Path, calls: Sequence[str] = CALLS) -> list[str]:
    """The words that run a command and write down what it does."""
    return ["strace", "-f", "-y", "-s", "160", "-o", str(log), "-e", f"trace={','.join(calls)}"]


def seen(log: Path) -> list[str]:
    """The calls of a log, in order."""
    return [line for line in log.read_text(errors="replace").splitlines() if _CALL.match(line)]


def find(calls: Sequence[str], moment: Sequence[str]) -> int:
    """The place of the call at which a moment comes: each pattern is looked for after the call of the one before."""
    place = -1
    for pattern in moment:
        place = next(at for at in range(place + 1, len(calls)) if re.search(pattern, calls[at]))
    return place


def killing(calls: Sequence[str], moment: Sequence[str]) -> list[str]:
    """The words that run the same command again and kill it as it begins the call of this moment."""
    return _injecting(calls, moment, "signal=KILL")


def stopping_after(calls: Sequence[str], moment: Sequence[str]) -> list[str]:
    """The words that run the same command again and have it wait when the call of this moment is done."""
    return _injecting(calls, moment, f"delay_exit={LONGEST_DELAY}")


def killing_at(calls: Sequence[str], place: int, traced: Sequence[str] = CALLS) -> list[str]:
    """The words that run the same command again and kill it as it begins the call at this place of the log."""
    return _at(calls, place, "signal=KILL", traced)


def _injecting(calls: Sequence[str], moment: Sequence[str], what: str) -> list[str]:
    return _at(calls, find(calls, moment), what, CALLS)


def _at(calls: Sequence[str], place: int, what: str, traced: Sequence[str]) -> list[str]:
    name, who = _name(calls[place]), calls[place].split()[0]
    # strace counts the calls of each process by itself.
    number = sum(_name(call) == name and call.split()[0] == who for call in calls[: place + 1])
    inject = f"inject={name}:{what}:when={number}"
    return ["strace", "-f", "-o", "/dev/null", "-e", f"trace={','.join(traced)}", "-e", inject]


def _name(call: str) -> str:
    found = _CALL.match(call)
    assert found is not None
    return found[1]


def kill_child(process: subprocess.Popen[str]) -> None:
    """Kills the program that strace runs, at once, and strace, which would go on waiting for it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1, children
    os.kill(int(children[0]), signal.SIGKILL)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while Path(f"/proc/{children[0]}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
