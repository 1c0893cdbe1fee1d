"""Staff's own labels on items: what can be one."""

import re

from parsers.importer_number import masked_in

LONGEST_TAG = 40
_LONGEST_SHOWN = 200
MOST_TAGS = 20
"""As many as one person can put on an item; a join can bring more together."""

TAG_PATTERN = "^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$"
"""As forms and the description of the API give it."""

_TAG = re.compile(TAG_PATTERN, re.ASCII)


def read_tag(text: str) -> str | None:
    """The tag that a person wrote, in lower case; None for a text that can be none.

    It is 1 to 40 letters of A to Z, digits, and dashes between them. What has an importer's number in it is none: tags
    are shown and searched for in clear.
    """
    word = text.strip()
    if len(word) > LONGEST_TAG or _TAG.fullmatch(word) is None or _masked(word) != word.upper():
        return None
    return word.lower()


def _masked(word: str) -> str:
    """In upper case, with importers' numbers masked, also those that dashes join to other words."""
    pieces = masked_in(word.upper()).split("-")
    for count in (3, 2):  # as many pieces as such a number has
        for at in range(len(pieces) - count + 1):
            pieces[at : at + count] = masked_in("-".join(pieces[at : at + count])).split("-")
    return "-".join(pieces)


def why_no_tag(text: str) -> str:
    """Why a text can be no tag, in a sentence, with importers' numbers masked."""
    rule = f"1 to {LONGEST_TAG} letters and digits, with dashes between them, such as fta-claim"
    if not (word := text.strip()):
        return f"give a tag: {rule}"
    shown = word if (masked := _masked(word[:_LONGEST_SHOWN])) == word[:_LONGEST_SHOWN].upper() else masked
    return f"{shown[: LONGEST_TAG + 20]!r} can be no tag; a tag is {rule}, and never an importer's number"
