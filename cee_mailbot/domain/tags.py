"""Staff's own labels on items: what can be one."""

import re

from parsers.importer_number import masked_in

LONGEST_TAG = 40
MOST_TAGS = 20
"""As many as one person can put on an item; a join can bring more together."""

TAG_PATTERN = "^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$"
"""As forms and the description of the API give it."""

_TAG = re.compile(TAG_PATTERN, re.ASCII)


def read_tag(text: str) -> str | None:
    """The tag that a person wrote, in lower case; None for a text that can be none.

    It is 1 to 40 letters of A to Z, digits, and dashes between them. An importer's number is none: tags are shown and
    searched for in clear.
    """
    word = text.strip()
    if len(word) > LONGEST_TAG or _TAG.fullmatch(word) is None or masked_in(word.upper()) != word.upper():
        return None
    return word.lower()


def why_no_tag(text: str) -> str:
    """Why a text can be no tag, in a sentence, with importers' numbers masked."""
    shown = masked_in(text.strip().upper()) if masked_in(text.upper()) != text.upper() else text.strip()
    return (
        f"{shown[: LONGEST_TAG + 20]!r} can be no tag; a tag is 1 to {LONGEST_TAG} letters and digits, with dashes "
        "between them, such as fta-claim, and never an importer's number"
    )
