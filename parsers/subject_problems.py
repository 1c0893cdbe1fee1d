"""What can be wrong with a subject line, each with the sentence that tells the sender how to mend it."""

from parsers.errors import Problem
from parsers.port import nearest_ports
from parsers.subject_types import nearest_codes, subject_table

EXAMPLE = "DR,NokiaInc,345-67890123,2704"
_LONGEST_FOUND = 100
_ENTRY_DIGITS = 11

PROBLEM_CODES = (
    "subject-empty",
    "subject-fields",
    "code-unknown",
    "account-missing",
    "entry-missing",
    "entry-invalid",
    "port-missing",
    "port-invalid",
)
"""Every problem that a subject line can have."""

_FIXES = {
    "subject-empty": (
        f"Write the four fields code, account name, entry number and port in the subject line, as in {EXAMPLE}."
    ),
    "subject-fields": (
        "Write the subject line as code, account name, entry number and port, "
        f"with commas between them and no spaces, as in {EXAMPLE}."
    ),
    "account-missing": "Put the first 10 characters of the account name after the code, as in NokiaInc.",
    "entry-missing": "Put the entry number after the account name, as in 345-67890123.",
    "entry-invalid": "Write one entry number as a 3-character filer code, a dash and 8 digits, as in 345-67890123.",
    "port-missing": "Put the 4-digit code of the port of entry last, as in 2704.",
    "port-invalid": "Write the port of entry as its 4-digit code, as in 2704.",
}
_FIELDS = {"subject": "subject", "code": "code", "account": "account", "entry": "entry_number", "port": "port"}


def problem(code: str, found: str = "", fix: str | None = None) -> Problem:
    """The problem of this code, with the sentence that belongs to it unless another is given."""
    if fix is None:
        fix = _FIX_WRITERS[code](found) if code in _FIX_WRITERS else _FIXES[code]
    field = _FIELDS[code.partition("-")[0]]
    return Problem(code=code, field=field, found=found.strip()[:_LONGEST_FOUND], fix=fix)


def strict_problem(repair: str, found: str, canonical: str) -> Problem:
    """The problem that a repaired line is to a mailbox that takes the exact form only."""
    code = _STRICT_CODES.get(repair.partition("-")[0], "subject-fields")
    return problem(code, found, f"Use the exact subject line: {canonical}")


_STRICT_CODES = {"code": "code-unknown", "entry": "entry-invalid", "port": "port-invalid"}


def _fix_code(found: str) -> str:
    near = nearest_codes(found)
    if near:
        named = " or ".join(f"{code} ({subject_table()[code]})" for code in near)
        return f"Begin the line with a subject code; the nearest is {named}."
    return f"Begin the line with one of the subject codes {', '.join(subject_table())}."


def _fix_entry(found: str) -> str:
    written = sum(character.isalnum() for character in found)
    plain = _FIXES["entry-invalid"]
    if not found or written == _ENTRY_DIGITS or any(character in ",;|" for character in found):
        return plain
    return f"{plain[:-1]}: 11 letters and digits in all, where {written} were written."


def _fix_port(found: str) -> str:
    near = nearest_ports(found)
    plain = _FIXES["port-invalid"]
    if not near:
        return plain
    return f"{plain[:-1]}; the nearest is {' or '.join(f'{port.code} ({port.name})' for port in near)}."


_FIX_WRITERS = {"code-unknown": _fix_code, "entry-invalid": _fix_entry, "port-invalid": _fix_port}
