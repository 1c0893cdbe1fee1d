"""The ways in which a line can be parted into its four fields, from the exact form to blanks alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.entry_number import find_entry_spans
from parsers.port import find_port
from parsers.subject_fields import (
    is_company_ending,
    is_entry_attempt,
    read_entry,
    read_port,
    unquote,
    without_entry_label,
)
from parsers.subject_types import subject_table

_COMMA = re.compile(r"(,)")
_SIGN = re.compile(r"([,;|\t])")
_SIGN_OR_DASH = re.compile(r"([,;|\t]| - )")
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_MOST_FIELDS = 40
_FOUR_FIELDS = 4

_CODE_COLON = re.compile(r"([A-Za-z0-9]{1,3}) ?:")
_LEADING_CODE = re.compile(r"([A-Za-z0-9]{1,3})([\s,;|:]+|\s?-\s)")
_SEPARATORS = " \t,;|:-"
_CERTAIN_SIGN = re.compile(r"[,;|\t:]")
_LIKE_FILER_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,2}[0-9])[A-Za-z0-9]{3}$")
_SPACED_COMMA = re.compile(r"\s,|,\s")
_WORDS = re.compile(r"[\s,;|]+")
_MOST_WORDS = 24
_MOST_WORDS_WITHOUT_ENTRY = 6

# A and I are words of English: in a line without commas they are codes only before a short proper name.
_WORD_CODES = frozenset(("A", "I"))
_MOST_ACCOUNT_WORDS = 3

# Codes that are neither a word, an initial, nor a place (`Nokia CA`, `Nokia PR`) at the end of a name.
PLAIN_CODES = frozenset(("DR", "CE", "F28", "F29", "PD", "5D"))
_NAME_CODES = frozenset(("PR", "PD"))
_STATIC_NAME = re.compile(r"[A-Z][a-z]{1,20}[A-Z][A-Za-z]{1,20}")
_MOST_NAME_WORDS = 4
_LONGEST_NAME = 60
_ONE_SIGN = re.compile(
    r"(?P<code>[A-Za-z0-9]{1,3})(?P<sign>[_/.-])(?P<account>[^,;|\t]{1,60}?)(?P=sign)"
    r"(?P<entry>[A-Za-z0-9]{3}-?[0-9]{7}-?[0-9])(?P=sign)(?P<port>[0-9]{4}(?!\w).*)",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parting:
    """A line in fields as written; None is a field that is not there.

    `repairs` are those that the parting itself took, `after` is what follows the last field, `count` is the
    number of fields found. `needs_entry` says that only an entry number makes this parting believable.
    """

    code: str
    account: str
    entry: str | None
    port: str | None
    after: str
    repairs: frozenset[str]
    needs_entry: bool = False
    count: int = _FOUR_FIELDS


@dataclass(frozen=True, kw_only=True, slots=True)
class _Places:
    """Which of the fields after the code are the account (up to `account_end`), the entry number and the port."""

    account_end: int
    entry: int | None
    port: int | None


def partings(text: str) -> Iterator[Parting]:
    """Every way to part the line, the one nearest to the exact form first."""
    yield from _reordered(text, _COMMA)
    yield _parted(text, _COMMA)
    signed = _with_sign_for_colon(text)
    for separator in (_SIGN, _SIGN_OR_DASH):
        if separator.search(signed):
            yield from _reordered(signed, separator)
            yield _parted(signed, separator, needs_entry=signed != text)
    yield from _around_entry(text)
    yield from _by_one_sign(text)
    yield from _account_first(text)
    yield from _code_and_name(text)
    yield from _by_words(text)


def _with_sign_for_colon(text: str) -> str:
    """The line with the colon after its code, if there is one, as a separator like any other."""
    code = _CODE_COLON.match(text)
    return f"{code[1]};{text[code.end() :]}" if code and code[1].upper() in subject_table() else text


def _parted(text: str, separator: re.Pattern[str], *, needs_entry: bool = False) -> Parting:
    """The line parted at the separators, its fields in the order of the static line."""
    pieces = separator.split(text, maxsplit=_MOST_FIELDS)
    raw, between = pieces[::2], pieces[1::2]
    fields = [unquote(field) for field in raw]
    rest = fields[1:]
    places = _places(rest)
    last = 1 + max(places.account_end - 1, *(at for at in (places.entry, places.port) if at is not None), -1)
    account = rest[: places.account_end]
    repairs = _parting_repairs(raw[: last + 1], between[:last])
    if any(account) and not all(account):
        repairs |= {"separator"}
    if places.entry is not None and places.port is not None and places.port != places.entry + 1:
        repairs |= {"separator" if places.port > places.entry else "field-order"}
    return Parting(
        code=fields[0],
        account=",".join(part for part in account if part),
        entry=None if places.entry is None else rest[places.entry],
        port=None if places.port is None else rest[places.port],
        after="".join(sign + field for sign, field in zip(between[last:], raw[last + 1 :], strict=True)),
        repairs=repairs,
        needs_entry=needs_entry,
        count=len(fields),
    )


def _places(rest: list[str]) -> _Places:
    """Where the fields after the code have their places; the entry number is told by its form."""
    entry = next((at for at, field in enumerate(rest) if read_entry(field)), None)
    if entry is not None:
        port = next((at for at in range(entry + 1, len(rest)) if rest[at]), None)
        if port is None and entry > 1 and _FOUR_DIGITS.fullmatch(rest[entry - 1]):
            return _Places(account_end=entry - 1, entry=entry, port=entry - 1)
        return _Places(account_end=entry, entry=entry, port=port)
    # The fourth field is asked first: a wrong entry number may begin like a port.
    port = next((at for at in (2, 1, *range(3, len(rest))) if at < len(rest) and read_port(rest[at])), None)
    if port is None:
        return _places_without_port(rest)
    before = port - 1
    if is_entry_attempt(rest[before]) or (before and not is_company_ending(rest[before])):
        return _Places(account_end=before, entry=before, port=port)
    return _Places(account_end=port, entry=None, port=port)


def _places_without_port(rest: list[str]) -> _Places:
    """The places when neither entry number nor port can be told by their form: the order decides."""
    end = 0 if rest and is_entry_attempt(rest[0]) else min(1, len(rest))
    while 0 < end < len(rest) and is_company_ending(rest[end]):
        end += 1
    entry = end if end < len(rest) else None
    return _Places(account_end=end, entry=entry, port=end + 1 if end + 1 < len(rest) else None)


def _parting_repairs(raw: list[str], between: list[str]) -> frozenset[str]:
    """The repairs to separators and quotes that these fields and the signs between them needed."""
    repairs = {"separator"} if any(sign != "," for sign in between) else set()
    for left, sign, right in zip(raw, between, raw[1:], strict=False):
        if sign == "," and (left[-1:].isspace() or right[:1].isspace()):
            repairs.add("comma-space")
    if any(unquote(field) != field.strip() for field in raw):
        repairs.add("quotes")
    return frozenset(repairs)


def _reordered(text: str, separator: re.Pattern[str]) -> Iterator[Parting]:
    """The four fields in another order, when the form of each can only be that of one field."""
    pieces = separator.split(text, maxsplit=_FOUR_FIELDS)
    raw = pieces[::2]
    fields = [unquote(field) for field in raw]
    codes = [field for field in fields if field.isascii() and field.upper() in subject_table()]
    entries = [field for field in fields if read_entry(field)]
    ports = [field for field in fields if _FOUR_DIGITS.fullmatch(field)]
    names = [field for field in fields if field not in (*codes, *entries, *ports)]
    if not len(fields) == _FOUR_FIELDS == len({*codes, *entries, *ports, *names}):
        return
    if not len(codes) == len(entries) == len(ports) == len(names) == 1 or ":" in names[0]:
        return
    in_order = fields == [codes[0], names[0], entries[0], ports[0]]
    if not in_order and any(character.isalpha() for character in names[0]):
        repairs = _parting_repairs(raw, pieces[1::2]) | {"field-order"}
        yield Parting(code=codes[0], account=names[0], entry=entries[0], port=ports[0], after="", repairs=repairs)


def _around_entry(text: str) -> Iterator[Parting]:
    """The line parted by blanks or any mixture of signs, held together by its entry number."""
    head = _LEADING_CODE.match(text)
    if head is None or head[1].upper() not in subject_table():
        return
    start, end = next((span for span in find_entry_spans(text) if span[0] >= head.end()), (0, 0))
    labelled = text[head.end() : start].strip(_SEPARATORS)
    account = without_entry_label(labelled).strip(_SEPARATORS)
    if not end or not _is_code_here(head, account) or not _is_parted(account, text[start:end]):
        return
    port = text[end:].lstrip(_SEPARATORS)
    repairs = {"separator"}
    if account != labelled:
        repairs.add("entry-form")
    if _SPACED_COMMA.search(text[: len(text) - len(port) + 1]):
        repairs.add("comma-space")
    if unquote(account) != account:
        repairs.add("quotes")
    yield Parting(
        code=head[1],
        account=unquote(account),
        entry=text[start:end],
        port=port or None,
        after="",
        repairs=frozenset(repairs),
    )


def _is_code_here(head: re.Match[str], account: str) -> bool:
    """Whether what begins the line can only be a code, and no word of a sentence."""
    code, sign = head[1], head[2]
    if _CERTAIN_SIGN.search(sign) or code.upper() not in _WORD_CODES:
        return True
    return code.isupper() and not account[:1].islower() and len(account.split()) <= _MOST_ACCOUNT_WORDS


def _is_parted(account: str, entry: str) -> bool:
    """Whether it can be told where the account ends and the entry number begins.

    `Nokia Inc 12345678` may lack its filer code, `Nokia 345 67890123401` may have two digits too many.
    """
    _, *others = account.split(",")
    if ":" in account or _begins_with_code(account) or not all(is_company_ending(other) for other in others):
        return False
    if "-" in entry:
        return True
    if entry[:3].isalpha():
        reading = read_entry(entry)
        fits = reading is not None and reading.entry_number.check_digit_fits
        return fits and entry[:3].isupper() and not is_company_ending(entry[:3])
    return not _LIKE_FILER_CODE.search(account)


def _begins_with_code(account: str) -> bool:
    """Whether a second code seems to follow the first; a single letter is an initial: `DR C Steinweg …`."""
    word, *others = account.split(maxsplit=1)[:2] or [""]
    return bool(others) and len(word) > 1 and word.upper() in subject_table()


def _by_one_sign(text: str) -> Iterator[Parting]:
    """A line with `_`, `/`, `.` or a dash without blanks for each comma."""
    found = _ONE_SIGN.match(text)
    if found is None or found["code"].upper() not in subject_table():
        return
    account = found["account"].replace("_", " ") if found["sign"] == "_" else found["account"]
    yield Parting(
        code=found["code"],
        account=account,
        entry=found["entry"],
        port=found["port"],
        after="",
        repairs=frozenset({"separator"}),
    )


def _account_first(text: str) -> Iterator[Parting]:
    """`NokiaInc DR 345-67890123 2704`: only before a code that is no place or initial at the end of a name."""
    start, end = next(iter(find_entry_spans(text)), (0, 0))
    account, _, code = text[:start].rstrip(_SEPARATORS).rpartition(" ")
    if not end or code not in PLAIN_CODES or not _is_proper_name(account):
        return
    port = text[end:].lstrip(_SEPARATORS)
    repairs = frozenset({"separator", "field-order"})
    yield Parting(code=code, account=account, entry=text[start:end], port=port or None, after="", repairs=repairs)


def _code_and_name(text: str) -> Iterator[Parting]:
    """`PR NokiaInc` or `PR NokiaInc 2704`: a code that needs no entry number before what can only be a company's name.

    The number behind it is a port of the table; another may be what is left of an entry number.
    """
    code, _, rest = text[:_LONGEST_NAME].partition(" ")
    name, _, last = rest.rpartition(" ")
    port = last if name and _FOUR_DIGITS.fullmatch(last) and find_port(last) else None
    account = name if port else rest
    if code in _NAME_CODES and len(text) < _LONGEST_NAME and _is_proper_name(account):
        repairs = frozenset({"separator"})
        count = 3 if port else 2
        yield Parting(code=code, account=account, entry=None, port=port, after="", repairs=repairs, count=count)


def _is_proper_name(account: str) -> bool:
    """Whether words are surely an account: one in the static form (`NokiaInc`), or some with a company's ending."""
    words = account.replace(",", " ").split()
    if len(words) == 1:
        return _STATIC_NAME.fullmatch(words[0]) is not None
    capitals = all(word[0].isupper() or word[0].isdecimal() for word in words)
    return 1 < len(words) <= _MOST_NAME_WORDS and capitals and is_company_ending(words[-1])


def _by_words(text: str) -> Iterator[Parting]:
    """A line parted by blanks whose entry number is wrong or missing, so that it can be told what is."""
    words = [word for word in _WORDS.split(text, maxsplit=_MOST_WORDS) if word.strip("-")] or [""]
    if words[0].upper() not in subject_table() or any(read_entry(word) for word in words):
        return
    attempt = next((at for at, word in enumerate(words) if at and is_entry_attempt(word)), None)
    if attempt is None and (len(words) > _MOST_WORDS_WITHOUT_ENTRY or not find_port(words[-1])):
        return
    end = len(words) - 1 if attempt is None else attempt
    port = words[-1:] if attempt is None else words[attempt + 1 : attempt + 2]
    yield Parting(
        code=words[0],
        account=" ".join(words[1:end]),
        entry=None if attempt is None else words[attempt],
        port=port[0] if port else None,
        after="" if attempt is None else " ".join(words[attempt + 2 :]),
        repairs=frozenset({"separator"}),
        needs_entry=True,
    )
