"""The child: takes a task, answers it, and waits for the next until its input ends."""

import os
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, get_type_hints

from cee_mailbot.sandbox.frames import receive, send
from cee_mailbot.sandbox.limits import ReadingLimits, arm, confine, disarm
from cee_mailbot.sandbox.plain import pack, unpack
from parsers.headers import MailRefused

DONE, REFUSED, BROKE = "done", "refused", "broke"

# The parent sends what the intake's own limits let through.
_LARGEST_REQUEST = 1 << 31


_Tasks = dict[str, tuple[Callable[..., Any], Any]]


def serve(table: str) -> None:
    """Answers the tasks of a module's `TASKS` on the socket that is the standard input.

    The first frame says the limits; it is echoed once the child is confined to them.
    """
    tasks = {task.__name__: (task, _kinds(task)) for task in import_module(table).TASKS}
    wire = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    first = receive(wire, most=_LARGEST_REQUEST, seconds=None)
    if first is None:
        return
    limits: ReadingLimits = unpack(ReadingLimits, *first)
    confine(limits)
    send(wire, *first)
    while (frame := receive(wire, most=_LARGEST_REQUEST, seconds=None)) is not None:
        arm(limits)
        outcome, result = _answer(tasks, *frame)
        del frame
        head, blobs = pack(result)
        send(wire, outcome.encode().ljust(8) + head, blobs)
        disarm()
        if outcome == BROKE:
            return


def _kinds(task: Callable[..., Any]) -> Any:
    """The types of a task's arguments, in their order."""
    kinds = tuple(kind for argument, kind in get_type_hints(task).items() if argument != "return")
    return tuple[kinds]  # type: ignore[valid-type]


def _answer(tasks: _Tasks, head: bytes, blobs: list[bytes]) -> tuple[str, Any]:
    """How the task ended, and its result; why it broke is told by place, never in words from the mail."""
    name, _, given = head.partition(b"\n")
    task, kinds = tasks[name.decode()]
    try:
        return DONE, task(*unpack(kinds, given, blobs))
    except MailRefused as refused:
        return REFUSED, (refused.code, refused.sentence)
    except Exception as error:  # noqa: BLE001 - whatever hostile bytes made of the parsers
        return BROKE, (type(error).__name__, _place(error))


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119
