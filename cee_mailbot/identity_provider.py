"""What the queue page needs of an agency's own sign-in (OpenID Connect Core 1.0, authorisation code flow)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from cee_mailbot.errors import CeeMailbotError


class Refusal(StrEnum):
    """Why somebody was not signed in, as far as that person may know."""

    NOT_BEGUN = "not-begun"  # this browser began no sign-in, or another one since
    DENIED = "denied"  # the provider's people, or the person, said no
    NOT_TRUSTED = "not-trusted"  # the answer could be anybody's
    NOT_AGREED = "not-agreed"  # the provider refuses the program itself
    UNREACHABLE = "unreachable"
    NAMELESS = "nameless"
    NO_GROUP = "no-group"
    OTHERS_NAME = "others-name"
    DISABLED = "disabled"


class RefusedSignInError(CeeMailbotError):
    """Nobody was signed in. The text is for the log: it says more than a stranger may be told."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(f"{refusal}: {detail}")
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who the provider says that somebody is: for ever by `issuer` and `subject`, to people by `name`.

    `token` is the signed ID token, with which the provider knows the session again that is to end.
    """

    issuer: str
    subject: str
    name: str
    groups: frozenset[str]
    token: str


class IdentityProvider(Protocol):
    """One provider. A sign-in is known by a secret of 256 random bits, which the browser alone keeps."""

    def address_to_sign_in(self, secret: str) -> str:
        """Where the browser goes to sign in. Raises `RefusedSignInError` when the provider is out of reach."""

    def identity(self, secret: str, answer: Mapping[str, str]) -> Identity:
        """Who came back, by the answer in the query of the address. Raises `RefusedSignInError`."""

    def address_to_sign_out(self, token: str | None) -> str | None:
        """Where the browser goes to end its session at the provider too; None where there is no such place."""

    def public_keys(self) -> Mapping[str, Any]:
        """The keys by which the provider knows this program, as a JWK Set (RFC 7517)."""

    def check(self) -> str:
        """Says what was found. Raises `CeeMailbotError` with what to do."""
