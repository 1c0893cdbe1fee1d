"""One IDLE command (RFC 2177), read line by line from the connection's own socket.

imaplib reads ahead: a line that came in one packet with another lies in its buffer, where nobody who waits for the
socket finds it. And as imapclient waits, half a line ends the connection, and the end of the connection is silence.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

_TAG = b"IDLE"
_TOLD = re.compile(rb"\* [0-9]+ (EXISTS|RECENT)\b", re.IGNORECASE)
_LONGEST_LINE = 64 * 1024
_PIECE = 16 * 1024


class Idle:
    """Has been asked for, and goes on until `end`; whatever it raises, the connection is of no more use.

    `patience` is how many seconds the server may take for an answer.
    """

    def __init__(self, sock: Any, *, patience: float) -> None:
        self._sock = sock
        self._patience = patience
        self._rest = b""
        sock.settimeout(patience)
        sock.sendall(_TAG + b" IDLE\r\n")

    def tells_of_mail(self, seconds: float) -> bool:
        """Whether the server tells of a message; waits so long for a line of it at most. Raises `OSError`."""
        lines = list(self._lines(seconds))
        if refused := [line for line in lines if line.startswith(_TAG)]:
            raise ConnectionError(f"the server ended IDLE: {refused[0][:200].decode('ascii', 'replace')}")
        return any(map(_TOLD.match, lines))

    def end(self) -> bool:
        """Ends it; whether the server told of a message meanwhile, which it does only once. Raises `OSError`."""
        self._sock.settimeout(self._patience)
        self._sock.sendall(b"DONE\r\n")
        ends, told = time.monotonic() + self._patience, False
        while (left := ends - time.monotonic()) > 0:
            for line in self._lines(left):
                told = told or bool(_TOLD.match(line))
                if line.startswith(_TAG):
                    return told
        raise TimeoutError("the server does not end IDLE")

    def _lines(self, seconds: float) -> Iterator[bytes]:
        """The whole lines that are there, or that come within the time; half a line is kept for the next call."""
        self._sock.settimeout(max(seconds, 0.001))
        try:
            piece = self._sock.recv(_PIECE)
        except TimeoutError:
            return
        if not piece:
            raise ConnectionError("the server closed the connection")
        *whole, self._rest = (self._rest + piece).split(b"\r\n")
        if len(self._rest) > _LONGEST_LINE:
            raise ConnectionError("the server speaks without end")
        yield from whole
