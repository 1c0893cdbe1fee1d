import pytest

from cee_mailbot.testing import MemoryScanner
from tests.contract.scanner_contract import BODY, NAME, ScannerContract


class MemoryGuard:
    def __init__(self) -> None:
        self.largest = 1_000_000
        self.scanner = MemoryScanner({BODY: NAME}, largest=self.largest)

    def break_off(self) -> None:
        self.scanner.answers = False


class TestMemoryScanner(ScannerContract):
    @pytest.fixture
    def guard(self) -> MemoryGuard:
        return MemoryGuard()
