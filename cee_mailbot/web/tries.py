"""Tries to sign in that were not right, counted so that guessing has to wait."""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

TRIES_OF_A_NAME = 5
TRIES_OF_AN_ADDRESS = 30
WINDOW = timedelta(minutes=15)
_MOST_KEYS = 10_000


class Tries:
    """Tries to sign in of late that were not right, by name and by address; one counts from when it begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: dict[str, deque[datetime]] = {}

    def begin(self, name: str | None, address: str, now: datetime) -> bool:
        """Notes a try, or says that this name or this address has to wait, which leaves no trace.

        There is no name before another has said who it is.
        """
        limits = _limits(name, address)
        with self._lock:
            if any(self._recent(key, now) >= limit for key, limit in limits.items()):
                return False
            if len(self._begun) > _MOST_KEYS:
                self._begun.clear()  # a flood of names: forgetting lets nobody in who has no password
            for key in limits:
                self._begun.setdefault(key, deque()).append(now)
            return True

    def succeeded(self, name: str | None, address: str) -> None:
        """The try that began last was right, and counts no more."""
        with self._lock:
            for key in _limits(name, address):
                if times := self._begun.get(key):
                    times.pop()

    def _recent(self, key: str, now: datetime) -> int:
        times = self._begun.get(key, deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        return len(times)


def _limits(name: str | None, address: str) -> dict[str, int]:
    of_name = {f"name {name.casefold()}": TRIES_OF_A_NAME} if name is not None else {}
    return of_name | {f"address {address}": TRIES_OF_AN_ADDRESS}
