"""The configuration file as tables, and the line on which each of its keys stands."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cee_mailbot.config.errors import ConfigError, KeyPath

# Strings and comments: everything in which a bracket or a line end is not TOML's own.
_OPAQUE = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'[^'\n]*'|"
    r"#[^\n]*",
    re.DOTALL,
)
_STRUCTURE = re.compile(r"[\[\]{}\n]")
_KEY = re.compile(r"""[ \t]*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([A-Za-z0-9_-]+))[ \t]*(\.?)""")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TWICE = ("Cannot overwrite", "Cannot declare", "Duplicate inline table key", "Cannot mutate immutable")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigFile:
    """A file that is TOML: its tables, and the line of every key path in it."""

    path: Path
    tables: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the key, or of the nearest table around it; None when the file has neither."""
        steps = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[step] for step in steps if step in self.lines), None)


def read_file(path: Path) -> ConfigFile:
    """Read the file. Raises ConfigError when it can't be read or is not TOML."""
    text = _text(path)
    try:
        tables = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError([_not_toml(path, text, str(error))]) from None
    except RecursionError:
        raise ConfigError([f"{path}: not TOML: brackets are nested too deeply; correct the file"]) from None
    return ConfigFile(path=path, tables=tables, lines=lines_of(text))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file; write one with: cee-mailbot init"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{path}: is a directory; name the file in it, such as mailboxes.toml"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ConfigError([f"{path}: can't be read ({reason}); make it readable by this user"]) from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: is not UTF-8 text; save the file in UTF-8"]) from None


def _not_toml(path: Path, text: str, message: str) -> str:
    place = _PLACE.search(message)
    line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
    what = _PLACE.sub("", message)
    key = ".".join(_keys(text.split("\n")[line - 1].lstrip(" \t["))) or "no key"
    if what.startswith(_TWICE):
        return f"{path}:{line}: {key}: stands twice, which TOML does not allow; leave one of the two out"
    return f'{path}:{line}: {key}: not TOML ({what}); write KEY = "text", KEY = number or a [table]'


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line of every key path of a text that is known to be TOML; the first where there are several."""
    lines: dict[KeyPath, int] = {}
    sizes: dict[KeyPath, int] = {}
    here: KeyPath = ()
    for line, statement in _statements(text):
        if statement.startswith("[["):
            here = _next_of_array(_keys(statement[2:]), sizes)
            path = here
        elif statement.startswith("["):
            here = path = _resolved((), _keys(statement[1:]), sizes)
        else:
            path = _resolved(here, _keys(statement), sizes)
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each `key = value` with the line it begins on; a value may span many lines."""
    plain = _OPAQUE.sub(lambda found: (" " if found[0][0] == "#" else "x") * len(found[0]), text + "\n")
    begin, depth, line, first = 0, 0, 1, 1
    for mark in _STRUCTURE.finditer(plain):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        if mark[0] != "\n" or depth > 0:
            continue
        if plain[begin : mark.start()].strip():
            yield first, text[begin : mark.start()].strip()
        line += text.count("\n", begin, mark.end())
        begin, first = mark.end(), line


def _keys(statement: str) -> tuple[str, ...]:
    """The dotted key at the start of a statement."""
    keys: list[str] = []
    found = _KEY.match(statement)
    while found:
        keys.append(next(part for part in found.groups()[:3] if part is not None))
        found = _KEY.match(statement, found.end()) if found[4] else None
    return tuple(keys)


def _resolved(start: KeyPath, keys: tuple[str, ...], sizes: Mapping[KeyPath, int]) -> KeyPath:
    """The path of a key, where a step into an array of tables means its newest table."""
    path = start
    for key in keys:
        path = (*path, key)
        if path in sizes:
            path = (*path, sizes[path] - 1)
    return path


def _next_of_array(keys: tuple[str, ...], sizes: dict[KeyPath, int]) -> KeyPath:
    array = (*_resolved((), keys[:-1], sizes), *keys[-1:])
    position = sizes.get(array, 0)
    sizes[array] = position + 1
    return (*array, position)
