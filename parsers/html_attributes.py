"""Where a tag of HTML has more attributes than any program writes: a parser compares each with all before it."""

import re

MOST_ATTRIBUTES = 1_000
# A link is opened anew in every paragraph that follows until it is closed (HTML 13.2.4.3), with all that it has.
MOST_OF_A_LINK = 50
LONGEST_LINK_TAG = 10_000
_START = re.compile(r"</?[a-zA-Z]")
_NAME = re.compile(r"[^\t\n\f\r />]*")
# What stands before an attribute; alone, since a pattern of both would give it back character by character.
_BETWEEN = re.compile(r"[\t\n\f\r /]*")
# One attribute (HTML 13.2.5.32 to 13.2.5.39); a value whose quotation mark is never closed goes on to the end of the
# text.
_ATTRIBUTE = re.compile(
    r"[^\t\n\f\r />][^\t\n\f\r />=]*"
    r"(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"[^\"]*\"?|'[^']*'?|[^\t\n\f\r >]*))?"
)
# What stands in a comment or a value looks like a tag and may be none, or hide the beginning of one: so each is looked
# at for itself, and what is looked at again and again for this reason comes to an end.
_LOOKED_AT = 4


def with_few_attributes(text: str) -> tuple[str, bool]:
    """Return the text, in which each tag with more than `MOST_ATTRIBUTES` begins with `&lt;`, so that it is none.

    What only looks like such a tag, in a comment or a script, changes nothing by that; what ends a script, whatever
    stands behind its name, still ends it. Of a link (`a`) even less is allowed. Beside it whether it is all of the
    text: where too much looks like one, which nothing but an attack does, it ends there. In linear time, whatever the
    text is.
    """
    kept: list[str] = []
    left, done = _LOOKED_AT * len(text), 0
    for tag in _START.finditer(text):
        named = _behind(_NAME, text, tag.end())
        name = text[tag.end() - 1 : named]
        at, too_many = _attributes(text, named, MOST_OF_A_LINK if name in {"a", "A"} else MOST_ATTRIBUTES)
        left -= at - tag.start()
        if left < 0:
            return "".join((*kept, text[done : tag.start()])), False
        if too_many and tag[0].startswith("</") and name.isalnum():
            kept, done = [*kept, text[done:named], ">"], named
        elif too_many or (name in {"a", "A"} and at - tag.start() > LONGEST_LINK_TAG):
            kept, done = [*kept, text[done : tag.start()], "&lt;"], tag.start() + 1
    return "".join((*kept, text[done:])), True


def _attributes(text: str, at: int, most: int) -> tuple[int, bool]:
    """Return where the attributes that begin there end, and whether they are more than the most; then one more."""
    at, count = _behind(_BETWEEN, text, at), 0
    while count <= most and (found := _ATTRIBUTE.match(text, at)):
        at, count = _behind(_BETWEEN, text, found.end()), count + 1
    return at, count > most


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where what the pattern takes, nothing perhaps, ends."""
    found = pattern.match(text, at)
    return found.end() if found else at
