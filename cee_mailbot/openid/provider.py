"""One provider, as the queue page uses it: where to go, who came back, and where to sign out."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from authlib.common.urls import add_params_to_qs, add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from cee_mailbot.errors import CeeMailbotError, SignInError
from cee_mailbot.identity_provider import Identity, Refusal, RefusedSignInError
from cee_mailbot.openid.calls import Calls
from cee_mailbot.openid.client_key import ClientKey, read_client_key
from cee_mailbot.openid.discovery import Discovery
from cee_mailbot.openid.id_token import Expected, checked_claims
from cee_mailbot.openid.settings import OpenidSettings

_OK, _OURS, _THEIRS = 200, 400, 500
# Errors of an authorisation that are a no to the person (OpenID Connect Core 1.0 section 3.1.2.6).
_DENIED = ("access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required")


class OpenidProvider:
    """As `IdentityProvider`; calls nothing yet."""

    def __init__(
        self, settings: OpenidSettings, now: Callable[[], datetime], discovery: Discovery | None = None
    ) -> None:
        self._settings, self._now = settings, now
        self._calls = Calls(settings)
        self._discovery = discovery or Discovery(settings, self._calls)

    def address_to_sign_in(self, secret: str) -> str:
        """As `IdentityProvider`."""
        settings, more = self._settings, {}
        if settings.acr_values:
            more["acr_values"] = " ".join(settings.acr_values)
        address = prepare_grant_uri(
            self._discovery.description()["authorization_endpoint"],
            client_id=settings.client_id,
            response_type="code",
            redirect_uri=settings.redirect_uri,
            scope=" ".join(settings.scopes),
            state=_drawn(secret, "state"),
            nonce=_drawn(secret, "nonce"),
            code_challenge=create_s256_code_challenge(_drawn(secret, "verifier")),
            code_challenge_method="S256",
            **more,
        )
        return str(address)

    def identity(self, secret: str, answer: Mapping[str, str]) -> Identity:
        """As `IdentityProvider`."""
        code = self._code(secret, answer)
        said = self._exchanged(code, _drawn(secret, "verifier"))
        token, access = said.get("id_token"), said.get("access_token")
        if not isinstance(token, str):
            raise RefusedSignInError(Refusal.NOT_TRUSTED, "the token endpoint gave no ID token")
        access = access if isinstance(access, str) else None
        expected = Expected(nonce=_drawn(secret, "nonce"), access_token=access, now=self._now())
        claims = checked_claims(token, expected, self._settings, self._discovery)
        return self._identity(self._completed(claims, access), token)

    def _code(self, secret: str, answer: Mapping[str, str]) -> str:
        """The code of an answer that is meant for this browser and comes from this provider."""
        if not hmac.compare_digest(answer.get("state", "").encode(), _drawn(secret, "state").encode()):
            raise RefusedSignInError(Refusal.NOT_BEGUN, "the answer belongs to no sign-in of this browser")
        # RFC 9207: an answer of another provider must not be taken for this one's.
        told = self._discovery.description().get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if told else self._settings.issuer) != self._settings.issuer:
            raise RefusedSignInError(Refusal.NOT_TRUSTED, "the answer is that of another provider")
        if error := answer.get("error"):
            refusal = Refusal.DENIED if error in _DENIED else Refusal.NOT_AGREED
            raise RefusedSignInError(refusal, f"the provider answered {_printable(error)}")
        if not answer.get("code"):
            raise RefusedSignInError(Refusal.NOT_TRUSTED, "the answer has no code")
        return answer["code"]

    def _exchanged(self, code: str, verifier: str) -> Mapping[str, Any]:
        """What the token endpoint gives for the code (OpenID Connect Core 1.0 section 3.1.3)."""
        settings, place = self._settings, str(self._discovery.description()["token_endpoint"])
        assertion = self._key().assertion(client_id=settings.client_id, audience=place, now=self._now())
        form = prepare_token_request(
            "authorization_code", redirect_uri=settings.redirect_uri, code=code, code_verifier=verifier
        )
        proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]
        answer = self._calls.post(place, add_params_to_qs(form, proof))
        if answer.status == _OK:
            return answer.said
        error = _printable(str(answer.said.get("error", answer.status)))
        words = f"{place} gave no tokens: {error} {_printable(str(answer.said.get('error_description', '')))}"
        if error == "invalid_grant":
            raise RefusedSignInError(Refusal.NOT_BEGUN, words)
        theirs = not _OURS <= answer.status < _THEIRS
        raise RefusedSignInError(Refusal.UNREACHABLE if theirs else Refusal.NOT_AGREED, words)

    def _completed(self, claims: Mapping[str, Any], access: str | None) -> Mapping[str, Any]:
        """The claims with those that the provider gives by its userinfo endpoint alone (section 5.3)."""
        settings, place = self._settings, self._discovery.description().get("userinfo_endpoint")
        if place is None or access is None or {settings.name_claim, settings.groups_claim} <= set(claims):
            return claims
        answer = self._calls.get(str(place), bearer=access)
        if answer.status != _OK:
            raise RefusedSignInError(Refusal.UNREACHABLE, f"{place} answered {answer.status}")
        if answer.said.get("sub") != claims["sub"]:  # section 5.3.2
            raise RefusedSignInError(Refusal.NOT_TRUSTED, f"{place} speaks of somebody else")
        return {**answer.said, **claims}

    def _identity(self, claims: Mapping[str, Any], token: str) -> Identity:
        name, groups = claims.get(self._settings.name_claim), claims.get(self._settings.groups_claim)
        listed: list[Any] = groups if isinstance(groups, list) else [groups]
        return Identity(
            issuer=self._settings.issuer,
            subject=str(claims["sub"]),
            name=name if isinstance(name, str) else "",
            groups=frozenset(one for one in listed if isinstance(one, str)),
            token=token,
        )

    def address_to_sign_out(self, token: str | None) -> str | None:
        """As `IdentityProvider` (OpenID Connect RP-Initiated Logout 1.0)."""
        try:
            place = self._discovery.description().get("end_session_endpoint")
        except RefusedSignInError:
            return None
        if place is None:
            return None
        said = [("client_id", self._settings.client_id), ("post_logout_redirect_uri", self._settings.signed_out_uri)]
        hint = [("id_token_hint", token)] if token is not None else []
        return str(add_params_to_uri(str(place), hint + said))

    def public_keys(self) -> Mapping[str, Any]:
        """As `IdentityProvider`."""
        return self._key().public()

    def check(self) -> str:
        """As `IdentityProvider`."""
        try:
            key, description = self._key(), self._discovery.description()
        except RefusedSignInError as error:
            raise CeeMailbotError(str(error)) from error
        methods = description.get("token_endpoint_auth_methods_supported", ["private_key_jwt"])
        if "private_key_jwt" not in methods:
            raise CeeMailbotError(f"{self._settings.issuer} does not offer private_key_jwt; have it switched on")
        return f"{self._settings.issuer}, as {self._settings.client_id} with key {key.public()['keys'][0]['kid']}"

    def _key(self) -> ClientKey:
        try:
            return read_client_key(self._settings.key_file)  # anew each time, so that it can be replaced
        except SignInError as error:
            raise RefusedSignInError(Refusal.NOT_AGREED, str(error)) from error


def _drawn(secret: str, purpose: str) -> str:
    """A random text for one purpose: whoever sees it learns neither the secret nor any other text from it."""
    digest = hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:200]
