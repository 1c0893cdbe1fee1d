"""The laws of reading hold of every case and of everything that the fuzzer ever found (`make fuzz`)."""

from pathlib import Path

import pytest

from tests.support import bombs, reading_laws

SAVED = sorted((Path(__file__).parent / "data" / "fuzz").iterdir())
CASES = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "eml").glob("*/*.eml"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.name)
def test_the_laws_hold_of_what_the_fuzzer_found(path: Path) -> None:
    reading_laws.hold(path.read_bytes())


def test_the_laws_hold_of_every_case() -> None:
    for path in CASES:
        reading_laws.hold(path.read_bytes())


@pytest.mark.parametrize("name", bombs.MAILS)
def test_the_laws_hold_of_bombs(name: str) -> None:
    reading_laws.hold(bombs.MAILS[name]())
