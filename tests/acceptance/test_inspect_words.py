"""What `inspect` tells people: true, without a word twice, and under the rules of the mailbox that was written to."""

import json
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot import operations
from cee_mailbot.cli import main
from cee_mailbot.testing import MemoryScanner
from tests.acceptance.case_runner import FIXTURES
from tests.support.written_site import write_site


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration lies about."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CEE_MAILBOT_CONFIG", raising=False)


def told(case: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What is said of the first message of a case."""
    assert main(["inspect", str(FIXTURES / case / "1.eml"), *options]) == 0
    return capsys.readouterr().out


def test_a_fragment_is_no_part_of_a_set(capsys: pytest.CaptureFixture[str]) -> None:
    """It is in no queue, and nobody is told of it."""
    story = told("a-fragment-that-waits", capsys)
    assert "it waits for the other fragments; once all are there the whole message is judged" in story
    assert "gets" not in story
    assert "fragment: fragment" not in story


def test_an_address_that_no_reply_can_carry_is_promised_none(capsys: pytest.CaptureFixture[str]) -> None:
    """The item is there, the acknowledgement is not."""
    assert "nobody is answered: no-reply-address - " in told("sender-in-another-script", capsys)


def test_the_mailbox_written_to_is_asked_unless_another_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The program office takes any subject; a Center does not."""
    assert "this mailbox takes any subject" in told("program-office", capsys)
    assert "it is not processed" in told("program-office", capsys, "--mailbox", "CEE-Electronics")


def test_where_the_time_of_arrival_came_from_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that was saved later is no proof of a late message."""
    assert "--arrived TIME" in told("example-docs-required", capsys)
    assert "--arrived TIME" not in told("example-docs-required", capsys, "--arrived", "2026-11-16T14:04:00Z")


def scanned(here: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What is decided of a good message where a scanner is configured."""
    config = write_site(here, f'[scanner]\nsocket = "{here}/nobody-listens"')
    story = told("example-docs-required", capsys, "--json", "--config", str(config))
    decision: dict[str, Any] = json.loads(story)["decision"]
    return decision


def test_the_scanner_is_asked_as_the_intake_asks_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it does not answer, that is said."""
    assert "not-scanned" in scanned(tmp_path, capsys)["flags"]


def test_malware_is_told_of_as_the_intake_would_hold_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any bytes are malware to this scanner."""
    monkeypatch.setattr(operations, "scanner_of", lambda _config: MemoryScanner({b"": "Test.Signature"}))
    decision = scanned(tmp_path, capsys)
    assert (decision["outcome"], decision["reasons"]) == ("hold", ["malware"])
