"""Files that stand uuencoded in a body are taken out of it, and everything else stays text."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.uuencoded import UuencodedFile, take_out_files


def written(name: str, content: bytes, *, end: bytes = b"`\nend\n", mode: str = "644") -> bytes:
    lines = b"".join(binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return f"begin {mode} {name}\n".encode() + lines + end


@given(st.binary(min_size=1, max_size=500), st.text("abc ", min_size=1).map(str.strip).filter(bool))
def test_what_was_encoded_comes_out_and_the_text_around_it_stays(content: bytes, name: str) -> None:
    text, files = take_out_files(b"See below.\n" + written(name, content) + b"Regards\n")
    assert text == b"See below.\nRegards\n"
    assert files == (UuencodedFile(name=name, content=content, whole=True),)


def test_several_files_come_out_in_their_order() -> None:
    text, files = take_out_files(written("a.pdf", b"one") + b"and\n" + written("b.pdf", b"two", mode="0644"))
    assert text == b"and\n"
    assert [(one.name, one.content) for one in files] == [("a.pdf", b"one"), ("b.pdf", b"two")]


@pytest.mark.parametrize("end", [b"", b"`\n", b"not of the file\n"])
def test_a_file_whose_end_is_missing_is_kept_and_told(end: bytes) -> None:
    text, [file] = take_out_files(written("a.pdf", b"papers", end=end))
    assert (file.content, file.whole) == (b"papers", False)
    assert text == (end if end.startswith(b"not") else b"")


@pytest.mark.parametrize(
    "text",
    [
        b"We begin 644 days later.\n",
        b"begin with the invoice\n",
        b"begin 644 a.pdf\n",
        b"begin 644 a.pdf\nend\n",
        b"begin 644 a.pdf\nplain words, no code\n",
        b"begin 64 a.pdf\n" + binascii.b2a_uu(b"x") + b"end\n",
        b"begin 644 \n" + binascii.b2a_uu(b"x") + b"end\n",
        b"begin 644 a.pdf\n`\nend\n",
    ],
)
def test_what_begins_no_file_is_text(text: bytes) -> None:
    assert take_out_files(text) == (text, ())


def test_no_more_than_two_hundred_files_are_taken_out() -> None:
    one = written("a", b"x")
    text, files = take_out_files(one * 201)
    assert (text, len(files)) == (one, 200)


@given(st.binary())
def test_nothing_is_lost_of_a_body_without_files(text: bytes) -> None:
    kept, files = take_out_files(text)
    assert kept == text or files
