"""Servers that go on byte by byte for ever: each keeps to the timeout of every single read."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.exchange_web import ExchangeSettings, ExchangeWeb
from cee_mailbot.graph_web import GraphSettings, GraphWeb

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
BODY = b"Content-Length: 900000\r\n\r\n"


class Granted:
    """A token that is always there."""

    def token(self) -> str:
        return "t"

    def refuse(self, token: str) -> None:
        raise AssertionError(token)


@contextmanager
def dripping(start: bytes) -> Iterator[int]:
    """A port at which every request is answered with this, and then on and on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(start)
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.01)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("start", [HEAD + b"X-Long: ", HEAD + BODY], ids=["headers", "body"])
def test_f78_graph_is_left_at_the_deadline(start: bytes) -> None:
    with dripping(start) as port:
        settings = GraphSettings(
            root=f"http://127.0.0.1:{port}/v1.0", address="a@agency.example", tokens=Granted(), deadline=0.5
        )
        with pytest.raises(UnreachableError, match="took longer than"), GraphWeb(settings).calls() as calls:
            calls.get("/me")


@pytest.mark.parametrize("start", [HEAD + b"X-Long: ", HEAD + BODY + b"<a>"], ids=["headers", "body"])
def test_f78_exchange_is_left_at_the_deadline(start: bytes) -> None:
    with dripping(start) as port:
        settings = ExchangeSettings(
            endpoint=f"http://127.0.0.1:{port}/EWS/Exchange.asmx",
            address="a@agency.example",
            auth="basic",
            user="a",
            password=lambda: "p",
            deadline=0.5,
        )
        with pytest.raises(UnreachableError, match="took longer than"), ExchangeWeb(settings).calls() as calls:
            calls.inbox()
