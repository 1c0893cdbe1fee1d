"""The samples: the cases that travel with the program, each message with its mailbox and times."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cee_mailbot.resources import resource

_ANSWERS_A_REPLY = b"@REPLY:"
_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One sample message on its way into one mailbox: `uid` is the name of its file there.

    `polls` are the times at which its case wants that mailbox polled, before and after it arrives.
    """

    case: str
    about: str
    name: str
    mailbox: str
    arrived: datetime
    polls: tuple[datetime, ...]
    uid: str
    raw: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One round of the demonstration: when, and which mailboxes are polled then."""

    at: datetime
    mailboxes: frozenset[str]


def samples() -> tuple[Sample, ...]:
    """The cases that travel with the program, in the order of arrival, but for some.

    Left out are those that need rules of their own, an act of staff or an earlier reply of the bot, and those about an
    entry that another case is about: here all of them meet.
    """
    taken: set[str] = set()
    found: list[Sample] = []
    for page in sorted(resource("fixtures/eml").glob("*/expected.toml")):
        told = tomllib.loads(page.read_text(encoding="utf-8"))
        lines = (*told.get("item", ()), *(one.get("subject", {}) for one in told["message"]))
        entries = {line["entry_number"] for line in lines if line.get("entry_number")}
        if taken.isdisjoint(entries) and (mine := _samples_of(page.parent, told)):
            taken |= entries
            found += mine
    return tuple(sorted(found, key=lambda one: (one.arrived, one.uid)))


def steps(some: Iterable[Sample]) -> tuple[Step, ...]:
    """The rounds that these samples want, in the order of time."""
    wanted: dict[datetime, set[str]] = {}
    for sample in some:
        for at in sample.polls:
            wanted.setdefault(at, set()).add(sample.mailbox)
    return tuple(Step(at=at, mailboxes=frozenset(wanted[at])) for at in sorted(wanted))


def _samples_of(folder: Path, told: Mapping[str, Any]) -> list[Sample]:
    messages: list[dict[str, Any]] = told["message"]
    files = {message["file"]: (folder / message["file"]).read_bytes() for message in messages}
    if "closed" in told:
        return []  # nobody on the staff acts in the demonstration
    if _has_rules_of_its_own(told.get("site", {})) or any(_ANSWERS_A_REPLY in raw for raw in files.values()):
        return []
    case, polls = folder.name, tuple(told.get("now", ())) or _usual_polls(messages)
    return [
        Sample(
            case=case,
            about=told["about"],
            name=case if len(files) == 1 else f"{case}/{Path(message['file']).stem}",
            mailbox=message["mailbox"],
            arrived=message["arrived"],
            polls=polls,
            uid=f"{message['arrived'].timestamp():.0f}.{case}_{number}.sample",
            raw=files[message["file"]],
        )
        for number, message in enumerate(messages, start=1)
    ]


def _has_rules_of_its_own(site: Mapping[str, Collection[str]]) -> bool:
    """The sample site keeps a directory of accounts, as the cases about transfers want it; other rules it has none."""
    return bool(site) and (set(site) != {"directories"} or set(site["directories"]) != {"accounts"})


def _usual_polls(messages: Iterable[Mapping[str, Any]]) -> tuple[datetime, ...]:
    """The full hour after each arrival, where the case does not say when its mailboxes are polled."""
    hours = {message["arrived"].replace(minute=0, second=0, microsecond=0) for message in messages}
    return tuple(sorted(hour + _AN_HOUR for hour in hours))
