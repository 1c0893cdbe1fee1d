"""Word and Excel files (ECMA-376) to their text: the words of a document, the cells of each sheet."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from xml.parsers import expat

from parsers.zip_archive import archived_files

OFFICE_KINDS = ("docx", "xlsx")
_MOST_PARTS = 300
# A part in UTF-16, its tags included, is seldom longer than so many times its text.
_BYTES_A_CHARACTER = 8
# What comes out of one file: shared texts, named by each cell again, make as much of a small file as somebody likes.
_CHARACTERS_A_BYTE = 50
_ALWAYS_READ = 100_000
_TYPES = "[content_types].xml"
_LONGEST_TYPES = 1_000_000
# What a part is by the type that the file's own list gives it, and, where that says nothing, by its name.
_BY_TYPE = re.compile(
    r".*\.openxmlformats-officedocument\.(?:"
    r"wordprocessingml\.(?:(?P<document>(?:document|template)\.main)|(?P<note>header|footer|footnotes|endnotes|comments))"
    r"|spreadsheetml\.(?:(?P<sheet>worksheet)|(?P<shared>sharedStrings)))\+xml",
    re.IGNORECASE | re.DOTALL,
)
_BY_NAME = re.compile(
    r"word/(?:(?P<document>document\d*)|(?P<note>(?:header|footer|footnotes|endnotes|comments)\d*))\.xml"
    r"|xl/(?:(?P<shared>sharedstrings)|worksheets/(?P<sheet>[^/]+))\.xml"
)
_ROLES = {"docx": ("document", "note"), "xlsx": ("shared", "sheet")}
_NUMBER = re.compile(r"(\d{1,6})\.xml")
_SHARED_CELL, _TEXT = "s", "t"
_WORD_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "tc": "\t", "noBreakHyphen": "-"}
_PHONETIC = "rPh"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    role: str
    name: str
    content: bytes

    @property
    def number(self) -> int:
        """The number in the name, by which programs order sheets."""
        found = _NUMBER.search(self.name)
        return int(found[1]) if found else 0


def read_office(content: bytes, kind: str, most_characters: int) -> tuple[tuple[str, ...], bool]:
    """Return the pages of text of a file of a kind in `OFFICE_KINDS`, and whether that is all of its text.

    A document of Word is one page; of a workbook each sheet is one, its rows as lines and its cells parted by tabs:
    texts as written, numbers as stored, so that a day is the number of days since 1900. The text of both is cut off
    after `most_characters`, or after fifty for each byte of the file, and parts that can't be read are left out. Never
    raises.
    """
    most = min(most_characters, max(_ALWAYS_READ, _CHARACTERS_A_BYTE * len(content)))
    parts, are_all = _parts(content, kind, _BYTES_A_CHARACTER * most)
    pages, is_whole = (_read_word if kind == "docx" else _read_excel)(parts, most)
    return pages, is_whole and are_all


def _read_word(parts: list[_Part], most_characters: int) -> tuple[tuple[str, ...], bool]:
    # The document itself before its headers and notes: a search in the first lines finds what the page begins with.
    ordered = sorted(parts, key=lambda part: part.role != "document")
    read = [_word_text(part.content, most_characters) for part in ordered]
    text = "\n".join(one for one, _ in read)
    return (text[:most_characters],), bool(read) and all(whole for _, whole in read) and len(text) <= most_characters


def _read_excel(parts: list[_Part], most_characters: int) -> tuple[tuple[str, ...], bool]:
    shared, is_whole = _shared_texts(
        next((part.content for part in parts if part.role == "shared"), None), most_characters
    )
    pages: list[str] = []
    left = most_characters
    sheets = [part for part in parts if part.role == "sheet"]
    for part in sorted(sheets, key=lambda part: (part.number, part.name)):
        text, whole = _sheet_text(part.content, shared, left)
        pages.append(text[:left])
        left -= len(pages[-1])
        is_whole = is_whole and whole
    return tuple(pages), is_whole and bool(pages)


def _parts(content: bytes, kind: str, most_bytes: int) -> tuple[list[_Part], bool]:
    """Return the parts that hold text, and whether these are all; after `most_bytes` of all of them come no more."""
    types = _types(content)

    def role_of(name: str) -> str | None:
        by_name = _BY_NAME.fullmatch(name.lower())
        role = types.get(name.lower()) or (by_name.lastgroup if by_name else None)
        return role if role in _ROLES[kind] else None

    parts: list[_Part] = []
    left, is_whole = most_bytes, True
    for file in archived_files(content, most_bytes, named=role_of) or ():
        if left < 0 or len(parts) >= _MOST_PARTS:
            return parts, False
        if file.content is None:
            is_whole = False
            continue
        left -= len(file.content)
        parts.append(_Part(role=role_of(file.name) or "", name=file.name.lower(), content=file.content))
    return parts, is_whole


def _types(content: bytes) -> dict[str, str]:
    """Return the roles of parts as the file's own list tells them, by their names in lower case."""
    files = archived_files(content, _LONGEST_TYPES, named=lambda name: name.lower() == _TYPES) or ()
    walk = _TypesWalk(_LONGEST_TYPES)
    for file in islice(files, 1):
        walk.walk(file.content or b"")
    return walk.found


class _Walk:
    """Gather the texts of one part; who walks through it takes up what it needs of `opens`, `closes` and `reads`."""

    def __init__(self, most_characters: int) -> None:
        self.texts: list[str] = []
        self._left = most_characters
        self._inside: list[str] = []
        self._open_now: Counter[str] = Counter()  # so that asking costs the same at any depth

    def write(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise _EnoughError
        self.texts.append(text)

    def opens(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins; its name is without namespace."""

    def closes(self, name: str) -> None:
        """It ends."""

    def reads(self, text: str) -> None:
        """A piece of text stands in the innermost element."""

    def is_in(self, name: str) -> bool:
        return self._open_now[name] > 0

    def walk(self, part: bytes) -> bool:
        """Return whether the part was read to its end."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self.reads
        try:
            parser.Parse(part, True)
        except (expat.ExpatError, _EnoughError, ValueError, LookupError):
            # The last two are of encodings: unknown, or none that expat can be told.
            return False
        return True

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self._inside.append(local)
        self._open_now[local] += 1
        self.opens(local, attributes)

    def _close(self, name: str) -> None:
        self._open_now[self._inside.pop()] -= 1
        self.closes(name.rpartition(" ")[2])


class _EnoughError(Exception):
    """What is read of one file has come to its limit, or it is no part that a program of Office writes."""


def _refuse(*_: object) -> None:
    raise _EnoughError


class _TypesWalk(_Walk):
    """The list of parts (ECMA-376 part 2, 10.1.2): `found` has the roles of those that hold text."""

    def __init__(self, most_characters: int) -> None:
        super().__init__(most_characters)
        self.found: dict[str, str] = {}

    def opens(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Override" and (found := _BY_TYPE.fullmatch(attributes.get("ContentType", ""))):
            self.found[attributes.get("PartName", "").lower().lstrip("/")] = found.lastgroup or ""


class _WordWalk(_Walk):
    def opens(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes
        if name in _WORD_SIGNS and not self.is_in("pPr"):
            self.write(_WORD_SIGNS[name])

    def closes(self, name: str) -> None:
        if name == "p":
            self.write("\n")

    def reads(self, text: str) -> None:
        if self._inside[-1] == _TEXT:
            self.write(text)


class _SharedWalk(_Walk):
    """The texts that cells name by their number: `found` has them in order."""

    def __init__(self, most_characters: int) -> None:
        super().__init__(most_characters)
        self.found: list[str] = []

    def closes(self, name: str) -> None:
        if name == "si":
            self.found.append("".join(self.texts))
            self.texts.clear()

    def reads(self, text: str) -> None:
        if self._inside[-1] == _TEXT and not self.is_in(_PHONETIC):
            self.write(text)


class _SheetWalk(_Walk):
    def __init__(self, shared: list[str], most_characters: int) -> None:
        super().__init__(most_characters)
        self._shared = shared
        self._kind = ""
        self._value: list[str] = []

    def opens(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._kind = attributes.get("t", "")
            self._value = []

    def closes(self, name: str) -> None:
        if name == "c":
            self.write(self._cell() + "\t")
        elif name == "row":
            self.write("\n")

    def reads(self, text: str) -> None:
        if self._inside[-1] == "v" or (self._inside[-1] == _TEXT and self.is_in("is") and not self.is_in(_PHONETIC)):
            self._value.append(text)

    def _cell(self) -> str:
        value = "".join(self._value)
        if self._kind != _SHARED_CELL:
            return value
        at = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else len(self._shared)  # noqa: PLR2004
        return self._shared[at] if at < len(self._shared) else ""


def _word_text(part: bytes, most_characters: int) -> tuple[str, bool]:
    walk = _WordWalk(most_characters)
    whole = walk.walk(part)
    return "".join(walk.texts), whole


def _shared_texts(part: bytes | None, most_characters: int) -> tuple[list[str], bool]:
    if part is None:
        return [], True
    walk = _SharedWalk(most_characters)
    whole = walk.walk(part)
    return walk.found, whole


def _sheet_text(part: bytes, shared: list[str], most_characters: int) -> tuple[str, bool]:
    walk = _SheetWalk(shared, most_characters)
    whole = walk.walk(part)
    return "".join(walk.texts), whole
