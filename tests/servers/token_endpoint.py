"""A provider of access tokens on loopback, strict about what it is asked, and what asks it whether a token is good."""

import base64
import json
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.servers.http_server import Handler, HttpServer, Said

CLIENT, SECRET, SCOPE = "cee mailbot", "s3cret%&+ü", "https://mail.example/.default"


class _Handler(Handler):
    def do_POST(self) -> None:
        self.say(self.server.owner.grant(self.path, dict(self.headers), self.content()))

    def do_GET(self) -> None:
        self.say(self.server.owner.introspect(dict(self.headers)))


@dataclass(kw_only=True, slots=True)
class TokenEndpoint(HttpServer):
    """Runs while it is entered. `users` are those for whom each token is good; `answers` come before the usual one."""

    handler = _Handler
    certificate: Path | None = None
    life: int = 3600
    users: tuple[str, ...] = ()
    path: str = "/token"
    scope: str = SCOPE
    issued: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    answers: deque[Said] = field(default_factory=deque)
    assertions: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The token endpoint."""
        return f"http://127.0.0.1:{self.tcp_port}{self.path}"

    def grant(self, path: str, headers: dict[str, str], body: bytes) -> Said:
        """The answer to a request for a token (RFC 6749 sections 4.4, 5.1 and 5.2)."""
        if self.answers:
            return self.answers.popleft()
        form = parse_qs(body.decode(), strict_parsing=True)
        if fault := self._fault(path, headers, form):
            self.faults.append(fault)
            return 401, {}, json.dumps({"error": "invalid_client", "error_description": fault}).encode()
        token = f"token-{len(self.issued)}.AZ_~+/=="
        self.issued.append(token)
        said = {"access_token": token, "token_type": "Bearer", "expires_in": self.life}
        return 200, {"Cache-Control": "no-store"}, json.dumps(said).encode()

    def introspect(self, headers: dict[str, str]) -> Said:
        """Who the bearer is; Dovecot asks here."""
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.issued or token in self.revoked:
            return 401, {}, b'{"error": "invalid_token"}'
        return 200, {}, json.dumps({"username": self.users[0] if self.users else "nobody", "active": True}).encode()

    def good(self, token: str) -> bool:
        """Whether a token was issued here and not taken back."""
        return token in self.issued and token not in self.revoked

    def _fault(self, path: str, headers: dict[str, str], form: dict[str, list[str]]) -> str:
        if path != self.path or headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return f"{path} {headers.get('Content-Type')}"
        if any(len(values) > 1 for values in form.values()):
            return "a parameter stands twice (RFC 6749 section 3.2)"
        if form.get("grant_type") != ["client_credentials"] or form.get("scope") != [self.scope]:
            return f"grant or scope: {sorted(form)}"
        if self.certificate is not None:
            return self._assertion_fault(form)
        return "" if _basic(headers.get("Authorization", "")) == (CLIENT, SECRET) else "wrong secret"

    def _assertion_fault(self, form: dict[str, list[str]]) -> str:
        assert self.certificate is not None
        if form.get("client_assertion_type") != ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]:
            return "no assertion"
        head, claims, good = _read_jwt(form["client_assertion"][0], self.certificate.read_bytes())
        known = claims.get("jti") in self.assertions
        self.assertions.add(claims["jti"])
        # See `tokens`: one provider wants PSS, the others PKCS #1 v1.5.
        wanted = "PS256" if self.path.endswith("/oauth2/v2.0/token") else "RS256"
        if head["alg"] not in (wanted, "ES256"):
            return f"{head['alg']} instead of {wanted}"
        right = claims["iss"] == claims["sub"] == CLIENT and claims["aud"] == self.url
        if not good or known or not right or not 0 < claims["exp"] - claims["iat"] <= 600 or "x5t#S256" not in head:
            return f"assertion: signature {good}, used before {known}, {claims}"
        return ""


def _basic(header: str) -> tuple[str, str]:
    user, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return unquote_plus(user), unquote_plus(secret)


def _read_jwt(token: str, pem: bytes) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Header, claims, and whether the signature is that of the certificate's key."""
    head, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    key = x509.load_pem_x509_certificate(pem).public_key()
    text = token.rpartition(".")[0].encode()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
            padded = pss if json.loads(head)["alg"] == "PS256" else padding.PKCS1v15()
            key.verify(signature, text, padded, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            key.verify(encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        return json.loads(head), json.loads(claims), False
    return json.loads(head), json.loads(claims), True
