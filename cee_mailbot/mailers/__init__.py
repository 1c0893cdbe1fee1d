"""The ways to send replies, by their names in the configuration; each is imported when first needed."""

from importlib import import_module
from typing import Any

from cee_mailbot.errors import UserError

MAILERS = {
    "smtp": "cee_mailbot.mailers.smtp:SmtpMailer",
    "exchange": "cee_mailbot.mailers.exchange:ExchangeMailer",
    "graph": "cee_mailbot.mailers.graph:GraphMailer",
    "files": "cee_mailbot.mailers.files:FilesMailer",
}


def mailer_class(kind: str) -> Any:
    """The class that sends in this way; it takes the settings of its own module. Raises `UserError`."""
    if kind not in MAILERS:
        raise UserError(f"there is no transport {kind!r} for replies; there are {', '.join(MAILERS)}")
    module, _, name = MAILERS[kind].partition(":")
    return getattr(import_module(module), name)
