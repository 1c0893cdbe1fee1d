"""What can be done with an item on its page: each act by its name, its button, and how it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass

from cee_mailbot import desk
from cee_mailbot.desk import Intake
from cee_mailbot.desk.local_time import local_instant
from cee_mailbot.domain.bulk import UNDO
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Act, Closing, find_tracking
from cee_mailbot.errors import UserError
from cee_mailbot.web.asking import Asked

REPLY_AND_WAIT, REPLY_AND_CLOSE = "reply-and-wait", "reply-and-close"


@dataclass(frozen=True, kw_only=True, slots=True)
class Doing:
    """One act as it was asked for: the line that acts once, the item and the version that the person saw."""

    intake: Intake
    asked: Asked
    tracking: str
    version: int

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.asked.person.name

    @property
    def reason(self) -> str:
        """Why, in the person's words."""
        return self.asked.text("reason")

    @property
    def zone(self) -> str:
        """On which clock the form gives times: the one it names, else that of the item's port."""
        if named := self.asked.text("zone"):
            return named
        with self.intake.store.read() as ask:
            return ask.story(self.tracking).item.zone


@dataclass(frozen=True, kw_only=True, slots=True)
class PageAct:
    """An act on the page: its button (verb and object), whether the item is done with then, and what is said of it."""

    button: str
    done: str
    carry: Callable[[Doing], object]
    leaves: bool = False
    needs: Role = Role.SPECIALIST


def _claim(doing: Doing) -> None:
    desk.claim(doing.intake, doing.tracking, actor=doing.actor, version=doing.version)


def _unclaim(doing: Doing) -> None:
    desk.unclaim(doing.intake, doing.tracking, actor=doing.actor, version=doing.version)


def _enqueue(doing: Doing) -> None:
    desk.enqueue(doing.intake, doing.tracking, actor=doing.actor, version=doing.version)


def _note(doing: Doing) -> None:
    desk.note(doing.intake, doing.tracking, doing.asked.text("text"), actor=doing.actor, version=doing.version)


def _tag(doing: Doing) -> None:
    desk.tag(doing.intake, doing.tracking, doing.asked.text("tag"), actor=doing.actor, version=doing.version)


def _untag(doing: Doing) -> None:
    desk.untag(doing.intake, doing.tracking, doing.asked.text("tag"), actor=doing.actor, version=doing.version)


def _wait(doing: Doing) -> None:
    until = local_instant(doing.asked.text("until"), doing.zone)
    desk.wait(
        doing.intake,
        doing.tracking,
        actor=doing.actor,
        until=until,
        reason=doing.reason,
        version=doing.version,
    )


def _close(doing: Doing) -> None:
    outcome = doing.asked.text("outcome")
    if outcome not in set(Closing):
        raise UserError("choose with which outcome the item is closed")
    desk.close(
        doing.intake,
        doing.tracking,
        Closing(outcome),
        actor=doing.actor,
        reason=doing.reason,
        version=doing.version,
    )


def _reopen(doing: Doing) -> None:
    desk.reopen(doing.intake, doing.tracking, actor=doing.actor, reason=doing.reason, version=doing.version)


def _reply(doing: Doing) -> None:
    if doing.asked.text("macro"):
        _use_macro(doing, Act.REPLY, doing.asked.text("text"))
    else:
        desk.write_to_filer(
            doing.intake, doing.tracking, text=doing.asked.text("text"), actor=doing.actor, version=doing.version
        )


def _reply_and_wait(doing: Doing) -> None:
    _use_macro(doing, Act.WAIT, doing.asked.text("text"))


def _reply_and_close(doing: Doing) -> None:
    _use_macro(doing, Act.CLOSE, doing.asked.text("text"))


def _return(doing: Doing) -> None:
    if doing.asked.text("macro"):
        _use_macro(doing, Act.RETURN, doing.reason)
    else:
        desk.send_back(doing.intake, doing.tracking, reason=doing.reason, actor=doing.actor, version=doing.version)


def macro_of(asked: Asked) -> tuple[str, str]:
    """The name of the macro whose button was pressed, and what it was then; empty where it was none."""
    name, _, mark = asked.text("macro").rpartition(" ")
    return name, mark


def _use_macro(doing: Doing, act: Act, text: str) -> None:
    """Raises `UserError` where the macro is no longer what the page said of it, or does another act."""
    name, mark = macro_of(doing.asked)
    macro = desk.text_named(doing.intake, name)
    if (macro.act, macro.mark) != (act, mark):
        raise UserError(f"{name} does something else by now; load the page again")
    desk.use_macro(doing.intake, doing.tracking, name, text=text, actor=doing.actor, version=doing.version)


def _transfer(doing: Doing) -> None:
    desk.transfer(
        doing.intake,
        doing.tracking,
        team=doing.asked.text("team"),
        reason=doing.reason,
        actor=doing.actor,
        version=doing.version,
    )


def _transfer_to_port(doing: Doing) -> None:
    desk.transfer_to_port(doing.intake, doing.tracking, reason=doing.reason, actor=doing.actor, version=doing.version)


def _move(doing: Doing) -> None:
    desk.move(
        doing.intake,
        doing.tracking,
        _message(doing),
        to=_other(doing),
        actor=doing.actor,
        reason=doing.reason,
        version=doing.version,
    )


def _split(doing: Doing) -> str:
    return desk.split(
        doing.intake,
        doing.tracking,
        _message(doing),
        actor=doing.actor,
        reason=doing.reason,
        version=doing.version,
    )


def _join(doing: Doing) -> None:
    desk.join(
        doing.intake,
        doing.tracking,
        _other(doing),
        actor=doing.actor,
        reason=doing.reason,
        version=doing.version,
    )


def _set_presentation(doing: Doing) -> None:
    at = local_instant(doing.asked.text("at"), doing.zone)
    if at is None:
        raise UserError("the time is missing; choose date and hour")
    desk.set_presentation(
        doing.intake,
        doing.tracking,
        at=at,
        reason=doing.reason,
        actor=doing.actor,
        version=doing.version,
    )


def _undo(doing: Doing) -> None:
    teams = doing.asked.person.teams
    desk.undo(doing.intake, doing.tracking, actor=doing.actor, version=doing.version, teams=teams)


def _message(doing: Doing) -> int:
    message = doing.asked.number("message")
    if message is None:
        raise UserError("choose a message")
    return message


def _other(doing: Doing) -> str:
    """The other item, which the person must be allowed to work on too."""
    numbers = find_tracking(doing.asked.text("other"))
    if len(numbers) != 1:
        raise UserError("give the tracking number of the other item, such as CEE-007-26-000123-S")
    doing.asked.authorise_item(numbers[0], Role.SPECIALIST)
    return numbers[0]


ACTS: dict[str, PageAct] = {
    Act.CLAIM: PageAct(button="Claim item", done="claimed", carry=_claim),
    Act.UNCLAIM: PageAct(button="Give item back", done="given back", carry=_unclaim),
    Act.ENQUEUE: PageAct(button="Enqueue as it is", done="enqueued", carry=_enqueue),
    Act.NOTE: PageAct(button="Add internal note", done="noted", carry=_note),
    Act.TAG: PageAct(button="Add tag", done="tagged", carry=_tag),
    Act.UNTAG: PageAct(button="Take tag off", done="changed: a tag was taken off", carry=_untag),
    Act.WAIT: PageAct(button="Set item aside", done="set aside", carry=_wait, leaves=True),
    Act.CLOSE: PageAct(button="Close item", done="closed", carry=_close, leaves=True),
    Act.REOPEN: PageAct(button="Reopen item", done="reopened", carry=_reopen),
    Act.REPLY: PageAct(button="Send message to filer", done="answered", carry=_reply),
    REPLY_AND_WAIT: PageAct(
        button="Send and set item aside", done="answered and set aside", carry=_reply_and_wait, leaves=True
    ),
    REPLY_AND_CLOSE: PageAct(
        button="Send and close item", done="answered and closed", carry=_reply_and_close, leaves=True
    ),
    Act.RETURN: PageAct(button="Return to filer", done="returned", carry=_return, leaves=True),
    Act.TRANSFER: PageAct(button="Hand over to Center", done="handed over", carry=_transfer, leaves=True),
    Act.TRANSFER_TO_PORT: PageAct(
        button="Leave to port", done="left to the port", carry=_transfer_to_port, leaves=True
    ),
    Act.MOVE: PageAct(button="Move message", done="changed: a message was moved", carry=_move),
    Act.SPLIT: PageAct(button="Split message off", done="changed: a message was split off", carry=_split),
    Act.JOIN: PageAct(button="Join with other item", done="joined", carry=_join),
    Act.SET_PRESENTATION: PageAct(
        button="Set presentation time", done="changed: its presentation time was set", carry=_set_presentation
    ),
    UNDO: PageAct(button="Undo", done="put back as it was", carry=_undo),
}

MACRO_ACTS: dict[Act, str] = {
    Act.REPLY: Act.REPLY,
    Act.WAIT: REPLY_AND_WAIT,
    Act.CLOSE: REPLY_AND_CLOSE,
    Act.RETURN: Act.RETURN,
}
"""The act of the page by which a macro is used, by the act that it is in all."""

BEHIND: dict[str, Act] = {**{str(one): one for one in Act}, REPLY_AND_WAIT: Act.WAIT, REPLY_AND_CLOSE: Act.CLOSE}
"""The act that the history tells of, by the act of the page."""
