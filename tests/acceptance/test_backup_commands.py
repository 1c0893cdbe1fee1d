"""`backup`, `restore` and `audit verify` as their users run them, and killed amid them (C20)."""

import shutil
from pathlib import Path

import pytest

from cee_mailbot import crash
from tests.support.bot import Bot
from tests.support.mails import numbered


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(folder=tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    mailbox = {"name": "electronics", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007", "source": "maildir"}
    made.configure([{**mailbox, "path": "mail"}], replies={"transport": "files", "dir": "sent"})
    return made


def take_in(bot: Bot, *numbers: int) -> None:
    for number in numbers:
        (bot.folder / "mail" / "new" / f"{number}.host").write_bytes(numbered(number))
    assert bot.run("poll")[0] == 0, bot.log()


def test_C20_killed_amid_a_backup_and_amid_a_restore_nothing_is_lost_and_nobody_answered_twice(bot: Bot) -> None:
    kill = {crash.VARIABLE: "C20:2"}
    take_in(bot, 1, 2, 3)
    assert bot.run("backup", "safe", environment=kill)[0] == -9
    assert bot.run("restore", "safe")[0] == 2  # there is no finished backup yet
    assert bot.ask("backup", "safe")["blobs"] == 3
    take_in(bot, 4, 5, 6)
    assert bot.run("backup", "safe", environment=kill)[0] == -9
    for path in bot.folder.glob("mailbot.db*"):
        path.unlink()
    assert bot.run("restore", "safe", environment=kill)[0] == -9
    assert not bot.database.exists()
    done = bot.ask("restore", "safe")
    assert (done["blobs"], done["recovery"]["recovered"], done["recovery"]["held"]) == (3, 3, 0)
    take_in(bot)
    assert bot.ask("census")["clean"]
    assert bot.ask("audit", "verify")["ok"]
    assert [reply["state"] for reply in bot.ask("replies", "list")] == ["sent"] * 6
    assert len(list((bot.folder / "sent").glob("*.eml"))) == 6


def test_exit_codes_and_words_of_people(bot: Bot) -> None:
    take_in(bot, 1)
    code, said = bot.run("backup", "safe")
    assert (code, "1 blobs, 1 of them new" in said) == (0, True)
    assert bot.run("restore", "safe")[0] == 1
    code, said = bot.run("restore", "safe", "--over")
    assert (code, "mailbot.db.before-restore-1" in said) == (0, True)
    code, said = bot.run("audit", "verify")
    assert (code, "the history is whole" in said) == (0, True)
    shutil.rmtree(bot.folder / "safe" / "blobs")
    assert bot.run("restore", "safe", "--over")[0] == 1
    assert bot.run("restore", "nowhere")[0] == 2
