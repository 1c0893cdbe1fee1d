"""What a malware scanner changes on the line of a message."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cee_mailbot.desk import release
from cee_mailbot.interfaces import Reading
from cee_mailbot.sandbox import InProcessReader
from cee_mailbot.testing import MemoryScanner
from tests.support.mails import PDF, mail, numbered
from tests.support.workshop import Workshop, check_invariants

BAD = PDF + b"% this is what the scanner finds\n"


class HeaderReader(InProcessReader):
    """A reader that tells whether anything but a header was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_whole = 0

    def read(self, raw: bytes) -> Reading:
        self.read_whole += 1
        return super().read(raw)


def scanned(folder: Path, **rules: str) -> tuple[Workshop, MemoryScanner, HeaderReader]:
    workshop = Workshop(folder, **rules)
    # The scanner of the tests sees no further than the bytes, so the mark stands in a part that is not encoded.
    scanner, reader = MemoryScanner({b"what the scanner finds": "Cee.Test.Body"}), HeaderReader()
    workshop.intake = replace(workshop.intake, scanner=scanner, reader=reader)
    return workshop, scanner, reader


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[tuple[Workshop, MemoryScanner, HeaderReader]]:
    made = scanned(tmp_path)
    yield made
    made[0].store.close()


Guarded = tuple[Workshop, MemoryScanner, HeaderReader]


def scan_of(workshop: Workshop, message: int = 1) -> object:
    with workshop.store.read() as ask:
        return ask.scan(message)


def test_malware_holds_the_whole_message_and_only_its_header_is_read(workshop: Guarded) -> None:
    shop, _, reader = workshop
    shop.receive(mail(body="this is what the scanner finds"), numbered(2))
    held, other = shop.messages()
    assert (held.status, held.reasons, held.from_) == ("held", ("malware",), "Broker <broker@filer.example>")
    assert (other.status, reader.read_whole) == ("enqueued", 1)
    assert scan_of(shop) == {"state": "malware", "detail": "Cee.Test.Body"}
    assert scan_of(shop, 2) == {"state": "clean", "detail": ""}
    assert [reply.to for reply in shop.replies()] == ["broker@filer.example"]
    check_invariants(shop)


def test_malware_that_a_person_releases_is_read_and_its_verdict_stays(workshop: Guarded) -> None:
    shop, _, _ = workshop
    shop.receive(mail(body="this is what the scanner finds"))
    release(shop.intake, 1, actor="eve")
    [item] = shop.items()
    assert item.documents == 1
    with shop.store.read() as ask:
        assert ask.story(item.tracking).evidence[0]["scan"] == {"state": "malware", "detail": "Cee.Test.Body"}


def test_not_scanned_is_flagged_and_never_taken_for_clean(workshop: Guarded) -> None:
    shop, scanner, _ = workshop
    scanner.answers = False
    shop.receive(mail())
    assert shop.items()[0].flags == ("not-scanned",)
    assert scan_of(shop) == {"state": "not-scanned", "detail": "the scanner is down"}


def test_a_site_may_hold_what_was_not_scanned(tmp_path: Path) -> None:
    shop, scanner, _ = scanned(tmp_path, unscanned="hold")
    scanner.answers = False
    shop.receive(mail())
    assert (shop.messages()[0].status, shop.messages()[0].reasons) == ("held", ("not-scanned",))
    assert shop.replies() == ()
    scanner.answers = True
    release(shop.intake, 1, actor="eve")
    assert shop.items()[0].flags == ()
    shop.store.close()


def test_without_a_scanner_nothing_is_said(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.receive(mail())
    assert (shop.items()[0].flags, scan_of(shop)) == ((), None)
    shop.store.close()
