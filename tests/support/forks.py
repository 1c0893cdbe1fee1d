"""Commands of the program as processes that can be killed, each forked from one that has imported everything already.

A start takes a second, a fork some milliseconds; what is killed is a process all the same.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PRELOADED = ("cee_mailbot.cli.operate", "cee_mailbot.sources.imap", "cee_mailbot.mailers.smtp")


class Forks:
    """The process that forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, config: Path, *words: str, moment: str = "") -> int:
        """The exit code of a command; -9 when it came to the named moment and was killed there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([moment, "--config", str(config), *words]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def forking(log: Path) -> Iterator[Forks]:
    """Runs while it is used; what the commands say goes into the log."""
    root = Path(__file__).parents[2]
    with (
        log.open("a") as said,
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.forks"],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        yield Forks(process)
        assert process.stdin is not None
        process.stdin.close()


def _serve() -> None:
    from importlib import import_module

    for name in _PRELOADED:
        import_module(name)
    for line in sys.stdin:
        moment, *words = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(moment, words)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(moment: str, words: list[str]) -> None:
    """The program, armed to kill itself; never returns."""
    from cee_mailbot import crash
    from cee_mailbot.cli import main

    code = 70
    try:
        os.dup2(2, 1)
        crash.here = crash.armed(moment)
        code = main(words)
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
