"""Tries to sign in that were not right, counted so that guessing has to wait, and nobody waits for others' guessing."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

TRIES_OF_A_NAME = 5  # from one address, or with one browser that was signed in before
TRIES_OF_AN_ADDRESS = 30
TRIES_OF_A_NAME_ANYWHERE = 50  # SP 800-63B 3.2.2 wants a hundred at most
WINDOW = timedelta(minutes=15)
_MOST_KEYS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who tries: from which address, as whom, and with which browser that this person has signed in with before.

    There is no name before another has said who it is.
    """

    address: str
    name: str | None = None
    device: str | None = None

    @property
    def limits(self) -> dict[str, int]:
        """What this try counts under, and how many tries each of it has.

        A browser that is known counts by itself alone: others can't use its tries up, from wherever they guess.
        """
        if self.device is not None:
            return {f"device {self.device}": TRIES_OF_A_NAME}
        limits = {f"address {self.address}": TRIES_OF_AN_ADDRESS}
        if self.name is not None:
            name = self.name.casefold()
            limits |= {f"{self.address} {name}": TRIES_OF_A_NAME, f"name {name}": TRIES_OF_A_NAME_ANYWHERE}
        return limits


class Tries:
    """Tries of late that were not right; one counts from when it begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: dict[str, deque[datetime]] = {}

    def begin(self, caller: Caller, now: datetime) -> bool:
        """Notes a try, or says that the caller has to wait, which leaves no trace."""
        limits = caller.limits
        with self._lock:
            if any(self._recent(key, now) >= limit for key, limit in limits.items()):
                return False
            for key in limits:
                times = self._begun.pop(key, deque())
                self._begun[key] = times  # the last of all: those longest ago are forgotten first
                times.append(now)
            self._forget()
            return True

    def succeeded(self, caller: Caller) -> None:
        """The try that began last was right, and counts no more."""
        with self._lock:
            for key in caller.limits:
                if times := self._begun.get(key):
                    times.pop()

    def _forget(self) -> None:
        """Keeps the memory bounded in a flood of names and addresses."""
        while len(self._begun) > _MOST_KEYS:
            del self._begun[next(iter(self._begun))]

    def _recent(self, key: str, now: datetime) -> int:
        times = self._begun.get(key, deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        return len(times)
