"""The sample site: every Center's mailbox as a Maildir, sample mail delivered to it, and what became of each sample."""

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from cee_mailbot import operations
from cee_mailbot.app import App
from cee_mailbot.domain.facts import ItemFacts, MessageFacts, ReplyFacts
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.domain.routing import shipped_centers
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import UserError
from cee_mailbot.questions import ItemQuery, MessageQuery, Questions, ReplyQuery
from cee_mailbot.resources import resource

CONFIG = "mailboxes.toml"
_MARK = "# The sample site of `cee-mailbot demo`."
_HEAD = """{mark} Nothing here sends or receives real mail.
# Drop .eml files into mail/<mailbox>/new and run:  cee-mailbot poll --config {config}

[storage]
database = {database}
blobs = {blobs}

[replies]
transport = "files"
dir = {replies}

[polling]
interval = "5s"

[log]
level = "warning"
"""
_MAILBOX = """
[[mailbox]]
name = {name}
address = {address}
team = {team}
source = "maildir"
path = {path}
activation = 2000-01-01T00:00:00Z
"""
_NO_SAMPLE = (b"@REPLY:", b"message/partial")
_IN_QUEUE = frozenset({MessageStatus.ENQUEUED, MessageStatus.ASSEMBLING})


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One sample message on its way into one mailbox: `uid` is the name of its file there."""

    name: str
    mailbox: str
    arrived: datetime
    poll: int
    uid: str
    raw: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """What became of a sample; `status` is None when it has not been taken in yet."""

    sample: str
    mailbox: str
    status: str | None = None
    tracking: str | None = None
    reply: str | None = None
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What the database says, ready to be asked for one message at a time."""

    messages: dict[tuple[str, str], list[MessageFacts]]
    replies: list[ReplyFacts]
    items: Mapping[str, ItemFacts]


# --- the samples ----------------------------------------------------------------------------------------------


def samples() -> tuple[Sample, ...]:
    """The cases that travel with the program, but for some.

    Left out are those that need a site of their own or an earlier reply, those that end amid a wait, since the demo
    goes on, and fragments, which are rejoined into a message that is none of the samples.
    """
    found = (one for page in sorted(resource("fixtures/eml").glob("*/expected.toml")) for one in _samples_of(page))
    return tuple(sorted(found, key=lambda one: (one.poll, one.arrived, one.uid)))


def _samples_of(page: Path) -> list[Sample]:
    told = tomllib.loads(page.read_text(encoding="utf-8"))
    files = {message["file"]: (page.parent / message["file"]).read_bytes() for message in told["message"]}
    rests = any(message.get("status") == "assembling" for message in told["message"])
    if "site" in told or rests or any(mark in raw for mark in _NO_SAMPLE for raw in files.values()):
        return []
    case = page.parent.name
    return [
        Sample(
            name=case if len(files) == 1 else f"{case}/{Path(message['file']).stem}",
            mailbox=message["mailbox"],
            arrived=message["arrived"],
            poll=message.get("poll", 1),
            uid=f"{message['arrived'].timestamp():.0f}.{case}_{number}.sample",
            raw=files[message["file"]],
        )
        for number, message in enumerate(told["message"], start=1)
    ]


# --- the site -------------------------------------------------------------------------------------------------


def prepare(folder: Path) -> Path:
    """The configuration of the sample site in `folder`, written when it is not there yet, and its Maildirs.

    Raises `UserError` when a site that is no sample lies there.
    """
    folder = folder.resolve()
    config = folder / CONFIG
    if config.exists() and not config.read_text(encoding="utf-8").startswith(_MARK):
        raise UserError(f"{config} is no sample site; name another folder with --dir")
    addresses = [(center.team, address) for center in shipped_centers().values() for address in center.mailboxes]
    for _, address in addresses:
        for name in ("tmp", "new", "cur"):
            (_maildir(folder, address) / name).mkdir(parents=True, exist_ok=True)
    if not config.exists():
        config.write_text("".join(_page(folder, config, sorted(addresses))), encoding="utf-8")
    return config


def _maildir(folder: Path, address: str) -> Path:
    return folder / "mail" / address.partition("@")[0]


def _page(folder: Path, config: Path, addresses: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The text of the configuration; a text of JSON is one of TOML too."""
    yield _HEAD.format(
        mark=_MARK,
        config=config,
        database=json.dumps(f"sqlite:///{folder / 'cee-mailbot.db'}"),
        blobs=json.dumps(str(folder / "blobs")),
        replies=json.dumps(str(folder / "replies")),
    )
    for team, address in addresses:
        path = _maildir(folder, address)
        values = {"name": path.name, "address": address, "team": team, "path": str(path)}
        yield _MAILBOX.format(**{key: json.dumps(value) for key, value in values.items()})


# --- the run --------------------------------------------------------------------------------------------------


def run_samples(app: App) -> tuple[int, int]:
    """Delivers the samples that are not there yet, in the order of their polls, and takes all in.

    How many were delivered, and the exit code of the worst poll.
    """
    paths = {one.name: one.path for one in app.config.mailboxes if one.path is not None}
    delivered = code = 0
    for _, wave in groupby(samples(), key=lambda one: one.poll):
        delivered += sum(_deliver(one, paths[one.mailbox]) for one in wave if one.mailbox in paths)
        code = max(code, *(result.exit_code for result in operations.poll(app)))
        operations.chase_sets(app)
        operations.send(app)
    return delivered, code


def _deliver(sample: Sample, maildir: Path) -> bool:
    """Puts a sample into its Maildir as of its time of arrival; whether it was not there yet."""
    if any(_lie(maildir, sample.uid)):
        return False
    being_written = maildir / "tmp" / sample.uid
    being_written.write_bytes(sample.raw)
    os.utime(being_written, (sample.arrived.timestamp(), sample.arrived.timestamp()))
    being_written.rename(maildir / "new" / sample.uid)
    return True


def _lie(maildir: Path, uid: str) -> Iterator[Path]:
    for folder in ("new", "cur", ".Processed/cur", ".Processed/new"):
        yield from (maildir / folder).glob(f"{uid}*")


def what_became(app: App) -> tuple[Ended, ...]:
    """What became of every sample, in the order of their names."""
    with app.store.read() as ask:
        known = _known(ask)
    return tuple(sorted((_ended(one, known) for one in samples()), key=lambda one: (one.sample, one.mailbox)))


def _known(ask: Questions) -> _Known:
    messages: dict[tuple[str, str], list[MessageFacts]] = {}
    for message in ask.messages(MessageQuery()):
        messages.setdefault((message.mailbox, message.sha256), []).append(message)
    return _Known(
        messages=messages,
        replies=list(ask.replies(ReplyQuery())),
        items={item.tracking: item for item in ask.items(ItemQuery())},
    )


def _ended(sample: Sample, known: _Known) -> Ended:
    """What became of one sample; its row and its reply are no other sample's, and so are taken away."""
    rows = known.messages.get((sample.mailbox, sha256(sample.raw).hexdigest()))
    if not rows:
        return Ended(sample=sample.name, mailbox=sample.mailbox)
    row = rows.pop(0)
    item = known.items.get(row.tracking or "") if row.status in _IN_QUEUE else None
    return Ended(
        sample=sample.name,
        mailbox=sample.mailbox,
        status=row.status,
        tracking=row.tracking,
        reply=_reply_to(row, known.replies),
        reasons=row.reasons,
        flags=item.flags if item else (),
    )


def _reply_to(row: MessageFacts, replies: list[ReplyFacts]) -> str | None:
    """The kind of the reply that a message drew, and its state where it did not leave."""
    for reply in replies:
        if row.tracking and (reply.tracking, reply.in_reply_to) == (row.tracking, row.message_id):
            replies.remove(reply)
            return reply.kind if reply.state == ReplyState.SENT else f"{reply.kind} ({reply.state})"
    return None
