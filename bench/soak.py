"""A soak: `run` between Dovecot and a mail server, killed or disturbed every few seconds, then held to its promises.

    make soak SECONDS=1800

Mail comes all the time. At the end the program is left in peace until all is done; then I1 to I8 are checked and
the figures printed. It fails when a promise is broken.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cee_mailbot import crash
from tests.servers.dovecot import Dovecot
from tests.servers.fault_proxy import Fault, FaultProxy
from tests.servers.receiver import DROP, Receiver
from tests.support.broker_mail import Delivery, Post
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import check_all_done, check_copies, check_invariants, check_nothing_lost, rows

MOMENTS = [point for point in crash.POINTS if point not in ("C9b", "C12", "C13", "C19", "C20", "C21")]
DISTURBANCES = ("kill", "kill", "stop and go on", "cut", "cut after MOVE", "lost answer", "terminate")
PATIENCE = 3600.0
USUAL_START = 1.5


@dataclass(kw_only=True)
class Soak:
    """The site, what was sent to it, and what was done to it."""

    site: ImapSite
    proxy: FaultProxy
    receiver: Receiver
    chance: random.Random
    post: Post = field(default_factory=Post)
    sent: list[Delivery] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    process: subprocess.Popen[str] | None = None

    def start(self, moment: str = "") -> None:
        """Starts the program, armed with a moment at which it kills itself or not."""
        self.process = self.site.bot.start("run", "--no-web", environment={crash.VARIABLE: moment} if moment else None)

    def disturb(self) -> None:
        """Does one thing to it, whatever state it is in."""
        if self.process is None or self.process.poll() is not None:
            self.done["started again"] += 1
            self.start(self.chance.choice([*MOMENTS, "", ""]))
            return
        what = self.chance.choice(DISTURBANCES)
        self.done[what] += 1
        if what == "kill":
            self.process.kill()
        elif what == "terminate":
            self.process.terminate()
        elif what == "stop and go on":
            self.process.send_signal(signal.SIGSTOP)
            time.sleep(2)
            self.process.send_signal(signal.SIGCONT)
        elif what == "cut":
            self.proxy.faults.append(Fault(how="cut", at=b"BODY.PEEK[])", after_bytes=2000))
        elif what == "cut after MOVE":
            self.proxy.faults.append(Fault(how="cut", at=b"UID MOVE"))
        else:
            self.receiver.answer("DOT", DROP)

    def deliver(self) -> None:
        """One more message comes."""
        one = self.post.write(f"soak {len(self.sent)}", mailbox=MAILBOX)
        self.site.deliver(one)
        self.sent.append(one)

    def come_to_rest(self) -> None:
        """In peace until every reply is sent; the claims of killed senders need their time to run out."""
        self.proxy.faults.clear()
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        deadline = time.monotonic() + PATIENCE
        later = 0
        while True:
            later += 1
            at = datetime.now(UTC) + timedelta(hours=later)
            # All that was left undone may have to be done in one pass: on a busy machine that takes its time.
            self.site.bot.start("poll", "--now", at.isoformat()).communicate(timeout=PATIENCE)
            states = {state for (state,) in rows(self.site.bot, "select distinct state from reply")}
            if states <= {"sent"} and not self.site.folder("INBOX"):
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"it did not come to rest: {states}")

    def check(self) -> None:
        """I1 to I6 and I8; then once more after another pass (I7)."""
        taken = [message_from_bytes(each.raw)["Message-ID"] for each in self.receiver.taken]
        for _ in range(2):
            check_all_done(self.site.bot, self.sent)
            check_nothing_lost(self.site.bot, self.sent, [])
            check_copies(self.site.bot, taken)
            check_invariants(self.site.bot, taken, orphans=False)
            self.site.bot.ask("poll")


def main() -> None:
    """Runs it and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="to do the same things in the same order again")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)  # noqa: S311 - no secret
    dovecot = Dovecot()
    dovecot.start()
    try:
        with Receiver() as receiver, FaultProxy(port=dovecot.port) as proxy, tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / f"soak{seed}"
            place.mkdir()
            polling = {"interval": "2s"}
            site = make_site(place, dovecot, receiver, (), imap_port=proxy.tcp_port, polling=polling)
            soak = Soak(site=site, proxy=proxy, receiver=receiver, chance=random.Random(seed))  # noqa: S311 - no secret
            _run(soak, arguments.seconds)
            _report(soak, arguments.seconds, seed)
    finally:
        dovecot.stop()


def _run(soak: Soak, seconds: float) -> None:
    began = time.monotonic()
    soak.site.bot.run("status")
    # Where a start takes longer than usual, so do the pauses: else it would be killed before it does anything.
    pace = max(1.0, (time.monotonic() - began) / USUAL_START)
    ends = time.monotonic() + seconds
    soak.start()
    while time.monotonic() < ends:
        for _ in range(soak.chance.randrange(4)):
            soak.deliver()
        time.sleep(soak.chance.uniform(1, 4) * pace)
        soak.disturb()
    soak.come_to_rest()
    soak.check()


def _report(soak: Soak, seconds: float, seed: int) -> None:
    copies = Counter(message_from_bytes(each.raw)["Message-ID"] for each in soak.receiver.taken)
    uncertain = rows(soak.site.bot, "select count(distinct reply_id) from attempt where state = 'uncertain'")[0][0]
    print(f"{seconds:.0f} s, seed {seed}: {len(soak.sent)} messages, all filed and answered once")
    print(f"disturbed: {', '.join(f'{what} {number}' for what, number in sorted(soak.done.items()))}")
    print(
        f"replies sent twice: {sum(number > 1 for number in copies.values())}, of {uncertain} in doubt; all on record"
    )


if __name__ == "__main__":
    main()
