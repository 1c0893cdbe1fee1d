"""Every route with what it asks for: the table that the application is built from, and that tests walk."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi.responses import Response

from cee_mailbot.domain.roles import Role
from cee_mailbot.web import sign_in_openid
from cee_mailbot.web.api.describing import api_docs, openapi
from cee_mailbot.web.api.operations import OPERATIONS
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.gate import Door, Of
from cee_mailbot.web.pages import (
    acting,
    bulk,
    documents,
    drafts,
    exporting,
    health,
    item,
    keys,
    leaving,
    list_look,
    operations,
    pictures,
    queue,
    saved,
    session,
    texts,
    unprocessed,
    viewer,
)
from cee_mailbot.web.sign_in import sign_in, sign_in_page, sign_out


@dataclass(frozen=True, kw_only=True, slots=True)
class Route(Door):
    """One route of the page. A fragment or document is its object's."""

    page: Callable[[Asked], Response]


def _get(path: str, page: Callable[[Asked], Response], needs: Role | None, of: Of = Of.NOTHING) -> Route:
    return Route(method="GET", path=path, page=page, needs=needs, of=of)


def _given(path: str, page: Callable[[Asked], Response], how: str) -> Route:
    """What a sender wrote, as the history tells that it was given."""
    return Route(method="GET", path=path, page=page, needs=Role.VIEWER, of=Of.MESSAGE, hands_out=how)


def _post(path: str, page: Callable[[Asked], Response], needs: Role | None, of: Of = Of.NOTHING) -> Route:
    return Route(method="POST", path=path, page=page, needs=needs, of=of)


ROUTES: tuple[Route, ...] = (
    _get("/livez", health.livez, None),
    _get("/readyz", health.readyz, None),
    _get("/api/docs", api_docs, None),
    _get("/api/openapi.json", openapi, None),
    _get("/sign-in", sign_in_page, None),
    _post("/sign-in", sign_in, None),
    _get("/sign-in/back", sign_in_openid.come_back, None),
    _get("/sign-in/keys", sign_in_openid.our_keys, None),
    _post("/sign-out", sign_out, None),
    _get("/signed-out", sign_in_openid.signed_out, None),
    _get("/session/left.json", session.left, Role.VIEWER),
    _post("/session/stay", session.stay, Role.VIEWER),
    _get("/", queue.queue_page, Role.VIEWER),
    _get("/viewing", queue.what_is_new, Role.VIEWER),
    _get("/export.csv", exporting.export_list, Role.VIEWER),
    _post("/list-look", list_look.set_list_look, Role.VIEWER),
    _get("/pictures", pictures.pictures_page, Role.VIEWER),
    _get("/operations", operations.operations_page, Role.SUPERVISOR),
    _get("/texts", texts.texts_page, Role.VIEWER),
    _get("/keys", keys.keys_page, Role.VIEWER),
    _post("/keys", keys.set_keys, Role.VIEWER),
    _post("/keys/after-act", keys.set_after, Role.VIEWER),
    _post("/claim-next", acting.claim_next, Role.SPECIALIST),
    _post("/handed-over/undo", acting.take_back, Role.SPECIALIST),
    _post("/bulk/preview", bulk.preview, Role.SUPERVISOR),
    _get("/bulk", bulk.bulk_list, Role.SUPERVISOR),
    _get("/bulk/{job}", bulk.bulk_page, Role.SUPERVISOR, Of.BULK),
    _get("/bulk/{job}/progress", bulk.progress, Role.SUPERVISOR, Of.BULK),
    _post("/bulk/{job}/start", bulk.start, Role.SUPERVISOR, Of.BULK),
    _post("/bulk/{job}/stop", bulk.stop, Role.SUPERVISOR, Of.BULK),
    _post("/bulk/{job}/undo", bulk.undo, Role.SUPERVISOR, Of.BULK),
    _post("/views", saved.save_view, Role.VIEWER),
    _post("/views/forget", saved.forget_view, Role.VIEWER),
    _post("/views/first", saved.start_with, Role.VIEWER),
    _get("/items/{tracking}", item.item_page, Role.VIEWER, Of.ITEM),
    _post("/items/{tracking}/drafts/{kind}", drafts.keep_draft, Role.SPECIALIST, Of.ITEM),
    _get("/items/{tracking}/viewing", drafts.viewing, Role.VIEWER, Of.ITEM),
    _post("/items/{tracking}/{act}", acting.act, Role.SPECIALIST, Of.ITEM),
    _given("/messages/{message}", documents.message_page, "read"),
    _given("/messages/{message}/html", documents.message_html, "read with its layout"),
    _given("/messages/{message}/raw", documents.raw_message, "downloaded"),
    _given("/messages/{message}/documents/{number}", documents.document, "downloaded"),
    _given("/messages/{message}/documents/{number}/shown", documents.shown_document, "shown"),
    _get("/leave", leaving.leaving_page, Role.VIEWER),
    _get("/viewer", viewer.viewer_page, Role.VIEWER),
    _get("/unprocessed", unprocessed.unprocessed_page, Role.VIEWER),
    _get("/messages/{message}/release", unprocessed.release_page, Role.SPECIALIST, Of.MESSAGE),
    _post("/messages/{message}/release", unprocessed.release, Role.SPECIALIST, Of.MESSAGE),
    _get("/replies/{reply}", unprocessed.reply_page, Role.VIEWER, Of.REPLY),
    _post("/replies/{reply}/retry", unprocessed.retry_reply, Role.SPECIALIST, Of.REPLY),
    _post("/replies/{reply}/cancel", unprocessed.cancel_reply, Role.SPECIALIST, Of.REPLY),
)

EVERY_DOOR: tuple[Door, ...] = (*ROUTES, *OPERATIONS)
"""Pages and API, for those who ask who may go where."""
