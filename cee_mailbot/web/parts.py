"""What the queue page is built from; nothing of it is global."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from cee_mailbot.accounts import Limits
from cee_mailbot.desk import Intake
from cee_mailbot.domain.groups import GroupRule
from cee_mailbot.domain.official_site import Domain, Identifier
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.identity_provider import IdentityProvider

DEMO_PERSON = Person(name="demo", role=Role.ADMINISTRATOR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How the page is reached and who signs in how.

    `public_url` is the address that people type when a proxy stands before the page; without it the page is for this
    machine alone. `sign_in` names a way of `SIGN_IN`; `demo` lets everybody on this machine in. `proxy_addresses` are
    the only ones whose `proxy_header` is believed. With `record_views` the history tells who was given which document;
    `claim_expires` is after how long without use a claim ends, None where none does. `banner` is the domain that the
    banner of the government speaks of, `identifier` the block at the foot of each page, `help` where staff find help.
    """

    sign_in: Literal["password", "proxy", "openid", "demo"] = "password"
    public_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    proxy_header: str = "X-Remote-User"
    proxy_addresses: tuple[str, ...] = ()
    page_rows: int = 50
    record_views: bool = False
    claim_expires: timedelta | None = None
    banner: Domain | None = None
    identifier: Identifier | None = None
    help: str | None = None

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration, which every page says."""
        return self.sign_in == "demo"

    @property
    def help_link(self) -> str | None:
        """Where the link to help leads: a page, or a letter to an address for mail."""
        return f"mailto:{self.help}" if self.help and "://" not in self.help else self.help

    @property
    def has_sessions(self) -> bool:
        """Whether people sign in and out here; else somebody else says with each request who asks."""
        return self.sign_in in ("password", "openid")

    @property
    def public_host(self) -> str | None:
        """The host (and port, if any) of `public_url`."""
        return urlsplit(self.public_url).netloc.casefold() if self.public_url else None

    @property
    def secure(self) -> bool:
        """Whether people reach the page by https, so that a cookie must never go out in clear."""
        return bool(self.public_url and self.public_url.startswith("https:"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The program as the queue page sees it; `ready` are the checks of `/readyz`, each with its words or an error.

    `status` gives what `status --json` prints; with `sign_in = "openid"` there is a `provider`, and `groups` say
    what its groups may do. `ring_bulk` tells whoever carries bulk jobs out that there is one.
    """

    intake: Intake
    settings: Settings = field(default_factory=Settings)
    ready: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    status: Callable[[], Mapping[str, Any]] = dict
    provider: IdentityProvider | None = None
    groups: tuple[GroupRule, ...] = ()
    ring_bulk: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """The present instant of the site's clock."""
        return self.intake.site.clock.now()

    @property
    def teams(self) -> tuple[str, ...]:
        """Every team of the site, the program office's too."""
        return tuple(sorted(self.intake.site.centers))
