"""What is wrong with a configuration: for each fault its place, what is wrong and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from cee_mailbot.errors import UserError

KeyPath = tuple[str | int, ...]
"""Where a key stands: tables by name, the tables of a `[[...]]` by position from 0."""


class ConfigError(UserError):
    """The configuration can't be used; the text has one line for each fault, in the order of the file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault: the path of its key, what is wrong and what to do; neither text repeats a secret."""

    path: KeyPath
    wrong: str
    remedy: str
