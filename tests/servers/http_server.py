"""What the test's servers over HTTP on loopback have in common."""

import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

Said = tuple[int, dict[str, str], bytes]  # status, headers, content


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """What goes wrong with one request: a status, a code, or a connection that ends after so many bytes of the answer.

    `done` when the thing was done all the same. A SOAP `fault`, a `back_off` and an answer that is `short` are of
    Exchange's alone.
    """

    status: int = 0
    code: str = ""
    fault: bool = False
    retry_after: str = ""
    back_off: int = 0
    cut_after: int = -1
    short: bool = False  # no length is announced, so that only the XML tells that it is cut
    done: bool = False


class Handler(BaseHTTPRequestHandler):
    """One connection, which stays open; what comes over it is for the server's `answer`."""

    protocol_version = "HTTP/1.1"
    server: "_Listener"

    def setup(self) -> None:
        super().setup()
        self.server.owner.connected.add(self.connection)

    def finish(self) -> None:
        self.server.owner.connected.discard(self.connection)
        super().finish()

    def content(self) -> bytes:
        """What was sent with the request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def sent_headers(self) -> dict[str, str]:
        """By their names in small letters."""
        return {name.lower(): value for name, value in self.headers.items()}

    def say(self, answer: Said, trouble: Trouble | None = None) -> None:
        """Writes an answer, or as much of it as the trouble lets through."""
        status, headers, body = answer
        cut_after = trouble.cut_after if trouble else -1
        if cut_after == 0:
            self.close_connection = True
            return
        self.send_response(status)
        length = {} if trouble and trouble.short else {"Content-Length": str(len(body))}
        for name, value in {"Content-Type": self.server.owner.content_type, **headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut_after] if cut_after > 0 else body)
        self.close_connection = self.close_connection or cut_after > 0

    def date_time_string(self, timestamp: float | None = None) -> str:
        del timestamp
        return format_datetime(datetime.now(UTC) + self.server.owner.skew, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@dataclass(kw_only=True, slots=True)
class HttpServer:
    """Runs while it is entered. `faults` are what was wrong with requests; `skew` is how far its clock is from ours."""

    handler: ClassVar[type[Handler]]
    content_type: ClassVar[str] = "application/json"  # of an answer whose headers name none
    tcp_port: int = 0
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    skew: timedelta = timedelta(0)
    connected: set[socket.socket] = field(default_factory=set)
    _server: "_Listener | None" = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, secured: ssl.SSLContext | None = None) -> None:
        """Listens, on the same port as before."""
        self._server = _Listener(self)
        if secured:
            self._server.socket = secured.wrap_socket(self._server.socket, server_side=True)
        self.tcp_port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Listens no more, and ends what is connected."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        for each in list(self.connected):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.connected.discard(each)


class _Listener(ThreadingHTTPServer):
    def __init__(self, owner: HttpServer) -> None:
        self.owner: Any = owner
        super().__init__(("127.0.0.1", owner.tcp_port), owner.handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may end its connection at any time, such as one that does not trust our certificate."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def by_hand(deliver: Callable[[bytes, datetime], object], settings: str) -> None:
    """Delivers the files that the command line names, says the settings, and serves until it is interrupted."""
    for name in sys.argv[1:]:
        deliver(Path(name).read_bytes(), datetime.now(UTC))
    print(settings, flush=True)  # noqa: T201 - run by hand
    threading.Event().wait()
