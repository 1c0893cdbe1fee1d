"""What must be known to open a mailbox on an IMAP server."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cee_mailbot.errors import UserError
from cee_mailbot.interfaces import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class ImapSettings:
    """Where a mailbox is kept and how it is opened: `password` or `tokens` are asked at each sign-in, never shown."""

    host: str
    user: str
    password: Callable[[], str] | None = field(default=None, repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    tcp_port: int = 993
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: Path | None = None
    folder: str = "INBOX"
    processed_folder: str = "Processed"
    # Seconds. The read timeout holds for each piece that arrives, so the session as a whole has a deadline.
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    deadline: float = 900.0

    def __post_init__(self) -> None:
        """Refuses what could never work or would send a password in the clear."""
        for name in ("host", "user", "folder", "processed_folder"):
            value = getattr(self, name)
            if not value or re.search(r"[\r\n\0]", value):
                raise UserError(f"{name} of an IMAP mailbox must not be empty or hold control characters")
        if (self.password is None) == (self.tokens is None):
            raise UserError("an IMAP mailbox is signed in to with a password or with tokens")
        if re.search(r"[%*]", self.folder + self.processed_folder):
            raise UserError("an IMAP folder's name must not hold % or *: they stand for any name")
        if self.tls == "none" and not _is_loopback(self.host):
            raise UserError(f'tls = "none" is for loopback only, not for {self.host}; use "implicit" or "starttls"')

    @property
    def address(self) -> str:
        """Host and port, for errors and logs."""
        return f"{self.host}:{self.tcp_port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
