"""What is fixed for one mailbox at Exchange."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cee_mailbot.errors import UserError
from cee_mailbot.interfaces import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class ExchangeSettings:
    """Where Exchange is, whose mailbox is meant, who signs in and how; `ca_file` replaces the system's authorities.

    `password` or `tokens` are asked at each sign-in and never shown. Seconds: the read timeout holds for each piece
    that arrives, so a session as a whole has a deadline.
    """

    endpoint: str
    address: str
    auth: Literal["basic", "ntlm", "oauth2"] = "basic"
    user: str = ""
    password: Callable[[], str] | None = field(default=None, repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    ca_file: Path | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 900.0

    def __post_init__(self) -> None:
        """Refuses what could be taken for another address of the web, and a sign-in that lacks what it needs."""
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[A-Za-z0-9._~-]+)+", self.endpoint):
            raise UserError(
                f'endpoint {self.endpoint!a} is no address such as "https://mail.example.gov/EWS/Exchange.asmx"'
            )
        if (self.tokens if self.auth == "oauth2" else self.password) is None:
            raise UserError(f'auth = "{self.auth}" of mailbox {self.address} has nothing to sign in with')
        if re.search(r"[\x00-\x1f]", self.user):
            raise UserError(f"user of mailbox {self.address} holds control characters")
