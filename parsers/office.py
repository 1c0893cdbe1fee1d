"""Word and Excel files (ECMA-376) to their text: the words of a document, the cells of each sheet."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

from parsers.zip_archive import archived_files

OFFICE_KINDS = ("docx", "xlsx")
_MOST_PARTS = 300
_WORD_PARTS = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml", re.IGNORECASE)
_SHEETS = re.compile(r"xl/worksheets/sheet(\d{1,6})\.xml", re.IGNORECASE)
_SHARED = "xl/sharedstrings.xml"
_SHARED_CELL, _TEXT = "s", "t"
_WORD_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "tc": "\t"}
_PHONETIC = "rPh"


def read_office(content: bytes, kind: str, most_characters: int) -> tuple[tuple[str, ...], bool]:
    """Return the pages of text of a file of a kind in `OFFICE_KINDS`, and whether that is all of its text.

    A document of Word is one page; of a workbook each sheet is one, its rows as lines and its cells parted by tabs:
    texts as written, numbers as stored, so that a day is the number of days since 1900. The text of both is cut off
    after `most_characters`, and parts that can't be read are left out. Never raises.
    """
    return (_read_word if kind == "docx" else _read_excel)(content, most_characters)


def _read_word(content: bytes, most_characters: int) -> tuple[tuple[str, ...], bool]:
    # The document itself before its headers and notes: a search in the first lines finds what the page begins with.
    parts = sorted(_parts(content, _WORD_PARTS.fullmatch, most_characters), key=lambda part: "document" not in part[0])
    read = [_word_text(part, most_characters) for _, part in parts]
    text = "\n".join(one for one, _ in read)
    return (text[:most_characters],), bool(read) and all(whole for _, whole in read) and len(text) <= most_characters


def _read_excel(content: bytes, most_characters: int) -> tuple[tuple[str, ...], bool]:
    found = dict(_parts(content, lambda name: _SHEETS.fullmatch(name) or name == _SHARED, most_characters))
    shared, is_whole = _shared_texts(found.pop(_SHARED, None), most_characters)
    pages: list[str] = []
    left = most_characters
    for name in sorted(found, key=lambda name: int(_SHEETS.sub(r"\1", name))):
        text, whole = _sheet_text(found[name], shared, left)
        pages.append(text[:left])
        left -= len(pages[-1])
        is_whole = is_whole and whole
    return tuple(pages), is_whole and bool(pages)


def _parts(content: bytes, is_wanted: Callable[[str], object], most_characters: int) -> Iterator[tuple[str, bytes]]:
    """Give the wanted parts by their names in lower case; a part that is longer than so many texts was cut off."""
    number = 0
    for file in archived_files(content, 8 * most_characters) or ():
        if is_wanted(file.name.lower()) and file.content is not None and number < _MOST_PARTS:
            number += 1
            yield file.name.lower(), file.content


class _Walk:
    """Gather the texts of one part: `opens` and `closes` are told of every element by its name without namespace."""

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
        raise NotImplementedError

    def closes(self, name: str) -> None:
        raise NotImplementedError

    def reads(self, text: str) -> None:
        raise NotImplementedError

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
        except (expat.ExpatError, _EnoughError):
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

    def opens(self, name: str, attributes: Mapping[str, str]) -> None:
        """Nothing: a text ends with its element."""

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
