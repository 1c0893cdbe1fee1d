"""Files that stand uuencoded in the text of a body, as mail programs older than MIME send them."""

import binascii
import re
from dataclasses import dataclass, replace

from parsers.leaves import OPAQUE, PLAIN, Leaf
from parsers.names import shown_name
from parsers.transfer import uu_line

_BEGIN = re.compile(rb"begin [0-7]{3,4} ([^\r\n]{1,998})")
_MOST_FILES = 200
# More lines that begin a file and are followed by none stand in no honest text; looking behind each takes long.
_MOST_BEGINNINGS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class UuencodedFile:
    """One file as decoded; `whole` tells whether its `end` was there."""

    name: str
    content: bytes
    whole: bool


def take_out_files(text: bytes) -> tuple[bytes, tuple[UuencodedFile, ...]]:
    """Return the text without its uuencoded files, and the files; a `begin` that starts none is text."""
    if b"begin " not in text:
        return text, ()
    lines = text.splitlines(keepends=True)
    kept: list[bytes] = []
    files: list[UuencodedFile] = []
    at = beginnings = 0
    while at < len(lines):
        begin = _BEGIN.match(lines[at]) if len(files) < _MOST_FILES and beginnings < _MOST_BEGINNINGS else None
        beginnings += begin is not None
        content, after, whole = _decoded(lines, at + 1) if begin else (b"", at, False)
        if begin and content:
            files.append(UuencodedFile(name=begin[1].decode("utf-8", "replace"), content=content, whole=whole))
            at = after
        else:
            kept.append(lines[at])
            at += 1
    return b"".join(kept), tuple(files)


def _decoded(lines: list[bytes], start: int) -> tuple[bytes, int, bool]:
    """Return what the lines hold up to `end` or the first that is none of the file's, and where it goes on.

    A line without bytes counts as read, so a text of nothing but `begin` lines is gone over once.
    """
    pieces: list[bytes] = []
    for at in range(start, len(lines)):
        line = lines[at].rstrip(b"\r\n")
        if line.strip() == b"end":
            return b"".join(pieces), at + 1, True
        try:
            pieces.append(uu_line(line))
        except binascii.Error:
            return b"".join(pieces), at, False
        if not pieces[0]:
            return b"", start, False
    return b"".join(pieces), len(lines), False


def without_files(leaf: Leaf) -> tuple[Leaf, list[Leaf]]:
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
