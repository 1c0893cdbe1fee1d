"""Entry dates, snow days and office hours, as typed."""

import json
from pathlib import Path

import pytest

from cee_mailbot.cli import main
from tests.support.mails import mail
from tests.support.written_site import write_site

NOW = "2026-03-02T15:10:00Z"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_site(tmp_path, '[policy]\noffice_hours = "08:30-16:30"')
    (tmp_path / "1.eml").write_bytes(mail())
    return tmp_path


def run(site: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main([*words, "--config", str(site / "mailboxes.toml"), "--now", NOW, "--as", "eve"]) == code
    printed = capsys.readouterr()
    return printed.out if code == 0 else printed.err


@pytest.fixture
def number(site: Path, capsys: pytest.CaptureFixture[str]) -> str:
    run(site, capsys, "ingest", str(site / "1.eml"), "--mailbox", "electronics", "--arrived", "2026-03-02T15:00:00Z")
    return str(json.loads(run(site, capsys, "queue", "list", "--json"))[0]["tracking"])


def test_an_entry_date_and_a_snow_day_are_shown_on_the_item(
    site: Path, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = json.loads(run(site, capsys, "queue", "show", number, "--json"))
    assert (shown["timeliness"], shown["entry_date"]) == (None, None)
    assert shown["next_opening"] == "2026-03-02T08:30:00-08:00"
    assert shown["evidence"][0]["next_opening"] == shown["next_opening"]

    told = run(site, capsys, "queue", "set-entry-date", number, "2026-02-17")
    assert "day 9 of 10 working days" in told
    added = json.loads(
        run(site, capsys, "closures", "add", "--port", "2704", "--from", "2026-02-23", "--reason", "Snow", "--json")
    )
    assert (added["first"], added["last"], added["actor"]) == ("2026-02-23", "2026-02-23", "eve")
    shown = json.loads(run(site, capsys, "queue", "show", number, "--json"))
    assert (shown["timeliness"]["day"], shown["timeliness"]["due"], shown["due"]) == (
        8,
        "2026-03-04",
        "2026-03-05T07:59:59+00:00",
    )
    assert shown["timeliness"]["skipped"] == [{"day": "2026-02-23", "reason": "Snow"}]
    people = run(site, capsys, "queue", "show", number)
    assert "computed, not a ruling" in people
    assert "did not count: 2026-02-23, Snow" in people
    assert "the port opened next at 2026-03-02T08:30:00-08:00, the stamp stays" in people


def test_the_register_is_listed_and_taken_back(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--from", "2026-01-05", "--to", "2026-01-06", "--reason", "ACE outage")
    assert run(site, capsys, "closures", "add", *words) == (
        "closure 1: all ports, 2026-01-05 to 2026-01-06: ACE outage\n"
    )
    assert "ACE outage" in run(site, capsys, "closures", "list")
    assert [one["port"] for one in json.loads(run(site, capsys, "closures", "list", "--json"))] == [None]
    assert run(site, capsys, "closures", "remove", "1") == "closure 1 no longer counts\n"
    assert json.loads(run(site, capsys, "closures", "list", "--json")) == []
    assert "there is no closure 1" in run(site, capsys, "closures", "remove", "1", code=1)


def test_an_entry_date_is_taken_back_with_none(site: Path, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(site, capsys, "queue", "set-entry-date", number, "2026-02-17")
    assert run(site, capsys, "queue", "set-entry-date", number, "none") == f"{number}: no clock is known to run\n"
    told = json.loads(run(site, capsys, "queue", "set-entry-date", number, "2026-02-17", "--json"))
    assert told["timeliness"]["clock"] == "entry_summary_filing"


@pytest.mark.parametrize(
    "words",
    [
        ("closures", "add", "--from", "5 January", "--reason", "x"),
        ("closures", "add", "--from", "2026-01-05", "--to", "2026-01-04", "--reason", "x"),
        ("closures", "add", "--port", "9999", "--from", "2026-01-05", "--reason", "x"),
        ("closures", "add", "--from", "2026-01-05", "--reason", " "),
        ("queue", "set-entry-date", "CEE-007-26-000009-X", "yesterday"),
    ],
)
def test_what_cannot_be_is_one_line_and_code_2(
    site: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(site, capsys, *words, code=2).count("\n") == 1


def test_inspect_tells_the_next_opening(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("inspect", str(site / "1.eml"))
    told = json.loads(run(site, capsys, *words, "--json"))["presentation"]
    assert told["evidence"]["next_opening"] == "2026-03-02T08:30:00-08:00"
    assert told["local"] == "2026-03-02T06:59:30-08:00"
    assert "outside office hours: the port opens next at 2026-03-02T08:30" in run(site, capsys, *words)
