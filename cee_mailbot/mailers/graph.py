"""Replies by Microsoft Graph, as MIME, from the mailbox that was written to.

The recipients are those of the letter's own header fields, and the return path is the mailbox: Graph takes no envelope.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from cee_mailbot.errors import RefusedReplyError, SignInError, TemporaryError
from cee_mailbot.graph_calls import GraphCalls, GraphDoor, RefusedCallError
from cee_mailbot.interfaces import Letter, MailerSession
from cee_mailbot.mailers.by_header import refuse_unsendable

# What is wrong with this one letter, whoever sends it; anything else can be mended without changing it.
_THIS_LETTER = (400, 413)


class GraphMailer:
    """Hands replies to one mailbox of Microsoft 365, which sends them and keeps a copy among its sent items."""

    def __init__(self, door: GraphDoor) -> None:
        """Calls nothing yet."""
        self._door = door

    def check(self) -> str:
        """As the interface says; that the app may send is seen when the first reply leaves."""
        with self._door.calls() as calls:
            calls.get(f"{calls.user}/mailFolders/sentitems?$select=id")
            return f"replies leave by Graph, {calls.who}"

    @contextmanager
    def session(self) -> Iterator[MailerSession]:
        """As the interface says."""
        yield _GraphMailerSession(self._door)


class _GraphMailerSession:
    """Each letter has a connection of its own, so that none goes into one that the server just gave up."""

    def __init__(self, door: GraphDoor) -> None:
        self._door = door

    def send(self, letter: Letter) -> None:
        """As the interface says ("user: sendMail", in MIME format: base64 of the letter as text/plain)."""
        refuse_unsendable(letter, "Graph")
        with self._door.calls() as calls:
            _send(calls, letter)


def _send(calls: GraphCalls, letter: Letter) -> None:
    try:
        calls.send(f"{calls.user}/sendMail", base64.b64encode(letter.raw))
    except SignInError as error:
        # Not this letter's fault, and no reason to give it up.
        raise TemporaryError(str(error)) from error
    except RefusedCallError as error:
        if error.status in _THIS_LETTER:
            raise RefusedReplyError(str(error)) from error
        raise TemporaryError(str(error)) from error
