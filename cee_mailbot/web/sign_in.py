"""Who is asking: the ways to sign in, and the pages of the embedded one."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from fastapi import Request
from fastapi.responses import Response

from cee_mailbot.accounts import end_session, open_session, person_of, session_of
from cee_mailbot.domain.roles import Person
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.parts import DEMO_PERSON, Parts
from cee_mailbot.web.showing import show

WRONG = "Name or password is wrong. Try again."
TOO_OFTEN = "Too many wrong tries. Wait {minutes} minutes, or ask your administrator."
TRIES_OF_A_NAME = 5
TRIES_OF_AN_ADDRESS = 30
WINDOW = timedelta(minutes=15)
_MOST_KEYS = 10_000


class Tries:
    """Tries to sign in of late that were not right, by name and by address; one counts from when it begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: dict[str, deque[datetime]] = {}

    def begin(self, name: str, address: str, now: datetime) -> bool:
        """Notes a try, or says that this name or this address has to wait, which leaves no trace."""
        limits = _limits(name, address)
        with self._lock:
            if any(self._recent(key, now) >= limit for key, limit in limits.items()):
                return False
            if len(self._begun) > _MOST_KEYS:
                self._begun.clear()  # a flood of names: forgetting lets nobody in who has no password
            for key in limits:
                self._begun.setdefault(key, deque()).append(now)
            return True

    def succeeded(self, name: str, address: str) -> None:
        """The try that began last was right, and counts no more."""
        with self._lock:
            for key in _limits(name, address):
                if times := self._begun.get(key):
                    times.pop()

    def _recent(self, key: str, now: datetime) -> int:
        times = self._begun.get(key, deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        return len(times)


def _limits(name: str, address: str) -> dict[str, int]:
    return {f"name {name.casefold()}": TRIES_OF_A_NAME, f"address {address}": TRIES_OF_AN_ADDRESS}


# What an open page asks for by itself, every half minute: no sign that somebody is there.
BY_ITSELF = "/viewing"


def cookie_name(parts: Parts) -> str:
    """The cookie of a session; `__Host-` ties it to this host and to https, where there is https."""
    return "__Host-cee-session" if parts.settings.secure else "cee-session"


def _by_session(parts: Parts, request: Request) -> Person | None:
    secret = request.cookies.get(cookie_name(parts))
    if not secret:
        return None
    used = not request.url.path.endswith(BY_ITSELF)
    found = session_of(parts.intake.store, parts.now(), secret, parts.settings.limits, used=used)
    return found.person if found else None


def _by_proxy(parts: Parts, request: Request) -> Person | None:
    """The account of the name that a trusted proxy gives; the header is worth nothing from anywhere else."""
    address = request.client.host if request.client else ""
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
    "proxy": _by_proxy,
    "demo": lambda _parts, _request: DEMO_PERSON,
}


def who_asks(parts: Parts, request: Request) -> Person | None:
    """The person who has signed in, or None."""
    return SIGN_IN[parts.settings.sign_in](parts, request)


def sign_in_page(asked: Asked) -> Response:
    """The form for name and password."""
    if asked.visitor is not None:
        return go_to("/")
    return show(asked, "sign_in.html", back=_own_path(asked.query.get("back", "/")), problem=None)


def sign_in(asked: Asked) -> Response:
    """Opens a session, or says that it can't."""
    tries: Tries = asked.request.app.state.tries
    name, now = asked.text("name", longest=200), asked.parts.now()
    address = asked.request.client.host if asked.request.client else ""
    back = _own_path(asked.form.get("back", "/"))
    if asked.parts.settings.sign_in != "password":
        return go_to("/")
    if not tries.begin(name, address, now):
        minutes = int(WINDOW.total_seconds() // 60)
        return show(asked, "sign_in.html", 429, back=back, problem=TOO_OFTEN.format(minutes=minutes))
    person = person_of(asked.parts.intake.store, name=name, password=asked.form.get("password", ""))
    if person is None:
        return show(asked, "sign_in.html", 401, back=back, problem=WRONG)
    tries.succeeded(name, address)
    answer = go_to(back)
    limits, secure = asked.parts.settings.limits, asked.parts.settings.secure
    secret = open_session(asked.parts.intake.store, now, person)  # a new one: nobody can have fixed it before
    lasts = int(limits.absolute.total_seconds())
    answer.set_cookie(cookie_name(asked.parts), secret, max_age=lasts, httponly=True, samesite="lax", secure=secure)
    return answer


def sign_out(asked: Asked) -> Response:
    """Ends the session on the server, and takes the cookie back."""
    secret = asked.request.cookies.get(cookie_name(asked.parts))
    if secret:
        end_session(asked.parts.intake.store, asked.parts.now(), secret)
    answer = go_to("/sign-in")
    answer.delete_cookie(cookie_name(asked.parts), secure=asked.parts.settings.secure, httponly=True, samesite="lax")
    return answer


def _own_path(path: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere is the front page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"
