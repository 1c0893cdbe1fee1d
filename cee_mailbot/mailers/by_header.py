"""Letters for servers that take no envelope: what their header names is who gets them."""

import re
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from cee_mailbot.errors import RefusedReplyError
from cee_mailbot.interfaces import Letter
from parsers.addresses import address_key

_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def refuse_unsendable(letter: Letter, server: str) -> None:
    """Raises `RefusedReplyError` for a letter that would go to anybody else than it is meant for."""
    if _BARE_LINE_END.search(letter.raw):
        raise RefusedReplyError("the letter has a line end that is not CRLF (RFC 5321 section 2.3.8)")
    head = BytesHeaderParser(policy=compat32).parsebytes(letter.raw)
    lines = [str(value) for name in ("To", "Cc", "Bcc") for value in head.get_all(name, [])]
    recipients = {address_key(address) for _, address in getaddresses(lines)}
    if recipients != {address_key(letter.to)}:
        raise RefusedReplyError(
            f"the letter's header names other recipients than {letter.to!a}, and {server} goes by it"
        )
