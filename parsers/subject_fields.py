"""The four fields of a subject line: each read by itself, repaired where one reading is possible."""

import re
import unicodedata
from dataclasses import dataclass, replace

from parsers.entry_number import EntryReading, find_entry_spans, read_entry_number
from parsers.port import find_port

ACCOUNT_LENGTH = 10

# Labels that are read over within a field, and what a spreadsheet makes of a number.
_ENTRY_LABEL = re.compile(r"entry(?: ?(?:number|num|no|nbr|nr))?[ .:#]+", re.IGNORECASE)
_ENTRY_LABEL_LAST = re.compile(r"(?:^|[\s,;|])entry(?: ?(?:number|num|no|nbr|nr))?[ .:#,;|-]*$", re.IGNORECASE)
_ACCOUNT_LABEL = re.compile(r"\s*(?:account|acct)(?: (?:name|no))?\.? ?[:#] ?", re.IGNORECASE)
_PORT_LABEL = re.compile(r"port(?: of entry| code)?[ .:#]+(?=[0-9])", re.IGNORECASE)
_PORT_NAME = re.compile(r"([A-Za-z][A-Za-z .'-]{2,38}[A-Za-z.]) \(?([0-9]{4})(?![0-9])\)?")
_PORT = re.compile(r"([0-9]{3,4})(\.0{1,2}(?![0-9.]))?(?!\w|[-./][0-9])(.*)", re.DOTALL)
_BROKEN_PORT = re.compile(r"[0-9]{1,3} [0-9]{1,3}")
_PORT_LENGTH = 4
_SECOND_PORT = re.compile(r"[\s,;|/&+.-]*(?:and |or )?([0-9]{4})(?![0-9])")

# What filers write where a submission has no single entry.
_NO_ENTRY = frozenset(
    ("n/a", "na", "none", "no entry", "various", "multiple", "several", "many", "tbd", "see attached", "see list",
     "blanket", "-", "--", "---", "x", "xx", "xxx")
)  # fmt: skip
_COMPANY_ENDINGS = frozenset(
    ("inc", "incorporated", "llc", "llp", "lp", "ltd", "limited", "co", "company", "corp", "corporation", "plc",
     "sa", "sas", "srl", "spa", "ag", "kg", "gmbh", "bv", "nv", "ab", "as", "oy", "usa", "us", "na", "america")
)  # fmt: skip
_ATTEMPT_DIGITS = 5
_ATTEMPT_LETTERS = 3
_LONGEST_ATTEMPT = 20
_LONGEST_LABEL = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountReading:
    """An account name as the static line wants it, with the names of the repairs."""

    account: str
    repairs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PortReading:
    """A four-digit port code, the names of the repairs, and the words that followed it."""

    port: str
    repairs: tuple[str, ...]
    after: str


def unquote(text: str) -> str:
    """The field without blanks and quotation marks around it."""
    inner = text.strip().strip('"').strip()
    if inner[:1] == "'" and inner[1:].isdecimal():
        # A spreadsheet's sign that the digits are text.
        return inner[1:]
    while len(inner) > 1 and inner[0] == inner[-1] == "'":
        inner = inner[1:-1].strip('" ')
    return inner


def read_account(text: str) -> AccountReading | None:
    """The first 10 characters of the account name, its words capitalised and joined; None when there is no name.

    "Subject Line Submission": "the first 10 characters of the account name-without abbreviations, each
    separate word should be capitalized".
    """
    label = _ACCOUNT_LABEL.match(text)
    pieces = [piece.split() for piece in (text[label.end() :] if label else text).split(",")]
    words = [word for piece in pieces for word in piece]
    if not any(character.isalnum() for word in words for character in word):
        return None
    account = "".join(_capitalised(word) for word in words) if len(words) > 1 else words[0]
    account = unicodedata.normalize("NFKC", account)
    repairs = {
        "account-length": len(account) > ACCOUNT_LENGTH,
        "account-spaces": label is not None or any(len(piece) > 1 for piece in pieces),
        "account-comma": len(pieces) > 1,
    }
    named = tuple(name for name, was_needed in repairs.items() if was_needed)
    return AccountReading(account=unquote(account[:ACCOUNT_LENGTH]), repairs=named)


def _capitalised(word: str) -> str:
    first = word[0].upper()
    return (first if len(first) == 1 else word[0]) + word[1:]


def holds_entry(account: str) -> bool:
    """Whether an entry number stands within what would be the account name."""
    return bool(find_entry_spans(account))


def read_port(text: str) -> PortReading | None:
    """The port that a field begins with, else None; a lost leading zero is put back where the table knows the code."""
    text, labels = _without_port_label(text.strip())
    if _BROKEN_PORT.fullmatch(text):
        joined = text.replace(" ", "")
        is_port = len(joined) == _PORT_LENGTH and find_port(joined) and not find_port("0" + text.partition(" ")[0])
        return PortReading(port=joined, repairs=("comma-space",), after="") if is_port else None
    field = _PORT.match(text)
    if field is None or (len(field[1]) < _PORT_LENGTH and not find_port("0" + field[1])):
        return None
    port = field[1].zfill(_PORT_LENGTH)
    zero = ("port-zero",) if port != field[1] else ()
    return PortReading(port=port, repairs=(*labels, *(["trailing"] if field[2] else []), *zero), after=field[3])


def _without_port_label(text: str) -> tuple[str, tuple[str, ...]]:
    """The field without `Port` or the port's own name before the code; another port's name is no label."""
    label = _PORT_LABEL.match(text)
    if label:
        return text[label.end() :], ("trailing-text",)
    named = _PORT_NAME.match(text)
    port = find_port(named[2]) if named else None
    if named is None or port is None or not port.name.startswith(named[1].strip(" .").upper()):
        return text, ()
    return named[2] + text[named.end() :], ("trailing-text",)


def names_second_port(port: str, after: str) -> bool:
    """Whether another known port follows the port at once, so that it cannot be told which is meant."""
    second = _SECOND_PORT.match(after)
    return bool(second and second[1] != port and find_port(second[1]))


def read_entry(text: str) -> EntryReading | None:
    """The entry number that fills a field, else None."""
    text = text.strip()
    label = _ENTRY_LABEL.match(text)
    reading = read_entry_number(text[label.end() :] if label else text)
    if reading is None or label is None:
        return reading
    return replace(reading, repairs=tuple(dict.fromkeys((*reading.repairs, "entry-form"))))


def without_entry_label(account: str) -> str:
    """What stands before an entry number without the label at its end: `NokiaInc Entry#`."""
    label = _ENTRY_LABEL_LAST.search(account[-_LONGEST_LABEL:])
    return account[: len(account) - len(label[0])] if label else account


def says_nothing(text: str) -> bool:
    """Whether the field is empty, or says in so many words that there is nothing to put there."""
    return not text.strip() or text.strip().casefold().strip(".()") in _NO_ENTRY


def is_company_ending(text: str) -> bool:
    """Whether the field is the end of a company's name, parted from it by a comma: `Nokia, Inc.`."""
    return text.replace(".", "").strip().casefold() in _COMPANY_ENDINGS


def is_entry_attempt(text: str) -> bool:
    """Whether the field can only be meant as an entry number, though it is none."""
    compact = text.strip()
    digits = sum(character.isdecimal() for character in compact)
    letters = sum(character.isalpha() for character in compact)
    return len(compact) <= _LONGEST_ATTEMPT and digits >= _ATTEMPT_DIGITS and letters <= _ATTEMPT_LETTERS
