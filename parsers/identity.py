"""The identity of a message: the digest of its content, which the way it came does not change."""

import hashlib
import re
from collections.abc import Iterator

from parsers.headers import HeaderBlock

_IDENTIFYING = frozenset({"from", "to", "cc", "date", "subject", "message-id", "mime-version"})
# Mailboxes write Content-Length when they store a message; the sender did not.
_OF_STORAGE = frozenset({"content-length"})
_STRETCH = 1 << 20
_BLANKS = re.compile(rb"[ \t\r\n]+")


def content_digest(raw: bytes, block: HeaderBlock) -> str:
    """Return the SHA-256, in hexadecimal, of what the sender wrote.

    It is over the headers From, To, Cc, Date, Subject, Message-ID, MIME-Version and Content-*, sorted by
    name, those of one name in their order, each as `name:value` with runs of blanks and folding as one blank
    (the relaxed form of RFC 6376 section 3.4.2); then an empty line; then the body with line ends as line
    feeds and without empty lines at its end (section 3.4.3). Trace headers, and how a server stores lines,
    change nothing.
    """
    digest = _of_header(block)
    digest.update(b"\n")
    for stretch in _stretches(raw, block.body_start, _end_of_body(raw, block.body_start)):
        digest.update(stretch.replace(b"\r\n", b"\n") if b"\r" in stretch else stretch)
    return digest.hexdigest()


def header_digest(block: HeaderBlock) -> str:
    """Return the same of the header alone, for a message whose body is too large to be digested."""
    return _of_header(block).hexdigest()


def _of_header(block: HeaderBlock) -> "hashlib._Hash":
    digest = hashlib.sha256()
    chosen = [header for header in block.headers if _identifies(header.name)]
    for header in sorted(chosen, key=lambda header: header.name):
        value = _BLANKS.sub(b" ", header.value).strip()
        digest.update(header.name.encode("ascii") + b":" + value + b"\n")
    return digest


def _identifies(name: str) -> bool:
    return name in _IDENTIFYING or (name.startswith("content-") and name not in _OF_STORAGE)


def _stretches(raw: bytes, start: int, end: int) -> Iterator[bytes]:
    """Yield the body in pieces of bounded size, none of which ends within a CRLF."""
    while start < end:
        stop = min(start + _STRETCH, end)
        if raw[stop - 1 : stop + 1] == b"\r\n":
            stop += 1
        yield raw[start:stop]
        start = stop


def _end_of_body(raw: bytes, start: int) -> int:
    """Return where the body ends when the line ends after its last line are left out."""
    end = len(raw)
    while end > start and raw[end - 1] in b"\r\n":
        end -= 1
    return end
