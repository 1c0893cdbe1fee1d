"""Runs one named case of `fixtures/eml` through the whole program and tells what came of it.

A case is a folder with its messages (`1.eml`, `2.eml`, ...) and `expected.toml`. What is delivered stands in that
file beside what is expected, so that one page tells the whole story. `@REPLY:1:message-id@` and
`@REPLY:1:tracking@` in a message are filled in at its delivery from the first reply that the case has drawn so far.
`closed` names the items that staff close, and after which poll.
"""

import atexit
import os
import re
import sqlite3
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any

import tomlkit

from cee_mailbot import app as program
from cee_mailbot import operations
from cee_mailbot.config import load_config
from cee_mailbot.desk import close
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.routing import shipped_centers
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.questions import ItemQuery, MessageQuery, Questions, ReplyQuery
from cee_mailbot.sandbox import ChildReader
from tests.support.new_database import new_database

FIXTURES = Path(__file__).parents[2] / "fixtures" / "eml"
ACTIVATION = datetime.fromisoformat("2000-01-01T00:00:00Z")
WHAT_IS_WRITTEN = (
    "message",
    "submission",
    "document",
    "paper",
    "page",
    "body",
    "flag",
    "reply",
    "attempt",
    "serial",
    "history",
)

_PLACEHOLDER = re.compile(rb"@REPLY:([0-9]+):(message-id|tracking)@")
_GIVEN = ("file", "mailbox", "arrived", "poll")
_SUBJECT = ("canonical", "code", "account", "entry_number", "port", "part", "parts", "repairs", "flags")
_PRESENTATION = ("zone", "basis", "strength", "disputed")
_DOCUMENT = ("name", "bytes", "sha256", "status", "type", "form", "entry_numbers")
_ITEM = (
    "tracking", "team", "state", "code", "account", "entry_number", "port", "presented_at", "presented_local", "zone",
    "received_at", "basis", "strength", "flags", "documents", "parts_received", "parts_expected", "missing", "sender",
    "due", "linked",
)  # fmt: skip
_REPLY = ("kind", "to", "subject", "state", "reasons", "tracking")

Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One message that arrives in one mailbox: when, and which poll is to find it."""

    number: int
    file: str
    mailbox: str
    arrived: datetime
    poll: int

    @property
    def name(self) -> str:
        """The name of its file in the Maildir."""
        return f"{self.number:03}-{self.file}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A case as it is written: what it shows, how the site is set, what is delivered, and what is expected."""

    folder: Path
    about: str
    site: Mapping[str, Any]
    now: tuple[datetime, ...]
    deliveries: tuple[Delivery, ...]
    closed: tuple[Mapping[str, Any], ...]
    expected: Mapping[str, list[Facts]]

    @property
    def name(self) -> str:
        """What is odd about it."""
        return self.folder.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """What came of a case: its facts in the form of `expected.toml`, every reply, and whether all came to rest.

    `written` is everything in the database after the last poll, `written_again` after one poll more.
    `unsettled` are the files that did not leave `new` and `cur`.
    """

    facts: Mapping[str, list[Facts]]
    letters: tuple[EmailMessage, ...]
    written: Facts
    written_again: Facts
    unsettled: tuple[str, ...]


def cases() -> list[Path]:
    """The folders of all cases."""
    return sorted(path.parent for path in FIXTURES.glob("*/expected.toml"))


def read_case(folder: Path) -> Case:
    """The case that lies in a folder."""
    written = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    deliveries = tuple(
        Delivery(number=number, **{name: message.get(name, 1) for name in _GIVEN})
        for number, message in enumerate(written["message"], start=1)
    )
    return Case(
        folder=folder,
        about=written["about"],
        site=written.get("site", {}),
        now=tuple(written.get("now", ())) or _usual_clock(deliveries),
        deliveries=deliveries,
        closed=tuple(written.get("closed", ())),
        expected={kind: written.get(kind, []) for kind in ("message", "item", "reply")},
    )


def _usual_clock(deliveries: tuple[Delivery, ...]) -> tuple[datetime, ...]:
    """Each poll begins a minute after the last message that it is to find."""
    polls = range(1, 1 + max(one.poll for one in deliveries))
    return tuple(max(one.arrived for one in deliveries if one.poll <= poll) + timedelta(minutes=1) for poll in polls)


# --- the program on the case ----------------------------------------------------------------------------------


@cache
def shared_reader() -> ChildReader:
    """The one pool of reading children of this process, used again from case to case as the daemon does."""
    reader = ChildReader()
    atexit.register(reader.close)
    return reader


def run_case(case: Case, at: Path) -> Observed:
    """Runs the program on a case, its configuration, mail and database being in the folder `at`."""
    config = load_config(write_configuration(case, at), {})
    (at / "mailbot.db").write_bytes(new_database())
    sent: dict[int, bytes] = {}
    for poll, now in enumerate(case.now, start=1):
        with program.opened(config, now=now, reader=shared_reader()) as app:
            with app.store.read() as ask:
                replies = [to_json(one) for one in ask.replies(ReplyQuery())]
            sent |= {one.number: _deliver(case, one, at, replies) for one in case.deliveries if one.poll == poll}
            _pass(app, case)
            for one in case.closed:
                if one["poll"] == poll:
                    close(app.intake, one["item"], Closing.DONE, actor="kim")
    written = _everything_written(at)
    with program.opened(config, now=case.now[-1], reader=shared_reader()) as app:
        _pass(app, case)
        with app.store.read() as ask:
            facts = _facts(case, app, ask, sent, at)
            raws = [ask.reply(reply.id)[1] for reply in ask.replies(ReplyQuery())]
    return Observed(
        facts=facts,
        letters=tuple(_letter(raw) for raw in raws),
        written=written,
        written_again=_everything_written(at),
        unsettled=tuple(path.name for name in ("new", "cur") for path in at.glob(f"mail/*/{name}/*")),
    )


def _pass(app: program.App, case: Case) -> None:
    """One pass over the mailboxes that the case has mail for, in the order of the configuration."""
    names = {one.mailbox for one in case.deliveries}
    failed = [result.error for result in operations.poll(app, sorted(names)) if result.error]
    assert not failed, failed
    operations.chase_sets(app)
    operations.send(app)
    operations.read(app)


def write_configuration(case: Case, at: Path) -> Path:
    """The configuration of the site of a case, with a Maildir for every mailbox of the directory."""
    addresses = [(center.team, address) for center in shipped_centers().values() for address in center.mailboxes]
    mailboxes = []
    for team, address in sorted(addresses):
        name = address.partition("@")[0]
        path = at / "mail" / name
        for folder in ("tmp", "new", "cur"):
            (path / folder).mkdir(parents=True, exist_ok=True)
        table = {"name": name, "address": address, "team": team, "source": "maildir", "path": str(path)}
        mailboxes.append(table | {"activation": ACTIVATION} | case.site.get("mailbox", {}).get(name, {}))
    tables = {
        "storage": {"database": f"sqlite:///{at / 'mailbot.db'}", "blobs": str(at / "blobs")},
        "replies": {"transport": "files", "dir": str(at / "replies"), **case.site.get("replies", {})},
        "policy": case.site.get("policy", {}),
        "mailbox": mailboxes,
        "directories": _write_directories(case, at),
    }
    path = at / "mailboxes.toml"
    path.write_text(tomlkit.dumps(tables), encoding="utf-8")
    return path


def _write_directories(case: Case, at: Path) -> dict[str, str]:
    """The directories of the site: in `[site.directories]` each is written as the lines of its CSV file."""
    written = {}
    for name, lines in case.site.get("directories", {}).items():
        path = at / f"{name}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        written[name] = str(path)
    return written


def _deliver(case: Case, one: Delivery, at: Path, replies: list[Facts]) -> bytes:
    """Puts a message into its Maildir; the bytes as they were delivered."""

    def fill_in(found: re.Match[bytes]) -> bytes:
        reply = replies[int(found[1]) - 1]
        return str(reply[found[2].decode().replace("-", "_")]).encode()

    raw = _PLACEHOLDER.sub(fill_in, (case.folder / one.file).read_bytes())
    path = at / "mail" / one.mailbox / "new" / one.name
    path.write_bytes(raw)
    os.utime(path, (one.arrived.timestamp(), one.arrived.timestamp()))
    return raw


def _everything_written(at: Path) -> Facts:
    with sqlite3.connect(at / "mailbot.db") as database:
        tables = {name: database.execute(f"select * from {name}").fetchall() for name in WHAT_IS_WRITTEN}  # noqa: S608
    database.close()
    return tables


# --- what came of it ------------------------------------------------------------------------------------------


def _facts(case: Case, app: program.App, ask: Questions, sent: Mapping[int, bytes], at: Path) -> dict[str, list[Facts]]:
    rows = _rows_of(case, at)
    files = {row: one.file for row, one in zip(rows, case.deliveries, strict=True)}
    known = {message.id: to_json(message) for message in ask.messages(MessageQuery())}
    replies = [(to_json(one), _letter(ask.reply(one.id)[1])) for one in ask.replies(ReplyQuery())]
    return {
        "message": [
            _message(one, known[row], _inspected(app, one, sent[one.number]))
            for one, row in zip(case.deliveries, rows, strict=True)
        ],
        "item": [
            _chosen(line := to_json(item), _ITEM) | {"messages": [files[row] for row in line["messages"]]}
            for item in ask.items(ItemQuery(sort="tracking"))
        ],
        "reply": [_chosen(reply, _REPLY) | {"says": text_of(letter)} for reply, letter in replies],
    }


def _rows_of(case: Case, at: Path) -> list[int]:
    """The row ids of the deliveries of a case."""
    with sqlite3.connect(at / "mailbot.db") as database:
        known = {
            (box, uid.partition(":")[0]): row
            for row, box, uid in database.execute("select id, mailbox, uid from message")
        }
    database.close()
    return [known[one.mailbox, one.name] for one in case.deliveries]


def _inspected(app: program.App, one: Delivery, raw: bytes) -> Facts | None:
    """What `inspect` says of the message: the same reading, with nothing known of other messages."""
    try:
        return operations.inspect_message(
            app.config, raw, arrived_at=one.arrived, mailbox=one.mailbox, reader=app.reader
        )
    except NotAllowedError:
        return None


def _message(one: Delivery, row: Facts, seen: Facts | None) -> Facts:
    """What became of a message and, unless it is beyond safe reading, how it was read."""
    became = {"status": row["status"], "reasons": row["reasons"], "tracking": row["tracking"] is not None}
    return {name: getattr(one, name) for name in _GIVEN} | became | (_reading(seen) if seen else {})


def _reading(seen: Facts) -> Facts:
    subject, shown = seen["subject"], seen["presentation"]
    return {
        "flags": seen["decision"]["flags"],
        "subject": _chosen(subject, _SUBJECT) | {"problems": [problem["code"] for problem in subject["problems"]]},
        "presentation": {"utc": shown["utc"], "local": shown["local"]} | _chosen(shown, _PRESENTATION),
        "answerable": seen["answerable"],
        "documents": [_document(document) for document in seen["documents"]],
    }


def _document(document: Facts) -> Facts:
    """A document; its path where that says more than its name."""
    path = document["path"] if document["path"] != document["name"] else None
    told = {name: value for name, value in _chosen(document, _DOCUMENT).items() if value}
    return told | ({"path": path} if path else {})


def _chosen(facts: Mapping[str, Any], names: tuple[str, ...]) -> Facts:
    return {name: facts[name] for name in names}


def _letter(raw: bytes) -> EmailMessage:
    letter = message_from_bytes(raw, policy=default)
    assert isinstance(letter, EmailMessage)
    return letter


def text_of(letter: EmailMessage) -> str:
    """The text part of a reply, its lines joined: where a line ends says nothing."""
    body = letter.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())
