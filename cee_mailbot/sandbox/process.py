"""One child process as its parent sees it: started, asked, and ended whatever state it is in."""

import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import cee_mailbot
from cee_mailbot.errors import UnreachableError
from cee_mailbot.sandbox.child import BROKE, DONE, REFUSED
from cee_mailbot.sandbox.frames import BrokenFrameError, TooLargeError, receive, send
from cee_mailbot.sandbox.limits import ReadingLimits
from cee_mailbot.sandbox.plain import BrokenPlainError, pack, unpack
from parsers.headers import MailRefused

_START = (
    "import sys; sys.path[:0] = [one for one in sys.argv[1:2] if one not in sys.path]; "
    "from cee_mailbot.sandbox.child import serve; serve(sys.argv[2])"
)
_HOME = str(Path(cee_mailbot.__file__).resolve().parents[1])
_SECONDS_TO_START = 60.0
_GRACE = 2.0


@cache
def _result(task: Any) -> Any:
    """The type of what a task returns."""
    return get_type_hints(task)["return"]


class ReadingFailedError(Exception):
    """A task that a child did not survive: `limit` says whether it took too much, the text what happened."""

    def __init__(self, told: str, *, limit: bool, again: bool = True) -> None:
        """`again` is whether a second try may end otherwise."""
        super().__init__(told)
        self.limit = limit
        self.again = again


class Child:
    """A process that reads. Not to be shared between threads; after any error but `MailRefused` it is ended."""

    def __init__(self, limits: ReadingLimits, table: str) -> None:
        """Starts it with the tasks of the module `table` and waits until it is confined.

        Raises `UnreachableError` when the machine gives no process.
        """
        self._limits = limits
        self.tasks = 0
        ours, theirs = socket.socketpair()
        self._wire = ours
        try:
            with theirs:
                self._process = self._started(theirs, table)
        except OSError as error:
            ours.close()
            raise UnreachableError(f"no process to read mail in could be started: {error}") from error
        try:
            self._greet()
        except (OSError, BrokenFrameError) as error:
            self.end()
            raise UnreachableError(f"the process to read mail in did not start ({self._ending()})") from error

    def _started(self, theirs: socket.socket, table: str) -> subprocess.Popen[bytes]:
        # Nothing of the environment goes along, passwords above all; nor does the terminal's Ctrl-C.
        return subprocess.Popen(  # noqa: S603 - our own interpreter on our own module
            [sys.executable, "-I", "-B", "-c", _START, _HOME, table],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )

    def _greet(self) -> None:
        self._wire.settimeout(_SECONDS_TO_START)
        head, blobs = pack(self._limits)
        send(self._wire, head, blobs)
        if receive(self._wire, most=len(head), seconds=_SECONDS_TO_START) != (head, []):
            raise BrokenFrameError("no greeting")

    def ask(self, task: Any, arguments: Sequence[Any]) -> Any:
        """What the task returned. Raises what it raised, if `MailRefused`, else `ReadingFailedError`."""
        self.tasks += 1
        try:
            outcome, head, blobs = self._exchange(task, arguments)
            if outcome == DONE:
                return unpack(_result(task), head, blobs)
            first, second = unpack(tuple[str, str], head, blobs)
        except TimeoutError:
            raise ReadingFailedError("it took too long", limit=True) from None
        except TooLargeError as error:
            raise ReadingFailedError(f"its answer is too large: {error}", limit=True, again=False) from None
        except (BrokenFrameError, BrokenPlainError, OSError) as error:
            raise self._failure(error) from None
        if outcome == REFUSED:
            raise MailRefused(first[:60], second[:500])
        raise ReadingFailedError(f"{first[:80]} at {second[:80]}", limit=first == "MemoryError")

    def _exchange(self, task: Any, arguments: Sequence[Any]) -> tuple[str, bytes, list[bytes]]:
        seconds = self._limits.wall.total_seconds()
        head, blobs = pack(tuple(arguments))
        self._wire.settimeout(seconds)
        send(self._wire, task.__name__.encode() + b"\n" + head, blobs)
        frame = receive(self._wire, most=self._limits.answer, seconds=seconds)
        if frame is None:
            raise BrokenFrameError("it ended without an answer")
        outcome = frame[0][:8].decode("ascii", "replace").rstrip()
        if outcome not in (DONE, REFUSED, BROKE):
            raise BrokenFrameError("it gave no answer of ours")
        return outcome, frame[0][8:], frame[1]

    def _failure(self, error: Exception) -> ReadingFailedError:
        """What the kernel says of its end tells more than the end of its answer."""
        self.end(_GRACE)
        if self._process.returncode == -signal.SIGXCPU:
            # The same bytes would take the same time again.
            return ReadingFailedError("it took too much processor time", limit=True, again=False)
        told = str(error) if isinstance(error, BrokenFrameError | BrokenPlainError) else type(error).__name__
        return ReadingFailedError(f"{told}; {self._ending()}", limit=False)

    def _ending(self) -> str:
        code = self._process.returncode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def end(self, grace: float = 0.0) -> None:
        """Ends it, after `grace` seconds to end by itself, and leaves nothing of it behind; may be called again."""
        self._wire.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
