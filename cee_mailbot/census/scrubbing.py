"""The bytes of every row, held against their digest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cee_mailbot.census.findings import AT_ONCE, Findings
from cee_mailbot.errors import NotFoundError
from cee_mailbot.interfaces import BlobStore
from cee_mailbot.ledger import Store

_PIECE = 1 << 20


@dataclass(kw_only=True, slots=True)
class Scrub:
    """How many blobs are whole, and the digests of those that are not."""

    intact: int = 0
    missing: Findings = field(default_factory=Findings)
    damaged: Findings = field(default_factory=Findings)


def scrub(store: Store, blobs: BlobStore, mailboxes: Sequence[str]) -> Scrub:
    """Reads the bytes of every row, each once, and holds them against their digest."""
    found, after = Scrub(), ""
    while True:
        with store.read() as ask:
            some = ask.digests_after(mailboxes, after=after, limit=AT_ONCE)
        if not some:
            return found
        for digest in some:
            state = state_of_blob(blobs, digest)
            if state == "intact":
                found.intact += 1
            else:
                (found.missing if state == "missing" else found.damaged).add(digest)
        after = some[-1]


def state_of_blob(blobs: BlobStore, sha256: str) -> str:
    """`intact`, `missing` or `damaged`; read in pieces. Raises `UnreachableError` when the store can't be opened."""
    digest = hashlib.sha256()
    try:
        with blobs.open(sha256) as stored:
            while piece := stored.read(_PIECE):
                digest.update(piece)
    except NotFoundError:
        return "missing"
    except OSError:
        return "damaged"  # a disk that can't give the bytes back
    return "intact" if digest.hexdigest() == sha256 else "damaged"
