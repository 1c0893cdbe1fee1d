"""Reading in this process: for tests, and for what is to be compared with reading in a child."""

from cee_mailbot.interfaces import Body, Reading
from cee_mailbot.sandbox import tasks
from cee_mailbot.sandbox.limits import ReadingLimits
from parsers.documents import Document
from parsers.papers import Paper


class InProcessReader:
    """A `Reader` that reads where it is called, within the limits of the parsers alone.

    Every `sample`th whole message is read by the second reader too (0: none).
    """

    def __init__(self, sample: int = ReadingLimits().second_reading) -> None:
        self._sample = sample

    def read(self, raw: bytes) -> Reading:
        """As the interface says."""
        return tasks.read_message(raw, self._sample)

    def read_header(self, start: bytes) -> Reading:
        """As the interface says."""
        return tasks.read_header(start)

    def documents(self, raw: bytes, wanted: str | None = None) -> tuple[Document, ...]:
        """As the interface says."""
        return tasks.documents_with_bytes(raw, wanted)

    def body(self, raw: bytes) -> Body:
        """As the interface says, but that nothing bounds its time here."""
        return tasks.body_of(raw)

    def html(self, raw: bytes, leave: str) -> str | None:
        """As the interface says, but that nothing bounds its time here."""
        return tasks.html_of(raw, leave)

    def read_paper(self, raw: bytes, wanted: str) -> Paper:
        """As the interface says, but that nothing bounds its time here."""
        return tasks.paper_of(raw, wanted)

    def picture(self, raw: bytes, wanted: str) -> bytes | None:
        """As the interface says, but that nothing bounds its time here."""
        return tasks.picture_of(raw, wanted)
