"""The page on a TCP port, beside whatever else the process does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from cee_mailbot.errors import UnreachableError

_LONGEST_GOODBYE = 5
_BACKLOG = 128


@contextmanager
def serving(application: FastAPI, *, host: str, tcp_port: int) -> Iterator[str]:
    """Serves the page from a thread until the block is left: its address, with the port that was free for port 0.

    Requests under way end first, within seconds. Raises `UnreachableError` when the port can't be had.
    """
    listener = _listening(host, tcp_port)
    server = uvicorn.Server(
        uvicorn.Config(
            application,
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
    listener = socket.socket(family, socket.SOCK_STREAM)
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
