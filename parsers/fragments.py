"""The fragments of a `message/partial` (RFC 2046 section 5.2.2) to the message that was cut into them."""

import re
from collections.abc import Iterator, Sequence

from parsers.headers import with_line_feeds

# Of the enclosed message's header only these are kept; all others come from the first fragment.
_ENCLOSED = (b"content-", b"subject:", b"message-id:", b"encrypted:", b"mime-version:")
_BLANK_LINE = re.compile(rb"(?:\A|\r?\n)\r?\n")


def rejoin(fragments: Sequence[bytes]) -> bytes:
    """The original message, from the whole bytes of its fragments in their order.

    "All of the header fields from the initial enclosing message, except those that start with "Content-" and the
    specific header fields "Subject", "Message-ID", "Encrypted", and "MIME-Version", must be copied, in order, to
    the new message. The header fields in the enclosed message which start with "Content-", plus [those four] must
    be appended, in order. Any header fields in the enclosed message which do not start with "Content-" (except for
    [those four]) will be ignored and dropped. All of the header fields from the second and any subsequent enclosing
    messages are discarded."
    """
    parted = [_parted(raw) for raw in fragments]
    outer = parted[0][0]
    inner, body = _parted(b"".join(text for _, text in parted))
    kept = [field for field in _fields(outer) if not _is_enclosed(field)]
    kept += [field for field in _fields(inner) if _is_enclosed(field)]
    return b"".join(kept) + (b"\r\n" if b"\r\n" in outer else b"\n") + body


def _parted(raw: bytes) -> tuple[bytes, bytes]:
    """Header and body, each line with its end; a message that begins with its blank line has no header."""
    text, _ = with_line_feeds(raw)
    blank = _BLANK_LINE.search(text)
    if blank is None:
        return text, b""
    line_end = text[blank.start() : blank.end()].partition(b"\n")[0] + b"\n" if blank.start() else b""
    return text[: blank.start()] + line_end, text[blank.end() :]


def _fields(header: bytes) -> Iterator[bytes]:
    """The fields of a header, each with the lines it was folded into."""
    field = b""
    for line in header.splitlines(keepends=True):
        if field and not line.startswith((b" ", b"\t")):
            yield field
            field = b""
        field += line
    if field:
        yield field


def _is_enclosed(field: bytes) -> bool:
    return field.lower().startswith(_ENCLOSED)
