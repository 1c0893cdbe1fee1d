"""Approved texts as letters, and macros: a letter and what is done with the item, as one act that is undone as one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cee_mailbot.desk.clock import in_force
from cee_mailbot.desk.handing_on import answered, to_be_read, with_letter, write_to_filer, written_to_filer
from cee_mailbot.desk.item import Opened, opened
from cee_mailbot.desk.tagging import with_tags
from cee_mailbot.domain.approved_texts import ApprovedText, filled, unfilled, wait_ends
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.errors import UserError
from cee_mailbot.intake import Intake


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What is to be written: words, or an approved text with what is to stand in its `fields`, by their names.

    With a `macro` what that does is done too; its own text is sent where there are no other words.
    """

    text: str = ""
    approved_text: str | None = None
    macro: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def write_letter(intake: Intake, tracking: str, letter: Letter, *, actor: str, version: int | None = None) -> None:
    """Writes to the filer as `write_to_filer`, or uses a macro. Raises `UserError` for a letter that is not clear."""
    name = letter.macro or letter.approved_text
    if letter.macro and letter.approved_text:
        raise UserError("give an approved text or a macro, and not both")
    if letter.text and (letter.approved_text or letter.fields):
        raise UserError("give the words or an approved text with its fields, and not both")
    if not letter.text and name is None:
        raise UserError("the text, which the filer will read, is missing; say it in words or name an approved text")
    text = letter.text or filled_in(intake, tracking, name or "", letter.fields)
    if letter.macro:
        use_macro(intake, tracking, letter.macro, text=text, actor=actor, version=version)
    else:
        write_to_filer(intake, tracking, text=text, actor=actor, version=version)


def filled_in(intake: Intake, tracking: str, name: str, fields: Mapping[str, str] | None = None) -> str:
    """An approved text with what the item knows, and these `fields`, filled in; what is left stays in brackets.

    Raises `UserError` for a text or a field that there is not, and `NotFoundError` for the item.
    """
    chosen, given = text_named(intake, name), _words_by_field(fields or {})
    known = unfilled(chosen.text)
    if strange := [key for key in given if key not in {one.casefold() for one in known}]:
        raise UserError(f"{name} has no field {strange[0]!r}; it has: {', '.join(known) or 'none'}")
    with intake.store.read() as ask:
        item = ask.story(tracking).item
    center = intake.site.centers.get(item.team)
    return filled(chosen.text, item, center=center.name if center else item.team, given=given)


def _words_by_field(fields: Mapping[str, str]) -> Mapping[str, str]:
    """What is to stand in each field, by its casefolded name. Raises `UserError` for two that are the same field."""
    given = {key.strip().casefold(): value.strip() for key, value in fields.items()}
    if len(given) != len(fields):
        raise UserError("a field is given twice; give each once")
    return given


def text_named(intake: Intake, name: str) -> ApprovedText:
    """The approved text of this name. Raises `UserError`."""
    texts = intake.site.texts.texts
    if name not in texts:
        raise UserError(f"there is no approved text {name[:60]!r}; there are: {', '.join(texts) or 'none'}")
    return texts[name]


def use_macro(intake: Intake, tracking: str, name: str, *, text: str, actor: str, version: int | None = None) -> None:
    """Sends the words and does what the macro says, in one transaction with one line of history.

    Raises `UserError` for what is no macro, or has a field that nobody filled in, and `NotAllowedError` where the item
    does not allow it. Then nothing is done.
    """
    macro = text_named(intake, name)
    if not macro.is_macro:
        raise UserError(f"{name} does nothing beside; send it as an approved text")
    words = to_be_read(text, "the text, which the filer will read,")
    with opened(intake, tracking, macro.act, actor=actor, version=version) as at:
        sets = _EFFECTS[macro.act](macro, at, intake)
        change = with_tags(replace(at.change(reason=words), sets=sets, detail={"macro": macro.label}), macro.tags, at)
        if macro.act is Act.RETURN:
            at.unit.carry_out(with_letter(answered(change, at, intake, ReplyKind.RETURN), at))
        else:
            at.unit.carry_out(written_to_filer(change, at, intake))


def _waits(macro: ApprovedText, at: Opened, intake: Intake) -> dict[str, object]:
    item, closures = at.unit.clocked_item(at.item.tracking), in_force(at.unit.closures())
    until = wait_ends(macro, intake.site.clock.now(), port=item.port, zone=item.zone, closures=closures)
    return {"assignee": at.item.assignee or at.actor, "waiting_until": until}


def _closes(macro: ApprovedText, _at: Opened, _intake: Intake) -> dict[str, object]:
    return {"outcome": macro.outcome, "waiting_until": None}


def _returns(_macro: ApprovedText, _at: Opened, _intake: Intake) -> dict[str, object]:
    return {"outcome": Closing.RETURNED, "waiting_until": None}


# What each act sets, as it does without a macro.
_EFFECTS: Mapping[Act, Callable[[ApprovedText, Opened, Intake], dict[str, object]]] = {
    Act.REPLY: lambda _macro, _at, _intake: {},
    Act.WAIT: _waits,
    Act.CLOSE: _closes,
    Act.RETURN: _returns,
}
