"""The attachments of a `winmail.dat` (MS-OXTNEF), in linear time whatever its lengths and counts claim."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct, error

SIGNATURE = b"\x78\x9f\x3e\x22"

_FIRST = 6  # behind the signature and the key
_ATTRIBUTE = Struct("<BII")
_U16, _U32 = Struct("<H"), Struct("<I")
_PROPERTY = Struct("<HH")
_CHECKSUM = 2
# No program writes a tenth of these for as many files as a message can carry.
MOST_ATTRIBUTES = 20_000
_OF_A_MESSAGE, _OF_AN_ATTACHMENT = 1, 2
# What mail programs and gateways put behind the last attribute.
_PADDING = b"\r\n\x00 \x1a"
_TITLE, _DATA, _BEGIN, _PROPERTIES, _CODE_PAGE = 0x8010, 0x800F, 0x9002, 0x9005, 0x9007

# MS-OXCDATA 2.11.1: the property types, and the bytes of those that have one length.
_MULTIPLE = 0x1000
_FIXED = {0x0: 0, 0x1: 0, 0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0xD, 0x1E, 0x1F, 0x102})
_UNICODE = 0x1F
_NAMED = 0x8000
_GUID = 16
# MS-OXCMSG 2.2.2: the names and the bytes of an attachment; an attached message is a TNEF of its own, an object of
# another program a file of OLE, each behind the id of the interface that reads it.
_LONG_NAME, _NAME, _DISPLAY_NAME, _OBJECT = 0x3707, 0x3704, 0x3001, 0x3701
_MESSAGE_MARK = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_STORAGE_MARK = b"\x0b\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"


class TnefError(ValueError):
    """What is called TNEF is none, or breaks off."""


@dataclass(kw_only=True, slots=True)
class TnefAttachment:
    """One attachment: its names by the property that gave each, the best first, and its bytes."""

    names: dict[int, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def name(self) -> str:
        """The name that the sender saw; empty when there is none."""
        return next((self.names[kind] for kind in (_LONG_NAME, _NAME, _TITLE, _DISPLAY_NAME) if kind in self.names), "")


def tnef_attachments(content: bytes) -> Iterator[TnefAttachment]:
    """Return the attachments in their order: all that could be read.

    Raises TnefError after the last of them when the stream breaks off or a property in it is not understood, and at
    once when it is none.
    """
    code_page = "windows-1252"
    current: TnefAttachment | None = None
    broken: TnefError | None = None
    attributes = _attributes(content)
    while True:
        try:
            level, kind, start, end = next(attributes)
            if kind == _CODE_PAGE and end - start >= _U32.size:
                code_page = f"cp{_U32.unpack_from(content, start)[0]}"
            if kind == _BEGIN:
                yield from [current] if current else []
                current = TnefAttachment()
            elif level == _OF_AN_ATTACHMENT and current is not None:
                _take(current, kind, content[start:end], code_page)
        except TnefError as error:
            broken = error
        except StopIteration:
            break
    yield from [current] if current else []
    if broken:
        raise broken


def _attributes(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Return level, name, and begin and end of each attribute (MS-OXTNEF 2.1.3.1)."""
    if not content.startswith(SIGNATURE):
        raise TnefError("no TNEF signature")
    if len(content) < _FIRST:
        raise TnefError("nothing after the signature")
    position = _FIRST
    for _ in range(MOST_ATTRIBUTES):
        if position == len(content):
            return
        if content[position] not in (_OF_A_MESSAGE, _OF_AN_ATTACHMENT):
            if content[position:].strip(_PADDING):
                raise TnefError("an attribute of no level")
            return
        if position + _ATTRIBUTE.size > len(content):
            raise TnefError("an attribute breaks off")
        level, kind, length = _ATTRIBUTE.unpack_from(content, position)
        start = position + _ATTRIBUTE.size
        position = start + length + _CHECKSUM
        if position > len(content):
            raise TnefError("an attribute is longer than the stream")
        yield level, kind & 0xFFFF, start, start + length
    raise TnefError("it has too many attributes")


def _take(attachment: TnefAttachment, kind: int, content: bytes, code_page: str) -> None:
    if kind == _TITLE:
        attachment.names[_TITLE] = _text(content, code_page)
    elif kind == _DATA:
        attachment.content = content
    elif kind == _PROPERTIES:
        for name, of_type, value in _properties(content):
            if name == _OBJECT:
                attachment.content = value.removeprefix(_MESSAGE_MARK).removeprefix(_STORAGE_MARK)
            elif name in (_LONG_NAME, _NAME, _DISPLAY_NAME):
                attachment.names[name] = _text(value, "utf-16-le" if of_type == _UNICODE else code_page)


def _text(content: bytes, code_page: str) -> str:
    try:
        return content.decode(code_page, "replace").strip("\x00")
    except LookupError:
        return content.decode("windows-1252", "replace").strip("\x00")


def _properties(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Return the name, type and value of each property that has one value of its own length (MS-OXTNEF 2.1.3.4).

    Raises TnefError when one breaks off. Each step goes forward by four bytes or more, whatever is counted.
    """
    try:
        (count,) = _U32.unpack_from(content, 0)
        position = _U32.size
        for _ in range(min(count, len(content) // _U32.size)):
            of_type, name = _PROPERTY.unpack_from(content, position)
            position = _behind_name(content, position + _PROPERTY.size, name)
            values, position = _values(content, position, of_type)
            if len(values) == 1:
                yield name, of_type & ~_MULTIPLE, values[0]
    except error as broken:
        raise TnefError("a property breaks off") from broken


def _behind_name(content: bytes, position: int, name: int) -> int:
    """Return where a property goes on behind the name that it has beside its number, if it has."""
    if name < _NAMED:
        return position
    (by_text,) = _U32.unpack_from(content, position + _GUID)
    position += _GUID + _U32.size
    length = _padded(_U32.unpack_from(content, position)[0]) if by_text else 0
    return position + _U32.size + length


def _values(content: bytes, position: int, of_type: int) -> tuple[list[bytes], int]:
    """Return the values of a property of varying length, none of another, and where the next property begins."""
    kind, several = of_type & ~_MULTIPLE, bool(of_type & _MULTIPLE)
    if kind not in _FIXED and kind not in _VARIABLE:
        raise TnefError(f"a property of type {kind:#06x}")
    count = 1
    if several or kind in _VARIABLE:
        (count,) = _U32.unpack_from(content, position)
        position += _U32.size
    if kind in _FIXED:
        return [], position + _padded(count * _FIXED[kind])
    values = []
    for _ in range(min(count, len(content) // _U32.size)):
        (length,) = _U32.unpack_from(content, position)
        position += _U32.size
        if position + length > len(content):
            raise TnefError("a property is longer than its attribute")
        values.append(content[position : position + length])
        position += _padded(length)
    return values, position


def _padded(length: int) -> int:
    return length + -length % 4
