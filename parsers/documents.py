"""Raw message bytes to its documents, byte for byte, and the text of its body."""

import builtins
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from parsers.containers import (
    DEFAULT_CONTAINER_LIMITS,
    FILES_INSIDE,
    MESSAGE_INSIDE,
    Budget,
    ContainerLimits,
    UnopenedError,
    files_inside,
    message_inside,
)
from parsers.content_types import IMAGES, TEXTS, UNKNOWN, has_pdf_mark, type_of
from parsers.headers import MailRefused, decode_text, with_line_feeds
from parsers.leaves import DEFAULT_LIMITS, HTML, OPAQUE, PLAIN, SIGNATURES, CutLimits, Leaf, leaves_of
from parsers.signed_content import is_detached_signature
from parsers.uuencoded import without_files

__all__ = [
    "AMBIGUOUS_DEFECTS",
    "Cut",
    "CutLimits",
    "Document",
    "Leaf",
    "MailRefused",
    "content_of",
    "cut",
    "cut_closed",
]

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
# Documents that open only with a password.
ENCRYPTED = frozenset({"encrypted-office"})
_INLINE = frozenset({"", "inline"})
# In a text that speaks of PDFs this does not stand, by itself at the beginning of a line.
_PDF_REACH = 1024  # where readers look for it
_PDF_BEGINS = re.compile(rb"^%PDF-[12]\.[0-9]", re.MULTILINE)
_CID = re.compile(r"""cid:([^"'<>\s)]{1,998})""", re.IGNORECASE)
_EXTENSIONS = {
    **dict.fromkeys((UNKNOWN, "ole", "encrypted-office", "office-macro", "pe", "elf", "mach-o"), "bin"),
    "tnef": "dat",
    "jpeg": "jpg",
    "tiff": "tif",
    "active-html": "html",
    "script": "txt",
    "gzip": "gz",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One document: a leaf that is not the body, or an attached message, as its decoded bytes.

    `name` is display data, never a path. `declared_type` is the sender's word, `type` is told by the content.
    `section` is the place in the message (`2.1`), of a nested one behind the places of its containers (`2/3`, `2/1.2`);
    `path` is the name, with those of the containers it was in (`invoices.zip/inv1.pdf`).
    `status` is `unread`, `unreadable` or `inline` here; what reads inside documents, and what knows the lists of
    types, says more. A container of which something could not be opened is `unreadable`.
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

    @property
    def nested(self) -> bool:
        """Whether it came out of another document, with which its bytes were sent."""
        return "/" in self.section


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A message taken apart: every leaf, the documents among them, and the body as plain text and as HTML.

    Each container is followed by what is nested in it. `attachments_bytes` is the size of all documents as they
    were sent, decoded, what is nested in them not counted again.
    """

    leaves: tuple[Leaf, ...]
    documents: tuple[Document, ...]
    text: str | None
    html: str | None
    defects: tuple[str, ...]
    attachments_bytes: int


def cut(
    raw: builtins.bytes,
    limits: CutLimits = DEFAULT_LIMITS,
    container_limits: ContainerLimits = DEFAULT_CONTAINER_LIMITS,
) -> Cut:
    """Return a message taken apart, its containers opened.

    A message whose body is in a signed wrapper has the body that was signed. Raises MailRefused (`too-many-parts`,
    `too-deep`, `header-too-large`): the message is beyond safe reading. A container beyond its limits is
    `unreadable`, and nothing of it is taken.
    """
    closed = cut_closed(raw, limits)
    budget = Budget(container_limits)
    documents = [one for document in closed.documents for one in _opened(document, limits, budget, depth=1)]
    return replace(closed, documents=tuple(documents))


def cut_closed(raw: builtins.bytes, limits: CutLimits = DEFAULT_LIMITS) -> Cut:
    """Return a message taken apart, its containers closed. Raises MailRefused as `cut`."""
    return _with_signed_body(_cut_flat(raw, limits), limits)


def content_of(raw: builtins.bytes, section: str, limits: CutLimits = DEFAULT_LIMITS) -> builtins.bytes | None:
    """Return the exact bytes of the document of a section, None where there is none.

    Only the containers on the way to it are opened. Raises MailRefused as `cut`.
    """
    first, *steps = section.split("/")
    found = _of_section(_cut_flat(raw, limits).documents, first)
    try:
        for step in steps[: DEFAULT_CONTAINER_LIMITS.depth]:
            budget = Budget(DEFAULT_CONTAINER_LIMITS)
            found = found and _of_section(_contents(found, limits, budget, wanted=step)[0], f"{found.section}/{step}")
    except UnopenedError:
        return None
    return found.content if found and found.section == section else None


def _of_section(documents: Sequence[Document], section: str) -> Document | None:
    return next((document for document in documents if document.section == section), None)


def _opened(document: Document, limits: CutLimits, budget: Budget, *, depth: int) -> list[Document]:
    """Return a document with everything that is nested in it behind it."""
    if document.type not in FILES_INSIDE | MESSAGE_INSIDE:
        return [document]
    try:
        contents, whole = _contents(document, limits, budget)
        for inner in contents:
            budget.take(size=inner.bytes, depth=depth)
        nested = [one for inner in contents for one in _opened(inner, limits, budget, depth=depth + 1)]
    except UnopenedError:
        return [replace(document, status="unreadable")]
    return [document if whole else replace(document, status="unreadable"), *nested]


def _contents(
    document: Document, limits: CutLimits, budget: Budget, wanted: str | None = None
) -> tuple[list[Document], bool]:
    """Return the documents directly in a container, and whether all of it could be taken out. Raises UnopenedError."""
    if document.type in MESSAGE_INSIDE:
        message = message_inside(document.type, document.content)
        inner = _inner_cut(message, limits).documents if message is not None else ()
        return [_nested(one, document) for one in inner], True
    most = budget.most_bytes(document.bytes)
    files = list(files_inside(document.type, document.content, most, wanted))
    whole = all(file.content is not None for file in files)
    leaves = [_file_leaf(file.place, file.path, file.content) for file in files if file.content is not None]
    return [_nested(_document(leaf, frozenset(), limits), document) for leaf in leaves], whole


def _inner_cut(message: builtins.bytes, limits: CutLimits) -> Cut:
    try:
        return _cut_flat(message, limits)
    except MailRefused as refused:
        raise UnopenedError(refused.sentence) from refused


def _nested(inner: Document, container: Document) -> Document:
    path, section = f"{container.path}/{inner.path}", f"{container.section}/{inner.section}"
    return replace(inner, path=path, section=section)


def _file_leaf(place: str, path: str, content: builtins.bytes) -> Leaf:
    """Return a file of an archive as if it had been attached."""
    return Leaf(
        section=place,
        content_type=OPAQUE,
        charset=None,
        disposition="attachment",
        name=path,
        named=bool(path),
        content_id=None,
        container="",
        position=0,
        content=content,
        readable=True,
        defects=(),
    )


def _with_signed_body(flat: Cut, limits: CutLimits) -> Cut:
    """Return a message without a body of its own with that of its signed wrapper, if it is one (RFC 8551 3.5.2)."""
    wrapper = next((document for document in flat.documents if document.type == "p7m"), None)
    if wrapper is None or flat.text is not None or flat.html is not None:
        return flat
    try:
        message = message_inside(wrapper.type, wrapper.content)
        inner = _inner_cut(message, limits) if message is not None else flat
    except UnopenedError:
        return flat
    return replace(
        flat, text=inner.text, html=inner.html, defects=tuple(dict.fromkeys((*flat.defects, *inner.defects)))
    )


def _cut_flat(raw: builtins.bytes, limits: CutLimits) -> Cut:
    """Return a message taken apart, its containers closed. Raises MailRefused."""
    text, line_defects = with_line_feeds(raw)
    leaves, defects = leaves_of(text, limits)
    bodies = {leaf.section: without_files(leaf) for leaf in leaves if is_body(leaf)}
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
    """Return whether a leaf is the detached signature of a multipart/signed (RFC 1847), not its text.

    A part that only calls itself one is a document.
    """
    is_second = leaf.container == "multipart/signed" and leaf.position == 1 and leaf.readable
    return is_second and leaf.content_type in SIGNATURES and is_detached_signature(leaf.content)


def _is_unnamed_text(leaf: Leaf) -> bool:
    """Return whether nothing makes a text leaf a document; a PDF without a Content-Type claims to be text."""
    if leaf.named or leaf.disposition not in _INLINE or not leaf.readable:
        return False
    return type_of(leaf.content[:64]) in TEXTS and not _PDF_BEGINS.search(leaf.content, 0, _PDF_REACH)


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
    path = leaf.name or f"document-{leaf.section}.{_EXTENSIONS.get(kind, kind)}"
    return Document(
        name=path.rpartition("/")[2],
        declared_type=leaf.content_type,
        type=kind,
        content=leaf.content,
        bytes=len(leaf.content),
        sha256=hashlib.sha256(leaf.content).hexdigest(),
        path=path,
        section=leaf.section,
        status=_status(leaf, kind, referred, limits),
        content_id=leaf.content_id,
    )


def _status(leaf: Leaf, kind: str, referred: frozenset[str], limits: CutLimits) -> str:
    """Return `unreadable` for what surely can't be opened, `inline` for a small image of the HTML body."""
    if (
        not leaf.readable
        or kind in ENCRYPTED
        or (leaf.name.lower().endswith(".pdf") and not has_pdf_mark(leaf.content))
    ):
        return "unreadable"
    small_image = kind in IMAGES and len(leaf.content) < limits.inline_image
    return "inline" if small_image and leaf.content_id in referred else "unread"
