"""Content-Transfer-Encoding undone (RFC 2045 section 6), strictly looked at and leniently read."""

import binascii
import re
from dataclasses import dataclass

from parsers.lexical import strip_comments

AS_IT_IS = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64 + b"="))
_BLANKS = b"\r\n \t"
# Nobody encodes a file in more pieces than these; looking at millions would take long.
_MOST_PIECES = 1000
_BLANK_AT_LINE_END = re.compile(rb"[ \t](?:\r?\n|\Z)")
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_UU_BEGIN = re.compile(rb"begin [0-7]{3,4} ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The decoded bytes, what was wrong with the encoded ones, and whether any could be decoded."""

    content: bytes
    defects: tuple[str, ...] = ()
    readable: bool = True


def encoding_of(text: str | None) -> str:
    """Return the name of a transfer encoding: comments, blanks, quotes and letter case say nothing."""
    return strip_comments(text or "").strip(' \t";').lower()


def decode_transfer(encoding: str, raw: bytes, start: int, end: int) -> Decoded:
    """Return what stands encoded between two places of the raw message; never raises.

    An unknown encoding leaves the bytes as they are, with a defect (RFC 2045 section 6.4).
    """
    if encoding == "base64":
        # Not by way of a name: of a large attachment no copy stays longer than it is needed.
        return _base64(raw[start:end].translate(None, _BLANKS))
    content = raw[start:end]
    if encoding == "quoted-printable":
        return _quoted_printable(content)
    if encoding in UUENCODE:
        return _uuencode(content)
    return Decoded(content=content, defects=() if encoding in AS_IT_IS else ("encoding-unknown",))


def _base64(figures: bytes) -> Decoded:
    """Return base64 decoded, from its figures without blanks and line ends."""
    try:
        return Decoded(content=binascii.a2b_base64(figures, strict_mode=True))
    except binascii.Error:
        content = _damaged_base64(figures)
    return Decoded(content=content, defects=("base64-damaged",), readable=bool(content))


def _damaged_base64(figures: bytes) -> bytes:
    """Return what mail programs make of damaged base64: foreign characters skipped, loose ends dropped.

    Padding ends it (RFC 2045 section 6.8), except that clean base64 after it is taken too: some programs
    encode a file in pieces. A footer that a mailing list has added below is not.
    """
    first, *others = figures.split(b"=", _MOST_PIECES + 1)
    pieces = [first.translate(None, _NOT_BASE64)]
    if len(others) <= _MOST_PIECES and all(piece == piece.translate(None, _NOT_BASE64) for piece in others):
        pieces += [piece for piece in others if piece]
    return b"".join(_whole_bytes(piece) for piece in pieces)


def _whole_bytes(figures: bytes) -> bytes:
    """Return the bytes that a run of base64 figures holds in full; a single last figure holds none."""
    if len(figures) % 4 == 1:
        figures = figures[:-1]
    return binascii.a2b_base64(figures + b"=" * (-len(figures) % 4))


def _quoted_printable(encoded: bytes) -> Decoded:
    """Return quoted-printable decoded; blanks at line ends were added on the way (RFC 2045 section 6.7)."""
    text = encoded
    if _BLANK_AT_LINE_END.search(encoded):
        text = b"".join(_without_end_blanks(line) for line in encoded.splitlines(keepends=True))
    damaged = _BAD_ESCAPE.search(text) is not None
    return Decoded(content=binascii.a2b_qp(text), defects=("quoted-printable-damaged",) if damaged else ())


def _without_end_blanks(line: bytes) -> bytes:
    text = line.rstrip(b"\r\n")
    return text.rstrip(b" \t") + line[len(text) :]


def _uuencode(encoded: bytes) -> Decoded:
    """Return the first uuencoded file of a part; without a `begin` line there is nothing to decode."""
    lines = iter(encoded.splitlines())
    if not any(_UU_BEGIN.match(line) for line in lines):
        return Decoded(content=encoded, defects=("uuencode-damaged",), readable=False)
    pieces: list[bytes] = []
    damaged = True
    for line in lines:
        if line.strip() == b"end":
            damaged = False
            break
        try:
            pieces.append(uu_line(line))
        except binascii.Error:
            break
    return Decoded(content=b"".join(pieces), defects=("uuencode-damaged",) if damaged else ())


def uu_line(line: bytes) -> bytes:
    """Return one line decoded; some encoders count wrong, then its first figure says how much is real."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        if not line:
            raise
        return binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3])
