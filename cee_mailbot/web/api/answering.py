"""A call of the API, from its bytes to its answer: who, whether, what, once; and what stands against it."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from cee_mailbot.accounts import bearer_of
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.roles import Person
from cee_mailbot.errors import (
    CeeMailbotError,
    ChangedError,
    NotAllowedError,
    NotFoundError,
    TemporaryError,
    UserError,
)
from cee_mailbot.web.api.acts import item_now
from cee_mailbot.web.api.operation import Call, Operation
from cee_mailbot.web.asking import Asked, ForbiddenError
from cee_mailbot.web.gate import Of, authorise
from cee_mailbot.web.handing_out import note_handed_out
from cee_mailbot.web.once import AlreadyDoneError, once
from cee_mailbot.web.parts import Parts
from cee_mailbot.web.security import PROBLEM_JSON

logger = logging.getLogger(__name__)

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 255
LONGEST_NAMED = 5  # how many faults of a body are told at once


class UnknownCallerError(CeeMailbotError):
    """No token, or one that is good for nothing."""


class OtherRequestError(UserError):
    """The key of this request was used for another."""


# Which error is what to a program: its kind, HTTP status and title; the first that fits. Anything else is ours.
PROBLEMS: tuple[tuple[type[Exception], str, int, str], ...] = (
    (UnknownCallerError, "unauthorized", 401, "A token is needed"),
    (NotFoundError, "not-found", 404, "There is no such thing"),
    (ChangedError, "changed", 409, "It was changed since you saw it"),
    (NotAllowedError, "not-allowed", 409, "Its state does not allow this"),
    (ForbiddenError, "forbidden", 403, "You may not do this"),
    (OtherRequestError, "key-reused", 422, "The key belongs to another request"),
    (ValidationError, "invalid", 422, "What was given can't be used"),
    (UserError, "invalid", 422, "What was given can't be used"),
    (TemporaryError, "unavailable", 503, "Try again later"),
)


def endpoint(operation: Operation, parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    """What answers the calls of one operation."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(answered, operation, Asked(parts=parts, request=request), body)

    return answer


def answered(operation: Operation, asked: Asked, body: bytes) -> Response:
    """The answer to a call, or the problem that stands against it."""
    try:
        asked = Asked(parts=asked.parts, request=asked.request, visitor=_caller(operation, asked))
        authorise(operation, asked)
        return _carried_out(operation, asked, body)
    except Exception as error:  # noqa: BLE001 - every fault is an answer
        return problem_of(error, asked, operation, body)


def _caller(operation: Operation, asked: Asked) -> Person:
    """Who calls. Raises `UnknownCallerError`, or `ForbiddenError` for a token without the scope."""
    kind, _, secret = asked.request.headers.get("authorization", "").partition(" ")
    if kind.casefold() != "bearer" or not secret.strip():
        raise UnknownCallerError("send a token as `Authorization: Bearer ...`; `cee-mailbot users token add` makes one")
    found = bearer_of(asked.parts.intake.store, asked.parts.now(), secret.strip())
    if found is None:
        raise UnknownCallerError("this token is unknown, over or revoked, or its account is disabled")
    if operation.scope not in found.token.scopes:
        scopes = ", ".join(found.token.scopes)
        raise ForbiddenError(f"this needs a token with the scope {operation.scope}; yours has {scopes}")
    return found.person


def _carried_out(operation: Operation, asked: Asked, body: bytes) -> Response:
    given = _given(operation, asked, body)
    key = asked.request.headers.get(KEY_HEADER)
    intake = asked.parts.intake
    if operation.transactions and key is not None:
        place = fingerprint(asked, body)
        intake = once(
            intake, key=_stored_key(key), person=asked.person.name, place=place, note_in=operation.transactions
        )
    call = Call(asked=asked, given=given, intake=intake)
    try:
        found = operation.carry(call)
    except AlreadyDoneError as done:
        if done.place != fingerprint(asked, body):
            raise OtherRequestError(f"the {KEY_HEADER} was used for another request; choose a new one") from None
        return _done_before(operation, call)
    answer = found if isinstance(found, Response) else JSONResponse(to_json(found))
    note_handed_out(operation, asked, answer)
    return answer


def _given(operation: Operation, asked: Asked, body: bytes) -> Any:
    """What the call gives, read as its operation says. Raises `ValidationError`."""
    if operation.body is not None:
        return operation.body.model_validate_json(body or b"{}")
    return operation.query.model_validate(dict(asked.query)) if operation.query is not None else None


def _stored_key(key: str) -> str:
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise UserError(f"{KEY_HEADER} has 1 to {LONGEST_KEY} printable ASCII characters")
    return hashlib.sha256(f"api {key}".encode()).hexdigest()


def fingerprint(asked: Asked, body: bytes) -> str:
    """By which the same request is known again: its path and its body."""
    return hashlib.sha256(asked.request.url.path.encode("utf-8", "replace") + b"\0" + body).hexdigest()


def _done_before(operation: Operation, call: Call) -> Response:
    """The answer to a request that was carried out before: the thing as it stands now, and a header that says so."""
    before: dict[Of, Callable[[], Any]] = {
        Of.ITEM: lambda: item_now(call, str(call.asked.path[Of.ITEM])),
        Of.MESSAGE: lambda: _message(call),
        Of.REPLY: lambda: _reply(call),
    }
    found = operation.again(call) if operation.again is not None else before[operation.of]()
    return JSONResponse(to_json(found), headers={"Idempotency-Replayed": "true"})


def _message(call: Call) -> Any:
    with call.asked.parts.intake.store.read() as ask:
        return ask.message(int(call.asked.path[Of.MESSAGE]))


def _reply(call: Call) -> Any:
    with call.asked.parts.intake.store.read() as ask:
        return ask.reply(int(call.asked.path[Of.REPLY]))[0]


def problem_of(error: Exception, asked: Asked, operation: Operation, body: bytes) -> Response:
    """The error as a problem (RFC 9457); what is our own fault is logged, and not told."""
    known = next((row for row in PROBLEMS if isinstance(error, row[0])), None)
    if known is None or known[2] >= 500:  # noqa: PLR2004 - ours, not theirs
        logger.error("a call failed: %s %s", operation.method, operation.path, exc_info=error)
    if known is None:
        return problem("failed", 500, "The program failed", "Report it; nothing was done by halves.")
    _, kind, status, title = known
    more = _difference(asked, operation, body) if isinstance(error, ChangedError) else {}
    headers = {"WWW-Authenticate": 'Bearer realm="cee-mailbot"'} if isinstance(error, UnknownCallerError) else None
    return problem(kind, status, title, _words(error), more=more, headers=headers)


def _words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_context=False, include_input=False)[:LONGEST_NAMED]
    return "; ".join(f"{'.'.join(str(one) for one in fault['loc']) or 'body'}: {fault['msg']}" for fault in faults)


def _difference(asked: Asked, operation: Operation, body: bytes) -> dict[str, Any]:
    """What the item is now, and what has happened since the caller looked."""
    seen = _given(operation, asked, body).seen
    with asked.parts.intake.store.read() as ask:
        story = ask.story(str(asked.path[Of.ITEM]), teams=asked.person.teams)
    since = [line for line in story.history if line.id > seen]
    return {"version": story.version, "item": to_json(story.item), "since": to_json(since)}


def problem(
    kind: str,
    status: int,
    title: str,
    detail: str,
    *,
    more: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem in the form of RFC 9457."""
    told = {"type": f"/api/docs#{kind}", "title": title, "status": status, "detail": detail, **(more or {})}
    return Response(json.dumps(told), status_code=status, media_type=PROBLEM_JSON, headers=headers)
