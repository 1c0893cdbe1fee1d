"""The value and parameters of Content-Type and Content-Disposition (RFC 2045, RFC 2183, RFC 2231)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from parsers.encoded_words import decode_words
from parsers.headers import decode_text
from parsers.lexical import strip_comments, unquote

# Names are shown as written, parentheses and all; in other parameters a parenthesis is a comment.
_NAMES = frozenset({"name", "filename"})
_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)""", re.DOTALL)
_TYPE = re.compile(r"\s*([^\s/;,]+)\s*/\s*([^\s/;,]+)")
_SECTION = re.compile(r"([^*]+)(?:\*([0-9]{1,4}))?(\*?)", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parametered:
    """The value before the first semicolon in lower case, the parameters, and those written twice."""

    value: str
    parameters: Mapping[str, str]
    repeated: frozenset[str]

    @property
    def media_type(self) -> str:
        """The `type/subtype` in lower case, or an empty text when the value is no media type."""
        found = _TYPE.match(self.value)
        return f"{found[1]}/{found[2]}" if found else ""


def read_parameters(text: str) -> Parametered:
    """Return the value and the parameters of a structured MIME header, in linear time; never raises.

    Extended and continued parameters (RFC 2231) win over plain ones of the same name. Of a name that is
    written twice the first counts.
    """
    head = text.partition(";")[0]
    if "(" in head:
        text = strip_comments(text)
        head = text.partition(";")[0]
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    repeated: set[str] = set()
    for found in _PARAMETER.finditer(text, len(head)):
        name, value = found[1].lower(), found[2]
        place = _SECTION.fullmatch(name) if "*" in name else None
        if place is not None:
            pieces = sections.setdefault(place[1], {})
            pieces.setdefault(int(place[2] or 0), (unquote(value), bool(place[3])))
        elif name in plain:
            repeated.add(name)
        else:
            plain[name] = _plain_value(name, value)
    joined = {name: _joined(pieces) for name, pieces in sections.items()}
    return Parametered(value=head.strip().lower(), parameters={**plain, **joined}, repeated=frozenset(repeated))


def _plain_value(name: str, value: str) -> str:
    """Return a parameter's value; encoded words in it are against RFC 2047 section 5, but common."""
    if name in _NAMES:
        return decode_words(unquote(value))
    return unquote(strip_comments(value))


def _joined(pieces: Mapping[int, tuple[str, bool]]) -> str:
    """Return the value of a continued parameter (RFC 2231 sections 3, 4); a missing section leaves no gap."""
    ordered = [pieces[number] for number in sorted(pieces)]
    charset = None
    first, extended = ordered[0]
    if extended and first.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
        charset, _, first = first.split("'", 2)
        ordered[0] = (first, True)
    content = b"".join(_bytes_of(text, encoded=encoded) for text, encoded in ordered)
    return decode_text(content, charset)


def _bytes_of(text: str, *, encoded: bool) -> bytes:
    raw = text.encode("utf-8", "replace")
    return unquote_to_bytes(raw) if encoded else raw
