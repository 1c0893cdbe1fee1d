"""Centers, teams and mailboxes: which queue a submission belongs to, and what stays with the port."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from parsers.addresses import address_key
from parsers.port import find_port

PROGRAM_TEAM = "000"
PROGRAM_ADDRESS = "CEE@cbp.dhs.gov"
PROGRAM_ANSWERS_WITHIN = timedelta(days=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Center:
    """One Center of Excellence and Expertise ("Center Team Designation").

    `team` is its three-digit code, `time_zone` an IANA name, `mailboxes` its addresses, `phone` the number that
    replies give, where a site has set one.
    """

    team: str
    name: str
    location: str
    mailboxes: tuple[str, ...]
    time_zone: str
    phone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """One polled mailbox: its name in the configuration, its address and the team whose queue it feeds."""

    name: str
    address: str
    team: str
    kind: Literal["center", "program"] = "center"


@lru_cache(maxsize=1)
def shipped_centers() -> dict[str, Center]:
    """The ten Centers and the program office (team 000), by team code."""
    text = files("cee_mailbot.domain").joinpath("data", "centers.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    centers = {row["team"]: _center(row) for row in rows}
    return {PROGRAM_TEAM: _PROGRAM_OFFICE} | centers


def _center(row: dict[str, str]) -> Center:
    return Center(
        team=row["team"],
        name=row["center"],
        location=row["location"],
        mailboxes=tuple(row["mailbox"].split(",")),
        time_zone=row["time_zone"],
    )


_PROGRAM_OFFICE = Center(
    team=PROGRAM_TEAM,
    name="Center program office",
    location="Washington",
    mailboxes=(PROGRAM_ADDRESS,),
    time_zone="America/New_York",
)


def local_zone(port: str | None, center: Center) -> str:
    """The IANA zone whose date counts: the port of entry's, the Center's where the port is unknown."""
    known = find_port(port) if port else None
    return (known.time_zone if known else None) or center.time_zone


def owner(recipients: Iterable[str], arrived_in: Mailbox, mailboxes: Iterable[Mailbox]) -> Mailbox:
    """The mailbox whose team owns a message: the first of this site's Centers among its recipients.

    `recipients` are the addresses of To, then Cc. The same message in several mailboxes so has one owner,
    whichever of them is polled first; where none is named, it is the mailbox that it arrived in.
    """
    by_address = {address_key(mailbox.address): mailbox for mailbox in mailboxes if mailbox.kind == "center"}
    if arrived_in.kind == "program":
        return arrived_in
    named = (by_address.get(address_key(address)) for address in recipients)
    return next((mailbox for mailbox in named if mailbox is not None), arrived_in)


def due_to_answer(received_at: datetime, zone: str) -> datetime:
    """When the program office must have answered: 15 calendar days later, at the same time by its clock."""
    return (received_at.astimezone(ZoneInfo(zone)) + PROGRAM_ANSWERS_WITHIN).astimezone(UTC)


def is_usvi(port: str | None) -> bool:
    """Whether the port lies in the U.S. Virgin Islands ("United States Virgin Islands (USVI)")."""
    return port is not None and port.startswith("51")
