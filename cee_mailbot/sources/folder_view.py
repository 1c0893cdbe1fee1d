"""What is remembered of an inbox between polls, where a server tells what changed in it since the last time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cee_mailbot.errors import PermanentError


class ExpiredRoundError(PermanentError):
    """The place where a round was to begin is known to the server no more: the next one begins with all there is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFacts:
    """What is known of a message before it is read; `size` is at least that of its MIME content, as far as is known."""

    arrived_at: datetime
    sent_at: datetime | None
    size: int
    sender: str
    message_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of changes: what is there, what is there no more; `link` is where the next round begins, at the end.

    `touched` are those of which only that something about them changed is told.
    """

    there: Mapping[str, MessageFacts]
    removed: tuple[str, ...]
    link: str
    touched: tuple[str, ...] = ()


Changes = Callable[[str], Iterator[Page]]
"""The pages of a round that begins at a link, or with all of the folder at an empty one."""


@dataclass(kw_only=True, slots=True)
class FolderView:
    """What is remembered of the inbox between polls: its messages since a time, and where the next round begins.

    It lives as long as the program, so that a new start looks at all of the folder; what is older is not remembered.
    """

    folder: str = ""
    since: datetime | None = None
    link: str = ""
    messages: dict[str, MessageFacts] = field(default_factory=dict)

    def refresh(self, changes: Changes, folder: str, since: datetime) -> None:
        """Brings it up to date; whatever goes wrong on the way, the next round begins with all of the folder."""
        if (folder, since) != (self.folder, self.since):
            self._start_again(folder, since)
        link, self.link = self.link, ""
        if not link:
            self.messages.clear()
        try:
            self._take(changes(link), since)
        except ExpiredRoundError:
            # Or what is told of a message is too little to know it by.
            if not link:
                raise
            self._start_again(folder, since)
            self._take(changes(""), since)

    def forget(self, uids: Iterable[str]) -> None:
        """These were moved: the server may tell of it later than it does it."""
        for uid in uids:
            self.messages.pop(uid, None)

    def _start_again(self, folder: str, since: datetime) -> None:
        self.folder, self.since, self.link = folder, since, ""
        self.messages.clear()

    def _take(self, pages: Iterable[Page], since: datetime) -> None:
        for page in pages:
            for uid in page.removed:
                self.messages.pop(uid, None)
            self.messages.update({uid: facts for uid, facts in page.there.items() if facts.arrived_at >= since})
            if not self.messages.keys() >= set(page.touched):
                raise ExpiredRoundError("a message that is not known has changed")
            self.link = page.link
