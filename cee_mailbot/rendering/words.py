"""The words for every code, from `words.toml`: the site's own before the shipped ones."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from cee_mailbot.errors import CeeMailbotError

FILE = "words.toml"


class Words:
    """Sentences by section and code; a sentence may name values in double braces, as templates do."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Reads the file of each folder that has one; what an earlier folder says stands."""
        self._sections: dict[str, Any] = {}
        self._templates: dict[str, Template] = {}
        self._environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text; pages escape it
        for folder in reversed(folders):
            lay_over(self._sections, read_toml(folder / FILE))

    def codes(self, section: str) -> list[str]:
        """The codes that this section has words for."""
        return list(self._sections.get(section, {}))

    def sentence(self, section: str, code: str, values: Mapping[str, object]) -> str:
        """The sentence for a code, with the values in it; empty where there is none."""
        return self._fill(f"{section}.{code}", self._sections.get(section, {}).get(code, ""), values)

    def table(self, section: str, code: str, values: Mapping[str, object]) -> dict[str, str]:
        """The sentences for a code by their names; those of `other` stand where there are none."""
        entries = self._sections.get(section, {})
        table = {**entries.get("other", {}), **entries.get(code, {})}
        return {name: self._fill(f"{section}.{code}.{name}", text, values) for name, text in table.items()}

    def _fill(self, where: str, text: object, values: Mapping[str, object]) -> str:
        if not isinstance(text, str):
            raise CeeMailbotError(f"{FILE}: {where} must be a text in quotes")
        try:
            template = self._templates.get(text) or self._environment.from_string(text)
            self._templates[text] = template
            return template.render(values)
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A sentence that a site has changed can go wrong in all the ways in which a program can.
            raise CeeMailbotError(f"{FILE}: {where} can't be filled in: {error}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """What a file says; nothing where there is none. Raises `CeeMailbotError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CeeMailbotError(f"{path} can't be read: {error}") from error


def lay_over(below: dict[str, Any], above: dict[str, Any]) -> None:
    """What the one says stands over what the other says, table by table."""
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            lay_over(below[key], value)
        else:
            below[key] = value
