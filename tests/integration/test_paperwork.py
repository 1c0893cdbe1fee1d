"""Papers on the real store: read once, after the commit; a bad one costs only itself, a crash costs nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from cee_mailbot.desk import clock
from cee_mailbot.domain.facts import ItemFacts, ItemStory
from cee_mailbot.interfaces import Body
from cee_mailbot.paperwork import BROKE, CHARACTERS, LEASE, LONGEST, LOST, TRIES, read_papers
from cee_mailbot.questions import ItemQuery, MessageQuery
from cee_mailbot.sandbox import InProcessReader, tasks
from parsers.documents import Cut, cut
from parsers.headers import MailRefused
from parsers.papers import Paper
from tests.support import drawn_forms
from tests.support.drawn_forms import Summary, form_7501
from tests.support.mails import PDF, mail, numbered, pdf
from tests.support.workshop import CHEMICALS, ELECTRONICS, Killed, Workshop, history_breaks

MATCHING = form_7501(Summary(entry_number="345-6789012-3", entry_date="02/20/2026"))
OTHER = form_7501(Summary(entry_number="345-6789012-3", port="3001", entry_date="02/20/2026"))


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.store.close()


def only_item(workshop: Workshop) -> ItemFacts:
    (item,) = workshop.items()
    return item


def story(workshop: Workshop) -> ItemStory:
    with workshop.store.read() as ask:
        return ask.story(only_item(workshop).tracking)


class BadReader(InProcessReader):
    """A reader that one document breaks, in one way or another."""

    def __init__(self, bad: bytes, breaks: Callable[[], Paper]) -> None:
        super().__init__()
        self._bad, self._breaks = bad, breaks

    def read_paper(self, raw: bytes, wanted: str) -> Paper:
        found = {document.sha256: document.content for document in self.documents(raw)}
        return self._breaks() if found[wanted] == self._bad else super().read_paper(raw, wanted)


def test_an_item_is_there_before_its_papers_are_read(workshop: Workshop) -> None:
    """An item never waits."""
    workshop.receive(mail(documents=[OTHER]))
    assert story(workshop).documents[0].status == "unread"
    assert only_item(workshop).flags == ()
    assert read_papers(workshop.intake).messages == 1
    (document,) = story(workshop).documents
    assert (document.status, document.form, document.entry_numbers) == ("read", "CBP 7501", ("345-67890123",))
    assert only_item(workshop).flags == ("port-mismatch",)
    assert [line.event for line in story(workshop).history if line.event == "papers-compared"] == ["papers-compared"]


def test_reading_again_changes_nothing(workshop: Workshop) -> None:
    workshop.receive(mail(documents=[OTHER, PDF]), numbered(7))
    read_papers(workshop.intake)
    before = workshop.everything()
    again = read_papers(workshop.intake)
    assert (again.messages, again.items) == (0, 0)
    assert workshop.everything() == before


def test_the_same_papers_are_read_once(workshop: Workshop) -> None:
    """By their bytes, whoever sends them and however often."""
    asked: list[str] = []

    class Counting(InProcessReader):
        def read_paper(self, raw: bytes, wanted: str) -> Paper:
            asked.append(wanted)
            return super().read_paper(raw, wanted)

    workshop.receive(numbered(1), numbered(2))
    read_papers(workshop.with_parts(reader=Counting()))
    assert len(asked) == 1
    assert {one.status for item in workshop.items() for one in documents_of(workshop, item)} == {"read"}


def documents_of(workshop: Workshop, item: ItemFacts) -> tuple[object, ...]:
    with workshop.store.read() as ask:
        return ask.story(item.tracking).documents


def test_a_found_entry_date_starts_the_clock(workshop: Workshop) -> None:
    workshop.receive(mail(documents=[MATCHING]))
    assert only_item(workshop).due is None
    read_papers(workshop.intake)
    assert story(workshop).entry_date == date(2026, 2, 20)
    due = only_item(workshop).due
    assert due is not None
    assert due.date() == date(2026, 3, 7), "ten working days from 20 February are over on 6 March, in Los Angeles"
    assert [line.event for line in story(workshop).history][-2:] == ["entry-date-found", "due-moved"]


@pytest.mark.parametrize("day", [date(2026, 2, 24), None])
def test_a_day_that_staff_have_set_stands(workshop: Workshop, day: date | None) -> None:
    """Set or taken back, before or after the papers were read."""
    workshop.receive(mail(documents=[MATCHING]))
    tracking = only_item(workshop).tracking
    if day is None:
        read_papers(workshop.intake)
    clock.set_entry_date(workshop.intake, tracking, day, actor="kim")
    read_papers(workshop.intake)
    assert story(workshop).entry_date == day


def test_flags_go_with_the_papers_that_raised_them(workshop: Workshop) -> None:
    """A supplement with the right form settles the doubt."""
    wrong = form_7501(Summary(entry_number="B7Q-9100001-3"))
    workshop.receive(mail(documents=[wrong]))
    read_papers(workshop.intake)
    assert only_item(workshop).flags == ("entry-mismatch",)
    workshop.receive(mail(documents=[MATCHING], message_id="<2@filer.example>"))
    read_papers(workshop.intake)
    assert only_item(workshop).flags == ()


def test_f46_a_document_that_breaks_its_reader_costs_only_itself(workshop: Workshop) -> None:
    """The one beside it is read, so is the next message, and the item says what could not be opened."""
    bad = pdf("bad")

    def breaks() -> Paper:
        raise RuntimeError("broken")

    workshop.receive(mail(documents=[bad, OTHER]), numbered(7))
    read_papers(workshop.with_parts(reader=BadReader(bad, breaks)))
    first = workshop.items()[0]
    assert [one.status for one in story_of(workshop, first).documents] == ["unreadable", "read"]
    assert first.flags == ("document-unreadable", "port-mismatch")
    assert [one.status for one in story_of(workshop, workshop.items()[1]).documents] == ["read"]


def story_of(workshop: Workshop, item: ItemFacts) -> ItemStory:
    with workshop.store.read() as ask:
        return ask.story(item.tracking)


def test_f46_a_document_that_takes_the_process_with_it_is_left_after_two_tries(workshop: Workshop) -> None:
    """It was written down before it was tried: a crash loop ends, and nothing else is lost by it."""
    bad = pdf("bad")

    def kills() -> Paper:
        raise Killed("reading")

    workshop.receive(mail(documents=[bad, OTHER]))
    intake = workshop.with_parts(reader=BadReader(bad, kills))
    for _ in range(2):
        with pytest.raises(Killed):
            read_papers(intake)
        assert read_papers(intake).messages == 0, "it is claimed, until the claim runs out"
        workshop.clock.advance(LEASE + timedelta(seconds=1))
    assert read_papers(intake).messages == 1
    assert [one.status for one in story(workshop).documents] == [BROKE.status, "read"]
    assert history_breaks(workshop.store) == []


class BodyBreaker(InProcessReader):
    """A reader that a body breaks, in one way or another."""

    def __init__(self, breaks: Callable[[], Body]) -> None:
        super().__init__()
        self._breaks = breaks

    def body(self, raw: bytes) -> Body:
        return self._breaks() if b"bomb" in raw else super().body(raw)


def found(workshop: Workshop, text: str) -> int:
    with workshop.store.read() as ask:
        return len(ask.messages(MessageQuery(text=text)))


def test_f46_a_body_that_breaks_its_reader_costs_only_itself(workshop: Workshop) -> None:
    """The documents beside it are read, so is the next message."""

    def breaks() -> Body:
        raise MailRefused("reading-limit", "Reading this message takes more time or memory than reading may.")

    workshop.receive(mail(body="bomb", documents=[OTHER]), numbered(7))
    read_papers(workshop.with_parts(reader=BodyBreaker(breaks)))
    assert [one.status for item in workshop.items() for one in story_of(workshop, item).documents] == ["read"] * 2
    assert (found(workshop, "bomb"), found(workshop, '"Paper 7"')) == (0, 1)


def test_f46_a_body_that_takes_the_process_with_it_is_left_after_two_tries(workshop: Workshop) -> None:
    """As a document is: its message is not claimed again and again."""

    def kills() -> Body:
        raise Killed("reading")

    workshop.receive(mail(body="bomb", documents=[OTHER]))
    intake = workshop.with_parts(reader=BodyBreaker(kills))
    for _ in range(TRIES):
        with pytest.raises(Killed):
            read_papers(intake)
        workshop.clock.advance(LEASE + timedelta(seconds=1))
    assert read_papers(intake).messages == 1
    assert [one.status for one in story(workshop).documents] == ["read"]


def test_f46_what_was_read_before_the_process_was_killed_is_kept(workshop: Workshop) -> None:
    """Each paper is written by itself: the search has it, and no later try reads it again, nor loses the body."""
    bad = pdf("bad")

    def kills() -> Paper:
        raise Killed("reading")

    workshop.receive(mail(body="Please see the packing list.", documents=[OTHER, bad]))
    intake = workshop.with_parts(reader=BadReader(bad, kills))
    for _ in range(TRIES):
        with pytest.raises(Killed):
            read_papers(intake)
        workshop.clock.advance(LEASE + timedelta(seconds=1))
        assert (found(workshop, "packing list"), found(workshop, "345-6789012-3")) == (1, 1)
    assert read_papers(intake).messages == 1
    assert [one.status for one in story(workshop).documents] == ["read", BROKE.status]
    assert found(workshop, "packing list") == 1


def test_f46_one_message_full_of_bad_documents_keeps_no_other_waiting(workshop: Workshop) -> None:
    """After a few that took all that reading may, its others stay unread; the next message is read."""

    class Slow(InProcessReader):
        asked = 0

        def read_paper(self, raw: bytes, wanted: str) -> Paper:
            if b"bomb" not in raw:
                return super().read_paper(raw, wanted)
            Slow.asked += 1
            return Paper(status="unreadable", why="reading-limit")

    workshop.receive(mail(body="bomb", documents=[pdf(f"slow {number}") for number in range(9)]), numbered(7))
    read_papers(workshop.with_parts(reader=Slow()))
    bombs, good = workshop.items()
    assert Slow.asked == LOST
    assert [one.status for one in story_of(workshop, bombs).documents] == ["unreadable"] * LOST + ["unread"] * (
        9 - LOST
    )
    assert [one.status for one in story_of(workshop, good).documents] == ["read"]


def left_of_nine(workshop: Workshop, reader: InProcessReader) -> list[str]:
    """The states of nine papers of one message after they were read, and that the next message was read too."""
    workshop.receive(mail(body="bomb", documents=[pdf(f"paper {number}") for number in range(9)]), numbered(7))
    read_papers(workshop.with_parts(reader=reader))
    first, good = workshop.items()
    assert [one.status for one in story_of(workshop, good).documents] == ["read"]
    return [one.status for one in story_of(workshop, first).documents]


def test_f45_the_papers_of_one_message_say_no_more_than_may_be_kept(workshop: Workshop) -> None:
    """Small files, each with as much text as one may have: beyond a sum for the message its others stay unread."""

    class Wordy(InProcessReader):
        def read_paper(self, raw: bytes, wanted: str) -> Paper:
            read = super().read_paper(raw, wanted)
            return replace(read, pages=("x" * (CHARACTERS // 4),)) if b"bomb" in raw else read

    assert left_of_nine(workshop, Wordy()) == ["read"] * 4 + ["unread"] * 5


def test_f46_the_papers_of_one_message_take_no_longer_than_others_may_wait(workshop: Workshop) -> None:
    class Slow(InProcessReader):
        def read_paper(self, raw: bytes, wanted: str) -> Paper:
            workshop.clock.advance(LONGEST / 3)
            return super().read_paper(raw, wanted)

    assert left_of_nine(workshop, Slow()) == ["read"] * 3 + ["unread"] * 6


def test_f46_a_message_with_many_papers_is_taken_apart_once(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow archive of three hundred papers was opened anew for each."""
    cuts: list[int] = []

    def counted(raw: bytes) -> Cut:
        cuts.append(len(raw))
        return cut(raw)

    workshop.receive(mail(documents=[pdf(f"paper {number}") for number in range(9)]), numbered(7))
    monkeypatch.setattr(tasks, "cut", counted)
    read_papers(workshop.intake)
    assert len(cuts) == 2
    assert {one.status for one in story_of(workshop, workshop.items()[0]).documents} == {"read"}


def test_a_claim_lasts_while_papers_are_read(workshop: Workshop) -> None:
    """Each paper is a sign of life: nobody else begins to read a message that is being read."""
    others: list[int] = []

    class Watched(InProcessReader):
        def read_paper(self, raw: bytes, wanted: str) -> Paper:
            workshop.clock.advance(LEASE / 2)
            with workshop.store.begin(workshop.clock.now()) as unit:
                others.append(len(unit.claim_unread(limit=1, lease_until=workshop.clock.now())))
            workshop.clock.advance(-LEASE / 2 + LONGEST / 10)
            return super().read_paper(raw, wanted)

    workshop.receive(mail(documents=[pdf(f"paper {number}") for number in range(9)]))
    read_papers(workshop.with_parts(reader=Watched()))
    assert others == [0] * 9


def test_mail_of_a_mailbox_that_is_configured_no_more_is_read_and_keeps_no_other_waiting(workshop: Workshop) -> None:
    workshop.receive(numbered(1), mailbox=CHEMICALS)
    workshop.receive(numbered(2))
    without = replace(
        workshop.intake.site,
        mailboxes=(ELECTRONICS,),
        policies={ELECTRONICS.name: workshop.site.policies[ELECTRONICS.name]},
    )
    assert read_papers(replace(workshop.intake, site=without)).messages == 2
    with workshop.store.read() as ask:
        assert [one.status for message in (1, 2) for one in ask.documents(message)] == ["read", "read"]


def test_a_claim_that_a_clock_gave_that_was_ahead_ends_when_it_is_set_right(workshop: Workshop) -> None:
    workshop.receive(numbered(1))
    right = workshop.clock.now()
    workshop.clock.advance(timedelta(days=365))
    with workshop.store.begin(workshop.clock.now()) as unit:
        assert len(unit.claim_unread(limit=1, lease_until=workshop.clock.now() + LEASE)) == 1
    workshop.clock.advance(right - workshop.clock.now())
    assert read_papers(workshop.intake).messages == 1


def test_what_is_held_is_not_read_before_a_person_looked_at_it(workshop: Workshop) -> None:
    workshop.receive(mail(sender="A <a@filer.example>, B <b@filer.example>", documents=[MATCHING]))
    assert [message.status for message in workshop.messages()] == ["held"]
    assert read_papers(workshop.intake).messages == 0


# --- search ---------------------------------------------------------------------------------------------------


@pytest.fixture
def read(workshop: Workshop) -> Workshop:
    """One item with an invoice, and another without papers that say anything."""
    invoice = drawn_forms.page_of("Facture de la Société en Été", "Radio parts for applicants", "Entry 345-6789012-3")
    workshop.receive(
        mail(documents=[invoice], body="Please see the enclosed packing list."),
        mail(subject="DR,Syngenta,B7Q-91000013,3001", message_id="<2@filer.example>", body="Nothing to say."),
    )
    read_papers(workshop.intake)
    return workshop


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nokia", 1),
        ("paper-1.pdf", 2),
        ("ete", 1),
        ("societe en ete", 1),
        ("applicant", 1),
        ("enclosed packing", 1),
        ("34567890123", 1),
        ("345-6789012-3", 1),
        ('"radio parts"', 1),
        ('"parts radio"', 0),
        ("nokia radio", 1),
        ("nokia syngenta", 0),
        ("filer.example", 2),
        ("zebra", 0),
    ],
)
def test_items_are_found_by_what_they_say(read: Workshop, text: str, found: int) -> None:
    """Subject fields, names, senders, bodies and every page; accents and endings make no difference."""
    with read.store.read() as ask:
        items = ask.items(ItemQuery(text=text))
    assert len(items) == found
    assert all("[" in (item.snippet or "") for item in items)


def test_importers_numbers_in_bodies_are_masked_and_entry_numbers_are_not(workshop: Workshop) -> None:
    """The search would show them to whoever may see the item."""
    workshop.receive(mail(body="Our EIN 12-3456789, entry 345-6789012-3, called to-day."))
    read_papers(workshop.intake)
    with workshop.store.read() as ask:
        (item,) = ask.items(ItemQuery(text="called"))
        assert (item.snippet or "").startswith("Our EIN **-*****89, entry")
        assert not ask.items(ItemQuery(text="12-3456789"))
        assert len(ask.items(ItemQuery(text="345-6789012-3"))) == 1


def test_the_snippet_shows_the_match_in_its_place(read: Workshop) -> None:
    with read.store.read() as ask:
        assert "[Radio] parts" in (ask.items(ItemQuery(text="radio"))[0].snippet or "")
        assert "[Radio] parts" in (ask.messages(MessageQuery(text="radio"))[0].snippet or "")
        assert ask.items(ItemQuery())[0].snippet is None


@pytest.mark.parametrize(
    "text",
    [
        '"', '""', "*", "-", "NEAR(", "a AND", "OR", "NOT", "text:", "col : x", "^a", "{a b} : c", "(", "a*b*", "'; --",
        "\x00", "\ud800", "%", "_", "[" * 5000, "a " * 5000, "\u202e", "+", 'x" OR "y', "\N{PILE OF POO}",
    ],
)  # fmt: skip
def test_any_text_at_all_can_be_searched_for(read: Workshop, text: str) -> None:
    """What a person types is never a language."""
    with read.store.read() as ask:
        ask.items(ItemQuery(text=text))
        ask.messages(MessageQuery(text=text))


def test_the_index_is_made_anew_when_it_is_missing(read: Workshop) -> None:
    """Also when only a trigger is, as after a migration that copied a table."""
    for damage in ("DROP TABLE search_text", "DROP TRIGGER search_text_page_added"):
        with read.store._writer.begin() as connection:
            connection.exec_driver_sql(damage)
        read.store.migrate()
        with read.store.read() as ask:
            assert len(ask.items(ItemQuery(text="radio"))) == 1


def test_a_transaction_that_fails_leaves_nothing_in_the_index(read: Workshop) -> None:
    """The index changes with the rows."""

    def cut_off() -> None:
        with read.store.begin(read.clock.now()) as unit:
            unit.write_body(2, "A zebra.")
            raise Killed("writing")

    with pytest.raises(Killed):
        cut_off()
    with read.store.read() as ask:
        assert ask.messages(MessageQuery(text="zebra")) == ()
