"""The directories in the whole program: read at the start, told by `check`, acted upon by the line."""

from dataclasses import replace
from pathlib import Path

import pytest

from cee_mailbot.app import directories_of
from cee_mailbot.cli import main
from cee_mailbot.config import load_config
from cee_mailbot.domain.directory import Account, Directory, Filer
from tests.support.mails import PDF, mail
from tests.support.workshop import CHEMICALS, ELECTRONICS, Workshop, check_invariants
from tests.support.written_site import write_site

FOREIGN = "DR,SyngentaCr,345-67890123,2704"
DIRECTORY = Directory(
    accounts=(
        Account(name="Nokia Inc", short="NokiaInc", team="007"),
        Account(name="Syngenta Crop Protection", short="SyngentaCr", team="001"),
    ),
    filers=(Filer(code="345", name="A filer", domains=frozenset({"filer.example"})),),
)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    shop = Workshop(tmp_path)
    shop.site = replace(shop.site, directory=DIRECTORY)
    shop.intake = replace(shop.intake, site=shop.site)
    return shop


def says(workshop: Workshop, number: int = 0) -> str:
    with workshop.store.read() as ask:
        return ask.reply(workshop.replies()[number].id)[1].decode()


def test_an_account_of_another_center_is_queued_there_with_its_time_and_one_reply(workshop: Workshop) -> None:
    workshop.receive(mail(subject=FOREIGN))
    (item,) = workshop.items()
    assert (item.team, item.flags, item.tracking[:8]) == ("001", ("transferred",), "CEE-001-")
    assert item.presented_at.isoformat() == "2026-03-02T14:59:30+00:00"
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]
    text = " ".join(says(workshop).split())
    assert 'From: "Electronics Center" <CEE-Electronics@cbp.dhs.gov>' in text
    assert "We passed the documents to it, with the time unchanged." in text
    check_invariants(workshop)


def test_what_follows_a_passed_submission_joins_it_and_is_not_passed_again(workshop: Workshop) -> None:
    workshop.receive(mail(subject=FOREIGN))
    workshop.receive(mail(subject=FOREIGN, message_id="<2@filer.example>", documents=[PDF + b"more"]))
    (item,) = workshop.items()
    assert (item.team, item.documents) == ("001", 2)
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement", "supplement"]


@pytest.mark.parametrize("first", [ELECTRONICS, CHEMICALS], ids=lambda mailbox: mailbox.name)
def test_of_two_centers_the_accounts_own_has_it_whichever_is_polled_first(workshop: Workshop, first: object) -> None:
    raw = mail(subject=FOREIGN, to=f"{ELECTRONICS.address}, {CHEMICALS.address}")
    for box in sorted((ELECTRONICS, CHEMICALS), key=lambda one: one is not first):
        workshop.receive(raw, mailbox=box)
    (item,) = workshop.items()
    assert (item.team, item.flags) == ("001", ())
    assert "<CEE-Chemicals@cbp.dhs.gov>" in says(workshop)


def test_a_strange_sender_and_a_strange_account_are_flagged_and_acknowledged(workshop: Workshop) -> None:
    workshop.receive(mail(subject="DR,Unlisted,345-67890123,2704", sender="x@stranger.example"))
    (item,) = workshop.items()
    assert (item.team, item.flags) == ("007", ("account-unknown", "sender-unrecognised"))
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


def configured(at: Path, accounts: str) -> Path:
    (at / "accounts.csv").write_text(accounts, encoding="utf-8")
    return write_site(at, f'[directories]\naccounts = "{at}/accounts.csv"')


def test_check_names_every_wrong_row_and_says_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, "account,team\nNokia Inc,007\nSyngenta,099\n")
    assert main(["--config", str(path), "check"]) != 0
    told = capsys.readouterr()
    assert "accounts.csv:3: team:" in " ".join((told.out + told.err).split()).replace(" :", ":")


def test_polling_goes_on_with_the_good_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, "account,team\nNokia Inc,007\nSyngenta,099\n")
    assert main(["--config", str(path), "poll"]) == 0
    assert 'accounts.csv:3: team: "099" is not a known team' in capsys.readouterr().err
    read = directories_of(load_config(path, {}))
    assert [account.name for account in read.directory.accounts or ()] == ["Nokia Inc"]


def test_the_environment_names_a_directory_too(tmp_path: Path) -> None:
    path = configured(tmp_path, "account,team\n")
    config = load_config(path, {"CEE_MAILBOT__DIRECTORIES__FILERS": "filers.csv"})
    assert config.directories.filers == Path("filers.csv")


def test_inspect_names_every_rule_that_spoke_with_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, "account,team\nSyngenta Crop Protection,001\n")
    message = tmp_path / "one.eml"
    message.write_bytes(mail(subject=FOREIGN + " (1 of 2)"))
    assert main(["--config", str(path), "inspect", str(message)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "part 1 of 2",
        "flag transferred:",
        "silent: duplicate, malware, never-a-submission,",
        "Pharmaceuticals, Health & Chemicals Center (team 001) (assemble, assembling)",
        "its account belongs there, another Center was written to; the time is unchanged",
        "gets one acknowledgement, when the set is whole or its time is up",
    ):
        assert words in told, words
