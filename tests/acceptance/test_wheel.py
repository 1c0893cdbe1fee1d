"""What is installed is whole: the wheel works without the checkout."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(words: list[str], cwd: Path, **environ: str) -> str:
    """What a command prints; it must end well."""
    ended = subprocess.run(words, cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_installed_wheel_writes_a_configuration_that_passes_its_own_check(tmp_path: Path) -> None:
    """Both packages, templates, sample and fixtures travel in it; only libraries are the tests' own."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    installed, site = tmp_path / "installed", tmp_path / "site"
    site.mkdir()
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--no-index",
            "--target",
            str(installed),
            str(wheel),
        ],
        site,
    )
    shipped = {path.relative_to(ROOT) for path in (ROOT / "cee_mailbot/web/static").rglob("*") if path.is_file()}
    assert [one for one in shipped if not (installed / one).is_file()] == []
    ours = [sys.executable, "-m", "cee_mailbot"]
    run([*ours, "init"], site, PYTHONPATH=str(installed))
    assert str(installed) in run([*ours, "check"], site, PYTHONPATH=str(installed))
    first_hours = ("--now", "2026-11-16T14:30:00Z")
    assert "enqueued" in run([*ours, "demo", "--once", "--dir", "demo", *first_hours], site, PYTHONPATH=str(installed))
