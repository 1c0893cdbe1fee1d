"""The page on a TCP port, beside whatever else the process does."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from cee_mailbot.errors import UnreachableError

_LONGEST_GOODBYE = 5
_BACKLOG = 128
WHOLE_WITHIN = 30.0  # seconds
_COMING = ("IDLE", "SEND_BODY")  # what h11 says of a browser whose request has not come whole


class WholeInTime(H11Protocol):
    """A connection that is closed when a request does not come whole in time; how long its answer takes is no matter.

    Else whoever sends requests by the drop takes every connection that the process may have, and those by which it
    reads mail with them.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See the class."""
        super().connection_made(transport)
        self._expect()

    def handle_events(self) -> None:
        """See the class: something came, or an answer is complete."""
        super().handle_events()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """See the class."""
        self._expect_no_more()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self.conn.their_state.__name__ not in _COMING:
            self._expect_no_more()
        elif self._late is None:
            self._late = self.loop.call_later(WHOLE_WITHIN, self.transport.close)

    def _expect_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


@contextmanager
def serving(application: FastAPI, *, host: str, tcp_port: int) -> Iterator[str]:
    """Serves the page from a thread until the block is left: its address, with the port that was free for port 0.

    Requests under way end first, within seconds. Raises `UnreachableError` when the port can't be had.
    """
    listener = _listening(host, tcp_port)
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            http=WholeInTime,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the address of the peer decides whose word counts; a header must not change it
            lifespan="off",
            timeout_graceful_shutdown=_LONGEST_GOODBYE,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _listening(host: str, tcp_port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named by its protocol: asyncio lets nothing wait for an acknowledgement (TCP_NODELAY) only where it knows this.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, tcp_port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UnreachableError(
            f"can't serve the queue page on {host}, TCP port {tcp_port}: {error.strerror}; "
            "end what is on it, or set another tcp_port in [web]"
        ) from error
    return listener
