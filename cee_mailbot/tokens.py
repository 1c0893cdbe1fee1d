"""Access tokens for an account of the program's own: OAuth 2 client credentials (RFC 6749 section 4.4).

Any provider's token endpoint will do. What it was asked with and what it gave are never logged or shown.
"""

import base64
import hashlib
import json
import re
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cee_mailbot.errors import CeeMailbotError, SignInError, UnreachableError

__all__ = ["ClientCredentials", "TokenSettings", "certificate_end"]

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,65536}")  # RFC 6750 section 2.1
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 section 2.2
# Microsoft's platform wants PS256 ("Microsoft identity platform application authentication certificate credentials");
# RS256 is what every other provider takes (OpenID Connect Core section 15.1).
_MICROSOFT = "/oauth2/v2.0/token"
_LONGEST_ANSWER = 256 * 1024
_ASSERTION_SECONDS = 300
_SHORTEST_WAIT = 5.0
_LONGEST_WAIT = 3600.0
_UNTOLD_LIFE = 300.0
_OK, _REFUSED, _BUSY = 200, (400, 401, 403), 429


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenSettings:
    """Where tokens come from and who asks: with a secret, read at each request, or a certificate and key in PEM."""

    token_url: str
    client_id: str
    scope: str
    client_secret: Callable[[], str] | None = field(default=None, repr=False)
    certificate_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 20.0


class ClientCredentials:
    """A token that is kept until shortly before its end, and asked for anew when a server refused it.

    One instance serves many threads. While the provider says that it is busy it is not asked again.
    """

    def __init__(self, settings: TokenSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0
        self._not_before = 0.0

    def token(self) -> str:
        """As `Tokens.token`."""
        with self._lock:
            if not self._token or self._monotonic() >= self._good_until:
                self._token = ""
                self._token, life = self._fetch()
                # A tenth of its life, five minutes at most, for the way and for clocks that differ.
                self._good_until = self._monotonic() + life - min(life / 10, 300.0)
            return self._token

    def refuse(self, token: str) -> None:
        """As `Tokens.refuse`."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _fetch(self) -> tuple[str, float]:
        if (wait := self._not_before - self._monotonic()) > 0:
            raise UnreachableError(f"{self._who} asked not to be called for another {wait:.0f} s")
        try:
            status, headers, body = self._ask()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(
                f"{self._who} can't be reached: {_printable(str(error))}; check token_url, ca_file and the network"
            ) from error
        said = _object(body)
        if status == _OK:
            return self._granted(said)
        raise self._no_token(status, headers, said)

    def _ask(self) -> tuple[int, Mapping[str, str], bytes]:
        settings = self._settings
        form = {"grant_type": "client_credentials", "scope": settings.scope}
        headers = {"Accept": "application/json"}
        if settings.certificate_file is not None:
            form |= {"client_assertion_type": _JWT_BEARER, "client_assertion": self._assertion()}
            form["client_id"] = settings.client_id
        else:
            headers["Authorization"] = self._basic()
        context = _tls_context(settings.ca_file)
        with (
            httpx.Client(verify=context, timeout=settings.timeout, follow_redirects=False) as client,
            client.stream("POST", settings.token_url, data=form, headers=headers) as answer,
        ):
            body = b""
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _LONGEST_ANSWER:
                    raise UnreachableError(f"{self._who} gave an answer without end; check token_url")
            return answer.status_code, answer.headers, body

    def _basic(self) -> str:
        """RFC 6749 section 2.3.1: both are form-encoded before they are put together."""
        secret = self._settings.client_secret() if self._settings.client_secret else ""
        both = f"{quote_plus(self._settings.client_id)}:{quote_plus(secret)}"
        return "Basic " + base64.b64encode(both.encode()).decode()

    def _assertion(self) -> str:
        """A token that the client signs about itself (RFC 7523 section 3), good for five minutes and once."""
        now = int(time.time())
        claims = {
            "iss": self._settings.client_id,
            "sub": self._settings.client_id,
            "aud": self._settings.token_url,
            "jti": secrets.token_urlsafe(24),
            "iat": now,
            "nbf": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        pss = urlsplit(self._settings.token_url).path.endswith(_MICROSOFT)
        return signed(claims, self._settings.certificate_file or Path(), pss=pss)

    def _granted(self, said: Mapping[str, Any]) -> tuple[str, float]:
        token, life = said.get("access_token"), said.get("expires_in", _UNTOLD_LIFE)
        if str(said.get("token_type", "")).lower() != "bearer" or not isinstance(token, str):
            raise SignInError(f"{self._who} gave no bearer token; check token_url")
        if not _TOKEN.fullmatch(token):
            raise SignInError(f"{self._who} gave a token with characters that none may have (RFC 6750)")
        try:
            return token, max(1.0, float(life))
        except (TypeError, ValueError):
            return token, _UNTOLD_LIFE

    def _no_token(self, status: int, headers: Mapping[str, str], said: Mapping[str, Any]) -> CeeMailbotError:
        words = _printable(f"{said.get('error', status)} {said.get('error_description', '')}")
        if status in _REFUSED:
            return SignInError(
                f"{self._who} refused client {self._settings.client_id}: {words}; "
                "check client_id, the secret or certificate (did it expire?) and scope"
            )
        if status == _BUSY or status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
            self._not_before = self._monotonic() + _wait(headers.get("Retry-After", ""))
        return UnreachableError(f"{self._who} gave no token: {words}; a later try may succeed")

    @property
    def _who(self) -> str:
        return f"token endpoint {self._settings.token_url}"


def certificate_end(certificate_file: Path) -> datetime | None:
    """When the certificate in this PEM file ends, in UTC; None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(certificate_file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def signed(claims: Mapping[str, object], certificate_file: Path, *, pss: bool = False) -> str:
    """The claims as a JWT (RFC 7519), signed ES256, RS256, or with `pss` PS256, with the key in this PEM file.

    The header names the certificate by its SHA-256 thumbprint. Raises `SignInError`, naming the file.
    """
    try:
        pem = certificate_file.read_bytes()
        key = serialization.load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        wrong = f"certificate_file {certificate_file} must hold a key and its certificate in PEM"
        raise SignInError(f"{wrong}: {_printable(str(error))}") from error
    thumbprint = _base64(hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest())
    algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "PS256" if pss else "RS256"
    head = {"alg": algorithm, "typ": "JWT", "kid": thumbprint, "x5t#S256": thumbprint}
    text = f"{_base64(json.dumps(head).encode())}.{_base64(json.dumps(dict(claims)).encode())}"
    return f"{text}.{_base64(_signature(key, text.encode(), certificate_file, pss=pss))}"


def _signature(key: object, text: bytes, certificate_file: Path, *, pss: bool) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        sha256 = hashes.SHA256()  # RFC 7518 section 3.5: the salt is as long as the digest
        padded = padding.PSS(padding.MGF1(sha256), salt_length=sha256.digest_size) if pss else padding.PKCS1v15()
        return key.sign(text, padded, sha256)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")  # RFC 7518 section 3.4
    raise SignInError(f"the key in {certificate_file} is neither RSA nor P-256; have one of these made")


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SignInError(f"ca_file {ca_file} can't be read as certificates: {_printable(str(error))}") from error


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _wait(retry_after: str) -> float:
    """Seconds to leave a busy provider alone: what it asks for, within reason."""
    asked = float(retry_after) if retry_after.isdecimal() else _SHORTEST_WAIT
    return min(max(asked, _SHORTEST_WAIT), _LONGEST_WAIT)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()
