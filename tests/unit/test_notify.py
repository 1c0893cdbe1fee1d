"""What systemd is told: nothing without it, and its watchdog is fed only while no mailbox hangs."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from cee_mailbot.notify import Watchdog, notify


def test_without_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


@pytest.mark.parametrize("abstract", [False, True])
def test_lines_go_to_the_socket_that_systemd_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, abstract: bool
) -> None:
    name = f"@cee-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name[1:] if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        assert notify("READY=1", "STATUS=polling")
        assert systemd.recv(100) == b"READY=1\nSTATUS=polling"


def test_a_socket_that_is_gone_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify("WATCHDOG=1")


def test_f77_the_watchdog_is_fed_by_polls_that_end_as_long_as_none_hangs() -> None:
    now = [0.0]
    watchdog = Watchdog(["a", "b"], longest=timedelta(seconds=100), monotonic=lambda: now[0])
    assert watchdog.poll_ended("a")
    now[0] = 100.0
    assert watchdog.poll_ended("a")
    now[0] = 101.0
    assert not watchdog.poll_ended("a")
    assert watchdog.poll_ended("b")
