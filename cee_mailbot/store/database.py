"""The database itself: connections with their promises, transactions, and the schema's version.

SQLite in WAL mode loses committed transactions at a power cut unless `synchronous=FULL`, and a transaction
that reads before it writes fails at once under load unless it begins IMMEDIATE: both are set here.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from cee_mailbot import crash
from cee_mailbot.audit_ledger import HistoryHead
from cee_mailbot.errors import PermanentError, UnreachableError, UserError, what_the_system_says
from cee_mailbot.lease_ledger import Lease
from cee_mailbot.ledger import UnitOfWork
from cee_mailbot.questions import Questions
from cee_mailbot.store.history import FIRST
from cee_mailbot.store.lease_ledger import this_process
from cee_mailbot.store.queries import SqlQuestions
from cee_mailbot.store.search import Search
from cee_mailbot.store.sqlite_search import SqliteSearch
from cee_mailbot.store.tables import HistoryRow
from cee_mailbot.store.unit_of_work import SqlUnitOfWork

SCHEMA = "0025"  # the newest of the migrations; a test holds it to them

# To wait for others comes first: the next ones need the file already.
_PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

logger = logging.getLogger(__name__)

_MAKE_WRITABLE = "mount its file system for writing, or give this user the right to write to it and its folder"
# What SQLite says where it can't go on, and what a person does about it.
_FIXES = (
    (
        "unable to open",
        "its folder must be there, mounted for writing, and this user must have the right to write in it",
    ),
    ("readonly", _MAKE_WRITABLE),
    ("locked", "another program holds it: end that one, or try again"),
    ("disk is full", "make room on the disk"),
    ("disk I/O", "look after the disk: it failed to read or write"),
)


class SqlStore:
    """A `Store` on a database that SQLAlchemy reaches; `url` such as `sqlite:///var/cee-mailbot.db`.

    `holder` is the name under which this process polls.
    """

    def __init__(self, url: str, *, holder: str | None = None) -> None:
        self._url = make_url(url)
        self._holder = holder or this_process()
        self._search: Search = SqliteSearch()
        self._writer = self._engine(begin="BEGIN IMMEDIATE")
        self._reader = self._writer if self._in_memory else self._engine(begin="BEGIN", reading=True)

    @property
    def _in_memory(self) -> bool:
        return self._url.database in (None, "", ":memory:")

    @property
    def _is_there(self) -> bool:
        return self._in_memory or _is_there(Path(self._url.database or ""))

    def _engine(self, *, begin: str, reading: bool = False) -> Engine:
        options: dict[str, Any] = {"poolclass": StaticPool} if self._in_memory else {}
        if reading:
            options["creator"] = self._connect_to_read
        engine = create_engine(self._url, connect_args={"check_same_thread": False}, **options)
        event.listen(engine, "handle_error", self._translate)
        event.listen(engine, "connect", _keep_promises)
        event.listen(engine, "begin", lambda connection: _begin(connection, begin))
        return engine

    def _connect_to_read(self) -> sqlite3.Connection:
        """The usual connection, or one that needs to write nothing where nothing can be written."""
        path = self._url.database or ""
        address = _read_only_address(Path(path))
        if address is not None:
            logger.warning("%s can be read but not written to; %s", path, _MAKE_WRITABLE)
        return sqlite3.connect(address or path, uri=address is not None, check_same_thread=False)

    def _translate(self, context: ExceptionContext) -> None:
        """Says whose fault a database error is: one that may pass, or one that needs a person."""
        name, told = self._url.render_as_string(), str(context.original_exception)
        if isinstance(context.sqlalchemy_exception, OperationalError):
            raise UnreachableError(f"can't use the database {name}: {told}; {_fix(told)}")
        if type(context.sqlalchemy_exception) is DatabaseError:  # sqlite: "file is not a database", "malformed"
            raise PermanentError(f"the database {name} is damaged: {told}; restore it from a backup")

    def migrate(self) -> None:
        """Brings the schema to this program's version, in one transaction; creates the database when missing.

        Raises `PermanentError` when the database is of a newer program.
        """
        self._make_folder()
        with self._reader.connect() as connection:
            if _schema(connection) == SCHEMA and self._search.is_there(connection):
                return
        from cee_mailbot.store.migrating import upgrade  # noqa: PLC0415 - see there

        with self._writer.begin() as connection:
            upgrade(connection, _schema(connection))
            if not self._search.is_there(connection):
                self._search.rebuild(connection)
            crash.here("C19")

    def check(self) -> str:
        """Says in words what was found; changes nothing. Raises `PermanentError` when `migrate` must run first."""
        name = self._url.render_as_string()
        if not self._is_there:
            return f"{name}: will be created at the first run"
        with self._reader.connect() as connection:
            found = _schema(connection)
        if not self._in_memory and _read_only_address(Path(self._url.database or "")):
            raise UnreachableError(f"{name} can be read but not written to; {_MAKE_WRITABLE}")
        if found == SCHEMA:
            return f"{name}: schema {found}"
        from cee_mailbot.store.migrating import refuse_newer  # noqa: PLC0415 - see there

        refuse_newer(found)
        return f"{name}: schema {found}, will be brought to {SCHEMA} at the next run"

    @contextmanager
    def begin(self, now: datetime, *, lease: Lease | None = None) -> Iterator[UnitOfWork]:
        """A write transaction; see `ledger.Store`."""
        with Session(self._writer) as session, session.begin():
            _hold_rows(session)
            unit = SqlUnitOfWork(session, now, holder=self._holder, search=self._search)
            if lease is not None:
                unit.keep_lease(lease)
            yield unit

    @contextmanager
    def read(self) -> Iterator[Questions]:
        """A read-only view; see `ledger.Store`."""
        with Session(self._reader) as session:
            yield SqlQuestions(session, self._search)

    @property
    def file(self) -> Path:
        """The file of the database, absolute. Raises `UserError` where it has none."""
        if self._url.get_backend_name() != "sqlite" or self._in_memory:
            raise UserError(f"{self._url.render_as_string()} has no file; back it up with the database's own tools")
        return Path(self._url.database or "").absolute()

    def is_in_use(self) -> bool:
        """Whether anybody else has the file open as a database; one that can't be read as such nobody has.

        In WAL mode every connection holds a shared lock for as long as it is open.
        """
        try:
            with closing(sqlite3.connect(self.file, timeout=0, isolation_level=None)) as alone:
                alone.execute("PRAGMA locking_mode=EXCLUSIVE")
                alone.execute("BEGIN IMMEDIATE")
                alone.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            return "locked" in str(error)
        return False

    def snapshot(self, path: Path) -> HistoryHead:
        """Copies the database as it stands at one instant into a new file, while others go on writing; durable.

        How the history stands in the copy. Raises `UnreachableError` when it can't be made; then nothing is left of it.
        """
        _ = self.file
        try:
            with self._reader.connect() as connection, closing(sqlite3.connect(path)) as copy:
                source: Any = connection.connection.driver_connection
                source.backup(copy)
                # A file of its own: whoever opens it needs no log beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
                lines = copy.execute("SELECT count(*) FROM history").fetchone()[0]
                newest = copy.execute("SELECT digest FROM history ORDER BY id DESC LIMIT 1").fetchone()
        except sqlite3.Error as error:
            path.unlink(missing_ok=True)
            raise UnreachableError(f"can't copy the database to {path}: {error}; {_fix(str(error))}") from error
        with path.open("rb") as written:
            os.fsync(written.fileno())
        return HistoryHead(lines=lines, digest=newest[0] if newest else FIRST)

    def last_written(self) -> datetime | None:
        """The time of the newest line of the history, or None where there is none yet."""
        if not self._is_there:
            return None
        with self._reader.connect() as connection:
            if _schema(connection) is None:
                return None
            newest: datetime | None = connection.execute(select(func.max(HistoryRow.at))).scalar()
            return newest

    def close(self) -> None:
        """Gives back every connection."""
        self._writer.dispose()
        self._reader.dispose()

    def _make_folder(self) -> None:
        if not self._in_memory:
            try:
                Path(self._url.database or "").parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UnreachableError(
                    f"can't create the folder of {self._url}: {what_the_system_says(error)}"
                ) from error


def _fix(told: str) -> str:
    return next((fix for mark, fix in _FIXES if mark in told), "see that it is there and answers")


def _keep_promises(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # stops pysqlite's own BEGIN
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _read_only_address(path: Path) -> str | None:
    """How to open a database that can't be written to; None where it can, or where there is none.

    WAL needs a file beside the database. Where that can be neither found nor made nobody has the database open, and
    it is whole in its own file if it was closed as it should be: then `immutable` tells SQLite to look for no other.
    """
    if not _is_there(path) or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return None
    shared, log = (path.with_name(path.name + end) for end in ("-shm", "-wal"))
    alone = not shared.exists() and not (log.exists() and log.stat().st_size)
    return f"{path.absolute().as_uri()}?{'immutable=1' if alone else 'mode=ro'}"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a folder that may not be entered, or a disk that is away
        raise UnreachableError(f"can't look for the database {what_the_system_says(error)}") from error


def _hold_rows(session: Session) -> None:
    """Holds every row until the transaction ends: one that was let go would be asked for again and again."""
    held: list[object] = []
    for change in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(session, change, lambda _session, row: held.append(row))


def _begin(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _schema(connection: Connection) -> str | None:
    """The revision that alembic wrote down in this database, or None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
