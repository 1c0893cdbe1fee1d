"""Mail that nobody here wrote: the messages by which public mail libraries test themselves."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "mail.tar.gz"
# Left out under CI too: they are not ours to ship, and no package brings them.
needs_corpora = pytest.mark.skipif(
    not ARCHIVE.exists(), reason=f"the corpora of foreign mail are not ours to ship; they would be read at {ARCHIVE}"
)


def foreign_mail() -> Iterator[tuple[str, bytes]]:
    """Each file by its name in the archive."""
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content.read()
