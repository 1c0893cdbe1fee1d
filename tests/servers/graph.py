"""Mailboxes at an endpoint that speaks as much of Microsoft Graph as cee_mailbot calls, over HTTP on loopback.

It is written after the public documentation, whose page is named beside each shape, and is no Exchange: it keeps bytes
as they are given, and knows neither delays nor rights. It is strict: a path, query option, header or field that is not
written down here is answered with 400 and noted in `faults`. By hand: `python -m tests.servers.graph FILE.eml...`.
"""

import base64
import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.graph_mailbox import GraphBox
from tests.servers.http_server import Handler, HttpServer, Said, Trouble, by_hand
from tests.servers.token_endpoint import CLIENT, SECRET, TokenEndpoint

TENANT = "agency.example"
Options = dict[str, str]
About = tuple[str, bytes, int]  # content type, content, entries on a page
AT_ONCE = 4  # "Microsoft Graph throttling limits", Outlook service limits
PAGE = 10  # entries on a page when nobody says how many ("List mailFolders")
# "message resource type" and "mailFolder resource type".
FIELDS = {"id", "receivedDateTime", "sentDateTime", "internetMessageId", "from", "parentFolderId"}
FOLDER_FIELDS = {"id", "displayName", "totalItemCount"}

# RFC 9110 and RFC 6750; a GET has no content, whatever the tables of request headers say of its type.
_HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization", "prefer"}
_OF_CONTENT = {"content-type", "content-length"}
# "message: delta" and "Obtain immutable identifiers for Outlook resources".
_PREFER = re.compile(r'IdType="ImmutableId"(, odata\.maxpagesize=([1-9][0-9]{0,2}))?')
# "Get singleValueLegacyExtendedProperty", for a collection; "message: delta" takes $expand in its first request.
_EXPAND = "singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')"


class _Handler(Handler):
    def do_GET(self) -> None:
        self._counted(b"")

    def do_POST(self) -> None:
        self._counted(self.content())

    def _counted(self, body: bytes) -> None:
        graph: GraphServer = self.server.owner
        with graph._lock:
            graph.at_once += 1
            graph.most_at_once = max(graph.most_at_once, graph.at_once)
        try:
            self._answer(graph, body)
        finally:
            with graph._lock:
                graph.at_once -= 1

    def _answer(self, graph: "GraphServer", body: bytes) -> None:
        wrong = graph.trouble(graph.name_of(self.command, self.path))
        code = wrong.code or "ErrorInternalServerError" if wrong else ""
        refused = error(wrong.status, code, retry_after=wrong.retry_after) if wrong and wrong.status else None
        if refused and wrong and not wrong.done:
            answer = refused
        else:
            answer = graph.serve(self.command, self.path, self.sent_headers(), body)
        self.say(refused or answer, wrong)


@dataclass(kw_only=True, slots=True)
class GraphServer(HttpServer):
    """Runs while it is entered. `troubles` are by the name of a call, and come one request after the other."""

    handler = _Handler
    boxes: dict[str, GraphBox] = field(default_factory=dict)
    troubles: dict[str, deque[Trouble]] = field(default_factory=lambda: defaultdict(deque))
    at_once: int = 0
    most_at_once: int = 0
    while_asked: Callable[[str], object] = str  # is called amid each request with the call's name
    tokens: TokenEndpoint = field(default_factory=lambda: TokenEndpoint(path=f"/{TENANT}/oauth2/v2.0/token"))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def root(self) -> str:
        """What `graph_root` is to be."""
        return f"http://127.0.0.1:{self.tcp_port}/v1.0"

    def box(self, address: str) -> GraphBox:
        """The mailbox of this address, which is made when there is none."""
        return self.boxes.setdefault(address.casefold(), GraphBox(address=address))

    def __enter__(self) -> Self:
        self.tokens.__enter__()
        self.start()
        # Microsoft identity platform: the scope of client credentials is the resource and `.default`.
        self.tokens.scope = f"http://127.0.0.1:{self.tcp_port}/.default"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.tokens.__exit__(kind, error, trace)

    def trouble(self, call: str) -> Trouble | None:
        """What is to go wrong with this request."""
        return self.troubles[call].popleft() if self.troubles[call] else None

    def name_of(self, method: str, target: str) -> str:
        """What the call is named."""
        path = _path(target)
        return next((n for n, (verb, form, _) in CALLS.items() if verb == method and re.fullmatch(form, path)), "")

    def serve(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Said:
        """The answer to a request."""
        name = self.name_of(method, target)
        if not name:
            return self.fault(f"{method} {target} is no call that is known")
        options = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
        found = re.fullmatch(CALLS[name][1], _path(target))
        return self._checked(name, found.groups() if found else (), options, (headers, body))

    def _checked(
        self,
        name: str,
        found: tuple[str, ...],
        options: dict[str, str],
        sent: tuple[dict[str, str], bytes],
    ) -> Said:
        headers, body = sent
        call = CALLS[name][2]
        with self._lock:
            self.asked.append(name)
        allowed = _HEADERS | (_OF_CONTENT if CALLS[name][0] == "POST" else set())
        if strange := set(headers) - allowed:
            return self.fault(f"{name}: headers {sorted(strange)}")
        prefer = _PREFER.fullmatch(headers.get("prefer", ""))
        if prefer is None:
            return self.fault(f"{name}: Prefer: {headers.get('prefer')}")
        if not self.tokens.good(headers.get("authorization", "").removeprefix("Bearer ")):
            return error(401, "InvalidAuthenticationToken")
        self.while_asked(name)
        box = self.boxes.get(found[0].casefold()) if found else None
        if found and box is None:
            return error(404, "ErrorInvalidUser")
        kind = headers.get("content-type", "")
        if name == "batch":
            return call(self, headers, body, kind)
        with self._lock:
            return call(self, box, found[1:], options, (kind, body, int(prefer[2] or PAGE)))

    def fault(self, words: str) -> Said:
        """Notes what no client of ours may ask."""
        self.faults.append(words)
        return error(400, "BadRequest", words)


def _path(target: str) -> str:
    return unquote(urlsplit(target).path).removeprefix("/v1.0")


def error(status: int, code: str, message: str = "said by the test's server", retry_after: str = "") -> Said:
    """See "Microsoft Graph error responses and resource types"."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    return status, headers, json.dumps({"error": {"code": code, "message": message}}).encode()


def said(content: object, status: int = 200) -> Said:
    return status, {}, json.dumps(content).encode()


# --- the calls -----------------------------------------------------------------------------------------------------


def get_folder(server: GraphServer, box: GraphBox, found: tuple[str], options: Options, _: object) -> Said:
    """See "Get mailFolder": by id or well-known name."""
    folder = box.folder(found[0])
    if set(options) != {"$select"} or not set(options["$select"].split(",")) <= FOLDER_FIELDS:
        return server.fault(f"get folder: {options}")
    if folder is None:
        return error(404, "ErrorItemNotFound")
    return said(_chosen(box.shown_folder(folder), options["$select"]))


def list_folders(server: GraphServer, box: GraphBox, _f: object, options: Options, about: About) -> Said:
    """See "List mailFolders": those at the root, a page at a time."""
    if not {"$select"} <= set(options) <= {"$select", "$skip"}:
        return server.fault(f"list folders: {options}")
    skip, page = int(options.get("$skip", 0)), about[2]
    folders = [_chosen(box.shown_folder(one), options["$select"]) for one in box.folders.values()]
    more = {}
    if len(folders) > skip + page:
        where = f"{server.root}/users/{box.address}/mailFolders"
        more = {"@odata.nextLink": f"{where}?$select={options['$select']}&$skip={skip + page}"}
    return said({"value": folders[skip : skip + page], **more})


def create_folder(server: GraphServer, box: GraphBox, _f: object, options: Options, about: About) -> Said:
    """See "Create MailFolder": 201, or 409 where there is one of this name."""
    kind, body, _ = about
    asked = json.loads(body)
    if options or kind != "application/json" or set(asked) != {"displayName"}:
        return server.fault(f"create folder: {options} {kind} {asked}")
    if any(one.name.casefold() == asked["displayName"].casefold() for one in box.folders.values()):
        return error(409, "ErrorFolderExists")
    return said(box.shown_folder(box.add_folder(asked["displayName"])), 201)


def delta(server: GraphServer, box: GraphBox, found: tuple[str], options: Options, about: About) -> Said:
    """See "message: delta": all of a folder at first, then what changed since; state tokens are opaque."""
    folder, page = box.folder(found[0]), about[2]
    if folder is None:
        return error(404, "ErrorItemNotFound")
    if "$select" in options:
        if set(options) != {"$select", "$expand"} or options["$expand"] != _EXPAND:
            return server.fault(f"delta: {options}")
        if not set(options["$select"].split(",")) <= FIELDS:
            return server.fault(f"delta: {options}")
        round_ = box.begin_round(folder, options["$select"])
    elif len(options) == 1 and set(options) <= {"$skiptoken", "$deltatoken"}:
        round_ = box.resume_round(*options.values())
        if round_ is None:
            return error(410, "SyncStateNotFound")
    else:
        return server.fault(f"delta: {options}")
    entries, token, more = box.next_page(round_, page)
    link, key = ("@odata.nextLink", "$skiptoken") if more else ("@odata.deltaLink", "$deltatoken")
    where = f"{server.root}/users/{box.address}/mailFolders('{folder.id}')/messages/delta"
    return said({"value": entries, link: f"{where}?{key}={token}"})


def get_message(server: GraphServer, box: GraphBox, found: tuple[str], options: Options, _: object) -> Said:
    """See "Get message"."""
    if set(options) != {"$select"} or not set(options["$select"].split(",")) <= FIELDS:
        return server.fault(f"get message: {options}")
    message = box.messages.get(found[0])
    return said(_chosen(box.shown(message), options["$select"])) if message else error(404, "ErrorItemNotFound")


def get_content(server: GraphServer, box: GraphBox, found: tuple[str], options: Options, _: object) -> Said:
    """See "Get MIME content of a message"."""
    if options:
        return server.fault(f"get content: {options}")
    message = box.messages.get(found[0])
    return (200, {"Content-Type": "text/plain"}, message.raw) if message else error(404, "ErrorItemNotFound")


def move(server: GraphServer, box: GraphBox, found: tuple[str], options: Options, about: About) -> Said:
    """See "message: move": 201 with the message; an immutable id stays."""
    kind, body, _ = about
    asked = json.loads(body)
    if options or kind != "application/json" or set(asked) != {"destinationId"}:
        return server.fault(f"move: {options} {kind} {asked}")
    target, message = box.folder(asked["destinationId"]), box.messages.get(found[0])
    if target is None or message is None:
        return error(404, "ErrorItemNotFound")
    box.move(message, target)
    return said(box.shown(message), 201)


def send_mail(server: GraphServer, box: GraphBox, _f: object, options: Options, about: About) -> Said:
    """See "user: sendMail", in MIME format: text/plain, base64; 202 with nothing in it."""
    kind, body, _ = about
    if options or kind != "text/plain":
        return server.fault(f"send: {options} {kind}")
    try:
        box.sent.append(base64.b64decode(body, validate=True))
    except ValueError:
        return server.fault("send: the letter is not base64")
    return 202, {}, b""


def batch(server: GraphServer, headers: dict[str, str], body: bytes, kind: str) -> Said:
    """See "Combine multiple HTTP requests using JSON batching": answers come in any order.

    More than four at one mailbox are throttled ("Microsoft Graph throttling limits").
    """
    asked = json.loads(body)
    if kind != "application/json" or set(asked) != {"requests"} or not 0 < len(asked["requests"]) <= 20:
        return server.fault(f"batch: {kind} {sorted(asked)}")
    answers = []
    for number, one in enumerate(asked["requests"]):
        if set(one) - {"body"} != {"id", "method", "url", "headers"} or not one["url"].startswith("/users/"):
            return server.fault(f"batch: {one}")
        inner = {name.lower(): value for name, value in one["headers"].items()}
        inner["authorization"] = headers["authorization"]
        content = json.dumps(one["body"]).encode() if "body" in one else b""
        wrong = server.trouble(f"{server.name_of(one['method'], one['url'])} in batch")
        if number >= AT_ONCE:
            status, more, text = error(429, "ApplicationThrottled", retry_after="1")
        elif wrong:
            status, more, text = error(wrong.status, wrong.code, retry_after=wrong.retry_after)
        else:
            status, more, text = server.serve(one["method"], one["url"], inner, content)
        answers.append({"id": one["id"], "status": status, "headers": more, "body": json.loads(text)})
    return said({"responses": answers[::-1]})


_USER = r"/users/([^/]+)"
_FOLDER = r"/mailFolders(?:/|\(')([^/()']+)(?:'\))?"
CALLS: dict[str, tuple[str, str, Callable[..., Said]]] = {
    "get folder": ("GET", rf"{_USER}{_FOLDER}", get_folder),
    "list folders": ("GET", rf"{_USER}/mailFolders", list_folders),
    "create folder": ("POST", rf"{_USER}/mailFolders", create_folder),
    "delta": ("GET", rf"{_USER}{_FOLDER}/messages/delta", delta),
    "get message": ("GET", rf"{_USER}/messages/([^/]+)", get_message),
    "get content": ("GET", rf"{_USER}/messages/([^/]+)/\$value", get_content),
    "move": ("POST", rf"{_USER}/messages/([^/]+)/move", move),
    "send": ("POST", rf"{_USER}/sendMail", send_mail),
    "batch": ("POST", r"/\$batch", batch),
}


def _chosen(shown: dict[str, Any], select: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name in select.split(",") or name == "id"}


def main() -> None:
    """Serves one mailbox, and says how to reach it."""
    with GraphServer() as server:
        box = server.box("box@agency.example")
        by_hand(
            box.deliver,
            f'address = "{box.address}"\nsource = "graph"\ntenant = "{TENANT}"\nclient_id = "{CLIENT}"\n'
            f'graph_root = "{server.root}"\nauthority = "http://127.0.0.1:{server.tokens.tcp_port}"\n'
            f"# the secret is {SECRET}",
        )


if __name__ == "__main__":
    main()
