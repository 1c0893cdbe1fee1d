"""A picture that somebody sent to one that we drew ourselves: the pixels, and nothing else that was in the file."""

import io
import warnings

from PIL import Image

KINDS = ("PNG", "JPEG", "GIF")
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2400  # enough to read a scanned page by


def redrawn(content: bytes) -> bytes | None:
    """Return the (first) picture of a PNG, JPEG or GIF as a new PNG, made smaller where it is larger than a page needs.

    None when it can't be read as one of these or has too many pixels. What else the file holds (metadata, a second
    file behind the picture) is not in it. Memory and time are for whoever calls to limit.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of oddities in the file, which are not ours
        plain = _read(content)
    if plain is None:
        return None
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain.info.clear()
    written = io.BytesIO()
    plain.save(written, format="PNG")
    return written.getvalue()


def _read(content: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(content), formats=KINDS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            return picture.convert("RGBA" if _has_transparency(picture) else "RGB")
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, Image.DecompressionBombError):
        return None


def _has_transparency(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info
