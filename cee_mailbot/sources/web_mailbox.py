"""What holds for every mailbox that is called over HTTP: the folder that takes what was kept, and clocks that agree."""

import re
from dataclasses import dataclass
from datetime import timedelta

from cee_mailbot.errors import PermanentError, UserError

_MOST_SKEW = timedelta(minutes=5)  # as the sign-in by Kerberos and by tokens


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
    if abs(skew) > _MOST_SKEW:
        minutes = round(abs(skew).total_seconds() / 60)
        raise PermanentError(f"our clock and that of {who} are {minutes} min apart; set ours by NTP")
