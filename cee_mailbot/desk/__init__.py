"""What staff may do, each act one transaction with its line of history; the one door for page, API and command line."""

from cee_mailbot.desk.acts import (
    claim,
    claim_next,
    close,
    enqueue,
    expire_claims,
    note,
    reopen,
    set_presentation,
    unclaim,
    undo,
    wait,
    wake_due,
)
from cee_mailbot.desk.handing_on import filer_of, send_back, transfer, transfer_to_port, write_to_filer
from cee_mailbot.desk.macros import Letter, filled_in, text_named, use_macro, write_letter
from cee_mailbot.desk.messages import (
    body_of,
    cancel_reply,
    documents_of,
    html_of,
    note_view,
    picture_of,
    reading_if_released,
    release,
    reset_breaker,
    retry_reply,
)
from cee_mailbot.desk.regrouping import join, move, split
from cee_mailbot.desk.replaying import Replay, replay
from cee_mailbot.desk.tagging import tag, untag
from cee_mailbot.intake import Intake

__all__ = [
    "Intake",
    "Letter",
    "Replay",
    "body_of",
    "cancel_reply",
    "claim",
    "claim_next",
    "close",
    "documents_of",
    "enqueue",
    "expire_claims",
    "filer_of",
    "filled_in",
    "html_of",
    "join",
    "move",
    "note",
    "note_view",
    "picture_of",
    "reading_if_released",
    "release",
    "reopen",
    "replay",
    "reset_breaker",
    "retry_reply",
    "send_back",
    "set_presentation",
    "split",
    "tag",
    "text_named",
    "transfer",
    "transfer_to_port",
    "unclaim",
    "undo",
    "untag",
    "use_macro",
    "wait",
    "wake_due",
    "write_letter",
    "write_to_filer",
]
