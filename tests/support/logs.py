"""The log of the whole process, which a command that a test calls sets up as it wants it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cee_mailbot.log import OURS


@contextmanager
def restored_log() -> Iterator[None]:
    """What is set up within is gone afterwards: its stream may end with the test, and its levels are nobody else's."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in (None, *OURS)}
    before = set(root.handlers)
    try:
        yield
    finally:
        for handler in [one for one in root.handlers if one not in before and one.get_name()]:
            root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
