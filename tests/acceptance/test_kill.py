"""Killed at any moment, the program loses nothing, does nothing twice, and goes on where it was.

The moments are calls to the operating system, found in what strace saw of an undisturbed run; the product knows
nothing of it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.receiver import HANG, Receiver
from tests.support.bot import Bot
from tests.support.broker_mail import ACTIVATION, MAILBOXES, sixty
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import check_all_done, check_copies, check_nothing_lost, maildir_bytes, rows
from tests.support.needs import needed
from tests.support.strace import find, kill_child, killing, seen, stopping_after, watching
from tests.support.until import until

NAMES = ("good DR", "good PD", "unknown code", "sent once", "copy of sent once", "two From headers", "bounce")
SENT = tuple(replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in NAMES)

BYTES = r"fsync\(.*/blobs/tmp/"
LINK = r"link(at)?\(.*/blobs/tmp/"
BLOB_FOLDER = r"fsync\(\d+<.*/blobs/../..>"
COMMIT = r"f(data)?sync\(\d+<.*/mailbot\.db-wal>"
ALL_LINKED = (LINK,) * len(SENT)
MOVE = r"rename.*/\.Processed/"
ALL_MOVED = (MOVE,) * len(SENT)
REPLY = r"rename.*/replies/"
FETCH = r"sendto\(.*UID FETCH .*BODY\.PEEK\[\]"
IMAP_MOVE = (r"sendto\(.*CREATE", r"sendto\(.*UID MOVE")  # the first MOVE is answered: there is no such folder
FROM = r"sendto\(.*(?i:mail from:)"
DATA = r'sendto\(.*"(?i:data)\\r'
LETTER = (FROM, DATA, r"sendto\(")

# Of reliability.md 2.1; the call that the last pattern finds is the one that never happens.
ON_MAILDIR = {
    "C3: written, not on disk": (BYTES,),
    "C4: on disk, not linked": (LINK,),
    "C5: linked, its folder not on disk": (LINK, BLOB_FOLDER),
    "C6: some of the set durable": (LINK,) * 3,
    "C6: all durable, rows not committed": (*ALL_LINKED, COMMIT),
    "C11: rows committed, decision not": (*ALL_LINKED, COMMIT, COMMIT),
    "C8: decided, not moved": (MOVE,),
    "C9: some moved": (MOVE,) * 3,
    "C10: moved, not noted": (*ALL_MOVED, COMMIT),
    "C15: replies not claimed": (*ALL_MOVED, COMMIT, COMMIT, COMMIT),
    "C16: reply claimed, not in place": (REPLY,),
    "C18: reply in place, not noted": (REPLY, COMMIT),
    "C18: one reply noted, the next not in place": (REPLY, REPLY),
}
RECOVERED_TWICE = ("C6: some of the set durable", "C9: some moved", "C18: reply in place, not noted")
ON_SERVERS = {
    "C1: before the bytes are asked for": (FETCH,),
    "C8: before the move": IMAP_MOVE,
    "C10: moved, not noted": (*IMAP_MOVE, COMMIT),
    "C15: claimed, nothing said": (FROM,),
    "C16: before the letter": LETTER,
    "C18: letter taken, not noted": (*LETTER, COMMIT),
    "C18: one noted, the next not begun": (FROM, FROM),
}


@pytest.fixture(autouse=True)
def _strace() -> None:
    needed("strace")


# --- Maildir, SQLite, files -----------------------------------------------------------------------------------


def maildir_site(folder: Path) -> Bot:
    """A site with one Maildir that all messages have come to."""
    bot = Bot(folder=folder)
    mail = folder / "mail"
    for name in ("tmp", "new", "cur"):
        (mail / name).mkdir(parents=True)
    address, team = MAILBOXES[MAILBOX]
    table = {"name": MAILBOX, "address": address, "team": team, "source": "maildir", "path": str(mail)}
    bot.configure([table | {"activation": ACTIVATION}], replies={"transport": "files", "dir": str(folder / "replies")})
    for number, one in enumerate(SENT):
        path = mail / "new" / f"{number}.host"
        path.write_bytes(one.raw)
        os.utime(path, (one.arrived_at.timestamp(), one.arrived_at.timestamp()))
    bot.make_database()
    return bot


@pytest.fixture(scope="module")
def maildir_calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What an undisturbed poll does."""
    needed("strace")
    bot = maildir_site(tmp_path_factory.mktemp("undisturbed"))
    log = bot.folder / "strace"
    assert bot.run("poll", before=watching(log))[0] == 0, bot.log()
    return seen(log)


def to_the_end(bot: Bot) -> None:
    """Polls when the lease of what was under way has run out."""
    later = datetime.now(UTC) + timedelta(hours=1)
    bot.ask("poll", "--now", later.isoformat())


def check_maildir(bot: Bot) -> None:
    """Everything is done, every message lies in Processed once, byte for byte."""
    check_all_done(bot, SENT)
    check_nothing_lost(bot, SENT, [])
    assert maildir_bytes(bot.folder / "mail") == []
    assert sorted(maildir_bytes(bot.folder / "mail" / ".Processed")) == sorted(one.raw for one in SENT)
    letters = [path.read_bytes() for path in (bot.folder / "replies").glob("*.eml")]
    check_copies(bot, [message_from_bytes(raw)["Message-ID"] for raw in letters])


@pytest.mark.parametrize("moment", ON_MAILDIR)
def test_killed_on_a_maildir_it_goes_on_where_it_was(moment: str, maildir_calls: list[str], tmp_path: Path) -> None:
    """Right after the kill nothing is lost; after the next polls all is as if it had never been killed."""
    bot = maildir_site(tmp_path)
    code, _ = bot.run("poll", before=killing(maildir_calls, ON_MAILDIR[moment]))
    assert code in (-9, 137), bot.log()
    check_nothing_lost(bot, SENT, maildir_bytes(tmp_path / "mail"))
    to_the_end(bot)
    check_maildir(bot)
    if moment in RECOVERED_TWICE:
        before = rows(bot, "select * from history")
        bot.ask("poll")  # I7: to recover twice is to recover once
        check_maildir(bot)
        assert rows(bot, "select * from history") == before


def test_nothing_is_touched_before_what_it_rests_on_is_durable(maildir_calls: list[str]) -> None:
    """fsync(file) < link < fsync(folder) < the rows' commit < the decision's commit < the move, for every message."""
    calls = maildir_calls
    committed = find(calls, (*ALL_LINKED, COMMIT))
    decided = find(calls, (*ALL_LINKED, COMMIT, COMMIT))
    moved = find(calls, (MOVE,))
    assert committed < decided < moved
    place = -1
    for _ in SENT:
        written = place + 1 + find(calls[place + 1 :], (BYTES,))
        name = calls[written].split("/blobs/tmp/")[1].split(">")[0]
        linked = written + find(calls[written:], (LINK + name,))
        target = calls[linked].split('", "')[1].rpartition("/")[0]
        place = linked + find(calls[linked:], (rf"fsync\(\d+<{target}>",))
        assert written < linked < place < committed
    assert find(calls, (*ALL_MOVED, r"fsync\(.*/\.Processed/cur>")) < find(calls, (*ALL_MOVED, COMMIT))
    assert find(calls, (*ALL_MOVED, COMMIT)) < find(calls, (REPLY,))


# --- Dovecot and a mail server ---------------------------------------------------------------------------------


@pytest.fixture
def servers(dovecot: Dovecot, tmp_path: Path) -> Iterator[ImapSite]:
    """A site that is ready to be polled."""
    with Receiver() as receiver:
        yield make_site(tmp_path, dovecot, receiver, SENT)


@pytest.fixture(scope="module")
def server_calls(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What an undisturbed poll does."""
    needed("strace")
    with Receiver() as receiver:
        made = make_site(tmp_path_factory.mktemp("undisturbed"), dovecot, receiver, SENT)
        log = made.bot.folder / "strace"
        assert made.bot.run("poll", before=watching(log))[0] == 0, made.bot.log()
        return seen(log)


@pytest.mark.parametrize("moment", ON_SERVERS)
def test_killed_between_servers_it_goes_on_where_it_was(
    moment: str, server_calls: list[str], servers: ImapSite
) -> None:
    """Right after the kill nothing is lost; after the next polls all is as if it had never been killed."""
    code, _ = servers.bot.run("poll", before=killing(server_calls, ON_SERVERS[moment]))
    assert code in (-9, 137), servers.bot.log()
    check_nothing_lost(servers.bot, SENT, servers.folder("INBOX"))
    to_the_end(servers.bot)
    servers.check()


def test_C9_killed_when_the_move_is_done_and_its_answer_not_seen(server_calls: list[str], servers: ImapSite) -> None:
    """The messages are where they belong; the next poll finds nothing to move and that is no error."""
    killed_after(server_calls, IMAP_MOVE, servers, lambda: len(servers.folder("Processed")) == len(SENT))
    to_the_end(servers.bot)
    servers.check()


def test_C17_killed_when_the_letter_is_taken_and_its_answer_not_seen(servers: ImapSite) -> None:
    """Nobody can know whether it was taken: it goes out again with the same bytes, and that is written down."""
    servers.receiver.answer("DOT", HANG)  # it takes the letter and keeps its answer to itself
    process = servers.bot.start("poll")
    until(lambda: len(servers.receiver.taken) == 1, process)
    process.kill()
    process.communicate()
    check_nothing_lost(servers.bot, SENT, servers.folder("INBOX"))
    to_the_end(servers.bot)
    servers.check()
    taken = [each.raw for each in servers.receiver.taken]
    assert taken.count(taken[0]) == 2
    assert len(set(taken)) == len(taken) - 1


def killed_after(calls: list[str], moment: tuple[str, ...], servers: ImapSite, happened: Callable[[], bool]) -> None:
    """Has the program wait after a call, and kills it when the other side has done what it was asked."""
    process = servers.bot.start("poll", before=stopping_after(calls, moment))
    until(happened, process)
    kill_child(process)
    check_nothing_lost(servers.bot, SENT, servers.folder("INBOX"))
