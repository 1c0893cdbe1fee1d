"""Named moments at which a test can end the program as a power cut would; otherwise they do nothing.

`CEE_MAILBOT_CRASH_AT=C8` kills the process (SIGKILL) when it first comes to that moment, `C8:3` the third time.
"""

import os
import signal
from collections.abc import Callable
from itertools import count
from types import MappingProxyType

VARIABLE = "CEE_MAILBOT_CRASH_AT"

# What has happened when the program comes to each of them.
POINTS = MappingProxyType(
    {
        "C1": "a message was fetched, others of its set were not, and nothing is stored",
        "C2": "a piece of a message is written to a temporary file, and more may follow",
        "C3": "the temporary file is written and not yet on disk",
        "C4": "the temporary file is on disk and has no name of its own",
        "C5": "the blob has its name, and its folder is not yet on disk",
        "C6": "the bytes of a set are durable, and there are no rows",
        "C7": "the rows of a set are written and not committed",
        "C8": "messages are decided, and their mailbox is untouched",
        "C9": "the server moved messages, and its answer is not used yet",
        "C9b": "messages are copied to the processed folder, and still in the source folder",
        "C10": "messages are moved, and this is not written down",
        "C11": "a message is about to be read",
        "C12": "a message is written down, and its set is not looked at",
        "C13": "a set is whole, and not enqueued",
        "C14": "an item is written, and its reply is not",
        "C15": "replies are claimed, and no server was called",
        "C16": "the mail server waits for the letter",
        "C17": "the letter is on its way with its last dot, and the answer is not read",
        "C18": "the mail server took the letter, and this is not written down",
        "C19": "the schema is migrated and not committed",
        "C20": "some of a backup is written, or some of it restored",
        "C21": "an act of staff is done and not committed",
        "C22": "a row of a bulk job is done, its result is written beside it, and neither is committed",
        "C23": "a row of a bulk job is committed, and the next one is not begun",
    }
)


def armed(wanted: str, end: Callable[[], None] | None = None) -> Callable[[str], None]:
    """What is called at each moment: nothing when `wanted` is empty, else `end` (SIGKILL) at the one it names."""
    if not wanted:
        return _nothing
    point, _, number = wanted.partition(":")
    if point not in POINTS or not (number or "1").isdecimal():
        raise ValueError(f"{VARIABLE}={wanted}: there is no such moment; there are {', '.join(POINTS)}")
    times, last = count(1), int(number or "1")

    def reached(name: str) -> None:
        if name == point and next(times) == last:
            (end or _kill)()

    return reached


def _nothing(_name: str) -> None:
    pass


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# Looked up once, so that a program which is not to be killed pays for an empty call.
here: Callable[[str], None] = armed(os.environ.get(VARIABLE, ""))
