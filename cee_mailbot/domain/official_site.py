"""What a site of the United States government says of itself: whose it is, and where its required pages are."""

from dataclasses import dataclass
from typing import Literal

Domain = Literal["gov", "mil"]
_DOMAINS: tuple[Domain, ...] = ("gov", "mil")

# The links that the identifier of the U.S. Web Design System 3.14.0 has, in its order and its words, and one more that
# agencies add: the policy on reporting vulnerabilities (CISA, Binding Operational Directive 20-01).
REQUIRED_LINKS: dict[str, str] = {
    "about": "About",
    "accessibility": "Accessibility statement",
    "foia": "FOIA requests",
    "no_fear": "No FEAR Act data",
    "inspector_general": "Office of the Inspector General",
    "performance": "Performance reports",
    "privacy": "Privacy policy",
}
FURTHER_LINKS: dict[str, str] = {"vulnerability_disclosure": "Vulnerability disclosure policy"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Words and where they lead, an https address."""

    words: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Identifier:
    """Whose site this is, for the foot of each page: its domain, its agencies highest first, the required pages."""

    domain: str
    agencies: tuple[Link, ...]
    links: tuple[Link, ...]


def official_domain(host: str) -> Domain | None:
    """Which of the two domains of the United States government a host is in, None for any other host."""
    labels = host.casefold().rstrip(".").split(".")
    return next((one for one in _DOMAINS if len(labels) > 1 and labels[-1] == one), None)
