import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cee_mailbot.scanner import ClamdScanner, ClamdSettings
from tests.contract.scanner_contract import BODY, NAME, ScannerContract
from tests.servers.clamd import LARGEST, Clamd
from tests.support.containers import zipped


class ClamdGuard:
    """clamd is one for all tests; to break off is to look where nobody listens."""

    def __init__(self, clamd: Clamd, settings: ClamdSettings) -> None:
        self._nowhere = clamd.settings(tcp_port=clamd.closed_port)
        self.largest = LARGEST
        self.scanner = ClamdScanner(settings)

    def break_off(self) -> None:
        self.scanner = ClamdScanner(self._nowhere)


class TestClamdOverTcp(ScannerContract):
    @pytest.fixture
    def guard(self, clamd: Clamd) -> ClamdGuard:
        return ClamdGuard(clamd, clamd.settings())

    def test_malware_is_found_within_an_attachment_and_within_a_zip_in_one(self, guard: ClamdGuard) -> None:
        head = b"MIME-Version: 1.0\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        for content in (BODY, zipped({"a.txt": BODY})):
            assert NAME in guard.scanner.scan(head + base64.encodebytes(content)).detail


class TestClamdOverASocket(ScannerContract):
    @pytest.fixture
    def guard(self, clamd: Clamd) -> ClamdGuard:
        return ClamdGuard(clamd, clamd.settings(socket=clamd.socket))


@pytest.fixture
def mute(tmp_path: Path) -> Iterator[Path]:
    """A socket on which somebody listens who never says anything."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "mute"))
        listener.listen()
        yield tmp_path / "mute"


def test_F78_a_scanner_that_never_answers_is_given_up(mute: Path) -> None:
    scanner = ClamdScanner(ClamdSettings(socket=mute, timeout=0.2))
    assert scanner.scan(b"x").state == "not-scanned"
