"""docs/time.md says what the program does: its cases are computed, its names are the program's own."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.presentation import Basis, Clocks, Presentation, Strength, present
from parsers.dates import Hop, ReadDate

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "time.md").read_text(encoding="utf-8")
DIAGRAM = PAGE.split("flowchart TD")[1].split("```")[0]
CASES = [
    [cell.strip().strip("`") for cell in row.strip("|").split("|")]
    for row in PAGE.split("### Cases")[1].split("\n\n")[2].splitlines()[2:]
]
BORDER = "mx.cbp.dhs.gov"


def clock(cell: str) -> datetime | None:
    found = re.match(r"(\d\d):(\d\d)", cell)
    return datetime(2026, 3, 2, int(found[1]), int(found[2]), tzinfo=UTC) if found else None


def read(at: datetime | None) -> ReadDate:
    return ReadDate(raw="x", instant=at, zone_known=at is not None, why_not=None if at else "missing")


def hop(by: str, cell: str) -> tuple[Hop, ...]:
    return (Hop(raw="x", by=by, from_=None, at=read(clock(cell))),) if cell else ()


def computed(date: str, relay: str, border: str, disputed_time: str) -> Presentation:
    arrived = clock("15:00")
    assert arrived is not None
    clocks = Clocks(
        date=read(clock(date)),
        date_headers=1,
        hops=(*hop(BORDER, border), *hop("relay.example", relay)),
        arrived_at=arrived,
        first_seen_at=arrived,
        date_signed="signed" in date,
    )
    policy = Policy(border_hosts=frozenset({BORDER}), disputed_time=disputed_time)  # type: ignore[arg-type]
    return present(clocks, zone="UTC", policy=policy)


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_each_case_of_the_page_is_what_the_program_computes(case: list[str]) -> None:
    date, relay, border, disputed_time, presented, *shown = case
    found = computed(date, relay, border, disputed_time)
    assert (found.instant.strftime("%H:%M"), [found.basis, found.strength, ", ".join(found.flags)]) == (
        presented,
        shown,
    )


def test_the_page_has_cases_of_every_kind() -> None:
    assert {case[5] for case in CASES} == {"date", "received", "arrival"}
    assert {case[6] for case in CASES} == set(Strength)
    assert {case[7] for case in CASES} == {"", "date-disputed"}


def test_the_page_names_every_basis_and_strength() -> None:
    assert not [name for name in (*Basis, *Strength) if f"| `{name}` |" not in PAGE]


def test_the_diagram_names_what_decides() -> None:
    names = {"date", "received", "arrival", "date-disputed", "two-dates", "disputed_time", "border_hosts"}
    tolerances = {"date_future_tolerance", "date_past_tolerance"}
    assert not [name for name in names | tolerances if name not in DIAGRAM]


def test_the_states_are_drawn_from_the_table() -> None:
    drawn = subprocess.run([sys.executable, ROOT / "scripts/write-states"], capture_output=True, text=True, check=True)
    assert drawn.stdout in PAGE


def test_the_settings_of_the_page_have_the_values_as_shipped() -> None:
    policy = Policy()
    rows = dict(re.findall(r"(?m)^\| `([a-z_]+)` \| ([^|]+) \|", PAGE.split("## What a Center sets")[1]))
    assert (rows["presentation"], rows["disputed_time"]) == (
        f'`"{policy.presentation}"`',
        f'`"{policy.disputed_time}"`',
    )
    minutes = [policy.date_future_tolerance.seconds // 60, policy.date_past_tolerance.seconds // 60]
    assert [rows["date_future_tolerance"], rows["date_past_tolerance"]] == [f"{one} minutes" for one in minutes]
    assert not {*policy.border_hosts, *policy.trusted_authserv_ids}
    assert policy.office_hours is None
    assert {rows[name] for name in ("border_hosts", "trusted_authserv_ids", "office_hours")} == {"none"}
