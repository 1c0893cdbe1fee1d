"""Mail that nobody here wrote, read as it is read in use: within two seconds and 300 MB each, as in this process."""

import re
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from cee_mailbot.interfaces import Reader
from cee_mailbot.sandbox import ChildReader, InProcessReader, ReadingLimits
from parsers.headers import MailRefused

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "mail.tar.gz"
pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(),
    reason="the corpora of foreign mail are not ours to ship; they are read where they lie beside the checkout",
)

MOST_KB = 300_000


def read(reader: Reader, raw: bytes) -> object:
    try:
        return reader.read(raw)
    except MailRefused as refused:
        return refused.code


def peak_kb(reader: ChildReader) -> int:
    """The most memory that the idle child ever held, by the kernel's count; 0 when it has just been replaced."""
    if not reader._idle:
        return 0
    pid = reader._idle[-1]._process.pid
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def test_no_message_takes_over_two_seconds_or_300_mb() -> None:
    here = InProcessReader()
    with tarfile.open(ARCHIVE) as archive, ChildReader(ReadingLimits(cpu=timedelta(seconds=2))) as reader:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                raw = content.read()
                assert read(reader, raw) == read(here, raw), member.name
                assert peak_kb(reader) < MOST_KB, member.name
