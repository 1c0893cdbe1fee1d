"""Signing in at the agency's own provider: out to it, back from it, and out of it."""

import base64
import binascii
import logging
import secrets

from fastapi.responses import JSONResponse, RedirectResponse, Response

from cee_mailbot.account_ledger import SessionFacts
from cee_mailbot.accounts import person_known
from cee_mailbot.errors import NotFoundError
from cee_mailbot.identity_provider import IdentityProvider, Refusal, RefusedSignInError
from cee_mailbot.web.asking import SEE_OTHER, Asked, go_to
from cee_mailbot.web.session_cookie import keep_session, own_path
from cee_mailbot.web.showing import show
from cee_mailbot.web.tries import Caller, Tries

logger = logging.getLogger(__name__)

LASTS = 600  # seconds in which somebody signs in there
LONGEST_BACK = 2_000
_ASK = "Ask your administrator."
_LASTING = "If that does not help, tell your administrator."

# What a stranger is told, and the status: never what the provider said, which anybody can write into an address.
TOLD: dict[Refusal, tuple[int, str]] = {
    Refusal.NOT_BEGUN: (400, "This sign-in was not begun in this browser, or it took too long. Sign in again."),
    Refusal.DENIED: (403, f"Your agency's sign-in service did not let you in, or you cancelled. {_ASK}"),
    Refusal.NOT_TRUSTED: (
        400,
        f"The answer of your agency's sign-in service can't be trusted. Sign in again. {_LASTING}",
    ),
    Refusal.NOT_AGREED: (502, "Your agency's sign-in service does not know this page. Tell your administrator."),
    Refusal.UNREACHABLE: (503, "Your agency's sign-in service can't be reached. Try again in a few minutes."),
    Refusal.NAMELESS: (403, f"Your agency's sign-in service gave no name that can be used here. {_ASK}"),
    Refusal.NO_GROUP: (403, f"You have signed in, but none of your groups may use this page. {_ASK}"),
    Refusal.OTHERS_NAME: (403, f"You have signed in, but your name here belongs to somebody else. {_ASK}"),
    Refusal.DISABLED: (403, f"You have signed in, but your account here is disabled. {_ASK}"),
}
TOO_OFTEN = (429, "Too many sign-ins from here went wrong. Wait 15 minutes, or ask your administrator.")
# Of these a person can use another account, which takes the end of the session at the provider.
_WITH_ANOTHER = (Refusal.DENIED, Refusal.NAMELESS, Refusal.NO_GROUP, Refusal.OTHERS_NAME, Refusal.DISABLED)


def begun_cookie(asked: Asked) -> str:
    """The cookie of a sign-in that is under way."""
    return "__Host-cee-signing-in" if asked.parts.settings.secure else "cee-signing-in"


def begin(asked: Asked, back: str) -> Response:
    """Sends the browser to the provider, with a secret by which its answer is known again."""
    secret = secrets.token_urlsafe(32)
    try:
        place = _provider(asked).address_to_sign_in(secret)
    except RefusedSignInError as refused:
        return _refused(asked, refused)
    answer = RedirectResponse(place, status_code=SEE_OTHER)
    kept = base64.urlsafe_b64encode(back.encode()[:LONGEST_BACK]).decode()
    answer.set_cookie(
        begun_cookie(asked),
        f"{secret}.{kept}",
        max_age=LASTS,
        httponly=True,
        samesite="lax",
        secure=asked.parts.settings.secure,
    )
    return answer


def come_back(asked: Asked) -> Response:
    """Opens a session for whom the provider vouches, or says that it can't."""
    provider = _provider(asked)
    tries: Tries = asked.request.app.state.tries
    secret, back = _begun(asked)
    if secret is None:
        return _told(asked, *TOLD[Refusal.NOT_BEGUN])
    caller = Caller(address=asked.address)
    if not tries.begin(caller, asked.parts.now()):
        return _told(asked, *TOO_OFTEN)
    token = None
    try:
        identity = provider.identity(secret, _answer(asked))
        token = identity.token
        tries.succeeded(caller)
        person = person_known(asked.parts.intake.store, asked.parts.now(), identity, asked.parts.groups)
    except RefusedSignInError as refused:
        return _refused(asked, refused, token)
    answer = go_to(back)
    keep_session(asked, answer, person, token=identity.token)
    _forget(asked, answer)
    return answer


def _answer(asked: Asked) -> dict[str, str]:
    pairs = asked.request.query_params.multi_items()
    if len(dict(pairs)) != len(pairs):  # RFC 6749 section 3.1
        raise RefusedSignInError(Refusal.NOT_TRUSTED, "the answer says something twice")
    return dict(pairs)


def _provider(asked: Asked) -> IdentityProvider:
    if asked.parts.provider is None:
        raise NotFoundError("nobody signs in this way here")
    return asked.parts.provider


def _begun(asked: Asked) -> tuple[str | None, str]:
    """The secret of the sign-in that this browser began, and where it wanted to go."""
    secret, _, kept = asked.request.cookies.get(begun_cookie(asked), "").partition(".")
    if not secret:
        return None, "/"
    try:
        return secret, own_path(base64.urlsafe_b64decode(kept).decode())
    except (binascii.Error, ValueError):
        return secret, "/"


def _forget(asked: Asked, answer: Response) -> None:
    answer.delete_cookie(begun_cookie(asked), secure=asked.parts.settings.secure, httponly=True, samesite="lax")


def _refused(asked: Asked, refused: RefusedSignInError, token: str | None = None) -> Response:
    logger.warning("nobody was signed in: %s", refused)
    elsewhere = _provider(asked).address_to_sign_out(token) if refused.refusal in _WITH_ANOTHER else None
    answer = _told(asked, *TOLD[refused.refusal], elsewhere)
    _forget(asked, answer)
    return answer


def _told(asked: Asked, status: int, words: str, elsewhere: str | None = None) -> Response:
    return show(asked, "not_signed_in.html", status, words=words, elsewhere=elsewhere)


def farewell(asked: Asked, ended: SessionFacts | None) -> Response:
    """Says that the session here is over, and takes the browser on to end the one at the provider.

    Not by a redirect: a page whose forms may only go to itself may not be led on by one either (CSP form-action).
    """
    token = ended.token if ended is not None else None
    elsewhere = _provider(asked).address_to_sign_out(token) if token is not None else None
    answer = show(asked, "signed_out.html", elsewhere=elsewhere)
    if elsewhere is not None:
        answer.headers["Refresh"] = f"0; url={elsewhere}"
    return answer


def signed_out(asked: Asked) -> Response:
    """Where the provider sends a browser whose session it has ended."""
    return show(asked, "signed_out.html", elsewhere=None)


def our_keys(asked: Asked) -> Response:
    """The public keys by which the provider knows this program; it may fetch them from here (`jwks_uri`)."""
    try:
        return JSONResponse(dict(_provider(asked).public_keys()))
    except RefusedSignInError as refused:
        return _refused(asked, refused)
