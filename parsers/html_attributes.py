"""Where a tag of HTML has more attributes than any program writes: a parser compares each with all before it."""

import re

MOST_ATTRIBUTES = 1_000
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

    What only looks like such a tag, in a comment or a script, changes nothing by that. Beside it whether it is all of
    the text: where too much looks like one, which nothing but an attack does, it ends there. In linear time, whatever
    the text is.
    """
    kept: list[str] = []
    left, done = _LOOKED_AT * len(text), 0
    for tag in _START.finditer(text):
        at, attributes = _behind(_BETWEEN, text, _behind(_NAME, text, tag.end())), 0
        while (found := _ATTRIBUTE.match(text, at)) and attributes <= MOST_ATTRIBUTES:
            at, attributes = _behind(_BETWEEN, text, found.end()), attributes + 1
        left -= at - tag.start()
        if left < 0:
            return "".join((*kept, text[done : tag.start()])), False
        if attributes > MOST_ATTRIBUTES:
            kept += [text[done : tag.start()], "&lt;"]
            done = tag.start() + 1
    return "".join((*kept, text[done:])), True


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where what the pattern takes, nothing perhaps, ends."""
    found = pattern.match(text, at)
    return found.end() if found else at
