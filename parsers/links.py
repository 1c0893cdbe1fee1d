"""The links of a message that a page may keep: absolute, to the web or to a mail address."""

import re
from urllib.parse import quote

# Absolute, and with nothing in it that a browser leaves out or reads as something else: blanks and controls of every
# kind, a backslash, a name before the host (`https://cbp.gov@evil.example`).
_WEB_LINK = re.compile(
    r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*)(?::[0-9]{1,5})?(?:[/?#][!#$%&'()*+,./0-9:;=?@A-Z_a-z~\[\]-]*)?"
)
_MAIL_LINK = re.compile(r"(mailto:[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]+@[A-Za-z0-9.-]+)(?:\?.*)?", re.DOTALL)
LONGEST_LINK = 2000


def is_web_link(address: str) -> bool:
    """Return whether this is an absolute address of the web that a page may lead to."""
    return len(address) <= LONGEST_LINK and _WEB_LINK.fullmatch(address) is not None


def kept_link(address: str, leave: str) -> str | None:
    """Return the address that a link of a message keeps, None when it loses it; a web link leads to `leave`, if any.

    There its own address stands percent-encoded. A mail address loses the fields that a `mailto` may carry (RFC 6068).
    """
    address = address.strip(" \t\r\n\f")
    if is_web_link(address):
        return leave + quote(address, safe="") if leave else address
    mail = _MAIL_LINK.fullmatch(address) if len(address) <= LONGEST_LINK else None
    return mail[1] if mail else None
