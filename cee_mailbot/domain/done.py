"""The broker's word that nothing more will come for a split submission."""

import re

_WORD = re.compile(r"done[.!]?", re.IGNORECASE)
_LINES_READ = 200


def says_done(text: str | None) -> bool:
    """Whether the first line of the unquoted body is DONE, alone.

    Some programs put the answer below what they quote: quoted lines, and the line that introduces them, are passed
    over. More words on the line are a letter, which a person reads.
    """
    lines = [line.strip() for line in (text or "").splitlines()[:_LINES_READ] if line.strip()]
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        introduces = line.endswith(":") and following.startswith(">")
        if not line.startswith(">") and not introduces:
            return _WORD.fullmatch(line) is not None
    return False
