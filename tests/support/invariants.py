"""What must be true of a site whatever happened to it, asked of its database and its files themselves."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, create_engine, select

from cee_mailbot.store.history import FIRST, line_digest
from cee_mailbot.store.tables import HistoryRow
from tests.support.bot import Bot
from tests.support.broker_mail import Delivery

Row = tuple[Any, ...]


def rows(bot: Bot, query: str) -> list[Row]:
    """The answer of the database; nothing where there is none yet."""
    if not bot.database.exists():
        return []
    with closing(sqlite3.connect(bot.database, timeout=60)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = 'history'").fetchone():
            return []
        return connection.execute(query).fetchall()


def check_nothing_lost(bot: Bot, sent: Sequence[Delivery], in_folder: Sequence[bytes]) -> None:
    """I1 and I2: every message lies in its folder still or is durable with a row; every blob is what its name says."""
    known = {digest for (digest,) in rows(bot, "select sha256 from message")}
    stored = set(intact_blobs(bot))
    assert known <= stored
    left = Counter(sha256(raw).hexdigest() for raw in in_folder)
    for one in sent:
        digest = sha256(one.raw).hexdigest()
        assert left[digest] or digest in known & stored, one.name


def intact_blobs(bot: Bot) -> Iterator[str]:
    """The digest of every blob, each held against its bytes; what is in `tmp` is no blob."""
    for path in bot.blobs.glob("??/??/*"):
        assert sha256(path.read_bytes()).hexdigest() == path.name
        yield path.name


def check_all_done(bot: Bot, sent: Sequence[Delivery]) -> None:
    """I3, I4, I6: one row, one item, one reply for each message that is to have one, and nothing on the way."""
    columns = "select sha256, status, presented_at, settled_at from message order by id"
    found = {digest: (status, presented, settled) for digest, status, presented, settled in rows(bot, columns)}
    assert len(found) == len(rows(bot, columns)) == len(sent)
    for one in sent:
        status, presented, settled = found[sha256(one.raw).hexdigest()]
        assert (status, settled is not None) == (one.status, True), one.name
        if one.item and one.presented:
            assert presented.startswith(one.presented.strftime("%Y-%m-%d %H:%M:%S")), one.name
    items = rows(bot, "select tracking from submission")
    assert len(set(items)) == len(items) == sum(one.item for one in sent)
    replies = rows(bot, "select event, kind, state from reply")
    assert sorted(kind for _, kind, _ in replies) == sorted(one.reply for one in sent if one.reply)
    assert {state for _, _, state in replies} == {"sent"}


def check_copies(bot: Bot, taken: Sequence[str]) -> None:
    """I5: every reply went out; the server took one twice only where a try is written down as uncertain."""
    replies = dict(rows(bot, "select message_id, id from reply"))
    uncertain = {reply for (reply,) in rows(bot, "select reply_id from attempt where state = 'uncertain'")}
    copies = Counter(taken)
    assert set(copies) == set(replies)
    for message_id, number in copies.items():
        assert number == 1 or replies[message_id] in uncertain, message_id


def check_invariants(bot: Bot, taken: Sequence[str], *, orphans: bool = True) -> None:
    """I2 to I5 and I8, at any moment; I1 and I6 need to know what was sent, and I7 two runs.

    Until recovery has adopted them there may be blobs without a row (`orphans`).
    """
    known = {digest for (digest,) in rows(bot, "select sha256 from message")}
    stored = set(intact_blobs(bot))
    assert known <= stored, "I2: every row's bytes are there"
    assert orphans or stored == known, "I2: every blob has been adopted"
    firsts = rows(
        bot,
        "select content_digest, count(*) from message where content_digest is not null and duplicate_of is null"
        " and status in ('enqueued', 'assembling') group by content_digest having count(*) > 1",
    )
    assert firsts == [], "I3: one filing for one message"
    twice = "select submission_id, kind, count(*) from reply where submission_id is not null and kind in"
    twice += " ('acknowledgement', 'incomplete') group by submission_id, kind having count(*) > 1"
    assert rows(bot, twice) == [], "I4: a submission has one acknowledgement"
    _check_outbox(bot, taken)
    assert history_breaks(bot) == [], "I8: the history is whole"


def _check_outbox(bot: Bot, taken: Sequence[str]) -> None:
    """I5, at any moment: what left is on record, twice only under the mark of a doubt or amid a try."""
    replies = dict(rows(bot, "select message_id, id from reply"))
    doubtful = {reply for (reply,) in rows(bot, "select reply_id from attempt where state = 'uncertain'")}
    for message_id, number in Counter(taken).items():
        assert message_id in replies, "I5: no reply leaves before it is written down"
        assert number == 1 or replies[message_id] in doubtful, "I5: twice only when the answer was lost"


def history_breaks(bot: Bot) -> list[int]:
    """I8: the ids of the history's lines whose digest does not fit the line or the one before it."""
    if not rows(bot, "select 1"):
        return []
    engine = create_engine(f"sqlite:///{bot.database}")
    previous, broken = FIRST, []
    with Session(engine) as session:
        for row in session.exec(select(HistoryRow).order_by(col(HistoryRow.id))):
            if row.previous != previous or row.digest != line_digest(row):
                broken.append(row.id or 0)
            previous = row.digest
    engine.dispose()
    return broken


def maildir_bytes(folder: Path) -> list[bytes]:
    """The messages in `new` and `cur` of a Maildir folder."""
    return [path.read_bytes() for name in ("new", "cur") for path in (folder / name).glob("*")]
