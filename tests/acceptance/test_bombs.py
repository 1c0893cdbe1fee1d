"""Bombs and traps: each ends as said, within the limits of its child, and the good mail of the same poll is filed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cee_mailbot import paperwork
from cee_mailbot.paperwork import read_papers
from cee_mailbot.questions import MessageQuery
from cee_mailbot.sandbox import ChildReader, ReadingLimits
from tests.support import bombs
from tests.support.mails import numbered
from tests.support.workshop import ARRIVED, Workshop

# Mail that needs more than these of its child would be held for it, and be no enqueued one.
LIMITS = ReadingLimits(cpu=timedelta(seconds=2), wall=timedelta(minutes=2), memory=500_000_000)

# How each message ends: its status, the reason, and the flags of an item.
MAILS: dict[str, tuple[str, str | None, set[str]]] = {
    "nested-multiparts": ("held", "too-deep", set()),
    "many-parts": ("held", "too-many-parts", set()),
    "nested-messages": ("enqueued", None, {"document-unreadable"}),
    "endless-type": ("rejected", "no-documents", set()),
    "endless-type-of-a-part": ("enqueued", None, {"document-unreadable"}),
    "open-brackets": ("enqueued", None, set()),
    "open-brackets-of-the-sender": ("held", "sender-missing", set()),
    "commas": ("enqueued", None, set()),
    "encoded-words": ("rejected", "subject-fields", set()),
    "header-beyond-the-limit": ("held", "header-too-large", set()),
    "many-headers": ("held", "header-too-large", set()),
    "many-parameters": ("enqueued", None, set()),
    "padding": ("enqueued", None, {"message-ambiguous", "document-unreadable"}),
    "broken-escapes": ("enqueued", None, {"message-ambiguous", "document-unreadable"}),
    "near-delimiters": ("enqueued", None, {"document-unreadable"}),
    "uuencoded-beginnings": ("enqueued", None, set()),
    "references": ("enqueued", None, set()),
    "formatting-elements": ("enqueued", None, {"document-unreadable"}),
    "long-blanks": ("enqueued", None, {"document-unreadable"}),
    "repeating-workbooks": ("enqueued", None, set()),
    "attributes": ("enqueued", None, {"document-unreadable"}),
}

# What is surely not to be opened is said, and told to the sender.
DOCUMENTS = {"zip-of-zeros": "unreadable", "zip-in-zip": "unreadable", "pdf-with-a-password": "unreadable"}


@pytest.fixture(scope="module")
def reader() -> Iterator[ChildReader]:
    with ChildReader(LIMITS) as reader:
        yield reader


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def poll(workshop: Workshop, reader: ChildReader, *raws: bytes) -> None:
    for raw in raws:
        workshop.source.deliver(raw, ARRIVED)
    workshop.poll(intake=workshop.with_parts(reader=reader))


@pytest.mark.parametrize("name", bombs.MAILS)
def test_a_bomb_ends_as_said_and_the_good_mail_beside_it_is_filed(
    workshop: Workshop, reader: ChildReader, name: str
) -> None:
    status, reason, flags = MAILS[name]
    poll(workshop, reader, numbered(101), bombs.MAILS[name](), numbered(102))
    first, bomb, last = workshop.messages()
    assert (first.status, bomb.status, last.status) == ("enqueued", status, "enqueued")
    assert reason is None or reason in bomb.reasons
    found = next((set(item.flags) for item in workshop.items() if item.tracking == bomb.tracking), set())
    assert found == flags
    assert workshop.source.inbox == {}
    assert workshop.blobs.get(bomb.sha256) == bombs.MAILS[name]()


@pytest.mark.parametrize("name", bombs.DOCUMENTS)
def test_a_document_that_is_a_bomb_is_filed_as_it_came(workshop: Workshop, reader: ChildReader, name: str) -> None:
    """It is kept byte for byte; what is in it costs nobody anything before a person asks for it."""
    content = bombs.DOCUMENTS[name]()
    poll(workshop, reader, bombs.attached(content), numbered(102))
    assert workshop.statuses() == ["enqueued", "enqueued"]
    bomb = workshop.messages()[0]
    with workshop.store.read() as ask:
        kept = ask.documents(bomb.id)
    assert (kept[0].bytes, kept[0].status) == (len(content), DOCUMENTS.get(name, "unread"))
    assert reader.documents(workshop.blobs.get(bomb.sha256), kept[0].sha256)[0].content == content
    assert not [one.path for one in kept if one.path.startswith(("/", "..")) or "\0" in one.path]


@pytest.mark.parametrize("name", [name for name in bombs.DOCUMENTS if name.startswith("pdf")])
def test_reading_a_paper_that_is_a_bomb_ends_and_the_good_one_beside_it_is_read(
    workshop: Workshop, reader: ChildReader, name: str
) -> None:
    """After the commit: a bomb costs itself its text, and no other paper anything."""
    poll(workshop, reader, bombs.attached(bombs.DOCUMENTS[name]()), numbered(102))
    read_papers(workshop.with_parts(reader=reader))
    with workshop.store.read() as ask:
        (bomb,), (good,) = (ask.documents(message.id) for message in workshop.messages())
    assert bomb.status in {"read", "unread", "unreadable"}
    assert good.status == "read"
    assert read_papers(workshop.with_parts(reader=reader)).messages == 0


@pytest.mark.parametrize(("name", "found"), [("formatting-elements", True), ("attributes", False)])
def test_reading_a_body_that_is_a_bomb_ends_in_its_child(
    workshop: Workshop, reader: ChildReader, name: str, *, found: bool
) -> None:
    """After the commit: a body is searched up to where it would take too much, and costs nothing else anything."""
    poll(workshop, reader, bombs.MAILS[name](), numbered(102))
    intake = workshop.with_parts(reader=reader)
    assert read_papers(intake).messages == 2
    good = workshop.messages()[1]
    with workshop.store.read() as ask:
        assert bool(ask.messages(MessageQuery(text="x"))) is found
        assert ask.documents(good.id)[0].status == "read"
    assert read_papers(intake).messages == 0


def test_reading_many_papers_that_say_too_much_ends_at_what_one_message_may_say(
    workshop: Workshop, reader: ChildReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is bounded by its own size, all of them by a sum; what comes after stays unread."""
    monkeypatch.setattr(paperwork, "CHARACTERS", 1_000_000)
    poll(workshop, reader, bombs.MAILS["repeating-workbooks"](), numbered(102))
    assert read_papers(workshop.with_parts(reader=reader)).messages == 2
    bomb, good = workshop.messages()
    with workshop.store.read() as ask:
        assert [one.status for one in ask.documents(bomb.id)] == ["unread"] + ["read"] * 11 + ["unread"] * 29
        assert ask.documents(good.id)[0].status == "read"


def test_all_of_them_in_one_poll_stop_nobody(workshop: Workshop, reader: ChildReader) -> None:
    """One pass over a mailbox full of them, good mail in between."""
    raws = [raw for number, make in enumerate(bombs.MAILS.values()) for raw in (make(), numbered(100 + number))]
    poll(workshop, reader, *raws)
    good = workshop.messages()[1::2]
    assert [message.status for message in good] == ["enqueued"] * len(bombs.MAILS)
    assert workshop.source.inbox == {}
    assert workshop.error() is None
