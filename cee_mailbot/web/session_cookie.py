"""The session of a browser: its cookie, how long it lasts yet, and where a browser goes once it has one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response

from cee_mailbot.account_ledger import SessionFacts
from cee_mailbot.accounts import new_device, open_session, session_of
from cee_mailbot.domain.roles import Person
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.parts import Parts

# What an open page asks for by itself: no sign that somebody is there.
BY_ITSELF = ("/viewing", "/session/left.json", "/progress")
_DEVICE_LASTS = 365 * 24 * 3600  # seconds
# WCAG 2.2.1 wants 20 seconds at least.
WARNED_BEFORE = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """How long a session lasts yet: until `ends` in any case, and `seconds` if nobody uses it."""

    ends: datetime
    seconds: int
    idle: timedelta
    near: bool

    @property
    def minutes(self) -> int:
        """How many minutes without use end it."""
        return int(self.idle.total_seconds() // 60)


def cookie_name(parts: Parts) -> str:
    """The cookie of a session; `__Host-` ties it to this host and to https, where there is https."""
    return "__Host-cee-session" if parts.settings.secure else "cee-session"


def found_session(parts: Parts, request: Request) -> SessionFacts | None:
    """The session of this browser, noted as used unless the page asked by itself; None when there is none that holds.

    One that began while people signed in another way is none.
    """
    secret = request.cookies.get(cookie_name(parts))
    if not secret:
        return None
    used = not request.url.path.endswith(BY_ITSELF)
    found = session_of(parts.intake.store, parts.now(), secret, parts.settings.limits, used=used)
    if found is None or found.by_account != (parts.settings.sign_in == "password"):
        return None
    request.state.session = found
    return found


def session_left(asked: Asked) -> Left | None:
    """How long the session of this request lasts yet; None where there is none."""
    found: SessionFacts | None = getattr(asked.request.state, "session", None)
    if found is None:
        return None
    limits, now = asked.parts.settings.limits, asked.parts.now()
    ends = found.created_at + limits.absolute
    left = min(ends, found.last_seen_at + limits.idle) - now
    # To the second below: a page that believes in a moment that is over would promise what nobody can keep.
    return Left(
        ends=ends, seconds=max(0, int(left.total_seconds())), idle=limits.idle, near=ends - now <= WARNED_BEFORE
    )


def keep_session(asked: Asked, answer: Response, person: Person, *, token: str | None = None) -> None:
    """Opens a session and hands its secret to the browser; a new one: nobody can have fixed it before."""
    settings = asked.parts.settings
    secret = open_session(
        asked.parts.intake.store,
        asked.parts.now(),
        person,
        by_account=settings.sign_in == "password",
        token=token,
    )
    lasts = int(settings.limits.absolute.total_seconds())
    answer.set_cookie(
        cookie_name(asked.parts), secret, max_age=lasts, httponly=True, samesite="lax", secure=settings.secure
    )


def device_cookie(parts: Parts) -> str:
    """The cookie by which a browser shows that a person has signed in with it before."""
    return "__Host-cee-device" if parts.settings.secure else "cee-device"


def keep_device(asked: Asked, answer: Response, person: Person) -> None:
    """Lets the browser show later that this person has signed in with it; it opens nothing."""
    answer.set_cookie(
        device_cookie(asked.parts),
        new_device(asked.parts.intake.store, person.name),
        max_age=_DEVICE_LASTS,
        httponly=True,
        samesite="strict",
        secure=asked.parts.settings.secure,
    )


def own_path(path: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere is the front page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"
