"""What holds for every mailbox that is called over HTTP: the folder that takes what was kept, and clocks that agree."""

import re
from dataclasses import dataclass
from datetime import timedelta

from cee_mailbot.errors import PermanentError, UserError
from cee_mailbot.server_times import clocks_apart


@dataclass(frozen=True, kw_only=True, slots=True)
class WebMailboxSettings:
    """The folder, at the root of the mailbox, that takes what was kept."""

    processed_folder: str = "Processed"

    def __post_init__(self) -> None:
        """Refuses a name that no folder can have."""
        if not self.processed_folder.strip() or re.search(r"[\x00-\x1f/]", self.processed_folder):
            raise UserError(
                f"{self.processed_folder!a} is no name of a folder: it has no slash and no control character"
            )


def check_clocks(who: str, skew: timedelta) -> None:
    """Raises `PermanentError` when a server's clock and ours differ by more than sign-ins bear with."""
    if words := clocks_apart(who, skew):
        raise PermanentError(words)
