"""Encoded words of RFC 2047 (`=?utf-8?q?..?=`) to text, whatever charset they claim."""

import binascii
import re

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*+)\?=")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_CHARSET = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,39}")

# Some codecs of Python are no charsets, and one (punycode) takes quadratic time: only these families are tried.
_FAMILIES = (
    "ansi", "ascii", "big5", "cp", "euc", "gb", "hz", "iso", "johab", "koi8", "ks", "latin", "mac", "ms",
    "shift", "sjis", "tis", "us-", "utf", "windows",
)  # fmt: skip
# What mailers write when they mean the larger set (WHATWG Encoding Standard, "Names and labels").
_LARGER = {
    "iso-8859-1": "windows-1252",
    "us-ascii": "utf-8",
    "gb2312": "gb18030",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
}
# Charsets of units of two or four bytes, and of how many units one may be broken.
_WIDE = ("utf-16", "utf_16", "utf16", "utf-32", "utf_32", "utf32")
_MOST_BROKEN = 10


def decode_words(text: str) -> str:
    """The text with its encoded words decoded; blanks between two of them vanish (RFC 2047 section 6.2).

    Neighbours in one charset are joined as bytes first: mailers split them within a character. Words are
    decoded in mid-token too, and a word that cannot be decoded stays as it is.
    """
    pieces: list[str] = []
    run, run_charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        gap = text[end : word.start()]
        charset = word[1].partition("*")[0].lower()
        if gap.strip() or (run and charset != run_charset) or not run:
            pieces.append(decode_bytes(run, run_charset))
            pieces.append("" if run and not gap.strip() else gap)
            run = b""
        run += _bytes(word[2], word[3])
        run_charset, end = charset, word.end()
    return "".join([*pieces, decode_bytes(run, run_charset), text[end:]])


def decode_bytes(raw: bytes, charset: str = "utf-8") -> str:
    """The bytes as text: in the charset they claim, else UTF-8, else windows-1252; never an error.

    Broken units of UTF-16 and UTF-32 are U+FFFD: read as anything else each letter would stand apart.
    """
    for name in (_LARGER.get(charset, charset), "utf-8"):
        if not _CHARSET.fullmatch(name) or not name.startswith(_FAMILIES):
            continue
        try:
            text = raw.decode(name)
        except (LookupError, ValueError):
            continue
        if name == charset or "\x00" not in text or not charset.startswith(_WIDE):
            return text
    return _mended(raw, charset) or raw.decode("windows-1252", "replace")


def _mended(raw: bytes, charset: str) -> str:
    """Text in wide units of which some are broken; empty where too many are, or none has a NUL: the name is a lie."""
    if not charset.startswith(_WIDE) or not _CHARSET.fullmatch(charset) or b"\x00" not in raw:
        return ""
    try:
        text = raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return ""
    return text if text.count("\ufffd") <= max(1, len(text) // _MOST_BROKEN) else ""


def _bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    letters = _NOT_BASE64.sub("", text)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
