"""The acts of the API, each as the command of the same name carries it out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cee_mailbot import desk
from cee_mailbot.desk import clock
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import find_tracking
from cee_mailbot.errors import NotAllowedError, UserError
from cee_mailbot.web.api import given, reads
from cee_mailbot.web.api.operation import Call, Given
from cee_mailbot.web.asking import whole_number
from cee_mailbot.web.gate import Of


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemAct:
    """An act on an item: what it does, what it takes, and how; the number of a new item is what is shown then."""

    says: str
    body: type[Given]
    carry: Callable[[Call, str], object]


def performed(act: ItemAct) -> Callable[[Call], Any]:
    """The act as an operation: the item as it stands afterwards."""

    def perform(call: Call) -> Any:
        tracking = str(call.asked.path[Of.ITEM]).upper()
        told = act.carry(call, tracking)
        return item_now(call, told if isinstance(told, str) and find_tracking(told) else tracking)

    return perform


def item_now(call: Call, tracking: str) -> Any:
    """The line of the list of one item, with its `version`."""
    with call.intake.store.read() as ask:
        story = ask.story(tracking)
    return to_json(story.item) | {"version": story.version}


def _frame(call: Call) -> dict[str, Any]:
    return {"actor": call.actor, "version": call.given.version}


def _reasoned(call: Call) -> dict[str, Any]:
    return {**_frame(call), "reason": call.given.reason}


def _claim(call: Call, tracking: str) -> None:
    desk.claim(call.intake, tracking, **_frame(call))


def _unclaim(call: Call, tracking: str) -> None:
    desk.unclaim(call.intake, tracking, **_frame(call))


def _enqueue(call: Call, tracking: str) -> None:
    desk.enqueue(call.intake, tracking, **_frame(call))


def _note(call: Call, tracking: str) -> None:
    desk.note(call.intake, tracking, call.given.text, **_frame(call))


def _tag(call: Call, tracking: str) -> None:
    desk.tag(call.intake, tracking, call.given.tag, **_frame(call))


def _untag(call: Call, tracking: str) -> None:
    desk.untag(call.intake, tracking, call.given.tag, **_frame(call))


def _wait(call: Call, tracking: str) -> None:
    desk.wait(call.intake, tracking, until=call.given.until, **_reasoned(call))


def _close(call: Call, tracking: str) -> None:
    desk.close(call.intake, tracking, call.given.outcome, **_reasoned(call))


def _reopen(call: Call, tracking: str) -> None:
    desk.reopen(call.intake, tracking, **_reasoned(call))


def _reply(call: Call, tracking: str) -> None:
    letter = desk.Letter(**call.given.model_dump(include={"text", "approved_text", "macro", "fields"}))
    desk.write_letter(call.intake, tracking, letter, **_frame(call))


def _return(call: Call, tracking: str) -> None:
    desk.send_back(call.intake, tracking, **_reasoned(call))


def _transfer(call: Call, tracking: str) -> None:
    if call.given.port == (call.given.team is not None):
        raise UserError("give either the team of the other Center or port: true")
    if call.given.port:
        desk.transfer_to_port(call.intake, tracking, **_reasoned(call))
    else:
        desk.transfer(call.intake, tracking, team=call.given.team, **_reasoned(call))


def _move(call: Call, tracking: str) -> None:
    desk.move(call.intake, tracking, call.given.message, to=_other(call, call.given.to), **_reasoned(call))


def _split(call: Call, tracking: str) -> str:
    return desk.split(call.intake, tracking, call.given.message, **_reasoned(call))


def _join(call: Call, tracking: str) -> None:
    desk.join(call.intake, tracking, _other(call, call.given.other), **_reasoned(call))


def _set_presentation(call: Call, tracking: str) -> None:
    desk.set_presentation(call.intake, tracking, at=call.given.at, **_reasoned(call))


def _set_entry_date(call: Call, tracking: str) -> None:
    clock.set_entry_date(call.intake, tracking, call.given.date, **_frame(call))


def _undo(call: Call, tracking: str) -> None:
    desk.undo(call.intake, tracking, **_frame(call), teams=call.person.teams)


def _other(call: Call, tracking: str) -> str:
    """The other item, which the caller must be allowed to work on too."""
    call.asked.authorise_item(tracking.upper(), Role.SPECIALIST)
    return tracking.upper()


ITEM_ACTS: dict[str, ItemAct] = {
    "claim": ItemAct(says="Makes it the caller's.", body=given.Seen, carry=_claim),
    "unclaim": ItemAct(says="Puts it back for whoever claims it.", body=given.Seen, carry=_unclaim),
    "enqueue": ItemAct(says="Enqueues an assembling set as it is.", body=given.Seen, carry=_enqueue),
    "note": ItemAct(says="Writes a note, which the sender never sees.", body=given.Noting, carry=_note),
    "tag": ItemAct(says="Puts one of staff's own labels on it.", body=given.Tagging, carry=_tag),
    "untag": ItemAct(says="Takes one of staff's own labels off.", body=given.Tagging, carry=_untag),
    "wait": ItemAct(says="Sets it aside until a time or an answer.", body=given.Waiting, carry=_wait),
    "close": ItemAct(says="Closes it with an outcome.", body=given.ClosingIt, carry=_close),
    "reopen": ItemAct(says="Puts a closed item back into the queue.", body=given.WithReason, carry=_reopen),
    "reply": ItemAct(
        says="Writes to the filer, in the caller's words or an approved text's, and does what a macro does beside.",
        body=given.Replying,
        carry=_reply,
    ),
    "return": ItemAct(
        says="Sends the documents back with a reason, and closes it.", body=given.WithNeededReason, carry=_return
    ),
    "transfer": ItemAct(
        says="Passes it to another Center or to the port, and tells the sender.",
        body=given.Transferring,
        carry=_transfer,
    ),
    "move": ItemAct(says="Moves one of its messages to another item.", body=given.Moving, carry=_move),
    "split": ItemAct(
        says="Makes one of its messages an item of its own, and shows that one.", body=given.Splitting, carry=_split
    ),
    "join": ItemAct(says="Takes all messages of another item in.", body=given.Joining, carry=_join),
    "set-presentation": ItemAct(
        says="Sets its presentation time by hand.", body=given.Presenting, carry=_set_presentation
    ),
    "set-entry-date": ItemAct(
        says="Sets the day of entry, from which a clock runs.", body=given.EntryDate, carry=_set_entry_date
    ),
    "undo": ItemAct(says="Takes the last act on it back.", body=given.Seen, carry=_undo),
}


def release(call: Call) -> Any:
    """As `messages release`; what follows is sent by the running service."""
    number = whole_number(call.asked.path[Of.MESSAGE])
    desk.release(call.intake, number, actor=call.actor, line=call.given.line)
    with call.intake.store.read() as ask:
        return ask.message(number)


def retry_reply(call: Call) -> Any:
    """As `replies retry`; the running service sends it."""
    desk.retry_reply(call.intake, whole_number(call.asked.path[Of.REPLY]), actor=call.actor)
    return reads.show_reply(call)


def cancel_reply(call: Call) -> Any:
    """As `replies cancel`."""
    desk.cancel_reply(call.intake, whole_number(call.asked.path[Of.REPLY]), actor=call.actor)
    return reads.show_reply(call)


def add_closure(call: Call) -> Any:
    """As `closures add`."""
    days = call.given
    last = days.last or days.first
    return clock.add_closure(
        call.intake, port=days.port, first=days.first, last=last, reason=days.reason, actor=call.actor
    )


def closure_added(call: Call) -> Any:
    """The line that the same call has entered before. Raises `NotAllowedError` when it was taken out since."""
    days = call.given
    wanted = (days.port, days.first, days.last or days.first, days.reason.strip(), call.actor)
    for one in reversed(reads.list_closures(call)):
        if (one.port, one.first, one.last, one.reason.strip(), one.actor) == wanted:
            return one
    raise NotAllowedError("these snow days were entered by this call before, and taken out since")


def remove_closure(call: Call) -> Any:
    """As `closures remove`: the register as it is now."""
    clock.remove_closure(call.intake, whole_number(call.asked.path["closure"]), actor=call.actor)
    return reads.list_closures(call)
