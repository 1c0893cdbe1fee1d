"""What a person is told who mistypes, or whose files can't be read: one line with the fix, and the exit code."""

import errno
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from cee_mailbot.cli import main
from cee_mailbot.errors import what_the_system_says
from cee_mailbot.sources import maildir
from cee_mailbot.store import database
from tests.acceptance.test_queue_commands import Site
from tests.support.mails import mail

ARRIVED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def site(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Site:
    """A site with one mailbox."""
    return Site(tmp_path, capfd)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("queue list --state nwe", "--state 'nwe' is not known; did you mean new? It can be assembling, "),
        ("queue list --code dr", "--code 'dr' is not known; did you mean DR?"),
        ("queue list --flag parts-mising", "--flag 'parts-mising' is not known; did you mean parts-missing?"),
        ("queue list --team 07", "--team '07' is not known; did you mean 007?"),
        ("queue list --sort=-presented", "--sort 'presented' is not known; did you mean presented_at?"),
        ("queue export --state open", "--state 'open' is not known; use assembling, "),
        ("messages list --status reject", "--status 'reject' is not known; did you mean rejected?"),
        ("replies list --kind ack", "--kind 'ack' is not known; "),
        ("replies list --state send", "--state 'send' is not known; did you mean sent?"),
    ],
)
def test_a_filter_that_can_find_nothing_is_a_typing_error(site: Site, words: str, told: str) -> None:
    """An empty list would say that there is nothing; the nearest value is named, and the exit code is 2."""
    assert told in site.run(*words.split(), expect=2)


def test_a_known_value_finds_what_there_is(site: Site) -> None:
    """A list without anything in it is no error."""
    for words in (
        "queue list --state new --code DR --team 007 --flag check-digit --sort=-due",
        "replies list --kind reject",
    ):
        assert json.loads(site.run(*words.split(), "--json")) == []


def test_a_message_that_cannot_be_read_is_an_error_of_its_mailbox(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are served, the exit code is 3, and `status` goes on saying which file it is and what to do."""
    for name in ("bad", "good"):
        path = site.folder / "mail" / "new" / name
        path.write_bytes(mail(message_id=f"<{name}@filer.example>", body=name))
        os.utime(path, (ARRIVED, ARRIVED))
    openings = maildir._open

    def open_all_but_bad(path: Path) -> BinaryIO:
        if path.name == "bad":
            raise PermissionError(errno.EACCES, "Permission denied")
        return openings(path)

    monkeypatch.setattr(maildir, "_open", open_all_but_bad)
    site.run("poll", expect=3)
    assert len(site.json("queue", "list")) == 1
    error = site.json("status")["mailboxes"][0]["error"]
    assert "message bad of Maildir" in error
    assert "Permission denied; give the user that runs this program the right to read it" in error
    monkeypatch.setattr(maildir, "_open", openings)
    site.run("poll")
    assert site.json("status")["mailboxes"][0]["error"] is None


def lock(database: Path) -> closing[sqlite3.Connection]:
    """Another program has it for itself alone."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("pragma locking_mode = exclusive")
    other.execute("begin exclusive")
    return closing(other)


def damage(database: Path) -> nullcontext[None]:
    """Something else was written over it."""
    database.write_bytes(b"no database at all " * 500)
    return nullcontext()


def take_away(database: Path) -> nullcontext[None]:
    """A folder lies where it was."""
    database.unlink()
    database.mkdir()
    return nullcontext()


def make_newer(database: Path) -> nullcontext[None]:
    """A later version of the program was here."""
    with closing(sqlite3.connect(database)) as other:
        other.execute("update alembic_version set version_num = '9999'")
        other.commit()
    return nullcontext()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lock, "locked; another program holds it: end that one, or try again"),
        (damage, "is damaged: file is not a database; restore it from a backup"),
        (take_away, "unable to open database file; its folder must be there"),
        (make_newer, "install the version that made it, or a newer one"),
    ],
)
def test_status_answers_without_a_database(
    site: Site, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], AbstractContextManager[object]], told: str
) -> None:
    """Exit code 3 and what to do on standard error; in the answer the alarm, and null for what nobody can know."""
    pragmas = [one for one in database._PRAGMAS if not one.startswith("busy_timeout")]
    monkeypatch.setattr(database, "_PRAGMAS", ("busy_timeout=1", *pragmas))
    before = site.json("status")
    assert (before["database"], before["mailboxes"][0]["mailbox"]) == (None, "electronics")
    with spoil(site.folder / "bot.db"):
        assert told in site.run("status", expect=3)
        said = json.loads(site.answer("status", "--json", expect=3))
        words = site.answer("status", expect=3)
    assert said.keys() == before.keys()
    assert told in said["database"]
    assert (said["messages"], said["items"], said["replies"]) == (None, None, None)
    assert said["mailboxes"][0] | {"mailbox": "electronics", "team": "007"} == said["mailboxes"][0]
    assert [alarm["reason"] for alarm in said["alarms"]] == ["database-down"]
    assert words.startswith("ALARM database-down: ")
    assert words.count("\n") == 1


def test_the_environment_sets_the_rules_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`subject` and `inspect` need no configuration; what the environment sets holds all the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CEE_MAILBOT_CONFIG", raising=False)
    (tmp_path / "one.eml").write_bytes(mail(subject="DR, NokiaInc,345-67890123,2704"))
    assert main(["subject", "DR, NokiaInc,345-67890123,2704"]) == 0
    monkeypatch.setenv("CEE_MAILBOT__POLICY__SUBJECT", "strict")
    assert main(["subject", "DR, NokiaInc,345-67890123,2704"]) == 1
    capsys.readouterr()
    assert main(["inspect", "one.eml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decision"]["outcome"] == "reject"
    monkeypatch.setenv("CEE_MAILBOT__POLICY__SUBJECT", "stricter")
    assert main(["subject", "DR,NokiaInc,345-67890123,2704"]) == 2
    assert "CEE_MAILBOT__POLICY__SUBJECT" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["inspect nowhere.eml", "ingest nowhere.eml --mailbox electronics"])
def test_a_file_that_is_not_there_is_told_with_what_to_do(site: Site, words: str) -> None:
    """Which file, what is wrong, and the fix."""
    told = site.run(*words.split(), expect=2)
    assert "nowhere.eml" in told
    assert "; " in told


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ELOOP])
def test_every_refusal_of_the_system_says_file_fault_and_fix(number: int) -> None:
    """Also one that nobody foresaw; never its number alone."""
    told = what_the_system_says(OSError(number, os.strerror(number), "/var/cee/blobs"))
    file, _, rest = told.partition(": ")
    wrong, _, fix = rest.partition("; ")
    assert (file, wrong) == ("/var/cee/blobs", os.strerror(number))
    assert fix
    assert "[Errno" not in told
