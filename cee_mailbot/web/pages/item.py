"""One item: facts and clocks, flags, documents, messages, what can be done, and its history."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.responses import Response

from cee_mailbot import desk
from cee_mailbot.accounts import after_act
from cee_mailbot.desk.clock import clock_facts, in_force
from cee_mailbot.domain.approved_texts import unfilled
from cee_mailbot.domain.facts import DocumentFacts, ItemStory, UndoFacts
from cee_mailbot.domain.item_history import KINDS, Line, last_line, lines_of
from cee_mailbot.domain.queue_search import read_search, write_search
from cee_mailbot.domain.submission_timeline import timeline_of
from cee_mailbot.domain.work_item import EVENTS, Closing, ItemState, allowed
from cee_mailbot.staff_ledger import Draft
from cee_mailbot.web.acts import ACTS
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.claims import claim_of
from cee_mailbot.web.pages.documents import Papers, is_malware, papers_of
from cee_mailbot.web.pages.drafts import note_viewing
from cee_mailbot.web.pages.queue import done_of, seconds_until, sort_of
from cee_mailbot.web.pages.texts import offered_at
from cee_mailbot.web.showing import show
from cee_mailbot.web.views import due_words
from parsers.port import find_port
from parsers.subject_types import subject_table


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A line of the history in words, numbered from 1 in the whole of it, and the note that was written with it.

    Its address on the page is its id: a number changes when messages of another item are put among its lines.
    """

    number: int
    line: Line
    note: str | None


def item_page(asked: Asked) -> Response:
    """The item with this number."""
    around = _around(asked)
    with asked.parts.intake.store.read() as ask:
        story = ask.story(asked.path["tracking"])
        tags = ask.tags_in_use((story.item.team,))
        drafts = ask.drafts(story.item.tracking, person=asked.person.name)
        malware = {one.id for one in story.messages if is_malware(ask.scan(one.id))}
        closures, done = in_force(ask.closures()), done_of(asked, ask)
        undo = ask.next_undo(story.item.tracking, teams=asked.person.teams)
        linked = {one: asked.person.sees(ask.team_of_item(one) or "") for one in story.item.linked}
    site = asked.parts.intake.site
    policy = site.policies.get(story.mailbox)
    return show(
        asked,
        "item.html",
        story=story,
        item=story.item,
        **_names(asked, story),
        due=due_words(story.item, asked.parts.now(), closures),
        clocks=clock_facts(story, closures, policy.office_hours if policy else None),
        papers=_papers(asked, story, malware),
        messages=story.messages,
        linked=linked,
        timeline=timeline_of(story),
        tags=[one for one in tags if one not in story.item.tags],
        acts={named: ACTS[named] for named in allowed(ItemState(story.item.state))},
        outcomes=tuple(Closing),
        seen=last_line(story),
        drafts=drafts,
        **(writing := _reply_form(asked, story, drafts)),
        offered=offered_at(asked, story.item, closures, drafts, reader=writing["reader"]),
        **_history(asked, story),
        **around,
        undo=undo,
        undo_words=_undo_words(undo, story.item.zone, asked),
        undo_leaves_in=seconds_until(undo.leaves, asked) if undo else None,
        done=done,
        done_words=ACTS[done.act].done if done and done.act in ACTS else None,
    )


def _names(asked: Asked, story: ItemStory) -> dict[str, Any]:
    """The Centers, and what the codes of the item stand for."""
    centers, port = asked.parts.intake.site.centers, find_port(story.item.port or "")
    return {
        "center": centers.get(story.item.team),
        "teams": tuple(sorted(centers)),
        "port_name": port.name.title() if port else None,
        "code_name": subject_table().get(story.item.code or ""),
    }


def _undo_words(undo: UndoFacts | None, zone: str, asked: Asked) -> str:
    """What would be undone, such as `closed by you at 9:12 AM PST`; of another day the day."""
    if undo is None:
        return ""
    at, now = (one.astimezone(ZoneInfo(zone)) for one in (undo.at, asked.parts.now()))
    when = f"at {at:%-I:%M %p %Z}" if at.date() == now.date() else f"on {at:%b %-d}"
    act = next(act for act, event in EVENTS.items() if event == undo.event)
    who = "you" if undo.actor == asked.person.name else undo.actor
    return f"{ACTS[act].done.removeprefix('changed: ')} by {who} {when}"


def _around(asked: Asked) -> dict[str, Any]:
    """The list that the person comes from and goes on to, who else is there, and whose the item is."""
    tracking, store = str(asked.path["tracking"]).upper(), asked.parts.intake.store
    others = note_viewing(asked, tracking)  # first: to look at an item is to use one's claim
    with store.read() as ask:
        claim = claim_of(ask.claims([tracking]).get(tracking), asked.parts)
        woken = ask.woken([tracking]).get(tracking)
    return {
        "view": {"q": write_search(read_search(asked.query.get("q", ""))), "sort": sort_of(asked)},
        "after": after_act(store, asked.person.name),
        "others": others,
        "claim": claim,
        "woken": woken,
        "renewed": False,
    }


def _history(asked: Asked, story: ItemStory) -> dict[str, Any]:
    """The history, or its lines of the kind that the address asks for; how many of each kind there are."""
    every, kind = events(story), asked.query.get("history", "")
    counts = Counter(one.line.kind for one in every)
    return {
        "events": [one for one in every if one.line.kind == kind] if counts[kind] else every,
        "kinds": {one: counts[one] for one in KINDS if counts[one]},
        "kind": kind if counts[kind] else "",
    }


def _reply_form(asked: Asked, story: ItemStory, drafts: Mapping[str, Draft]) -> dict[str, Any]:
    """What the form for a message to the filer holds; `reader` is whom it, and what else is told, would reach."""
    site, text = asked.parts.intake.site, drafts["reply"].text if "reply" in drafts else ""
    home = site.home(story.mailbox, story.item.team)
    return {
        "reply_text": text,
        "unfilled": unfilled(text),
        "left_in_return": unfilled(drafts["return"].text) if "return" in drafts else (),
        "mailbox_address": home.address,
        "reader": desk.filer_of(asked.parts.intake, story.item.tracking),
        "undo_send": int(site.policies[home.name].undo_send.total_seconds()),
    }


def _papers(asked: Asked, story: ItemStory, malware: Collection[int]) -> dict[int, Papers]:
    """The documents by the message that they came with; `malware` are messages that have it."""
    found: dict[int, list[DocumentFacts]] = {one.id: [] for one in story.messages}
    for facts in story.documents:
        found.setdefault(facts.message, []).append(facts)
    return {message: papers_of(asked, of_it, malware=message in malware) for message, of_it in found.items()}


def events(story: ItemStory) -> list[Event]:
    """The history in words, in the order in which it happened."""
    notes: dict[Any, str] = {note.id: note.text for note in story.notes}
    lines = enumerate(zip(lines_of(story), story.history, strict=True), start=1)
    return [
        Event(number=number, line=line, note=notes.get(facts.detail.get("note"))) for number, (line, facts) in lines
    ]
