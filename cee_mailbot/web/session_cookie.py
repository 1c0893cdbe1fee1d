"""The cookie of a session, and where a browser goes once it has one."""

from fastapi import Request
from fastapi.responses import Response

from cee_mailbot.account_ledger import SessionFacts
from cee_mailbot.accounts import open_session, session_of
from cee_mailbot.domain.roles import Person
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.parts import Parts

# What an open page asks for by itself, every half minute: no sign that somebody is there.
BY_ITSELF = "/viewing"


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
    return found if found and found.by_account == (parts.settings.sign_in == "password") else None


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


def own_path(path: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere is the front page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"
