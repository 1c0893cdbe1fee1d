"""Makes any text storable on every database."""


def storable(text: str) -> str:
    """The text without NUL, which PostgreSQL refuses, and without lone surrogates, which no encoding takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
