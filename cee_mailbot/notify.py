"""Tells systemd how the service fares (sd_notify(3)); without systemd it does nothing."""

import os
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from threading import Lock


def notify(*lines: str) -> bool:
    """Sends the lines, such as `READY=1`, to the socket that systemd names; whether there was one that took them."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # the abstract namespace of Linux
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
        to.connect(address)
        to.sendall("\n".join(lines).encode())
        return True
    return False


class Watchdog:
    """Feeds systemd's watchdog when a poll has ended, as long as no mailbox's polls hang.

    A poll that failed has ended: a mail server that is down is no reason to start the program again.
    """

    def __init__(
        self, mailboxes: Iterable[str], *, longest: timedelta, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic, self._longest, self._lock = monotonic, longest.total_seconds(), Lock()
        self._ended = dict.fromkeys(mailboxes, monotonic())

    def poll_ended(self, mailbox: str) -> bool:
        """Notes it, and feeds the watchdog if every mailbox has had a poll that ended of late; whether it did."""
        with self._lock:
            now = self._monotonic()
            self._ended[mailbox] = now
            hangs = now - min(self._ended.values()) > self._longest
        if not hangs:
            notify("WATCHDOG=1")
        return not hangs
