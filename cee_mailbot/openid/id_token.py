"""The proof of who signed in, checked (OpenID Connect Core 1.0 section 3.1.3.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from cee_mailbot.identity_provider import Refusal, RefusedSignInError
from cee_mailbot.openid.discovery import ALGORITHMS, Discovery
from cee_mailbot.openid.settings import OpenidSettings

_CLOCKS_DIFFER = 60  # seconds
_LONGEST_SUBJECT = 255  # section 2
_WRONG = (JoseError, ValueError, TypeError, KeyError, RecursionError)


class _Registry(JWSRegistry):
    """Takes headers that name a chain of certificates, which is passed over, as is what nobody knows (RFC 7515 4)."""

    max_header_length = 16_384


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What must stand in a token: the random number of this sign-in, and what its access token was."""

    nonce: str
    access_token: str | None
    now: datetime


def checked_claims(token: str, expected: Expected, settings: OpenidSettings, discovery: Discovery) -> Mapping[str, Any]:
    """What the token says of a person. Raises `RefusedSignInError` unless it is this provider's, for us and now."""
    try:
        header, claims = _signed(token, discovery)
        _check(CodeIDToken(claims, header, _options(settings), _params(expected, settings)), expected, settings)
    except _WRONG as error:
        raise RefusedSignInError(Refusal.NOT_TRUSTED, f"the ID token is no good: {error}") from error
    return claims


def _signed(token: str, discovery: Discovery) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, found to be signed by a key of the provider."""
    registry = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)
    header = jws.extract_compact(token.encode(), registry=registry).headers()
    algorithm, name = str(header.get("alg")), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise ValueError(f"it is signed with {algorithm[:40]!r}, which is not one of {', '.join(ALGORITHMS)}")
    keys = discovery.keys(name if isinstance(name, str) else None, algorithm)
    if len(keys) != 1:
        raise ValueError(f"{len(keys)} keys of the provider fit its name of a key, {str(name)[:80]!r}")
    found = jwt.decode(token, keys[0], registry=registry)
    return dict(found.header), found.claims


def _options(settings: OpenidSettings) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
    }


def _params(expected: Expected, settings: OpenidSettings) -> dict[str, Any]:
    return {"nonce": expected.nonce, "client_id": settings.client_id, "access_token": expected.access_token}


def _check(claims: CodeIDToken, expected: Expected, settings: OpenidSettings) -> None:
    claims.validate(now=int(expected.now.timestamp()), leeway=_CLOCKS_DIFFER)
    # The library lets one of several audiences, or issuers in a list, be the right one.
    if claims["iss"] != settings.issuer or claims["aud"] not in (settings.client_id, [settings.client_id]):
        raise ValueError("it is for others too")
    if not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT:
        raise ValueError("it names nobody")
    if settings.acr_values and claims.get("acr") not in settings.acr_values:
        raise ValueError(f"it was given for less than {' or '.join(settings.acr_values)}")
