"""Cuts a message into the leaves of its MIME tree (RFC 2046) in one pass over the stored bytes."""

import re
from dataclasses import dataclass

from parsers.headers import HEADER_BLOCK_LIMIT, HeaderBlock, MailRefused, read_header_block
from parsers.names import shown_name
from parsers.parameters import Parametered, read_parameters
from parsers.transfer import decode_transfer, encoding_of

PLAIN = "text/plain"
HTML = "text/html"
OPAQUE = "application/octet-stream"
ATTACHED_MESSAGE = "message/rfc822"
SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
# A line that only begins like a delimiter goes on with something else than these.
_DELIMITER_END = re.compile(rb"(--)?[ \t]*\r?(?:\n|\Z)")
_NOT_OPENED, _CLOSED = -1, -2
_TRANSFER_ENCODING = "content-transfer-encoding"
_ENCODING_TEXT = frozenset({"base64", "quoted-printable"})
_SINGLETONS = (
    ("content-type", "two-content-type"),
    ("content-transfer-encoding", "two-content-transfer-encoding"),
    ("content-disposition", "two-content-disposition"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CutLimits:
    """How far a message is cut: MIME parts, nesting, the header block of a part, an image that is inline."""

    parts: int = 2000
    depth: int = 50
    header_block: int = HEADER_BLOCK_LIMIT
    inline_image: int = 20_000


DEFAULT_LIMITS = CutLimits()


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One leaf of the tree: what its header says of it, and its decoded bytes.

    `section` counts as IMAP does (`2.1`). `container` is the type of the multipart around it (empty at the
    top) and `position` its place there. `name` is cleaned for display, and may be empty although the part is
    `named`. `readable` is False when nothing could be decoded.
    """

    section: str
    content_type: str
    charset: str | None
    disposition: str
    name: str
    named: bool
    content_id: str | None
    container: str
    position: int
    content: bytes
    readable: bool
    defects: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """A stretch of the raw message that begins with a header block, and where in the tree it hangs."""

    start: int
    end: int
    section: str
    depth: int
    container: str
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Split:
    """Where the parts between the delimiters of a multipart lie, and what was wrong with the delimiters."""

    parts: tuple[tuple[int, int], ...]
    defects: tuple[str, ...]


def leaves_of(raw: bytes, limits: CutLimits = DEFAULT_LIMITS) -> tuple[tuple[Leaf, ...], tuple[str, ...]]:
    """Return the leaves of a message in their order, and the defects of its structure and of each leaf.

    Attached messages are leaves. A multipart whose delimiters can't be found is one opaque leaf.
    Raises MailRefused: `too-many-parts`, `too-deep`, `header-too-large`.
    """
    leaves: list[Leaf] = []
    defects: list[str] = []
    waiting = [_Part(start=0, end=len(raw), section="", depth=0, container="", position=0)]
    seen = 1
    while waiting:
        part = waiting.pop()
        block = read_header_block(raw, part.start, part.end, limits.header_block)
        kind = _content_type(block, part)
        split = _split(raw, part, block, kind, limits.parts - seen)
        defects += _header_defects(block, kind)
        defects += split.defects
        if split.parts:
            seen += len(split.parts)
            waiting += reversed(_children(part, kind.media_type, split, limits))
        else:
            leaves.append(_leaf(raw, part, block, kind))
            defects += leaves[-1].defects
    return tuple(leaves), tuple(dict.fromkeys(defects))


def _children(part: _Part, container: str, split: _Split, limits: CutLimits) -> list[_Part]:
    """Return the parts of a multipart. Raises MailRefused when they nest too deep."""
    if part.depth >= limits.depth:
        raise MailRefused("too-deep", f"The parts of this message nest more than {limits.depth} deep.")
    prefix = f"{part.section}." if part.section else ""
    return [
        _Part(
            start=start,
            end=end,
            section=f"{prefix}{number}",
            depth=part.depth + 1,
            container=container,
            position=number - 1,
        )
        for number, (start, end) in enumerate(split.parts, start=1)
    ]


def _split(raw: bytes, part: _Part, block: HeaderBlock, kind: Parametered, room: int) -> _Split:
    """Return the parts of a multipart, none for a leaf. Raises MailRefused when they are more than `room`."""
    if not kind.media_type.startswith("multipart/"):
        return _Split(parts=(), defects=())
    boundary = kind.parameters.get("boundary", "").rstrip()
    if not boundary:
        return _Split(parts=(), defects=("boundary-missing",))
    split = delimited(raw, block.body_start, part.end, boundary.encode("utf-8", "replace"), room)
    encoded = encoding_of(block.structured(_TRANSFER_ENCODING)) in _ENCODING_TEXT
    repeated = "boundary" in kind.repeated
    return _Split(
        parts=split.parts,
        defects=(
            *split.defects,
            *(["multipart-encoded"] if encoded else []),
            *(["two-boundary"] if repeated else []),
        ),
    )


def delimited(raw: bytes, start: int, end: int, boundary: bytes, room: int) -> _Split:
    """Return where the parts of a multipart lie (RFC 2046 section 5.1.1), each with its last line end.

    Delimiters stand at the beginning of a line; before the first and after the closing one there is no part.
    Raises MailRefused when there are more than `room`.
    """
    parts: list[tuple[int, int]] = []
    defects: list[str] = []
    opened, position = _NOT_OPENED, start
    needle = b"--" + boundary
    while (found := raw.find(needle, position, end)) >= 0:
        position = found + len(needle)
        line_end = _DELIMITER_END.match(raw, position, end)
        if line_end is None or not _begins_line(raw, found, start):
            # Some programs take a bare carriage return for a line end, and see a delimiter here.
            defects += ["bare-cr"] if line_end and raw[found - 1 : found] == b"\r" else []
            continue
        # Two delimiters with nothing between them, not even the line end of a header, enclose no part.
        parts += [(opened, found)] if 0 <= opened < found else []
        position = opened = line_end.end()
        if line_end[1]:
            opened = _CLOSED
            break
        if len(parts) >= room:
            raise MailRefused("too-many-parts", "This message has more parts than are read.")
    if opened >= 0:
        parts.append((opened, end))
        defects.append("boundary-unclosed")
    return _Split(parts=tuple(parts), defects=(*defects, *([] if parts else ["boundary-not-found"])))


def _begins_line(raw: bytes, position: int, start: int) -> bool:
    return position == start or raw[position - 1 : position] == b"\n"


def _content_type(block: HeaderBlock, part: _Part) -> Parametered:
    """Return the Content-Type of a part: plain text where there is none (RFC 2045 section 5.2).

    Where it can't be read the part is opaque bytes; only the `text` of old programs is plain text still.
    """
    written = block.structured("content-type")
    default = ATTACHED_MESSAGE if part.container == "multipart/digest" else PLAIN
    if not written:
        return Parametered(value=default, parameters={}, repeated=frozenset())
    kind = read_parameters(written)
    if kind.media_type:
        return kind
    value = PLAIN if kind.value == "text" else OPAQUE
    return Parametered(value=value, parameters=kind.parameters, repeated=kind.repeated)


def _header_defects(block: HeaderBlock, kind: Parametered) -> list[str]:
    """Return what is wrong with the header of a part, top-level headers of other kinds left aside."""
    names = [header.name for header in block.headers]
    doubled = [code for name, code in _SINGLETONS if names.count(name) > 1]
    unreadable = kind.value == OPAQUE and not read_parameters(block.structured("content-type") or "").media_type
    return [*block.defects, *doubled, *(["content-type-unreadable"] if unreadable else [])]


def _leaf(raw: bytes, part: _Part, block: HeaderBlock, kind: Parametered) -> Leaf:
    """Return the leaf that a part is, decoded."""
    disposition = read_parameters(block.structured("content-disposition") or "")
    end = _without_line_end(raw, block.body_start, part.end) if part.depth else part.end
    encoding = encoding_of(block.structured(_TRANSFER_ENCODING))
    decoded = decode_transfer(encoding, raw, block.body_start, end)
    name = disposition.parameters.get("filename") or kind.parameters.get("name") or ""
    return Leaf(
        section=part.section or "1",
        content_type=kind.media_type,
        charset=kind.parameters.get("charset"),
        disposition=disposition.value.split(" ")[0],
        name=shown_name(name),
        named=bool(name.strip()),
        content_id=(block.structured("content-id") or "").strip("<> ") or None,
        container=part.container,
        position=part.position,
        content=decoded.content,
        readable=decoded.readable,
        defects=decoded.defects,
    )


def _without_line_end(raw: bytes, start: int, end: int) -> int:
    """Return the end of a part's content: the line end before a delimiter belongs to the delimiter."""
    if end > start and raw[end - 1 : end] == b"\n":
        end -= 1
        if end > start and raw[end - 1 : end] == b"\r":
            end -= 1
    return end
