"""What was expected of a case against what came of it."""

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from tests.acceptance.case_runner import Case, Facts, Observed


def differences(case: Case, observed: Observed) -> Iterator[str]:
    """Everything in which what came of a case is not what was expected, one line each."""
    for kind in ("message", "item", "reply"):
        wanted, found = case.expected[kind], observed.facts[kind]
        if len(wanted) != len(found):
            yield f"{kind}: {len(wanted)} expected, {len(found)} found"
        for number, (one, other) in enumerate(zip(wanted, found, strict=False), start=1):
            letter = observed.letters[number - 1] if kind == "reply" else None
            yield from (f"{kind} {number}: {line}" for line in _differences(one, other, letter))


def _differences(wanted: Facts, found: Facts, letter: EmailMessage | None) -> Iterator[str]:
    for name in sorted(set(wanted) | set(found)):
        if name == "says":
            yield from (f"does not say {text!r}" for text in wanted.get(name, []) if text not in found[name])
        elif name == "headers" and letter is not None:
            headers = wanted[name].items()
            yield from (f"{key} is {letter[key]!r}, not {value!r}" for key, value in headers if letter[key] != value)
        elif plain(wanted.get(name)) != plain(found.get(name)):
            yield f"{name} is {plain(found.get(name))!r}, not {plain(wanted.get(name))!r}"


def plain(value: Any) -> Any:
    """A value as it is compared: times as text with their offset; what is empty is as good as absent."""
    if isinstance(value, dict):
        return {key: one for key, old in value.items() if (one := plain(old)) not in (None, [], {}, "")} or None
    if isinstance(value, list | tuple):
        return [plain(one) for one in value] or None
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value == "" else value
