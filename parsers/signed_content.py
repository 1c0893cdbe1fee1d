"""What an opaque S/MIME message carries (RFC 8551 3.5.2): the content of a CMS SignedData (RFC 5652), in the clear.

The signature itself is not judged: the border does that, and says so in its header.
"""

from dataclasses import dataclass

SIGNED, ENCRYPTED, OTHER = "signed", "encrypted", "other"

_CMS = bytes.fromhex("06092a864886f70d0107")  # the object identifiers 1.2.840.113549.1.7.n of RFC 5652
_SMIME_CT = bytes.fromhex("060b2a864886f70d0109100117")  # 1.2.840.113549.1.9.16.1.23: AuthEnvelopedData (RFC 5083)
_COMPRESSED = bytes.fromhex("060b2a864886f70d0109100109")  # CompressedData (RFC 3274)
_KINDS = {_CMS + b"\x02": SIGNED, _CMS + b"\x03": ENCRYPTED, _SMIME_CT: ENCRYPTED, _COMPRESSED: OTHER}
_SEQUENCE, _SET, _OID, _OCTETS, _CONSTRUCTED_OCTETS, _EXPLICIT, _INTEGER = 0x30, 0x31, 0x06, 0x04, 0x24, 0xA0, 0x02
_END = b"\x00\x00"
_PGP_ARMOUR = b"-----BEGIN PGP SIGNATURE-----"
_PGP_PACKETS = (b"\x88", b"\x89", b"\x8a", b"\xc2")  # a signature packet, of the old and the new form
_LONG, _INDEFINITE = 0x80, 0x80
_LONGEST_LENGTH = 8
_MULTI_BYTE_TAG = 0x1F
_DEEPEST = 8
# Programs that stream cut the content into pieces of a kilobyte or more; looking at millions would take long.
MOST_PIECES = 100_000


class CmsError(ValueError):
    """What is called CMS is none, or breaks off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Value:
    """One BER value (X.690 8.1): its tag, where its content lies, and where the next value begins.

    `end` of a value of indefinite length is the end of what it may fill; `after` is None until it is walked.
    """

    tag: int
    start: int
    end: int
    definite: bool


def cms_kind(content: bytes) -> str | None:
    """Return `signed`, `encrypted` or `other` for a CMS object, None for anything else; never raises."""
    try:
        outer = _value(content, 0, len(content))
        if outer.tag != _SEQUENCE:
            return None
        return next((kind for oid, kind in _KINDS.items() if content.startswith(oid, outer.start)), None)
    except CmsError:
        return None


def is_detached_signature(content: bytes) -> bool:
    """Return whether this is a signature alone: of CMS without what it signs, or of OpenPGP. Never raises."""
    if content.lstrip().startswith(_PGP_ARMOUR):
        return True
    if content[:1] in _PGP_PACKETS:
        return True
    try:
        return cms_kind(content) == SIGNED and signed_content(content) is None
    except CmsError:
        return False


def signed_content(content: bytes) -> bytes | None:
    """Return what a SignedData signs, None where the signature is detached. Raises CmsError.

    RFC 5652 5.1: version, digest algorithms, and then the content, which is all that is walked.
    """
    outer = _value(content, 0, len(content))
    oid = _value(content, outer.start, outer.end)
    wrapped = _expect(content, oid.end, outer.end, _EXPLICIT)
    signed = _expect(content, wrapped.start, wrapped.end, _SEQUENCE)
    version = _expect(content, signed.start, signed.end, _INTEGER)
    algorithms = _expect(content, version.end, signed.end, _SET)
    carried = _expect(content, _after(content, algorithms), signed.end, _SEQUENCE)
    carried_type = _expect(content, carried.start, carried.end, _OID)
    if carried_type.end >= carried.end or content.startswith(_END, carried_type.end):
        return None
    pieces: list[bytes] = []
    _take_octets(content, _expect(content, carried_type.end, carried.end, _EXPLICIT), pieces)
    return b"".join(pieces)


def _take_octets(content: bytes, holder: _Value, pieces: list[bytes], depth: int = 0) -> int:
    """Add the pieces of an octet string, which may be cut up (X.690 8.7); return where its holder ends."""
    position = holder.start
    while position < holder.end and (holder.definite or not content.startswith(_END, position)):
        value = _value(content, position, holder.end)
        if value.tag == _OCTETS and value.definite:
            pieces.append(content[value.start : value.end])
            if len(pieces) > MOST_PIECES:
                raise CmsError("it is cut into too many pieces")
            position = value.end
        elif value.tag == _CONSTRUCTED_OCTETS and depth < _DEEPEST:
            position = _take_octets(content, value, pieces, depth + 1)
        else:
            raise CmsError(f"a value of type {value.tag:#04x} among octets")
    if holder.definite:
        return position
    if not content.startswith(_END, position):
        raise CmsError("it breaks off")
    return position + len(_END)


def _expect(content: bytes, position: int, end: int, tag: int) -> _Value:
    value = _value(content, position, end)
    if value.tag != tag:
        raise CmsError(f"a value of type {value.tag:#04x} where {tag:#04x} was expected")
    return value


def _value(content: bytes, position: int, end: int) -> _Value:
    """Return the value that begins here. Raises CmsError when it does not fit in."""
    if position + 2 > end:
        raise CmsError("it breaks off")
    tag, first = content[position], content[position + 1]
    if tag & _MULTI_BYTE_TAG == _MULTI_BYTE_TAG:
        raise CmsError("a tag of several bytes")
    start = position + 2
    if first == _INDEFINITE:
        return _Value(tag=tag, start=start, end=end, definite=False)
    length = first
    if first > _LONG:
        start += first - _LONG
        if first - _LONG > _LONGEST_LENGTH or start > end:
            raise CmsError("a length that can't be")
        length = int.from_bytes(content[position + 2 : start], "big")
    if start + length > end:
        raise CmsError("a value is longer than what holds it")
    return _Value(tag=tag, start=start, end=start + length, definite=True)


def _after(content: bytes, value: _Value) -> int:
    """Return where the next value begins; of one of indefinite length its values are walked to its end."""
    if value.definite:
        return value.end
    position, open_values = value.start, [value]
    while open_values:
        if content.startswith(_END, position):
            open_values.pop()
            position += len(_END)
            continue
        inner = _value(content, position, value.end)
        position = inner.end if inner.definite else inner.start
        if not inner.definite:
            open_values.append(inner)
            if len(open_values) > _DEEPEST:
                raise CmsError("it nests too deep")
    return position
