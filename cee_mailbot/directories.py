"""The account and filer directories from CSV, and a report of what was wrong in which row."""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from cee_mailbot.domain.directory import Account, Directory, Filer, short_name

MOST_ROWS = 200_000
_TEAM = re.compile(r"[0-9]{3}")
_FILER_CODE = re.compile(r"[A-Z0-9]{3}")
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_ADDRESS = re.compile(r"[^\s@,;<>]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")

Row = dict[str, str]
T = TypeVar("T")


class _WrongError(Exception):
    """One value of one row is wrong: the column, what is wrong with it, and how to mend it."""

    def __init__(self, column: str, wrong: str, fix: str) -> None:
        super().__init__(f"{column}: {wrong}; {fix}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Directories:
    """What was read, and one line `FILE:ROW: column: what; fix` for each row that was left out or can't act."""

    directory: Directory
    faults: tuple[str, ...] = ()


def read_directories(accounts: Path | None, filers: Path | None, *, teams: Collection[str]) -> Directories:
    """The directories in these files; None where a site keeps none.

    Good rows are used and wrong ones left out: a typing error must not stop the mail. A file that can't be read at
    all is one fault, and nothing is asked of that directory.
    """
    faults: list[str] = []
    known = frozenset(teams)
    read_accounts = _rows(accounts, ("account", "team"), lambda row: _account(row, known), faults)
    read_filers = _rows(filers, ("filer_code",), _filer, faults)
    read_accounts = _without_doubles(accounts, read_accounts, faults)
    faults += _alike(accounts, read_accounts or [])
    return Directories(
        directory=Directory(accounts=_values(read_accounts), filers=_values(read_filers)), faults=tuple(faults)
    )


def _values(rows: list[tuple[int, T]] | None) -> tuple[T, ...] | None:
    return None if rows is None else tuple(value for _, value in rows)


def _rows(
    path: Path | None, needed: tuple[str, ...], read: Callable[[Row], T], faults: list[str]
) -> list[tuple[int, T]] | None:
    """The values of a file with the line each row begins on; what is wrong is added to `faults`."""
    if path is None:
        return None
    try:
        rows = list(_lines(path, needed))
    except (OSError, UnicodeDecodeError, csv.Error, _WrongError) as error:
        faults.append(f"{path}:{_unreadable(error)}")
        return None
    found: list[tuple[int, T]] = []
    for number, heading, cells in rows:
        try:
            found.append((number, read(_row(heading, cells))))
        except _WrongError as error:
            faults.append(f"{path}:{number}: {error}")
    return found


def _lines(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, list[str], list[str]]]:
    """The rows below the heading, without empty ones, each with the heading; columns in any order and letter case."""
    text = path.read_bytes().decode("utf-8-sig")
    # The line ends of files alone: a name may have any other character that ends a line in some eyes.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading = [name.strip().casefold().replace(" ", "_") for name in next(reader, [])]
    for name in needed:
        if name not in heading:
            raise _WrongError(
                name, "is no column of this file", f"write it into the first row, beside {', '.join(needed)}"
            )
    for name in heading:
        if name and heading.count(name) > 1:
            raise _WrongError(name, "stands twice in the first row", "keep one of the two columns")
    before = reader.line_num
    for cells in reader:
        first, before = before + 1, reader.line_num
        if first > MOST_ROWS:
            raise _WrongError("rows", f"there are more than {MOST_ROWS:,}", "leave out what is not needed")
        if any(cell.strip() for cell in cells):
            yield first, heading, [cell.strip() for cell in cells]


def _row(heading: list[str], cells: list[str]) -> Row:
    """The values by column; a value beyond the last column is the rest of one that a comma cut."""
    beyond = next((cell for cell in cells[len(heading) :] if cell), None)
    if beyond is not None:
        raise _WrongError(
            "row", f"{_shown(beyond)} is in no column", "put a value with a comma between quotation marks"
        )
    return {**dict.fromkeys(heading, ""), **dict(zip(heading, cells, strict=False))}


def _unreadable(error: Exception) -> str:
    if isinstance(error, OSError):
        return f" can't be read ({error.strerror}); create it, or take it out of [directories]"
    if isinstance(error, UnicodeDecodeError):
        return " is not UTF-8 text; save it as CSV UTF-8"
    if isinstance(error, csv.Error):
        return f" is not CSV ({error}); close every quotation mark"
    return f"1: {error}"


def _account(row: Row, teams: frozenset[str]) -> Account:
    name, team = row["account"], row["team"].zfill(3) if row["team"].isdigit() else row["team"]
    if not short_name(name):
        raise _WrongError("account", "is empty", "write the account's name")
    if not _TEAM.fullmatch(team) or team not in teams:
        raise _WrongError("team", f"{_shown(team)} is not a known team", f"use one of {', '.join(sorted(teams))}")
    return Account(
        name=name, short=_short(row.get("short", ""), name), team=team, joined=_joined(row.get("joined", ""))
    )


def _short(written: str, name: str) -> str:
    if written and written != short_name(written):
        raise _WrongError(
            "short", f"{_shown(written)} is not the form of a subject line", f"write {short_name(written)}"
        )
    return written or short_name(name)


def _joined(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise _WrongError("joined", f"{_shown(written)} is not a date", "write it as 2026-01-31") from None


def _filer(row: Row) -> Filer:
    code = row["filer_code"].upper()
    if not _FILER_CODE.fullmatch(code):
        raise _WrongError("filer_code", f"{_shown(code)} is not a filer code", "write three letters or digits")
    domains = _several("domains", row.get("domains", ""), _DOMAIN, "filer.example")
    addresses = _several("addresses", row.get("addresses", ""), _ADDRESS, "desk@filer.example")
    if not domains and not addresses:
        raise _WrongError("domains", "is empty, and so is addresses", "write who may send for this filer")
    return Filer(code=code, name=row.get("name", ""), domains=domains, addresses=addresses)


def _several(column: str, written: str, form: re.Pattern[str], example: str) -> frozenset[str]:
    """Values with semicolons or blanks between them, in lower case."""
    values = written.lower().replace(";", " ").split()
    for value in values:
        if not form.fullmatch(value):
            raise _WrongError(column, f"{_shown(value)} is wrong", f"write such as {example}, with ; between several")
    return frozenset(values)


def _without_doubles(
    path: Path | None, rows: list[tuple[int, Account]] | None, faults: list[str]
) -> list[tuple[int, Account]] | None:
    """The rows whose account stands in none above: one that stood twice would fit twice, and do nothing."""
    if rows is None:
        return None
    seen: set[str] = set()
    kept: list[tuple[int, Account]] = []
    for number, account in rows:
        if account.name.casefold() in seen:
            faults.append(
                f"{path}:{number}: account: {_shown(account.name)} stands in a row above too; keep one of them"
            )
        else:
            seen.add(account.name.casefold())
            kept.append((number, account))
    return kept


def _alike(path: Path | None, rows: list[tuple[int, Account]]) -> Iterator[str]:
    """Accounts of different teams that subject lines can't tell apart: both stay, and neither says whose mail it is."""
    first: dict[str, Account] = {}
    for number, account in rows:
        other = first.setdefault(account.short.casefold(), account)
        if other.team != account.team:
            yield (
                f"{path}:{number}: account: {_shown(account.name)} is {account.short} in a subject line, as "
                f"{_shown(other.name)} of team {other.team} is; give each a short of its own"
            )


def _shown(value: str) -> str:
    return f'"{value[:40]}"'
