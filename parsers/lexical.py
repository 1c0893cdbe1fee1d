"""The small grammar that structured headers share: comments and quoted strings (RFC 5322 section 3.2)."""


def strip_comments(text: str) -> str:
    """Return the text with each comment replaced by one blank; quoted strings stay as they are.

    A comment that is never closed reaches to the end of the text.
    """
    if "(" not in text:
        return text
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in text:
        inside = depth
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif not quoted and character in "()":
            depth = _depth_after(depth, character)
        if not depth:
            kept.append(" " if inside else character)
    return "".join(kept)


def split_unquoted(text: str, separator: str) -> list[str]:
    """Return the pieces between separators that stand outside quoted strings."""
    if '"' not in text:
        return text.split(separator)
    pieces: list[str] = []
    start, quoted, escaped = 0, False, False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = quoted
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            pieces.append(text[start:position])
            start = position + 1
    return [*pieces, text[start:]]


def unquote(text: str) -> str:
    """Return what a quoted string stands for, be it closed or not; other text without blanks around it.

    Only backslash and quote are unescaped: Windows programs write paths with single backslashes.
    """
    text = text.strip()
    if not text.startswith('"'):
        return text
    return text[1:].removesuffix('"').replace("\\\\", "\\").replace('\\"', '"')


def _depth_after(depth: int, character: str) -> int:
    """Return how deep in comments the text is after a parenthesis; one that closes nothing says nothing."""
    return depth + 1 if character == "(" else max(depth - 1, 0)
