"""One mailbox's door to Exchange; what is behind it takes a second to import, and is when it is first opened."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cee_mailbot.deadlines import Lines
from cee_mailbot.errors import SignInError
from cee_mailbot.exchange_calls import ExchangeCalls
from cee_mailbot.exchange_web.settings import ExchangeSettings
from cee_mailbot.exchange_web.waits import Waits
from cee_mailbot.exchange_web.words import printable


class ExchangeWeb:
    """One mailbox at Exchange; as `ExchangeDoor`."""

    def __init__(
        self,
        settings: ExchangeSettings,
        waits: Waits | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Calls nothing yet."""
        self._settings = settings
        self._waits = waits or Waits()
        self._monotonic = monotonic
        self._pause = pause
        self._context: ssl.SSLContext | None = None  # to read the authorities takes time

    @contextmanager
    def calls(self) -> Iterator[ExchangeCalls]:
        """As `ExchangeDoor.calls`."""
        from cee_mailbot.exchange_web.calls import Calls  # noqa: PLC0415 - exchangelib, as this module's first line says
        from cee_mailbot.exchange_web.envelopes import Envelopes  # noqa: PLC0415 - as above
        from cee_mailbot.exchange_web.signing_in import open_session  # noqa: PLC0415 - as above
        from cee_mailbot.exchange_web.wire import Wire  # noqa: PLC0415 - as above

        self._context = self._context or _tls_context(self._settings.ca_file)
        lines = Lines(self._settings.deadline)
        with closing(lines), open_session(self._settings, self._context, lines) as session:
            wire = Wire(session, self._settings, self._waits, self._monotonic, self._pause)
            try:
                yield Calls(wire, Envelopes(self._settings))
            finally:
                wire.over = True


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, or those in `ca_file`. Raises `SignInError`, naming the file."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SignInError(f"ca_file {ca_file} can't be read as certificates: {printable(str(error))}") from error
