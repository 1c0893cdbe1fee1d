"""Staff's own labels put on items and taken off; the sender never sees them."""

from collections.abc import Iterable
from dataclasses import replace

from cee_mailbot.desk.item import Opened, opened
from cee_mailbot.desk_ledger import Change
from cee_mailbot.domain.tags import MOST_TAGS, read_tag, why_no_tag
from cee_mailbot.domain.work_item import Act
from cee_mailbot.errors import NotAllowedError, UserError
from cee_mailbot.intake import Intake


def tag(intake: Intake, tracking: str, name: str, *, actor: str, version: int | None = None) -> None:
    """Puts a tag on the item.

    Raises `UserError` for a text that can be none, and `NotAllowedError` when the item has it, or has too many.
    """
    word = tag_of(name)
    with opened(intake, tracking, Act.TAG, actor=actor, version=version) as at:
        if word in at.item.tags:
            raise NotAllowedError(f"{at.item.tracking} has the tag {word} already")
        at.unit.carry_out(with_tags(at.change(), (word,), at))


def untag(intake: Intake, tracking: str, name: str, *, actor: str, version: int | None = None) -> None:
    """Takes a tag off the item. Raises `NotAllowedError` when the item does not have it."""
    word = tag_of(name)
    with opened(intake, tracking, Act.UNTAG, actor=actor, version=version) as at:
        if word not in at.item.tags:
            has = ", ".join(at.item.tags) or "none"
            raise NotAllowedError(f"{at.item.tracking} does not have the tag {word}; it has: {has}")
        at.unit.carry_out(replace(at.change(), untags=(word,)))


def with_tags(change: Change, names: Iterable[str], at: Opened) -> Change:
    """The same act, which puts these tags on too; one that the item has stays as it is.

    Raises `UserError` for a text that can be no tag, and `NotAllowedError` when the item would have too many.
    """
    new = tuple(dict.fromkeys(word for word in map(tag_of, names) if word not in at.item.tags))
    if new and len(at.item.tags) + len(new) > MOST_TAGS:
        raise NotAllowedError(
            f"{at.item.tracking} has {len(at.item.tags)} tags, and may have {MOST_TAGS}; take one off first"
        )
    return replace(change, tags=new)


def tag_of(text: str) -> str:
    """The tag that was written, in the form in which it is kept. Raises `UserError`."""
    word = read_tag(text)
    if word is None:
        raise UserError(why_no_tag(text))
    return word
