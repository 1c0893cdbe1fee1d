"""`census` as its users run it, on a Maildir and on a real Dovecot."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.support.bot import Bot
from tests.support.mails import numbered

ADDRESS = {"name": "electronics", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007"}
REPLIES = {"transport": "files", "dir": "replies"}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(folder=tmp_path / "bot")
    made.folder.mkdir()
    return made


def lose_a_row(bot: Bot) -> None:
    with closing(sqlite3.connect(bot.database)) as connection:
        connection.execute("delete from message where id = (select max(id) from message)")
        connection.commit()


def test_a_maildir_is_counted_and_exit_codes_are_those_of_the_contract(bot: Bot) -> None:
    new = bot.folder / "mail" / "new"
    for name in ("new", "cur", "tmp"):
        (bot.folder / "mail" / name).mkdir(parents=True)
    bot.configure([{**ADDRESS, "source": "maildir", "path": "mail"}], replies=REPLIES)
    for n in range(3):
        (new / f"{n}.host").write_bytes(numbered(n))
    assert bot.run("poll")[0] == 0
    counted = bot.ask("census")
    assert (counted["clean"], counted["rows"], counted["blobs"]) == (True, 3, 3)
    assert counted["mailboxes"][0]["folders"] == [".Processed"]
    lose_a_row(bot)
    code, said = bot.run("census", "electronics")
    assert (code, "NOT clean" in said) == (1, True)
    assert bot.run("census", "nobody")[0] == 2
    (bot.folder / "mail").rename(bot.folder / "away")
    assert bot.run("census", "--json")[0] == 3


def test_a_mailbox_on_a_server_is_counted_after_its_messages_were_moved(bot: Bot, dovecot: Dovecot) -> None:
    """The UIDs in the processed folder are not those of the rows."""
    dovecot.add_user("census")
    bot.configure(
        [
            {
                **ADDRESS,
                "source": "imap",
                "host": "127.0.0.1",
                "tcp_port": dovecot.port,
                "tls": "none",
                "user": "census",
                "password": PASSWORD,
            }
        ],
        replies=REPLIES,
    )
    now = datetime.now(UTC).replace(microsecond=0)
    dovecot.append("census", numbered(50), now - timedelta(days=30))
    for n in range(5):
        dovecot.append("census", numbered(n), now - timedelta(minutes=5))
    assert bot.run("poll")[0] == 0
    [counted] = bot.ask("census")["mailboxes"]
    assert counted["folders"] == ["INBOX", "Processed"]
    assert (counted["on_server"], counted["accounted"], counted["before_activation"]) == (6, 5, 1)
    lose_a_row(bot)
    dovecot.append("census", numbered(60), now + timedelta(days=1))
    code, said = bot.run("census", "--json")
    assert (code, '"pending": 1' in said, '"accounted": 4' in said) == (1, True, True)
