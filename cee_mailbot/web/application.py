"""The web application, built from what it is given: each request is read, authorised, and handed to its page."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cee_mailbot.accounts import single_keys
from cee_mailbot.errors import CeeMailbotError, NotAllowedError, NotFoundError, TemporaryError, UserError
from cee_mailbot.web.api.answering import endpoint, problem
from cee_mailbot.web.api.operation import PREFIX
from cee_mailbot.web.api.operations import OPERATIONS
from cee_mailbot.web.asking import Asked, ForbiddenError, go_to
from cee_mailbot.web.gate import authorise
from cee_mailbot.web.handing_out import note_handed_out
from cee_mailbot.web.once import AlreadyDoneError
from cee_mailbot.web.parts import Parts
from cee_mailbot.web.routes import ROUTES, Route
from cee_mailbot.web.security import SAFE_METHODS, Guard
from cee_mailbot.web.showing import show
from cee_mailbot.web.sign_in import who_asks
from cee_mailbot.web.tries import Tries

logger = logging.getLogger(__name__)

STATIC = Path(__file__).resolve().parent / "static"
MOST_FIELDS = 400
_FORM = "application/x-www-form-urlencoded"

# Whose fault an error is, as a browser understands it; the first kind that fits. Anything else is ours.
_STATUS: tuple[tuple[type[CeeMailbotError], int], ...] = (
    (NotFoundError, 404),
    (NotAllowedError, 409),
    (ForbiddenError, 403),
    (UserError, 422),
    (TemporaryError, 503),
)


def build_application(parts: Parts) -> FastAPI:
    """The queue page and the API on these parts."""
    application = FastAPI(title="cee_mailbot", docs_url=None, redoc_url=None, openapi_url=None)
    application.state.parts = parts
    application.state.tries = Tries()
    application.state.exporting = Lock()
    application.mount("/static", StaticFiles(directory=STATIC), name="static")
    for route in ROUTES:
        application.add_route(route.path, _endpoint(route, parts), methods=[route.method])
    for operation in OPERATIONS:
        application.add_route(operation.address, endpoint(operation, parts), methods=[operation.method])
    application.add_exception_handler(HTTPException, _not_there)
    application.add_middleware(Guard, settings=parts.settings)
    return application


def _endpoint(route: Route, parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form, lists = await _form_of(request)
        return await run_in_threadpool(_answered, route, Asked(parts=parts, request=request, form=form, lists=lists))

    return answer


async def _form_of(request: Request) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The last value of each field, and all values of each; files are none of our forms'."""
    if request.method in SAFE_METHODS:
        return {}, {}
    if not request.headers.get("content-type", _FORM).casefold().startswith(_FORM):
        # The other kind names a charset of its own, in which text can be written that no page can show.
        raise HTTPException(415)
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        lists[name] = (*lists.get(name, ()), value)
    return dict(pairs), lists


def _answered(route: Route, asked: Asked) -> Response:
    """The page of a route, or the page of what stands against it."""
    try:
        visitor = who_asks(asked.parts, asked.request)
        alone = visitor is None or single_keys(asked.parts.intake.store, visitor.name)
        asked = replace(asked, visitor=visitor, single_keys=alone)
        if route.needs is not None and visitor is None:
            return _to_sign_in(asked)
        authorise(route, asked)
        answer = route.page(asked)
        note_handed_out(route, asked, answer)
    except AlreadyDoneError as done:
        return go_to(done.place)
    except CeeMailbotError as error:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        if status >= 500:  # noqa: PLR2004 - ours, not theirs
            logger.exception("a page could not be made")
        return error_page(asked, status, str(error))
    except Exception:
        logger.exception("a page broke")
        return error_page(asked, 500, "The program failed to make this page. Report it; nothing you did was lost.")
    return answer


def _to_sign_in(asked: Asked) -> Response:
    if asked.request.headers.get("HX-Request") and asked.request.method in SAFE_METHODS:
        return Response(status_code=401)  # a piece of a page: nothing that stands there is to be replaced
    if asked.request.headers.get("accept") == "application/json":
        return Response(status_code=401)
    if not asked.parts.settings.has_sessions:
        return error_page(asked, 401, "Your sign-in did not come through; open the page again from your portal.")
    if asked.request.method not in SAFE_METHODS:
        return _not_lost(asked)
    return go_to(f"/sign-in?back={quote(asked.here, safe='')}" if asked.here != "/" else "/sign-in")


def _not_lost(asked: Asked) -> Response:
    """What was written before the sign-in was lost is shown, since the request that carried it is refused."""
    return error_page(asked, 401, "You were signed out before this was sent; nothing was done. Sign in again.")


def error_page(asked: Asked, status: int, words: str) -> Response:
    """What went wrong, in words, what was written, which is kept nowhere else, and the way back."""
    written = [asked.form[name] for name in ("text", "reason") if asked.form.get(name, "").strip()]
    return show(asked, "error.html", status, code=status, words=words, written=written)


async def _not_there(request: Request, error: Exception) -> Response:
    """Paths that no route has, and requests that can't be read."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if request.url.path.startswith(f"{PREFIX}/"):
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        return problem("unknown", status, "There is no such operation", "See /api/docs.", headers=headers)
    words = "There is no such page." if status == 404 else "The request can't be read."  # noqa: PLR2004
    return error_page(Asked(parts=request.app.state.parts, request=request), status, words)
