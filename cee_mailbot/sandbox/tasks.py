"""What is read in a child: each task a function of the message's bytes, and the table of them all.

To add a task write the function here, with its types, and put it into `TASKS`; `ChildReader.ask(function, ...)` runs
it in a child. Arguments and result may be what `plain` can carry: texts, numbers, bytes, aware times, frozen
dataclasses and tuples of these, each declared by its type. A function raises `MailRefused` when a message is beyond
the limits of reading; anything else that it raises costs the child its life and the task its result.

The bytes of documents stay in the child: what is read of a document is read from the message that holds it, cut
anew, since the store keeps the message alone and a large attachment is not to be sent about.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from cee_mailbot.interfaces import Body, Reading
from parsers.bounces import is_bounce, returned_ids
from parsers.containers import ContainerLimits
from parsers.documents import Cut, Document, cut, cut_closed
from parsers.mail import Mail, read_mail
from parsers.papers import NOT_LOOKED_INTO, Paper, read_paper
from parsers.probes import probed
from parsers.redrawing import redrawn
from parsers.safe_html import read_html, sanitise_html
from parsers.second_reading import DOCUMENTS_DIFFER, STRUCTURE_DEFECTS, sees_other_documents

EMPTY_CUT = Cut(leaves=(), documents=(), text=None, html=None, defects=(), attachments_bytes=0)

NOTHING_OPENED = ContainerLimits(depth=0)

# A body that no person has written or will read to its end; it must not make a message of 50 MB an answer of 50 MB.
LONGEST_BODY = 1_000_000


def read_message(raw: bytes, sample: int) -> Reading:
    """What a message says and carries; of its leaves and documents not the bytes. Raises `MailRefused`.

    Where the structure is broken, and of whole messages every `sample`th (0: none), a second reader must see the
    same documents.
    """
    _forget()
    return _reading(raw, probed(cut(raw)), sample)


def read_unopened(raw: bytes, sample: int) -> Reading:
    """As `read_message`, for a message that no child has survived: no document is opened, containers are `unreadable`.

    So a bomb among the documents costs these their reading, and not the message.
    """
    _forget()
    return _reading(raw, cut(raw, container_limits=NOTHING_OPENED), sample)


def _reading(raw: bytes, carried: Cut, sample: int) -> Reading:
    mail = read_mail(raw)
    if _is_read_twice(mail, carried, sample) and sees_other_documents(raw, carried):
        carried = replace(carried, defects=(*carried.defects, DOCUMENTS_DIFFER))
    returned = returned_ids(carried.leaves, mail.in_reply_to) if is_bounce(mail.machine) else ()
    return Reading(mail=mail, cut=without_bytes(carried), returned=returned)


def _is_read_twice(mail: Mail, carried: Cut, sample: int) -> bool:
    """By the content, so that the same message is always read in the same way."""
    if not STRUCTURE_DEFECTS.isdisjoint((*mail.defects, *carried.defects)):
        return True
    return sample > 0 and int(mail.content_digest[-8:], 16) % sample == 0


def without_bytes(carried: Cut) -> Cut:
    """What was cut as it leaves the child: without the bytes of leaves and documents, the body at most so long."""
    return replace(
        carried,
        leaves=(),
        documents=tuple(replace(document, content=b"") for document in carried.documents),
        text=carried.text and carried.text[:LONGEST_BODY],
        html=carried.html and carried.html[:LONGEST_BODY],
    )


def read_header(start: bytes) -> Reading:
    """What the header block at the start of a message says; no documents. Raises `MailRefused`."""
    return Reading(mail=read_mail(start), cut=EMPTY_CUT)


def body_of(raw: bytes) -> Body:
    """What the body of a message says, whatever is attached to it. Raises `MailRefused`."""
    _forget()
    carried = cut_closed(raw)
    text, html = carried.text or "", carried.html or ""
    said, whole = (text, True) if text.strip() else read_html(html)
    return Body(text=said[:LONGEST_BODY], has_html=bool(html), whole=whole and len(said) <= LONGEST_BODY)


def html_of(raw: bytes, leave: str) -> str | None:
    """The HTML of a message, made safe, its links leading to `leave`; None without any. Raises `MailRefused`."""
    _forget()
    html = cut_closed(raw).html
    return sanitise_html(html, leave=leave) if html else None


# --- what is asked of one message again and again --------------------------------------------------------------

# The message of the last of these tasks, taken apart: three hundred papers of one message cut it once.
_taken_apart: dict[bytes, Cut] = {}


def _carried(raw: bytes) -> Cut:
    """What the message carries. Raises `MailRefused`."""
    found = _taken_apart.get(raw)
    if found is None:
        _forget()
        found = _taken_apart[raw] = cut(raw)
    return found


def _forget() -> None:
    """Before another message is read, so that the memory of one never holds two."""
    _taken_apart.clear()


def documents_with_bytes(raw: bytes, wanted: str | None) -> tuple[Document, ...]:
    """The documents of a message with their bytes: the first of the SHA-256 `wanted`, or all. Raises `MailRefused`."""
    found = (document for document in _carried(raw).documents if wanted in (None, document.sha256))
    return tuple(found if wanted is None else islice(found, 1))


def paper_of(raw: bytes, wanted: str) -> Paper:
    """What the document of a message says whose SHA-256 is `wanted`. Raises `MailRefused`."""
    found = next(iter(documents_with_bytes(raw, wanted)), None)
    return read_paper(found.content, found.type) if found else NOT_LOOKED_INTO


def picture_of(raw: bytes, wanted: str) -> bytes | None:
    """The picture whose SHA-256 is `wanted`, drawn anew as a PNG; None where it is none. Raises `MailRefused`."""
    found = next(iter(documents_with_bytes(raw, wanted)), None)
    return redrawn(found.content) if found else None


TASKS: tuple[Callable[..., Any], ...] = (
    read_message,
    read_unopened,
    read_header,
    body_of,
    html_of,
    documents_with_bytes,
    paper_of,
    picture_of,
)
