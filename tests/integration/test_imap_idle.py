"""New mail wakes the poll as it comes; a lost connection is opened again, and nothing rests on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.sources import imap_idle
from cee_mailbot.sources.imap_idle import ImapWatcher
from tests.contract.source_contract import message
from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.servers.scripted_imap import CLOSE, scripted_imap
from tests.support.broker_mail import Post
from tests.support.imap_site import MAILBOX, make_site
from tests.support.until import until

PATIENCE = 180
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


def test_F77_idle_is_begun_anew_before_the_server_takes_the_client_for_gone(dovecot: Dovecot, user: str) -> None:
    """Renewed every tenth of a second it still hears of mail, on one and the same connection."""
    with watching(ImapWatcher(dovecot.settings(user), renewed_after=0.1)) as woken:
        assert woken.acquire(timeout=PATIENCE)
        for number in range(3):
            dovecot.append(user, message(number))
            assert woken.acquire(timeout=PATIENCE)
    assert imap_idle.RENEWED_AFTER < 29 * 60
    assert dovecot.log().count(f"imap-login: Info: Login: user=<{user}>") == 4  # three of them put the mail there


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


def test_a_server_without_idle_is_left_to_the_polls(caplog: pytest.LogCaptureFixture) -> None:
    with scripted_imap({}) as server:
        ImapWatcher(server.settings()).watch(threading.Event(), lambda: None)
    assert "offers no IDLE" in caplog.text


def test_a_server_that_hangs_up_at_once_is_not_called_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pause is longer than the one before."""
    pauses: list[float] = []
    stop = threading.Event()

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 6:
            stop.set()
        return True

    monkeypatch.setattr(stop, "wait", wait)
    monkeypatch.setattr("random.uniform", lambda _low, _high: 1.0)
    offers = b"* CAPABILITY IMAP4rev1 IDLE MOVE\r\n{tag} OK x\r\n"
    with scripted_imap({b"CAPABILITY": offers, b"LOGIN": b"{tag} OK x\r\n", b"IDLE": CLOSE}) as server:
        ImapWatcher(server.settings()).watch(stop, lambda: None)
    assert pauses == [4.0, 8.0, 16.0, 32.0, 64.0, 128.0]


def test_run_takes_new_mail_in_as_it_comes(dovecot: Dovecot, tmp_path: Path) -> None:
    """The next poll is a day away; the acknowledgement comes all the same."""
    post = Post(count=700)
    with Receiver() as receiver:
        site = make_site(tmp_path, dovecot, receiver, [], polling={"interval": "1d"})
        process = site.bot.start("run")
        try:
            until(lambda: f"user=<{site.user}>" in dovecot.log(), process)
            for number in range(2):
                site.deliver(post.write(f"mail {number}", mailbox=MAILBOX))
                until(lambda number=number: len(receiver.taken) == number + 1, process)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
