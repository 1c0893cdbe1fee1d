"""True kills as moves: the program between Dovecot and a mail server, killed at named moments in any order of events.

`make kills KILLS=200` tries so many orders.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cee_mailbot import crash
from tests.servers.dovecot import Dovecot
from tests.servers.receiver import DROP, Receiver
from tests.support.broker_mail import Delivery, Post
from tests.support.forks import Forks, forking
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import check_all_done, check_copies, check_invariants, check_nothing_lost, rows

# C9b needs a server of the old kind, C13 a split submission, C19 to C23 no poll; test_crash_points.py has them.
MOMENTS = [point for point in crash.POINTS if point not in ("C9b", "C12", "C13", "C19", "C20", "C21", "C22", "C23")]
EXAMPLES = int(os.environ.get("KILLS", "3"))
KILLED = -9


class Kills(RuleBasedStateMachine):
    """What was sent is the model; everything else is asked of the servers, the database and the files."""

    dovecot: Dovecot
    receiver: Receiver
    forks: Forks
    post: Post
    folder: Path

    @initialize()
    def begin(self) -> None:
        self.receiver.taken.clear()
        self.receiver.forget()
        folder = Path(tempfile.mkdtemp(prefix="kills-", dir=self.folder))
        # Sets of two or three messages, so that a kill comes between them too.
        polling = {"set_bytes": "4KB"}
        self.site: ImapSite = make_site(folder, self.dovecot, self.receiver, (), polling=polling)
        self.sent: list[Delivery] = []
        self.now = datetime.now(UTC)
        self.mail_comes(1)

    # --- moves ---

    @rule(number=st.integers(1, 4))
    def mail_comes(self, number: int) -> None:
        for _ in range(number):
            one = self.post.write(f"mail {len(self.sent)}", mailbox=MAILBOX)
            self.site.deliver(one)
            self.sent.append(one)

    @rule(moment=st.sampled_from(MOMENTS), number=st.integers(1, 2), fresh=st.integers(0, 3))
    def a_poll_that_is_killed(self, moment: str, number: int, fresh: int) -> None:
        """At the named moment, if it comes to it; all that is in memory is gone, and no lease is given back."""
        self.mail_comes(fresh)
        assert self._poll(f"{moment}:{number}") in (0, 3, KILLED)

    @rule()
    def a_poll(self) -> None:
        assert self._poll() in (0, 3)

    @rule(hours=st.sampled_from([1, 5]))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(stage=st.sampled_from(["MAIL", "RCPT", "DOT"]))
    def the_mail_server_says_not_now(self, stage: str) -> None:
        self.receiver.answer(stage, "451 4.3.0 not now")

    @rule()
    def an_answer_will_be_lost(self) -> None:
        self.receiver.answer("DOT", DROP)

    # --- what must be true after each of them ---

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        if hasattr(self, "site"):
            check_nothing_lost(self.site.bot, self.sent, self.site.folder("INBOX"))
            check_invariants(self.site.bot, self.site.taken())

    def teardown(self) -> None:
        """Left in peace it comes to its end, and another pass changes nothing (I7)."""
        if not hasattr(self, "site"):
            return
        self.receiver.forget()
        for _ in range(2):
            self.now += timedelta(hours=5)
            assert self._poll() == 0
        check_all_done(self.site.bot, self.sent)
        check_copies(self.site.bot, self.site.taken())
        check_invariants(self.site.bot, self.site.taken(), orphans=False)
        assert self.site.folder("INBOX") == []
        assert len(self.site.folder("Processed")) == len(self.sent)
        before = rows(self.site.bot, "select * from history")
        assert self._poll() == 0
        assert rows(self.site.bot, "select * from history") == before

    def _poll(self, moment: str = "") -> int:
        config = self.site.bot.folder / "mailboxes.toml"
        return self.forks.run(config, "poll", "--now", self.now.isoformat(), moment=moment)


@pytest.fixture
def machine(dovecot: Dovecot, tmp_path: Path) -> Iterator[type[Kills]]:
    with Receiver() as receiver, forking(tmp_path / "log") as forks:
        parts = {"dovecot": dovecot, "receiver": receiver, "forks": forks, "folder": tmp_path, "post": Post(count=2000)}
        yield type("BoundKills", (Kills,), parts)


def test_killed_in_any_order_of_events_it_loses_and_doubles_nothing(machine: type[Kills]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
