"""What holds for every answer and every request, whatever page it is for."""

import ipaddress
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cee_mailbot.web.parts import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 1_000_000
_DIGITS = 20
API = "/api/v1/"
PROBLEM_JSON = "application/problem+json"

# No inline code, nothing from elsewhere, nobody's frame.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What a sender wrote: no code, no request, an origin of its own; our own pages may show it in a frame.
FOREIGN_POLICY = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
# The same, but that a link opens a window of its own, in which our page says where it leads.
LINKED_POLICY = FOREIGN_POLICY.replace("sandbox;", "sandbox allow-popups allow-popups-to-escape-sandbox;")

# The files of the viewer, whose frame has no origin: to a browser it is a stranger, who must be let have them.
VIEWER = "/static/viewer/"
_FOR_STRANGERS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

Refusal = tuple[int, str]


class Guard:
    """Refuses what no page of ours would send, and puts the headers of safety on every answer."""

    def __init__(self, application: ASGIApp, settings: Settings) -> None:
        self._application = application
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        guarded = _with_headers(send, scope["path"], secure=self._settings.secure)
        refusal = refused(scope["method"], scope["path"], Headers(scope=scope), self._settings)
        if refusal is not None:
            status, words = refusal
            await _told(scope["path"], status, words)(scope, receive, guarded)
            return
        # Who is gone in the middle of a request gets no answer, and no line in the log.
        with suppress(ClientDisconnect):
            await self._application(scope, receive, guarded)


def _told(path: str, status: int, words: str) -> Response:
    if not path.startswith(API):
        return PlainTextResponse(f"{words}\n", status_code=status)
    told = {"type": "/api/docs#invalid", "title": "The request was not read", "status": status, "detail": words}
    return Response(json.dumps(told), status_code=status, media_type=PROBLEM_JSON)


def refused(method: str, path: str, headers: Headers, settings: Settings) -> Refusal | None:
    """Why a request is refused before any page sees it: status and words; None when nothing stands against it."""
    host = headers.get("host", "").casefold()
    if not path.startswith(("/livez", "/readyz", "/metrics")) and not _is_ours(host, settings):
        return 421, f"this page is not called {host[:100]!r}; set public_url in [web]"
    # The API takes tokens alone, which no other site can make a browser send.
    acts = method not in SAFE_METHODS and not path.startswith(API)
    if acts and not _from_our_page(headers, host, settings):
        return 403, "this request did not come from a page of this site; nothing was done"
    return _too_long(headers)


def _too_long(headers: Headers) -> Refusal | None:
    """A body that says beforehand how long it is may be read; of one in chunks the end is the sender's choice.

    A length beside chunks means nothing (RFC 9112 section 6.3), and a GET can carry a body too.
    """
    length = "" if "transfer-encoding" in headers else headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        return 411, "the length of the request is missing"
    return (413, "the request is too large") if len(length) > _DIGITS or int(length) > LARGEST_BODY else None


def _is_ours(host: str, settings: Settings) -> bool:
    """Whether the name is one of ours: another site's name that leads here must not read our pages."""
    if settings.public_host is not None:
        return host == settings.public_host
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _from_our_page(headers: Headers, host: str, settings: Settings) -> bool:
    """What the browser says of where the request came from; one that says nothing is not believed."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    scheme = "https" if settings.secure else "http"
    return headers.get("origin") == f"{scheme}://{host}"


def _with_headers(send: Send, path: str, *, secure: bool) -> Callable[[Message], Awaitable[None]]:
    async def answer(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            wanted = dict(_HEADERS)
            if path.startswith("/static/"):
                wanted["Cache-Control"] = "no-cache"  # kept, and asked after: a new version shows at once
            if path.startswith(VIEWER):
                wanted |= _FOR_STRANGERS
            for name, value in wanted.items():
                headers.setdefault(name, value)
            if secure:
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        await send(message)

    return answer
