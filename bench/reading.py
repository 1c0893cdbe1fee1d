#!/usr/bin/env python3
"""Reading speed and memory, of our cut, of a child and of the standard library, over the same mail in one run.

Usage: bench/reading.py FOLDER [ROUNDS]      (FOLDER: .eml files, such as the side-by-side bench's make_corpus.py makes)

Figures are processor time, the best of some rounds, and ratios to the standard library. Memory is what one message
takes in a process of its own, above what it took before.
"""

import email
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cee_mailbot.sandbox import ChildReader, InProcessReader
from parsers.documents import cut
from parsers.headers import MailRefused


def by_stdlib(raw: bytes) -> list[Any]:
    """The decoded leaves, as the standard library's compat32 cuts them."""
    return [part.get_payload(decode=True) for part in email.message_from_bytes(raw).walk() if not part.is_multipart()]


def unless_refused(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """A message beyond the limits of reading counts with the time that it took to refuse it."""

    def reads(raw: bytes) -> object:
        try:
            return read(raw)
        except MailRefused:
            return None

    return reads


def seconds(read: Callable[[bytes], object], raws: list[bytes], rounds: int, clock: Callable[[], float]) -> float:
    """The best of some rounds over all messages."""
    taken = []
    for _ in range(rounds):
        begin = clock()
        for raw in raws:
            read(raw)
        taken.append(clock() - begin)
    return min(taken)


def peak_mb(read: Callable[[bytes], object], raw: bytes) -> float:
    """What reading this message adds to the memory of a process that has just been forked."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak of the parent
        before = peak_kb()
        read(raw)
        os.write(writing, str(peak_kb() - before).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    taken = int(os.read(reading, 100))
    os.close(reading)
    os.close(writing)
    return taken / 1000


def peak_kb() -> int:
    """The most memory that this process ever held, by the kernel's count."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def main(folder: str, rounds: str = "3") -> None:
    """Prints the table."""
    raws = [path.read_bytes() for path in sorted(Path(folder).glob("*.eml"))]
    megabytes = sum(map(len, raws)) / 1e6
    largest = max(raws, key=len)
    here = InProcessReader()
    readers = {"standard library": by_stdlib, "our cut": cut, "cut and headers, as a child reads": here.read}
    print(f"{len(raws)} messages, {megabytes:.0f} MB; the largest {len(largest) / 1e6:.1f} MB\n")
    print("| processor time | MB/s | ratio | peak MB of the largest |\n|---|---|---|---|")
    # Before anything else was read: memory that was used and freed would be taken again, and not be seen.
    peaks = {name: peak_mb(unless_refused(read), largest) for name, read in readers.items()}
    base = 0.0
    for name, read in readers.items():
        taken = seconds(unless_refused(read), raws, int(rounds), time.process_time)
        base = base or taken
        print(f"| {name} | {megabytes / taken:.0f} | {base / taken:.1f} | {peaks[name]:.0f} |")
    start = through_a_child([])
    child = through_a_child(raws) - start
    print(f"| parent and child together | {megabytes / child:.0f} | {base / child:.1f} | |")
    print(
        f"\nA child: {(child - taken) / len(raws) * 1e3:.2f} ms more for each message, {start * 1e3:.0f} ms to start."
    )


def through_a_child(raws: list[bytes]) -> float:
    """The processor time of parent and child, start and end of the child included."""
    before = used()
    with ChildReader() as reader:
        reader.check()
        for raw in raws:
            unless_refused(reader.read)(raw)
    return used() - before


def used() -> float:
    """Processor time of this process and of the children that have ended."""
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, _CHILDREN)))


_CHILDREN = resource.RUSAGE_CHILDREN


if __name__ == "__main__":
    main(*sys.argv[1:])
