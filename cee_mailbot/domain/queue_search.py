"""The search box of the queue page: tokens such as `team:007 is:unclaimed due:today`, read and written."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date

from cee_mailbot.domain.tags import read_tag
from cee_mailbot.domain.timeliness import EARLIEST_YEAR, LATEST_YEAR
from cee_mailbot.domain.windows import AGES, DUE_WORDS
from cee_mailbot.domain.work_item import ItemState, find_tracking
from parsers.entry_number import read_entry_number

_TOKEN = re.compile(r'([A-Za-z]+):(?:"([^"]*)"|(\S+))|"([^"]*)"|(\S+)', re.ASCII)
LONGEST_SEARCH = 500
_SHOWN_OF_REST = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What was asked for; None and empty mean any. `unread` are the tokens that were passed over, as written."""

    team: str | None = None
    state: str | None = None
    unclaimed: bool = False
    mine: bool = False
    code: str | None = None
    entry: str | None = None
    account: str | None = None
    port: str | None = None
    flag: str | None = None
    tag: str | None = None
    assignee: str | None = None
    sender: str | None = None
    due: str | None = None
    age: str | None = None
    text: str = ""
    unread: tuple[str, ...] = field(default=(), compare=False)


def _entry(text: str) -> str | None:
    found = read_entry_number(text)
    return str(found.entry_number) if found else None


def _due(text: str) -> str | None:
    word = text.casefold()
    if word in DUE_WORDS:
        return word
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return None
    return day.isoformat() if EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


# Every token by its name: the field it fills, what people may write, and the form in which it is kept.
_FIELDS: dict[str, tuple[str, Callable[[str], str | None]]] = {
    "team": ("team", lambda text: text if re.fullmatch(r"[0-9]{3}", text) else None),
    "code": ("code", lambda text: text.upper()),
    "entry": ("entry", _entry),
    "account": ("account", lambda text: text),
    "port": ("port", lambda text: text if re.fullmatch(r"[0-9]{4}", text) else None),
    "flag": ("flag", lambda text: text.casefold()),
    "has": ("flag", lambda text: text.casefold()),
    "tag": ("tag", read_tag),
    "assignee": ("assignee", lambda text: text),
    "from": ("sender", lambda text: text.casefold()),
    "due": ("due", _due),
    "age": ("age", lambda text: text.casefold() if text.casefold() in AGES else None),
}
TOKENS = (*_FIELDS, "is")
IS_WORDS = ("open", "unclaimed", "mine", *ItemState)


def read_search(text: str) -> Search:
    """The search that a person typed; words without a name are looked for in the fields and the mail.

    What is beyond `LONGEST_SEARCH` is `unread`.
    """
    found: dict[str, object] = {}
    words: list[str] = []
    unread: list[str] = []
    for match in _TOKEN.finditer(text[:LONGEST_SEARCH]):
        name, quoted, plain, phrase, word = match.groups()
        if name is None:
            words.append(phrase if phrase is not None else word)
        elif name.lower() not in TOKENS and not name.islower():
            words.append(match.group())  # `RE:`, `PO:`: of a mail, and no token that was mistyped
        elif not _fill(found, name.lower(), quoted if quoted is not None else plain):
            unread.append(match.group())
    if rest := text[LONGEST_SEARCH:].strip():
        unread.append(_passed_over(f"beyond:{' '.join(rest[:_SHOWN_OF_REST].split())}"))
    return replace(Search(text=" ".join(" ".join(words).split()), unread=tuple(unread)), **found)  # type: ignore[arg-type]


def _fill(found: dict[str, object], name: str, value: str) -> bool:
    """Fills the field of a token; whether it means anything."""
    if name == "is":
        return _fill_is(found, value.casefold())
    place, read = _FIELDS.get(name, ("", lambda _: None))
    kept = read(value.strip()) if value.strip() else None
    return (
        bool(kept) and found.setdefault(place, kept) == kept
    )  # an item is asked for one of each, and not for the last


def _fill_is(found: dict[str, object], word: str) -> bool:
    if word not in IS_WORDS:
        return False
    if word in ("unclaimed", "mine"):
        found[word] = True
    elif word != "open":
        return found.setdefault("state", word) == word
    return True


def write_search(search: Search) -> str:
    """The tokens that read as this search, in one fixed order: the same search has one address.

    What was passed over goes with it: without, an act on the list would take it for one that was asked for.
    """
    states = [f"is:{search.state}"] if search.state else []
    claims = [f"is:{word}" for word in ("unclaimed", "mine") if getattr(search, word)]
    names = {place: name for name, (place, _) in reversed(_FIELDS.items())}
    plain = [
        f"{names[one.name]}:{_quoted(getattr(search, one.name))}"
        for one in fields(search)
        if one.name in names and getattr(search, one.name)
    ]
    words = [f'"{word}"' if _is_token(word) else word for word in search.text.split()]
    return " ".join([*plain, *states, *claims, *map(_passed_over, search.unread), *words])


def _passed_over(token: str) -> str:
    """A token that stays passed over: a quotation mark in it would reach into what is written behind it."""
    name, _, value = token.partition(":")
    whole = len(value) > 1 and value[0] == value[-1] == '"'
    plain = (value[1:-1] if whole else value).replace('"', "'")
    return f"{name}:{_quoted(plain)}"


def _is_token(word: str) -> bool:
    """Whether a word, which was a phrase, would read as a token."""
    found = _TOKEN.fullmatch(word)
    return found is not None and found[1] is not None and (found[1].lower() in TOKENS or found[1].islower())


def jump_target(text: str) -> tuple[str | None, str | None]:
    """The tracking number or the entry number that is all a person typed, so that it opens at once."""
    typed = text.strip()
    numbers = find_tracking(typed)
    if numbers and numbers[0] == typed.upper():
        return numbers[0], None
    return None, _entry(typed) if re.fullmatch(r"[0-9A-Za-z]{3}-?[0-9]{7}-?[0-9]", typed) else None


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) or not value else value
