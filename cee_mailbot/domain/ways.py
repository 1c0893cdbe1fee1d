"""The three ways to a mailbox of Microsoft's kind, and which others there are where one of them fails."""

from typing import Literal

Way = Literal["imap", "exchange", "graph"]

# Microsoft's own servers, by the ends of their names.
ONLINE = (".office365.com", ".office365.us", ".office.com", ".outlook.com", ".partner.outlook.cn")

_ONLINE: dict[Way, str] = {
    "graph": 'Graph may be one, with an app of the tenant: source = "graph"',
    "imap": 'IMAP may be one, with an app of the tenant and where IMAP is on: source = "imap", auth = "oauth2"',
    "exchange": "EWS is none, since Exchange Online ends it",
}
_OWN: dict[Way, str] = {
    "exchange": 'EWS may be one, if this is Exchange: source = "exchange", endpoint = "https://{host}/EWS/Exchange.asmx"',
    "imap": 'IMAP may be one, if it is started there: source = "imap", host = "{host}"',
    "graph": "Graph is none, since it reaches no server of one's own",
}


def is_online(host: str) -> bool:
    """Whether this is a server of Exchange Online's."""
    return host.casefold().endswith(ONLINE)


def other_ways(failed: Way, host: str) -> str:
    """Whether the other two ways to a mailbox may be ones, and their settings, when one has failed at this host.

    By where the mailbox is; nothing was asked of these ways. A clause.
    """
    ways = _ONLINE if failed == "graph" or is_online(host) else _OWN
    others = "; ".join(words.format(host=host) for way, words in ways.items() if way != failed)
    return f"other ways to this mailbox: {others} (docs/exchange.md)"
