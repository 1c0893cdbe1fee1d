"""What one child may use, and what becomes of it there: the process that has met hostile bytes has no rights left."""

import ctypes
import math
import resource
import signal
import time
from dataclasses import dataclass
from datetime import timedelta

_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_OPEN_FILES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingLimits:
    """What reading may take: processor and wall time of one task, memory of one child, bytes of one answer.

    `children` is how many tasks are read at once. A child is replaced after `tasks` of them, so that whatever a
    message left behind in it is gone with it. Every `second_reading`th message is read by the second reader too
    (0: only those whose structure is broken).
    """

    children: int = 2
    memory: int = 768_000_000
    cpu: timedelta = timedelta(seconds=10)
    wall: timedelta = timedelta(seconds=30)
    answer: int = 160_000_000
    tasks: int = 500
    second_reading: int = 50


def confine(limits: ReadingLimits) -> None:
    """Gives up, for good, what reading needs none of: files, further processes, core dumps, the network.

    The kernel is asked for a network of its own without any interface; one that refuses (no user namespaces) leaves
    the other limits as they are. Files can still be read: modules and codecs are loaded when first needed.
    """
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        _lower(what, most)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _lower(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def arm(limits: ReadingLimits) -> None:
    """Gives the next task its time: the processor's by the kernel's count, the wall's in case nobody waits any more.

    The parent watches the wall clock too. A child whose parent was killed amid a task ends by this alarm, between
    tasks by the end of its input; the parent-death signal would end it with the thread that had started it.
    """
    used = math.ceil(time.process_time())
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + math.ceil(limits.cpu.total_seconds()), hard))
    signal.alarm(math.ceil(limits.wall.total_seconds()) + 1)


def disarm() -> None:
    """Between tasks no time runs."""
    signal.alarm(0)
