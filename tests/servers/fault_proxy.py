"""A TCP proxy on loopback that fails as networks do: it cuts, stalls or delays, at a byte or at a word."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self


@dataclass(kw_only=True, slots=True)
class Fault:
    """What goes wrong on the next connection that meets it; it happens `times` times, then the line is good.

    `after_bytes` counts what came from the server; `at` is a word of the client's that must have passed first (or,
    with `before`, that must not pass). `how`: `cut` ends the connection, `stall` lets nothing more through,
    `delay` holds each piece for `seconds`, and `hold` until the proxy's `go_on` is set.
    """

    how: str
    after_bytes: int | None = None
    at: bytes = b""
    before: bool = False
    seconds: float = 0.0
    times: int = 1


@dataclass(kw_only=True, slots=True)
class FaultProxy:
    """Passes everything on to `port`, but for its faults; runs while it is entered."""

    port: int
    faults: list[Fault] = field(default_factory=list)
    connections: int = 0
    met: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tcp_port(self) -> int:
        """Where it listens."""
        assert self._listener is not None
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._listener is not None
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            self.connections += 1
            self._open += [client, server]
            line = _Line(proxy=self, client=client, server=server)
            for way in (line.upstream, line.downstream):
                threading.Thread(target=way, daemon=True).start()

    def take(self, line: "_Line") -> Fault | None:
        """The fault that this line meets now, if it does; used up by it."""
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and line.meets(fault):
                    fault.times -= 1
                    self.met.set()
                    return fault
        return None


@dataclass(kw_only=True, slots=True)
class _Line:
    """One connection through the proxy."""

    proxy: FaultProxy
    client: socket.socket
    server: socket.socket
    said: bytes = b""
    heard: int = 0
    stalled: bool = False

    def meets(self, fault: Fault) -> bool:
        if fault.at and fault.at not in self.said:
            return False
        return fault.after_bytes is None or self.heard >= fault.after_bytes

    def upstream(self) -> None:
        with suppress(OSError):
            while piece := self.client.recv(65536):
                self.said = (self.said + piece)[-200_000:]
                fault = self._happens(before=True)
                if fault is not None and fault.how == "cut":
                    return
                if not self.stalled:
                    self.server.sendall(piece)
        self._end()

    def downstream(self) -> None:
        with suppress(OSError):
            while piece := self.server.recv(4096):
                self.heard += len(piece)
                fault = self._happens(before=False)
                if fault is not None and fault.how == "cut":
                    break
                if not self.stalled:
                    self.client.sendall(piece)
        self._end()

    def _happens(self, *, before: bool) -> Fault | None:
        fault = self.proxy.take(self) if self._wanted(before=before) else None
        if fault is not None and fault.how == "stall":
            self.stalled = True
        if fault is not None and fault.how == "delay":
            time.sleep(fault.seconds)
        if fault is not None and fault.how == "hold":
            self.proxy.go_on.wait(60)
        if fault is not None and fault.how == "cut":
            self._end()
        return fault

    def _wanted(self, *, before: bool) -> bool:
        return any(fault.times > 0 and fault.before == before for fault in self.proxy.faults)

    def _end(self) -> None:
        for each in (self.client, self.server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def faulty(port: int, *faults: Fault) -> Iterator[FaultProxy]:
    """A proxy before `port` with these faults."""
    with FaultProxy(port=port, faults=list(faults)) as proxy:
        yield proxy
