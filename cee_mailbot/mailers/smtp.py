"""Replies by SMTP: one connection for many letters, one recipient each, clear text on this machine only."""

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from cee_mailbot import crash
from cee_mailbot.errors import (
    RefusedReplyError,
    SignInError,
    TemporaryError,
    UncertainError,
    UnreachableError,
    UserError,
)
from cee_mailbot.interfaces import Letter, MailerSession
from cee_mailbot.mailers.smtp_connection import (
    DONE,
    NEVER,
    NOT_NOW,
    SmtpSettings,
    connect,
    in_words,
    is_loopback,
    leave,
    said,
    set_timeout,
)

__all__ = ["SmtpMailer", "SmtpSettings"]

_GO_ON = 354
_CLOSING = 421

_PATH = re.compile(r"[!-;=?-~]+")
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")


class SmtpMailer:
    """Hands replies to one mail server."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Refuses clear text to any other host with `UserError`; connects to nothing yet."""
        if settings.tls == "none" and not is_loopback(settings.host):
            raise UserError(f'tls = "none" is for this machine only; {settings.host} needs "starttls" or "implicit"')
        self._settings = settings

    def check(self) -> str:
        """As the interface says."""
        settings = self._settings
        leave(connect(settings))
        how = {"starttls": "TLS after STARTTLS", "implicit": "TLS", "none": "no TLS, same machine"}[settings.tls]
        signed_in = f"signed in as {settings.user}" if settings.user else "without signing in"
        return f"the mail server {settings.where} answers ({how}, {signed_in})"

    @contextmanager
    def session(self) -> Iterator[MailerSession]:
        """As the interface says; a server that does not do TLS as agreed is a `SignInError` too."""
        session = _SmtpSession(self._settings)
        session.open()
        try:
            yield session
        finally:
            session.close()


class _SmtpSession:
    """A connection that is thrown away when it is of no more use, and opened again for the next letter."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._client: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        """The open connection."""
        if self._client is None:
            self._client = connect(self._settings)
        return self._client

    def close(self) -> None:
        """Says goodbye where there is somebody to say it to."""
        if self._client:
            leave(self._client)
        self._client = None

    def send(self, letter: Letter) -> None:
        """As the interface says."""
        _refuse_unsendable(letter)
        try:
            client = self.open()
        except SignInError as error:
            # It let us in before: not this letter's fault, and no reason to give it up.
            raise TemporaryError(str(error)) from error
        try:
            self._transact(client, letter)
        except OSError as error:
            self._drop()
            raise UnreachableError(f"the mail server {self._settings.where} was lost: {in_words(error)}") from error

    def _transact(self, client: smtplib.SMTP, letter: Letter) -> None:
        """RFC 5321 section 3.3: MAIL, RCPT, DATA, the letter, the dot; each waits for its answer."""
        self._expect("the sender", *client.mail(letter.return_path))
        self._expect("the recipient", *client.rcpt(letter.to))
        client.putcmd("data")
        self._expect("the letter", *client.getreply(), wanted=range(_GO_ON, _GO_ON + 1))
        crash.here("C16")
        # While this is under way the last dot can't have been seen: what fails here was not taken.
        client.send(_stuffed(letter.raw))
        crash.here("C17")
        self._expect("the letter", *self._after_the_dot(client))

    def _after_the_dot(self, client: smtplib.SMTP) -> tuple[int, bytes]:
        """The answer to the letter. From here on silence means that nobody knows."""
        where = self._settings.where
        try:
            set_timeout(client, self._settings.dot_timeout)
            code, text = client.getreply()
            set_timeout(client, self._settings.reply_timeout)
        except OSError as error:
            self._drop()
            raise UncertainError(f"{where} was lost before it answered to the letter: {in_words(error)}") from error
        if not any(code in meaning for meaning in (DONE, NOT_NOW, NEVER)):
            self._drop()
            raise UncertainError(f"{where} answered to the letter what no mail server says: {said(code, text)}")
        return code, text

    def _expect(self, what: str, code: int, text: bytes, *, wanted: range = DONE) -> None:
        if code in wanted:
            return
        self._recover(code)
        words = f"the mail server {self._settings.where} did not take {what}: {said(code, text)}"
        raise RefusedReplyError(words) if code in NEVER else TemporaryError(words)

    def _recover(self, code: int) -> None:
        """Makes the connection fit for the next letter, or throws it away (RFC 5321 4.1.1.5)."""
        if code == _CLOSING or not (code in NOT_NOW or code in NEVER):
            self._drop()
            return
        try:
            answer, _ = self.open().rset()
        except OSError:
            answer = 0
        if answer not in DONE:
            self._drop()

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None


def _refuse_unsendable(letter: Letter) -> None:
    """An address or line end that would be read as another command or another letter goes nowhere."""
    if not _PATH.fullmatch(letter.to) or (letter.return_path and not _PATH.fullmatch(letter.return_path)):
        raise RefusedReplyError(f"{letter.to!a} or {letter.return_path!a} is no address for an envelope")
    if _BARE_LINE_END.search(letter.raw):
        raise RefusedReplyError("the letter has a line end that is not CRLF (RFC 5321 section 2.3.8)")


def _stuffed(raw: bytes) -> bytes:
    """The letter with its last dot; a dot at the start of a line is doubled (RFC 5321 section 4.5.2)."""
    whole = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return _LEADING_DOT.sub(b"..", whole) + b".\r\n"
