"""New mail on a live server: seconds until it is in the queue, beside what the server itself takes to tell of it.

    python bench/idle.py --messages 20

`run` listens with IDLE, and its polls are a day apart. For each message: how long until another client that idles is
told, and until the item is in the queue. Beside them a NOOP, and a pass over the mailbox that finds nothing.
"""

import argparse
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cee_mailbot.sources.imap import ImapSource
from cee_mailbot.sources.imap_waiting import Idle
from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.support.broker_mail import Post
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.until import until

PROMISED = 2.0
LONG_AGO = Post().write("any").arrived_at.replace(year=2000)


@dataclass(kw_only=True, slots=True)
class Seconds:
    """What was measured, one number a message."""

    noop: list[float] = field(default_factory=list)
    listing: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)


def measure(site: ImapSite, messages: int) -> Seconds:
    """Delivers one message after the other to a program that runs, each when the one before is in the queue."""
    seconds, post = Seconds(), Post(count=300)
    process = site.bot.start("run", "--no-web")
    try:
        until(lambda: site.dovecot.log().count(f"user=<{site.user}>") > 1, process)  # a poll, and who listens
        with site.dovecot.client(site.user) as client, site.dovecot.client(site.user) as other:
            other.select_folder("INBOX", readonly=True)
            for number in range(messages):
                seconds.noop.append(_taken(client.noop))
                seconds.listing.append(_taken(lambda: _pass(site)))
                _one(site, client, other, (number, post, seconds))
                time.sleep(1)
    finally:
        process.terminate()
        process.communicate()
    return seconds


def _one(site: ImapSite, client: Any, other: Any, known: tuple[int, Post, Seconds]) -> None:
    number, post, seconds = known
    one = post.write(f"mail {number}", mailbox=MAILBOX)
    idle = Idle(other.socket(), patience=60)
    idle.tells_of_mail(60)  # it has begun
    listener = threading.Thread(target=lambda: seconds.told.append(_taken(lambda: _hear(idle))))
    listener.start()
    client.append("INBOX", one.raw, msg_time=one.arrived_at)
    seconds.queued.append(_taken(lambda: _until_queued(site, number + 1)))
    listener.join()
    idle.end()


def _hear(idle: Idle) -> None:
    while not idle.tells_of_mail(60):
        pass


def _until_queued(site: ImapSite, number: int) -> None:
    with closing(sqlite3.connect(f"file:{site.bot.database}?mode=ro", uri=True)) as database:
        while database.execute("select count(*) from submission").fetchone()[0] < number:
            time.sleep(0.005)


def _pass(site: ImapSite) -> None:
    with ImapSource(site.dovecot.settings(site.user)).session() as session:
        list(session.listing(LONG_AGO))


def _taken(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20)
    arguments = parser.parse_args()
    dovecot = Dovecot()
    dovecot.start()
    try:
        with Receiver() as receiver, tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / f"idle{time.time_ns()}"
            place.mkdir()
            site = make_site(place, dovecot, receiver, (), polling={"interval": "1d"}, log={"level": "warning"})
            seconds = measure(site, arguments.messages)
    finally:
        dovecot.stop()
    for what in ("noop", "listing", "told", "queued"):
        found = getattr(seconds, what)
        print(f"{what:8} median {median(found):.3f} s, longest {max(found):.3f} s")
    ratio = median(seconds.queued) / median(seconds.told)
    print(f"in the queue after {ratio:.2f} times what the server takes to tell; {PROMISED:.0f} s are promised")


if __name__ == "__main__":
    main()
