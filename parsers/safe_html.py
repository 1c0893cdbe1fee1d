"""HTML from a message to what may be shown and searched: nothing in it acts, and nothing loads from anywhere.

Whoever shows the result still shows it in a frame without rights, under a policy that forbids everything.
"""

import html
import re
from itertools import islice

import nh3

from parsers.html_attributes import with_few_attributes
from parsers.html_names import with_plain_names
from parsers.links import kept_link

# What is not in these lists is gone: images, styles, forms, frames, drawings, and every attribute of style, event,
# identity or of a page's own machinery (`hx-...`, `data-...`).
TAGS = frozenset(
    {
        *("a", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "s", "small", "span"),
        *("strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul"),
    }
)
ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
LINK_REL = "noopener noreferrer nofollow"
# With these goes what stands in them: it was never meant as text. What a program without scripts, plugins or forms
# shows in the place of one (`noscript`, `object`, `textarea`, `xmp`) is text.
_WITH_CONTENT = {
    *("applet", "audio", "canvas", "embed", "frameset", "iframe", "math", "noembed", "noframes", "script"),
    *("style", "svg", "template", "title", "video"),
}
# A parser of HTML needs the square of the depth, and of a tag's attributes; a page that goes further is cut off there.
MOST_CHARACTERS = 2_000_000
MOST_TAGS = 20_000
# Each `&` costs a look over what follows.
MOST_REFERENCES = 50_000
_TAG = re.compile(r"</?[a-zA-Z]")
_REFERENCE = re.compile("&")
_NEVER_TEXT = re.compile(r"[\x00\ud800-\udfff]")
# A parser opens these anew in every paragraph that follows, as long as nothing closes them (HTML 13.2.4.3): without
# attributes at most three of each name, with attributes that differ any number. None of theirs is in our list; of
# an `a`, which keeps one, each closes the last. All that `html` has goes to the one `html`, each compared with each.
_FORMATTING = re.compile(
    r"<(?P<end>/?)(?:(?P<kept>b|code|em|html|i|s|small|strike|strong|tt|u)|big|font|nobr)(?=[\s/>])"
    r"(?P<attributes>[^<>]*)(?P<closed>>)?",
    re.ASCII | re.IGNORECASE,
)
_QUOTED = re.compile(r"=[\t\n\f\r ]*(?:\"[^\"]*\"|'[^']*')")
# What ends a comment or a section of a drawing.
_ENDINGS = ("--", "--!", "]]")
CUT_SHORT = "<p>[The rest of this text is too long to be shown. Open the message itself.]</p>"

_SPAN = re.compile(r"[1-9][0-9]?", re.ASCII)

_BREAKS = {"br": "\n", "li": "\n- ", "td": "\t", "th": "\t", "/td": "", "/th": "", "/li": ""}
_TEXT_TAG = re.compile(r"<(/?[a-z0-9]+)>")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*\n ?| ?\n ?")
# The controls that no text needs, and those that turn it around: what staff read is what stands there.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_BLOCKS = TAGS - {"a", "b", "code", "del", "em", "i", "ins", "s", "small", "span", "strike", "strong", "sub", "sup"}
_TEXT_TAGS = set(_BLOCKS - {"tt", "u"})


def sanitise_html(text: str, *, leave: str = "") -> str:
    """Return HTML that a page may show: the tags and attributes of the lists above, and no others.

    Links are kept when they are absolute, to the web or to a mail address (without the fields that a `mailto` may
    carry, RFC 6068); every other loses its address. With `leave` (`/leave?to=`) each web link leads there, its own
    address percent-encoded behind it, so that a page can warn first. Text beyond the limits is cut off, and that is
    said at the end. Never raises.
    """
    kept, whole = _within_limits(text)
    looked_at, all_of_it = with_few_attributes(kept)
    safe = nh3.clean(
        looked_at,
        tags=set(TAGS),
        clean_content_tags=_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=lambda _tag, name, value: _attribute(name, value, leave),
        url_schemes={"http", "https", "mailto"},
        link_rel=LINK_REL,
    )
    if len(safe) > MOST_CHARACTERS:
        # A tag left open is written again in each paragraph, and a sign as four or five.
        safe, whole = _up_to_a_tag_or_sign(safe[:MOST_CHARACTERS]), False
    return safe if whole and all_of_it else safe + CUT_SHORT


def text_of_html(text: str) -> str:
    """Return what HTML says, as plain text: lines end with a line feed, cells stand apart by a blank.

    What was hidden by a style is there too. Text beyond the limits is cut off. Never raises.
    """
    return read_html(text)[0]


def read_html(text: str) -> tuple[str, bool]:
    """Return the text of HTML as `text_of_html` does, and whether that is all of it."""
    kept, whole = _within_limits(text)
    flat, all_of_it = with_few_attributes(_CONTROLS.sub(" ", kept).replace("\r", " ").replace("\n", " "))
    blocks = nh3.clean(flat, tags=_TEXT_TAGS, clean_content_tags=_WITH_CONTENT, attributes={}, link_rel=None)
    lines = html.unescape(_TEXT_TAG.sub(lambda found: _BREAKS.get(found[1], "\n"), blocks))
    said = _LINES.sub(_line_end, _BLANKS.sub(" ", _CONTROLS.sub(" ", lines))).strip()
    return said, whole and all_of_it


def _up_to_a_tag_or_sign(safe: str) -> str:
    """Return safe HTML, cut anywhere, without what is only half there; no value let through has a `<` or `>`."""
    for begin, end in (("<", ">"), ("&", ";")):
        if (begun := safe.rfind(begin)) > safe.rfind(end):
            safe = safe[:begun]
    return safe


def _line_end(found: re.Match[str]) -> str:
    """Return one line end, or the two of an empty line, however many there were."""
    return "\n" if found[0].count("\n") == 1 else "\n\n"


def _within_limits(text: str) -> tuple[str, bool]:
    """Return the text up to the limits, its tags HTML's, those of formatting bare, and whether that is all of it."""
    end = MOST_CHARACTERS
    for limited, most in ((_TAG, MOST_TAGS), (_REFERENCE, MOST_REFERENCES)):
        beyond = next(islice(limited.finditer(text, 0, end), most, None), None)
        end = beyond.start() if beyond else end
    return with_plain_names(with_bare_formatting(_NEVER_TEXT.sub(" ", text[:end]))), len(text) <= end


def with_bare_formatting(text: str) -> str:
    """Return the text without attributes in formatting tags; those that are not in our list become a `span`.

    Wherever one begins to read, none is left that has an attribute. What may be none, for the end of a comment, a
    style or a value stands in it, begins with `&lt;`: that end stays.
    """
    return _FORMATTING.sub(_bare, text)


def _bare(tag: re.Match[str]) -> str:
    bare = _QUOTED.sub("", tag["attributes"])
    quotes = bare.count('"') % 2 or bare.count("'") % 2
    if quotes or not tag["closed"] or bare.endswith(_ENDINGS):
        return f"&lt;{tag[0][1:]}"
    return f"<{tag['end']}{tag['kept'] or 'span'}>"


def _attribute(name: str, value: str, leave: str) -> str | None:
    """Return the value that an attribute of the list may have, None when it must go."""
    if name == "href":
        return kept_link(value, leave)
    if name == "rel":
        return LINK_REL
    return value if _SPAN.fullmatch(value) else None
