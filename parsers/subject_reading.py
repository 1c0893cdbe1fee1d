"""One parting of a subject line, read: its fields, the repairs they took, and what is wrong with them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from parsers.entry_number import EntryNumber, EntryReading
from parsers.errors import Problem
from parsers.part_marker import leading_marker, trailing_marker
from parsers.port import find_port
from parsers.subject_fields import (
    AccountReading,
    PortReading,
    holds_entry,
    names_second_port,
    read_account,
    read_entry,
    read_port,
    says_nothing,
)
from parsers.subject_partings import PLAIN_CODES, Parting
from parsers.subject_problems import problem
from parsers.subject_types import read_code, subject_table
from parsers.subject_wrapping import TRAILING_SIGNS

_FOUR_FIELDS = 4
_LONGEST_CODE_TRY = 3
_BEFORE_MARKER = " \t.,;:\"'"
# Without entry number and port, a longer account is a sentence that happens to begin like a code.
_MOST_ACCOUNT_WORDS = 4
_FORGIVEN = frozenset(("entry-missing", "port-missing"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a parting says: fields that could not be read are None.

    `missing` are the forgiven absences, `markers` the part markers met after the line.
    """

    code: str | None
    account: str | None
    entry_number: EntryNumber | None
    port: str | None
    repairs: frozenset[str]
    problems: tuple[Problem, ...]
    missing: tuple[str, ...]
    markers: frozenset[tuple[int, int | None]]

    @property
    def certainty(self) -> int:
        """How many of the fields that have a form of their own were told."""
        return sum(field is not None for field in (self.code, self.entry_number, self.port))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fields:
    """The fields of a parting, each read by itself."""

    code: str | None
    account: AccountReading | None
    entry: EntryReading | None
    port: PortReading | None
    code_found: str


def read_parting(parting: Parting, entry_optional: AbstractSet[str]) -> Reading:
    """The parting read field by field, with every problem found in it."""
    fields = _read_fields(parting)
    problems = _problems(parting, fields)
    forgiven = _FORGIVEN if fields.code in entry_optional and _may_lack_entry(parting, fields) else frozenset()
    after, markers = _without_markers((fields.port.after if fields.port else "") + parting.after)
    return Reading(
        code=fields.code,
        account=fields.account.account if fields.account else None,
        entry_number=fields.entry.entry_number if fields.entry else None,
        port=fields.port.port if fields.port else None,
        repairs=_repairs(parting, fields, after),
        problems=tuple(found for found in problems if found.code not in forgiven),
        missing=tuple(found.code for found in problems if found.code in forgiven),
        markers=markers,
    )


def _read_fields(parting: Parting) -> _Fields:
    code, code_found = read_code(parting.code), parting.code
    second = _second_code(parting.account) if code else ""
    if second:
        code, code_found = None, f"{code_found},{second}"
    account = read_account(parting.account)
    if code is None and account is None and len(code_found) > _LONGEST_CODE_TRY and parting.count < _FOUR_FIELDS:
        # `NokiaInc,345-67890123,2704`: the line begins with the account, its code is absent.
        account, code_found = read_account(code_found), ""
    port = read_port(parting.port) if parting.port else None
    if port and names_second_port(port.port, port.after + parting.after):
        port = None
    entry = read_entry(parting.entry) if parting.entry else None
    return _Fields(code=code, account=account, entry=entry, port=port, code_found=code_found)


def _second_code(account: str) -> str:
    """The code among the pieces of an account, so that it cannot be told which of two codes is meant, or nothing.

    A first piece may be any code; `Nokia, CA` names a place, `Nokia, F28` none.
    """
    first, *others = (piece.strip() for piece in account.split(","))
    if others and first.upper() in subject_table():
        return first
    return next((piece for piece in others if piece in PLAIN_CODES), "")


def _may_lack_entry(parting: Parting, fields: _Fields) -> bool:
    """Whether the line can be believed without an entry number or a port."""
    if fields.account is None or parting.needs_entry:
        return fields.account is not None and fields.entry is not None
    words = parting.account.split()
    told = fields.entry is not None or fields.port is not None
    return told or (len(words) <= _MOST_ACCOUNT_WORDS and not find_port(words[-1]))


def _problems(parting: Parting, fields: _Fields) -> tuple[Problem, ...]:
    checks = (
        None if fields.code else problem("code-unknown", fields.code_found),
        None if fields.account else problem("account-missing", parting.account),
        _entry_problem(parting, fields.entry),
        _port_problem(parting, fields.port),
    )
    return tuple(check for check in checks if check)


def _entry_problem(parting: Parting, entry: EntryReading | None) -> Problem | None:
    written = parting.entry or ""
    if entry and parting.port and read_entry(parting.port):
        return problem("entry-invalid", f"{written},{parting.port}")
    if holds_entry(parting.account):
        return problem("entry-invalid", f"{parting.account},{written}".rstrip(","))
    if entry:
        return None
    return problem("entry-missing" if says_nothing(written) else "entry-invalid", written)


def _port_problem(parting: Parting, port: PortReading | None) -> Problem | None:
    written = parting.port or ""
    if port or read_entry(written):
        return None
    if says_nothing(written):
        return problem("port-missing", written)
    return problem("port-invalid", written + (parting.after if read_port(written) else ""))


def _without_markers(after: str) -> tuple[str, frozenset[tuple[int, int | None]]]:
    """What follows the line without signs and part markers around it, and those markers."""
    text = after.strip()
    markers = set()
    for find in (leading_marker, trailing_marker):
        marker = find(text.lstrip(_BEFORE_MARKER))
        if marker:
            markers.add((marker.part, marker.parts))
            text = marker.rest
    return text.strip(TRAILING_SIGNS), frozenset(markers)


def _repairs(parting: Parting, fields: _Fields, after: str) -> frozenset[str]:
    repairs = set(parting.repairs)
    for field in (fields.account, fields.entry, fields.port):
        repairs.update(field.repairs if field else ())
    said = {
        "code-case": fields.code is not None and fields.code != parting.code,
        "entry-form": fields.entry is None and bool(parting.entry) and says_nothing(parting.entry or ""),
        "trailing-text": bool(after) or (bool(parting.port) and says_nothing(parting.port or "")),
        "trailing": fields.port is not None
        and not after
        and fields.port.after.strip(TRAILING_SIGNS) == "" != fields.port.after.strip(),
    }
    return frozenset(repairs | {name for name, was_needed in said.items() if was_needed})
