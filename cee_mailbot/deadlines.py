"""Connections that end at a deadline, in mid-answer too.

A server that says a byte now and then keeps to the timeout of every single read, and could hold a poll for days.
"""

import socket
from contextlib import suppress
from threading import TIMEOUT_MAX, Timer

_LATER = 0.1  # whoever looks at the time after an error must find it over


class Lines:
    """The connections of one session: when its time is over they are ended, whoever waits for them."""

    def __init__(self, seconds: float) -> None:
        """Ends them after so many seconds; never where that is infinite."""
        self._open: list[socket.socket] = []
        self._timer = Timer(min(seconds + _LATER, TIMEOUT_MAX), self._end)
        self._timer.daemon = True
        if seconds < TIMEOUT_MAX:
            self._timer.start()

    def add(self, connected: socket.socket) -> None:
        """One more, which may speak TLS."""
        self._open.append(connected)

    def close(self) -> None:
        """Nothing is ended any more."""
        self._timer.cancel()

    def _end(self) -> None:
        for one in self._open:
            with suppress(OSError):
                # Not as TLS would end it: another thread is in the midst of that.
                socket.socket.shutdown(one, socket.SHUT_RDWR)
