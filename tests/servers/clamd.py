"""A private clamd on a loopback port and a local socket, with a signature of our own and no download."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.scanner import ClamdScanner, ClamdSettings
from tests.contract.scanner_contract import BODY, NAME
from tests.support.needs import needed

LARGEST = 2_000_000
_STARTS_WITHIN = 60

_CONFIGURATION = """
Foreground yes
DatabaseDirectory {base}/db
OfficialDatabaseOnly no
LocalSocket {base}/socket
TCPSocket {port}
TCPAddr 127.0.0.1
StreamMaxLength {largest}
AlertExceedsMax yes
LogFile {base}/log
"""


class Clamd:
    """A clamd of one's own, on `port` of 127.0.0.1 and on `socket`; nobody listens on `closed_port`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._base = Path()
        self.port = 0
        self.closed_port = 0
        self.socket = Path()

    def start(self) -> None:
        """Starts it and returns when it answers."""
        self._base = Path(tempfile.mkdtemp(prefix="cee-clamd-"))
        self.socket = self._base / "socket"
        (self._base / "db").mkdir()
        (self._base / "db" / "cee.ndb").write_text(f"{NAME}:0:*:{BODY.hex()}\n", encoding="ascii")
        self.port, self.closed_port = _free_ports(2)
        page = _CONFIGURATION.format(base=self._base, port=self.port, largest=LARGEST)
        (self._base / "clamd.conf").write_text(page, encoding="ascii")
        command = [needed("clamd", "clamav-daemon"), "--config-file", str(self._base / "clamd.conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def stop(self) -> None:
        """Stops it and removes what it wrote."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
        shutil.rmtree(self._base, ignore_errors=True)

    def settings(self, **changes: Any) -> ClamdSettings:
        """How to reach it."""
        return ClamdSettings(**{"tcp_port": self.port, **changes})

    def _wait(self) -> None:
        end = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                ClamdScanner(self.settings()).check()
            except UnreachableError:
                if self._process is None or self._process.poll() is not None or time.monotonic() > end:
                    log = self._base / "log"
                    raise RuntimeError("clamd did not start: " + (log.read_text() if log.exists() else "")) from None
                time.sleep(0.05)
            else:
                return


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """A clamd for all tests; without one they are skipped, under CI they fail."""
    needed("clamd", "clamav-daemon")
    server = Clamd()
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
