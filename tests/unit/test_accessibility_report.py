"""The conformance report speaks of every success criterion of WCAG 2.2, levels A and AA, once."""

import re
from pathlib import Path

REPORT = Path("docs/accessibility.md")
A = (
    "1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4 "
    "2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2"
)
AA = (
    "1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8 3.1.2 "
    "3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3"
)
LEVELS = {"Supports", "Partially supports", "Does not support", "Not applicable"}


def rows(section: str) -> list[list[str]]:
    """The cells of each row of the tables of a section."""
    text = REPORT.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].partition("\n## ")[0]
    found = [[cell.strip() for cell in line.strip("| ").split("|")] for line in re.findall(r"(?m)^\|.*\|$", text)]
    return [row for row in found if re.match(r"[1-9][.0-9]+ ", row[0])]


def test_every_criterion_stands_in_the_report_once() -> None:
    for level, criteria, count in (("A", A, 31), ("AA", AA, 24)):
        named = [row[0].split()[0] for row in rows(f"WCAG 2.2, level {level}")]
        assert " ".join(named) == criteria
        assert len(named) == count


def test_every_row_says_how_far_and_why() -> None:
    """A level of the template, and a remark."""
    found = [*rows("WCAG 2.2, level A"), *rows("WCAG 2.2, level AA"), *rows("Revised Section 508 report")]
    assert len(found) > 31 + 24 + 15
    for criterion, level, remark in found:
        assert level in LEVELS, criterion
        assert remark.endswith("."), criterion


def test_the_tests_that_the_report_points_at_are_there() -> None:
    named = set(re.findall(r"test_[a-z_]+\.py", REPORT.read_text(encoding="utf-8")))
    assert named
    assert named <= {path.name for path in Path("tests").rglob("test_*.py")}
