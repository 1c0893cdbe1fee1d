"""Signing in to an IMAP server with an access token: OAUTHBEARER (RFC 7628), or XOAUTH2 where that is all there is."""

import imaplib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from imapclient.exceptions import LoginError

from cee_mailbot.interfaces import Tokens


def sign_in_with_token(client: Any, user: str, tokens: Tokens) -> None:
    """Signs in; a token that the server refuses is tried once more with a new one, and no oftener.

    Raises imapclient's `LoginError` when that is refused too or the server takes no tokens.
    """
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        if client.has_capability(f"AUTH={mechanism}"):
            break
    else:
        raise LoginError("the server lets nobody sign in with OAUTHBEARER or XOAUTH2")
    token = tokens.token()
    with suppress(_RefusedTokenError):
        _authenticate(client, mechanism, user, token)
        return
    tokens.refuse(token)
    try:
        _authenticate(client, mechanism, user, tokens.token())
    except _RefusedTokenError as error:
        raise LoginError(str(error)) from None


class _RefusedTokenError(Exception):
    """The server answered NO to the token."""


def _authenticate(client: Any, mechanism: str, user: str, token: str) -> None:
    answers = iter([_first(mechanism, user, token)])
    # A refusal is told in a challenge first, which wants one more answer (RFC 7628 section 3.2.3).
    last = b"\x01" if mechanism == "OAUTHBEARER" else b""
    answer: Callable[[bytes], bytes] = lambda _challenge: next(answers, last)  # noqa: E731 - handed on as it is
    imap = client._imap  # noqa: SLF001 - imapclient answers every challenge with the token again
    try:
        imap.authenticate(mechanism, answer)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise _RefusedTokenError(str(error)) from None
    client._cached_capabilities = None  # noqa: SLF001 - what it offers may differ from now on


def _first(mechanism: str, user: str, token: str) -> bytes:
    if mechanism == "XOAUTH2":
        return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
    name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
    return f"n,a={name},\x01auth=Bearer {token}\x01\x01".encode()
