"""Whoever kills the program leaves no process behind: the children that read mail end with it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bot import Bot
from tests.support.mails import numbered
from tests.support.until import until

ENDS_WITHIN = 60_000  # milliseconds

# Reads with a limit of wall time of two seconds; the task itself would never end.
HANGING = """
from datetime import timedelta
from cee_mailbot.sandbox import ChildReader, ReadingLimits
from tests.support import bad_tasks
reader = ChildReader(ReadingLimits(wall=timedelta(seconds=2)), table=bad_tasks.__name__)
print(reader.ask(bad_tasks.pid), flush=True)
reader.ask(bad_tasks.hang)
"""


def reading_children(pid: int) -> list[int]:
    """The children of a process, whichever of its threads began them."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text().split()]
    return found


def opened(pid: int) -> int:
    """A descriptor of this very process, whatever its number is given to later."""
    return os.pidfd_open(pid)


def assert_ends(child: int) -> None:
    """Returns when the process of a descriptor has ended, which must be soon."""
    poll = select.poll()
    poll.register(child, select.POLLIN)
    try:
        assert poll.poll(ENDS_WITHIN), "a reading child outlived the program"
    finally:
        os.close(child)


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(folder=tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    mailbox = {"name": "electronics", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007", "source": "maildir"}
    made.configure([{**mailbox, "path": "mail"}], replies={"transport": "files", "dir": "sent"})
    (tmp_path / "mail" / "new" / "1.host").write_bytes(numbered(1))
    return made


def test_children_that_wait_for_mail_end_with_the_program(bot: Bot) -> None:
    process = bot.start("run", "--no-web")
    try:
        until(lambda: bool(reading_children(process.pid)), process)
        children = [opened(pid) for pid in reading_children(process.pid)]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    for child in children:
        assert_ends(child)


def test_a_child_amid_a_message_ends_by_its_own_clock_when_nobody_waits_any_more() -> None:
    with subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = opened(int(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
    assert_ends(child)
