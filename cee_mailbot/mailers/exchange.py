"""Replies by Exchange Web Services, as MIME, from the mailbox that was written to.

The recipients are those of the letter's own header fields, and the return path is the mailbox: EWS takes no envelope.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cee_mailbot.errors import RefusedReplyError, SignInError, TemporaryError
from cee_mailbot.exchange_calls import ExchangeDoor, RefusedCallError
from cee_mailbot.interfaces import Letter, MailerSession
from cee_mailbot.mailers.by_header import refuse_unsendable

# What is wrong with this one letter, whoever sends it; anything else can be mended without changing it.
_THIS_LETTER = frozenset(
    {
        "413",
        "ErrorInvalidRecipients",
        "ErrorMessageSizeExceeded",
        "ErrorMimeContentConversionFailed",
        "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String",
        "ErrorMissingRecipients",
    }
)


class ExchangeMailer:
    """Hands replies to one mailbox at Exchange, which sends them and keeps a copy among its sent items."""

    def __init__(self, door: ExchangeDoor) -> None:
        """Calls nothing yet."""
        self._door = door

    def check(self) -> str:
        """As the interface says; that the account may send as the mailbox is seen when the first reply leaves."""
        with self._door.calls() as calls:
            calls.inbox()
            return f"replies leave by EWS, {calls.who}"

    @contextmanager
    def session(self) -> Iterator[MailerSession]:
        """As the interface says."""
        yield _ExchangeMailerSession(self._door)


class _ExchangeMailerSession:
    """Each letter has a connection of its own, so that none goes into one that the server just gave up."""

    def __init__(self, door: ExchangeDoor) -> None:
        self._door = door

    def send(self, letter: Letter) -> None:
        """As the interface says ("CreateItem operation", with the letter as MimeContent)."""
        refuse_unsendable(letter, "Exchange")
        with self._door.calls() as calls:
            try:
                calls.send(letter.raw)
            except SignInError as error:
                # Not this letter's fault, and no reason to give it up.
                raise TemporaryError(str(error)) from error
            except RefusedCallError as error:
                if error.code in _THIS_LETTER:
                    raise RefusedReplyError(str(error)) from error
                raise TemporaryError(str(error)) from error
