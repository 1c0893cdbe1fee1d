"""Transfer encodings, undone."""

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.transfer import Decoded, decode_transfer, encoding_of


def decoded(encoding: str, raw: bytes) -> Decoded:
    return decode_transfer(encoding, raw, 0, len(raw))


@pytest.mark.parametrize("written", ["base64 ", "BASE64", "base64 (a comment)", '"base64"', "base64;", "\tbase64"])
def test_the_name_of_an_encoding_is_read_as_it_is_meant(written: str) -> None:
    assert encoding_of(written) == "base64"


DAMAGED = {
    b"QUJD!REVG": b"ABCDEF",
    b"QUJDRA": b"ABCD",
    b"QUJDR": b"ABC",
    b"QUI=QUJD": b"ABABC",
    b"QUI=\n-- \nlist footer, see http://x": b"AB",
    b"QUI==": b"AB",
    b"=QUI=": b"AB",
}


@pytest.mark.parametrize(("encoded", "content"), DAMAGED.items())
def test_damaged_base64_gives_what_is_whole_and_says_so(encoded: bytes, content: bytes) -> None:
    assert decoded("base64", encoded) == Decoded(content=content, defects=("base64-damaged",))


def test_base64_of_nothing_but_junk_is_unreadable() -> None:
    assert decoded("base64", b"!!!! ????") == Decoded(content=b"", defects=("base64-damaged",), readable=False)


def test_base64_in_millions_of_pieces_is_not_looked_at_piece_by_piece() -> None:
    assert decoded("base64", b"QQ==" * 100_000).content == b"A"


def test_quoted_printable_loses_blanks_at_line_ends() -> None:
    assert decoded("quoted-printable", b"a \t\r\nb=20\r\nc= \r\nd  ").content == b"a\r\nb \r\ncd"


def test_damaged_quoted_printable_leaves_a_defect() -> None:
    assert decoded("quoted-printable", b"a=zz").defects == ("quoted-printable-damaged",)


def test_uuencode_is_decoded() -> None:
    lines = b"".join(binascii.b2a_uu(b"commercial invoice"[start : start + 9]) for start in (0, 9))
    raw = b"begin 644 a.pdf\n" + lines + b"`\nend\n"
    assert decoded("x-uuencode", raw) == Decoded(content=b"commercial invoice")
    assert decoded("x-uuencode", raw[:-4]).defects == ("uuencode-damaged",)
    assert not decoded("x-uuencode", lines).readable


def test_an_unknown_encoding_leaves_the_bytes_as_they_are() -> None:
    assert decoded("x-own", b"abc") == Decoded(content=b"abc", defects=("encoding-unknown",))
    assert decoded("binary", b"abc") == Decoded(content=b"abc")


@given(st.binary(max_size=500), st.sampled_from([b"\n", b"\r\n"]))
def test_base64_written_and_read_is_the_same(content: bytes, line_end: bytes) -> None:
    assert decoded("base64", base64.encodebytes(content).replace(b"\n", line_end)) == Decoded(content=content)


@given(st.binary(max_size=500))
def test_quoted_printable_written_and_read_is_the_same(content: bytes) -> None:
    encoded = quopri.encodestring(content.replace(b"\r", b"").replace(b"\n", b""), quotetabs=True)
    assert decoded("quoted-printable", encoded).content == content.replace(b"\r", b"").replace(b"\n", b"")


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "x-uuencode", ""]))
def test_no_bytes_make_decoding_raise(raw: bytes, encoding: str) -> None:
    decoded(encoding, raw)
