"""What a refusal of Graph's means, and what to do about it."""

from collections.abc import Mapping
from typing import Any

from cee_mailbot.graph_calls import NOT_ONLINE

_RIGHTS = (
    "the app may not do this in this mailbox; grant it Application Mail.ReadWrite, and Application Mail.Send for "
    "replies, by RBAC for Applications (docs/exchange.md); a change can take two hours"
)
_NO_SUCH = "the tenant has no such mailbox; check address and tenant"
_NOT_ONLINE = (
    'the mailbox is not in Exchange Online, so Graph does not reach it; read it with source = "exchange" or "imap" '
    "where it is, or ask for its licence or its migration (docs/exchange.md)"
)

# By Graph's own code, in lower case: codes are to be compared without regard to case
# ("Microsoft Graph error responses and resource types").
_BY_CODE = {
    "erroraccessdenied": _RIGHTS,
    "authorization_requestdenied": _RIGHTS,
    "errorsendasdenied": _RIGHTS,
    "errorinvaliduser": _NO_SUCH,
    "request_resourcenotfound": _NO_SUCH,
    "resourcenotfound": _NO_SUCH,
    **dict.fromkeys((code.lower() for code in NOT_ONLINE), _NOT_ONLINE),
    "errorquotaexceeded": "the mailbox is full; make room in it",
    "syncstatenotfound": "the state of the folder that we remembered has expired",
}

_ELSEWHERE = "there is no Graph at this address; correct graph_root, which ends with /v1.0"

_BY_STATUS = {
    **dict.fromkeys((301, 302, 303, 307, 308), _ELSEWHERE),
    401: "Graph does not accept our token; check authority, tenant and graph_root, and that all three are of one cloud",
    403: _RIGHTS,
    429: "too many calls; a later try succeeds",
}
# What answers so is not Graph.
_WITHOUT_A_CODE = {**_BY_STATUS, 404: _ELSEWHERE}


def in_words(who: str, status: int, said: Mapping[str, Any]) -> tuple[str, str]:
    """Graph's code, and one line with it and the remedy, where one is known."""
    error = said.get("error")
    code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
    name = printable(str(code or ""))
    by_status = _BY_STATUS if name else _WITHOUT_A_CODE
    meaning = _BY_CODE.get(name.lower()) or by_status.get(status)
    words = f"{who}: Graph answered {status} {name} {printable(str(message or ''))}".rstrip()
    return name, f"{words}; {meaning}" if meaning else words


def printable(text: str) -> str:
    """Text of a stranger's, on one line and short."""
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()
