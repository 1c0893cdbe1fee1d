"""The history of an item in words."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cee_mailbot.domain.facts import HistoryFacts, ItemStory, MessageFacts, ReplyFacts
from cee_mailbot.domain.item_history import KINDS, kind_of, lines_of
from cee_mailbot.domain.work_item import EVENTS, Act
from tests.unit.test_export import ITEM

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
MESSAGE = MessageFacts(
    id=7,
    mailbox="CEE-Electronics",
    message_id="<1@broker.example>",
    from_="dana@broker.example",
    subject="DR,NokiaInc,345-67890123,2704",
    received_at=AT,
    sent_at=AT,
    bytes=1,
    sha256="0" * 64,
    status="enqueued",
    reasons=(),
    tracking=ITEM.tracking,
)
REPLY = ReplyFacts(
    id=3,
    kind="acknowledgement",
    to="dana@broker.example",
    subject="",
    message_id="<2@cbp.dhs.gov>",
    in_reply_to=None,
    state="sent",
    attempts=1,
    sent_at=AT,
    tracking=ITEM.tracking,
    reasons=(),
)


@pytest.mark.parametrize(
    ("event", "detail", "says"),
    [
        ("received", {"sha256": "0" * 64}, "message 7 came to CEE-Electronics: DR,NokiaInc,345-67890123,2704"),
        ("assembling", {"reasons": [], "policy": "13a6"}, "message 7 waits for the other parts"),
        ("enqueued", {"flags": ["parts-missing"]}, "entered the queue (flags parts-missing)"),
        ("reply-sent", {}, "reply sent: acknowledgement"),
        (
            "closed",
            {
                "reason": "all well",
                "changes": {"submission/1/outcome": [None, "done"], "submission/1/state": ["new", "x"]},
            },
            "closed (outcome done; reason all well)",
        ),
        (
            "transferred",
            {"reason": "Toys.", "reply": "<1@cbp.dhs.gov>", "changes": {"submission/1/team": ["007", "001"]}},
            "transferred (from Center 007 to Center 001; reason Toys.)",
        ),
        (
            "presentation-set",
            {"changes": {"submission/1/presented_at": ["2026-11-20T21:52:10+00:00", "2026-11-19T17:00:00+00:00"]}},
            (
                "the presentation time was set by a person (from Fri Nov 20, 2026, 13:52:10 PST (UTC-08:00) "
                "to Thu Nov 19, 2026, 09:00:00 PST (UTC-08:00))"
            ),
        ),
        (
            "waiting",
            {"changes": {"submission/1/waiting_until": [None, "2026-11-30T16:00:00+00:00"]}},
            "waits for the broker (until Mon Nov 30, 2026, 08:00:00 PST (UTC-08:00))",
        ),
        (
            "waiting",
            {"changes": {"submission/1/waiting_until": ["2026-11-30T16:00:00+00:00", None]}},
            "waits for the broker",
        ),
        ("transferred-to-port", {}, "transferred to port"),
    ],
)
def test_a_line_says_in_words_what_happened(event: str, detail: dict[str, Any], says: str) -> None:
    """Which message, which reply, and what a person needs of the particulars; digests and versions are left out."""
    line = HistoryFacts(id=1, at=AT, actor="kim", event=event, message=7, reply=3, detail=detail)
    story = ItemStory(item=ITEM, documents=(), messages=(MESSAGE,), replies=(REPLY,), history=(line,), evidence=())
    (told,) = lines_of(story)
    assert (told.at, told.actor, told.says) == (AT, "kim", says)


def test_words_of_a_sender_are_no_template() -> None:
    """Braces in a subject line stand for themselves."""
    message = replace(MESSAGE, subject="{0.__class__}")
    line = HistoryFacts(id=1, at=AT, actor="system", event="received", message=7, reply=None)
    story = ItemStory(item=ITEM, documents=(), messages=(message,), replies=(), history=(line,), evidence=())
    assert "{0.__class__}" in lines_of(story)[0].says


def test_every_act_of_staff_is_of_a_kind_that_names_it() -> None:
    """The last kind is for what the bot does by itself, but for a presentation time that a person sets."""
    unnamed = [act for act in Act if kind_of(EVENTS[act]) == [*KINDS][-1]]
    assert unnamed == [Act.SET_PRESENTATION]
    assert kind_of("reply-sent") == kind_of("replied") == "replies"
    named = [event for events in KINDS.values() for event in events]
    assert len(named) == len(set(named)), "no event is of two kinds"
