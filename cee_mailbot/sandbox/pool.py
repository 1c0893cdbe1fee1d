"""A few children that all threads share: each task has one to itself, and a bad one is never used again."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from cee_mailbot.interfaces import Body, Reading
from cee_mailbot.sandbox import tasks
from cee_mailbot.sandbox.limits import ReadingLimits
from cee_mailbot.sandbox.process import Child, ReadingFailedError
from parsers.documents import Document
from parsers.headers import MailRefused
from parsers.papers import Paper

logger = logging.getLogger(__name__)

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

TRIES = 2
_TOO_MUCH = "reading-limit"
_BROKE = "reader-broke"
_SENTENCES = {
    _TOO_MUCH: "Reading this message takes more time or memory than reading may.",
    _BROKE: "The program failed to read this message.",
}


class ChildReader:
    """A `Reader` whose messages are read in child processes; they are started when first needed.

    What a child does not survive is tried once more in a new one, and then costs the message its reading and nobody
    else anything. To be closed; after that it is started anew by its next use.
    """

    def __init__(self, limits: ReadingLimits | None = None, *, table: str = tasks.__name__) -> None:
        """Starts nothing yet; `table` names the module whose `TASKS` the children know."""
        self._limits = limits or ReadingLimits()
        self._table = table
        self._free = BoundedSemaphore(max(1, self._limits.children))
        self._lock = Lock()
        self._idle: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every child that reads nothing just now; the others end when their task does."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def check(self) -> str:
        """Starts a child, unless there is one, reads a message in it and says in words what it may use.

        Raises `UnreachableError`.
        """
        self.read(b"Subject: check\r\n\r\n")
        limits = self._limits
        seconds, megabytes = limits.cpu.total_seconds(), limits.memory // 1_000_000
        return f"{limits.children} children at most, {seconds:g} s and {megabytes} MB for each message"

    def read(self, raw: bytes) -> Reading:
        """As the interface says; of a message that a child did not survive the documents are left unopened."""
        try:
            return self._try(tasks.read_message, (raw, self._limits.second_reading))
        except ReadingFailedError as error:
            logger.warning("reading failed, now without opening documents: %s", error)
            return self._read(tasks.read_unopened, raw, self._limits.second_reading)

    def read_header(self, start: bytes) -> Reading:
        """As the interface says."""
        return self._read(tasks.read_header, start)

    def documents(self, raw: bytes, wanted: str | None = None) -> tuple[Document, ...]:
        """As the interface says."""
        return self._read(tasks.documents_with_bytes, raw, wanted)

    def body(self, raw: bytes) -> Body:
        """As the interface says."""
        return self._read(tasks.body_of, raw)

    def html(self, raw: bytes, leave: str) -> str | None:
        """As the interface says."""
        return self._read(tasks.html_of, raw, leave)

    def read_paper(self, raw: bytes, wanted: str) -> Paper:
        """As the interface says."""
        try:
            return self.ask(tasks.paper_of, raw, wanted)
        except ReadingFailedError as error:
            return Paper(status="unreadable", why=_TOO_MUCH if error.limit else _BROKE)

    def picture(self, raw: bytes, wanted: str) -> bytes | None:
        """As the interface says."""
        try:
            return self.ask(tasks.picture_of, raw, wanted)
        except ReadingFailedError:
            return None

    def _read(
        self, task: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        try:
            return self.ask(task, *args, **kwargs)
        except ReadingFailedError as error:
            code = _TOO_MUCH if error.limit else _BROKE
            raise MailRefused(code, _SENTENCES[code]) from error

    def ask(self, task: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        """What one of the `TASKS` says of these arguments, given in their order.

        Raises `MailRefused` as the task does, `ReadingFailedError` when no child survived it, and `UnreachableError`
        when the machine has no process to give.
        """
        assert not kwargs, "a task's arguments travel by their order"  # noqa: S101 - a mistake of the caller's code
        for left in reversed(range(TRIES)):
            try:
                return self._try(task, args)
            except ReadingFailedError as error:
                logger.warning("reading failed: %s: %s", task.__name__, error)
                if not (left and error.again):
                    raise
        raise AssertionError  # the last try returns or raises

    def _try(self, task: Callable[..., _Result], args: tuple[object, ...]) -> _Result:
        with self._free:
            child = self._child()
            try:
                result: _Result = child.ask(task, args)
            except MailRefused:
                self._keep(child)
                raise
            except BaseException:
                child.end()
                raise
            self._keep(child)
            return result

    def _child(self) -> Child:
        with self._lock, suppress(IndexError):
            return self._idle.pop()
        return Child(self._limits, self._table)

    def _keep(self, child: Child) -> None:
        """The last one that was good is the next one used; the rest of the pool may sleep."""
        if child.tasks >= self._limits.tasks:
            child.end()
            return
        with self._lock:
            self._idle.append(child)
