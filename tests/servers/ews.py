"""Mailboxes at an endpoint that speaks as much of Exchange Web Services as cee_mailbot calls, over HTTP on loopback.

It is written after the published reference, whose pages are named in `tests.servers.ews_shapes`, and is no Exchange: it
keeps bytes as they are given, and knows neither delays nor rights. It is strict: an operation, header, element or field
that is not written down there is answered with ErrorSchemaValidation and noted in `faults`.
By hand: `python -m tests.servers.ews FILE.eml...`.
"""

import base64
import re
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import spnego
from lxml import etree
from spnego.exceptions import SpnegoError

from tests.servers import ews_shapes as shapes
from tests.servers.certificates import Certificates
from tests.servers.ews_mailbox import ExchangeBox, Folder, Item
from tests.servers.http_server import Handler, HttpServer, Said, Trouble, by_hand
from tests.servers.token_endpoint import TokenEndpoint

USER, PASSWORD = "AGENCY\\cee-mailbot", "pässw0rd&<"
PATH = "/EWS/Exchange.asmx"
NO_STATE = "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"
# What a refusal holds beside its code, after the examples of the reference.
EMPTY = dict.fromkeys(("GetItem", "MoveItem", "CreateItem"), "<m:Items/>") | {"SyncFolderItems": NO_STATE}

_HEADERS = {
    "host",
    "accept",
    "accept-encoding",
    "connection",
    "user-agent",
    "authorization",
    "content-type",
    "content-length",
    "x-anchormailbox",
}


class _Handler(Handler):
    signed_in = False
    ntlm: Any = None

    def do_POST(self) -> None:
        ews: EwsServer = self.server.owner
        body, headers = self.content(), self.sent_headers()
        challenge = self._challenge(headers.get("authorization", ""))
        if challenge:
            self.say((401, {"WWW-Authenticate": challenge}, b"Access is denied."))
            return
        if self.path != PATH:
            self.say((404, {}, b"<html/>"))
            return
        operation, asked = ews.read(headers, body)
        if asked is None:
            ews.faults.append(operation)
            self.say((500, {}, shapes.soap_fault("ErrorSchemaValidation")))
            return
        trouble = ews.troubles[operation].popleft() if ews.troubles[operation] else None
        self.say(self._answer(operation, asked, trouble), trouble)

    def _answer(self, operation: str, asked: Any, trouble: Trouble | None) -> Said:
        ews: EwsServer = self.server.owner
        refused = trouble is not None and (trouble.status or trouble.fault)
        if trouble and (not refused or trouble.done):
            good = 200, {}, ews.serve(operation, asked, trouble)
        elif trouble is None:
            return 200, {}, ews.serve(operation, asked, None)
        if trouble and trouble.fault:
            return 500, {}, shapes.soap_fault(trouble.code, trouble.back_off)
        if trouble and trouble.status:
            headers = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
            return trouble.status, headers, b"<html>Said by the test's server.</html>"
        return good

    def _challenge(self, authorization: str) -> str:
        """What is answered to one who has not signed in; empty for one who has (RFC 9110 section 11.6.1)."""
        ews: EwsServer = self.server.owner
        if ews.auth == "ntlm":
            return self._ntlm(authorization)
        scheme, _, proof = authorization.partition(" ")
        if ews.auth == "oauth2":
            good = scheme == "Bearer" and ews.tokens is not None and ews.tokens.good(proof)
            return "" if good else 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000"'
        good = scheme == "Basic" and base64.b64decode(proof) == f"{USER}:{PASSWORD}".encode()
        return "" if good else 'Basic realm="127.0.0.1"'

    def _ntlm(self, authorization: str) -> str:
        """See [MS-NTHT] section 3.2: the handshake signs in the connection."""
        if self.signed_in:
            return ""
        scheme, _, token = authorization.partition(" ")
        if scheme != "NTLM":
            return "NTLM"
        self.ntlm = self.ntlm or spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
        try:
            said = self.ntlm.step(base64.b64decode(token))
        except SpnegoError:
            self.ntlm = None
            return "NTLM"
        self.signed_in = self.ntlm.complete
        self.server.owner.sign_ins += self.signed_in
        return "" if self.signed_in else f"NTLM {base64.b64encode(said or b'').decode()}"


@dataclass(kw_only=True, slots=True)
class EwsServer(HttpServer):
    """Runs while it is entered. `troubles` are by the name of an operation, and come one request after the other."""

    handler = _Handler
    content_type = "text/xml; charset=utf-8"
    auth: str = "basic"
    certificates: Certificates | None = None
    tokens: TokenEndpoint | None = None
    boxes: dict[str, ExchangeBox] = field(default_factory=dict)
    troubles: dict[str, deque[Trouble]] = field(default_factory=lambda: defaultdict(deque))
    sign_ins: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def endpoint(self) -> str:
        """What `endpoint` is to be."""
        scheme = "https" if self.certificates else "http"
        return f"{scheme}://127.0.0.1:{self.tcp_port}{PATH}"

    def box(self, address: str) -> ExchangeBox:
        """The mailbox of this address, which is made when there is none."""
        return self.boxes.setdefault(address.casefold(), ExchangeBox(address=address))

    def reset(self) -> None:
        """As it was when it was new, for the next test; what is in the mailboxes stays."""
        for noted in (self.faults, self.asked, self.troubles):
            noted.clear()
        self.skew, self.sign_ins = timedelta(0), 0
        if self._server is None:
            self.start()

    def start(self, secured: ssl.SSLContext | None = None) -> None:
        """Listens, on the same port as before."""
        if self.certificates:
            secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            secured.load_cert_chain(self.certificates.certificate, self.certificates.key)
        HttpServer.start(self, secured)

    def serve(self, operation: str, asked: "etree._Element", trouble: Trouble | None) -> bytes:
        """The answer to a request that is right in its form."""
        refused = bool(trouble and trouble.code and not trouble.fault and not trouble.done)
        with self._lock:
            self.asked.append(operation)
            if not refused or trouble is None:
                return shapes.response(operation, OPERATIONS[operation](self, asked))
            messages = [shapes.error(operation, trouble.code, EMPTY.get(operation, ""), back_off=trouble.back_off)]
            first = next(asked.iter("{*}ItemId"), None)
            if first is not None and (parent := first.getparent()) is not None:
                parent.remove(first)  # the first is refused, the others are served
                messages += OPERATIONS[operation](self, asked)
        return shapes.response(operation, messages)

    def read(self, headers: dict[str, str], body: bytes) -> tuple[str, "etree._Element | None"]:
        """The operation and the request, or what is wrong with it."""
        if strange := set(headers) - _HEADERS:
            return f"headers {sorted(strange)}", None
        fixed = {"content-type": "text/xml; charset=utf-8", "accept": "text/xml", "user-agent": "cee-mailbot"}
        for name, value in fixed.items():
            if headers.get(name) != value:
                return f"{name}: {headers.get(name)}", None
        asked = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
        written = shapes.outline(asked)
        found = re.fullmatch(shapes.ENVELOPE, written)
        operation = found["body"].partition("(")[0].partition("@")[0].removeprefix("m:") if found else ""
        form = shapes.OPERATIONS.get(operation)
        if found is None or form is None or not re.fullmatch(form, found["body"]):
            return f"no request that is known: {written[:600]}", None
        if shapes.attributes(asked, "RequestServerVersion", "Version") != ["Exchange2013_SP1"]:
            return "version", None
        named = shapes.texts(asked, "PrimarySmtpAddress")
        if named != ([headers.get("x-anchormailbox")] if self.auth == "oauth2" else []):
            return f"{self.auth} and impersonation of {named}", None
        return operation, asked

    def folder(self, uid: str) -> tuple[ExchangeBox, Folder] | None:
        """By its id, in whatever mailbox."""
        return next(((box, box.folders[uid]) for box in self.boxes.values() if uid in box.folders), None)

    def item(self, uid: str) -> tuple[ExchangeBox, Item] | None:
        """By its id, in whatever mailbox."""
        return next(((box, box.items[uid]) for box in self.boxes.values() if uid in box.items), None)

    def known(self, asked: "etree._Element", *names: str) -> ExchangeBox | None:
        """The mailbox whose well-known folder is meant, one of these."""
        if shapes.attributes(asked, "DistinguishedFolderId", "Id")[0] not in names:
            self.faults.append(f"a folder beside {names}")
        return self.boxes.get(shapes.texts(asked, "EmailAddress")[0].casefold())


# --- the operations ------------------------------------------------------------------------------------------------


def get_folder(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "GetFolder operation"."""
    box = server.known(asked, "inbox")
    if box is None:
        return [shapes.error("GetFolder", "ErrorNonExistentMailbox")]
    found = shapes.folder(box.known_folder("inbox"), box)
    return [shapes.success("GetFolder", f"<m:Folders>{found}</m:Folders>")]


def find_folder(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "FindFolder operation", "RootFolder (FindFolderResponseMessage)": a page of the folders at the root."""
    box = server.known(asked, "msgfolderroot")
    if box is None:
        return [shapes.error("FindFolder", "ErrorNonExistentMailbox")]
    view = next(asked.iter("{*}IndexedPageFolderView"))
    offset, most = int(str(view.get("Offset"))), int(str(view.get("MaxEntriesReturned")))
    folders = list(box.folders.values())
    following = min(offset + most, len(folders))
    last = str(following == len(folders)).lower()
    inner = "".join(shapes.folder(one, box) for one in folders[offset:following])
    return [
        shapes.success(
            "FindFolder",
            f'<m:RootFolder IndexedPagingOffset="{following}" TotalItemsInView="{len(folders)}" '
            f'IncludesLastItemInRange="{last}"><t:Folders>{inner}</t:Folders></m:RootFolder>',
        )
    ]


def create_folder(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "CreateFolder operation"; ErrorFolderExists where there is one of this name."""
    box = server.known(asked, "msgfolderroot")
    name = shapes.texts(asked, "DisplayName")[0]
    if box is None or any(one.name.casefold() == name.casefold() for one in box.folders.values()):
        return [shapes.error("CreateFolder", "ErrorFolderExists", "<m:Folders/>")]
    made = f'<t:Folder><t:FolderId Id="{box.add_folder(name).id}" ChangeKey="AQAAAB"/></t:Folder>'
    return [shapes.success("CreateFolder", f"<m:Folders>{made}</m:Folders>")]


def sync_folder_items(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "SyncFolderItems operation": 512 changes at most."""
    found = server.folder(shapes.attributes(asked, "FolderId", "Id")[0])
    fields = shapes.attributes(asked, "FieldURI", "FieldURI")
    most = int(shapes.texts(asked, "MaxChangesReturned")[0])
    if set(fields) != shapes.LISTED or not 1 <= most <= 512 or shapes.texts(asked, "BaseShape") != ["IdOnly"]:
        server.faults.append(f"SyncFolderItems: {fields} {most}")
    if found is None:
        return [shapes.error("SyncFolderItems", "ErrorSyncFolderNotFound", NO_STATE)]
    box, folder = found
    page = box.changed(folder, "".join(shapes.texts(asked, "SyncState")), most)
    if page is None:
        return [shapes.error("SyncFolderItems", "ErrorInvalidSyncStateData", NO_STATE)]
    told, state, last = page
    inner = "".join(shapes.change(what, uid, box, fields) for what, uid in told)
    return [
        shapes.success(
            "SyncFolderItems",
            f"<m:SyncState>{state}</m:SyncState><m:IncludesLastItemInRange>{str(last).lower()}"
            f"</m:IncludesLastItemInRange><m:Changes>{inner}</m:Changes>",
        )
    ]


def get_item(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "GetItem operation", "MimeContent"."""
    if shapes.attributes(asked, "FieldURI", "FieldURI") != ["item:MimeContent"]:
        server.faults.append("GetItem: other fields")
    return [_content(server.item(uid)) for uid in shapes.attributes(asked, "ItemId", "Id")]


def _content(found: tuple[ExchangeBox, Item] | None) -> str:
    if found is None:
        return shapes.error("GetItem", "ErrorItemNotFound", "<m:Items/>")
    item = found[1]
    content = base64.b64encode(item.raw).decode()
    return shapes.success(
        "GetItem",
        f'<m:Items><t:{item.kind}><t:MimeContent CharacterSet="UTF-8">{content}</t:MimeContent>'
        f"{shapes.item_id(item.id)}</t:{item.kind}></m:Items>",
    )


def move_item(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "MoveItem operation": the new id comes back."""
    target = server.folder(shapes.attributes(asked, "FolderId", "Id")[0])
    answers = []
    for uid in shapes.attributes(asked, "ItemId", "Id"):
        found = server.item(uid)
        if target is None or found is None:
            code = "ErrorToFolderNotFound" if target is None else "ErrorItemNotFound"
            answers.append(shapes.error("MoveItem", code, "<m:Items/>"))
            continue
        moved = found[0].move(found[1], target[1])
        inner = f"<m:Items><t:{moved.kind}>{shapes.item_id(moved.id)}</t:{moved.kind}></m:Items>"
        answers.append(shapes.success("MoveItem", inner))
    return answers


def create_item(server: EwsServer, asked: "etree._Element") -> list[str]:
    """See "CreateItem operation (email message)": of what is sent, no id comes back."""
    box = server.known(asked, "sentitems")
    call = next(asked.iter("{*}CreateItem"))
    if (call.get("MessageDisposition"), call.get("SendMeetingInvitations")) != ("SendAndSaveCopy", "SendToNone"):
        server.faults.append("CreateItem: another disposition")
    if box is None:
        return [shapes.error("CreateItem", "ErrorNonExistentMailbox", "<m:Items/>")]
    box.sent.append(base64.b64decode(shapes.texts(asked, "MimeContent")[0], validate=True))
    return [shapes.success("CreateItem", "<m:Items/>")]


OPERATIONS: dict[str, Callable[[EwsServer, Any], list[str]]] = {
    "GetFolder": get_folder,
    "FindFolder": find_folder,
    "CreateFolder": create_folder,
    "SyncFolderItems": sync_folder_items,
    "GetItem": get_item,
    "MoveItem": move_item,
    "CreateItem": create_item,
}


def main() -> None:
    """Serves one mailbox, and says how to reach it."""
    with EwsServer() as server:
        box = server.box("box@agency.example")
        by_hand(
            box.deliver,
            f'address = "{box.address}"\nsource = "exchange"\nendpoint = "{server.endpoint}"\n'
            f"auth = \"basic\"\nuser = '{USER}'\npassword = '{PASSWORD}'",
        )


if __name__ == "__main__":
    main()
