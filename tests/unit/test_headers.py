"""Header blocks: names and values as written, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.headers import MailRefused, clean, decode_text, read_header_block, text_of, with_line_feeds
from tests.support.bounded import bounded


def test_values_are_kept_as_written_and_unfolded_on_demand() -> None:
    block = read_header_block(b"A: one\r\n\ttwo\r\nB:three\r\n\r\nbody")
    assert [(header.name, header.value) for header in block.headers] == [("a", b" one\r\n\ttwo\r"), ("b", b"three\r")]
    assert block.headers[0].text == "one\ttwo"
    assert block.body_start == len(b"A: one\r\n\ttwo\r\nB:three\r\n\r\n")
    assert block.defects == ()


def test_F40_no_header_name_is_special() -> None:
    block = read_header_block(b"headers: x\nHeaders_json: y\nParse: z\n\n")
    assert [header.name for header in block.headers] == ["headers", "headers_json", "parse"]


def test_a_line_that_is_no_header_ends_the_block() -> None:
    block = read_header_block(b"A: one\nHello there\n\nbody")
    assert block.body_start == len(b"A: one\n")
    assert block.defects == ("header-line-unreadable",)


def test_a_broken_line_amid_headers_does_not_hide_what_follows() -> None:
    block = read_header_block(b"A: one\nbroken by a gateway\nContent-Type: application/pdf\n\nbody")
    assert [header.name for header in block.headers] == ["a", "content-type"]
    assert block.defects == ("header-line-unreadable",)


def test_a_parameter_whose_folding_was_lost_still_belongs_to_its_header() -> None:
    block = read_header_block(b'Content-Type: multipart/mixed;\nboundary="x"\nA: one\n\nbody')
    assert [header.text for header in block.headers] == ['multipart/mixed;boundary="x"', "one"]
    assert block.defects == ("header-line-unreadable",)


@pytest.mark.parametrize("before", [b"From a@b.example Mon Jan  1\n", b"\xef\xbb\xbf", b" left over\n"])
def test_what_storage_puts_before_a_message_is_no_header(before: bytes) -> None:
    assert [header.name for header in read_header_block(before + b"A: one\n\n").headers] == ["a"]


def test_a_block_beyond_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    raw = b"A: " + b"x" * 96 + b"\n\n"
    assert read_header_block(raw, limit=100).headers
    with pytest.raises(MailRefused) as refused:
        read_header_block(raw, limit=99)
    assert refused.value.code == "header-too-large"


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"A: one\rB: two\n\n", "bare-cr"),
        (b"A: o\x00ne\n\n", "nul"),
        (b"Subject : two\n\n", "blank-before-colon"),
    ],
)
def test_bytes_that_programs_read_in_different_ways_leave_a_defect(raw: bytes, defect: str) -> None:
    assert read_header_block(raw).defects == (defect,)


@pytest.mark.parametrize(
    "hostile",
    [b"a" * 250_000, b"\r" * 250_000, b"a \t" * 80_000, b"\n " * 100_000, b"A:\n " * 50_000, b"A:\nname=" * 30_000],
)
def test_any_header_block_is_read_in_linear_time(hostile: bytes) -> None:
    with bounded():
        read_header_block(hostile)


def test_lines_that_end_with_carriage_returns_alone_are_lines() -> None:
    assert with_line_feeds(b"A: one\r\rbody\r") == (b"A: one\n\nbody\n", ("bare-cr",))
    assert with_line_feeds(b"A: one\r\n\r\n") == (b"A: one\r\n\r\n", ())


def test_raw_8_bit_headers_are_utf_8_or_windows_1252() -> None:
    assert text_of("José".encode()) == text_of("José".encode("windows-1252")) == "José"


def test_clean_leaves_nothing_that_breaks_a_line() -> None:
    assert clean(" a\r\nBcc: x\x00\x7f\u2028\u2029b\ud800 ") == "a Bcc: x b"
    assert len(clean("x" * 10_000)) == 4096


@pytest.mark.parametrize(
    "charset",
    ["no-such-charset", "unknown-8bit", "base64", "punycode", "\x00", "x" * 9999, "iso-8859-99", "utf-99", "cp0"],
)
def test_F37_an_unknown_charset_is_no_error(charset: str) -> None:
    assert decode_text("José".encode(), charset) == "José"
    assert decode_text("José".encode("windows-1252"), charset) == "José"


@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "utf_16_be", "utf-32"])
def test_one_broken_unit_leaves_the_rest_of_a_wide_text_as_it_is(charset: str) -> None:
    """Read as windows-1252 it had a NUL, shown as a blank, between all letters."""
    broken = "Papers of José \ud800 attached".encode(charset, "surrogatepass")
    assert decode_text(broken, charset).removeprefix("\ufeff") == "Papers of José \ufffd attached"
    cut = "Papers of José".encode(charset) + b"x"
    assert decode_text(cut, charset).removeprefix("\ufeff") == "Papers of José\ufffd"


@pytest.mark.parametrize("content", [b"Papers of Jos\xe9!", b"Papers of Jose!", "José".encode()])
def test_a_wide_charset_that_is_a_lie_is_not_believed(content: bytes) -> None:
    assert decode_text(content, "utf-16").startswith(("Papers of Jos", "José"))
    nonsense = b"\x00\xd8\x41\x00" * 20
    assert "\ufffd" not in decode_text(nonsense, "utf-16-le")


def test_half_characters_do_not_pass() -> None:
    decode_text(b"+2AA-", "utf-7").encode("utf-8")


@given(st.binary(), st.text())
def test_no_bytes_and_no_charset_make_decoding_raise(content: bytes, charset: str) -> None:
    decode_text(content, charset).encode("utf-8")


@given(st.binary())
def test_no_bytes_make_the_reading_of_headers_raise(raw: bytes) -> None:
    assert 0 <= read_header_block(raw).body_start <= len(raw)
