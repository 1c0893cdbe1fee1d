"""A kept message to what is known of it before it is judged: what the scanner says, and what was read."""

from typing import Protocol

from cee_mailbot.domain.scanning import ScanVerdict
from cee_mailbot.interfaces import BlobStore, Reader, Reading, Scanner
from cee_mailbot.ledger import KeptMessage

HEADER_BYTES = 256 * 1024


class Means(Protocol):
    """What reading needs."""

    @property
    def blobs(self) -> BlobStore:
        """Where the bytes are."""

    @property
    def reader(self) -> Reader:
        """What reads them."""

    @property
    def scanner(self) -> Scanner | None:
        """What looks for malware in them, None where nothing does."""


def read_kept(
    means: Means, kept: KeptMessage, raw: bytes | None, *, limit: int, released: bool
) -> tuple[Reading, ScanVerdict | None]:
    """What was read of a kept message, and the scanner's verdict, None where nothing was asked.

    Of a message over the limit, and of malware that no person has released, only the header is read. Raises
    `MailRefused`, or what the blob store raises.
    """
    if kept.size > limit:
        with means.blobs.open(kept.sha256) as stored:
            return means.reader.read_header(stored.read(HEADER_BYTES)), None
    content = raw if raw is not None else means.blobs.get(kept.sha256)
    scan = means.scanner.scan(content) if means.scanner else None
    if scan is not None and scan.state == "malware" and not released:
        return means.reader.read_header(content), scan
    return means.reader.read(content), scan
