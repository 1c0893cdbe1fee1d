"""What goes over the wire between parent and child: a head, and blobs beside it, each with its length before it."""

import socket
import struct
import time
from collections.abc import Sequence

_COUNTS = struct.Struct("!II")
_LENGTH = struct.Struct("!Q")
_MOST_BLOBS = 100_000
# Text of this size is at worst some 25 times as much in lists and numbers, when somebody has made it so.
_LARGEST_HEAD = 8_000_000
_AT_ONCE = 1 << 20


class BrokenFrameError(Exception):
    """What came is no frame, or one larger than was allowed."""


class TooLargeError(BrokenFrameError):
    """The frame announces more bytes than were allowed; none of them was taken."""


def send(wire: socket.socket, head: bytes, blobs: Sequence[bytes]) -> None:
    """Sends one frame. Raises OSError, TimeoutError when the other side takes too long to read it."""
    lengths = b"".join(_LENGTH.pack(len(blob)) for blob in blobs)
    wire.sendall(_COUNTS.pack(len(head), len(blobs)) + lengths + head)
    for blob in blobs:
        wire.sendall(blob)


def receive(wire: socket.socket, *, most: int, seconds: float | None) -> tuple[bytes, list[bytes]] | None:
    """The next frame, or None at the end of the input; `seconds` is for the whole of it.

    At most `most` bytes are ever set aside for it. Raises `BrokenFrameError`, TimeoutError or OSError.
    """
    until = None if seconds is None else time.monotonic() + seconds
    counts = _take(wire, _COUNTS.size, until, may_end=True)
    if not counts:
        return None
    head, blobs = _COUNTS.unpack(counts)
    if blobs > _MOST_BLOBS or head > _LARGEST_HEAD:
        raise TooLargeError(f"{head} bytes of text and {blobs} blobs")
    lengths = [one for (one,) in _LENGTH.iter_unpack(_take(wire, blobs * _LENGTH.size, until))]
    if head + sum(lengths) > most:
        raise TooLargeError(f"{head + sum(lengths)} bytes")
    return _take(wire, head, until), [_take(wire, length, until) for length in lengths]


def _take(wire: socket.socket, length: int, until: float | None, *, may_end: bool = False) -> bytes:
    """Exactly so many bytes."""
    if until is None:
        # A large message arrives in one piece of memory; a signal may cut it short, then the rest is read as below.
        first = wire.recv(length, socket.MSG_WAITALL) if length else b""
        if len(first) == length or (may_end and not first):
            return first
    else:
        first = b""
    pieces = bytearray(length)
    pieces[: len(first)] = first
    view, position = memoryview(pieces), len(first)
    while position < length:
        if until is not None:
            wire.settimeout(max(0.001, until - time.monotonic()))
        taken = wire.recv_into(view[position : position + _AT_ONCE])
        if not taken:
            if may_end and not position:
                return b""
            raise BrokenFrameError("the other side ended amid a frame")
        position += taken
    return bytes(pieces)
