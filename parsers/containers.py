"""What is nested in a document: the files of a ZIP, of a `winmail.dat`, and the message in a signed wrapper."""

from collections.abc import Iterator
from dataclasses import dataclass

from parsers.names import shown_path
from parsers.signed_content import SIGNED, CmsError, cms_kind, signed_content
from parsers.tnef import TnefError, tnef_attachments
from parsers.zip_archive import archived_files

FILES_INSIDE = frozenset({"zip", "tnef"})
# An attached message and a signed wrapper hold a message each.
MESSAGE_INSIDE = frozenset({"eml", "p7m"})
# Below this a container is no bomb, whatever its ratio.
ALWAYS_OPENED = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerLimits:
    """How far containers are opened: their nesting, all files in a message, all their bytes, and of one its ratio."""

    depth: int = 5
    files: int = 1000
    opened_bytes: int = 100_000_000
    ratio: int = 100


DEFAULT_CONTAINER_LIMITS = ContainerLimits()


class UnopenedError(Exception):
    """A container that can't be opened: it is damaged, encrypted, or beyond a limit."""


class Budget:
    """What is left of the limits while the containers of one message are opened."""

    def __init__(self, limits: ContainerLimits) -> None:
        """Begin with all of it."""
        self._limits = limits
        self._files = limits.files
        self._bytes = limits.opened_bytes

    def most_bytes(self, container: int) -> int:
        """Return how many bytes may come out of a container of so many."""
        return min(self._bytes, max(ALWAYS_OPENED, self._limits.ratio * container))

    def take(self, *, size: int, depth: int) -> None:
        """Count one more nested document. Raises UnopenedError when that is beyond a limit."""
        if depth > self._limits.depth or self._files < 1 or self._bytes < size:
            raise UnopenedError("it is beyond a limit")
        self._files -= 1
        self._bytes -= size


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """One file of a container: its place there (from 1), its path cleaned for display, its bytes.

    `content` is None where it can't be taken out. The path may be empty.
    """

    place: str
    path: str
    content: bytes | None


def files_inside(kind: str, content: bytes, most_bytes: int, wanted: str | None = None) -> Iterator[Inside]:
    """Return the files of a container of a kind in `FILES_INSIDE`, or only the one of the place that is wanted.

    Of one that breaks off amid its files, the last is one that can't be taken out. Raises UnopenedError, also when they
    come to more than `most_bytes`.
    """
    left = most_bytes
    for file in (_zip_files if kind == "zip" else _tnef_files)(content, left, wanted):
        left -= len(file.content or b"")
        if left < 0:
            raise UnopenedError("it is beyond a limit")
        yield file


def message_inside(kind: str, content: bytes) -> bytes | None:
    """Return the message in a container of a kind in `MESSAGE_INSIDE`, None where a signature stands alone.

    Raises UnopenedError.
    """
    if kind == "eml":
        return content
    if cms_kind(content) != SIGNED:
        raise UnopenedError("it is encrypted")
    try:
        return signed_content(content)
    except CmsError as error:
        raise UnopenedError(str(error)) from error


def _zip_files(content: bytes, most_bytes: int, wanted: str | None) -> Iterator[Inside]:
    number = int(wanted) if wanted and wanted.isascii() and wanted.isdigit() else None
    files = archived_files(content, most_bytes, number)
    if files is None:
        raise UnopenedError("it is no ZIP archive")
    for file in files:
        yield Inside(place=str(file.number), path=shown_path(file.name), content=file.content)


def _tnef_files(content: bytes, _most_bytes: int, wanted: str | None) -> Iterator[Inside]:
    number = 0
    try:
        for number, attachment in enumerate(tnef_attachments(content), start=1):
            if wanted in (None, str(number)):
                yield Inside(place=str(number), path=shown_path(attachment.name), content=attachment.content)
    except TnefError as error:
        if not number:
            raise UnopenedError(str(error)) from error
        yield Inside(place=str(number + 1), path="", content=None)
