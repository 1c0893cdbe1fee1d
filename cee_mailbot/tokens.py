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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cee_mailbot.errors import CeeMailbotError, SignInError, UnreachableError
from cee_mailbot.server_times import clock_skew, clocks_apart, seconds_asked

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
# What no token endpoint answers: a page for people, or nothing, is at this address.
_ELSEWHERE = (301, 302, 303, 307, 308, 404, 405, 410)
_BROKEN_ADDRESS = (ValueError, ImportError, httpx.InvalidURL)  # of the endpoint, or of a proxy in the environment

_SCOPE = "correct scope; at Microsoft it is the address of what is called, and /.default"
_NO_TENANT = "there is no such tenant; correct tenant, or the one in token_url"
# Microsoft's own number says more than the word of the standard does ("Microsoft Entra authentication and
# authorization error codes").
_BY_NUMBER = {
    "7000215": "the secret is not the app's; put its value, not its id, into client_secret_file",
    "7000222": "the secret has ended; have another made and put its value into client_secret_file",
    "700027": "the certificate is not the app's; upload it to the app's registration, or correct certificate_file",
    "700024": "our clock is not that of the provider; set ours by NTP",
    "700016": "the tenant has no such app; correct client_id or tenant",
    "7000112": "the app is disabled in the tenant; have it enabled",
    "90002": _NO_TENANT,
    "900023": _NO_TENANT,
    "500011": _SCOPE,
    "70011": _SCOPE,
    "1002012": _SCOPE,
    "53003": "a Conditional Access policy keeps the app away; have it admitted from the address of this machine",
}
_NUMBER = re.compile(r"AADSTS([0-9]{4,9})")
# RFC 6749 section 5.2.
_BY_ERROR = {
    "invalid_client": "check client_id, and the secret or certificate: is it this client's, did it expire?",
    "unauthorized_client": "check client_id and the tenant, and that the client may use client credentials",
    "invalid_scope": _SCOPE,
}
_UNKNOWN_REFUSAL = "check client_id, the secret or certificate (did it expire?) and scope"


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
        except (httpx.HTTPError, *_BROKEN_ADDRESS) as error:
            raise UnreachableError(
                f"{self._who} can't be reached: {_unreached(error)}; "
                "check token_url, ca_file, the network and the proxy in the environment"
            ) from (None if isinstance(error, httpx.InvalidURL) else error)
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
            httpx.Client(
                verify=context,
                timeout=settings.timeout,
                follow_redirects=False,
                trust_env=settings.token_url.startswith("https:"),  # what is in clear stays on this machine
            ) as client,
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
        except (TypeError, ValueError, OverflowError):
            return token, _UNTOLD_LIFE

    def _no_token(self, status: int, headers: Mapping[str, str], said: Mapping[str, Any]) -> CeeMailbotError:
        words = _printable(f"{said.get('error', status)} {said.get('error_description', '')}")
        if status in _REFUSED:
            remedies = "; ".join(filter(None, (_remedy(said), *self._what_we_see(headers))))
            return SignInError(f"{self._who} refused client {self._settings.client_id}: {words}; {remedies}")
        if status in _ELSEWHERE:
            return UnreachableError(f"{self._who} is none: it answered {words}; check token_url, authority and tenant")
        if status == _BUSY or status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
            self._not_before = self._monotonic() + _wait(headers)
        return UnreachableError(f"{self._who} gave no token: {words}; a later try may succeed")

    def _what_we_see(self, headers: Mapping[str, str]) -> tuple[str, str]:
        """What may be behind a refusal and can be seen from here: a certificate that has ended, a wrong clock."""
        file = self._settings.certificate_file
        end = certificate_end(file) if file else None
        ended = f"the certificate in {file} ended on {end:%Y-%m-%d}" if end and end < datetime.now(UTC) else ""
        return ended, clocks_apart("the provider", clock_skew(headers))

    @property
    def _who(self) -> str:
        return f"token endpoint {self._settings.token_url}"


def certificate_end(certificate_file: Path) -> datetime | None:
    """When the certificate in this PEM file ends, in UTC; None where there is none that can be read."""
    try:
        return _key_and_certificate(certificate_file)[1].not_valid_after_utc
    except SignInError:
        return None


def _key_and_certificate(certificate_file: Path) -> tuple[PrivateKeyTypes, x509.Certificate]:
    """A key and the one certificate, of those beside it, that is its own. Raises `SignInError`, naming the file."""
    try:
        pem = certificate_file.read_bytes()
        key = serialization.load_pem_private_key(pem, password=None)
        certificates = x509.load_pem_x509_certificates(pem)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        wrong = f"certificate_file {certificate_file} must hold a key and its certificate in PEM"
        raise SignInError(f"{wrong}: {_why(error)}") from error
    for certificate in certificates:
        if _public(certificate.public_key()) == _public(key.public_key()):
            return key, certificate
    raise SignInError(f"certificate_file {certificate_file} holds a key, and the certificate of another; correct it")


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _why(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "the user that runs this program may not read it"
    if isinstance(error, TypeError):
        return "the key is protected by a password; write it without one, readable for the program's user alone"
    return _printable(str(error))


def signed(claims: Mapping[str, object], certificate_file: Path, *, pss: bool = False) -> str:
    """The claims as a JWT (RFC 7519), signed ES256, RS256, or with `pss` PS256, with the key in this PEM file.

    The header names the certificate by its SHA-256 thumbprint. Raises `SignInError`, naming the file.
    """
    key, certificate = _key_and_certificate(certificate_file)
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


def _unreached(error: Exception) -> str:
    """What is wrong; of an address that can't be read nothing, since a proxy's may have its password in it."""
    if isinstance(error, httpx.InvalidURL):
        return "its address, or that of a proxy, is none"
    return _printable(str(error) or type(error).__name__)


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds to leave a busy provider alone: what it asks for, within reason."""
    return min(max(seconds_asked(headers) or 0.0, _SHORTEST_WAIT), _LONGEST_WAIT)


def _remedy(said: Mapping[str, Any]) -> str:
    """What to do about a refusal, by the provider's number of it or by the word of the standard."""
    number = _NUMBER.search(str(said.get("error_description", ""))[:300])
    by_number = _BY_NUMBER.get(number[1]) if number else None
    return by_number or _BY_ERROR.get(str(said.get("error")), _UNKNOWN_REFUSAL)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()
