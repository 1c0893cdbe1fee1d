"""Mail that nobody here wrote, through the whole line: each message comes to an end, soon, and no robot is answered."""

import sqlite3
import tarfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cee_mailbot import operations
from cee_mailbot.app import opened
from cee_mailbot.config import load_config
from cee_mailbot.domain.submission import ON_THE_WAY
from tests.support.bot import Bot
from tests.support.corpora import ARCHIVE, needs_corpora

pytestmark = needs_corpora

MAILBOX = "CEE-Electronics"
ARRIVED = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONGEST = 2.0  # seconds of the processor, for one file


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenIn:
    """What came of the corpora: seconds by file, files by row, and the database to ask for more."""

    seconds: dict[str, float]
    files: dict[int, str]
    database: Path

    def rows(self, query: str) -> list[tuple[int, str]]:
        """The answer of the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> TakenIn:
    """The corpora, file by file, in one program."""
    folder = tmp_path_factory.mktemp("corpora")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder / "mail", filter="data")
    bot = Bot(folder=folder)
    table = {"name": MAILBOX, "address": f"{MAILBOX}@cbp.dhs.gov", "team": "007", "source": "maildir"}
    bot.configure([table | {"path": str(folder)}], replies={"transport": "files", "dir": str(folder / "replies")})
    seconds: dict[str, float] = {}
    files: dict[int, str] = {}
    with opened(load_config(folder / "mailboxes.toml", {})) as app:
        for path in sorted(path for path in (folder / "mail").rglob("*") if path.is_file()):
            name = str(path.relative_to(folder / "mail"))
            begin = time.process_time()
            rows = list(operations.ingest(app, [path], mailbox=MAILBOX, arrived_at=ARRIVED))
            seconds[name] = time.process_time() - begin
            files |= {row.id: name for row in rows}
    return TakenIn(seconds=seconds, files=files, database=bot.database)


def test_every_message_comes_to_an_end(taken_in: TakenIn) -> None:
    """Each file has its row or rows, and no row is left on the way or was given up on for a fault of ours."""
    statuses = dict(taken_in.rows("select id, status from message"))
    assert len(taken_in.seconds) > 1600
    assert set(taken_in.files.values()) == set(taken_in.seconds)
    assert set(statuses) == set(taken_in.files)
    assert not [taken_in.files[row] for row, status in statuses.items() if status in ON_THE_WAY]
    broken = taken_in.rows("select id, reasons from message where reasons like '%broke%' or reasons like '%damaged%'")
    assert not [(taken_in.files[row], reasons) for row, reasons in broken]


def test_none_takes_long(taken_in: TakenIn) -> None:
    """Two seconds of the processor are the limit for one file, whatever stands in it."""
    slowest = sorted(taken_in.seconds.items(), key=lambda one: one[1])[-5:]
    print("slowest:", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in reversed(slowest)))  # noqa: T201
    assert slowest[-1][1] < LONGEST, slowest


def test_F57_no_robot_is_answered(taken_in: TakenIn) -> None:
    """Of 841 bounces and other mail of machines not one has a reply, not even one that was withheld."""
    robots = {row for row, name in taken_in.files.items() if "sisimai/" in name}
    assert len({taken_in.files[row] for row in robots}) == 841
    answered = dict(taken_in.rows("select message_row, kind from reply"))
    assert not [(taken_in.files[row], kind) for row, kind in answered.items() if row in robots]
