"""Floods in small: limits of replies hold, the breaker opens and is seen, and others are served meanwhile."""

from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.support.bot import Bot
from tests.support.mails import numbered

LIMIT = 5
FLOOD = 40
CALM = tuple(f"papers{number}@calm.example" for number in range(3))


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(folder=tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return made


def flooded(bot: Bot, senders: list[str], **policy: int) -> Counter[str]:
    """How many replies went to whom when bad mail of all these came, and after it good mail of the calm ones."""
    mailbox = {"name": "electronics", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007", "source": "maildir"}
    replies = {"transport": "files", "dir": str(bot.folder / "sent")}
    bot.configure([{**mailbox, "path": "mail"}], replies=replies, policy=policy)
    bad = [numbered(number, sender=sender, subject=f"bad {number}") for number, sender in enumerate(senders)]
    good = [numbered(1000 + number, sender=sender) for number, sender in enumerate(CALM)]
    for number, raw in enumerate([*bad, *good]):
        (bot.folder / "mail" / "new" / f"{number:04}.host").write_bytes(raw)
    bot.ask("poll")
    while bot.ask("poll")["replies"]["sent"]:
        pass
    letters = (path.read_bytes() for path in (bot.folder / "sent").glob("*.eml"))
    return Counter(str(message_from_bytes(raw)["To"]) for raw in letters)


def test_F55_one_sender_gets_no_more_replies_in_an_hour_than_the_limit(bot: Bot) -> None:
    told = flooded(bot, ["robot@flood.example"] * FLOOD, reply_limit_hour=LIMIT)
    assert told == Counter({"robot@flood.example": LIMIT, **dict.fromkeys(CALM, 1)})
    said = bot.ask("status")
    assert said["breaker_opened_at"] is None
    assert len(bot.ask("replies", "list", "--state", "delayed")) == FLOOD - LIMIT
    assert bot.ask("audit", "verify")["ok"]


def test_F55_many_senders_open_the_breaker_which_is_seen_and_first_acknowledgements_leave(bot: Bot) -> None:
    told = flooded(bot, [f"robot@flood{number}.example" for number in range(FLOOD)], breaker_floor=LIMIT)
    assert {sender: told.pop(sender) for sender in CALM} == dict.fromkeys(CALM, 1)
    assert told.total() <= LIMIT
    said = bot.ask("status")
    assert said["breaker_opened_at"]
    assert "breaker-open" in [alarm["reason"] for alarm in said["alarms"]]
    assert len(bot.ask("replies", "list", "--state", "withheld")) == FLOOD - LIMIT
