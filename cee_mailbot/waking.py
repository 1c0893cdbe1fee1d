"""Jobs that can be woken before their time, and sources that are not asked again and again after a refused sign-in."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from cee_mailbot.errors import SignInError
from cee_mailbot.interfaces import Source, SourceSession

FIRST_PAUSE = 60.0
LONGEST_PAUSE = 30 * 60.0


class Wakeable:
    """A job that runs once at a time: whoever calls it while it is under way has it run once more, at its end."""

    def __init__(self, job: Callable[[], None]) -> None:
        self._job = job
        self._lock = Lock()
        self._running = False
        self._again = False

    def run(self) -> None:
        """Runs the job, or has whoever runs it now run it once more."""
        with self._lock:
            self._again = True
            if self._running:
                return
            self._running = True
        try:
            while self._is_wanted():
                self._job()
        except BaseException:
            with self._lock:
                self._running = False
            raise

    def _is_wanted(self) -> bool:
        with self._lock:
            self._running, self._again = self._again, False
            return self._running


class PatientSource:
    """A source whose refused sign-ins are spaced out, from a minute to half an hour: accounts are locked for less."""

    def __init__(self, inner: Source, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._refusals = 0
        self._not_before = 0.0

    def check(self) -> str:
        """As `Source.check`."""
        return self._inner.check()

    @contextmanager
    def session(self) -> Iterator[SourceSession]:
        """As `Source.session`; raises `SignInError` without asking the server while the pause lasts."""
        if (left := self._not_before - self._monotonic()) > 0:
            raise SignInError(
                f"the sign-in was refused {self._refusals} times; it is tried again in {left / 60:.0f} min, "
                "or at once after a restart"
            )
        try:
            with self._inner.session() as session:
                self._refusals = 0
                yield session
        except SignInError:
            self._not_before = self._monotonic() + min(FIRST_PAUSE * 2.0**self._refusals, LONGEST_PAUSE)
            self._refusals += 1
            raise
