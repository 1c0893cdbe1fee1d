"""Work that must end, whatever it is given."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST = 20.0  # seconds of the processor


@contextmanager
def bounded() -> Iterator[None]:
    """What is done within is not quadratic: for a quarter of a megabyte that takes minutes, and linear work a moment.

    The limit lies far from both, so that it says nothing about the speed of the machine.
    """
    begin = time.process_time()
    yield
    assert time.process_time() - begin < _LONGEST
