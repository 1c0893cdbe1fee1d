"""The approved texts of a site from `texts.toml`: its own before the shipped ones, and what is wrong with any."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cee_mailbot.domain.approved_texts import ApprovedText, TextBook
from cee_mailbot.domain.reply import LONGEST_FROM_STAFF
from cee_mailbot.domain.tags import MOST_TAGS, read_tag
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.rendering.words import read_toml
from cee_mailbot.resources import resource

FILE = "texts.toml"
LONGEST_LINE = 120
LONGEST_NAME = 60
LONGEST_VERSION = 40
LONGEST_WAIT = 60
THEN = (Act.WAIT, Act.CLOSE, Act.RETURN)
OUTCOMES = (Closing.DONE, Closing.DUPLICATE, Closing.NO_ACTION)
"""The others have acts of their own, whose letters say so."""

Table = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A key of a text: whether a value will do, and what is to be written."""

    fits: Callable[[Any], bool]
    write: str
    needed: bool = False


def _one_of(key: str, values: Iterable[str]) -> str:
    return " or ".join(f'{key} = "{one}"' for one in values)


# Beside printable characters: tab, line end, and the blanks at which no line is broken, as in what was pasted.
_PLAIN = {9: " ", 10: " ", 0xA0: " ", 0x202F: " "}


def _is_line(value: object, longest: int = LONGEST_LINE) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= longest and value.isprintable()


def _is_name(value: str) -> bool:
    return _is_line(value, LONGEST_NAME) and value == value.strip()


def _is_text(value: object) -> bool:
    text = value.strip() if isinstance(value, str) else ""
    return 0 < len(text) <= LONGEST_FROM_STAFF and text.translate(_PLAIN).isprintable()


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _are_tags(value: object) -> bool:
    tags = value if isinstance(value, list) else []
    return 0 < len(tags) <= MOST_TAGS and all(isinstance(one, str) and read_tag(one) for one in tags)


KEYS: Mapping[str, Key] = {
    "title": Key(fits=_is_line, write=f'title = "..." in one line of up to {LONGEST_LINE} characters', needed=True),
    "text": Key(
        fits=_is_text,
        write=f'text = """...""" of up to {LONGEST_FROM_STAFF:,} characters, all of which can be seen',
        needed=True,
    ),
    "owner": Key(fits=_is_line, write='owner = "who answers for its words"'),
    "version": Key(
        fits=lambda value: _is_count(value, 10**9) or _is_line(value, LONGEST_VERSION),
        write='version = 2 or version = "2026-11"',
    ),
    "offered": Key(fits=lambda value: isinstance(value, bool), write="offered = false to take a shipped text away"),
    "then": Key(fits=lambda value: value in THEN, write=_one_of("then", THEN)),
    "outcome": Key(fits=lambda value: value in OUTCOMES, write=_one_of("outcome", OUTCOMES)),
    "wait_days": Key(
        fits=lambda value: _is_count(value, LONGEST_WAIT), write=f"wait_days = 1 to {LONGEST_WAIT} working days"
    ),
    "tags": Key(fits=_are_tags, write='tags = ["fta-claim"], letters and digits with dashes between them'),
}


def approved_texts(folder: Path | None = None) -> TextBook:
    """Each text by its name, those of `folder` laid over the shipped ones; one with a fault is left out.

    A site's own words under a shipped name are not the shipped owner's, nor of the shipped version. A file that can't
    be read is a fault, and the shipped texts stand.
    """
    shipped = read_toml(resource("templates/replies") / FILE)
    path = (folder or Path()) / FILE
    try:
        own = read_toml(path) if folder is not None else {}
    except CeeMailbotError as error:
        own, faults = {}, [f"{error}; until it is mended the shipped texts are offered"]
    else:
        faults = []
    texts: dict[str, ApprovedText] = {}
    for name in {**shipped, **own}:
        table, wrong = _laid_over(shipped.get(name, {}), own.get(name, {}), name)
        faults += [f"{path if name in own else FILE}: [{name}] {one}; until then it is not offered" for one in wrong]
        if not wrong and table.get("offered", True):
            texts[name] = _text(name, table)
    return TextBook(texts=texts, faults=tuple(faults))


def _laid_over(shipped: Table, own: object, name: str) -> tuple[Table, list[str]]:
    """One text as the site has it, and what is wrong with it."""
    if not isinstance(own, dict):
        return {}, [f"is no text; write [{name}] on a line of its own, and title and text below it"]
    kept = shipped if not own.keys() - {"offered"} else {**shipped, "owner": None, "version": None}
    table = {key: value for key, value in {**kept, **own}.items() if value is not None}
    return table, _wrong_with(table, name)


def _wrong_with(table: Table, name: str) -> list[str]:
    named = f"the name is no line of up to {LONGEST_NAME} characters without blanks around it; give it another one"
    wrong = [] if _is_name(name) else [named]
    for key in sorted(table.keys() - KEYS.keys()):
        near = get_close_matches(key, KEYS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(KEYS)}"
        wrong.append(f"{key} means nothing here; {hint}")
    for key, rule in KEYS.items():
        if key not in table and rule.needed:
            wrong.append(f"{key} is missing; write {rule.write}")
        elif key in table and not rule.fits(table[key]):
            wrong.append(f"{key} can't be used as it stands; write {rule.write}")
    return [*wrong, *(() if wrong else _at_odds(table))]


def _at_odds(table: Table) -> list[str]:
    """What a text says of its effect that does not go together."""
    then, closes = table.get("then"), f'then = "{Act.CLOSE}"'
    wrong = []
    if then == Act.CLOSE and "outcome" not in table:
        wrong.append(f"outcome is missing, with which it closes the item; write {KEYS['outcome'].write}")
    if then != Act.CLOSE and "outcome" in table:
        wrong.append(f"outcome is for what closes the item; write {closes} or leave outcome out")
    if then != Act.WAIT and "wait_days" in table:
        wrong.append(f'wait_days is for what waits; write then = "{Act.WAIT}" or leave wait_days out')
    return wrong


def _text(name: str, table: Table) -> ApprovedText:
    return ApprovedText(
        name=name,
        title=table["title"].strip(),
        text=table["text"].strip(),
        owner=table.get("owner", "").strip(),
        version=str(table.get("version", "")).strip(),
        then=Act(table["then"]) if "then" in table else None,
        outcome=Closing(table["outcome"]) if "outcome" in table else None,
        wait_days=table.get("wait_days"),
        tags=tuple(dict.fromkeys(read_tag(one) or "" for one in table.get("tags", ()))),
    )
