"""Messages and documents: as text where that is safe, as exact bytes to keep, never as what they claim to be."""

import re
from typing import Any
from urllib.parse import quote

from fastapi.responses import Response

from cee_mailbot import desk
from cee_mailbot.domain.facts import DocumentFacts
from cee_mailbot.errors import NotAllowedError, NotFoundError
from cee_mailbot.web.asking import Asked, whole_number
from cee_mailbot.web.security import FOREIGN_POLICY
from cee_mailbot.web.showing import show
from parsers.documents import Document

# What the page may show: text that is escaped, and pictures that browsers decode as such and nothing else.
TEXTS = frozenset({"txt", "csv", "xml", "html"})
IMAGES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}
SHOWN_INLINE = TEXTS | frozenset(IMAGES)
LONGEST_SHOWN = 200_000
_ASCII_NAME = re.compile(r"[^A-Za-z0-9._ -]")


def message_page(asked: Asked) -> Response:
    """A message as plain text, with what was made of it."""
    number = whole_number(asked.path["message"])
    with asked.parts.intake.store.read() as ask:
        message, documents = ask.message(number), ask.documents(number)
    text, problem = _text_of(asked, number)
    template = "_message_text.html" if asked.request.headers.get("HX-Request") else "message.html"
    return show(asked, template, message=message, documents=documents, text=text, problem=problem, shown=SHOWN_INLINE)


def _text_of(asked: Asked, number: int) -> tuple[str, str | None]:
    """The text of a message, and why there is none."""
    try:
        cut = desk.reading_of(asked.parts.intake, number).cut
    except NotAllowedError as refused:
        return "", str(refused)
    if not cut.text:
        return (
            "",
            "This message has no plain text." if not cut.html else "This message has HTML alone; see its raw form.",
        )
    return cut.text[:LONGEST_SHOWN], None


def raw_message(asked: Asked) -> Response:
    """The exact bytes of a message, to keep."""
    number = whole_number(asked.path["message"])
    with asked.parts.intake.store.read() as ask:
        message = ask.message(number)
    return to_keep(asked.parts.intake.blobs.get(message.sha256), f"message-{number}.eml")


def document(asked: Asked) -> Response:
    """The exact bytes of a document, to keep."""
    facts, found = _document(asked)
    return to_keep(found.content, facts.name or f"document.{facts.type}")


def shown_document(asked: Asked) -> Response:
    """A document within the page: text escaped, a picture as a picture; anything else is to be downloaded."""
    facts, found = _document(asked)
    if facts.status == "quarantined" or facts.type not in SHOWN_INLINE:
        raise NotAllowedError(f"documents of the type {facts.type} are not shown here; download it")
    if facts.type in IMAGES:
        return Response(found.content, headers=_foreign(IMAGES[facts.type]))
    text = found.content.decode("utf-8", "replace")
    cut_off = len(text) > LONGEST_SHOWN
    answer = show(asked, "text_document.html", facts=facts, text=text[:LONGEST_SHOWN], cut_off=cut_off)
    # It is shown in a frame of our own page.
    answer.headers["Content-Security-Policy"] = FOREIGN_POLICY
    return answer


def _document(asked: Asked) -> tuple[DocumentFacts, Document]:
    """What is known of a document and its bytes, found to be those that the digest was taken of."""
    number, position = whole_number(asked.path["message"]), whole_number(asked.path["number"])
    with asked.parts.intake.store.read() as ask:
        known = ask.documents(number)
    if not 0 < position <= len(known):
        raise NotFoundError(f"message {number} has no document {position}")
    facts = known[position - 1]
    for found in desk.documents_of(asked.parts.intake, number, facts.sha256):
        if (found.section, found.sha256) == (facts.section, facts.sha256):
            return facts, found
    raise NotFoundError(f"document {position} of message {number} can't be cut out any more; keep the raw message")


def to_keep(content: bytes, name: str) -> Response:
    """Bytes for the disk, of no type that a browser would open (RFC 6266, RFC 8187)."""
    ascii_name = _ASCII_NAME.sub("_", name)[:100].strip(". ") or "download"
    whole = quote("".join(one for one in name if one.isprintable() and one not in '/\\:*?"<>|')[:100], safe="")
    headers = _foreign("application/octet-stream")
    headers["Content-Disposition"] = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{whole}"
    return Response(content, headers=headers)


def _foreign(content_type: str) -> dict[str, Any]:
    return {"Content-Type": content_type, "Content-Security-Policy": FOREIGN_POLICY}
