"""What is fixed for one mailbox at Graph, and whose turn it is to call."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cee_mailbot.errors import UnreachableError, UserError
from cee_mailbot.graph_calls import AT_ONCE
from cee_mailbot.interfaces import Tokens
from cee_mailbot.server_times import seconds_asked

_UNTOLD_WAIT, _LONGEST_WAIT = 5.0, 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphSettings:
    """Where Graph is, whose mailbox is meant, who gives the tokens; `ca_file` replaces the system's authorities.

    Seconds: the read timeout holds for each piece that arrives, so a session as a whole has a deadline.
    """

    root: str
    address: str
    tokens: Tokens = field(repr=False)
    ca_file: Path | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 900.0

    def __post_init__(self) -> None:
        """Refuses what could be taken for another address of the web."""
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[A-Za-z0-9._~-]+)*", self.root):
            raise UserError(f'graph_root {self.root!a} is no address such as "https://graph.example/v1.0"')


class Turns:
    """Whose turn it is at one mailbox, for all that call it: four at a time, and none while Graph wants to be alone."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._not_before = 0.0

    @contextmanager
    def one(self, who: str) -> Iterator[None]:
        """A turn, which is waited for. Raises `UnreachableError` while Graph asked not to be called."""
        with self._free:
            if (wait := self._not_before - self._monotonic()) > 0:
                raise UnreachableError(f"{who} is throttled: Graph asked not to be called for another {wait:.0f} s")
            yield

    def busy(self, headers: Mapping[str, str]) -> float:
        """Notes that Graph wants to be left alone, as the headers of its answer say; for how many seconds."""
        asked = seconds_asked(headers)
        wait = min(_UNTOLD_WAIT if asked is None else asked, _LONGEST_WAIT)
        self._not_before = max(self._not_before, self._monotonic() + wait)
        return wait
