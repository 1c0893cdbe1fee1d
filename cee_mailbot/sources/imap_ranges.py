"""Ranges of UIDs that one command and one line of its answer can hold."""

from collections.abc import Iterator

from cee_mailbot.sources.imap_connection import OpenFolder

# imaplib gives up on a line above 1,000,000 bytes, and SEARCH answers in one line of up to 11 bytes a UID.
_UIDS_A_SEARCH = 80_000
# RFC 7162 4: a server need not take a command line above 8192 bytes.
_UIDS_A_COMMAND = 700


def windows(folder: OpenFolder) -> Iterator[tuple[int, int | None]]:
    """Ranges of UIDs, each of which one SEARCH can answer; the last is open, so UIDNEXT need not be right."""
    low = 1
    if folder.messages > _UIDS_A_SEARCH:
        while low + _UIDS_A_SEARCH < folder.uid_next:
            yield low, low + _UIDS_A_SEARCH - 1
            low += _UIDS_A_SEARCH
    yield low, None


def portions(uids: list[int]) -> Iterator[list[int]]:
    """The UIDs in sets, each of which one command can name."""
    for start in range(0, len(uids), _UIDS_A_COMMAND):
        yield uids[start : start + _UIDS_A_COMMAND]
