"""`run` under a service manager: what it tells, what it serves, and that it ends when it is told to, whatever hangs."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Semaphore, Thread
from typing import Any
from urllib.request import urlopen

import pytest

from tests.support.bot import TIME_LIMIT, Bot
from tests.support.mails import numbered

MAILBOX = {"name": "electronics", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007"}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return Bot(folder=tmp_path)


@contextmanager
def running(bot: Bot, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with (bot.folder / "log").open("a") as log:
        process = subprocess.Popen(
            bot.command("run"), cwd=bot.folder, env=os.environ | environment, stdout=log, stderr=log, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configure(bot: Bot, mailbox: dict[str, Any], **tables: dict[str, Any]) -> None:
    bot.configure([{**MAILBOX, **mailbox}], replies={"transport": "files", "dir": str(bot.folder / "sent")}, **tables)


def test_systemd_hears_of_readiness_polls_and_the_end_and_health_is_served(bot: Bot) -> None:
    port = free_port()
    configure(bot, {"source": "maildir", "path": "mail"}, monitoring={"tcp_port": port}, web={"tcp_port": free_port()})
    (bot.folder / "mail" / "new" / "1.host").write_bytes(numbered(1))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(bot.folder / "notify"))
        systemd.settimeout(TIME_LIMIT)
        with running(bot, NOTIFY_SOCKET=str(bot.folder / "notify")) as process:
            assert systemd.recv(100) == b"READY=1"
            assert systemd.recv(100) == b"WATCHDOG=1"
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=TIME_LIMIT) as answer:
                assert answer.status == 200
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TIME_LIMIT) as answer:
                assert b'cee_mailbot_messages{mailbox="electronics",outcome="' in answer.read()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=TIME_LIMIT) == 0, bot.log()
            assert systemd.recv(100) == b"STOPPING=1"
    assert bot.ask("audit", "verify")["ok"]


class HangsAtSignIn(StreamRequestHandler):
    """Says what it can do, and takes names and passwords without ever answering."""

    asked = Semaphore(0)

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, command = line.partition(b" ")
            if command.startswith(b"CAPABILITY"):
                self.wfile.write(b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n" + tag + b" OK done\r\n")
            else:
                self.asked.release()


class Silent(ThreadingTCPServer):
    daemon_threads = True


def test_f86_servers_that_hang_do_not_keep_the_daemon_from_ending(bot: Bot) -> None:
    """Polls and watchers of three mailboxes wait for answers, each for a minute."""
    with Silent(("127.0.0.1", 0), HangsAtSignIn) as silent:
        Thread(target=silent.serve_forever, daemon=True).start()
        place = {"host": "127.0.0.1", "tcp_port": silent.server_address[1], "tls": "none"}
        boxes = [
            {
                "name": name,
                "address": f"CEE-{name}@cbp.dhs.gov",
                "team": team,
                "source": "imap",
                "user": name,
                "password": "x",
                **place,
            }
            for name, team in (("one", "007"), ("two", "003"), ("three", "001"))
        ]
        web = {"tcp_port": free_port()}
        bot.configure(boxes, replies={"transport": "files", "dir": str(bot.folder / "sent")}, web=web)
        with running(bot) as process:
            for _ in range(2 * len(boxes)):
                assert HangsAtSignIn.asked.acquire(timeout=TIME_LIMIT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=TIME_LIMIT) == 0, bot.log()
        silent.shutdown()
    # It has not waited until the servers were given up.
    assert "ending amid what is under way" in bot.log()
    assert "the poll failed" not in bot.log()
