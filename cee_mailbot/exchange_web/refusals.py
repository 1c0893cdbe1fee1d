"""What an answer says, when it says no: by its HTTP status, by a SOAP fault, or in a response message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cee_mailbot.errors import UnreachableError
from cee_mailbot.exchange_web.answers import Answer, Node, mended
from cee_mailbot.server_times import seconds_asked

# "EWS throttling in Exchange", tables 3 and 4.
BUSY = frozenset({"ErrorServerBusy", "ErrorExceededConnectionCount", "429", "503"})
# The server's trouble and not the request's: the same call may succeed later.
TEMPORARY = BUSY | {
    "ErrorADUnavailable",
    "ErrorBatchProcessingStopped",
    "ErrorConnectionFailed",
    "ErrorInternalServerError",
    "ErrorInternalServerTransientError",
    "ErrorMailboxFailover",
    "ErrorMailboxMoveInProgress",
    "ErrorMailboxStoreUnavailable",
    "ErrorNoApplicableProxyCASServersAvailable",
    "ErrorProxyRequestProcessingFailed",
    "ErrorProxyServiceDiscoveryFailed",
    "ErrorTimeoutExpired",
    "ErrorTooManyObjectsOpened",
}
# What one item can be the cause of: others must not wait for it.
OF_ONE_ITEM = frozenset({"ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorTimeoutExpired"})
GONE = "ErrorItemNotFound"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Exchange's code or an HTTP status, what it says of it, and for how many seconds it wants to be left alone."""

    code: str
    message: str = ""
    wait: float = 0.0


def refusal_of(node: Node) -> Refusal | None:
    """What a response message or a SOAP fault refuses; None for one that tells of success.

    A message whose inner code says why is taken by that ("EWS throttling in Exchange", table 4).
    """
    detail = node.first("detail") if node.tag == "Fault" else node
    code = detail.words("ResponseCode") if detail else ""
    if node.tag != "Fault" and node.attributes.get("ResponseClass") == "Success" and code == "NoError":
        return None
    said = {one.attributes.get("Name"): one.text.strip() for one in detail.all("MessageXml", "Value")} if detail else {}
    message = (detail.words("Message") or detail.words("MessageText")) if detail else ""
    wait = said.get("BackOffMilliseconds", "")
    return Refusal(
        code=said.get("InnerErrorResponseCode") or code or node.words("faultcode").rpartition(":")[2] or "NoCode",
        message=message or node.words("faultstring"),
        wait=int(wait) / 1000 if re.fullmatch(r"[0-9]{1,18}", wait) else 0.0,
    )


def refusal_in(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """What an answer that is not 200 refuses: Exchange puts SOAP faults into a 500."""
    wait = seconds_asked(headers) or 0.0
    try:
        for node in Answer().feed([mended(body)]) if body.lstrip()[:1] == b"<" else ():
            if isinstance(node, Node) and (found := refusal_of(node)):
                return Refusal(code=found.code, message=found.message, wait=found.wait or wait)
    except UnreachableError:
        pass  # a page for people, of some server before Exchange
    return Refusal(code=str(status), wait=wait)
