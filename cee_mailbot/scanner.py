"""Asks clamd about the bytes of a message, in its INSTREAM protocol (clamd(8)), over TCP or a local socket."""

import logging
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cee_mailbot.domain.scanning import ScanVerdict
from cee_mailbot.errors import UnreachableError

logger = logging.getLogger(__name__)

_PIECE = 65_536
_LONGEST_ANSWER = 4096
_LONGEST_CONNECTING = 5.0
_UNPRINTABLE = re.compile(r"[^ -~]+")
# What clamd "finds" where it gave up looking (AlertExceedsMax): no virus, and no clean file either.
_GAVE_UP = "Heuristics.Limits.Exceeded"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClamdSettings:
    """Where clamd listens: a local `socket`, else host and port; and how long one message may take, in seconds."""

    host: str = "127.0.0.1"
    tcp_port: int = 3310
    socket: Path | None = None
    timeout: float = 30.0

    @property
    def place(self) -> str:
        """The address in words."""
        return str(self.socket) if self.socket else f"{self.host}:{self.tcp_port}"


class ClamdScanner:
    """A `Scanner` that asks clamd."""

    def __init__(self, settings: ClamdSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        self._settings = settings
        self._monotonic = monotonic

    def scan(self, raw: bytes) -> ScanVerdict:
        """As the interface says."""
        try:
            answer = self._asked(b"zINSTREAM\0", raw)
        except OSError as error:
            logger.warning("clamd at %s does not answer: %s", self._settings.place, error)
            return ScanVerdict(state="not-scanned", detail=f"clamd at {self._settings.place} does not answer")
        return verdict_of(answer)

    def check(self) -> str:
        """As the interface says."""
        try:
            version = self._asked(b"zVERSION\0", None)
        except OSError as error:
            raise UnreachableError(
                f"clamd at {self._settings.place} does not answer ({error}); start it, or correct [scanner]"
            ) from error
        return f"clamd at {self._settings.place}: {version}"

    def _asked(self, command: bytes, content: bytes | None) -> str:
        """The answer to one command. Raises OSError when there is none in time."""
        deadline = self._monotonic() + self._settings.timeout
        with self._connected() as connection:
            self._wait_until(connection, deadline)
            connection.sendall(command)
            if content is not None:
                self._send(connection, content, deadline)
            return self._answer(connection, deadline)

    def _send(self, connection: socket.socket, content: bytes, deadline: float) -> None:
        """Sends the pieces, each with its length before it; clamd may hang up, and then its answer says why."""
        try:
            for start in range(0, len(content), _PIECE):
                piece = content[start : start + _PIECE]
                self._wait_until(connection, deadline)
                connection.sendall(struct.pack("!I", len(piece)) + piece)
            connection.sendall(struct.pack("!I", 0))
        except (BrokenPipeError, ConnectionResetError):
            logger.debug("clamd hung up while it was sent a message")

    def _answer(self, connection: socket.socket, deadline: float) -> str:
        answer = b""
        while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
            self._wait_until(connection, deadline)
            piece = connection.recv(_LONGEST_ANSWER)
            if not piece:
                break
            answer += piece
        if not answer:
            raise ConnectionResetError("it closed the connection without an answer")
        return _UNPRINTABLE.sub(" ", answer.partition(b"\0")[0].decode("ascii", "replace")).strip()

    def _wait_until(self, connection: socket.socket, deadline: float) -> None:
        left = deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        connection.settimeout(left)

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        timeout = min(self._settings.timeout, _LONGEST_CONNECTING)
        if self._settings.socket is None:
            with socket.create_connection((self._settings.host, self._settings.tcp_port), timeout) as connection:
                yield connection
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self._settings.socket))
            yield connection


def verdict_of(answer: str) -> ScanVerdict:
    """What an answer of clamd to INSTREAM means; one that is not understood is no clean one."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ScanVerdict(state="clean")
    name = said.removesuffix(" FOUND")
    if name != said and not name.startswith(_GAVE_UP):
        return ScanVerdict(state="malware", detail=name)
    return ScanVerdict(state="not-scanned", detail=f"clamd says: {said}")
