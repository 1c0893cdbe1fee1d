"""Whether a page, or XML that a browser takes for one, acts when it is opened."""

import re
from collections.abc import Mapping
from html import unescape
from xml.parsers import expat

_NUL_AND_ESCAPES = re.compile(rb"\x00|\x1b[$(][@-Z]{1,2}")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_ACTIVE = re.compile(
    r"<(?:[a-z][\w.-]{0,40}:)?(?:script|iframe|object|embed|applet)\b|\bj\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:"
    r"|[\s\"'/]on[a-z]{3,20}\s*=|<meta[^>]{0,200}\brefresh\b",
    re.IGNORECASE,
)
_PAGES = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
_ACTING = frozenset({"script", "iframe", "object", "embed", "applet", "handler", "set", "animate"})
# The instruction that gives XML a style sheet, which may lie in the document itself (xml-stylesheet, 3.).
_STYLE = "xml-stylesheet"
_INNER_STYLE = re.compile(r"href\s*=\s*[\"']\s*(?:#|data:|javascript:)", re.IGNORECASE)


def page_acts(content: bytes) -> bool:
    """Return whether anything in HTML acts, however it is encoded: scripts, handlers, embedded pages, refreshes."""
    text = plainly(content)
    return bool(_ACTIVE.search(text) or _ACTIVE.search(unescape(text)))


def plainly(content: bytes) -> str:
    """Return text as patterns of ASCII find it: without what UTF-16 and the shifts of ISO 2022 put between letters."""
    for mark in _BOMS:
        content = content.removeprefix(mark)
    return _NUL_AND_ESCAPES.sub(b"", content).decode("latin-1")


def xml_acts(content: bytes) -> bool:
    """Return whether XML holds something of a page that acts, or a style sheet for itself.

    What stands before an error counts, since browsers act on it; an encoding that is not read here counts too.
    """
    look = _Look()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = look.element
    parser.ProcessingInstructionHandler = look.instruction
    try:
        parser.Parse(content, True)
    except _ActsError:
        return True
    except expat.ExpatError as error:
        return error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]
    except (ValueError, LookupError):
        return True
    return False


class _ActsError(Exception):
    """Nothing more needs to be read."""


class _Look:
    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _, local = name.rpartition("}")
        if space not in _PAGES:
            return
        acts = any(
            key.lower().startswith("on") or "javascript:" in "".join(value.split()).lower()
            for key, value in attributes.items()
        )
        if acts or local.lower() in _ACTING or (local.lower() == "meta" and "http-equiv" in attributes):
            raise _ActsError

    def instruction(self, target: str, words: str) -> None:
        if target == _STYLE and _INNER_STYLE.search(unescape(words)):
            raise _ActsError
