"""Raw message bytes to its documents, byte for byte, and the text of its body."""

import builtins
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from parsers.content_types import IMAGES, TEXTS, UNKNOWN, has_pdf_mark, type_of
from parsers.headers import MailRefused, decode_text, with_line_feeds
from parsers.leaves import DEFAULT_LIMITS, HTML, OPAQUE, PLAIN, SIGNATURES, CutLimits, Leaf, leaves_of
from parsers.names import shown_name
from parsers.uuencoded import take_out_files

__all__ = ["AMBIGUOUS_DEFECTS", "Cut", "CutLimits", "Document", "Leaf", "MailRefused", "cut"]

# The defects, of `Mail` or `Cut`, with which two programs may read one message in two ways (flag
# `message-ambiguous`). Those of its structure are not among them: `second_reading` tells whether they matter, and
# whoever has asked it adds `documents-differ`.
AMBIGUOUS_DEFECTS = frozenset(
    {
        "bare-cr",
        "base64-damaged",
        "documents-differ",
        "encoding-unknown",
        "nul",
        "quoted-printable-damaged",
        "two-cc",
        "two-content-disposition",
        "two-content-transfer-encoding",
        "two-content-type",
        "two-date",
        "two-from",
        "two-message-id",
        "two-mime-version",
        "two-sender",
        "two-subject",
        "two-to",
        "uuencode-damaged",
    }
)
_INLINE = frozenset({"", "inline"})
_CID = re.compile(r"""cid:([^"'<>\s)]{1,998})""", re.IGNORECASE)
_EXTENSIONS = {UNKNOWN: "bin", "ole": "bin", "tnef": "dat", "jpeg": "jpg", "tiff": "tif"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One document: a leaf that is not the body, or an attached message, as its decoded bytes.

    `name` is display data, never a path. `declared_type` is the sender's word, `type` is told by the content.
    `section` is the place in the message (`2.1`), `path` is the name, with those of the containers it was in.
    `status` is `unread`, `unreadable` or `inline` here; what reads inside documents says more.
    """

    name: str
    declared_type: str
    type: str
    content: builtins.bytes
    bytes: int
    sha256: str
    path: str
    section: str
    status: str
    content_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A message taken apart: every leaf, the documents among them, and the body as plain text and as HTML.

    `attachments_bytes` is the size of all documents, decoded.
    """

    leaves: tuple[Leaf, ...]
    documents: tuple[Document, ...]
    text: str | None
    html: str | None
    defects: tuple[str, ...]
    attachments_bytes: int


def cut(raw: builtins.bytes, limits: CutLimits = DEFAULT_LIMITS) -> Cut:
    """Return a message taken apart.

    Raises MailRefused (`too-many-parts`, `too-deep`, `header-too-large`): the message is beyond safe reading.
    """
    text, line_defects = with_line_feeds(raw)
    leaves, defects = leaves_of(text, limits)
    bodies = {leaf.section: _without_files(leaf) for leaf in leaves if is_body(leaf)}
    body = [text for text, _ in bodies.values()]
    damaged = any(leaf.defects for _, files in bodies.values() for leaf in files)
    html = _joined(body, HTML)
    referred = _referred_ids(html or "")
    documents = tuple(
        _document(found, referred, limits)
        for leaf in leaves
        for found in (bodies[leaf.section][1] if is_body(leaf) else [leaf])
        if not (is_alternative(found) or is_signature(found))
    )
    return Cut(
        leaves=leaves,
        documents=documents,
        text=_joined(body, PLAIN),
        html=html,
        defects=tuple(dict.fromkeys((*line_defects, *defects, *(("uuencode-damaged",) if damaged else ())))),
        attachments_bytes=sum(document.bytes for document in documents),
    )


def _without_files(leaf: Leaf) -> tuple[Leaf, list[Leaf]]:
    """Return a body leaf without the files that stand uuencoded in its text, and these, counted below it."""
    if leaf.content_type != PLAIN:
        return leaf, []
    text, files = take_out_files(leaf.content)
    return replace(leaf, content=text), [
        replace(
            leaf,
            section=f"{leaf.section}.{number}",
            content_type=OPAQUE,
            disposition="attachment",
            name=shown_name(file.name),
            named=True,
            content_id=None,
            content=file.content,
            defects=() if file.whole else ("uuencode-damaged",),
        )
        for number, file in enumerate(files, start=1)
    ]


def is_body(leaf: Leaf) -> bool:
    """Return whether a leaf is body text: plain or HTML, unnamed, not sent as an attachment, and text indeed.

    There may be several: Apple Mail puts text before and after a document, lists add a footer.
    """
    return leaf.content_type in {PLAIN, HTML} and _is_unnamed_text(leaf)


def is_alternative(leaf: Leaf) -> bool:
    """Return whether a leaf is the body in another form: any text directly in a multipart/alternative.

    A PDF there is none: Apple Mail puts documents beside the HTML alternative, and they must not be lost.
    """
    in_alternative = leaf.container == "multipart/alternative"
    return in_alternative and leaf.content_type.startswith("text/") and _is_unnamed_text(leaf)


def is_signature(leaf: Leaf) -> bool:
    """Return whether a leaf is the detached signature of a multipart/signed (RFC 1847), not its text."""
    return leaf.container == "multipart/signed" and leaf.position > 0 and leaf.content_type in SIGNATURES


def _is_unnamed_text(leaf: Leaf) -> bool:
    """Return whether nothing makes a text leaf a document; a PDF without a Content-Type claims to be text."""
    if leaf.named or leaf.disposition not in _INLINE or not leaf.readable:
        return False
    return type_of(leaf.content[:64]) in TEXTS


def _joined(body: Sequence[Leaf], content_type: str) -> str | None:
    """Return the text of all body leaves of a type, without NULs, which no database takes."""
    texts = [decode_text(leaf.content, leaf.charset) for leaf in body if leaf.content_type == content_type]
    if not texts:
        return None
    return "\n".join(texts).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", " ")


def _referred_ids(html: str) -> frozenset[str]:
    """Return the content ids that the body's HTML refers to (RFC 2392)."""
    return frozenset(unquote(found) for found in _CID.findall(html))


def _document(leaf: Leaf, referred: frozenset[str], limits: CutLimits) -> Document:
    kind = type_of(leaf.content, leaf.content_type, leaf.name)
    name = leaf.name or f"document-{leaf.section}.{_EXTENSIONS.get(kind, kind)}"
    return Document(
        name=name,
        declared_type=leaf.content_type,
        type=kind,
        content=leaf.content,
        bytes=len(leaf.content),
        sha256=hashlib.sha256(leaf.content).hexdigest(),
        path=name,
        section=leaf.section,
        status=_status(leaf, kind, referred, limits),
        content_id=leaf.content_id,
    )


def _status(leaf: Leaf, kind: str, referred: frozenset[str], limits: CutLimits) -> str:
    """Return `unreadable` for what surely can't be opened, `inline` for a small image of the HTML body."""
    if not leaf.readable or (leaf.name.lower().endswith(".pdf") and not has_pdf_mark(leaf.content)):
        return "unreadable"
    small_image = kind in IMAGES and len(leaf.content) < limits.inline_image
    return "inline" if small_image and leaf.content_id in referred else "unread"
