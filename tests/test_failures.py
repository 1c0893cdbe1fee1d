"""Every failure that is known from elsewhere is guarded by a test that exists, or answered."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = re.findall(
    r"(?m)^\| (F\d\d) \| (.+?) \| (.+?) \|$", (ROOT / "docs/decisions/failures.md").read_text(encoding="utf-8")
)
TESTS = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))) + "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/contract").glob("*_contract.py"))
)


def test_every_failure_has_its_row() -> None:
    """Ninety of them, each once, in order."""
    assert [number for number, _, _ in ROWS] == [f"F{number:02}" for number in range(1, 91)]


def test_every_test_that_is_named_exists() -> None:
    """A guard that nobody can run guards nothing."""
    named = {name for _, _, guard in ROWS for name in re.findall(r"`(test_\w+)`", guard)}
    assert named
    assert not [name for name in sorted(named) if f"def {name}(" not in TESTS]


def test_every_case_that_is_named_exists() -> None:
    named = {
        name for _, _, guard in ROWS if "case" in guard for name in re.findall(r"`([a-z0-9-]+-[a-z0-9-]+)`", guard)
    }
    assert not [name for name in sorted(named) if not (ROOT / "fixtures/eml" / name).is_dir()]


def test_every_row_names_a_guard_or_says_why_not() -> None:
    for number, _, guard in ROWS:
        assert "`test_" in guard or "case" in guard or "can't happen" in guard, number
