"""The keys of the queue page, and whether they act alone."""

from fastapi.responses import Response

from cee_mailbot.accounts import set_single_keys
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
    ("1", "Close the item as done, and go to the next"),
    ("3", "Return to filer: go to the reason"),
    ("h", "Set the item aside"),
    ("t", "Hand over: go to the choice of Center"),
    ("n", "Internal note"),
    ("r", "Message to filer"),
    ("], [", "Next and previous document of the item"),
    (".", "Copy the tracking number; .. with the subject, ... with the link"),
    ("z", "Undo what was just done"),
    ("/", "Search"),
    ("g q", "The list"),
    ("g m", "My items"),
    ("g d", "Pictures"),
    ("?, Ctrl+K", "Everything that has a key on this page"),
)


def keys_page(asked: Asked) -> Response:
    """Every key, and the switch."""
    return show(asked, "keys.html", keys=KEYS)


def set_keys(asked: Asked) -> Response:
    """Switches single keys on or off for this person; sending it twice changes nothing more."""
    set_single_keys(asked.parts.intake.store, asked.parts.now(), asked.person.name, on=asked.text("single") == "on")
    return go_to("/keys")
