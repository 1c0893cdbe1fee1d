"""What the sender wrote, made fit to be quoted: cleaned, neutralised, capped, or refused."""

import re
import unicodedata
from collections.abc import Iterable

from cee_mailbot.domain.reply import ReplyFacts
from cee_mailbot.domain.routing import Center

# Controls, format characters (bidi and zero-width among them), lone surrogates, private and unassigned ones.
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn"})
_SPACED = frozenset({"Cc", "Zl", "Zp", "Zs"})

# A name that a mail program turns into a link would make our reply carry somebody's advertisement.
_LINKS = re.compile(r"(?i)(?:(?<=www)\.|://)")

_WORD = re.compile(r"[A-Za-z0-9._-]{1,60}")

# RFC 5322 section 3.6.4, in the form that survives a header without folding or encoding.
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_LONGEST_ID = 250
_MOST_IDS = 20

_LONGEST_NAME = 100

ELLIPSIS = "..."


def clean(text: str, limit: int) -> str:
    """The text on one line without invisible characters, at most `limit` characters long."""
    # No text is looked at much beyond what can be shown of it.
    kept = (_cleaned(character) for character in text[: limit * 8])
    return capped(" ".join("".join(kept).split()), limit)


def _cleaned(character: str) -> str:
    category = unicodedata.category(character)
    if category in _DROPPED:
        return ""
    return " " if category in _SPACED else character


def quoted(text: str, limit: int) -> str:
    """The text as `clean` gives it, with nothing in it that a mail program turns into a link."""
    return capped(_LINKS.sub(lambda found: f"[{found.group()}]", clean(text, limit)), limit)


def capped(text: str, limit: int) -> str:
    """The text, its end cut where it is too long."""
    return text if len(text) <= limit else text[: limit - len(ELLIPSIS)].rstrip() + ELLIPSIS


def file_name(text: str, limit: int) -> str:
    """A document's name as it is shown; its middle is cut, since its end tells the type."""
    name = quoted(text, limit * 4)
    if len(name) <= limit:
        return name or "(no name)"
    tail = (limit - len(ELLIPSIS)) // 2
    return name[: limit - len(ELLIPSIS) - tail] + ELLIPSIS + name[-tail:]


def paragraphs(text: str, limit: int) -> list[str]:
    """The lines of what a person on the staff wrote, each cleaned, at most `limit` characters in all."""
    lines = (clean(line, limit) for line in capped(text, limit).splitlines())
    return [line for line in lines if line]


def word(text: str | None) -> str:
    """The text if it is one plain word, else nothing: for the lines that programs read."""
    return text if text is not None and _WORD.fullmatch(text) else ""


def reason_codes(facts: ReplyFacts) -> list[str]:
    """Every code that a message was not processed for, each once, the subject line's own first."""
    codes = [*(problem.code for problem in facts.problems), *facts.reasons]
    return [code for code in dict.fromkeys(codes) if word(code)]


def is_message_id(text: str) -> bool:
    """Whether the text is a message identifier that can be quoted as it is."""
    return len(text) <= _LONGEST_ID and _MESSAGE_ID.fullmatch(text) is not None


def message_ids(texts: Iterable[str]) -> list[str]:
    """Those of the texts that are identifiers, each once; of very many the first and the newest."""
    known = list(dict.fromkeys(text for text in texts if is_message_id(text)))
    return known if len(known) <= _MOST_IDS else known[:1] + known[1 - _MOST_IDS :]


def center_title(center: Center) -> str:
    """The Center's name as people say it."""
    name = clean(center.name, _LONGEST_NAME)
    return name if "Center" in name else f"{name} Center"
