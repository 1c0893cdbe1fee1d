"""What could not be processed: messages outside the queue and replies that did not leave, and what to do about them."""

from dataclasses import dataclass, replace
from email import message_from_bytes, policy

from fastapi.responses import Response

from cee_mailbot import desk
from cee_mailbot.domain.facts import MessageFacts, ReplyFacts
from cee_mailbot.domain.reply import CANCELLABLE, RETRIABLE, ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.questions import Questions, UnprocessedQuery
from cee_mailbot.web.asking import Asked, go_to, whole_number
from cee_mailbot.web.once import once_sent
from cee_mailbot.web.showing import show
from parsers.subject import SubjectLine

COUNTED_TO = 100
LONGEST_LINE = 998  # RFC 5322 2.1.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One list of the page: its name, what it holds, and in which statuses or states that is."""

    name: str
    says: str
    states: tuple[str, ...]
    replies: bool = False


KINDS: dict[str, Kind] = {
    "held": Kind(
        name="Held",
        says="A person must look at these; nobody was answered.",
        states=(MessageStatus.HELD,),
    ),
    "rejected": Kind(
        name="Not processed",
        says="The senders were told what to correct; those that were made good since are not shown.",
        states=(MessageStatus.REJECTED,),
    ),
    "ignored": Kind(
        name="From machines",
        says="Absence notes, lists and reports; nobody was answered.",
        states=(MessageStatus.IGNORED,),
    ),
    "replies": Kind(
        name="Replies not sent",
        says="What the sender should have read and has not.",
        states=(ReplyState.FAILED, ReplyState.UNDELIVERABLE, ReplyState.WITHHELD),
        replies=True,
    ),
}


def unprocessed_page(asked: Asked) -> Response:
    """One of the lists, newest first."""
    what = asked.query.get("what", "")
    what = what if what in KINDS else "held"
    before = asked.query.get("before", "")
    query = replace(_query(asked, KINDS[what]), before=whole_number(before) if before else None)
    with asked.parts.intake.store.read() as ask:
        found = _found(ask, query, KINDS[what])
        counts = {name: _count(ask, asked, kind) for name, kind in KINDS.items()}
    page = found[: asked.parts.settings.page_rows]
    return show(
        asked,
        "unprocessed.html",
        kinds=KINDS,
        what=what,
        counts=counts,
        found=page,
        next_before=page[-1].id if len(found) > len(page) else None,
    )


def _query(asked: Asked, kind: Kind) -> UnprocessedQuery:
    """Whose things this person may see: as `Asked.authorise_message` has it of each."""
    person, site = asked.person, asked.parts.intake.site
    return UnprocessedQuery(
        states=kind.states,
        teams=None if person.teams is None else tuple(sorted(person.teams)),
        mailboxes=tuple(one.name for one in site.mailboxes if person.sees(one.team)),
        limit=asked.parts.settings.page_rows + 1,
    )


def _found(ask: Questions, query: UnprocessedQuery, kind: Kind) -> tuple[MessageFacts, ...] | tuple[ReplyFacts, ...]:
    return ask.unprocessed_replies(query) if kind.replies else ask.unprocessed_messages(query)


def _count(ask: Questions, asked: Asked, kind: Kind) -> str:
    count = len(_found(ask, replace(_query(asked, kind), limit=COUNTED_TO), kind))
    return f"{COUNTED_TO - 1}+" if count == COUNTED_TO else str(count)


def release_page(asked: Asked) -> Response:
    """How a message would read if it were put into the queue under this subject line; nothing is done yet."""
    number = whole_number(asked.path["message"])
    with asked.parts.intake.store.read() as ask:
        message = ask.message(number)
    line = asked.query.get("line", "").strip()[:LONGEST_LINE] or None
    reads = desk.reading_if_released(asked.parts.intake, number, line)
    return show(
        asked,
        "release.html",
        message=message,
        line=line or message.subject,
        given=line or "",
        reads=reads,
        can_go=_can_go(asked, message, reads),
    )


def _can_go(asked: Asked, message: MessageFacts, reads: SubjectLine) -> bool:
    """Whether the line is one that the queue takes; the program office takes any."""
    return reads.ok or asked.parts.intake.site.mailbox(message.mailbox).kind != "center"


def release(asked: Asked) -> Response:
    """Puts a message into the queue, under the subject line that the person gave."""
    number = whole_number(asked.path["message"])
    line = asked.text("line", longest=LONGEST_LINE) or None
    place = f"/messages/{number}?done=release"
    # The first transaction only looks; the second has the effect.
    desk.release(once_sent(asked, place, note_in=2), number, actor=asked.person.name, line=line)
    return go_to(f"/messages/{number}", done="release")


def reply_page(asked: Asked) -> Response:
    """A reply as its reader gets it, every try to send it, and what can be done with it."""
    number = whole_number(asked.path["reply"])
    with asked.parts.intake.store.read() as ask:
        facts, raw = ask.reply(number)
        attempts = ask.attempts(number)
    return show(
        asked,
        "reply.html",
        reply=facts,
        attempts=attempts,
        text=text_of_reply(raw),
        can_retry=facts.state in RETRIABLE,
        can_cancel=facts.state in CANCELLABLE,
    )


def text_of_reply(raw: bytes) -> str:
    """The plain text of a reply of ours."""
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def retry_reply(asked: Asked) -> Response:
    """Tries a reply again."""
    number = whole_number(asked.path["reply"])
    desk.retry_reply(once_sent(asked, f"/replies/{number}?done=retry"), number, actor=asked.person.name)
    return go_to(f"/replies/{number}", done="retry")


def cancel_reply(asked: Asked) -> Response:
    """Takes a reply back that has not left."""
    number = whole_number(asked.path["reply"])
    desk.cancel_reply(once_sent(asked, f"/replies/{number}?done=cancel"), number, actor=asked.person.name)
    return go_to(f"/replies/{number}", done="cancel")
