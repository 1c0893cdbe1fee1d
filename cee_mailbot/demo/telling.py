"""What became of the samples: a line for each, and the stories of a few, step by step."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cee_mailbot.app import App
from cee_mailbot.demo.samples import Sample
from cee_mailbot.domain.facts import ItemFacts, MessageFacts, ReplyFacts
from cee_mailbot.domain.item_history import Line, lines_of
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.questions import ItemQuery, MessageQuery, Questions, ReplyQuery

_IN_QUEUE = frozenset({MessageStatus.ENQUEUED, MessageStatus.ASSEMBLING})
_STORIES = ("three-parts-last-first", "a-supplement", "parts-missing-at-the-deadline", "account-of-another-center")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """What became of a sample; `status` is None when it has not been taken in yet, `reply` names every kind it drew."""

    sample: str
    arrived: datetime
    mailbox: str
    status: str | None = None
    tracking: str | None = None
    reply: str | None = None
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What happened to one submission, in the order of time."""

    case: str
    about: str
    tracking: str
    team: str
    state: str
    flags: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What became of every sample, in the order of their names, and the stories that are told in full."""

    samples: tuple[Ended, ...]
    stories: tuple[Story, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What the database says, ready to be asked for one message at a time."""

    messages: dict[tuple[str, str], list[MessageFacts]]
    replies: dict[tuple[str | None, str | None], list[ReplyFacts]]
    items: Mapping[str, ItemFacts]


def what_became(app: App, samples: Sequence[Sample]) -> Told:
    """What became of these samples."""
    with app.store.read() as ask:
        known = _known(ask, {sha256(one.raw).hexdigest() for one in samples})
        ended = {one.uid: _ended(one, known) for one in samples}
        stories = tuple(_story(case, samples, ended, ask) for case in _STORIES)
    return Told(
        samples=tuple(sorted(ended.values(), key=lambda one: (one.sample, one.mailbox))),
        stories=tuple(story for story in stories if story),
    )


def _known(ask: Questions, digests: Container[str]) -> _Known:
    """Messages by mailbox and digest; one that was rejoined from fragments has bytes of its own: by its arrival."""
    messages: dict[tuple[str, str], list[MessageFacts]] = {}
    for message in ask.messages(MessageQuery()):
        name = message.sha256 if message.sha256 in digests else message.received_at.isoformat()
        messages.setdefault((message.mailbox, name), []).append(message)
    replies: dict[tuple[str | None, str | None], list[ReplyFacts]] = {}
    for reply in ask.replies(ReplyQuery()):
        replies.setdefault((reply.tracking, reply.in_reply_to), []).append(reply)
    return _Known(messages=messages, replies=replies, items={item.tracking: item for item in ask.items(ItemQuery())})


def _ended(sample: Sample, known: _Known) -> Ended:
    """What became of one sample; its row and its replies are no other sample's, and so are taken away."""
    names = (sha256(sample.raw).hexdigest(), sample.arrived.isoformat())
    rows = next((found for name in names if (found := known.messages.get((sample.mailbox, name)))), None)
    if rows is None:
        return Ended(sample=sample.name, arrived=sample.arrived, mailbox=sample.mailbox)
    row = rows.pop(0)
    item = known.items.get(row.tracking or "") if row.status in _IN_QUEUE else None
    replies = known.replies.pop((row.tracking, row.message_id), []) if row.tracking else []
    return Ended(
        sample=sample.name,
        arrived=sample.arrived,
        mailbox=sample.mailbox,
        status=row.status,
        tracking=row.tracking,
        reply=", ".join(_kind(reply) for reply in replies) or None,
        reasons=row.reasons,
        flags=item.flags if item else (),
    )


def _kind(reply: ReplyFacts) -> str:
    return reply.kind if reply.state == ReplyState.SENT else f"{reply.kind} ({reply.state})"


def _story(case: str, samples: Sequence[Sample], ended: Mapping[str, Ended], ask: Questions) -> Story | None:
    first = next((one for one in samples if one.case == case), None)
    tracking = ended[first.uid].tracking if first else None
    if first is None or tracking is None:
        return None
    told = ask.story(tracking)
    return Story(
        case=case,
        about=first.about,
        tracking=tracking,
        team=told.item.team,
        state=told.item.state,
        flags=told.item.flags,
        lines=lines_of(told),
    )
