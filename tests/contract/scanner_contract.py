"""What every `Scanner` must do; each implementation inherits this suite and brings a `Guard`."""

from typing import Protocol

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.interfaces import Scanner

# What the guard's scanner knows as malware, and the name it has for it.
BODY, NAME = b"this text is the test body that is found", "Cee.Test.Body"


class Guard(Protocol):
    """A scanner under test that takes messages of up to `largest` bytes."""

    scanner: Scanner
    largest: int

    def break_off(self) -> None:
        """What the scanner stands on stops working."""


class ScannerContract:
    """The promises of `Scanner`."""

    def test_check_says_what_scans(self, guard: Guard) -> None:
        assert guard.scanner.check()

    @pytest.mark.parametrize("raw", [b"", b"Subject: papers\r\n\r\nHello", b"\x00\xff" * 70_000])
    def test_a_harmless_message_is_clean(self, guard: Guard, raw: bytes) -> None:
        assert guard.scanner.scan(raw).state == "clean"

    @pytest.mark.parametrize("raw", [BODY, b"Subject: x\r\n\r\n" + BODY, b"x" * 200_000 + BODY])
    def test_malware_is_named(self, guard: Guard, raw: bytes) -> None:
        verdict = guard.scanner.scan(raw)
        assert (verdict.state, NAME in verdict.detail) == ("malware", True)

    def test_what_is_too_large_for_it_is_not_scanned_and_not_clean(self, guard: Guard) -> None:
        verdict = guard.scanner.scan(b"x" * (guard.largest + 1))
        assert verdict.state == "not-scanned"
        assert verdict.detail

    def test_without_the_scanner_nothing_is_clean(self, guard: Guard) -> None:
        guard.break_off()
        verdict = guard.scanner.scan(b"Subject: papers\r\n\r\nHello")
        assert (verdict.state, bool(verdict.detail)) == ("not-scanned", True)
        with pytest.raises(UnreachableError):
            guard.scanner.check()
