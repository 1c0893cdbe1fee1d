"""A private mail server on a loopback port that takes letters in, and can be told to misbehave."""

import asyncio
import base64
import re
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificates import Certificates

HOST = "127.0.0.1"

# What an answer may be instead of a text: the connection ends, or nothing more is ever heard of it.
DROP = "drop"
HANG = "hang"

_METHODS = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A letter that the server took: its envelope, its exact bytes, and whether it came by TLS."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes
    encrypted: bool
    user: str | None


@dataclass(kw_only=True, slots=True)
class Receiver:
    """A mail server that runs while it is entered.

    `certificates` are needed for `tls` other than `none`; `users` are names and passwords, `tokens` tells whether an
    access token is good (`methods` must name how it may come). `answer` scripts the
    next answers to a command: MAIL, RCPT, DATA (before the letter), DOT (after it), CONNECT, or any other;
    an answer that begins with `354` is given and then the connection ends within the letter.
    """

    tls: Literal["none", "starttls", "implicit"] = "none"
    certificates: Certificates | None = None
    users: dict[str, str] = field(default_factory=dict)
    tokens: Callable[[str], bool] | None = None
    methods: tuple[str, ...] = ("PLAIN", "LOGIN")
    tcp_port: int = 0
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    _answers: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _open: list["_Connection"] = field(default_factory=list)
    _server: Any = None
    _thread: threading.Thread | None = None

    def answer(self, command: str, *answers: str) -> None:
        """Gives these answers to the next commands of this name, one each; then it behaves again."""
        self._answers[command].extend(answers)

    def forget(self) -> None:
        """It behaves from now on."""
        self._answers.clear()

    def next_answer(self, command: str) -> str | None:
        """The scripted answer, if there is one left."""
        return self._answers[command].popleft() if self._answers[command] else None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever, name="receiver")
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(timeout=30)
        self.tcp_port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(timeout=30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread:
            self._thread.join(timeout=30)
        self._loop.close()

    def break_off(self) -> None:
        """Ends every open connection."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(timeout=30)

    async def _listen(self) -> asyncio.Server:
        context = self._context() if self.tls == "implicit" else None
        return await self._loop.create_server(self._connection, HOST, self.tcp_port, ssl=context)

    async def _stop(self) -> None:
        self._server.close()
        await self._hang_up()
        await self._server.wait_closed()

    async def _hang_up(self) -> None:
        tasks = [connection.hang_up() for connection in self._open]
        self._open.clear()
        await asyncio.gather(*filter(None, tasks), return_exceptions=True)

    def _connection(self) -> "_Connection":
        self.connections += 1
        connection = _Connection(
            self,
            loop=self._loop,
            hostname="receiver",
            tls_context=self._context() if self.tls == "starttls" else None,
            require_starttls=self.tls == "starttls",
            auth_require_tls=self.tls == "starttls",
            auth_exclude_mechanism=_METHODS - set(self.methods if self.users or self.tokens else ()),
            authenticator=self._authenticate,
        )
        self._open.append(connection)
        return connection

    def _context(self) -> ssl.SSLContext:
        assert self.certificates is not None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificates.certificate, self.certificates.key)
        return context

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        del server, session, envelope, mechanism
        user = data.login.decode()
        if self.tokens is not None:
            return AuthResult(success=self.tokens(data.password.decode()), handled=False, auth_data=user)
        right = self.users.get(user) == data.password.decode()
        return AuthResult(success=right, handled=False, auth_data=user if right else None)


class _Connection(SMTP):
    """One client: every command is written down, and answered as scripted where there is a script."""

    def __init__(self, receiver: Receiver, **settings: Any) -> None:
        self.receiver = receiver
        super().__init__(self, **settings)
        self._smtp_methods = {name: self._scripted(name, method) for name, method in self._smtp_methods.items()}

    def hang_up(self) -> asyncio.Task[None] | None:
        if self.transport:
            self.transport.abort()
        if self._handler_coroutine:
            self._handler_coroutine.cancel()
        return self._handler_coroutine  # type: ignore[no-any-return]

    def _scripted(
        self, name: str, method: Callable[[str | None], Awaitable[None]]
    ) -> Callable[[str | None], Awaitable[None]]:
        async def answer(argument: str | None) -> None:
            self.receiver.commands.append(f"{name} {argument}" if argument else name)
            scripted = self.receiver.next_answer(name)
            if scripted is None:
                await method(argument)
            else:
                await self._misbehave(scripted)

        return answer

    async def _misbehave(self, scripted: str) -> None:
        if scripted == HANG:
            await self.loop.create_future()
        elif scripted == DROP:
            self.transport.abort()
        else:
            await super().push(scripted)
            if scripted.startswith(("354", "421")):
                self.transport.close()

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> Any:
        return await self._bearer("XOAUTH2", rb"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", args)

    async def auth_OAUTHBEARER(self, _server: SMTP, args: list[str]) -> Any:
        return await self._bearer("OAUTHBEARER", rb"n,a=([^\x01]+),\x01auth=Bearer ([^\x01]+)\x01\x01", args)

    async def _bearer(self, name: str, form: bytes, args: list[str]) -> Any:
        """RFC 7628: a refusal is told in a challenge, to which the client answers before it is told again."""
        said = re.fullmatch(form, base64.b64decode(args[1], validate=True)) if len(args) > 1 else None
        if said is not None and self.receiver.tokens is not None and self.receiver.tokens(said[2].decode()):
            return self._authenticate(name, LoginPassword(said[1], said[2]))
        last = await self.challenge_auth('{"status":"invalid_token"}')
        assert last == (b"" if name == "XOAUTH2" else b"\x01"), last
        return AuthResult(success=False, handled=False)

    async def push(self, status: Any) -> None:
        """The greeting is what is said before any command."""
        scripted = self.receiver.next_answer("CONNECT") if str(status).startswith("220 receiver") else None
        await (super().push(status) if scripted is None else self._misbehave(scripted))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The letter is here, the dot too; the answer is all that is left."""
        del server
        scripted = self.receiver.next_answer("DOT")
        if scripted is None or scripted in (DROP, HANG) or scripted.startswith("2"):
            self.receiver.taken.append(
                Taken(
                    mail_from="" if envelope.mail_from == "<>" else envelope.mail_from,
                    rcpt_tos=tuple(envelope.rcpt_tos),
                    raw=envelope.original_content,
                    encrypted=session.ssl is not None or self.receiver.tls == "implicit",
                    user=session.auth_data,
                )
            )
        if scripted in (DROP, HANG):
            await self._misbehave(scripted)
            await self.loop.create_future()
        return scripted or "250 2.0.0 taken"
