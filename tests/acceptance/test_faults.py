"""Whatever fails around it: mail stays on the server, an error is noted, and the work resumes by itself."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.fault_proxy import Fault, faulty
from tests.servers.receiver import DROP, Receiver
from tests.support.broker_mail import Delivery, sixty
from tests.support.imap_site import MAILBOX, ImapSite, make_site
from tests.support.invariants import check_invariants, rows
from tests.support.needs import needed, small_disk
from tests.support.until import until

KINDS = ("good DR", "unknown code", "good PR")
SENT = tuple(replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in KINDS)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def error_of(site: ImapSite) -> str | None:
    """What is noted of the mailbox."""
    [(error,)] = rows(site.bot, "select error from mailbox") or [(None,)]
    return error  # type: ignore[no-any-return]


def recovers(site: ImapSite) -> None:
    """Nothing is lost now; the next pass does all that is left, and the error is gone."""
    site.check_now()
    site.go_on()
    site.check()
    assert error_of(site) is None


# --- the line to the mailbox ---------------------------------------------------------------------------------------

LINE = {
    "cut amid the listing": Fault(how="cut", at=b"INTERNALDATE"),
    "cut amid the bytes of a message (C1)": Fault(how="cut", at=b"BODY.PEEK[])", after_bytes=2500),
    "cut as MOVE was sent and not done": Fault(how="cut", at=b"UID MOVE", before=True),
    "cut when MOVE was done and its answer not seen (C9)": Fault(how="cut", at=b"UID MOVE"),
    "cut at the sign-in": Fault(how="cut", at=b"LOGIN"),
}


@pytest.mark.parametrize("fault", LINE)
def test_F79_a_line_that_is_cut(fault: str, dovecot: Dovecot, receiver: Receiver, tmp_path: Path) -> None:
    """The pass fails with a note of it; the mail that was not taken in lies where it was."""
    with faulty(dovecot.port, replace(LINE[fault])) as proxy:
        site = make_site(tmp_path, dovecot, receiver, SENT, imap_port=proxy.tcp_port)
        code, _ = site.bot.run("poll")
        assert proxy.met.is_set()
        assert code == 3, site.bot.log()
        assert MAILBOX in site.bot.log()
        assert error_of(site)
        recovers(site)


def test_F78_a_line_on_which_nothing_comes_any_more_is_given_up(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """The deadline of the pass ends the wait, since no answer would."""
    with faulty(dovecot.port, Fault(how="stall", at=b"INTERNALDATE")) as proxy:
        site = make_site(tmp_path, dovecot, receiver, SENT, imap_port=proxy.tcp_port)
        assert site.bot.run("poll", environment={"CEE_MAILBOT__POLLING__DEADLINE": "3s"})[0] == 3
        assert error_of(site)
        recovers(site)


# --- the line to the mail server -----------------------------------------------------------------------------------

STAGES = ("CONNECT", "MAIL", "RCPT", "DATA", "DOT")


@pytest.mark.parametrize("stage", STAGES)
def test_F17_not_now_is_tried_again(stage: str, dovecot: Dovecot, receiver: Receiver, tmp_path: Path) -> None:
    """A 4xx answer at any stage: the item is in the queue, and its reply goes out later, once."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    receiver.answer(stage, *["451 4.3.0 not now"] * (1 if stage == "CONNECT" else len(SENT)))
    site.bot.run("poll")
    assert rows(site.bot, "select count(*) from submission") == [(2,)]
    recovers(site)


@pytest.mark.parametrize("stage", ["RCPT", "DOT"])
def test_never_is_shown_to_staff_and_the_item_stays(
    stage: str, dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """A 5xx answer: that reply is given up at once, with the answer on record; filing is untouched."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    receiver.answer(stage, "550 5.1.1 no such user")
    site.bot.run("poll")
    states = [state for (state,) in rows(site.bot, "select state from reply order by id")]
    assert sorted(states) == ["failed", "sent", "sent"]
    assert "550 5.1.1" in rows(site.bot, "select detail from attempt where state = 'failed'")[0][0]
    assert rows(site.bot, "select count(*) from submission where state = 'new'") == [(2,)]
    check_invariants(site.bot, site.taken(), orphans=False)


def test_cut_after_the_last_dot_it_is_sent_again_and_marked(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """Taken or not, nobody knows (C17): the same bytes once more, and the doubt on record."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    receiver.answer("DOT", DROP)
    site.bot.run("poll")
    assert rows(site.bot, "select count(*) from attempt where state = 'uncertain'") == [(1,)]
    recovers(site)
    raws = [one.raw for one in receiver.taken]
    assert (len(raws), len(set(raws))) == (4, 3)


# --- the disk and the database -------------------------------------------------------------------------------------


def test_a_full_disk_stops_intake_and_nothing_else(dovecot: Dovecot, receiver: Receiver, tmp_path: Path) -> None:
    """While blobs have no room mail stays on the server, the queue can be read, and when there is room it goes on."""
    with small_disk(tmp_path / "blobs", "1m") as disk:
        reserve = {"disk_reserve": "40KB"}
        site = make_site(tmp_path, dovecot, receiver, SENT, alarms=reserve)
        with (disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                try:
                    ballast.write(b"x" * 4096)
                except OSError:
                    break
        assert site.bot.run("poll")[0] == 3
        assert "free for blobs" in (error_of(site) or ""), site.bot.log()
        assert site.bot.ask("queue", "list") == []
        assert len(site.folder("INBOX")) == len(SENT)
        (disk / "ballast").unlink()
        recovers(site)


INJECTED = {
    "fsync of a blob fails": ("fsync", "error=EIO:when=1"),
    "a blob can't get its name": ("link,linkat", "error=EIO:when=1"),
}


@pytest.mark.parametrize("fault", INJECTED)
def test_what_the_disk_did_not_take_is_not_acknowledged(
    fault: str, dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """After a failed fsync nobody knows what is on the disk: the message stays, and is fetched and written anew."""
    needed("strace")
    site = make_site(tmp_path, dovecot, receiver, SENT)
    calls, inject = INJECTED[fault]
    code, _ = site.bot.run(
        "poll", before=["strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{inject}"]
    )
    assert code != 0
    assert len(site.folder("INBOX")) == len(SENT)
    recovers(site)


def test_a_locked_database_means_no_move(dovecot: Dovecot, receiver: Receiver, tmp_path: Path) -> None:
    """Somebody holds the database for longer than anyone waits: nothing is moved, nothing is half done."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    with closing(sqlite3.connect(site.bot.database, isolation_level=None)) as other:
        other.execute("begin exclusive")
        assert site.bot.run("poll")[0] == 3, site.bot.log()
        assert len(site.folder("INBOX")) == len(SENT)
        other.execute("rollback")
    recovers(site)


@pytest.mark.parametrize("jump", ["-3d", "+3d"])
def test_F47_a_clock_that_jumps_moves_no_presentation_time(
    jump: str, dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """A pass with a wrong clock, then one with the right one: times come from the evidence, and no work is lost."""
    needed("faketime")
    site = make_site(tmp_path, dovecot, receiver, SENT)
    assert site.bot.run("poll", before=["faketime", "-f", jump])[0] == 0, site.bot.log()
    site.bot.ask("poll", "--now", (datetime.now(UTC) + timedelta(days=4)).isoformat())
    site.check()


# --- the mailbox under its feet ---------------------------------------------------------------------------------------


def test_F13_a_folder_made_anew_brings_nothing_twice_and_nothing_new_is_missed(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """UIDVALIDITY changes, UIDs are given again, old mail is put back: it is known by its content."""
    site = make_site(tmp_path, dovecot, receiver, (), mailbox={"folder": "Intake"})
    fill(site, SENT[:2])
    site.bot.ask("poll")
    with dovecot.client(site.user) as client:
        client.delete_folder("Intake")
    fill(site, SENT)
    site.bot.ask("poll")
    assert rows(site.bot, "select count(*) from submission") == [(2,)]
    statuses = [status for (status,) in rows(site.bot, "select status from message order by id")]
    assert statuses.count("duplicate") == 2
    assert len(statuses) == 5
    check_invariants(site.bot, site.taken(), orphans=False)


def fill(site: ImapSite, sent: tuple[Delivery, ...]) -> None:
    with site.dovecot.client(site.user) as client:
        client.create_folder("Intake")
        for one in sent:
            client.append("Intake", one.raw, msg_time=one.arrived_at)


def test_a_message_that_a_person_moves_back_is_not_filed_twice(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    site = make_site(tmp_path, dovecot, receiver, SENT)
    site.bot.ask("poll")
    with dovecot.client(site.user) as client:
        client.select_folder("Processed")
        client.move(client.search("ALL"), "INBOX")
    site.bot.ask("poll")
    assert rows(site.bot, "select count(*) from submission") == [(2,)]
    assert rows(site.bot, "select count(*) from message where status = 'duplicate'") == [(3,)]
    assert len(receiver.taken) == 3
    assert site.folder("INBOX") == []


def test_a_missing_folder_is_named_and_its_return_is_enough(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    site = make_site(tmp_path, dovecot, receiver, (), mailbox={"folder": "Intake"})
    assert site.bot.run("poll")[0] == 3
    assert "Intake" in (error_of(site) or "")
    fill(site, SENT[:1])
    site.bot.ask("poll")
    assert error_of(site) is None
    assert rows(site.bot, "select count(*) from submission") == [(1,)]


# --- two at once -----------------------------------------------------------------------------------------------------


def test_F24_two_pollers_on_one_mailbox_file_once(dovecot: Dovecot, receiver: Receiver, tmp_path: Path) -> None:
    """Started together: one polls, the other lets it, or both have their turn; all is done once."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    both = [site.bot.start("poll") for _ in range(2)]
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode in (0, 3)
    site.go_on()
    site.check()


def test_a_poller_that_is_stopped_past_its_lease_and_continued_changes_nothing(
    dovecot: Dovecot, receiver: Receiver, tmp_path: Path
) -> None:
    """SIGSTOP amid a pass, an hour goes by, another finishes the work, SIGCONT: the first one's commits are refused."""
    with faulty(dovecot.port, Fault(how="delay", seconds=3, at=b"BODY.PEEK[])", before=True)) as proxy:
        site = make_site(tmp_path, dovecot, receiver, SENT, imap_port=proxy.tcp_port)
        first = site.bot.start("poll")
        until(proxy.met.is_set, first)
        first.send_signal(signal.SIGSTOP)
        assert site.bot.run("poll")[0] == 3, "while it may still be at work, nobody else is"
        site.go_on()
        site.check()
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)
    assert first.returncode == 3
    assert "took over mailbox" in site.bot.log()
    site.check()


def test_every_letter_that_left_is_on_record(dovecot: Dovecot, receiver: Receiver, tmp_path: Path) -> None:
    """The mail server goes away amid sending and comes back: each reply arrives, none is new to the outbox."""
    site = make_site(tmp_path, dovecot, receiver, SENT)
    receiver.answer("MAIL", DROP)
    site.bot.run("poll")
    recovers(site)
    known = {message_id for (message_id,) in rows(site.bot, "select message_id from reply")}
    assert {message_from_bytes(one.raw)["Message-ID"] for one in receiver.taken} == known
