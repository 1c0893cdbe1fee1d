"""New mail wakes the poll as it comes; a lost connection is opened again, and nothing rests on it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.config import ConfigError
from cee_mailbot.sources import imap_idle
from cee_mailbot.sources.imap_idle import ImapWatcher
from cee_mailbot.sources.imap_waiting import Idle
from tests.contract.source_contract import message
from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.servers.scripted_imap import CLOSE, scripted_imap
from tests.support.broker_mail import Post
from tests.support.imap_site import MAILBOX, make_site
from tests.support.until import until

PATIENCE = 180
OFFERS = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE MOVE\r\n{tag} OK x\r\n", b"LOGIN": b"{tag} OK x\r\n"}
_numbers = count()


@contextmanager
def watching(watcher: ImapWatcher) -> Iterator[threading.Semaphore]:
    """A watcher at work, and how often it woke somebody; it ends when it is told to."""
    stop, woken = threading.Event(), threading.Semaphore(0)
    thread = threading.Thread(target=watcher.watch, args=(stop, woken.release))
    thread.start()
    try:
        yield woken
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    name = f"idle{next(_numbers)}"
    dovecot.add_user(name)
    return name


def test_F20_new_mail_wakes_and_so_does_the_connection_itself(dovecot: Dovecot, user: str) -> None:
    """On whatever folder; what came before anybody listened counts too."""
    with dovecot.client(user) as client:
        client.create_folder("Intake")
    with watching(ImapWatcher(dovecot.settings(user, folder="Intake"))) as woken:
        assert woken.acquire(timeout=PATIENCE), "on connecting"
        for number in range(2):
            dovecot.append(user, message(number), folder="Intake")
            assert woken.acquire(timeout=PATIENCE)


def test_F77_idle_is_begun_anew_before_the_server_takes_the_client_for_gone() -> None:
    """Within 29 minutes; what the server says at the end of one counts, on one and the same connection."""
    assert imap_idle.RENEWED_AFTER < 29 * 60
    script = {**OFFERS, b"IDLE": b"+ idling\r\n", b"DONE": b"* 3 EXISTS\r\nIDLE OK x\r\n"}
    with scripted_imap(script) as server, watching(ImapWatcher(server.settings(), renewed_after=0.01)) as woken:
        for _ in range(4):  # on connecting, and by three that were ended
            assert woken.acquire(timeout=PATIENCE)
    assert server.seen.count(b"IDLE IDLE\r\n") >= 3
    assert sum(b"LOGIN" in line for line in server.seen) == 1


def test_idle_that_is_begun_anew_hears_of_mail_all_the_same(dovecot: Dovecot, user: str) -> None:
    with watching(ImapWatcher(dovecot.settings(user), renewed_after=0.1)) as woken:
        assert woken.acquire(timeout=PATIENCE)
        for number in range(3):
            dovecot.append(user, message(number))
            assert woken.acquire(timeout=PATIENCE)
    assert dovecot.log().count(f"imap-login: Info: Login: user=<{user}>") == 4  # three of them put the mail there


def test_mail_is_heard_of_over_tls(dovecot: Dovecot, user: str) -> None:
    """What TLS keeps to itself, where no socket shows it, is heard too."""
    secure = {"tls": "implicit", "tcp_port": dovecot.tls_port, "ca_file": dovecot.authority}
    with watching(ImapWatcher(dovecot.settings(user, **secure))) as woken:
        assert woken.acquire(timeout=PATIENCE)
        dovecot.append(user, message(1))
        assert woken.acquire(timeout=PATIENCE)


def test_a_lost_connection_is_opened_again(dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came in between is not missed: to be connected again is a reason to look."""
    monkeypatch.setattr(imap_idle, "_SHORTEST_PAUSE", 0.01)
    opened: list[Any] = []
    connect = imap_idle.Connection

    def remembered(settings: Any) -> Any:
        opened.append(connect(settings))
        return opened[-1]

    monkeypatch.setattr(imap_idle, "Connection", remembered)
    with watching(ImapWatcher(dovecot.settings(user))) as woken:
        assert woken.acquire(timeout=PATIENCE)
        opened[0]._client.socket().shutdown(2)
        assert woken.acquire(timeout=PATIENCE)
        assert len(opened) == 2


def test_a_password_that_can_not_be_read_yet_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_idle, "pause_after", lambda *_: 0.0)
    stop, asked = threading.Event(), count(1)

    def password() -> str:
        if next(asked) == 2:
            stop.set()
        raise ConfigError(["file cee: can't be read; create it, readable by this user"])

    with scripted_imap(OFFERS) as server:
        ImapWatcher(replace(server.settings(), password=password)).watch(stop, lambda: None)
    assert next(asked) == 3


def test_a_server_without_idle_is_left_to_the_polls(caplog: pytest.LogCaptureFixture) -> None:
    with scripted_imap({}) as server:
        ImapWatcher(server.settings()).watch(threading.Event(), lambda: None)
    assert "offers no IDLE" in caplog.text


@pytest.mark.parametrize("last_words", [b"", b"+ idling\r\n", b"+ idling\r\n* BYE x\r\n", b"IDLE NO not now\r\n"])
def test_a_server_that_hangs_up_at_once_is_not_called_in_a_loop(
    last_words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before or amid IDLE: the end of the connection is seen at once, and each pause is longer than the one before."""
    pauses: list[float] = []
    stop = threading.Event()

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 6:
            stop.set()
        return True

    monkeypatch.setattr(stop, "wait", wait)
    monkeypatch.setattr("random.uniform", lambda _low, _high: 1.0)
    with scripted_imap({**OFFERS, b"IDLE": last_words + CLOSE}) as server:
        ImapWatcher(server.settings()).watch(stop, lambda: None)
    assert pauses == [4.0, 8.0, 16.0, 32.0, 64.0, 128.0]


@contextmanager
def idling() -> Iterator[tuple[Idle, socket.socket]]:
    """An IDLE that has been asked for, and the server's end of its connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        idle = Idle(ours, patience=0.2)
        assert theirs.recv(100) == b"IDLE IDLE\r\n"
        yield idle, theirs


@pytest.mark.parametrize("said", [b"+ idling\r\n* 3 EXISTS\r\n", b"* 3 EXISTS\r\n+ idling\r\n", b"+\r\n* 1 recent\r\n"])
def test_what_comes_in_one_packet_with_the_answer_to_idle_is_heard(said: bytes) -> None:
    """A message that came while the last poll went on is told of as soon as IDLE begins."""
    with idling() as (idle, server):
        server.sendall(said)
        assert idle.tells_of_mail(PATIENCE)
        assert not idle.tells_of_mail(0.01)


def test_half_a_line_is_neither_lost_nor_the_end() -> None:
    with idling() as (idle, server):
        for piece, told in ((b"+ idling\r\n* 3 EX", False), (b"ISTS\r", False), (b"\n* 3 EXPUNGE\r\n", True)):
            server.sendall(piece)
            assert idle.tells_of_mail(PATIENCE) == told
        server.sendall(b"* 3 EXPUNGE\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* OK Still here\r\n")
        assert not idle.tells_of_mail(PATIENCE)


def test_idle_that_has_ended_tells_of_what_came_meanwhile() -> None:
    with idling() as (idle, server):
        server.sendall(b"* 4 EXISTS\r\nIDLE OK done\r\n")
        assert idle.end()
        assert server.recv(100) == b"DONE\r\n"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"IDLE NO [UNAVAILABLE] not now\r\n", "ended IDLE: IDLE NO"),
        (b"* " + b"x" * 100_000, "without end"),
        (b"", "closed the connection"),
    ],
)
def test_a_server_that_will_not_idle_is_an_error_and_no_silence(said: bytes, error: str) -> None:
    with idling() as (idle, server):
        server.sendall(said)
        server.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError, match=error):
            any(idle.tells_of_mail(PATIENCE) for _ in range(100))


def test_a_server_that_does_not_end_idle_is_given_up() -> None:
    with idling() as (idle, server):
        server.sendall(b"* OK Still here\r\n")
        with pytest.raises(TimeoutError, match="does not end IDLE"):
            idle.end()


def test_run_takes_new_mail_in_as_it_comes(dovecot: Dovecot, tmp_path: Path) -> None:
    """The next poll is a day away; the acknowledgement comes all the same."""
    post = Post(count=700)
    with Receiver() as receiver:
        site = make_site(tmp_path, dovecot, receiver, [], polling={"interval": "1d"})
        process = site.bot.start("run", "--no-web")  # others may serve the page on its TCP port at this moment
        try:
            until(lambda: f"user=<{site.user}>" in dovecot.log(), process, seconds=PATIENCE)
            for number in range(2):
                site.deliver(post.write(f"mail {number}", mailbox=MAILBOX))
                until(lambda number=number: len(receiver.taken) == number + 1, process, seconds=PATIENCE)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
