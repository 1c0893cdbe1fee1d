"""What hostile bytes might make of a child that reads them."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from cee_mailbot.interfaces import Body, Reading
from cee_mailbot.sandbox.tasks import read_unopened
from parsers.headers import MailRefused


def echo(content: bytes) -> bytes:
    return content


def pid() -> int:
    return os.getpid()


def eat_memory() -> int:
    return len([bytes(10_000_000) for _ in range(10_000)])


def spin() -> int:
    number = 0
    while True:
        number += 1


def hang() -> int:
    threading.Event().wait()
    return 0


def crash() -> int:
    os.abort()


def leave() -> int:
    os._exit(0)


def refuse() -> int:
    raise MailRefused("too-deep", "The parts of this message nest too deep.")


def break_down() -> int:
    raise ValueError("what the sender wrote\nstays out of the log")


def say_too_much() -> bytes:
    return bytes(20_000_000)


def say_much_in_words() -> tuple[int, ...]:
    return tuple(range(10_000_000))


def answer_otherwise() -> int:
    return "no number"  # type: ignore[return-value]


def talk_out_of_turn() -> int:
    with socket.socket(fileno=os.dup(0)) as wire:
        wire.sendall(b"\x00\x00\x00\x08\x00\x00\x00\x00done    ")
    return 0


def die_once(path: str) -> str:
    try:
        Path(path).unlink()
    except FileNotFoundError:
        return "alive"
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def rights(folder: str) -> tuple[str, ...]:
    """What can be done here that should not be."""
    found: list[str] = []
    for name, act in (
        ("write a file", lambda: Path(folder, "written").write_bytes(b"x")),
        ("start a process", lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)),
        ("open many files", lambda: [Path("/dev/null").open() for _ in range(100)]),  # noqa: SIM115
        ("see the environment", lambda: os.environ["SECRET_OF_THE_PARENT"]),
    ):
        try:
            act()
        except (OSError, KeyError, subprocess.SubprocessError):
            continue
        found.append(name)
    return tuple(found)


def connects(tcp_port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", tcp_port), timeout=5).close()
    except OSError:
        return False
    return True


def read_message(raw: bytes, sample: int) -> Reading:
    """What a document that is a bomb does to whoever opens it."""
    del raw, sample
    os.abort()


def body_of(raw: bytes) -> Body:
    """What a body that nothing bounds does to whoever reads it."""
    return Body(text="x" * (20_000_000 + len(raw)), has_html=True)


def html_of(raw: bytes, leave: str) -> str | None:
    return body_of(raw).text + leave


TASKS = (
    *(read_message, read_unopened, body_of, html_of),
    *(echo, pid, eat_memory, spin, hang, crash, leave, refuse, break_down, say_too_much, say_much_in_words),
    *(answer_otherwise, talk_out_of_turn, die_once, rights, connects),
)
