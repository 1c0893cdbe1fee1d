"""The broker's word that nothing more will come for a split submission."""

_WORD = "done"
_LINES_READ = 200


def says_done(text: str | None) -> bool:
    """Whether the first line of the unquoted body is DONE, alone.

    Some programs put the answer below what they quote: quoted lines, and the line that introduces them, are passed
    over. Capitals do not matter; a line with anything more on it is a letter, which a person reads.
    """
    lines = [line.strip() for line in (text or "").splitlines()[:_LINES_READ] if line.strip()]
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        introduces = line.endswith(":") and following.startswith(">")
        if not line.startswith(">") and not introduces:
            return line.casefold() == _WORD
    return False
