"""The keys of the queue page, and what each person chooses: whether they act alone, and where acts lead."""

from fastapi.responses import Response

from cee_mailbot.accounts import AfterAct, after_act, set_after_act, set_single_keys
from cee_mailbot.errors import UserError
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.showing import show

# Every key, in the order of the page; the script finds those that mean something on a page by the page itself.
KEYS: tuple[tuple[str, str], ...] = (
    ("j, k", "Next and previous item of the list"),
    ("Enter, o", "Open the item"),
    ("Esc", "Leave a field; back to the list"),
    ("u", "Back to the list"),
    ("x", "Select the item of a row"),
    ("C", "Claim the next item of the list and open it"),
    ("c", "Claim the item"),
    ("1", "Close the item as done, and go where you chose below to go then"),
    ("2", "Join with an item that is the same: go to its number"),
    ("3", "Return to filer: go to the reason"),
    ("h", "Set the item aside"),
    ("t", "Hand over: go to the choice of Center"),
    ("n", "Internal note"),
    ("l", "Tag: go to the field"),
    ("r", "Message to filer"),
    ("::", "In a message, reason or note: the list of approved texts"),
    ("], [", "Next and previous document of the item"),
    (".", "Copy the tracking number; .. with the subject, ... with the link"),
    ("z", "Undo what was just done"),
    ("/", "Search"),
    ("g q", "The list"),
    ("g m", "My items"),
    ("g d", "Pictures"),
    ("?", "Everything that has a key on this page"),
    ("Ctrl+K", "Every action of this page, with a key or without"),
)


AFTER_ACT: dict[AfterAct, str] = {
    AfterAct.NEXT: "go to the next item of the list",
    AfterAct.LIST: "go back to the list",
    AfterAct.STAY: "stay on the item",
}


def keys_page(asked: Asked) -> Response:
    """Every key, and the choices."""
    chosen = after_act(asked.parts.intake.store, asked.person.name)
    return show(asked, "keys.html", keys=KEYS, after_acts=AFTER_ACT, chosen=chosen)


def set_keys(asked: Asked) -> Response:
    """Switches single keys on or off for this person; sending it twice changes nothing more."""
    set_single_keys(asked.parts.intake.store, asked.parts.now(), asked.person.name, on=asked.text("single") == "on")
    return go_to("/keys")


def set_after(asked: Asked) -> Response:
    """Lets acts lead where this person chose; sending it twice changes nothing more."""
    chosen = asked.text("after")
    if chosen not in set(AfterAct):
        raise UserError("choose where to go after an act")
    set_after_act(asked.parts.intake.store, asked.parts.now(), asked.person.name, AfterAct(chosen))
    return go_to("/keys", kept="1")
