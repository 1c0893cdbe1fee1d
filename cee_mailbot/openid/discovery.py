"""What a provider says of itself (OpenID Connect Discovery 1.0), and its keys; both kept for a while."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from authlib.oidc.discovery import get_well_known_url
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from cee_mailbot.identity_provider import Refusal, RefusedSignInError
from cee_mailbot.openid.calls import LONGEST_QUEUE, Calls, is_safe
from cee_mailbot.openid.client_key import SHORTEST_RSA
from cee_mailbot.openid.settings import OpenidSettings

KEPT_FOR = 3600.0  # seconds
# A token may name a key that is new since; one that names invented keys must not make us ask without end.
ASKED_AGAIN_AFTER = 30.0
# While a provider does not answer, those who want to sign in are told so at once: each that waited would hold a thread.
LEFT_ALONE_FOR = 5.0
# With which keys ID tokens may be signed: no secret shared with the provider, and never nobody's (RFC 8725 3.1).
ALGORITHMS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey}
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_MAY_BE = ("userinfo_endpoint", "end_session_endpoint")
_OK = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    said: Mapping[str, Any]
    at: float


class Discovery:
    """One provider's description and keys. One instance serves many threads."""

    def __init__(self, settings: OpenidSettings, calls: Calls, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._calls, self._monotonic = settings, calls, monotonic
        self._lock = Lock()
        self._description: _Kept | None = None
        self._keys: _Kept | None = None
        self._trouble: tuple[RefusedSignInError, float] | None = None

    def description(self) -> Mapping[str, Any]:
        """Where everything is. Raises `RefusedSignInError`."""
        with self._turn():
            if self._description is None or self._is_older(self._description, KEPT_FOR):
                self._description = self._asked(self._described)
            return self._description.said

    def keys(self, name: str | None, algorithm: str) -> list[RSAKey | ECKey]:
        """The keys that may have made a signature of this algorithm: the one of this name, or all without one.

        Raises `RefusedSignInError`.
        """
        place = str(self.description()["jwks_uri"])
        with self._turn():
            if self._keys is None or self._is_older(self._keys, KEPT_FOR):
                self._keys = self._asked(lambda: self._fetched(place))
            found = list(_fitting(self._keys.said, name, algorithm))
            if not found and self._is_older(self._keys, ASKED_AGAIN_AFTER):
                self._keys = self._asked(lambda: self._fetched(place))
                found = list(_fitting(self._keys.said, name, algorithm))
            return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One thread asks the provider for all; who would have to wait long for it is told so."""
        if not self._lock.acquire(timeout=LONGEST_QUEUE):
            raise RefusedSignInError(Refusal.UNREACHABLE, "the provider is being asked, and does not answer")
        try:
            yield
        finally:
            self._lock.release()

    def _asked(self, ask: Callable[[], Mapping[str, Any]]) -> _Kept:
        if self._trouble is not None and self._monotonic() - self._trouble[1] < LEFT_ALONE_FOR:
            raise RefusedSignInError(self._trouble[0].refusal, f"not asked again yet: {self._trouble[0]}")
        try:
            return _Kept(ask(), self._monotonic())
        except RefusedSignInError as error:
            self._trouble = (error, self._monotonic())
            raise

    def _is_older(self, kept: _Kept, seconds: float) -> bool:
        return self._monotonic() - kept.at >= seconds

    def _described(self) -> Mapping[str, Any]:
        place = get_well_known_url(self._settings.issuer, external=True)
        answer = self._calls.get(place)
        if answer.status != _OK:
            raise RefusedSignInError(Refusal.UNREACHABLE, f"{place} answered {answer.status}; check issuer")
        said = answer.said
        # Discovery 4.3: to the letter, or another issuer could speak for this one.
        if said.get("issuer") != self._settings.issuer:
            words = f"{place} speaks for {str(said.get('issuer'))[:200]!r}, not for {self._settings.issuer!r}"
            raise RefusedSignInError(Refusal.NOT_TRUSTED, f"{words}; write issuer as the provider does")
        wrong = [name for name in _NEEDED if not is_safe(said.get(name))]
        wrong += [name for name in _MAY_BE if name in said and not is_safe(said[name])]
        if wrong:
            raise RefusedSignInError(Refusal.NOT_TRUSTED, f"{place} gives no safe {', '.join(wrong)}")
        return said

    def _fetched(self, place: str) -> Mapping[str, Any]:
        answer = self._calls.get(place)
        if answer.status != _OK or not isinstance(answer.said.get("keys"), list):
            raise RefusedSignInError(Refusal.UNREACHABLE, f"{place} gave no keys ({answer.status})")
        return answer.said


def _fitting(said: Mapping[str, Any], name: str | None, algorithm: str) -> Iterator[RSAKey | ECKey]:
    """Public keys for signatures; a set may also hold keys for other uses, and of kinds that we do not know."""
    for key in said["keys"]:
        if not isinstance(key, dict) or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
            continue
        if name is not None and key.get("kid") != name:
            continue
        kind = ALGORITHMS[algorithm]
        try:
            found = kind.import_key({part: value for part, value in key.items() if part in _PUBLIC_PARTS})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(found.public_key, rsa.RSAPublicKey) or found.public_key.key_size >= SHORTEST_RSA:
            yield found


_PUBLIC_PARTS = frozenset({"kty", "kid", "n", "e", "crv", "x", "y"})
