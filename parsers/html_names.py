"""The names of HTML's elements: what else stands in angle brackets is no tag, whatever a parser takes it for."""

import re

# HTML 4 (the index) and 16.2 (those that are obsolete); `svg` and `math` begin what a page never shows.
NAMES = (
    *("a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b", "base", "basefont", "bdi"),
    *("bdo", "bgsound", "big", "blink", "blockquote", "body", "br", "button", "canvas", "caption", "center", "cite"),
    *("code", "col", "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl"),
    *("dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form", "frame", "frameset", "h1"),
    *("h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "image", "img", "input"),
    *("ins", "isindex", "kbd", "keygen", "label", "legend", "li", "link", "listing", "main", "map", "mark", "marquee"),
    *("math", "menu", "menuitem", "meta", "meter", "multicol", "nav", "nextid", "nobr", "noembed", "noframes"),
    *("noscript", "object", "ol", "optgroup", "option", "output", "p", "param", "picture", "plaintext", "pre"),
    *("progress", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "script", "search", "section", "select", "slot"),
    *("small", "source", "spacer", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg", "table"),
    *("tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track", "tt", "u", "ul"),
    *("var", "video", "wbr", "xmp"),
)
_OTHER = re.compile(rf"(</?)(?=[a-z])(?!(?:{'|'.join(NAMES)})(?:[\t\n\f\r />]|\Z))", re.ASCII | re.IGNORECASE)


def with_plain_names(text: str) -> str:
    """Return the text, in which `x-` stands before the name of each tag that is none of HTML's.

    The sanitiser takes `<list>` or `<desc>` anywhere for a piece of a formula or of a drawing, and drops all that
    follows; a page shows it, and so do mail programs.
    """
    return _OTHER.sub(r"\1x-", text)
