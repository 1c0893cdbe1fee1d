"""The acts of the desk by the command line, on a small site of Maildirs."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.cli import build_parser, main
from tests.support.mails import EXACT, PDF, mail
from tests.support.written_site import write_site

CONTRACT = (
    "list",
    "show",
    "claim",
    "unclaim",
    "enqueue",
    "note",
    "wait",
    "close",
    "reopen",
    "return",
    "transfer",
    "move",
    "split",
    "join",
    "set-presentation",
    "export",
)

Run = Callable[..., Any]


class Site:
    """One mailbox in a folder, and the program called as people call it."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capfd = folder, capfd
        with write_site(folder, '[log]\nlevel = "error"').open("a") as config:
            config.write("activation = 2000-01-01T00:00:00Z\n")

    def run(self, *words: str, expect: int = 0) -> str:
        """What a command prints; on standard error when it is to fail."""
        self._capfd.readouterr()
        code = main(["--config", str(self.folder / "mailboxes.toml"), "--as", "kim", *words])
        out, error = self._capfd.readouterr()
        assert code == expect, (out, error)
        return error or out

    def answer(self, *words: str, expect: int = 0) -> str:
        """What a command prints on standard output, however it ends."""
        self._capfd.readouterr()
        assert main(["--config", str(self.folder / "mailboxes.toml"), *words]) == expect
        return self._capfd.readouterr().out

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def receive(self, *raws: bytes) -> None:
        for raw in raws:
            path = self.folder / f"{len(list(self.folder.glob('*.eml')))}.eml"
            path.write_bytes(raw)
            self.run("ingest", str(path), "--mailbox", "electronics", "--arrived", "2026-03-02T15:00:00Z")

    def tracking(self) -> str:
        return str(self.json("queue", "list")[0]["tracking"])


@pytest.fixture
def site(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Site:
    return Site(tmp_path, capfd)


def second() -> bytes:
    return mail(message_id="<2@filer.example>", documents=[PDF + b"2"], body="More.")


def test_every_act_of_the_contract_is_there() -> None:
    parser = build_parser("queue")
    [commands] = [one for one in parser._actions if hasattr(one, "choices") and one.dest == "command"]
    [acts] = [one for one in commands.choices["queue"]._actions if one.metavar == "ACT"]  # type: ignore[index, call-overload]
    assert {*CONTRACT, "undo"} <= set(acts.choices)


def test_a_macro_is_used_and_taken_back_by_command(site: Site) -> None:
    site.receive(mail())
    number = site.tracking()
    assert "  version 1 (words " in site.run("queue", "texts")
    listed = {one["name"]: one for one in site.json("queue", "texts")}
    assert listed["page-missing"]["fields"] == ["what is missing"]
    use = ("queue", "reply", number, "--macro", "page-missing")
    assert "not filled in: what is missing" in site.run(*use, expect=2)
    assert "names no words" in site.run(*use, "--field", "what is missing", expect=2)
    told = site.run(*use, "--field", "what is missing=page 2")
    assert re.match(rf"{number} is waiting, claimed by kim; team 007\nreply 2 \(staff\) is ", told)
    assert site.json("queue", "undo", number)["state"] == "new"
    assert site.json("queue", "reply", number, "Which page?")["state"] == "new"
    (site.folder / "words").mkdir()
    (site.folder / "words" / "texts.toml").write_text('[mine]\ntitle = "Mine"\n', encoding="utf-8")
    config = site.folder / "mailboxes.toml"
    named = f'[replies]\ntemplates = "{site.folder / "words"}"'
    config.write_text(config.read_text().replace("[replies]", named, 1), encoding="utf-8")
    assert "[mine] text is missing; write text =" in site.answer("check", expect=1)


def test_an_item_is_worked_through(site: Site) -> None:
    """Each act prints the item as it stands afterwards."""
    site.receive(mail(), second())
    number = site.tracking()
    assert site.json("queue", "claim", number)["assignee"] == "kim"
    assert site.json("queue", "wait", number, "--until", "2999-01-01T00:00:00Z")["state"] == "waiting"
    assert site.json("queue", "unclaim", number)["state"] == "new"
    site.run("queue", "note", number, "=call them")
    told = site.run("queue", "close", number, "--outcome", "done", "--reason", "reviewed")
    assert re.fullmatch(rf"{number} is closed, outcome done; team 007\n", told)
    assert site.json("queue", "reopen", number)["outcome"] is None
    assert site.json("queue", "undo", number)["outcome"] == "done"
    shown = site.json("queue", "show", number)
    assert [(one["actor"], one["text"]) for one in shown["notes"]] == [("kim", "=call them")]
    assert [one["event"] for one in shown["history"] if one["actor"] == "kim"] == [
        "claimed",
        "waiting",
        "unclaimed",
        "noted",
        "closed",
        "reopened",
        "undone",
    ]


def test_items_are_tagged_found_and_exported_by_their_tags(site: Site) -> None:
    site.receive(mail())
    number = site.tracking()
    assert site.json("queue", "list", "--tag", "fta-claim") == []
    assert site.run("queue", "tag", number, "FTA-Claim") == f"{number} is new, tags fta-claim; team 007\n"
    (row,) = csv.DictReader(io.StringIO(site.run("queue", "export", "--tag", "FTA-claim"), newline=""))
    assert [*row.items()][-1] == ("tags", "fta-claim")
    assert "such as fta-claim" in site.run("queue", "list", "--tag", "fta claim", expect=2)
    assert site.json("queue", "untag", number, "fta-claim")["tags"] == []


def test_a_refused_act_is_one_line_that_says_what_is_allowed_and_exits_with_1(site: Site) -> None:
    site.receive(mail())
    error = site.run("queue", "reopen", site.tracking(), expect=1)
    assert error.count("\n") == 1
    assert "does not allow reopen; allowed are: claim" in error
    assert "no item" in site.run("queue", "claim", "CEE-007-26-000099-X", expect=1)


def test_what_was_handed_on_is_a_link_and_no_item_of_the_team_that_had_it(site: Site) -> None:
    site.receive(mail())
    number = site.tracking()
    site.run("queue", "transfer", number, "--team", "009", "--reason", "Textiles.")
    assert site.json("queue", "list", "--team", "007") == []
    (link,) = site.json("queue", "elsewhere", "--team", "007")
    assert set(link) == {
        *("tracking", "team", "state", "code", "entry_number"),
        *("presented_at", "presented_local", "zone", "received_at"),
    }
    assert (link["tracking"], link["team"]) == (number, "009")
    told = site.run("queue", "list", "--team", "007")
    assert "Also in the mailboxes of team 007, worked by another Center:" in told
    assert number in told
    assert number not in site.run("queue", "list", "--team", "007", "--text", "papers")
    assert number in site.run("queue", "elsewhere", "--team", "007", "--code", "DR", "--limit", "1")
    assert "did you mean 007" in site.run("queue", "elsewhere", "--team", "07", expect=2)


def test_a_transfer_and_a_return_tell_the_broker(site: Site) -> None:
    site.receive(mail())
    number = site.tracking()
    before = site.json("queue", "show", number)
    told = site.run("queue", "transfer", number, "--team", "009", "--reason", "Textiles.")
    assert "team 009" in told
    assert re.search(r"reply \d+ \(transfer\) is queued", told)
    after = site.json("queue", "return", number, "--reason", "Page 2 is missing.")
    names = ("presented_at", "presented_local", "zone", "received_at", "basis", "strength")
    assert [after[name] for name in names] == [before[name] for name in names]
    kinds = [one["kind"] for one in site.json("replies", "list")]
    assert kinds == ["acknowledgement", "transfer", "return"]
    assert site.json("replies", "cancel", "2")["state"] == "cancelled"


def test_a_port_gets_what_stays_with_the_port(site: Site) -> None:
    site.receive(mail())
    item = site.json("queue", "transfer", site.tracking(), "--port", "--reason", "Quota.")
    assert (item["state"], item["outcome"]) == ("closed", "transferred")


def test_messages_are_regrouped(site: Site) -> None:
    site.receive(mail(), second())
    number = site.tracking()
    made = site.json("queue", "split", number, "--message", "2")
    assert made["messages"] == [2]
    assert site.json("queue", "join", number, "--with", made["tracking"])["messages"] == [1, 2]
    site.run("queue", "undo", number)
    error = site.run("queue", "move", number, "--message", "1", "--to", made["tracking"], expect=1)
    assert "join the two" in error


def test_another_presentation_time_needs_its_offset(site: Site) -> None:
    site.receive(mail())
    number = site.tracking()
    words = ("queue", "set-presentation", number, "--reason", "fax")
    assert "has no offset" in site.run(*words, "--at", "2026-03-01T12:00:00", expect=2)
    item = site.json(*words, "--at", "2026-03-01T12:00:00-05:00")
    assert (item["presented_at"], item["basis"]) == ("2026-03-01T17:00:00+00:00", "staff")


def test_a_set_is_enqueued_as_it_is(site: Site) -> None:
    site.receive(mail(subject=f"{EXACT} (1 of 2)"))
    item = site.json("queue", "enqueue", site.tracking())
    assert (item["state"], item["flags"]) == ("new", ["parts-missing"])


def test_the_export_holds_what_the_filter_lets_through(site: Site) -> None:
    site.receive(mail(), mail(subject="DR,=cmd,345-67890990,2704", message_id="<9@filer.example>", body="x"))
    text = site.run("queue", "export", "--entry", "345-67890990")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["entry_number"], row["account"]) for row in rows] == [("345-67890990", "'=cmd")]
    assert len(site.json("queue", "export")) == 2


def test_a_replay_is_carried_out_by_a_release_or_says_why_not(site: Site) -> None:
    site.receive(mail(), mail(subject="bad"))
    assert site.json("messages", "replay", "1")["differences"] == []
    assert "what was decided stands" in site.run("messages", "replay", "1", "--apply", expect=1)
    assert "would not enqueue it either" in site.run("messages", "replay", "2", "--apply", expect=1)
    config = site.folder / "mailboxes.toml"
    site.receive(mail(subject="DR,NokiaInc,345-67890990,2704", documents=(), message_id="<7@filer.example>"))
    config.write_text(config.read_text() + "\n[policy]\ndocuments_required = []\n")
    found = site.json("messages", "replay", "3", "--apply")
    assert found["applied"]
    assert found["recorded"]["outcome"] == "rejected"
    assert site.json("messages", "show", "3")["status"] != "rejected"


def test_a_message_sent_blind_to_several_mailboxes_is_the_lowest_teams(site: Site) -> None:
    """Where its deliveries are there before the pass: in whatever order the configuration names the mailboxes."""
    second = (site.folder / "mailboxes.toml").read_text().partition("[[mailbox]]")[2]
    for old, new in (("electronics", "chemicals"), ("Electronics", "Chemicals"), ("007", "001"), ("/mail", "/other")):
        second = second.replace(old, new)
    with (site.folder / "mailboxes.toml").open("a") as config:
        config.write(f"[[mailbox]]{second}")
    for name in ("cur", "new", "tmp"):
        (site.folder / "other" / name).mkdir(parents=True)
    for box in ("mail", "other"):
        (site.folder / box / "new" / "blind").write_bytes(mail(to="undisclosed-recipients:;"))
    site.run("poll")
    [item] = site.json("queue", "list")
    assert (item["team"], len(item["messages"])) == ("001", 2)
