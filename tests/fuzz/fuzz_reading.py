#!/usr/bin/env python3
"""Feeds messages that a fuzzer makes to `parsers.mail` and `parsers.documents`; `make fuzz` runs it.

Usage: fuzz_reading.py SECONDS [FOLDER]

Begins with the cases of fixtures/eml, the saved inputs in tests/unit/data/fuzz, and the messages in FOLDER. What
breaks a law of `tests/support/reading_laws.py`, or takes over ten seconds, is left in build/fuzz/findings: mend it and
put it among the saved inputs. At the end it says which share of the lines of each parser was reached.
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
BUILD = ROOT / "build" / "fuzz"
CORPUS, FINDINGS = BUILD / "corpus", BUILD / "findings"
SEEDS = (ROOT / "fixtures" / "eml", ROOT / "tests" / "unit" / "data" / "fuzz")
LONGEST_SEED = 40_000
PARSERS = ROOT / "parsers"


def main(arguments: list[str]) -> int:
    """Fuzzes in a process of its own, since the fuzzer ends the one that it is in, and reports."""
    if arguments[:1] == ["--fuzz"]:
        fuzz(arguments[1:])
    for folder in (CORPUS, FINDINGS):
        folder.mkdir(parents=True, exist_ok=True)
    plant([*SEEDS, *map(Path, arguments[1:])])
    settings = [f"-max_total_time={int(arguments[0])}", "-timeout=10", "-rss_limit_mb=2048", f"-max_len={LONGEST_SEED}"]
    command = [sys.executable, __file__, "--fuzz", *settings, f"-artifact_prefix={FINDINGS}/", str(CORPUS)]
    code = subprocess.run(command, check=False).returncode
    report()
    print(f"{len(list(FINDINGS.iterdir()))} findings in {FINDINGS.relative_to(ROOT)}")
    return code


def plant(folders: list[Path]) -> None:
    """Copies the messages in these folders into the corpus, by their digest; large ones would slow every round."""
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        if len(raw) <= LONGEST_SEED and path.name != "expected.toml":
            (CORPUS / hashlib.sha256(raw).hexdigest()[:40]).write_bytes(raw)


def fuzz(options: list[str]) -> None:
    """Never returns."""
    with atheris.instrument_imports(include=["parsers"]):
        from tests.support import reading_laws
    atheris.Setup([sys.argv[0], *options], reading_laws.hold)
    atheris.Fuzz()


def report() -> None:
    """Prints, for each module of the parsers that reads mail, the share of its lines that the corpus reaches."""
    reached: dict[str, set[int]] = {}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(str(PARSERS)):
            return None
        if event == "line":
            reached.setdefault(name, set()).add(frame.f_lineno)
        return trace

    from tests.support import reading_laws

    sys.settrace(trace)
    for path in CORPUS.iterdir():
        reading_laws.hold(path.read_bytes())
    sys.settrace(None)
    for name, lines in sorted(reached.items()):
        written = set(lines_of(compile(Path(name).read_text(encoding="utf-8"), name, "exec")))
        print(f"{Path(name).name:24} {len(lines & written) / len(written):5.0%} of {len(written)} lines")


def lines_of(code: CodeType, *, within: bool = False) -> Iterator[int]:
    """The lines of all functions, without those that run when the module is loaded."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from lines_of(constant, within=within or "__module__" not in constant.co_names)
    if within:
        yield from (line for _, _, line in code.co_lines() if line and line != code.co_firstlineno)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
