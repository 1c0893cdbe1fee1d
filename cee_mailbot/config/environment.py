"""The variables of the environment that lie over the sections of the configuration file."""

from collections.abc import Mapping
from dataclasses import dataclass

from cee_mailbot.config.errors import Fault, KeyPath
from cee_mailbot.config.fields import EnvironmentText
from cee_mailbot.config.tables import SECTIONS

PREFIX = "CEE_MAILBOT__"


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What the environment sets: `tables` as the file would, the variable behind each key, and faults."""

    tables: Mapping[str, dict[str, str]]
    variables: Mapping[KeyPath, str]
    faults: tuple[Fault, ...]


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Every variable `CEE_MAILBOT__SECTION__KEY`; one that names no section is a fault."""
    tables: dict[str, dict[str, str]] = {}
    variables: dict[KeyPath, str] = {}
    faults: list[Fault] = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
        variables[path] = variable
        if len(path) == 2 and path[0] in SECTIONS:  # noqa: PLR2004 - a section and a key
            tables.setdefault(path[0], {})[path[1]] = EnvironmentText(environ[variable])
        else:
            faults.append(_names_no_section(path))
    return Environment(tables=tables, variables=variables, faults=tuple(faults))


def _names_no_section(path: KeyPath) -> Fault:
    known = ", ".join(section.upper() for section in SECTIONS)
    if path[0] in {"mailbox", "center", "group"}:
        remedy = "set it in the file; a password can come from the variable that password_env names"
        return Fault(path=path, wrong=f"a [[{path[0]}]] can't be set from the environment", remedy=remedy)
    remedy = f"write {PREFIX}SECTION__KEY, where SECTION is one of {known}"
    return Fault(path=path, wrong="names no section of the configuration", remedy=remedy)
