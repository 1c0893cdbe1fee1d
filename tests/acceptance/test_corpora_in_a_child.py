"""Mail that nobody here wrote, read as it is read in use: within two seconds and 300 MB each, as in this process."""

import re
from datetime import timedelta
from pathlib import Path

from cee_mailbot.interfaces import Reader
from cee_mailbot.sandbox import ChildReader, InProcessReader, ReadingLimits
from parsers.headers import MailRefused
from tests.support.corpora import foreign_mail, needs_corpora

pytestmark = needs_corpora

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
    with ChildReader(ReadingLimits(cpu=timedelta(seconds=2))) as reader:
        for name, raw in foreign_mail():
            assert read(reader, raw) == read(here, raw), name
            assert peak_kb(reader) < MOST_KB, name
