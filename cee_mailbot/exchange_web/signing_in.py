"""A connection to Exchange of one's own: its authorities, and who signs in how."""

import io
import ssl
from typing import Any

from exchangelib.protocol import BaseProtocol
from exchangelib.transport import BASIC, NTLM, get_auth_instance
from requests import PreparedRequest, Session
from requests.adapters import HTTPAdapter

from cee_mailbot import crash
from cee_mailbot.deadlines import Lines
from cee_mailbot.exchange_web.settings import ExchangeSettings
from cee_mailbot.interfaces import Tokens

# By this name a server's list of admitted programs knows it (Set-OrganizationConfig -EwsAllowList).
PROGRAM = "cee-mailbot"


def open_session(settings: ExchangeSettings, context: ssl.SSLContext, lines: Lines) -> Session:
    """A session that has signed in to nothing yet; its connections are among the `lines`.

    Raises what the password's source raises.
    """
    session: Session = BaseProtocol.raw_session(settings.endpoint)
    session.mount(settings.endpoint, _Adapter(context, lines))
    session.trust_env = settings.endpoint.startswith("https:")  # what is in clear stays on this machine
    session.headers.update(
        {
            "User-Agent": PROGRAM,
            "Accept": "text/xml",
            # Bytes that are compressed on their way could not be held to a length.
            "Accept-Encoding": "identity",
            # Where a load balancer finds the server that has the mailbox ("X-AnchorMailbox").
            "X-AnchorMailbox": settings.address,
        }
    )
    if settings.tokens is not None:
        session.auth = Bearer(settings.tokens)
    else:
        password = settings.password() if settings.password else ""
        session.auth = _auth(settings, password)
    return session


def _auth(settings: ExchangeSettings, password: str) -> Any:
    if settings.auth == "ntlm":
        # As exchangelib does: a principal's name stands in no domain, and is not split at its `@`.
        user = f"\\{settings.user}" if settings.user.count("@") == 1 else settings.user
        return get_auth_instance(auth_type=NTLM, username=user, password=password)
    # As UTF-8 (RFC 7617 section 2.1), where requests would take Latin-1.
    return get_auth_instance(auth_type=BASIC, username=settings.user.encode(), password=password.encode())


class Bearer:
    """Adds the token (RFC 6750 section 2.1), which is asked for anew at each request."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.last = ""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """As requests asks of what signs in."""
        self.last = self._tokens.token()
        request.headers["Authorization"] = f"Bearer {self.last}"
        return request


class _Noted:
    """A connection of urllib3's that tells of itself once it is made."""

    lines: Lines

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.lines.add(self.sock)  # type: ignore[attr-defined]


class _Adapter(HTTPAdapter):
    """One connection, and the authorities that were configured, whatever the environment says."""

    def __init__(self, context: ssl.SSLContext, lines: Lines) -> None:
        self._context = context
        self._lines = lines
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def build_connection_pool_key_attributes(self, request: PreparedRequest, verify: Any, cert: Any = None) -> Any:
        del verify  # what requests makes of the environment
        host, _ = super().build_connection_pool_key_attributes(request, True, cert)
        return host, {"ssl_context": self._context, "cert_reqs": "CERT_REQUIRED"}

    def get_connection_with_tls_context(self, *asked: Any, **more: Any) -> Any:
        """As requests asks of it; each connection that is made is noted."""
        pool: Any = super().get_connection_with_tls_context(*asked, **more)
        if not issubclass(pool.ConnectionCls, _Noted):
            pool.ConnectionCls = type("Noted", (_Noted, pool.ConnectionCls), {"lines": self._lines})
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the context verifies."""


class Outgoing(io.BytesIO):
    """What is sent, and whether all of it `left`: then nobody knows what became of it until an answer comes."""

    def __init__(self, content: bytes, *, once: bool) -> None:
        super().__init__(content)
        self._length = len(content)
        self._once = once
        self.left = False

    def read(self, size: int | None = -1, /) -> bytes:
        """As `BytesIO.read`; it is asked again only when all that it gave was handed to the network.

        Then it begins anew: the handshake of NTLM sends the same three times, and rewinds it once.
        """
        if self.tell() == 0:
            self.left = False
        piece = super().read(size)
        if not piece and self._length:
            self.left = True
            if self._once:
                crash.here("C17")
            self.seek(0)
        return piece
