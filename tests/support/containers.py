"""Containers as brokers' programs and attackers write them: ZIP, `winmail.dat`, opaque S/MIME, attached messages."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

PDF = b"%PDF-1.4\n% papers\n%%EOF\n"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
_MESSAGE_CLASS = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_STORAGE_CLASS = bytes.fromhex("0b00000000000000c000000000000046")


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these files, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def locked(archive: bytes) -> bytes:
    """The archive with every file marked as encrypted, in both of its headers."""
    content = bytearray(archive)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 1)
    return bytes(content)


def winmail(files: Sequence[tuple[str, bytes]], *, long_names: bool = False) -> bytes:
    """A `winmail.dat` with these files; with `long_names` their names stand in properties, as Outlook writes them."""
    stream = struct.pack("<IH", 0x223E9F78, 1) + _attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    stream += _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    for name, content in files:
        stream += _attribute(2, 0x00069002, b"\x00" * 14)
        stream += _attribute(2, 0x0006800F, content)
        stream += _attribute(2, 0x00018010, (name[:8] if long_names else name).encode("cp1252") + b"\x00")
        if long_names:
            stream += _attribute(2, 0x00069005, properties((0x3707001F, (name + "\x00").encode("utf-16-le"))))
    return stream


def winmail_with_message(inner: bytes) -> bytes:
    """A `winmail.dat` with a message attached to it, which is a TNEF of its own."""
    stream = struct.pack("<IH", 0x223E9F78, 1) + _attribute(2, 0x00069002, b"\x00" * 14)
    return stream + _attribute(2, 0x00069005, properties((0x3701000D, _MESSAGE_CLASS + inner)))


def winmail_with_object(ole: bytes) -> bytes:
    """A `winmail.dat` with an object of another program attached to it, a file of OLE."""
    stream = struct.pack("<IH", 0x223E9F78, 1) + _attribute(2, 0x00069002, b"\x00" * 14)
    return stream + _attribute(2, 0x00069005, properties((0x3701000D, _STORAGE_CLASS + ole)))


def winmail_properties(written: bytes) -> bytes:
    """The attribute of an attachment that holds these properties."""
    return _attribute(2, 0x00069005, written)


def properties(*values: tuple[int, bytes]) -> bytes:
    """A list of properties: `tag` (name and type as MAPI writes them) and value."""
    written = struct.pack("<I", len(values) + 3)
    # A number, a name of its own, and several numbers stand before: they have to be stepped over.
    written += struct.pack("<HHI", 0x3, 0x0E20, 7)
    written += struct.pack("<HH16sII", 0x3, 0x8001, b"\x01" * 16, 1, 6) + "abc".encode("utf-16-le") + b"\x00\x00"
    written += struct.pack("<I", 9) + struct.pack("<HHIHHHH", 0x1002, 0x0E21, 2, 1, 0, 2, 0)
    for tag, value in values:
        padded = value + b"\x00" * (-len(value) % 4)
        written += struct.pack("<HHII", tag & 0xFFFF, tag >> 16, 1, len(value)) + padded
    return written


def _attribute(level: int, kind: int, content: bytes) -> bytes:
    return struct.pack("<BII", level, kind, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


@lru_cache(maxsize=1)
def _signer() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Meridian Brokers")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, WHEN, WHEN + timedelta(days=3650))
    return builder.sign(key, hashes.SHA256()), key


def signed(message: bytes, *, detached: bool = False) -> bytes:
    """The CMS SignedData of a message, with the message in it or beside it."""
    certificate, key = _signer()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(message).add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.Binary, *([pkcs7.PKCS7Options.DetachedSignature] if detached else [])]
    return builder.sign(serialization.Encoding.DER, options)


def signed_in_pieces(message: bytes, size: int = 1000) -> bytes:
    """The SignedData of a message as programs write it that stream: lengths left open, the octets cut up (BER)."""
    pieces = b"".join(_tlv(0x04, message[at : at + size]) for at in range(0, len(message), size))
    octets = b"\x24\x80" + pieces + b"\x00\x00"
    data = bytes.fromhex("06092a864886f70d010701")
    carried = b"\x30\x80" + data + b"\xa0\x80" + octets + b"\x00\x00" + b"\x00\x00"
    digests = b"\x31\x80" + b"\x30\x80" + bytes.fromhex("0609608648016503040201") + b"\x05\x00\x00\x00" + b"\x00\x00"
    body = b"\x30\x80" + b"\x02\x01\x01" + digests + carried + b"\x31\x00" + b"\x00\x00"
    return b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + body + b"\x00\x00" + b"\x00\x00"


def encrypted(message: bytes) -> bytes:
    """What begins like a CMS EnvelopedData; nobody without the key reads further."""
    return _tlv(0x30, bytes.fromhex("06092a864886f70d010703") + _tlv(0xA0, _tlv(0x30, b"\x02\x01\x00" + message)))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    figures = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(figures)]) + figures + content
