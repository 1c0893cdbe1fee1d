"""How this program is known to a provider."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenidSettings:
    """The provider, what the program is called there, and which claims name a person and the groups.

    `site` is the address that people type, without a last slash; the provider sends browsers back to `/sign-in/back`
    on it. `key_file` is the private key in PEM (RSA of 2048 bits or more, or P-256) whose public half the provider
    knows.
    """

    issuer: str
    client_id: str
    key_file: Path
    site: str
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    acr_values: tuple[str, ...] = ()
    ca_file: Path | None = None
    timeout: float = 10.0

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends browsers back to, to the letter."""
        return f"{self.site}/sign-in/back"

    @property
    def signed_out_uri(self) -> str:
        """Where the provider sends browsers after it has ended their session."""
        return f"{self.site}/signed-out"
