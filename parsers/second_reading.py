"""A second reading of a message, by the standard library, which shares no code with ours.

What programs read in two ways can be used to show one paper to a scanner and another to an officer
(draft-chen-email-mime-ambiguity-defense). Agreement of two readers that were written apart is no proof, but cheap.
"""

import hashlib
import quopri
import re
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from parsers.documents import Cut, is_alternative, is_body, is_signature
from parsers.headers import STRUCTURED_HEADER_LIMIT, with_line_feeds
from parsers.leaves import ATTACHED_MESSAGE, Leaf, leaves_of
from parsers.transfer import encoding_of

# What our reading notes where the structure of a message is broken. Where this stands, the two must agree.
STRUCTURE_DEFECTS = frozenset(
    {
        "blank-before-colon",
        "boundary-missing",
        "boundary-not-found",
        "boundary-unclosed",
        "content-type-unreadable",
        "header-line-unreadable",
        "multipart-encoded",
        "two-boundary",
    }
)
DOCUMENTS_DIFFER = "documents-differ"

_DEEPEST = 20
_TRANSFER_ENCODING = "Content-Transfer-Encoding"
# The standard library takes quadratic time over the parameters of such a header.
_LONG_LINE = re.compile(rb"(?im)^content-[a-z-]+:[^\n]{%d}" % STRUCTURED_HEADER_LIMIT)
# Reports of servers: the standard library takes their fields apart, and their bytes are gone.
_OTHER_MESSAGES = "message/"


class _Incomparable(Exception):  # noqa: N818 - a result inside of this module
    """The message can't be read twice, or not in a form that can be compared."""


def sees_other_documents(raw: bytes, ours: Cut) -> bool:
    """Return whether a document of one reading is nowhere among the leaves of the other, or can't be compared.

    Attached messages are compared by what is in them, whose last line end may be the delimiter's: the other reader
    keeps no bytes of theirs. Bodies are not compared, nor what stands uuencoded in them.
    """
    try:
        mine, my_documents = _counted(_our_leaves(ours.leaves, 0))
        others, other_documents = _counted(_other_leaves(with_line_feeds(raw)[0]))
    # Whatever the library raises over hostile bytes, RecursionError too, is no agreement.
    except Exception:  # noqa: BLE001
        return True
    return not (my_documents <= others and other_documents <= mine)


def _counted(leaves: Iterator[tuple[bytes, bool]]) -> tuple[Counter[bytes], Counter[bytes]]:
    """Return how often each content occurs, by digest: among all leaves, and among the documents."""
    found = [(hashlib.sha256(content).digest(), is_document) for content, is_document in leaves]
    return Counter(digest for digest, _ in found), Counter(digest for digest, is_document in found if is_document)


def _our_leaves(leaves: tuple[Leaf, ...], depth: int) -> Iterator[tuple[bytes, bool]]:
    """Return each leaf's content and whether it is a document, attached messages opened."""
    for leaf in leaves:
        if leaf.content_type == ATTACHED_MESSAGE:
            if depth >= _DEEPEST:
                raise _Incomparable
            yield from _our_leaves(leaves_of(with_line_feeds(leaf.content)[0])[0], depth + 1)
        elif not leaf.content_type.startswith(_OTHER_MESSAGES):
            yield _cut_end(leaf.content, depth), not (is_body(leaf) or is_alternative(leaf) or is_signature(leaf))


def _cut_end(content: bytes, depth: int) -> bytes:
    return content.rstrip(b"\r\n") if depth else content


def _other_leaves(raw: bytes, depth: int = 0) -> Iterator[tuple[bytes, bool]]:
    if depth > _DEEPEST or _LONG_LINE.search(raw):
        raise _Incomparable
    waiting: list[tuple[Message, int]] = [(message_from_bytes(raw), depth)]
    while waiting:
        part, depth = waiting.pop()
        kind = part.get_content_type()
        encoding = encoding_of(part.get(_TRANSFER_ENCODING))
        if kind == ATTACHED_MESSAGE and encoding in ("base64", "quoted-printable"):
            # Against RFC 2046, and seen: the library takes the encoded text for the message.
            yield from _other_leaves(_decoded(_only_part(part), encoding), depth + 1)
        elif kind.startswith(_OTHER_MESSAGES) and kind != ATTACHED_MESSAGE:
            continue
        elif part.is_multipart():
            below = depth + (kind == ATTACHED_MESSAGE)
            waiting += [(one, below) for one in reversed(part.get_payload())]  # type: ignore[arg-type]  # parts
        else:
            yield _cut_end(_decoded(part, encoding), depth), _is_document(part)


def _only_part(part: Message) -> Message:
    inner = part.get_payload()
    first = inner[0] if isinstance(inner, list) else part
    return first if isinstance(first, Message) else part


def _decoded(part: Message, encoding: str) -> bytes:
    """Return the content, by the library's decoders; the encoding's name is read as every mail program does."""
    del part[_TRANSFER_ENCODING]
    part[_TRANSFER_ENCODING] = "8bit" if encoding == "quoted-printable" else encoding
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise _Incomparable
    return quopri.decodestring(_without_end_blanks(content)) if encoding == "quoted-printable" else content


def _without_end_blanks(content: bytes) -> bytes:
    """Return the lines without the blanks at their ends, which are no content (RFC 2045 6.7)."""
    *lines, last = content.split(b"\n")
    ends = (b"\r\n" if line.endswith(b"\r") else b"\n" for line in lines)
    whole = (line.removesuffix(b"\r").rstrip(b" \t") + end for line, end in zip(lines, ends, strict=True))
    return b"".join((*whole, last.rstrip(b" \t")))


def _is_document(part: Message) -> bool:
    unnamed_text = part.get_content_maintype() == "text" and part.get_filename() is None
    return not unnamed_text or part.get_content_disposition() == "attachment"
