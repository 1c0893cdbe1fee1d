"""What pydantic finds wrong with a configuration, in words that say what to do."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from cee_mailbot.config.environment import Environment
from cee_mailbot.config.errors import Fault, KeyPath
from cee_mailbot.config.file import ConfigFile
from cee_mailbot.config.tables import SECTIONS, Settings

NOT_YET = "is not in this version of cee-mailbot"

_FORMS = {
    "name": "use letters, digits and . _ @ + -, at most 64, such as CEE-Electronics",
    "address": "write one mail address, such as CEE-Electronics@cbp.dhs.gov",
    "team": 'write three digits in quotes, such as "007"',
}
_SHOWN = 40
_PLAIN = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_SECRET_KEYS = frozenset({"password", "database"})


def error_lines(faults: Sequence[Fault], file: ConfigFile, environment: Environment) -> list[str]:
    """`PLACE: what is wrong; what to do` for each fault: the environment's, then the file's by line."""
    placed = [(*_place(fault.path, file, environment), fault) for fault in faults]
    placed.sort(key=lambda found: found[0])
    return [f"{place}: {fault.wrong}; {fault.remedy}" for _, place, fault in placed]


def _place(path: KeyPath, file: ConfigFile, environment: Environment) -> tuple[float, str]:
    """Its order, and `environment: VARIABLE`, `FILE:LINE: KEY` or, where no line is known, `FILE: KEY`."""
    for length in range(len(path), 0, -1):
        if path[:length] in environment.variables:
            return 0, f"environment: {environment.variables[path[:length]]}"
    line = file.line_of(path)
    key = _key_text(path, file.tables)
    return (math.inf, f"{file.path}: {key}") if line is None else (line, f"{file.path}:{line}: {key}")


def _key_text(path: KeyPath, tables: Mapping[str, Any]) -> str:
    """The path as people say it, `mailbox[CEE-Machinery].host`; a nameless table by its number from 1."""
    text, value = "", tables
    for step in path:
        value = _inner(value, step)
        if isinstance(step, str):
            text += f".{step if _PLAIN.fullmatch(step) else json.dumps(step)}"
        else:
            text += f"[{_name_of(value) or step + 1}]"
    return text.removeprefix(".")


def _inner(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _name_of(table: Any) -> str | None:
    name = table.get("name") if isinstance(table, dict) else None
    return name if isinstance(name, str) and _PLAIN.fullmatch(name) else None


def faults_of(error: ValidationError) -> list[Fault]:
    """One fault for each thing that pydantic found."""
    return [_fault(found) for found in error.errors(include_url=False)]


def _fault(found: Mapping[str, Any]) -> Fault:
    path: KeyPath = tuple(found["loc"])
    wrong, remedy = _words(str(found["type"]), path, found)
    return Fault(path=path, wrong=wrong, remedy=remedy)


def _words(kind: str, path: KeyPath, found: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong and what to do, by the kind of pydantic's finding."""
    key = _key(path)
    if kind == "missing":
        return "is missing", _FORMS.get(key, f"add {key} = ... to this table; docs/configuration.md tells its values")
    if kind == "extra_forbidden":
        return _unknown_key(path)
    shown = _shown(key, found["input"])
    if kind == "literal_error":
        return _unknown_value(key, found["input"], found["ctx"]["expected"])
    if kind == "string_pattern_mismatch":
        return f"{shown} has the wrong form", _FORMS[key]
    if kind == "value_error":
        wrong, _, remedy = str(found["ctx"]["error"]).partition("; ")
        return f"{shown} {wrong}", remedy
    return _wrong_type(kind, path, shown, found)


def _wrong_type(kind: str, path: KeyPath, shown: str, found: Mapping[str, Any]) -> tuple[str, str]:
    key = _key(path)
    if kind in {"string_type", "path_type"}:
        return f"{shown} is not text", _FORMS.get(key, 'write the value in quotes, such as "text"')
    if kind == "list_type":
        tables = key in {"mailbox", "center", "group"}
        return (
            f"{shown} is not a list",
            f"write [[{key}]]" if tables else 'write a list, such as ["one", "two"]',
        )
    if kind in {"model_type", "dict_type", "model_attributes_type"}:
        return (
            f"{shown} is not a table",
            f"write [{_table_text(path)}] on a line of its own and its keys below",
        )
    if kind in {"greater_than_equal", "less_than_equal"}:
        bound = found["ctx"].get("ge", found["ctx"].get("le"))
        side = "at least" if kind == "greater_than_equal" else "at most"
        return f"{shown} is out of range", f"write a whole number of {side} {bound}"
    if kind == "int_type":
        return f"{shown} is not a whole number", "write digits without quotes, such as 25"
    return f"{shown} is wrong: {found['msg']}", "docs/configuration.md tells what may stand here"


def _table_text(path: KeyPath) -> str:
    return ".".join(step for step in path if isinstance(step, str))


def _unknown_value(key: str, value: object, expected: str) -> tuple[str, str]:
    shown = _shown(key, value)
    known = {word.casefold(): word for word in re.findall(r"'([^']+)'", expected)}
    nearest = get_close_matches(str(value).casefold(), known, n=1)
    remedy = f"did you mean '{known[nearest[0]]}'? It can be {expected}" if nearest else f"use {expected}"
    return f"{shown} is not known", remedy


def _unknown_key(path: KeyPath) -> tuple[str, str]:
    key = str(path[-1])
    homes = [table for table in SECTIONS if key in _keys_of((table,))]
    if homes:
        return "does not belong to this table", f"move it to [{homes[0]}]"
    known = _keys_of(path[:-1])
    nearest = get_close_matches(key.lower(), known, n=1, cutoff=0.0) or known[:1]
    return "is not a known key", f"did you mean {nearest[0]}?"


def _keys_of(table: KeyPath) -> list[str]:
    """The known keys of the table at this path."""
    model: type[BaseModel] = Settings
    for step in table:
        if isinstance(step, str):
            model = _model_in(model.model_fields[step].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The table's model in `Model`, `list[Model]` or `Model | None`."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    inner = get_args(annotation) if get_origin(annotation) in {list, Union, UnionType} else ()
    return next((model for model in map(_model_in, inner) if model), None)


def _key(path: KeyPath) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _shown(key: str, value: object) -> str:
    """The value as a fault may show it: short, on one line, and never one that may hold a password."""
    if key in _SECRET_KEYS or isinstance(value, dict | list):
        return "the value"
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
