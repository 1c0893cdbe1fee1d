"""A model of mailbox, bot, clock and mail server against the real thing, with faults and kills as moves.

The real thing is a Maildir, a folder of blobs, SQLite and an outbox. A kill is an exception that nothing catches, at
one of the program's named moments; the database is then opened anew. The true kill -9 is in test_crash_points.py.
"""

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cee_mailbot import crash
from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.errors import TemporaryError
from cee_mailbot.polling import poll_mailbox
from cee_mailbot.sources.maildir import MaildirSettings, MaildirSource
from cee_mailbot.store.database import SqlStore
from tests.support.mails import numbered
from tests.support.workshop import ELECTRONICS, Killed, Workshop, history_breaks

NOT_HERE = ("C1", "C9", "C9b", "C16", "C17", "C19", "C20", "C21", "C22", "C23")
POINTS = [point for point in crash.POINTS if point not in NOT_HERE]


def killed() -> None:
    raise Killed


class Reliability(RuleBasedStateMachine):
    """What was delivered is the model; everything else is asked of the program."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reliability-"))
        self.mail = self.folder / "mail"
        for name in ("tmp", "new", "cur"):
            (self.mail / name).mkdir(parents=True)
        self.workshop = Workshop(self.folder)
        self.blobs = FolderBlobs(self.folder / "blobs")
        self.source = MaildirSource(MaildirSettings(path=self.mail))
        self.delivered: list[bytes] = []
        self.copies = 0
        self.presented: dict[str, object] = {}

    # --- the world ---

    @rule(parts=st.integers(1, 3))
    def mail_comes(self, parts: int) -> None:
        """New mail, each with an entry number of its own."""
        for _ in range(parts):
            raw = numbered(len(self.delivered))
            self.delivered.append(raw)
            self._put(raw)

    @rule(which=st.integers(0, 1_000_000))
    def the_same_mail_comes_again(self, which: int) -> None:
        """By another way, or because somebody moved it back."""
        if self.delivered:
            self.copies += 1
            self._put(self.delivered[which % len(self.delivered)])

    @rule(minutes=st.sampled_from([1, 20, 600, -30]))
    def time_goes_by(self, minutes: int) -> None:
        """Forward, or back: a clock that was corrected."""
        self.workshop.clock.advance(timedelta(minutes=minutes))

    # --- the bot ---

    @rule()
    def a_pass(self) -> None:
        self._pass()

    @rule(point=st.sampled_from(POINTS), number=st.integers(1, 3))
    def a_pass_that_is_killed(self, point: str, number: int) -> None:
        """All that is in memory is gone."""
        self._killed_at(f"{point}:{number}", self._pass)

    @rule()
    def replies_leave(self) -> None:
        self.workshop.send()

    @rule(point=st.sampled_from(["C15", "C18"]), number=st.integers(1, 3))
    def sending_that_is_killed(self, point: str, number: int) -> None:
        self._killed_at(f"{point}:{number}", self.workshop.send)

    # --- faults ---

    @rule(down=st.booleans())
    def the_mail_server_goes_or_comes_back(self, down: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        self.workshop.mailer.be_down(down=down)

    @rule()
    def an_answer_will_be_lost(self) -> None:
        self.workshop.mailer.lose_answers()

    @rule()
    def a_pass_without_its_folder(self) -> None:
        """The Maildir is not there for a while."""
        away = self.mail.with_name("away")
        self.mail.rename(away)
        try:
            self._pass()
        finally:
            away.rename(self.mail)

    # --- what must be true after each move ---

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        if not hasattr(self, "workshop"):
            return
        here = Counter(sha256(raw).hexdigest() for raw in self._in("new", "cur"))
        messages = self.workshop.messages()
        known = {message.sha256 for message in messages}
        for raw in self.delivered:
            digest = sha256(raw).hexdigest()
            assert here[digest] or digest in known, "I1"
        assert all(self.blobs.get(digest) for digest in known), "I2"
        items = self.workshop.items()
        firsts = [message for message in messages if message.status == "enqueued"]
        assert len(items) == len(firsts) == len({message.sha256 for message in firsts}), "I3"
        replies = self.workshop.replies()
        assert Counter(reply.kind for reply in replies) == ({"acknowledgement": len(items)} if items else {}), "I4"
        self._check_copies()
        for item in items:
            assert self.presented.setdefault(item.tracking, item.presented_at) == item.presented_at, "I6"
        assert history_breaks(self.workshop.store) == [], "I8"

    def _check_copies(self) -> None:
        uncertain = "select r.message_id from reply r join attempt a on a.reply_id = r.id where a.state = 'uncertain'"
        doubtful = {one for (one,) in self._rows(uncertain)}
        taken = Counter(letter.raw for letter in self.workshop.mailer.letters)
        ids = dict(self._rows("select raw, message_id from reply"))
        under_way = {one for (one,) in self._rows("select message_id from reply where lease_until is not null")}
        for raw, number in taken.items():
            assert number == 1 or ids[raw] in doubtful | under_way, "I5"

    def teardown(self) -> None:
        """Left in peace it comes to its end, and another pass changes nothing (I7)."""
        if not hasattr(self, "workshop"):
            return
        self.workshop.mailer.be_down(down=False)
        for _ in range(4):
            self.workshop.clock.advance(timedelta(hours=5))
            self._pass()
            self.workshop.send()
        assert self._in("new", "cur") == []
        assert len(self._in(".Processed/cur")) == len(self.delivered) + self.copies
        assert len(self.workshop.items()) == len(self.delivered)
        assert {reply.state for reply in self.workshop.replies()} <= {"sent"}
        before = self._rows("select count(*) from history")
        self._pass()
        assert self._rows("select count(*) from history") == before
        self.workshop.store.close()
        shutil.rmtree(self.folder)

    # --- hands ---

    def _put(self, raw: bytes) -> None:
        path = self.mail / "new" / f"{len(self.delivered)}-{self.copies}.host"
        path.write_bytes(raw)
        arrived = datetime(2026, 3, 2, 15, 0, tzinfo=UTC).timestamp() + len(self.delivered)
        os.utime(path, (arrived, arrived))

    def _pass(self) -> None:
        intake = replace(self.workshop.with_parts(blobs=self.blobs), set_messages=2)
        activation = datetime(2026, 1, 1, tzinfo=UTC)
        try:
            poll_mailbox(intake, ELECTRONICS, self.source, activation=activation)
        except TemporaryError:
            assert self.workshop.error() is not None

    def _killed_at(self, wanted: str, act: object) -> None:
        assert callable(act)
        off, crash.here = crash.here, crash.armed(wanted, killed)
        try:
            act()
        except Killed:
            self.workshop.store.close()
            self.workshop.store = SqlStore(f"sqlite:///{self.folder / 'bot.db'}")
            self.workshop.intake = replace(self.workshop.intake, store=self.workshop.store)
        finally:
            crash.here = off

    def _in(self, *folders: str) -> list[bytes]:
        return [path.read_bytes() for name in folders for path in (self.mail / name).glob("*")]

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "bot.db")) as connection:
            return connection.execute(query).fetchall()


TestReliability = Reliability.TestCase
TestReliability.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
