"""A whole small site in one folder: two Centers and the program office, a real store, everything else in memory."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from cee_mailbot.domain.facts import ItemFacts, MessageFacts, ReplyFacts
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import Mailbox, shipped_centers
from cee_mailbot.intake import Intake
from cee_mailbot.interfaces import BlobStore, Composer, Reader, Source
from cee_mailbot.lease_ledger import Lease
from cee_mailbot.ledger import Store
from cee_mailbot.outbox import Outbox, SendingReport, send_due
from cee_mailbot.polling import PollReport, poll_mailbox
from cee_mailbot.questions import ItemQuery, MessageQuery, ReplyQuery
from cee_mailbot.rendering import TemplateComposer, approved_texts
from cee_mailbot.sandbox import InProcessReader
from cee_mailbot.site import Site
from cee_mailbot.store.database import SqlStore
from cee_mailbot.store.history import FIRST, line_digest
from cee_mailbot.store.tables import HistoryRow
from cee_mailbot.testing import FixedClock, MemoryBlobs, MemoryMailer, MemorySource
from tests.support.new_database import new_store

ELECTRONICS = Mailbox(name="electronics", address="CEE-Electronics@cbp.dhs.gov", team="007")
CHEMICALS = Mailbox(name="chemicals", address="CEE-Chemicals@cbp.dhs.gov", team="001")
PROGRAM = Mailbox(name="program", address="CEE@cbp.dhs.gov", team="000", kind="program")
MAILBOXES = (ELECTRONICS, CHEMICALS, PROGRAM)
ARRIVED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class Workshop:
    """The program put together by hand, with a clock that stands still; every part may be replaced by a test."""

    def __init__(self, folder: Path, **rules: Any) -> None:
        self.folder = folder
        self.clock = FixedClock(ARRIVED + timedelta(minutes=1))
        self.sources = {mailbox.name: MemorySource() for mailbox in MAILBOXES}
        self.blobs = MemoryBlobs()
        self.store = new_store(folder)
        self.mailer = MemoryMailer()
        ids = itertools.count(1)
        self.site = Site(
            mailboxes=MAILBOXES,
            policies={mailbox.name: replace(Policy(), **{"undo_send": timedelta(0), **rules}) for mailbox in MAILBOXES},
            centers=shipped_centers(),
            composer=TemplateComposer(),
            clock=self.clock,
            new_message_id=lambda: f"<{next(ids):040x}@cbp.dhs.gov>",
            texts=approved_texts(),
        )
        self.intake = Intake(site=self.site, store=self.store, blobs=self.blobs, reader=InProcessReader())

    @property
    def source(self) -> MemorySource:
        """The mailbox that most tests use."""
        return self.sources["electronics"]

    @property
    def outbox(self) -> Outbox:
        """The sending side."""
        return Outbox(
            store=self.store, mailers=dict.fromkeys([one.name for one in MAILBOXES], self.mailer), clock=self.clock
        )

    def with_parts(
        self,
        *,
        store: Store | None = None,
        blobs: BlobStore | None = None,
        reader: Reader | None = None,
        composer: Composer | None = None,
    ) -> Intake:
        """The intake with some of its collaborators replaced."""
        return replace(
            self.intake,
            store=store or self.store,
            blobs=blobs or self.blobs,
            reader=reader or self.intake.reader,
            site=replace(self.site, composer=composer or self.site.composer),
        )

    def poll(
        self, mailbox: Mailbox = ELECTRONICS, *, intake: Intake | None = None, source: Source | None = None
    ) -> PollReport:
        """One pass over a mailbox; its activation is three days before the first."""
        return poll_mailbox(
            intake or self.intake,
            mailbox,
            source or self.sources[mailbox.name],
            activation=self.clock.now() - timedelta(days=3),
        )

    def receive(self, *raws: bytes, mailbox: Mailbox = ELECTRONICS, arrived_at: datetime = ARRIVED) -> None:
        """Delivers messages and takes them in."""
        for raw in raws:
            self.sources[mailbox.name].deliver(raw, arrived_at)
        self.poll(mailbox)

    def send(self) -> SendingReport:
        """Tries every reply that is due."""
        return send_due(self.outbox)

    def messages(self) -> tuple[MessageFacts, ...]:
        """Every message, oldest first."""
        with self.store.read() as ask:
            return ask.messages(MessageQuery())

    def statuses(self) -> list[str]:
        """The status of every message, oldest first."""
        return [message.status for message in self.messages()]

    def items(self) -> tuple[ItemFacts, ...]:
        """The work queue in the order in which it was made."""
        with self.store.read() as ask:
            return ask.items(ItemQuery(sort="created_at"))

    def replies(self) -> tuple[ReplyFacts, ...]:
        """Every reply, oldest first."""
        with self.store.read() as ask:
            return ask.replies(ReplyQuery())

    def error(self, mailbox: Mailbox = ELECTRONICS) -> str | None:
        """What is noted of the last pass over a mailbox."""
        with self.store.read() as ask:
            return next(one.error for one in ask.mailboxes() if one.mailbox == mailbox.name)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but the notes on polling: what a pass that finds nothing new must not change."""
        with sqlite3.connect(self.folder / "bot.db") as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {
                name: list(connection.execute(f"SELECT * FROM {name} ORDER BY rowid"))  # noqa: S608 - our own names
                for name in tables
                if name not in ("mailbox", "outage") and not name.startswith("search_text")  # made of the others
            }
        connection.close()
        return rows


def history_breaks(store: SqlStore) -> list[int]:
    """The ids of the history's lines whose digest does not fit the line or the one before it."""
    previous, broken = FIRST, []
    with Session(store._reader) as session:  # the chain is proved from the rows themselves
        for row in session.exec(select(HistoryRow).order_by(col(HistoryRow.id))):
            if row.previous != previous or row.digest != line_digest(row):
                broken.append(row.id or 0)
            previous = row.digest
    return broken


def unlock_history(connection: sqlite3.Connection) -> None:
    """What somebody with the file in hand can do: take away the triggers that keep the history append-only."""
    for act in ("update", "delete"):
        connection.execute(f"DROP TRIGGER history_no_{act}")


def check_invariants(workshop: Workshop) -> None:
    """What holds after every crash (reliability 2): nothing lost, nothing twice, the history whole."""
    messages, items, replies = workshop.messages(), workshop.items(), workshop.replies()
    for message in messages:
        assert workshop.blobs.get(message.sha256), "I2: every row's bytes are there"
    assert len({item.tracking for item in items}) == len(items)
    filed = [number for item in items for number in item.messages]
    assert len(filed) == len(set(filed)), "I3: a message is filed once"
    assert len({reply.message_id for reply in replies}) == len(replies), "I4"
    assert history_breaks(workshop.store) == [], "I8: the history is whole"


@contextmanager
def invariants_kept(workshop: Workshop) -> Iterator[Workshop]:
    """The site while a test uses it; what must always hold is looked at then, and the store closed."""
    yield workshop
    check_invariants(workshop)
    workshop.store.close()


class Killed(BaseException):
    """The process ends here, as if by kill -9: nothing catches it."""


class Tripwire:
    """Notes every step by name, and ends the program at the one it was told to."""

    def __init__(self, kill_at: str | None = None) -> None:
        self.steps: list[str] = []
        self._kill_at = kill_at

    def step(self, name: str) -> None:
        """Notes a step; the first time it is the deadly one, it kills."""
        self.steps.append(name)
        if name == self._kill_at:
            self._kill_at = None
            raise Killed(name)


class WiredSource:
    """A source whose steps are noted."""

    def __init__(self, inner: Source, wire: Tripwire) -> None:
        self._inner, self._wire = inner, wire

    def check(self) -> str:
        return self._inner.check()

    @contextmanager
    def session(self) -> Iterator[Any]:
        with self._inner.session() as session:
            self._session = session
            yield self

    def listing(self, since: datetime) -> Iterator[Any]:
        return self._session.listing(since)

    def fetch(self, wanted: Any) -> Iterator[Any]:
        for each in self._session.fetch(wanted):
            self._wire.step("fetching")
            yield each

    def stream(self, wanted: Any) -> Iterator[bytes]:
        for piece in self._session.stream(wanted):
            self._wire.step("streaming")
            yield piece

    def settle(self, handles: Any) -> None:
        self._wire.step("before settle")
        self._session.settle(handles)
        self._wire.step("settle")


class WiredBlobs:
    """A blob store whose writes are noted."""

    def __init__(self, inner: MemoryBlobs, wire: Tripwire) -> None:
        self._inner, self._wire = inner, wire

    def put(self, content: bytes) -> str:
        self._wire.step("before put")
        sha256 = self._inner.put(content)
        self._wire.step("put")
        return sha256

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class WiredReader:
    """A reader whose reading is noted."""

    def __init__(self, inner: Reader, wire: Tripwire) -> None:
        self._inner, self._wire = inner, wire

    def read(self, raw: bytes) -> Any:
        self._wire.step("reading")
        return self._inner.read(raw)

    def read_header(self, start: bytes) -> Any:
        return self._inner.read_header(start)


class WiredStore:
    """A store that notes what a transaction writes: before it, after it, and after its commit."""

    NOTED = ("keep", "write", "settled", "claim_replies", "note_attempt")

    def __init__(self, inner: Store, wire: Tripwire) -> None:
        self._inner, self._wire = inner, wire

    @contextmanager
    def begin(self, now: datetime, *, lease: Lease | None = None) -> Iterator[Any]:
        done: list[str] = []
        with self._inner.begin(now, lease=lease) as unit:
            yield _WiredUnit(unit, self._wire, done)
            for name in dict.fromkeys(done):
                self._wire.step(f"{name}, not committed")
        for name in dict.fromkeys(done):
            self._wire.step(f"{name} committed")

    def read(self) -> Any:
        return self._inner.read()


class _WiredUnit:
    def __init__(self, unit: Any, wire: Tripwire, done: list[str]) -> None:
        self._unit, self._wire, self._done = unit, wire, done

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._unit, name)
        if name not in WiredStore.NOTED:
            return method

        def noted(*args: Any, **kwargs: Any) -> Any:
            self._wire.step(f"before {name}")
            self._done.append(name)
            return method(*args, **kwargs)

        return noted
