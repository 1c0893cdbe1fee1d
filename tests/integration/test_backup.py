"""Backup and restore: whole or refused, cut off without harm, and no reply leaves twice."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cee_mailbot.app import App, opened
from cee_mailbot.backup import back_up, restore
from cee_mailbot.backup.manifest import MANIFEST, read_manifest, verify
from cee_mailbot.config import Config, load_config
from cee_mailbot.errors import NotAllowedError, UnreachableError, UserError
from cee_mailbot.operations import poll, send
from cee_mailbot.questions import MessageQuery, ReplyQuery
from cee_mailbot.upkeep import census, note_head, verify_history
from tests.support.bot import Bot
from tests.support.mails import numbered
from tests.support.needs import small_disk
from tests.support.workshop import Killed

MAILBOX = {
    "name": "electronics",
    "address": "CEE-Electronics@cbp.dhs.gov",
    "team": "007",
    "source": "maildir",
}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(folder=tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    made.configure(
        [{**MAILBOX, "path": str(tmp_path / "mail")}], replies={"transport": "files", "dir": str(tmp_path / "sent")}
    )
    return made


def config(bot: Bot) -> Config:
    return load_config(bot.folder / "mailboxes.toml", {})


def deliver(bot: Bot, *numbers: int) -> None:
    for number in numbers:
        (bot.folder / "mail" / "new" / f"{number}.host").write_bytes(numbered(number))


def take_in(app: App, *, sending: bool = True) -> None:
    assert [one.error for one in poll(app)] == [None]
    if sending:
        send(app)


def states(app: App) -> list[str]:
    with app.store.read() as ask:
        return [one.state for one in ask.replies(ReplyQuery())]


def letters(bot: Bot) -> int:
    return len(list((bot.folder / "sent").glob("*.eml")))


def lose_database(bot: Bot) -> None:
    for path in bot.folder.glob("mailbot.db*"):
        path.unlink()


def test_what_was_backed_up_is_what_is_restored(bot: Bot, tmp_path: Path) -> None:
    deliver(bot, 1, 2, 3)
    with opened(config(bot)) as app:
        take_in(app)
        report = back_up(app, tmp_path / "backup")
        with app.store.read() as ask:
            before = ask.messages(MessageQuery()), ask.replies(ReplyQuery())
    assert (report.blobs, report.new_blobs, report.damaged) == (3, 3, ())
    lose_database(bot)
    for blob in (bot.blobs).glob("??/??/*"):
        blob.unlink()
    done = restore(config(bot), tmp_path / "backup")
    assert (done.blobs, done.set_aside, done.recovery.recovered, done.recovery.held) == (3, None, 0, 0)
    with opened(config(bot)) as app:
        with app.store.read() as ask:
            assert (ask.messages(MessageQuery()), ask.replies(ReplyQuery())) == before
        assert census(app)[0].clean
        assert verify_history(app).ok


def test_a_second_backup_copies_only_what_is_new_and_leaves_nothing_of_the_first(bot: Bot, tmp_path: Path) -> None:
    with opened(config(bot)) as app:
        deliver(bot, 1)
        take_in(app)
        back_up(app, tmp_path / "backup")
        deliver(bot, 2)
        take_in(app)
        report = back_up(app, tmp_path / "backup")
    assert (report.blobs, report.new_blobs) == (2, 1)
    assert len(list((tmp_path / "backup").glob("database-*"))) == 1
    verify(tmp_path / "backup", read_manifest(tmp_path / "backup"))


def test_a_folder_that_holds_something_else_is_refused(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with opened(config(bot)) as app, pytest.raises(UserError, match=r"letter\.txt"):
        back_up(app, tmp_path / "other")
    with pytest.raises(UserError, match="no finished backup"):
        restore(config(bot), tmp_path / "other")


def test_a_damaged_blob_gets_into_no_backup(bot: Bot, tmp_path: Path) -> None:
    deliver(bot, 1, 2)
    with opened(config(bot)) as app:
        take_in(app)
        blob = next(bot.blobs.glob("??/??/*"))
        blob.chmod(0o600)
        blob.write_bytes(b"other")
        report = back_up(app, tmp_path / "backup")
    assert (report.damaged, report.blobs, report.exit_code) == ((blob.name,), 1, 1)
    verify(tmp_path / "backup", read_manifest(tmp_path / "backup"))


@pytest.mark.parametrize("what", ["database-*", "blobs-*", "blobs/??/??/*", "journal/*"])
@pytest.mark.parametrize("harm", ["changed", "gone", "cut"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(bot: Bot, tmp_path: Path, what: str, harm: str) -> None:
    deliver(bot, 1)
    with opened(config(bot)) as app:
        take_in(app)
        back_up(app, tmp_path / "backup")
    lose_database(bot)
    path = next((tmp_path / "backup").glob(what))
    path.chmod(0o600)
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if harm == "cut" else bytes([content[0] ^ 1]) + content[1:])
    before = sorted(str(p) for p in bot.folder.rglob("*"))
    with pytest.raises(NotAllowedError, match="nothing was touched"):
        restore(config(bot), tmp_path / "backup")
    assert sorted(str(p) for p in bot.folder.rglob("*")) == before


def test_a_place_in_use_is_refused_and_with_over_set_aside(bot: Bot, tmp_path: Path) -> None:
    deliver(bot, 1)
    with opened(config(bot)) as app:
        take_in(app)
        back_up(app, tmp_path / "backup")
    with pytest.raises(NotAllowedError, match="--over"):
        restore(config(bot), tmp_path / "backup")
    done = restore(config(bot), tmp_path / "backup", over=True)
    assert done.set_aside is not None
    with closing(sqlite3.connect(done.set_aside)) as connection:
        assert connection.execute("select count(*) from message").fetchone() == (1,)


def test_a_full_disk_is_named_and_nothing_is_left_on_it(bot: Bot, tmp_path: Path) -> None:
    deliver(bot, 1)
    with opened(config(bot)) as app:
        take_in(app)
        with small_disk(tmp_path / "disk", "100k") as disk:
            with pytest.raises(UnreachableError, match=r"can't copy the database to .*full; make room on the disk"):
                back_up(app, disk / "backup")
            assert list((disk / "backup").iterdir()) == []
        back_up(app, tmp_path / "backup")
    with small_disk(tmp_path / "other", "100k") as disk:
        storage = config(bot).storage.model_copy(update={"database": f"sqlite:///{disk / 'mailbot.db'}"})
        with pytest.raises(UnreachableError, match=r"can't copy the database to .*other.*; make room on the disk"):
            restore(replace(config(bot), storage=storage), tmp_path / "backup")
        assert list(disk.iterdir()) == []


def test_a_database_that_somebody_has_open_is_set_aside_by_nobody(bot: Bot, tmp_path: Path) -> None:
    """The program would go on with it: what it takes in from then on nobody would see."""
    deliver(bot, 1)
    with opened(config(bot)) as app:
        take_in(app)
        back_up(app, tmp_path / "backup")
        with pytest.raises(NotAllowedError, match=r"mailbot\.db is in use: end the service"):
            restore(config(bot), tmp_path / "backup", over=True)
    assert not list(tmp_path.glob("*.before-restore-*"))
    assert restore(config(bot), tmp_path / "backup", over=True).set_aside is not None


def test_c20_an_older_database_gets_the_rows_back_and_nobody_is_answered_twice(bot: Bot, tmp_path: Path) -> None:
    """Two messages came after the backup and were answered; the archive and the journal outlived the database."""
    with opened(config(bot)) as app:
        deliver(bot, 1)
        take_in(app)
        back_up(app, tmp_path / "backup")
        deliver(bot, 2, 3)
        take_in(app)
        with app.store.read() as ask:
            before = [(one.sha256, one.status, one.received_at) for one in ask.messages(MessageQuery())]
    assert letters(bot) == 3
    lose_database(bot)
    done = restore(config(bot), tmp_path / "backup").recovery
    assert (done.recovered, done.without_bytes, done.recognised, done.held) == (2, 0, 2, 0)
    with opened(config(bot)) as app:
        take_in(app)
        assert states(app) == ["sent"] * 3
        with app.store.read() as ask:
            assert [(one.sha256, one.status, one.received_at) for one in ask.messages(MessageQuery())] == before
        report, _ = census(app)
        assert (report.clean, report.rows, report.mailboxes[0].extra) == (True, 3, ())
        assert verify_history(app).ok
    assert letters(bot) == 3


def test_c20_what_was_in_line_at_the_backup_is_held_unless_the_journal_saw_it_leave(bot: Bot, tmp_path: Path) -> None:
    with opened(config(bot)) as app:
        deliver(bot, 1, 2)
        take_in(app, sending=False)
        back_up(app, tmp_path / "backup")
        with app.store.begin(app.site.clock.now()) as unit:
            first = min(unit.unsent_replies().values())
            unit.cancel_reply(first + 1, actor="test")
        send(app)
    assert letters(bot) == 1
    lose_database(bot)
    done = restore(config(bot), tmp_path / "backup").recovery
    assert (done.recognised, done.held) == (1, 1)
    with opened(config(bot)) as app:
        take_in(app)
        assert sorted(states(app)) == ["sent", "withheld"]
        with app.store.read() as ask:
            assert {one.reasons for one in ask.replies(ReplyQuery())} == {("restored",)}
    assert letters(bot) == 1


def test_c20_without_the_journal_nothing_is_sent_blindly(bot: Bot, tmp_path: Path) -> None:
    with opened(config(bot)) as app:
        deliver(bot, 1, 2)
        take_in(app, sending=False)
        back_up(app, tmp_path / "backup")
        send(app)
    lose_database(bot)
    for path in (bot.blobs / "journal").iterdir():
        path.unlink()
    done = restore(config(bot), tmp_path / "backup").recovery
    assert (done.recognised, done.held) == (0, 2)
    with opened(config(bot)) as app:
        take_in(app)
    assert letters(bot) == 2


def test_a_message_whose_bytes_are_gone_is_counted_and_fetched_again_while_it_is_on_the_server(
    bot: Bot, tmp_path: Path
) -> None:
    with opened(config(bot)) as app:
        back_up(app, tmp_path / "backup")
        deliver(bot, 1)
        take_in(app)
    lose_database(bot)
    next(bot.blobs.glob("??/??/*")).unlink()
    done = restore(config(bot), tmp_path / "backup").recovery
    assert (done.recovered, done.without_bytes) == (0, 1)


def test_restoring_tells_the_audit_that_a_longer_history_has_ended(bot: Bot, tmp_path: Path) -> None:
    with opened(config(bot)) as app:
        deliver(bot, 1)
        take_in(app)
        back_up(app, tmp_path / "backup")
        deliver(bot, 2)
        take_in(app)
        note_head(app)
        assert verify_history(app).ok
    lose_database(bot)
    restore(config(bot), tmp_path / "backup")
    with opened(config(bot)) as app:
        assert verify_history(app).ok


class Fuse:
    """Ends the program at its n-th step towards the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        for where, name in ((os, "fsync"), (os, "link"), (Path, "replace"), (Path, "rename"), (Path, "unlink")):
            monkeypatch.setattr(where, name, self._fused(getattr(where, name)))

    def _fused(self, act: Callable[..., object]) -> Callable[..., object]:
        def fused(*arguments: object, **named: object) -> object:
            self.left -= 1
            if self.left == 0:
                raise Killed
            return act(*arguments, **named)

        return fused


def killed_at_every_step(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], check: Callable[[], None]) -> int:
    """Runs the act again and again, ending it one step later each time, until it comes to its end."""
    fuse = Fuse(monkeypatch)
    for step in range(1, 200):
        fuse.left = step
        try:
            act()
        except Killed:
            fuse.left = -1
            check()
        else:
            fuse.left = -1
            return step
    raise AssertionError("it never comes to its end")


def test_a_backup_that_is_cut_off_leaves_the_one_before_it(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backup"
    with opened(config(bot)) as app:
        deliver(bot, 1)
        take_in(app)
        back_up(app, folder)
        deliver(bot, 2)
        take_in(app)
        steps = killed_at_every_step(
            monkeypatch, lambda: back_up(app, folder), lambda: verify(folder, read_manifest(folder))
        )
    assert steps > 10
    assert read_manifest(folder).blob_count == 2
    assert not (folder / f"{MANIFEST}.new").exists()


def test_a_restore_that_is_cut_off_can_be_done_again(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its last act the database that was there is the one that is there, or (set aside) none is."""
    with opened(config(bot)) as app:
        deliver(bot, 1)
        take_in(app)
        back_up(app, tmp_path / "backup")
        deliver(bot, 2)
        take_in(app, sending=False)

    def check() -> None:
        if bot.database.exists():
            with closing(sqlite3.connect(bot.database)) as connection:
                assert connection.execute("select count(*) from message").fetchone() == (2,)

    steps = killed_at_every_step(monkeypatch, lambda: restore(config(bot), tmp_path / "backup", over=True), check)
    assert steps > 10
    with opened(config(bot)) as app:
        assert census(app)[0].clean
        assert verify_history(app).ok
        send(app)
        assert sorted(states(app)) == ["sent", "withheld"]
    assert letters(bot) == 1
