"""The key by which this program proves to a provider who it is (OpenID Connect Core 1.0 section 9, RFC 7523)."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from authlib.oauth2.rfc7523 import private_key_jwt_sign
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, RSAKey

from cee_mailbot.errors import SignInError

SHORTEST_RSA = 2048  # bits (SP 800-131A)
_ASSERTION_SECONDS = 60


class ClientKey:
    """A private key and the name that it has by its thumbprint (RFC 7638)."""

    def __init__(self, key: RSAKey | ECKey, algorithm: str) -> None:
        self._key, self._algorithm = key, algorithm
        self._name = key.thumbprint()

    def assertion(self, *, client_id: str, audience: str, now: datetime) -> str:
        """A token that the client signs about itself, good for a minute and once."""
        # The library's own life is an hour, and claims that are handed over come back with the number of the last
        # assertion in them: a table that is kept would send the same number twice.
        made = private_key_jwt_sign(
            self._key,
            client_id=client_id,
            token_endpoint=audience,
            alg=self._algorithm,
            header={"kid": self._name},
            issued_at=int(now.timestamp()),
            expires_in=_ASSERTION_SECONDS,
        )
        return str(made)

    def public(self) -> Mapping[str, Any]:
        """The public half as a JWK Set."""
        half = self._key.as_dict(private=False)
        return {"keys": [{**half, "kid": self._name, "use": "sig", "alg": self._algorithm}]}


def read_client_key(path: Path) -> ClientKey:
    """The key in this PEM file. Raises `SignInError`, naming the file."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignInError(f"key_file {path} must hold a private key in PEM, readable by this user") from error
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SHORTEST_RSA:
        return ClientKey(RSAKey.import_key(key), "RS256")
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return ClientKey(ECKey.import_key(key), "ES256")
    raise SignInError(f"the key in {path} is neither RSA of {SHORTEST_RSA} bits or more nor P-256; have one made")
