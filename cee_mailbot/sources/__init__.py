"""The table from a mailbox's kind to the class that reads it, imported when first needed."""

from importlib import import_module

from cee_mailbot.errors import UserError

KINDS = {
    "exchange": "cee_mailbot.sources.exchange:ExchangeSource",
    "graph": "cee_mailbot.sources.graph:GraphSource",
    "imap": "cee_mailbot.sources.imap:ImapSource",
    "maildir": "cee_mailbot.sources.maildir:MaildirSource",
}


def source_class(kind: str) -> type:
    """The class for `kind`; a kind that is not in the table is a `UserError` naming those that are."""
    try:
        module, name = KINDS[kind].split(":")
    except KeyError:
        raise UserError(f"no source is called {kind!r}; there are: {', '.join(sorted(KINDS))}") from None
    found: type = getattr(import_module(module), name)
    return found
