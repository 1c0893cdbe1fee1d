"""An OpenID provider on loopback, strict about what it is asked (OpenID Connect Core 1.0, RFC 7636, RFC 7523).

A parameter that is missing, unknown, doubled or wrong is answered with an error and noted in `faults`; a code and an
assertion are good once. It signs and checks by itself, so that no library is tested by itself.
By hand: `python -m tests.servers.oidc PUBLIC_KEYS_URL REDIRECT_URI` (the page's `/sign-in/keys` and `/sign-in/back`).
"""

import base64
import hashlib
import html
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.servers.http_server import Handler, HttpServer, Said

CLIENT = "cee-mailbot"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASKED = {"client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge",
         "code_challenge_method"}  # fmt: skip
EXCHANGED = {"grant_type", "code", "redirect_uri", "code_verifier", "client_assertion_type", "client_assertion"}
LONGEST_ASSERTION = 300
SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KIM = {"sub": "subject-of-kim", "preferred_username": "kim", "groups": ["specialists-007"]}


@dataclass(kw_only=True, slots=True)
class Grant:
    """What a code stands for."""

    nonce: str
    challenge: str
    redirect_uri: str
    claims: dict[str, Any]
    used: bool = False


class _Handler(Handler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.say(self.server.owner.get(parts.path, parts.query, dict(self.headers)))

    def do_POST(self) -> None:
        self.say(self.server.owner.post(self.path, dict(self.headers), self.content().decode()))


@dataclass(kw_only=True, slots=True)
class OidcProvider(HttpServer):
    """Runs while it is entered. `who` are the claims of whoever signs in; None: nobody is let in.

    `signs` makes the ID token of a header and claims, `thin` leaves the groups to the userinfo endpoint, `described`
    and `status` change what it says of itself, `choosing` are the people that a person at a browser may be.
    """

    handler = _Handler
    keys_of_client: Callable[[], Mapping[str, Any]]
    redirect_uri: str
    signed_out_uri: str = ""
    who: dict[str, Any] | None = field(default_factory=lambda: dict(KIM))
    choosing: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    thin: bool = False
    acr_values: str = ""
    signs: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    described: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    keys: dict[str, SigningKey] = field(default_factory=lambda: {"first": rsa.generate_private_key(65537, 2048)})
    grants: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, dict[str, Any]] = field(default_factory=dict)
    assertions: set[str] = field(default_factory=set)

    @property
    def issuer(self) -> str:
        """The provider's name."""
        return f"http://127.0.0.1:{self.tcp_port}/realm"

    # --- what it answers -------------------------------------------------------------------------------------

    def get(self, path: str, query: str, headers: dict[str, str]) -> Said:
        """The answer to a GET."""
        self.asked.append(path)
        if self.status != 200:
            return self.status, {}, b"out of order"
        places: dict[str, Callable[[], Said]] = {
            "/realm/.well-known/openid-configuration": self._description,
            "/realm/keys": lambda: _json({"keys": [_public(name, key) for name, key in self.keys.items()]}),
            "/realm/authorize": lambda: self._authorised(query),
            "/realm/userinfo": lambda: self._userinfo(headers),
            "/realm/logout": lambda: self._signed_out(query),
            "/favicon.ico": lambda: (404, {}, b""),  # browsers ask everybody
        }
        return places.get(path, lambda: self._wrong(f"no such place: {path}", 404))()

    def post(self, path: str, headers: dict[str, str], body: str) -> Said:
        """The answer to a POST; there is one."""
        self.asked.append(path)
        if self.status != 200:
            return self.status, {}, b"out of order"
        if path != "/realm/token" or headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return self._wrong(f"{path} {headers.get('Content-Type')}")
        if "Authorization" in headers:
            return self._wrong("a second proof of who asks")
        form = self._read(body, EXCHANGED)
        return self._exchanged(form) if form is not None else _json({"error": "invalid_request"}, 400)

    def _wrong(self, words: str, status: int = 400, error: str = "invalid_request") -> Said:
        self.faults.append(words)
        return _json({"error": error, "error_description": words}, status)

    def _read(self, encoded: str, names: set[str]) -> dict[str, str] | None:
        pairs = parse_qsl(encoded, strict_parsing=True, keep_blank_values=True)
        if sorted(name for name, _ in pairs) != sorted(names):
            self.faults.append(f"parameters: {sorted(name for name, _ in pairs)}")
            return None
        return dict(pairs)

    def _description(self) -> Said:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _json({**said, **self.described})

    def _authorised(self, query: str) -> Said:
        given, _, chosen = query.partition("&person=")
        form = self._read(given, ASKED | ({"acr_values"} if self.acr_values else set()))
        if form is None:
            return _json({"error": "invalid_request"}, 400)
        wrong = [
            name
            for name, right in {
                "client_id": CLIENT,
                "response_type": "code",
                "redirect_uri": self.redirect_uri,
                "code_challenge_method": "S256",
            }.items()
            if form[name] != right
        ]
        if wrong or "openid" not in form["scope"].split() or form.get("acr_values", "") != self.acr_values:
            return self._wrong(f"wrong: {wrong}, scope {form['scope']}")
        if min(len(form[name]) for name in ("state", "nonce", "code_challenge")) < 43:  # 256 bits
            return self._wrong("a random text that can be guessed")
        if self.choosing and not chosen:
            return self._choice(query)
        return self._sent_back(form, self.choosing[chosen] if chosen else self.who)

    def _choice(self, query: str) -> Said:
        links = (f'<p><a href="?{html.escape(query)}&amp;person={name}">{name}</a></p>' for name in self.choosing)
        return 200, {"Content-Type": "text/html"}, f"<h1>Who are you?</h1>{''.join(links)}".encode()

    def _sent_back(self, form: dict[str, str], who: dict[str, Any] | None) -> Said:
        said = {"state": form["state"], "iss": self.issuer}
        if who is None:
            said |= {"error": "access_denied", "error_description": "<b>secret words</b>"}
        else:
            said["code"] = code = secrets.token_urlsafe(32)
            self.grants[code] = Grant(
                nonce=form["nonce"], challenge=form["code_challenge"], redirect_uri=form["redirect_uri"], claims=who
            )
        return 302, {"Location": f"{form['redirect_uri']}?{urlencode(said)}"}, b""

    def _exchanged(self, form: dict[str, str]) -> Said:
        if fault := self._assertion_fault(form):
            return self._wrong(fault, 401, "invalid_client")
        grant = self.grants.get(form["code"])
        if grant is None or grant.used:
            return self._wrong("a code that is used up, or invented", 400, "invalid_grant")
        grant.used = True
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if _base64(digest) != grant.challenge or form["redirect_uri"] != grant.redirect_uri:
            return self._wrong("another browser's code (RFC 7636)", 400, "invalid_grant")
        access = secrets.token_urlsafe(32)
        self.access[access] = grant.claims
        tokens = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        return _json({**tokens, "id_token": self._id_token(grant, access)})

    def _assertion_fault(self, form: dict[str, str]) -> str:
        if form["grant_type"] != "authorization_code" or form["client_assertion_type"] != ASSERTION:
            return f"grant {form['grant_type']}, assertion {form['client_assertion_type']}"
        head, claims, signed, signature = _parts(form["client_assertion"])
        key = next((one for one in self.keys_of_client()["keys"] if one["kid"] == head.get("kid")), None)
        if key is None or key["alg"] != head.get("alg") or not _verifies(key, signed, signature):
            return "an assertion that nobody we know has signed"
        right = claims.get("iss") == claims.get("sub") == CLIENT and claims.get("aud") == f"{self.issuer}/token"
        lasts = claims.get("exp", 0) - claims.get("iat", 0)
        if not right or not 0 < lasts <= LONGEST_ASSERTION or abs(claims["iat"] - self.now()) > 60:
            return f"an assertion for others or for too long: {claims}"
        if claims.get("jti") in self.assertions or len(claims.get("jti", "")) < 20:
            return "an assertion that was used before"
        self.assertions.add(claims["jti"])
        return ""

    def _id_token(self, grant: Grant, access: str) -> str:
        now = int(self.now())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.nonce}
        claims["at_hash"] = _base64(hashlib.sha256(access.encode()).digest()[:16])
        own = {name: value for name, value in grant.claims.items() if name == "sub" or not self.thin}
        name, key = next(iter(self.keys.items()))
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        head = {"alg": algorithm, "kid": name, "typ": "JWT"}
        return (self.signs or self.signed)(head, {**claims, **own})

    def signed(self, head: dict[str, Any], claims: dict[str, Any], key: SigningKey | None = None) -> str:
        """A token signed with this key, or with the one that the header names."""
        text = f"{_base64(json.dumps(head).encode())}.{_base64(json.dumps(claims).encode())}"
        key = key or self.keys[head["kid"]]
        if isinstance(key, rsa.RSAPrivateKey):
            return f"{text}.{_base64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
        r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def _userinfo(self, headers: dict[str, str]) -> Said:
        found = self.access.get(headers.get("Authorization", "").removeprefix("Bearer "))
        return _json(found) if found is not None else self._wrong("an access token that is none", 401)

    def _signed_out(self, query: str) -> Said:
        form = self._read(query, {"id_token_hint", "client_id", "post_logout_redirect_uri"})
        if form is None or form["client_id"] != CLIENT or form["post_logout_redirect_uri"] != self.signed_out_uri:
            return self._wrong("a sign-out that leads elsewhere")
        _, claims, _, _ = _parts(form["id_token_hint"])
        self.asked.append(f"signed out {claims['sub']}")
        return 302, {"Location": self.signed_out_uri}, b""


def _json(said: object, status: int = 200) -> Said:
    return status, {"Cache-Control": "no-store"}, json.dumps(said).encode()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    head, claims, signature = token.split(".")
    return json.loads(_bytes(head)), json.loads(_bytes(claims)), f"{head}.{claims}".encode(), _bytes(signature)


def _public(name: str, key: SigningKey) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        n, e = numbers.n.to_bytes(key.key_size // 8, "big"), numbers.e.to_bytes(3, "big")
        return {"kty": "RSA", "kid": name, "use": "sig", "n": _base64(n), "e": _base64(e)}
    x, y = (_base64(one.to_bytes(32, "big")) for one in (numbers.x, numbers.y))
    return {"kty": "EC", "kid": name, "use": "sig", "crv": "P-256", "x": x, "y": y}


def _verifies(key: Mapping[str, Any], signed: bytes, signature: bytes) -> bool:
    try:
        if key["kty"] == "RSA":
            rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key().verify(
                signature, signed, padding.PKCS1v15(), hashes.SHA256()
            )
        else:
            public = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1()).public_key()
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


PEOPLE = {
    "kim": KIM,
    "lee": {"sub": "subject-of-lee", "preferred_username": "lee", "groups": ["supervisors"]},
    "nobody": {"sub": "subject-of-nobody", "preferred_username": "nobody", "groups": []},
}


def main(keys_url: str, redirect_uri: str) -> None:
    """Runs until it is interrupted."""

    def keys() -> Mapping[str, Any]:
        with urlopen(keys_url) as answer:  # noqa: S310 - the address that a person has typed
            found: Mapping[str, Any] = json.load(answer)
        return found

    signed_out = redirect_uri.removesuffix("/sign-in/back") + "/signed-out"
    with OidcProvider(
        keys_of_client=keys, redirect_uri=redirect_uri, signed_out_uri=signed_out, choosing=PEOPLE, tcp_port=8490
    ) as provider:
        print(f'[openid]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT}"')  # noqa: T201 - run by hand
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:3])
