"""Messages and documents: as text where that is safe, as exact bytes to keep, never as what they claim to be."""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse
from markupsafe import Markup

from cee_mailbot import desk
from cee_mailbot.domain.facts import DocumentFacts
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.submission import RELEASABLE
from cee_mailbot.errors import NotAllowedError, NotFoundError
from cee_mailbot.web.asking import Asked, ForbiddenError, whole_number
from cee_mailbot.web.pages.leaving import LEAVE
from cee_mailbot.web.security import FOREIGN_POLICY, LINKED_POLICY
from cee_mailbot.web.showing import show
from parsers.documents import Document
from parsers.names import saved_name

# What the page may show: text that is escaped, and pictures that we have drawn anew.
TEXTS = frozenset({"txt", "csv", "xml", "html"})
IMAGES = frozenset({"png", "jpg", "jpeg", "gif"})
SHOWN_INLINE = TEXTS | IMAGES
LONGEST_SHOWN = 200_000
PIECE = 1 << 18
WHOLE = ""  # as a section: the message itself
_ASCII_NAME = re.compile(r"[^A-Za-z0-9._ -]")


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberedDocument:
    """A document with its number within its message, by which it is asked for; whether and how the page shows it.

    `may_keep` is whether this person may have it at all, `shown` is as text or picture, `pdf` as pages in the viewer.
    """

    number: int
    facts: DocumentFacts
    may_keep: bool
    shown: bool
    pdf: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    """The documents of one message, and whether this person may have the message as it came."""

    documents: tuple[NumberedDocument, ...] = ()
    may_keep: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a message says: its plain text, whether it has HTML, and in words why there is nothing to read.

    `cut_off` is whether the text goes on where it ends.
    """

    text: str = ""
    cut_off: bool = False
    html: bool = False
    problem: str | None = None


def message_page(asked: Asked) -> Response:
    """A message as plain text, with what was made of it and what can be done."""
    number = whole_number(asked.path["message"])
    with asked.parts.intake.store.read() as ask:
        message, documents, scan = ask.message(number), ask.documents(number), ask.scan(number)
    malware = is_malware(scan)
    papers = papers_of(asked, documents, malware=malware)
    values: dict[str, Any] = {"message": message, "papers": papers, "scan": scan}
    said = _said(asked, number, malware=malware)
    if asked.request.headers.get("HX-Request"):
        return show(asked, "_message_text.html", said=said, **values)
    values |= {"line": message.subject, "releasable": message.status in RELEASABLE}
    return show(asked, "message.html", said=said, **values)


def papers_of(asked: Asked, documents: Iterable[DocumentFacts], *, malware: bool) -> Papers:
    """The documents of one message by number, from 1; of malware and of what was set aside nothing is shown."""
    known = tuple(documents)
    aside = set_aside(known, malware=malware)
    found = tuple(
        NumberedDocument(
            number=number,
            facts=facts,
            may_keep=(mine := may_keep(asked, facts.section, aside)),
            shown=(safe := mine and not malware and facts.status != "quarantined") and facts.type in SHOWN_INLINE,
            pdf=safe and facts.type == "pdf",
        )
        for number, facts in enumerate(known, start=1)
    )
    return Papers(documents=found, may_keep=may_keep(asked, WHOLE, aside))


def is_malware(scan: Mapping[str, str] | None) -> bool:
    """Whether this is what is kept of a scan that found something."""
    return scan is not None and scan.get("state") == "malware"


def _said(asked: Asked, number: int, *, malware: bool) -> Shown:
    if malware:
        return Shown(problem="The scanner found malware in this message; nothing of it is shown.")
    try:
        body = desk.body_of(asked.parts.intake, number)
    except NotAllowedError as refused:
        return Shown(problem=str(refused))
    if body.text or body.has_html:
        cut_off = not body.whole or len(body.text) > LONGEST_SHOWN
        return Shown(text=body.text[:LONGEST_SHOWN], cut_off=cut_off, html=body.has_html)
    return Shown(problem="This message has no text.")


def message_html(asked: Asked) -> Response:
    """The HTML of a message, made harmless, for a frame without rights.

    Raises `NotAllowedError` where the scanner found malware, and where there is no HTML.
    """
    number = whole_number(asked.path["message"])
    if _found_malware(asked, number):
        raise NotAllowedError(f"the scanner found malware in message {number}; nothing of it is shown")
    html = desk.html_of(asked.parts.intake, number, LEAVE)
    if html is None:
        raise NotAllowedError(f"message {number} has no HTML")
    answer = show(asked, "html_message.html", number=number, body=Markup(html))  # noqa: S704 - made safe
    answer.headers["Content-Security-Policy"] = LINKED_POLICY
    return answer


def _found_malware(asked: Asked, message: int) -> bool:
    with asked.parts.intake.store.read() as ask:
        return is_malware(ask.scan(message))


def set_aside(documents: Iterable[DocumentFacts], *, malware: bool) -> frozenset[str]:
    """The sections of a message that are for supervisors: what was set aside and whatever holds it; of malware all."""
    found = set()
    for one in documents:
        if malware or one.status == "quarantined":
            steps = one.section.split("/")
            found |= {WHOLE, *("/".join(steps[:depth]) for depth in range(1, len(steps) + 1))}
    return frozenset({WHOLE, *found} if malware else found)


def may_keep(asked: Asked, section: str, aside: Collection[str]) -> bool:
    """Whether this person may have a section, or the whole, of a message in which these sections are set aside."""
    return section not in aside or asked.person.may(Role.SUPERVISOR)


def _require_trust(asked: Asked, section: str, documents: Iterable[DocumentFacts], *, malware: bool) -> None:
    if not may_keep(asked, section, set_aside(documents, malware=malware)):
        raise ForbiddenError(
            "this holds malware or files that were set aside because they can run; to download it needs the role "
            f"{Role.SUPERVISOR}, and you have {asked.person.role}"
        )


def raw_message(asked: Asked) -> Response:
    """The exact bytes of a message, to keep; with what was set aside in it, for supervisors alone."""
    number = whole_number(asked.path["message"])
    with asked.parts.intake.store.read() as ask:
        message = ask.message(number)
        _require_trust(asked, WHOLE, ask.documents(number), malware=is_malware(ask.scan(number)))
    return to_keep(asked.parts.intake.blobs.get(message.sha256), f"message-{number}.eml")


def document(asked: Asked) -> Response:
    """The exact bytes of a document, to keep."""
    facts, found = _document(asked)
    name = facts.name or f"document.{facts.type}"
    # A message is opened as one, whatever it was called.
    return to_keep(found.content, f"{name}.eml" if facts.type == "eml" and not name.lower().endswith(".eml") else name)


def shown_document(asked: Asked) -> Response:
    """A document within the page: text escaped, a picture as a picture; anything else is to be downloaded."""
    facts, found = _document(asked)
    if _found_malware(asked, facts.message):
        raise NotAllowedError(f"the scanner found malware in message {facts.message}; nothing of it is shown")
    if facts.status == "quarantined" or facts.type not in SHOWN_INLINE:
        raise NotAllowedError(f"documents of the type {facts.type} are not shown here; download it")
    if facts.type in IMAGES:
        picture = desk.picture_of(asked.parts.intake, facts.message, facts.sha256)
        if picture is None:
            raise NotAllowedError("this picture can't be drawn here; download it")
        return Response(picture, headers=_foreign("image/png"))
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
        known, malware = ask.documents(number), is_malware(ask.scan(number))
    if not 0 < position <= len(known):
        raise NotFoundError(f"message {number} has no document {position}")
    facts = known[position - 1]
    _require_trust(asked, facts.section, known, malware=malware)
    for found in desk.documents_of(asked.parts.intake, number, facts.sha256):
        if found.sha256 == facts.sha256:
            return facts, found
    raise NotFoundError(f"document {position} of message {number} can't be cut out any more; keep the raw message")


def to_keep(content: bytes, name: str) -> Response:
    """Bytes for the disk, of no type that a browser would open (RFC 6266, RFC 8187)."""
    kept = saved_name(name) or "download"
    ascii_name = _ASCII_NAME.sub("_", kept)
    whole = quote(kept, safe="")
    headers = _foreign("application/octet-stream")
    headers["Content-Disposition"] = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{whole}"
    headers["Content-Length"] = str(len(content))
    return StreamingResponse(_pieces(content), headers=headers)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    """A piece leaves when the one before it did: the server copies what it has not sent yet, over and over."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


def _foreign(content_type: str) -> dict[str, Any]:
    return {"Content-Type": content_type, "Content-Security-Policy": FOREIGN_POLICY}
