"""The history of an item in words, for people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cee_mailbot.domain.facts import HistoryFacts, ItemStory
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import EVENTS, EXPIRED, SYSTEM, UNDONE, WOKEN, Act

_WORDS: Mapping[str, str] = {
    "received": "message {message} came to {mailbox}: {subject}",
    "assembling": "message {message} waits for the other parts",
    "enqueued": "entered the queue",
    "supplement": "message {message} added to the item",
    "correspondence": "message {message} kept beside the item",
    "duplicate": "message {message} was there already",
    "rejected": "message {message} not processed",
    "held": "message {message} held for a person",
    "ignored": "message {message} came from a machine and is not answered",
    "waiting": "waits for the broker",
    "noted": "a note was written",
    "tagged": "was tagged",
    "untagged": "a tag was taken off",
    "replied": "wrote to the filer",
    "reject-made-good": "makes good what was not processed before",
    "entry-date-set": "the entry date was set",
    "presentation-set": "the presentation time was set by a person",
    "claim-expired": "nobody used the claim, and it ended",
    "due-moved": "the due date moved",
    "message-viewed": "message {message} was given to this person",
    "document-viewed": "a document of message {message} was given to this person",
}
# A macro is one act, and the letter is the part of it that the event does not name.
_BY_MACRO: Mapping[str, str] = {
    "waiting": "wrote to the filer and set the item aside",
    "closed": "wrote to the filer and closed the item",
}
_REPLY = "reply-"

# The kinds of lines by which people look through a history, each with its events; every other event is of the last.
KINDS: Mapping[str, frozenset[str]] = {
    "messages": frozenset({*MessageStatus, "reject-made-good", "moved", "split", "joined"}),
    "replies": frozenset({"replied"}),
    "notes": frozenset({"noted"}),
    "tags": frozenset({"tagged", "untagged"}),
    "claims": frozenset({"claimed", "unclaimed", EXPIRED}),
    "decisions": frozenset(
        {"waiting", WOKEN, "closed", "reopened", "returned", "transferred", "transferred-to-port", UNDONE}
    ),
    "views": frozenset({"message-viewed", "document-viewed"}),
    "clocks and papers": frozenset(),
}
# What the history keeps for programs: digests, row ids, Message-IDs, and the version of the rules.
_UNTOLD = frozenset({"policy", "sha256", "kind", "note", "before", "after", "line", "made", "reply"})
# What an act changed that its name does not say: the field of the item, and the words before its old and new value.
_CHANGED: Mapping[str, tuple[str, str, str]] = {
    EVENTS[Act.TRANSFER]: ("team", "from Center", "to Center"),
    EVENTS[Act.SET_PRESENTATION]: ("presented_at", "from", "to"),
    EVENTS[Act.WAIT]: ("waiting_until", "", "until"),
    EVENTS[Act.CLOSE]: ("outcome", "", "outcome"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line: its id, when (UTC), who, what happened in words, and of which kind of `KINDS` it is."""

    id: int
    at: datetime
    actor: str
    says: str
    kind: str


_ACTS = frozenset({*EVENTS.values(), UNDONE} - {EVENTS[Act.NOTE]})


def did_last(story: ItemStory, person: str, act: Act) -> bool:
    """Whether this act of this person is the last that anybody did with the item, notes aside."""
    last = last_act(story)
    return last is not None and (last.event, last.actor) == (EVENTS[act], person)


def last_act(story: ItemStory) -> HistoryFacts | None:
    """The last that anybody did with the item, notes aside; None where nobody did anything."""
    acts = (one for one in reversed(story.history) if one.event in _ACTS and one.actor != SYSTEM)
    return next(acts, None)


_TELLS_THE_FILER = frozenset({EVENTS[Act.RETURN], EVENTS[Act.TRANSFER], EVENTS[Act.TRANSFER_TO_PORT]})
NO_LETTER = "No letter went: the sender is a machine or has no address that can be written to."


def unheard(line: HistoryFacts) -> bool:
    """Whether this act is told to the filer by a letter, and there was nobody to write to."""
    return line.event in _TELLS_THE_FILER and "reply" not in line.detail


def lines_of(story: ItemStory) -> tuple[Line, ...]:
    """Every line of an item's history, in the order in which it was written."""
    return tuple(
        Line(id=one.id, at=one.at, actor=one.actor, says=_says(one, story), kind=kind_of(one.event))
        for one in story.history
    )


def last_line(story: ItemStory) -> int:
    """The id of the newest line: what was written since has a higher one, whatever a join put among the older."""
    return max((one.id for one in story.history), default=0)


def kind_of(event: str) -> str:
    """The kind of a line by its event."""
    if event.startswith(_REPLY):
        return "replies"
    return next((kind for kind, events in KINDS.items() if event in events), [*KINDS][-1])


def _says(line: HistoryFacts, story: ItemStory) -> str:
    told = [f"{key.replace('_', ' ')} {words}" for key, value in line.detail.items() if (words := _told(key, value))]
    particulars = "; ".join(one for one in (*_changed(line, story.item.zone), *told) if one)
    return f"{_event(line, story)} ({particulars})" if particulars else _event(line, story)


def _changed(line: HistoryFacts, zone: str) -> Iterator[str]:
    """What the act changed, on the item's own clock."""
    name, *words = _CHANGED.get(line.event, ("", ""))
    changes = line.detail.get("changes")
    for field, values in (changes if isinstance(changes, dict) else {}).items():
        if field.startswith("submission/") and field.rpartition("/")[2] == name:
            said = zip(words, values, strict=True)
            yield " ".join(f"{word} {_value(value, zone)}" for word, value in said if word and value is not None)


def _value(value: object, zone: str) -> str:
    """A value as the history has it; an instant with its day of the week, zone and offset."""
    try:
        at = datetime.fromisoformat(str(value)).astimezone(ZoneInfo(zone))
    except ValueError:
        return str(value)
    return f"{at:%a %b} {at.day}, {at:%Y, %H:%M:%S %Z} (UTC{at.isoformat()[-6:]})"


def _event(line: HistoryFacts, story: ItemStory) -> str:
    if line.event.startswith(_REPLY):
        kind = next((one.kind for one in story.replies if one.id == line.reply), "reply")
        return f"reply {line.event.removeprefix(_REPLY)}: {kind}"
    by_macro = _BY_MACRO.get(line.event) if "macro" in line.detail else None
    words = by_macro or _WORDS.get(line.event, line.event.replace("-", " "))
    message = next((one for one in story.messages if one.id == line.message), None)
    mailbox, subject = (message.mailbox, message.subject) if message else ("", "")
    return words.format(message=line.message, mailbox=mailbox, subject=subject)


def _told(key: str, value: object) -> str:
    """A particular in words; none where it says nothing to a person."""
    if key in _UNTOLD or isinstance(value, dict):
        return ""
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value or "")
