"""The header block of a message or of a MIME part: names and values as written, read within limits."""

import re
from dataclasses import dataclass

from parsers.encoded_words import decode_bytes

HEADER_BLOCK_LIMIT = 256 * 1024
STRUCTURED_HEADER_LIMIT = 16 * 1024
CLEAN_LIMIT = 4096

# A header line with its continuations. Possessive repeats: each byte is looked at once, whatever follows; none of a
# group, which Python before 3.11.5 matches wrongly: there a line end decides each round.
# A parameter at the beginning of a line was a continuation before some gateway took the blank away.
_LOST_FOLD = rb"(?i:boundary|charset|filename|name)\*?="
_HEADER = re.compile(rb"([!-9;-~]++)([ \t]*+):((?:[^\n]*+\n(?:[ \t]|(?=" + _LOST_FOLD + rb")))*[^\n]*+)\n?")
_BEGINS_WITH_PARAMETER = re.compile(rb"\n" + _LOST_FOLD)
# A byte order mark, the line that an mbox puts before a message, a continuation of nothing.
_NO_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?(?:(?:From |[ \t])[^\n]*\n)*")
# A broken line amid headers, and not the beginning of a body, when a header that is known stands below it.
_BROKEN_LINE = re.compile(
    rb"(?!\r?\n)[^\n]*+\n(?=(?:content-[a-z-]+|mime-version|from|to|cc|subject|date|message-id|received"
    rb"|return-path|dkim-signature|x-[a-z0-9-]+):)",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(rb"\r?\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
# With the halves of characters, which no database takes.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")


class MailRefused(Exception):  # noqa: N818 - the message is refused, which is no error of ours
    """A message beyond the limits of safe reading: a stable code, and the sentence for staff."""

    def __init__(self, code: str, sentence: str) -> None:
        """Keep the code and the sentence apart: programs use the one, people read the other."""
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One header: its name in lower case, and its value as written, folding included."""

    name: str
    value: bytes

    @property
    def text(self) -> str:
        """The value as text, unfolded (RFC 5322 section 2.2.3): line ends go, the blanks after them stay."""
        return text_of(self.value).replace("\r\n", "").replace("\n", "").replace("\r", " ").strip(" \t")

    @property
    def structured(self) -> str:
        """The text, cleaned of controls and cut off at the limit of a structured header."""
        return clean(self.text, STRUCTURED_HEADER_LIMIT)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderBlock:
    """The headers in their order, where in the bytes the body begins, and what was wrong."""

    headers: tuple[Header, ...]
    body_start: int
    defects: tuple[str, ...]

    def all(self, name: str) -> list[Header]:
        """Return the headers of a name (in lower case), in order."""
        return [header for header in self.headers if header.name == name]

    def first(self, name: str) -> Header | None:
        """Return the first header of a name (in lower case), or None."""
        return next((header for header in self.headers if header.name == name), None)

    def structured(self, name: str) -> str | None:
        """Return the cleaned text of the first header of a name, or None when there is none."""
        header = self.first(name)
        return None if header is None else header.structured


def with_line_feeds(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the message, with line feeds and a defect where carriage returns alone end its lines."""
    if b"\n" in raw or b"\r" not in raw:
        return raw, ()
    return raw.replace(b"\r", b"\n"), ("bare-cr",)


def read_header_block(
    raw: bytes, start: int = 0, end: int | None = None, limit: int = HEADER_BLOCK_LIMIT
) -> HeaderBlock:
    """Return the headers that stand from `start` on (RFC 5322 section 2.2).

    A line that can be no header leaves a defect. It ends the block as if the blank line were missing, unless it is
    a parameter or a known header stands below it: a broken line must not hide the documents.
    Raises MailRefused (`header-too-large`) when the block is larger than the limit.
    """
    end = len(raw) if end is None else end
    reach = min(end, start + limit + 1)
    headers: list[Header] = []
    defects: list[str] = []
    envelope = _NO_HEADER.match(raw, start, reach) if start == 0 else None
    position = envelope.end() if envelope else start
    while found := _HEADER.match(raw, position, reach) or _BROKEN_LINE.match(raw, position, reach):
        position = found.end()
        if found.re is _BROKEN_LINE:
            defects.append("header-line-unreadable")
            continue
        name, blanks, value = found.groups()
        headers.append(Header(name=name.decode("ascii").lower(), value=value))
        defects += ["blank-before-colon"] if blanks else []
        defects += ["header-line-unreadable"] if _BEGINS_WITH_PARAMETER.search(value) else []
    if position - start > limit:
        raise MailRefused("header-too-large", f"A header block of this message is larger than {limit} bytes.")
    blank = _BLANK_LINE.match(raw, position, end)
    if blank is None and position < end:
        defects.append("header-line-unreadable")
    return HeaderBlock(
        headers=tuple(headers),
        body_start=blank.end() if blank else position,
        defects=tuple(dict.fromkeys(defects + _defects_of_bytes(raw[start:position]))),
    )


def text_of(value: bytes) -> str:
    """Return header bytes as text: UTF-8 (RFC 6532), else windows-1252, which some programs put there raw."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("windows-1252", "replace")


def clean(text: str, limit: int = CLEAN_LIMIT) -> str:
    """Return header text fit for any use: each run of controls is a blank, ends stripped, length capped."""
    return _CONTROLS.sub(" ", text[: limit * 2]).strip()[:limit]


def decode_text(content: bytes, charset: str | None) -> str:
    """Return bytes as text: in the declared charset, else UTF-8, else windows-1252; never raises.

    Half characters, which some codecs let pass, become question marks: nothing can store them.
    """
    text = decode_bytes(content, (charset or "utf-8").strip().lower())
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def _defects_of_bytes(block: bytes) -> list[str]:
    """Return what in the bytes of a header block another program may read as something else."""
    nul = ["nul"] if b"\x00" in block else []
    return nul + (["bare-cr"] if _BARE_CR.search(block) else [])
