"""The account and filer directories: good rows are used, wrong rows are named, and who owns what follows."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.directories import read_directories
from cee_mailbot.domain.directory import (
    NO_DIRECTORY,
    Account,
    Directory,
    Filer,
    ownership,
    short_name,
)
from cee_mailbot.domain.routing import Mailbox, shipped_centers
from tests.support.workshop import CHEMICALS, ELECTRONICS, MAILBOXES, PROGRAM

BROKEN = Path(__file__).parents[2] / "fixtures" / "directories"
TEAMS = sorted(shipped_centers())
NOKIA = Account(name="Nokia Inc", short="NokiaInc", team="007", joined=date(2020, 1, 1))
SYNGENTA = Account(name="Syngenta Crop Protection", short="SyngentaCr", team="001")


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.csv")), ids=lambda path: path.stem)
def test_every_wrong_row_is_named_with_what_to_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`FILE:ROW: column: what is wrong; what to do`, as the page beside the file says."""
    monkeypatch.chdir(BROKEN)
    named = Path(path.name)
    accounts, filers = (named, None) if named.name.startswith("accounts") else (None, named)
    read = read_directories(accounts, filers, teams=TEAMS)
    assert list(read.faults) == path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()


def test_good_rows_are_used_though_others_are_wrong() -> None:
    read = read_directories(BROKEN / "accounts-with-faults.csv", BROKEN / "filers-with-faults.csv", teams=TEAMS)
    accounts, filers = read.directory.accounts or (), read.directory.filers or ()
    assert [(one.short, one.team) for one in accounts] == [("NokiaInc", "007"), ("Eurocopter", "003")]
    assert accounts[0].joined == date(2020, 1, 1)
    assert [one.code for one in filers] == ["B7Q", "348"]
    assert filers[0].domains == {"meridian-brokers.example", "meridian.example"}


def test_a_directory_that_can_not_be_read_is_one_fault_and_asked_nothing(tmp_path: Path) -> None:
    read = read_directories(tmp_path / "none.csv", None, teams=TEAMS)
    assert len(read.faults) == 1
    assert "can't be read" in read.faults[0]
    assert read.directory == NO_DIRECTORY


def test_rows_may_come_with_a_byte_order_mark_blank_lines_and_line_ends_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(b'\xef\xbb\xbfTeam,Account\r\n\r\n7,"Nokia\r\nInc"\r\n099,Bad\r\n')
    read = read_directories(path, None, teams=TEAMS)
    assert [one.short for one in read.directory.accounts or ()] == ["NokiaInc"]
    assert [fault.split(": ")[0] for fault in read.faults] == [f"{path}:5"]


@pytest.mark.parametrize(
    ("written", "team"),
    [
        ("NokiaInc", "007"),
        ("nokiainc", "007"),
        ("Nokia Inc", "007"),
        ("AmericanEu", None),
        ("Nobody", None),
        (None, None),
    ],
)
def test_an_account_counts_only_when_exactly_one_fits(written: str | None, team: str | None) -> None:
    both = [
        Account(name=name, short=short_name(name), team="003") for name in ("American Eurocopter", "American European")
    ]
    found = Directory(accounts=(NOKIA, *both)).account(written)
    assert (found.team if found else None) == team


@pytest.mark.parametrize(
    ("address", "code", "is_known"),
    [
        ("Dana@FILER.example", "345", True),
        ("agent@gmail.com", "345", True),
        ("other@gmail.com", "345", False),
        ("dana@filer.example", "346", False),
        ("dana@sub.filer.example", "345", False),
    ],
)
def test_a_sender_is_known_by_domain_or_address_for_its_filer_code(address: str, code: str, *, is_known: bool) -> None:
    filer = Filer(code="345", name="", domains=frozenset({"filer.example"}), addresses=frozenset({"agent@gmail.com"}))
    assert Directory(filers=(filer,)).knows_sender(address, code) is is_known


@pytest.mark.parametrize(
    ("recipients", "arrived_in", "account", "expected"),
    [
        ([ELECTRONICS.address], ELECTRONICS, NOKIA, ("electronics", "007", False)),
        ([ELECTRONICS.address], ELECTRONICS, SYNGENTA, ("electronics", "001", True)),
        ([ELECTRONICS.address, CHEMICALS.address], ELECTRONICS, SYNGENTA, ("chemicals", "001", False)),
        ([], ELECTRONICS, SYNGENTA, ("electronics", "001", True)),
        ([PROGRAM.address], PROGRAM, SYNGENTA, ("program", "000", False)),
        ([ELECTRONICS.address, CHEMICALS.address], CHEMICALS, None, ("electronics", "007", False)),
    ],
    ids=["its-own", "passed-on", "its-own-of-two", "blind-copy", "program-office", "no-account"],
)
def test_the_accounts_center_owns_a_message(
    recipients: Sequence[str], arrived_in: Mailbox, account: Account | None, expected: tuple[str, str, bool]
) -> None:
    owned = ownership(recipients, arrived_in, MAILBOXES, account)
    assert (owned.mailbox.name, owned.team, owned.transferred) == expected


@given(
    st.lists(st.sampled_from([one.address for one in MAILBOXES[:2]]), min_size=1),
    st.sampled_from([NOKIA, SYNGENTA, None]),
)
def test_named_mailboxes_have_one_owner_whichever_is_polled_first(
    recipients: list[str], account: Account | None
) -> None:
    assert len({ownership(recipients, box, MAILBOXES, account) for box in (ELECTRONICS, CHEMICALS)}) == 1
