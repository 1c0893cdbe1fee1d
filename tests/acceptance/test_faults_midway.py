"""What happens between two steps: people at work in the mailbox, rights and room that end, answers that never come."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot, start_or_skip
from tests.servers.fault_proxy import Fault, faulty
from tests.servers.receiver import HANG, Receiver
from tests.support.broker_mail import Delivery, sixty
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import check_all_done, check_invariants, rows
from tests.support.needs import small_disk
from tests.support.until import until

KINDS = ("good DR", "unknown code", "good PR")
SENT = tuple(replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in KINDS)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def strict_dovecot() -> Iterator[Dovecot]:
    """A server with access control lists."""
    more = "mail_plugins = quota acl\nplugin {\n  acl = vfile\n}\n"
    yield from start_or_skip(Dovecot(more=more))


def error_of(site: ImapSite) -> str | None:
    """What is noted of the mailbox."""
    [(error,)] = rows(site.bot, "select error from mailbox") or [(None,)]
    return error  # type: ignore[no-any-return]


def recovers(site: ImapSite, processed: str = "Processed") -> None:
    """Nothing is lost now; the next pass does all that is left, and the error is gone."""
    site.check_now()
    site.go_on()
    site.check(processed)
    assert error_of(site) is None


# --- people ---------------------------------------------------------------------------------------------------


def test_a_message_that_a_person_expunges_between_listing_and_fetch_is_no_error(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """It was theirs to delete; the others are taken in."""
    with faulty(dovecot.port, Fault(how="hold", at=b"BODY.PEEK[]", before=True)) as proxy:
        site = make_site(tmp_path, dovecot, receiver, SENT, imap_port=proxy.tcp_port)
        process = site.bot.start("poll")
        until(proxy.met.is_set, process)
        expunge(site, SENT[0])
        proxy.go_on.set()
        process.communicate(timeout=120)
        assert process.returncode == 0, site.bot.log()
        assert error_of(site) is None
        site.go_on()
        replace(site, sent=SENT[1:]).check()


def expunge(site: ImapSite, one: Delivery) -> None:
    with site.dovecot.client(site.user) as client:
        client.select_folder("INBOX")
        said = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
        [uid] = [uid for uid, parts in said.items() if parts[b"BODY[]"] == one.raw]
        client.delete_messages([uid])
        client.expunge()


# --- rights and room in the mailbox ---------------------------------------------------------------------------


def test_rights_that_were_lost_leave_mail_where_it_is_until_they_are_back(
    strict_dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """The folder can be read and no longer changed: mail is filed and answered, stays, and the error says why."""
    site = make_site(tmp_path, strict_dovecot, receiver, SENT)
    rights = strict_dovecot.folder_of(site.user) / "dovecot-acl"
    rights.write_text("owner lrs\n")
    assert site.bot.run("poll")[0] == 3, site.bot.log()
    assert error_of(site)
    assert len(site.folder("INBOX")) == len(SENT)
    check_invariants(site.bot, site.taken(), orphans=False)
    rights.unlink()
    recovers(site)


def test_a_folder_that_may_not_be_read_is_an_error_and_its_mail_comes_when_it_may(
    strict_dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    site = make_site(tmp_path, strict_dovecot, receiver, SENT)
    rights = strict_dovecot.folder_of(site.user) / "dovecot-acl"
    rights.write_text("owner l\n")
    assert site.bot.run("poll")[0] == 3, site.bot.log()
    assert error_of(site)
    assert rows(site.bot, "select count(*) from message") == [(0,)]
    rights.unlink()
    recovers(site)


def test_over_quota_at_the_move_all_is_filed_and_answered_and_moved_when_there_is_room(
    old_dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """A server without MOVE needs room for the copy; without it mail stays, and is not filed twice."""
    site = make_site(tmp_path, old_dovecot, receiver, SENT)
    weight = sum(len(one.raw) for one in SENT)
    old_dovecot.add_user(site.user, quota=f"*:bytes={weight + 10}")
    for _ in range(2):
        assert site.bot.run("poll")[0] == 3, site.bot.log()
        assert "over quota" in (error_of(site) or ""), site.bot.log()
        assert len(site.folder("INBOX")) == len(SENT)
        assert rows(site.bot, "select count(*) from submission") == [(2,)]
        check_invariants(site.bot, site.taken(), orphans=False)
    old_dovecot.add_user(site.user, quota="*:bytes=100M")
    recovers(site, "INBOX.Processed")


# --- room for the database --------------------------------------------------------------------------------------


def fill(disk: Path) -> Path:
    """Takes all room but what is taken already."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            try:
                ballast.write(b"x" * 4096)
            except OSError:
                return disk / "ballast"


def test_a_full_disk_of_the_database_alone_moves_nothing_and_the_queue_can_be_read(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """Neither the database nor its log can grow, blobs can: nothing is acknowledged until there is room."""
    with small_disk(tmp_path / "disk", "3m") as disk:
        (tmp_path / "mailbot.db").symlink_to(disk / "mailbot.db")
        site = make_site(tmp_path, dovecot, receiver, SENT)
        with closing(sqlite3.connect(disk / "mailbot.db")) as other:  # as `run` has it open all the time
            other.execute("select count(*) from message").fetchall()
            ballast = fill(disk)
            assert site.bot.run("poll")[0] == 3, site.bot.log()
            assert "disk" in site.bot.log()
            assert len(site.folder("INBOX")) == len(SENT)
            assert site.bot.ask("queue", "list") == []
            assert receiver.taken == []
        ballast.unlink()
        recovers(site)


# --- lines -------------------------------------------------------------------------------------------------------


def test_idle_that_is_cut_is_taken_up_again_and_tells_of_mail(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """Polls come once an hour here: only a watcher that listens again can know of the mail."""
    with faulty(dovecot.port, Fault(how="cut", at=b"IDLE")) as proxy:
        site = make_site(tmp_path, dovecot, receiver, (), imap_port=proxy.tcp_port, polling={"interval": "1h"})
        process = site.bot.start("run", "--no-web")
        try:
            until(proxy.met.is_set, process)
            for one in SENT:
                site.deliver(one)
            until(lambda: len(receiver.taken) == len(SENT), process)
            until(lambda: rows(site.bot, "select count(*) from reply where state != 'sent'") == [(0,)], process)
        finally:
            process.terminate()
            process.communicate(timeout=120)
    check_all_done(site.bot, SENT)


def test_no_answer_after_the_last_dot_ends_by_the_clock_and_is_marked(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """The line stays open and silent (C17): after `letter_timeout` it is in doubt, and the same bytes go out again."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    receiver.answer("DOT", HANG)
    site.bot.run("poll", environment={"CEE_MAILBOT__REPLIES__LETTER_TIMEOUT": "5s"})
    assert rows(site.bot, "select count(*) from attempt where state = 'uncertain'") == [(1,)]
    recovers(site)
    raws = [one.raw for one in receiver.taken]
    assert (len(raws), len(set(raws))) == (4, 3)


def test_no_answer_before_the_letter_ends_by_the_clock_and_is_no_doubt(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """After `answer_timeout` the reply is tried again later; the server took nothing, and nothing goes out twice."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    receiver.answer("RCPT", HANG)
    site.bot.run("poll", environment={"CEE_MAILBOT__REPLIES__ANSWER_TIMEOUT": "5s"})
    assert rows(site.bot, "select state from attempt where state != 'sent'")
    assert rows(site.bot, "select count(*) from attempt where state = 'uncertain'") == [(0,)]
    recovers(site)
    assert len(receiver.taken) == len(SENT)
