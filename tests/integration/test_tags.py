"""Staff's tags: put on, taken off, found by, and what becomes of them when items are regrouped or handed over."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from cee_mailbot import desk
from cee_mailbot.desk.item import opened
from cee_mailbot.desk.tagging import with_tags
from cee_mailbot.domain.item_history import lines_of
from cee_mailbot.domain.tags import MOST_TAGS
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.errors import ChangedError, NotAllowedError, UserError
from cee_mailbot.questions import ItemQuery, WorklistQuery
from tests.support.mails import PDF, mail
from tests.support.workshop import Workshop


def item_of(shop: Workshop, number: int = 1, *, messages: int = 1) -> str:
    subject = f"DR,NokiaInc,345-678901{number:02},2704"
    papers = [PDF + b"%d/%d" % (number, one) for one in range(messages)]
    shop.receive(
        *(
            mail(subject=subject, message_id=f"<{number}/{one}@filer.example>", documents=[paper])
            for one, paper in enumerate(papers)
        )
    )
    return shop.items()[-1].tracking


def tag(shop: Workshop, tracking: str, *names: str) -> None:
    for name in names:
        desk.tag(shop.intake, tracking, name, actor="kim")


def tags(shop: Workshop, tracking: str) -> tuple[str, ...]:
    with shop.store.read() as ask:
        return ask.story(tracking).item.tags


def test_a_tag_is_kept_in_lower_case_and_told_in_the_history(workshop: Workshop) -> None:
    tracking = item_of(workshop)
    tag(workshop, tracking, " FTA-Claim ", "2nd-look")
    assert tags(workshop, tracking) == ("2nd-look", "fta-claim")
    desk.untag(workshop.intake, tracking, "FTA-CLAIM", actor="lee")
    assert tags(workshop, tracking) == ("2nd-look",)
    with workshop.store.read() as ask:
        lines = [
            (one.actor, one.event, one.detail["tags"]) for one in ask.story(tracking).history if one.actor != "system"
        ]
    assert lines == [
        ("kim", "tagged", ["fta-claim"]),
        ("kim", "tagged", ["2nd-look"]),
        ("lee", "untagged", ["fta-claim"]),
    ]


def test_what_is_refused_says_why_and_changes_nothing(workshop: Workshop) -> None:
    tracking = item_of(workshop)
    tag(workshop, tracking, "seen")
    before = workshop.everything()
    with pytest.raises(NotAllowedError, match="has the tag seen already"):
        tag(workshop, tracking, "Seen")
    with pytest.raises(NotAllowedError, match="does not have the tag urgent; it has: seen"):
        desk.untag(workshop.intake, tracking, "urgent", actor="kim")
    with pytest.raises(UserError, match="'not now' can be no tag; a tag is 1 to 40 letters and digits"):
        tag(workshop, tracking, "not now")
    with pytest.raises(ChangedError):
        desk.tag(workshop.intake, tracking, "urgent", actor="kim", version=1)
    assert workshop.everything() == before


def test_an_item_has_so_many_tags_and_no_more(workshop: Workshop) -> None:
    tracking = item_of(workshop)
    tag(workshop, tracking, *(f"tag-{number}" for number in range(MOST_TAGS)))
    with pytest.raises(NotAllowedError, match=r"has 20 tags, and may have 20; take one off first"):
        tag(workshop, tracking, "one-more")


def test_a_tag_on_a_closed_item_leaves_the_time_at_which_it_was_closed(workshop: Workshop) -> None:
    """Else what was closed last month would count as closed today."""
    tracking = item_of(workshop)
    desk.close(workshop.intake, tracking, Closing.DONE, actor="kim")

    def closed_at() -> list[object]:
        with closing(sqlite3.connect(workshop.folder / "bot.db")) as database:
            return database.execute("select closed_at from submission").fetchall()

    before = closed_at()
    workshop.clock.advance(timedelta(days=30))
    tag(workshop, tracking, "to-be-audited")
    assert closed_at() == before
    desk.undo(workshop.intake, tracking, actor="kim")
    assert closed_at() == before


def test_tags_go_with_another_act_in_one_transaction_and_are_taken_back_with_it(workshop: Workshop) -> None:
    """One act, one line of history, one undo; a tag that the item has already is no fault."""
    tracking = item_of(workshop)
    tag(workshop, tracking, "seen")
    with opened(workshop.intake, tracking, Act.CLOSE, actor="kim", version=None) as at:
        at.unit.carry_out(with_tags(at.change(outcome=Closing.DONE), ("Seen", "fta-claim", "fta-claim"), at))
    with workshop.store.read() as ask:
        story = ask.story(tracking)
    assert (story.item.state, story.item.tags) == ("closed", ("fta-claim", "seen"))
    assert (story.history[-1].event, story.history[-1].detail["tags"]) == ("closed", ["fta-claim"])
    desk.undo(workshop.intake, tracking, actor="kim")
    assert tags(workshop, tracking) == ("seen",)


def test_the_tags_of_an_item_that_is_emptied_go_over_to_the_one_that_takes_it_in(workshop: Workshop) -> None:
    one, other = item_of(workshop, 1), item_of(workshop, 2)
    tag(workshop, one, "seen", "fta-claim")
    tag(workshop, other, "seen", "urgent")
    desk.join(workshop.intake, one, other, actor="kim")
    assert (tags(workshop, one), tags(workshop, other)) == (("fta-claim", "seen", "urgent"), ())
    with workshop.store.read() as ask:
        [told] = [line.says for line in lines_of(ask.story(one)) if line.says.startswith("joined")]
    assert told == f"joined (from {other}; to {one}; tags seen, urgent)"
    desk.undo(workshop.intake, other, actor="kim")
    assert (tags(workshop, one), tags(workshop, other)) == (("fta-claim", "seen"), ("seen", "urgent"))


def test_a_join_is_not_undone_over_a_tag_that_was_taken_off_since(workshop: Workshop) -> None:
    """Step by step it is."""
    one, other = item_of(workshop, 1), item_of(workshop, 2)
    tag(workshop, other, "urgent")
    desk.join(workshop.intake, one, other, actor="kim")
    desk.untag(workshop.intake, one, "urgent", actor="lee")
    with pytest.raises(NotAllowedError, match="was changed since"):
        desk.undo(workshop.intake, other, actor="kim")
    desk.undo(workshop.intake, one, actor="lee")
    desk.undo(workshop.intake, other, actor="kim")
    assert (tags(workshop, one), tags(workshop, other)) == ((), ("urgent",))


def test_what_is_split_off_begins_without_tags_and_a_hand_over_keeps_them(workshop: Workshop) -> None:
    tracking = item_of(workshop, messages=2)
    tag(workshop, tracking, "seen")
    made = desk.split(workshop.intake, tracking, 2, actor="kim")
    assert (tags(workshop, tracking), tags(workshop, made)) == (("seen",), ())
    desk.transfer(workshop.intake, tracking, team="009", reason="Textiles.", actor="kim")
    assert tags(workshop, tracking) == ("seen",)
    desk.undo(workshop.intake, tracking, actor="kim")
    assert tags(workshop, tracking) == ("seen",)


def test_items_are_found_by_their_tag(workshop: Workshop) -> None:
    one, other = item_of(workshop, 1), item_of(workshop, 2)
    tag(workshop, one, "urgent", "seen")
    tag(workshop, other, "seen")
    with workshop.store.read() as ask:
        assert [item.tracking for item in ask.items(ItemQuery(tag="urgent"))] == [one]
        assert [item.tracking for item in ask.worklist(WorklistQuery(teams=("007",), tag="urgent")).items] == [one]
        assert ask.how_many(WorklistQuery(teams=("007",), tag="seen")) == 2
        assert ask.how_many(WorklistQuery(teams=("009",), tag="seen")) == 0
        assert ask.items(ItemQuery(tag="seen", team="007")) == ask.items(ItemQuery(tag="seen"))
    desk.close(workshop.intake, one, Closing.DONE, actor="kim")
    with workshop.store.read() as ask:
        assert ask.how_many(WorklistQuery(teams=("007",), tag="seen")) == 1
        assert ask.how_many(WorklistQuery(teams=("007",), tag="urgent", states=("closed",))) == 1


def test_the_tags_that_are_offered_are_those_of_the_teams_open_items(workshop: Workshop) -> None:
    """Another Center's words are not told."""
    one, other = item_of(workshop, 1), item_of(workshop, 2)
    tag(workshop, one, "urgent", "seen")
    tag(workshop, other, "seen", "of-textiles")
    desk.transfer(workshop.intake, other, team="009", reason="Textiles.", actor="kim")

    def offered(*teams: str) -> list[str]:
        with workshop.store.read() as ask:
            return list(ask.tags_in_use(teams))

    assert (offered("007"), offered("009"), offered("007", "009"), offered()) == (
        ["seen", "urgent"],
        ["of-textiles", "seen"],
        ["of-textiles", "seen", "urgent"],
        [],
    )
    desk.close(workshop.intake, one, Closing.DONE, actor="kim")
    assert offered("007") == []
