"""Answers of Exchange as they come in: XML to response messages, the MIME content of items in pieces beside them.

exchangelib's own reader mends broken XML, so that an answer that was cut would pass for a whole one, and it holds the
content of an item several times over. This one takes only what is well-formed to its end.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from cee_mailbot.errors import UnreachableError

# What XML 1.0 allows no document to hold (section 2.2), and Exchange writes all the same when a sender did.
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")
_MOST_TEXT, _DEEPEST = 32 << 20, 64
_ELEMENT = 200  # characters that an element weighs as much as, however short it is written
_CONTENT = "MimeContent"


@dataclass(slots=True, eq=False)
class Node:
    """An element: its local name, its attributes, its own text, and what it holds."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, *path: str) -> Iterator["Node"]:
        """The elements at this path below."""
        for child in self.children:
            if child.tag == path[0]:
                yield from child.all(*path[1:]) if path[1:] else (child,)

    def first(self, *path: str) -> "Node | None":
        """The first element at this path below."""
        return next(self.all(*path), None)

    def words(self, *path: str) -> str:
        """The text of the first element at this path, empty without one."""
        found = self.first(*path)
        return found.text.strip() if found else ""


class Answer:
    """One answer: what is fed to it comes out as content, in pieces, and as response messages or a SOAP fault."""

    def __init__(self) -> None:
        self.version = ""
        self._events: deque[bytes | Node] = deque()
        self._open: list[Node] = []
        self._left = ""  # characters of base64 that make no three bytes yet
        self._length = 0
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.buffer_size = 1 << 16
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def feed(self, pieces: Iterable[bytes]) -> Iterator[bytes | Node]:
        """What these pieces, which are all, come to. Raises `UnreachableError` when they are no whole document."""
        try:
            for piece in pieces:
                self._parser.Parse(piece, False)
                yield from self._come()
            self._parser.Parse(b"", True)
        except (expat.ExpatError, Base64Error) as error:
            raise UnreachableError(f"the answer is not whole, or no answer of Exchange's: {error}") from error
        yield from self._come()

    def _come(self) -> Iterator[bytes | Node]:
        while self._events:
            yield self._events.popleft()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(Node(name.rpartition(" ")[2], attributes))
        self._weigh(_ELEMENT + sum(map(len, attributes.values())))
        if len(self._open) > _DEEPEST:
            raise UnreachableError("the answer is nested without end")

    def _end(self, _name: str) -> None:
        node = self._open.pop()
        if node.tag == _CONTENT and self._left:
            raise Base64Error("the content ends amid its base64")
        if node.tag == "ServerVersionInfo":
            parts = (node.attributes.get(f"{one}{what}") for what in ("Version", "BuildNumber") for one in _PARTS)
            self.version = ".".join(part for part in parts if part)
        if node.tag.endswith("ResponseMessage") or node.tag == "Fault":
            self._events.append(node)
        elif self._open and not self._at_top:
            self._open[-1].children.append(node)

    @property
    def _at_top(self) -> bool:
        """Whether what is open holds messages, which are handed out and not kept."""
        return self._open[-1].tag in {"Envelope", "Body", "ResponseMessages"}

    def _characters(self, text: str) -> None:
        node = self._open[-1]
        if node.tag == _CONTENT:
            self._decode(text)
            return
        self._weigh(len(text))
        node.text += text

    def _weigh(self, characters: int) -> None:
        self._length += characters
        if self._length > _MOST_TEXT:
            raise UnreachableError("the answer has no end")

    def _decode(self, text: str) -> None:
        whole = self._left + "".join(text.split())
        end = len(whole) - len(whole) % 4
        self._left = whole[end:]
        if end:
            self._events.append(a2b_base64(whole[:end], strict_mode=True))


_PARTS = ("Major", "Minor")


def mended(body: bytes) -> bytes:
    """The same without characters that XML does not allow: one sender's must not make a whole folder unreadable."""
    text = body.decode("utf-8-sig", errors="replace")
    return _NO_CHARACTER.sub("?", _REFERENCE.sub(_checked, text)).encode()


def _checked(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    good = number <= 0x10FFFF and not _NO_CHARACTER.match(chr(number))  # noqa: PLR2004 - the last of Unicode
    return reference[0] if good else "?"


def _refuse_doctype(*_: object) -> None:
    raise UnreachableError("the answer has a document type, which SOAP 1.1 section 3 forbids")
