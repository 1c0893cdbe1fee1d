"""The names of documents: data to be shown, never a path."""

import re
import unicodedata

LONGEST_NAME = 255
LONGEST_SAVED = 100
MOST_FOLDERS = 8
_SEPARATOR = re.compile(r"[/\\]")
_FOREIGN = frozenset('/\\:*?"<>|')
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Cf holds the bidi controls (U+202E), the zero-width characters and the byte order mark; Cs lone surrogates.
_LEFT_OUT = frozenset({"Cf", "Cs"})


def shown_name(name: str) -> str:
    """Return a document's name to be shown: without folders, controls and marks that turn or hide letters.

    Every blank is a plain one, and a sign that no font has (private use, unassigned) is U+FFFD. The empty text
    is returned when nothing is left of it.
    """
    text = _CONTROLS.sub(" ", name[: LONGEST_NAME * 16])
    text = "".join(_shown(sign) for sign in text if unicodedata.category(sign) not in _LEFT_OUT)
    last = _SEPARATOR.split(text)[-1].strip()
    return "" if not last.strip(". ") else _shortened(last)


def _shown(sign: str) -> str:
    if sign.isprintable():
        return sign
    return " " if sign.isspace() else "\ufffd"


def saved_name(name: str) -> str:
    """Return the name under which a document may be saved: signs that some system has no files for become `_`."""
    kept = "".join(sign if sign.isprintable() and sign not in _FOREIGN else "_" for sign in name)
    return _shortened(kept, LONGEST_SAVED).strip(" .")


def shown_path(path: str) -> str:
    """Return the path of a file in an archive to be shown: its folders and its name, each as `shown_name` has it.

    What leads out of the archive is left out; so are folders beyond the limit, the outer ones first.
    """
    steps = [shown_name(step) for step in _SEPARATOR.split(path[: LONGEST_NAME * 16])]
    return "/".join([step for step in steps if step and not _DRIVE.fullmatch(step)][-MOST_FOLDERS:])


def _shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """Return the name within the limit, its extension kept."""
    if len(name) <= longest:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 16:  # noqa: PLR2004 - longer than any extension
        return name[:longest]
    return stem[: longest - len(extension) - 1] + dot + extension
