"""Centers, mailboxes and zones: which queue a message belongs to."""

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.routing import Mailbox, is_usvi, local_zone, owner, shipped_centers
from tests.support.workshop import CHEMICALS, ELECTRONICS, MAILBOXES, PROGRAM

TABLE = Path(__file__).parents[2] / "cee_mailbot" / "domain" / "data" / "centers.tsv"
ADDRESSES = [one.address for one in MAILBOXES]


def test_there_are_ten_centers_with_twelve_mailboxes_and_the_program_office() -> None:
    centers = shipped_centers()
    assert sorted(centers) == [f"{team:03}" for team in range(11)]
    assert sum(len(one.mailboxes) for team, one in centers.items() if team != "000") == 12
    assert {team for team, one in centers.items() if len(one.mailboxes) == 2} == {"001", "003"}
    assert centers["000"].mailboxes == ("CEE@cbp.dhs.gov",)
    for center in centers.values():
        ZoneInfo(center.time_zone)


def test_the_shipped_table_is_that_of_the_domain() -> None:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines, delimiter="\t"))
    assert [row["team"] for row in rows] == [f"{team:03}" for team in range(1, 11)]


@pytest.mark.parametrize(
    ("recipients", "arrived_in", "owned_by"),
    [
        ([ELECTRONICS.address, CHEMICALS.address], CHEMICALS, ELECTRONICS),
        (["someone@else.example", "CEE-CHEMICALS@CBP.DHS.GOV"], ELECTRONICS, CHEMICALS),
        (["someone@else.example"], CHEMICALS, CHEMICALS),
        ([], ELECTRONICS, ELECTRONICS),
        (["CEE-Apparel@cbp.dhs.gov"], ELECTRONICS, ELECTRONICS),
        ([ELECTRONICS.address], PROGRAM, PROGRAM),
        ([PROGRAM.address], ELECTRONICS, ELECTRONICS),
    ],
    ids=["first-named", "any-case", "unnamed", "nobody", "not-of-this-site", "program-office", "to-program-office"],
)
def test_the_first_center_named_owns_a_message(recipients: list[str], arrived_in: Mailbox, owned_by: Mailbox) -> None:
    assert owner(recipients, arrived_in, MAILBOXES) == owned_by


@given(st.lists(st.sampled_from([ELECTRONICS.address, CHEMICALS.address, "x@y.example"]), min_size=1))
def test_a_message_that_names_a_center_has_one_owner_wherever_it_arrives(recipients: list[str]) -> None:
    """Polling in another order changes nothing."""
    owners = {owner(recipients, arrived_in, MAILBOXES).name for arrived_in in (ELECTRONICS, CHEMICALS)}
    assert len(owners) == 1 or set(recipients) == {"x@y.example"}


@pytest.mark.parametrize(
    ("port", "zone"),
    [
        ("2704", "America/Los_Angeles"),
        ("4601", "America/New_York"),
        ("5101", "America/St_Thomas"),
        ("9999", "America/Detroit"),
        ("", "America/Detroit"),
        (None, "America/Detroit"),
    ],
)
def test_the_ports_zone_counts_and_the_centers_where_the_port_is_unknown(port: str | None, zone: str) -> None:
    assert local_zone(port, shipped_centers()["003"]) == zone


@pytest.mark.parametrize(("port", "is_there"), [("5101", True), ("5104", True), ("5301", False), (None, False)])
def test_usvi_ports_begin_with_51(port: str | None, *, is_there: bool) -> None:
    assert is_usvi(port) is is_there
