"""Drafts: what was begun is kept on the server, so that neither a lost sign-in nor a closed window costs it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from fastapi.responses import Response

from cee_mailbot import desk
from cee_mailbot.errors import NotFoundError
from cee_mailbot.questions import Questions
from cee_mailbot.staff_ledger import Presence
from cee_mailbot.web.acts import REPLY_AND_CLOSE, REPLY_AND_WAIT
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.claims import claim_of
from cee_mailbot.web.showing import show

# What can be begun, and the field of its form.
DRAFTS = {"note": "text", "reply": "text", "return": "reason", "transfer": "reason", "transfer-to-port": "reason"}
# What is begun in the form of another act.
BEGUN_AS = {REPLY_AND_WAIT: "reply", REPLY_AND_CLOSE: "reply"}
STILL_THERE = timedelta(minutes=2)


def keep_draft(asked: Asked) -> Response:
    """Keeps what was written so far, with the approved text that is to be put in.

    A script is told so in words, a form leads back to the item.
    """
    tracking, kind = str(asked.path["tracking"]).upper(), str(asked.path["kind"])
    if kind not in DRAFTS:
        raise NotFoundError(f"there is no draft of {kind[:40]!r}")
    parts, text = asked.parts, asked.text(DRAFTS[kind])
    if kind in ("reply", "return") and asked.form.get("put_in"):
        text = f"{text}\n\n{desk.filled_in(parts.intake, tracking, asked.form.get('put', ''))}".strip()
    with parts.intake.store.begin(parts.now()) as unit:
        unit.keep_draft(tracking, kind, text, person=asked.person.name)
    if asked.request.headers.get("HX-Request"):
        return show(asked, "_draft_kept.html")
    view = {name: asked.form.get(name) for name in ("q", "sort")}
    return go_to(f"/items/{tracking}", **view, kept=kind)


def forget_draft(asked: Asked, tracking: str, kind: str) -> None:
    """What was begun is done."""
    kind = BEGUN_AS.get(kind, kind)
    if kind in DRAFTS:
        with asked.parts.intake.store.begin(asked.parts.now()) as unit:
            unit.keep_draft(tracking, kind, "", person=asked.person.name)


def note_viewing(asked: Asked, tracking: str) -> Sequence[Presence]:
    """Notes that this person looks at an item; who else has lately."""
    now = asked.parts.now()
    with asked.parts.intake.store.begin(now) as unit:
        unit.note_viewing(tracking, person=asked.person.name)
    with asked.parts.intake.store.read() as ask:
        return others_at(asked, ask, [tracking]).get(tracking, ())


def others_at(asked: Asked, ask: Questions, trackings: Collection[str]) -> Mapping[str, Sequence[Presence]]:
    """Who else looks at these items, by their numbers."""
    return ask.others_at(trackings, person=asked.person.name, since=asked.parts.now() - STILL_THERE)


def viewing(asked: Asked) -> Response:
    """Who else looks at the item, and whose it is: asked for by a script while the page is open."""
    tracking = str(asked.path["tracking"]).upper()
    others = note_viewing(asked, tracking)
    with asked.parts.intake.store.read() as ask:
        claim = claim_of(ask.claims([tracking]).get(tracking), asked.parts)
    return show(asked, "_renewed.html", others=others, claim=claim, renewed=True)
