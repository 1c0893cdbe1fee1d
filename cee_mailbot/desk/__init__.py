"""What staff may do, each act one transaction with its line of history; the one door for page, API and command line."""

from cee_mailbot.desk.acts import (
    claim,
    close,
    enqueue,
    note,
    reopen,
    set_presentation,
    unclaim,
    undo,
    wait,
    wake_due,
)
from cee_mailbot.desk.handing_on import send_back, transfer, transfer_to_port
from cee_mailbot.desk.messages import cancel_reply, release, reset_breaker, retry_reply
from cee_mailbot.desk.regrouping import join, move, split
from cee_mailbot.desk.replaying import Replay, replay

__all__ = [
    "Replay",
    "cancel_reply",
    "claim",
    "close",
    "enqueue",
    "join",
    "move",
    "note",
    "release",
    "reopen",
    "replay",
    "reset_breaker",
    "retry_reply",
    "send_back",
    "set_presentation",
    "split",
    "transfer",
    "transfer_to_port",
    "unclaim",
    "undo",
    "wait",
    "wake_due",
]
