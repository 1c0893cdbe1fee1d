"""A flood: many messages of one sender, then a few of another, and how much later the few are in the queue for it.

    python bench/flood.py --flood 10000

Prints the time until the few are in the queue, without the flood and amid it, and the ratio of both.
"""

import argparse
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.support.broker_mail import FIRST_ARRIVAL, MAILBOXES, Letter, entry
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import rows

FEW = 10
CALM = "papers@calm.example"


def letter(number: int, sender: str) -> bytes:
    """One message with one small document."""
    arrived_at = FIRST_ARRIVAL + timedelta(seconds=number)
    return Letter(
        subject=f"DR,NokiaInc,{entry(number)},2704",
        sender=sender,
        to=MAILBOXES[MAILBOX][0],
        message_id=f"<{number}@{sender.rpartition('@')[2]}>",
        arrived_at=arrived_at,
        date=arrived_at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        more="",
        document=b"invoice %d\r\n" % number,
        whole=None,
    ).as_bytes()


def measure(dovecot: Dovecot, flood: int) -> tuple[float, int]:
    """Seconds from the start of a pass until the few are in the queue, and how many of the flood were there before."""
    with Receiver() as receiver, tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"flood{flood}"
        place.mkdir()
        site = make_site(place, dovecot, receiver, (), log={"level": "warning"})
        with dovecot.client(site.user) as client:
            for number in range(flood + FEW):
                sender = "papers@flood.example" if number < flood else CALM
                client.append("INBOX", letter(number, sender), msg_time=FIRST_ARRIVAL + timedelta(seconds=number))
        began = time.monotonic()
        process = site.bot.start("poll")
        reader = threading.Thread(target=process.communicate)
        reader.start()
        while _queued(site) < FEW:
            time.sleep(0.02)
        taken, before = time.monotonic() - began, rows(site.bot, "select count(*) from submission")[0][0] - FEW
        process.kill()
        reader.join()
        return taken, before


def _queued(site: ImapSite) -> int:
    found: int = rows(site.bot, f"select count(*) from submission where sender = '{CALM}'")[0][0]  # noqa: S608 - ours
    return found


def main() -> None:
    """Measures both and prints them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flood", type=int, default=1000)
    arguments = parser.parse_args()
    dovecot = Dovecot()
    dovecot.start()
    try:
        usual, _ = measure(dovecot, 0)
        amid, before = measure(dovecot, arguments.flood)
    finally:
        dovecot.stop()
    print(f"{FEW} messages alone: {usual:.2f} s; behind {arguments.flood} of another sender: {amid:.2f} s")
    print(f"ratio {amid / usual:.2f}; {before} of the flood were in the queue before the last of them")


if __name__ == "__main__":
    main()
