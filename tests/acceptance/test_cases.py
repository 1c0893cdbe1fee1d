"""Every case in `fixtures/eml` through the whole program: a Maildir in, the queue and the replies out."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from parsers.subject import parse_subject
from tests.acceptance.case_differences import differences
from tests.acceptance.case_runner import cases, read_case, run_case

LONGEST_LINE = 72


@pytest.mark.parametrize("folder", cases(), ids=lambda folder: folder.name)
def test_what_comes_of_a_case_is_what_its_page_says(folder: Path, tmp_path: Path) -> None:
    """What became of each message, how it was read, the lines of the queue and the replies: all stands on its page.

    Polling again changes nothing, every message has left its mailbox, and every reply is fit to be sent.
    """
    case = read_case(folder)
    observed = run_case(case, tmp_path)
    assert not list(differences(case, observed)), case.about
    assert observed.written_again == observed.written
    assert not observed.unsettled
    for letter in observed.letters:
        is_fit_to_be_sent(letter)


def is_fit_to_be_sent(letter: EmailMessage) -> None:
    """A reply goes to one address, says that a machine wrote it, is no submission, and can be read on any screen."""
    assert len(letter["To"].addresses) == 1
    assert letter["Auto-Submitted"] == "auto-replied"
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert letter["Message-ID"]
    assert not letter.defects
    assert not parse_subject(letter["Subject"]).ok
    body = letter.get_body(("plain",))
    assert body is not None
    lines = str(body.get_content()).splitlines()
    assert [line for line in lines if len(line) > LONGEST_LINE and " " in line.strip()] == []


def test_cases_tell_what_is_odd_about_them() -> None:
    """Every case has a name of small letters and dashes, a sentence that states a truth, and no message unused."""
    for folder in cases():
        case = read_case(folder)
        assert folder.name == folder.name.lower().replace(" ", "-").replace("_", "-")
        assert case.about.endswith("."), folder.name
        assert {path.name for path in folder.glob("*.eml")} == {one.file for one in case.deliveries}, folder.name
        assert not [path for path in folder.iterdir() if path.suffix not in (".eml", ".toml")], folder.name
