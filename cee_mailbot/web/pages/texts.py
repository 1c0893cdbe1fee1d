"""Approved texts: all that the site has, and those that an item's forms offer with what the item knows filled in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from fastapi.responses import Response

from cee_mailbot.domain.approved_texts import ApprovedText, effect, facts_of, filled, texts_in, wait_ends
from cee_mailbot.domain.facts import ItemFacts
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Act, ItemState, allowed
from cee_mailbot.domain.working_days import Closure
from cee_mailbot.staff_ledger import Draft
from cee_mailbot.web.acts import ACTS, MACRO_ACTS
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.showing import show, when

# What each form of an item offers, by the act that a text is in all: a letter of return has words of its own.
OFFERED: Mapping[str, frozenset[Act]] = {
    "note": frozenset({Act.REPLY}),
    "reply": frozenset({Act.REPLY, Act.WAIT, Act.CLOSE}),
    "return": frozenset({Act.REPLY, Act.RETURN}),
}

# The acts that the same forms send: of any other text they take the words alone.
SENT: Mapping[str, frozenset[Act]] = {
    "note": frozenset(),
    "reply": OFFERED["reply"],
    "return": frozenset({Act.RETURN}),
}

# The acts whose button says nothing of tags, for the macros that do nothing else beside.
_TAGGING: Mapping[Act, str] = {Act.REPLY: "Send and tag item", Act.RETURN: "Return to filer and tag item"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """A text as a form of an item offers it: filled in as far as the item knows, and what sending it does beside.

    `act` and `button` are those of the page; `does` is empty where it does nothing that the item allows and the form
    sends. `begun` tells whether the draft has its words already.
    """

    name: str
    mark: str
    title: str
    source: str
    words: str
    does: str
    act: str
    button: str
    begun: bool

    @property
    def for_script(self) -> dict[str, str]:
        """What is listed at the caret and put in there."""
        return {name: getattr(self, name) for name in ("name", "title", "source", "words", "does")}


def texts_page(asked: Asked) -> Response:
    """Every approved text, with who answers for it; what is wrong with others, in which file, for administrators."""
    book, administers = asked.parts.intake.site.texts, asked.person.may(Role.ADMINISTRATOR)
    texts = [facts_of(one) for one in book.texts.values()]
    return show(asked, "texts.html", texts=texts, faults=book.faults, administers=administers)


def offered_at(
    asked: Asked, item: ItemFacts, closures: Iterable[Closure], drafts: Mapping[str, Draft], *, reader: str | None
) -> dict[str, list[Offered]]:
    """The texts that each form of this item offers, by the form; none without anything to write in.

    Without a `reader` of what is sent no text does anything beside: a macro is letter and effect.
    """
    texts, known = asked.parts.intake.site.texts.texts.values(), tuple(closures)
    found: dict[str, list[Offered]] = {}
    for form, acts in OFFERED.items():
        begun = texts_in(drafts[form].text, texts) if form in drafts else ()
        here = [one for one in texts if one.act in acts]
        sends = SENT[form] if reader else ()
        found[form] = [_offered(asked, one, item, known, begun=one in begun, sends=sends) for one in here]
    return found


def _offered(
    asked: Asked,
    text: ApprovedText,
    item: ItemFacts,
    closures: tuple[Closure, ...],
    *,
    begun: bool,
    sends: Collection[Act],
) -> Offered:
    center, act = asked.parts.intake.site.centers.get(item.team), MACRO_ACTS[text.act]
    # A return does by itself what a macro of it does, but for tags: its own button says so.
    more = bool(text.tags) or text.then not in (None, Act.RETURN)
    possible = more and text.act in sends and text.act in allowed(ItemState(item.state))
    until = wait_ends(text, asked.parts.now(), port=item.port, zone=item.zone, closures=closures)
    does = effect(text, when(until, item.zone) if until else "")
    return Offered(
        name=text.name,
        mark=text.mark,
        title=text.title,
        source=source_of(text),
        words=filled(text.text, item, center=center.name if center else item.team),
        does=does if possible else "",
        act=act,
        button=_TAGGING.get(text.act, ACTS[act].button),
        begun=begun,
    )


def source_of(text: ApprovedText) -> str:
    """Version and owner in words: `version 2, Trade Compliance`."""
    version = f"version {text.version}" if text.version else "no version"
    return f"{version}, {text.owner or 'no owner'}"
