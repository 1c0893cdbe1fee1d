"""What a malware scanner says of a message."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanVerdict:
    """`clean`, `malware` with the name of what was found in `detail`, or `not-scanned` with the reason in `detail`."""

    state: Literal["clean", "malware", "not-scanned"]
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        """The verdict as it stands in the evidence of a message."""
        return {"state": self.state, "detail": self.detail}
