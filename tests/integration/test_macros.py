"""Macros: a letter and what is done with the item are one act, by page, API and command line, and undone as one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import desk
from cee_mailbot.desk import Letter
from cee_mailbot.domain.approved_texts import ApprovedText, TextBook, filled
from cee_mailbot.domain.facts import HistoryFacts, ItemStory
from cee_mailbot.domain.item_history import lines_of
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.errors import ChangedError, NotAllowedError, UserError
from tests.support.api import caller
from tests.support.mails import mail
from tests.support.staff_page import StaffPage, form
from tests.support.workshop import Workshop, invariants_kept

HOLD = timedelta(seconds=20)
MISSING = {"what is missing": "page 2"}
KEPT = "Of the documents that you sent for entry 345-67890123 we can't find [[what is missing]]."


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path, undo_send=HOLD)) as made:
        made.receive(mail())
        made.send()
        yield made


@pytest.fixture
def tracking(shop: Workshop) -> str:
    return shop.items()[0].tracking


def story(shop: Workshop) -> ItemStory:
    with shop.store.read() as ask:
        return ask.story(shop.items()[0].tracking)


def by_kim(shop: Workshop) -> list[HistoryFacts]:
    return [line for line in story(shop).history if line.actor == "kim"]


def button(shop: Workshop, macro: str) -> str:
    """What the button of a macro sends: which one, as it was when the page said what it does."""
    return f"{macro} {shop.site.texts.texts[macro].mark}"


def use(shop: Workshop, tracking: str, macro: str, **fields: str) -> None:
    desk.write_letter(shop.intake, tracking, Letter(macro=macro, fields=fields or MISSING), actor="kim")


# macro: its fields, the state and outcome that it leads to, its event, the kind of its letter, and its line.
USES: dict[str, tuple[dict[str, str], tuple[str, str | None], str, str, str]] = {
    "page-missing": (MISSING, ("waiting", None), "waiting", "staff", "wrote to the filer and set the item aside"),
    "sent-before": (
        {"other tracking number": "CEE-007-26-000009-Y"},
        ("closed", Closing.DUPLICATE),
        "closed",
        "staff",
        "wrote to the filer and closed the item",
    ),
    "other-entry": (
        {"other entry number": "345-67890990"},
        ("closed", Closing.RETURNED),
        "returned",
        "return",
        "returned",
    ),
}


@pytest.mark.parametrize("macro", USES)
def test_a_macro_is_one_act_with_one_line_and_one_way_back(shop: Workshop, tracking: str, macro: str) -> None:
    fields, state, event, kind, says = USES[macro]
    before = story(shop).item
    use(shop, tracking, macro, **fields)
    after = story(shop)
    assert (after.item.state, after.item.outcome) == state
    (line,) = by_kim(shop)
    text = shop.site.texts.texts[macro]
    assert line.event == event
    assert (line.detail["macro"], line.detail["approved_text"]) == (text.label, [text.label])
    words = next(one.says for one in lines_of(after) if one.actor == "kim")
    assert words.startswith(says)
    assert f"approved text {macro}, version 1 (" in words
    assert [(one.kind, one.state) for one in shop.replies()][1:] == [(kind, "queued")]
    assert desk.undo(shop.intake, tracking, actor="kim") == event
    shop.clock.advance(HOLD)
    assert shop.send().sent == 0
    assert shop.replies()[-1].state == "cancelled"
    assert replace(story(shop).item, updated_at=before.updated_at) == before


def test_what_has_left_is_not_undone_and_the_item_stays_as_it_is(shop: Workshop, tracking: str) -> None:
    use(shop, tracking, "page-missing")
    shop.clock.advance(HOLD)
    assert shop.send().sent == 1
    with pytest.raises(NotAllowedError):
        desk.undo(shop.intake, tracking, actor="kim")
    assert story(shop).item.state == "waiting"


def test_an_item_that_a_macro_sets_aside_is_back_after_its_working_days(shop: Workshop, tracking: str) -> None:
    """Monday, March 2, 2026, and five working days: the morning of Monday, March 9, Pacific time."""
    use(shop, tracking, "page-missing")
    shop.clock.advance(datetime(2026, 3, 9, 14, 59, tzinfo=UTC) - shop.clock.now())
    assert desk.wake_due(shop.intake) == 0
    shop.clock.advance(timedelta(minutes=1))
    assert desk.wake_due(shop.intake) == 1
    assert (story(shop).item.state, story(shop).item.assignee) == ("assigned", "kim")


def test_whatever_stands_against_a_macro_nothing_of_it_is_done(shop: Workshop, tracking: str) -> None:
    refused: list[tuple[Letter, str]] = [
        (Letter(macro="page-missing"), "fields that are not filled in: what is missing"),
        (Letter(macro="page-missing", fields={"page": "2"}), "has no field 'page'; it has: entry number, what"),
        (Letter(macro="none"), "there is no approved text 'none'; there are: page-missing"),
        (Letter(macro="which-entry", text="Which?"), "does nothing beside"),
        (Letter(macro="page-missing", approved_text="page-missing"), "not both"),
        (Letter(text="Which?", fields=MISSING), "not both"),
        (Letter(), "is missing"),
    ]  # fmt: skip
    for letter, says in refused:
        with pytest.raises(UserError, match=says):
            desk.write_letter(shop.intake, tracking, letter, actor="kim")
    with pytest.raises(ChangedError):
        desk.use_macro(
            shop.intake, tracking, "page-missing", text="Page 2?", actor="kim", version=story(shop).version - 1
        )
    assert by_kim(shop) == []
    desk.close(shop.intake, tracking, Closing.DONE, actor="kim")
    with pytest.raises(NotAllowedError, match="is closed, which does not allow wait"):
        use(shop, tracking, "page-missing")
    assert [one.kind for one in shop.replies()] == ["acknowledgement"]


def test_where_no_letter_can_be_written_a_macro_does_nothing_and_a_return_says_that_there_was_none(
    tmp_path: Path,
) -> None:
    """The history named an approved text in a letter that there never was."""
    with invariants_kept(Workshop(tmp_path)) as shop:
        shop.receive(mail(extra=["Auto-Submitted: auto-generated"]))
        tracking = shop.items()[0].tracking
        for macro in ("page-missing", "sent-before", "other-entry"):
            with pytest.raises(NotAllowedError, match="has no address that can be written to"):
                use(shop, tracking, macro, **USES[macro][0])
        assert by_kim(shop) == []
        words = desk.filled_in(shop.intake, tracking, "other-entry", USES["other-entry"][0])
        desk.send_back(shop.intake, tracking, reason=words, actor="kim")
        (line,) = by_kim(shop)
        assert "approved_text" not in line.detail
        says = next(one.says for one in lines_of(story(shop)) if one.actor == "kim")
        assert "letter none, as the sender has no address that can be written to" in says
        assert shop.replies() == ()
        desk.undo(shop.intake, tracking, actor="kim")
        kim = StaffPage(shop).person("kim")
        shown = kim.get(f"/items/{tracking}").text
        assert "data-macro" not in shown
        sent = form(shown, f"/items/{tracking}/return") | {"reason": words, "then": "stay"}
        led = kim.post(f"/items/{tracking}/return", data=sent).headers["location"]
        assert "No letter went" in kim.get(led).text


def test_a_field_is_filled_with_words_once_and_never_with_a_field(shop: Workshop, tracking: str) -> None:
    """Blanks of a program were sent as words; an account `[[port]]`, which a broker wrote, could not be got out."""
    for fields, says in (
        ({"what is missing": " "}, "fields that are not filled in: what is missing"),
        ({"what is missing": "[[tracking]]"}, "fields that are not filled in: tracking"),
        ({"what is missing": "page 2", "What is missing": "page 3"}, "a field is given twice"),
    ):
        with pytest.raises(UserError, match=says):
            use(shop, tracking, "page-missing", **fields)
    assert by_kim(shop) == []
    item = replace(story(shop).item, account="[[port]]")
    assert filled("[[account]] at [[port]]", item, center="Electronics") == "[[account]] at 2704"
    given = {"account": "Port Co"}
    assert filled("[[account]] at [[port]]", item, center="Electronics", given=given) == "Port Co at 2704"


def test_the_history_tells_the_words_that_were_sent_and_not_the_form(shop: Workshop, tracking: str) -> None:
    """What a person changed is no approved text any more, macro or not; what was typed by hand in its words is one."""
    text = shop.site.texts.texts["which-entry"]
    words = desk.filled_in(shop.intake, tracking, "which-entry", {"other entry number": "345-67890990"})
    desk.write_to_filer(shop.intake, tracking, text=f"Dear Dana,\n\n{words}\n\nKim", actor="kim")
    desk.write_to_filer(shop.intake, tracking, text="Which entry is it?", actor="kim")
    desk.use_macro(shop.intake, tracking, "page-missing", text="Page 2?", actor="kim")
    told = [(one.detail.get("approved_text"), one.detail.get("macro")) for one in by_kim(shop)]
    assert told == [([text.label], None), (None, None), (None, shop.site.texts.texts["page-missing"].label)]


def test_another_version_of_the_words_is_another_text(shop: Workshop, tracking: str) -> None:
    old, new = (
        ApprovedText(name="m", title="M", text=text, version=version)
        for text, version in (("Old.", "1"), ("New.", "2"))
    )
    intake = replace(shop.intake, site=replace(shop.site, texts=TextBook(texts={"m": new})))
    for words in ("Old.", "New."):
        desk.write_to_filer(intake, tracking, text=words, actor="kim")
    assert [one.detail.get("approved_text") for one in by_kim(shop)] == [None, [new.label]]
    assert old.digest != new.digest


def test_the_page_offers_what_a_macro_does_and_does_it_as_one_act(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    """Without a script: the text is put in, what it does is said before the button, and one undo takes all back."""
    fresh = kim.get(f"/items/{tracking}").text
    assert 'data-macro="page-missing" hidden' in fresh
    pressed = button(shop, "page-missing")
    assert f'value="{pressed}" formaction="/items/{tracking}/reply-and-wait"' in fresh
    fields = form(fresh, f"/items/{tracking}/reply")
    kim.post(f"/items/{tracking}/drafts/reply", data=fields | {"text": "", "put_in": "1", "put": "page-missing"})
    begun = kim.get(f"/items/{tracking}").text
    assert 'data-macro="page-missing">' in begun
    assert "aside until Mon Mar 9, 2026, 8:00 AM PDT (UTC-07:00) (5 working days at its port), or until" in begun
    sending = form(begun, f"/items/{tracking}/reply") | {"macro": pressed}
    refused = kim.post(f"/items/{tracking}/reply-and-wait", data=sending | {"text": KEPT})
    assert refused.status_code == 422
    assert "what is missing" in refused.text
    other = kim.post(f"/items/{tracking}/reply-and-close", data=sending | {"text": "Page 2?"})
    assert other.status_code == 422, "it does not do what its button said"
    assert by_kim(shop) == []
    sent = kim.post(
        f"/items/{tracking}/reply-and-wait", data=sending | {"text": KEPT.replace("[[what is missing]]", "page 2")}
    )
    told = kim.get(sent.headers["location"]).text
    assert "was answered and set aside" in told
    assert "Undo send" in told
    assert story(shop).item.state == "waiting"
    assert "Draft of" not in kim.get(f"/items/{tracking}").text
    kim.post(f"/items/{tracking}/undo", data=form(told, f"/items/{tracking}/undo"))
    assert story(shop).item.state == "new"
    assert shop.replies()[-1].state == "cancelled"


def test_a_macro_on_an_item_that_changed_is_offered_again_as_what_it_is(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/reply") | {
        "macro": button(shop, "sent-before"),
        "text": "Ours.",
    }
    desk.claim(shop.intake, tracking, actor="lee")
    answer = kim.post(f"/items/{tracking}/reply-and-close", data=fields)
    assert answer.status_code == 409
    assert "Send and close item all the same" in answer.text
    assert "It also closes the item as duplicate." in answer.text
    assert "who will read this" in answer.text
    again = form(answer.text, f"/items/{tracking}/reply-and-close")
    assert kim.post(f"/items/{tracking}/reply-and-close", data=again | {"text": "Ours."}).status_code == 303
    assert story(shop).item.outcome == "duplicate"


def test_what_the_state_does_not_allow_any_more_is_not_offered_again_and_the_words_are_shown(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/reply") | {
        "macro": button(shop, "page-missing"),
        "text": "Ours.",
    }
    desk.close(shop.intake, tracking, Closing.DONE, actor="lee")
    answer = kim.post(f"/items/{tracking}/reply-and-wait", data=fields)
    assert answer.status_code == 409
    assert "can't be done with an item that is closed" in unescape(answer.text)
    assert "readonly>Ours.</textarea>" in answer.text
    assert "all the same" not in answer.text


def test_a_macro_that_does_another_thing_since_the_page_was_read_is_refused(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    """The service was started again on other texts; what the page said before the button is not what would be done."""
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/reply") | {"text": "Ours."}
    was = replace(shop.site.texts.texts["sent-before"], outcome=Closing.DONE)
    answer = kim.post(f"/items/{tracking}/reply-and-close", data=fields | {"macro": f"{was.name} {was.mark}"})
    assert answer.status_code == 422
    assert "sent-before does something else by now; load the page again" in answer.text
    assert "Ours." in answer.text
    assert by_kim(shop) == []


def test_what_the_state_does_not_allow_is_not_offered(shop: Workshop, kim: TestClient, tracking: str) -> None:
    desk.close(shop.intake, tracking, Closing.DONE, actor="kim")
    text = kim.get(f"/items/{tracking}").text
    assert "data-macro" not in text
    assert '<option value="page-missing">A page is missing (version 1, cee_mailbot, as shipped)</option>' in text
    assert '<option value="other-entry">' not in text, "nothing is returned that is closed"


def test_the_texts_of_a_site_are_listed_with_owner_and_version(shop: Workshop, page: StaffPage, tracking: str) -> None:
    viewer = page.person("viewer", teams=["001"])
    listed = unescape(viewer.get("/texts").text)
    for one in shop.site.texts.texts.values():
        assert one.title in listed
        assert one.text in listed
        assert one.digest in listed
    robot = caller(page)
    texts = robot.get("/api/v1/texts").json()
    assert [one["name"] for one in texts] == list(shop.site.texts.texts)
    assert (texts[0]["owner"], texts[0]["version"]) == ("cee_mailbot, as shipped", "1")
    assert (texts[0]["fields"], texts[0]["then"], texts[0]["wait_days"]) == (["what is missing"], "wait", 5)
    sent = robot.post(f"/api/v1/queue/{tracking}/reply", json={"macro": "page-missing", "fields": MISSING})
    assert sent.json()["state"] == "waiting"
    assert robot.post(f"/api/v1/queue/{tracking}/reply", json={"text": "And page 3?"}).json()["state"] == "waiting"
    refused = robot.post(f"/api/v1/queue/{tracking}/reply", json={"macro": "page-missing"})
    assert refused.status_code == 422
    assert "what is missing" in refused.json()["detail"]


def test_where_a_file_of_texts_lies_is_for_administrators(shop: Workshop) -> None:
    faults = ("/etc/cee/texts.toml: [ours] title is missing; until then it is not offered",)
    shop.intake = replace(shop.intake, site=replace(shop.site, texts=TextBook(faults=faults)))
    page = StaffPage(shop)
    told = page.person("kim", Role.SUPERVISOR).get("/texts").text
    assert "its file of texts has 1 fault. Tell an administrator" in told
    assert "/etc/cee" not in told
    assert faults[0] in page.person("root", Role.ADMINISTRATOR).get("/texts").text


def test_tags_of_a_macro_come_and_go_with_it(shop: Workshop, tracking: str) -> None:
    """One line of the history has letter, state and tags; the tag that the item had before stays at undo."""
    desk.tag(shop.intake, tracking, "urgent", actor="lee")
    texts = {
        name: ApprovedText(name=name, title=name, text=f"We tag {name}.", then=then, tags=("urgent", "fta-claim"))
        for name, then in (("aside", Act.WAIT), ("only", None), ("back", Act.RETURN))
    }
    intake = replace(shop.intake, site=replace(shop.site, texts=TextBook(texts=texts)))
    for name, state in (("aside", "waiting"), ("only", "new"), ("back", "closed")):
        desk.write_letter(intake, tracking, Letter(macro=name), actor="kim")
        item = story(shop).item
        assert (item.state, item.tags) == (state, ("fta-claim", "urgent")), name
        assert by_kim(shop)[-1].detail["tags"] == ["fta-claim"]
        desk.undo(intake, tracking, actor="kim")
        assert (story(shop).item.state, story(shop).item.tags) == ("new", ("urgent",)), name
    acts = [one.event for one in by_kim(shop) if one.event != "reply-cancelled"]
    assert acts == ["waiting", "undone", "replied", "undone", "returned", "undone"]
    shop.intake = intake
    text = StaffPage(shop).person("max").get(f"/items/{tracking}").text
    for name, button in (("aside", "Send and set item aside"), ("only", "Send and tag item"), ("back", "tag item")):
        assert f'"{name}" also tags the item urgent, fta-claim' in text
        assert f"{button}</button>" in text
        assert text.count(f'<button name="macro" value="{name} ') == 1, "in the form that sends it"
