"""The documents say what the program does: commands, statuses, states, reasons, and examples that are run."""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cee_mailbot.cli import COMMANDS, build_parser
from cee_mailbot.domain.bulk import BulkRowState, BulkState
from cee_mailbot.domain.doubts import AMBIGUOUS_DEFECTS, FLAG_RULES
from cee_mailbot.domain.presentation import Basis, Strength
from cee_mailbot.domain.reasons import FLAGS, REASONS, REPLY_REASONS
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from parsers import machine_mail, out_of_office

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def acts(parser: argparse.ArgumentParser) -> list[str]:
    """The commands and sub-commands below a parser, each as it is typed."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found += [f"{name} {act}" for act in acts(below)] or [name]
    return found


def test_every_command_is_documented() -> None:
    """docs/commands.md has a row for each command and each act."""
    text = page("docs/commands.md")
    missing = [act for act in acts(build_parser(None)) if f"`{act}" not in text]
    assert not missing


@pytest.mark.parametrize(
    "names", [MessageStatus, ItemState, ReplyKind, ReplyState, Basis, Strength, BulkState, BulkRowState]
)
def test_every_status_and_state_is_in_the_glossary(names: type) -> None:
    """The glossary is the authority on words."""
    text = page("docs/glossary.md")
    assert not [str(name) for name in names if f"`{name}`" not in text]


def test_the_reference_of_reasons_is_up_to_date() -> None:
    """docs/reasons.md is written by scripts/write-reference."""
    written = subprocess.run(
        [sys.executable, ROOT / "scripts/write-reference"], capture_output=True, text=True, check=True
    ).stdout
    assert page("docs/reasons.md") == written


def test_every_flag_and_reason_that_the_rules_can_give_has_a_meaning() -> None:
    """A code that nobody explains is noise."""
    marks = {value for name, value in vars(machine_mail).items() if name.isupper() and isinstance(value, str)}
    assert {name for name, _ in FLAG_RULES} <= set(FLAGS)
    assert marks | {out_of_office.OUT_OF_OFFICE} <= set(REASONS)
    code = (ROOT / "cee_mailbot/domain/acceptance.py").read_text() + (ROOT / "cee_mailbot/intake.py").read_text()
    given = set(re.findall(r'(?:_held|_correspondence)\("([a-z-]+)"', code)) | set(
        re.findall(r'return "([a-z-]+)"', code)
    )
    assert given
    assert given <= set(REASONS)
    limits = (ROOT / "cee_mailbot/domain/answering.py").read_text()
    assert set(re.findall(r'reason="([a-z-]+)"', limits)) <= set(REPLY_REASONS)
    assert AMBIGUOUS_DEFECTS


def examples() -> list[tuple[str, str, int]]:
    """Every `$ command` of a console block, with what the page says it prints and the exit code it gives."""
    found = []
    for path in PAGES:
        for block in re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, printed = example.partition("\n")
                found.append((path.name, command, printed))
    return found


@pytest.mark.parametrize(("name", "command", "printed"), examples())
def test_examples_print_what_the_page_says(name: str, command: str, printed: str, tmp_path: Path) -> None:
    """An example is run in a folder with our fixtures; `...` on a line of its own stands for lines left out."""
    words = shlex.split(command)
    assert words[0] == "cee-mailbot", f"{name}: only our own commands are examples"
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    run = subprocess.run(
        [sys.executable, "-m", "cee_mailbot", *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ ]*\n"
        for line in printed.splitlines()
    )
    assert re.fullmatch(pattern, run.stdout + run.stderr), f"{name}: {command}\n{run.stdout}{run.stderr}"


def test_pages_point_at_pages_that_exist() -> None:
    """A dead link is a lie."""
    for path in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path}: {target}"


def test_no_file_names_a_package_index_or_a_path_of_a_machine() -> None:
    """The repository builds anywhere: hashes pin packages, and no host or home is written down."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "deb." + "debian.org"]
    for name in listed:
        text = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        assert not [host for host in hosts if host.encode() in text], name
        assert str(ROOT).encode() not in text or len(str(ROOT)) < 4, name


def test_every_command_of_the_table_has_its_module() -> None:
    """The table of commands imports nothing that is not there."""
    parser = build_parser(None)
    assert set(COMMANDS) <= {act.split()[0] for act in acts(parser)}
