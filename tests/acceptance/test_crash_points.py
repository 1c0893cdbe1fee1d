"""Killed at each named moment, between a real mailbox and a real mail server, the program loses and doubles nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cee_mailbot import crash
from cee_mailbot.store.database import SCHEMA
from cee_mailbot.store.migrating import alembic_config
from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.support.bot import Bot
from tests.support.broker_mail import Delivery, Post, entry, sixty
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import rows
from tests.support.needs import needed
from tests.support.strace import killing_at, seen, watching

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("good DR", "good PR", "unknown code", "sent once", "copy of sent once", "two From headers", "bounce")
ELSEWHERE = {"C19", "C20", "C21", "C22", "C23"}  # below, in test_backup_commands, test_killed_acts, test_bulk_jobs
OLD_SERVER = ("C9b",)  # the server has no MOVE


def two_parts() -> tuple[Delivery, ...]:
    """A submission in two messages, the second one first; it has one item and one acknowledgement."""
    post = Post(count=400)
    line = f"DR,NokiaInc,{entry(777)},2704"
    same = {"mailbox": MAILBOX, "line": line, "sender": "papers@split.example", "document": b"page one\r\n"}
    second = post.write("part two", f"{line} (2 of 2)", **same)
    first = post.write("part one", f"{line} (1 of 2)", **{**same, "document": b"page two\r\n"})
    return second, replace(first, joins=second.name, reply=None)


def large() -> Delivery:
    """A message that is written in two pieces."""
    return Post(count=500).write("large", mailbox=MAILBOX, document=b"0123456789abcde\n" * 80_000)


SENT = (
    *(replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in KINDS),
    *two_parts(),
    large(),
)
NUMBERED = ("C1:4", "C7:2", "C8:2", "C18:3")
RECOVERED_TWICE = ("C3", "C6", "C9b", "C12", "C14", "C16", "C18:3")
ALL = [point for point in crash.POINTS if point not in ELSEWHERE]


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ImapSite]:
    """A site that is ready to be polled, on a server that can move or, for `C9b`, on one that can't."""
    old = request.node.callspec.params.get("moment") in OLD_SERVER
    dovecot: Dovecot = request.getfixturevalue("old_dovecot" if old else "dovecot")
    with Receiver() as receiver:
        # Sets of two or three messages, so that a crash comes between them too.
        yield make_site(tmp_path, dovecot, receiver, SENT, polling={"set_bytes": "4KB"})


@pytest.mark.parametrize("moment", [*ALL, *NUMBERED])
def test_killed_at_a_named_moment_it_goes_on_where_it_was(moment: str, site: ImapSite) -> None:
    """Right after the kill I1 to I5 and I8 hold; after the next poll all is done."""
    code, _ = site.bot.run("poll", environment={crash.VARIABLE: moment})
    assert code == -9, (moment, site.bot.log())
    site.check_now()
    site.go_on()
    processed = "INBOX.Processed" if moment in OLD_SERVER else "Processed"
    site.check(processed)
    if moment in RECOVERED_TWICE:
        before = rows(site.bot, "select * from history")
        site.bot.ask("poll")  # I7: to recover twice is to recover once
        site.check(processed)
        assert rows(site.bot, "select * from history") == before


def test_killed_again_and_again_it_comes_to_its_end(dovecot: Dovecot, tmp_path: Path) -> None:
    """A kill at each moment in turn, with no pass undisturbed between them: the work still ends, once."""
    with Receiver() as receiver:
        site = make_site(tmp_path, dovecot, receiver, SENT)
        for moment in ("C1", "C5", "C7", "C13", "C8", "C10", "C15"):
            assert site.bot.run("poll", environment={crash.VARIABLE: moment})[0] == -9, moment
            site.check_now()
        site.go_on()
        site.check()


# --- C19: a database in the middle of its migration ----------------------------------------------------------------


def old_database(bot: Bot) -> None:
    """A database of the first schema, with a row to keep."""
    from alembic import command
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{bot.database}")
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("insert into serial (team, year, last) values ('007', 2026, 41)"))
    engine.dispose()


def migrating_bot(folder: Path) -> Bot:
    bot = Bot(folder=folder)
    (folder / "mail").mkdir()
    mailbox = {"name": "box", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007", "source": "maildir"}
    bot.configure(
        [mailbox | {"path": str(folder / "mail")}], replies={"transport": "files", "dir": str(folder / "out")}
    )
    old_database(bot)
    return bot


def check_old_or_new(bot: Bot) -> str:
    """The schema is the old one or the new one, whole, and the row is there."""
    import sqlite3

    with sqlite3.connect(bot.database) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        [(version,)] = connection.execute("select version_num from alembic_version")
        assert connection.execute("select last from serial").fetchall() == [(41,)]
        has_new = connection.execute("select 1 from sqlite_master where name = 'closure'").fetchone() is not None
    connection.close()
    assert has_new == (version == SCHEMA)
    assert version in ("0001", SCHEMA)
    return str(version)


def test_C19_killed_within_a_migration_the_old_schema_is_there(tmp_path: Path) -> None:
    bot = migrating_bot(tmp_path)
    assert bot.run("status", environment={crash.VARIABLE: "C19"})[0] == -9
    assert check_old_or_new(bot) == "0001"
    assert bot.run("status")[0] == 0, bot.log()
    assert check_old_or_new(bot) == SCHEMA


@pytest.mark.parametrize("share", [0.6])
def test_C19_killed_at_a_write_of_a_migration_the_schema_is_old_or_new(share: float, tmp_path: Path) -> None:
    """A kill at the n-th write to the database or its log, for an n amid the migration."""
    needed("strace")
    for name in ("seen", "killed"):
        (tmp_path / name).mkdir()
    undisturbed, log = migrating_bot(tmp_path / "seen"), tmp_path / "calls"
    assert undisturbed.run("status", before=watching(log, ("pwrite64", "fsync", "fdatasync")))[0] == 0
    calls = [call for call in seen(log) if "/mailbot.db" in call]
    assert len(calls) > 10
    bot = migrating_bot(tmp_path / "killed")
    wanted = calls[int(len(calls) * share)]
    place = seen(log).index(wanted)
    code, _ = bot.run("status", before=killing_at(seen(log), place, ("pwrite64", "fsync", "fdatasync")))
    assert code in (-9, 137)
    check_old_or_new(bot)
    assert bot.run("status")[0] == 0, bot.log()
    assert check_old_or_new(bot) == SCHEMA


# --- the moments themselves --------------------------------------------------------------------------------


def test_every_moment_stands_in_the_code() -> None:
    """A moment that no code comes to would be tested by nothing."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cee_mailbot").rglob("*.py"))
    reached = set(re.findall(r'crash\.here\("(C\w+)"\)', code))
    assert reached == set(crash.POINTS)


def test_every_moment_has_a_test_of_its_name() -> None:
    """Those that are not killed at here are killed at in a test that bears their name."""
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [point for point in ELSEWHERE if f"def test_{point}_killed" not in tests] == []


def test_off_it_is_one_empty_call() -> None:
    """Nothing is looked up and nothing is counted."""
    assert crash.armed("") is crash.armed("")
    assert crash.armed("")("C8") is None


@pytest.mark.parametrize("wanted", ["C99", "C8:x", "C8:", "8"])
def test_a_moment_that_is_none_is_refused(wanted: str) -> None:
    """A test that names a moment wrongly must not pass because nothing was killed."""
    if wanted == "C8:":
        assert crash.armed(wanted) is not crash.armed("")
        return
    with pytest.raises(ValueError, match="no such moment"):
        crash.armed(wanted)


def test_it_ends_at_the_number_that_was_named() -> None:
    reached: list[str] = []
    here = crash.armed("C8:3", lambda: reached.append("end"))
    for _ in range(2):
        here("C8")
        here("C7")
    assert reached == []
    here("C8")
    here("C8")
    assert reached == ["end"]
