"""Who is asking: the ways to sign in, and the pages of the embedded one."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response

from cee_mailbot.accounts import end_session, known_device, person_of
from cee_mailbot.domain.roles import Person
from cee_mailbot.web.addresses import peer_address
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.parts import DEMO_PERSON, Parts
from cee_mailbot.web.session_cookie import (
    cookie_name,
    device_cookie,
    found_session,
    keep_device,
    keep_session,
    own_path,
)
from cee_mailbot.web.showing import show
from cee_mailbot.web.sign_in_openid import begin, farewell
from cee_mailbot.web.tries import WINDOW, Caller, Tries

WRONG = "Name or password is wrong. Try again."
TOO_OFTEN = "Too many wrong tries. Wait {minutes} minutes, or ask your administrator."


def _by_session(parts: Parts, request: Request) -> Person | None:
    found = found_session(parts, request)
    return found.person if found else None


def _by_proxy(parts: Parts, request: Request) -> Person | None:
    """The account of the name that a trusted proxy gives; the header is worth nothing from anywhere else."""
    address = peer_address(request)
    names = request.headers.getlist(parts.settings.proxy_header)
    if address not in parts.settings.proxy_addresses or len(names) != 1:
        return None  # of two, one may be the browser's own
    with parts.intake.store.read() as ask:
        account = ask.account(names[0])
    if account is None or account.disabled:
        return None
    return Person(name=account.name, role=account.role, teams=account.teams)


# Each way finds out who asks. One more needs a line here, and its own pages in the table of routes.
SIGN_IN: dict[str, Callable[[Parts, Request], Person | None]] = {
    "password": _by_session,
    "openid": _by_session,
    "proxy": _by_proxy,
    "demo": lambda _parts, _request: DEMO_PERSON,
}


def who_asks(parts: Parts, request: Request) -> Person | None:
    """The person who has signed in, or None."""
    return SIGN_IN[parts.settings.sign_in](parts, request)


def sign_in_page(asked: Asked) -> Response:
    """The form for name and password, or the way to the agency's own sign-in."""
    back = own_path(asked.query.get("back", "/"))
    if asked.visitor is not None:
        return go_to("/")
    if asked.parts.settings.sign_in == "openid":
        return begin(asked, back)
    return show(asked, "sign_in.html", back=back, problem=None)


def sign_in(asked: Asked) -> Response:
    """Opens a session, or says that it can't."""
    tries: Tries = asked.request.app.state.tries
    name, now = asked.text("name", longest=200), asked.parts.now()
    back = own_path(asked.form.get("back", "/"))
    if asked.parts.settings.sign_in != "password":
        return go_to("/")
    store, kept = asked.parts.intake.store, asked.request.cookies.get(device_cookie(asked.parts), "")
    caller = Caller(address=asked.address, name=name, device=known_device(store, name, kept))
    if not tries.begin(caller, now):
        minutes = int(WINDOW.total_seconds() // 60)
        return show(asked, "sign_in.html", 429, back=back, problem=TOO_OFTEN.format(minutes=minutes))
    person = person_of(store, name=name, password=asked.form.get("password", ""))
    if person is None:
        return show(asked, "sign_in.html", 401, back=back, problem=WRONG)
    tries.succeeded(caller)
    answer = go_to(back)
    keep_session(asked, answer, person)
    keep_device(asked, answer, person)
    return answer


def sign_out(asked: Asked) -> Response:
    """Ends the session on the server, and takes the cookie back."""
    secret = asked.request.cookies.get(cookie_name(asked.parts))
    ended = end_session(asked.parts.intake.store, asked.parts.now(), secret) if secret else None
    answer = farewell(asked, ended) if asked.parts.settings.sign_in == "openid" else go_to("/sign-in")
    answer.delete_cookie(cookie_name(asked.parts), secure=asked.parts.settings.secure, httponly=True, samesite="lax")
    return answer
