"""How long Exchange wants to be left alone by one mailbox's calls."""

import time
from collections.abc import Callable

from cee_mailbot.errors import UnreachableError

_UNTOLD_WAIT, _SHORTEST_WAIT, _LONGEST_WAIT = 5.0, 1.0, 3600.0


class Waits:
    """Noted by reading and sending alike, since what one of them is told holds for the account."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._not_before = 0.0

    def require(self, who: str) -> None:
        """Raises `UnreachableError` while Exchange asked not to be called."""
        if (wait := self._not_before - self._monotonic()) > 0:
            raise UnreachableError(f"{who} is throttled: Exchange asked not to be called for another {wait:.0f} s")

    def busy(self, asked: float) -> float:
        """Notes that Exchange wants to be left alone for `asked` seconds, 0 when it does not say; gives how long."""
        wait = min(max(asked, _SHORTEST_WAIT) if asked > 0 else _UNTOLD_WAIT, _LONGEST_WAIT)
        self._not_before = max(self._not_before, self._monotonic() + wait)
        return wait
