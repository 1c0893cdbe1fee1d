"""The demonstration: it shows the normal run path on sample mail, and can be run again at any time."""

import json
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from cee_mailbot.cli import main
from cee_mailbot.demo import samples
from tests.acceptance.case_runner import FIXTURES, read_case

NOW = "2026-12-31T12:00:00Z"
FIRST_HOURS = "2026-11-16T14:50:00Z"  # of the samples' days


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demonstration that was run once."""
    folder = tmp_path_factory.mktemp("demo") / "site"
    assert main(["demo", "--once", "--dir", str(folder), "--now", NOW]) == 0
    return folder


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict:
    """What the demonstration says when it is run again."""
    capsys.readouterr()
    assert main(["demo", "--once", "--json", "--dir", str(folder), "--now", NOW]) == 0
    return json.loads(capsys.readouterr().out)


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of mail and every reply, by its path."""
    kept = ("mail", "replies", "blobs")
    return {str(path): path.read_bytes() for name in kept for path in (folder / name).rglob("*") if path.is_file()}


def test_a_second_run_finds_nothing_new(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run delivers nothing, decides nothing anew and writes no reply, and says so."""
    before, facts = everything(demo), told(demo, capsys)
    assert facts["delivered"] == 0
    assert main(["demo", "--once", "--dir", str(demo), "--now", NOW]) == 0
    assert "nothing new" in capsys.readouterr().out
    assert everything(demo) == before
    assert told(demo, capsys) == facts


def test_the_table_names_every_sample(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No sample is left out of the table, which ends with where everything lies and what to try next."""
    capsys.readouterr()
    assert main(["demo", "--once", "--dir", str(demo), "--now", NOW]) == 0
    table = capsys.readouterr().out
    assert [one.name for one in samples() if one.name not in table] == []
    for expected in ("mailboxes.toml", "replies", "cee-mailbot.db", "cee-mailbot queue list --config"):
        assert expected in table


def test_a_sample_ends_as_its_case_says(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside all other samples a message ends as it does alone: no case disturbs another.

    The days go on after a case that ends amid a wait: its messages end in the queue, or held where they are fragments.
    """
    ended: dict[str, list[tuple[str, str, list[str]]]] = {}
    for one in told(demo, capsys)["samples"]:
        ended.setdefault(one["sample"].partition("/")[0], []).append((one["mailbox"], one["status"], one["reasons"]))
    assert len(ended) >= 100
    for name, found in ended.items():
        assert sorted(found) == sorted(map(comes_to, read_case(FIXTURES / name).expected["message"])), name


def comes_to(message: dict) -> tuple[str, str, list[str]]:
    """How a message of a case ends once every wait is over."""
    status, reasons = message["status"], message["reasons"]
    if status == "assembling":
        status, reasons = ("held", ["fragments-missing"]) if reasons == ["fragment"] else ("enqueued", reasons)
    return message["mailbox"], status, reasons


def test_the_stories_are_told_as_they_went(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parts out of order over several polls, a supplement, parts that never came, and a transfer, step by step."""
    stories = {one["case"]: one for one in told(demo, capsys)["stories"]}
    parts = stories["three-parts-last-first"]["lines"]
    came = [line for line in parts if " came to CEE-Electronics: " in line["says"]]
    assert [re.findall(r"\d of 3", line["says"]) for line in came] == [["3 of 3"], ["1 of 3"], ["2 of 3"]]
    assert len({line["at"] for line in came}) == 3
    assert parts[-1]["says"] == "reply sent: acknowledgement"
    assert "reply sent: supplement" in says(stories["a-supplement"])
    missing = says(stories["parts-missing-at-the-deadline"])
    assert missing.index("reply sent: waiting") < missing.index("entered the queue (flags parts-missing; team 007)")
    assert missing[-1] == "reply sent: incomplete"
    transfer = stories["account-of-another-center"]
    assert (transfer["team"], transfer["flags"]) == ("001", ["transferred"])
    assert " came to CEE-Electronics: " in says(transfer)[0]


def says(story: dict) -> list[str]:
    """The lines of a story without their times."""
    return [line["says"] for line in story["lines"]]


def test_the_readme_shows_what_is_printed(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line of the sample in README.md is printed by the demonstration, blanks and serial numbers apart."""
    capsys.readouterr()
    assert main(["demo", "--once", "--dir", str(demo), "--now", NOW]) == 0
    printed = {without_serials(line) for line in capsys.readouterr().out.splitlines()}
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = [line for line in page.partition("```\nsample ")[2].partition("```")[0].splitlines()[1:] if line.strip(".")]
    assert len(shown) > 10
    assert [line for line in shown if without_serials(line) not in printed] == []


def without_serials(line: str) -> tuple[str, ...]:
    """The words of a line; numbers that count samples are left out, since a new sample moves them."""
    return tuple(re.sub(r"-\d{6}-\w", "", re.sub(r"message \d+", "message", line)).split())


def test_every_reply_is_a_mail_that_programs_can_read(demo: Path) -> None:
    """Every reply in the folder is one whole message to one address."""
    replies = [message_from_bytes(path.read_bytes(), policy=default) for path in (demo / "replies").glob("*.eml")]
    assert replies
    for reply in replies:
        assert not reply.defects
        assert len(reply["To"].addresses) == 1
        assert reply["X-CEE-Status"] in ("received", "waiting", "not-processed", "duplicate")


def test_every_center_has_its_mailboxes(demo: Path) -> None:
    """All twelve mailboxes of the ten Centers are there, and the program office's."""
    assert len([path for path in (demo / "mail").iterdir() if (path / "new").is_dir()]) == 13


def test_a_real_site_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with a configuration that is no sample is refused, and nothing in it is touched."""
    (tmp_path / "mailboxes.toml").write_text('[[mailbox]]\nname = "real"\n', encoding="utf-8")
    assert main(["demo", "--once", "--dir", str(tmp_path)]) == 2
    assert "--dir" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mailboxes.toml"]


def test_a_sample_that_has_not_arrived_yet_is_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a clock before every sample none is taken in; later those are that have arrived, where they lie."""
    assert main(["demo", "--once", "--json", "--dir", str(tmp_path), "--now", "2000-01-02T00:00:00Z"]) == 0
    early = json.loads(capsys.readouterr().out)
    assert {one["status"] for one in early["samples"]} == {None}
    assert main(["demo", "--once", "--json", "--dir", str(tmp_path), "--now", FIRST_HOURS]) == 0
    late = json.loads(capsys.readouterr().out)
    taken_in = {one["sample"] for one in late["samples"] if one["status"]}
    assert 0 < len(taken_in) < len(late["samples"])
    assert late["delivered"] == 0
