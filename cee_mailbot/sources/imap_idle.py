"""Waiting for new mail with IDLE (RFC 2177), on a connection of its own: a hint to poll now, never a reason not to."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event

from cee_mailbot.errors import CeeMailbotError, PermanentError, SignInError
from cee_mailbot.log import fields
from cee_mailbot.sources.imap_connection import Connection
from cee_mailbot.sources.imap_settings import ImapSettings
from cee_mailbot.sources.imap_waiting import Idle

log = logging.getLogger(__name__)

# RFC 2177: a client should begin anew every 29 minutes, or the server may take it for gone.
RENEWED_AFTER = 25 * 60.0
_LOOKS_UP_EVERY = 5.0  # to see whether it is to stop
_PAUSE_AFTER_A_HINT = 0.5  # a server that speaks without end is not answered without end
_SHORTEST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0
_PAUSE_AFTER_A_REFUSED_SIGN_IN = 300.0
_LONGEST_PAUSE_AFTER_ONE = 3600.0
_GOOD_AFTER = 60.0


class NoIdleError(PermanentError):
    """The server does not offer IDLE."""


class ImapWatcher:
    """Watches one folder of one mailbox."""

    def __init__(self, settings: ImapSettings, *, renewed_after: float = RENEWED_AFTER) -> None:
        # The connection outlives every pass; each answer still has its time.
        self._settings = replace(settings, deadline=float("inf"))
        self._renewed_after = renewed_after

    def watch(self, stop: Event, wake: Callable[[], None]) -> None:
        """As `Watcher.watch`; a connection that is lost is opened again, after ever longer pauses."""
        failures = 0
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._listen(stop, wake)
            except NoIdleError as error:
                log.warning("%s", error)
                return
            except CeeMailbotError as error:  # a password that can't be read, too: one day it can
                failures = 0 if time.monotonic() - began > _GOOD_AFTER else failures + 1
                pause = pause_after(failures, error)
                words = "not listening for new mail for %.0f s, polls go on: %s"
                log.warning(words, pause, error, extra=fields(mailbox=self._settings.user))
                stop.wait(pause)

    def _listen(self, stop: Event, wake: Callable[[], None]) -> None:
        connection = Connection(self._settings)
        try:
            if not connection.can("IDLE"):
                raise NoIdleError(f"{connection.who} offers no IDLE: new mail is found by polling alone")
            connection.open_folder(connection.place(self._settings.folder), readonly=True)
            wake()  # what came while nobody listened
            while not stop.is_set():
                self._idle(connection, stop, wake)
        finally:
            connection.close()

    def _idle(self, connection: Connection, stop: Event, wake: Callable[[], None]) -> None:
        """One IDLE, ended before the server takes the client for gone."""
        patience = self._settings.read_timeout
        idle = connection.run("wait for mail", lambda client: Idle(client.socket(), patience=patience))
        ends = time.monotonic() + self._renewed_after
        while not stop.is_set() and (left := ends - time.monotonic()) > 0:
            if connection.run("wait for mail", partial(_tells_of_mail, idle, seconds=min(left, _LOOKS_UP_EVERY))):
                wake()
                stop.wait(_PAUSE_AFTER_A_HINT)
        # What the server says while it ends IDLE is said only once.
        if connection.run("wait for mail", lambda _client: idle.end()):
            wake()


def _tells_of_mail(idle: Idle, _client: object, *, seconds: float) -> bool:
    return idle.tells_of_mail(seconds)


def pause_after(failures: int, error: Exception) -> float:
    """Seconds until the next try, doubled each time and spread, so that many watchers do not come at once."""
    refused = isinstance(error, SignInError)
    shortest = _PAUSE_AFTER_A_REFUSED_SIGN_IN if refused else _SHORTEST_PAUSE
    longest = _LONGEST_PAUSE_AFTER_ONE if refused else _LONGEST_PAUSE
    return min(shortest * 2.0 ** min(failures, 20), longest) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
