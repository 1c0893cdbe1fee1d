"""What others wrote and we ship is what they published, and is listed with its version, licence and digest."""

import re
from hashlib import sha256
from pathlib import Path

STATIC = Path("cee_mailbot/web/static")
LISTED = STATIC / "VENDORED.md"
# Ours carry no version; every other file of the folder is somebody else's.
OURS = re.compile(r"(viewer/)?[a-z]+\.(js|mjs|css)|VENDORED\.md")


def digests() -> dict[str, str]:
    """What the page says of each file; a list of digests stands for the files that it lists."""
    rows = re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", LISTED.read_text(encoding="utf-8"), re.MULTILINE)
    found = dict(rows)
    for name, _ in rows:
        if name.endswith("SHA256SUMS"):
            lines = (STATIC / name).read_text(encoding="ascii").splitlines()
            found |= {f"{Path(name).parent}/{path}": digest for digest, path in (line.split("  ") for line in lines)}
    return found


def test_every_file_of_others_is_listed_with_its_digest() -> None:
    there = {str(path.relative_to(STATIC)): path for path in STATIC.rglob("*") if path.is_file()}
    theirs = {name: sha256(path.read_bytes()).hexdigest() for name, path in there.items() if not OURS.fullmatch(name)}
    licences = {name for name in theirs if "LICENSE" in name and "/" not in name}
    assert {name: digest for name, digest in theirs.items() if name not in licences} == digests()
    assert licences == {"htmx.LICENSE"}


def test_nothing_that_runs_the_scripts_of_a_pdf_is_shipped() -> None:
    assert [path for path in STATIC.rglob("*") if "sandbox" in path.name or "quickjs" in path.name] == []
