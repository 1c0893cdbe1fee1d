"""A picture that is drawn anew: the same pixels, nothing else of the file, and no end to what can be sent as one."""

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from parsers.redrawing import LONGEST_SIDE, redrawn

SMUGGLED = b"<script>alert(1)</script>"


def picture(kind: str, size: tuple[int, int] = (20, 10), **how: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(written, format=kind, **how)  # type: ignore[arg-type]
    return written.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_only_the_pixels_are_kept(kind: str) -> None:
    """A comment within and a second file behind the picture are gone (polyglots, threat 17)."""
    sent = picture(kind, comment=SMUGGLED) + SMUGGLED
    made = redrawn(sent)
    assert made is not None
    assert SMUGGLED in sent
    assert SMUGGLED not in made
    assert made.startswith(b"\x89PNG")
    with Image.open(io.BytesIO(made)) as seen:
        assert seen.size == (20, 10)
        assert max(abs(one - other) for one, other in zip(seen.getpixel((5, 5))[:3], (200, 30, 30), strict=True)) < 20
        assert seen.info == {}


def test_a_large_picture_becomes_as_large_as_a_page_needs() -> None:
    made = redrawn(picture("PNG", (5000, 100)))
    assert made is not None
    with Image.open(io.BytesIO(made)) as seen:
        assert seen.width == LONGEST_SIDE


def test_a_bomb_is_not_opened() -> None:
    """A few bytes that say they are 50,000 pixels square."""
    header = (50_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    chunk = b"IHDR" + header
    sent = b"\x89PNG\r\n\x1a\n" + len(header).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    assert redrawn(sent + bytes(64)) is None


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "WEBP", "ICO"])
def test_other_kinds_are_not_read(kind: str) -> None:
    assert redrawn(picture(kind)) is None


@given(st.binary(max_size=200), st.integers(0, 60), st.sampled_from(["PNG", "JPEG", "GIF"]))
def test_whatever_is_sent_is_drawn_or_left(content: bytes, place: int, kind: str) -> None:
    sent = picture(kind)
    for broken in (content, sent[:place] + content + sent[place:], sent[:place]):
        made = redrawn(broken)
        assert made is None or made.startswith(b"\x89PNG")
