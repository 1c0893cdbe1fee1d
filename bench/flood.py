"""A flood: many messages of one sender, then a few of another, and how much later the few are in the queue for it.

    python bench/flood.py --flood 10000

Prints the time until the few are in the queue, without the flood and amid it, and the ratio of both. Then the whole
flood is worked off, half of which has a bad subject line: what a message took, tenth by tenth, what became of the
replies, and whether the breaker opened. It fails when a sender got more replies than the limits allow.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cee_mailbot.domain.policy import Policy
from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.support.broker_mail import FIRST_ARRIVAL, MAILBOXES, Letter, entry
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import rows

FEW = 10
CALM, LOUD = "papers@calm.example", "papers@flood.example"
TENTHS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Seconds until the few were in the queue, how many of the flood were before, and seconds for each tenth of all."""

    few: float
    before: int
    tenths: tuple[float, ...] = ()


def letter(number: int, sender: str) -> bytes:
    """One message with one small document; every second one of the flood can't be filed."""
    arrived_at = FIRST_ARRIVAL + timedelta(seconds=number)
    line = f"DR,NokiaInc,{entry(number)},2704" if sender == CALM or number % 2 else f"our papers {number}"
    return Letter(
        subject=line,
        sender=sender,
        to=MAILBOXES[MAILBOX][0],
        message_id=f"<{number}@{sender.rpartition('@')[2]}>",
        arrived_at=arrived_at,
        date=arrived_at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        more="",
        document=b"invoice %d\r\n" % number,
        whole=None,
    ).as_bytes()


def flooded(place: Path, dovecot: Dovecot, receiver: Receiver, flood: int) -> ImapSite:
    """A site in whose mailbox the few lie behind the flood."""
    place.mkdir()
    site = make_site(place, dovecot, receiver, (), log={"level": "warning"}, polling={"deadline": "2h"})
    with dovecot.client(site.user) as client:
        client.select_folder("INBOX")  # makes the Maildir, which takes files faster than the server takes messages
    folder = dovecot.folder_of(site.user)
    owner = folder.stat()
    for number in range(flood + FEW):
        path = folder / "new" / f"{FIRST_ARRIVAL.timestamp():.0f}.M{number:06}.flood"
        path.write_bytes(letter(number, LOUD if number < flood else CALM))
        arrived = FIRST_ARRIVAL.timestamp() + number
        os.utime(path, (arrived, arrived))
        os.chown(path, owner.st_uid, owner.st_gid)
    return site


def measure(site: ImapSite, flood: int) -> Figures:
    """One pass over the mailbox, watched from outside."""
    began = time.monotonic()
    process = site.bot.start("poll")
    reader = threading.Thread(target=process.communicate)
    reader.start()
    while _queued(site) < FEW:
        time.sleep(0.02)
    few, before = time.monotonic() - began, _taken_in(site) - FEW
    marks = [time.monotonic()]
    for tenth in range(1, TENTHS + 1):
        while flood and process.poll() is None and _taken_in(site) < flood * tenth // TENTHS:
            time.sleep(0.2)
        marks.append(time.monotonic())
        if flood:
            print(f"  {tenth}/{TENTHS} after {marks[-1] - began:.0f} s", flush=True)
    reader.join()
    return Figures(few=few, before=before, tenths=tuple(b - a for a, b in pairwise(marks)))


def _taken_in(site: ImapSite) -> int:
    found: int = rows(site.bot, "select count(*) from message where decided_at is not null")[0][0]
    return found


def _queued(site: ImapSite) -> int:
    found: int = rows(site.bot, f"select count(*) from submission where sender = '{CALM}'")[0][0]  # noqa: S608 - ours
    return found


def tell_of_replies(site: ImapSite) -> None:
    """What was written for whom and what left; fails when that is more than the limits allow."""
    policy = Policy()
    written = rows(site.bot, 'select kind, state, "to", count(*) from reply group by 1, 2, 3 order by 3, 1, 2')
    for kind, state, to, number in written:
        print(f"  {to}: {number} of kind {kind} are {state}")
    kinds = dict(rows(site.bot, "select message_id, kind from reply"))
    left = Counter(
        (str(message["To"]), kinds[message["Message-ID"]])
        for message in (message_from_bytes(each.raw) for each in site.receiver.taken)
    )
    said = site.bot.ask("status")
    print(
        f"  rejects that left for the flood's sender: {left[LOUD, 'reject']}, at most {policy.reply_limit_hour} an hour"
    )
    print(f"  breaker: {said['breaker_opened_at'] or 'closed'}; alarms: {[one['reason'] for one in said['alarms']]}")
    if left[LOUD, "reject"] > policy.reply_limit_hour or left[CALM, "acknowledgement"] != FEW:
        raise SystemExit(f"the limits do not hold: {left}")


def main() -> None:
    """Measures both and prints them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flood", type=int, default=1000)
    arguments = parser.parse_args()
    dovecot = Dovecot()
    dovecot.start()
    try:
        with Receiver() as receiver, tempfile.TemporaryDirectory() as folder:
            usual = measure(flooded(Path(folder) / "flood0", dovecot, receiver, 0), 0)
            site = flooded(Path(folder) / f"flood{arguments.flood}", dovecot, receiver, arguments.flood)
            receiver.taken.clear()
            amid = measure(site, arguments.flood)
            print(
                f"{FEW} messages alone: {usual.few:.2f} s; behind {arguments.flood} of another sender: {amid.few:.2f} s"
            )
            print(f"ratio {amid.few / usual.few:.2f}; {amid.before} of the flood were taken in before the last of them")
            each = [seconds / arguments.flood * TENTHS * 1000 for seconds in amid.tenths]
            print(f"ms a message, tenth by tenth: {', '.join(f'{one:.0f}' for one in each)}")
            tell_of_replies(site)
    finally:
        dovecot.stop()


if __name__ == "__main__":
    main()
