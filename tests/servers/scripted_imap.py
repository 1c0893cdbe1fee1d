"""An IMAP server that says what a test tells it to, however wrong."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

from cee_mailbot.sources.imap_settings import ImapSettings

CAPABILITIES = b"IMAP4rev1 MOVE UIDPLUS"
SELECTED = b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\n"
CLOSE = b"(close)"  # an answer that ends here ends the connection too
DRIP = b"(drip)"  # from here on an answer goes on for ever, a byte at a time

_USUAL = MappingProxyType(
    {
        b"CAPABILITY": b"* CAPABILITY " + CAPABILITIES + b"\r\n{tag} OK x\r\n",
        b"LOGIN": b"{tag} OK [CAPABILITY " + CAPABILITIES + b"] x\r\n",
        b"EXAMINE": SELECTED + b"{tag} OK [READ-ONLY] x\r\n",
        b"SELECT": SELECTED + b"{tag} OK [READ-WRITE] x\r\n",
        b"LIST": b'* LIST () "/" INBOX\r\n{tag} OK x\r\n',
        b"LOGOUT": b"* BYE x\r\n{tag} OK x\r\n",
    }
)


class ScriptedImap:
    """Answers each command with the first entry of `script` whose key stands in it; `seen` collects all."""

    def __init__(self, script: dict[bytes, bytes]) -> None:
        self._script = {**script, **_USUAL}
        for key, answer in script.items():
            self._script[key] = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.seen: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def settings(self, **changes: Any) -> ImapSettings:
        known = {"host": "127.0.0.1", "tcp_port": self.port, "tls": "none", "read_timeout": 5.0}
        return ImapSettings(**{**known, "user": "bot", "password": lambda: "hush-hush", **changes})

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        connection.sendall(b"* OK ready\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                self.seen.append(line)
                tag, _, command = line.partition(b" ")
                command = command or line  # DONE has no tag
                answer = next((a for key, a in self._script.items() if key in command), b"{tag} BAD what?\r\n")
                answer, drip, _ = answer.partition(DRIP)
                answer, cut, _ = answer.replace(b"{tag}", tag).partition(CLOSE)
                connection.sendall(answer)
                while drip:
                    connection.sendall(b"x")
                    time.sleep(0.01)
                if cut:
                    return


@contextmanager
def scripted_imap(script: dict[bytes, bytes]) -> Iterator[ScriptedImap]:
    """A running server, stopped on leaving."""
    server = ScriptedImap(script)
    try:
        yield server
    finally:
        server.stop()
