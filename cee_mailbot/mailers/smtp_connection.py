"""A connection to a mail server: encrypted and signed in as agreed, or none at all."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from cee_mailbot.errors import CeeMailbotError, SignInError, UnreachableError
from cee_mailbot.interfaces import Tokens

# RFC 5321 section 4.2.1: what the first digit of an answer means.
DONE = range(200, 300)
NOT_NOW = range(400, 500)
NEVER = range(500, 600)

_LONGEST_ANSWER = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpSettings:
    """Where replies are handed over; `password` or `tokens` are asked at each sign-in, so that a new one is found.

    `ca_file` replaces the system's authorities, `helo` the name we greet with. `connect_timeout` also bounds
    the greeting and the TLS handshake; the other two are RFC 5321 4.5.3.2's five and ten minutes.
    """

    host: str
    tcp_port: int = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str | None = None
    password: Callable[[], str] | None = field(default=None, repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    ca_file: Path | None = None
    helo: str | None = None
    connect_timeout: float = 30.0
    reply_timeout: float = 300.0
    dot_timeout: float = 600.0

    @property
    def where(self) -> str:
        """The server as people name it."""
        return f"{self.host}:{self.tcp_port}"


def connect(settings: SmtpSettings) -> smtplib.SMTP:
    """An open connection, encrypted and signed in as agreed; never less than that.

    Raises `UnreachableError` or `SignInError`.
    """
    context = _tls_context(settings)
    try:
        client = _call(settings, context)
        with _closed_on_error(client):
            _agree(client, settings, context)
            set_timeout(client, settings.reply_timeout)
    except smtplib.SMTPConnectError as error:
        answer = said(error.smtp_code, error.smtp_error)
        raise UnreachableError(f"the mail server {settings.where} has no service for us: {answer}") from error
    except ssl.SSLCertVerificationError as error:
        fix = "set ca_file to its authority, or host to the name in its certificate"
        raise SignInError(f"{settings.where} has no certificate that we trust ({in_words(error)}); {fix}") from error
    except (OSError, UnicodeError) as error:  # of a host that no name can be
        raise UnreachableError(f"the mail server {settings.where} does not answer: {in_words(error)}") from error
    return client


@contextmanager
def _closed_on_error(client: smtplib.SMTP) -> Iterator[None]:
    try:
        yield
    except BaseException:
        client.close()
        raise


def _call(settings: SmtpSettings, context: ssl.SSLContext | None) -> smtplib.SMTP:
    # The host goes to the constructor, since only there smtplib remembers the name that a certificate must have.
    host, tcp_port, helo, timeout = settings.host, settings.tcp_port, settings.helo, settings.connect_timeout
    if settings.tls == "implicit":
        return smtplib.SMTP_SSL(host, tcp_port, helo, timeout=timeout, context=context)
    return smtplib.SMTP(host, tcp_port, helo, timeout=timeout)


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """What checks the server's certificate; None where `tls` is none, since reading the authorities takes time."""
    if settings.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise SignInError(f"ca_file {settings.ca_file} can't be read as certificates: {in_words(error)}") from error


def _agree(client: smtplib.SMTP, settings: SmtpSettings, context: ssl.SSLContext | None) -> None:
    client.ehlo_or_helo_if_needed()
    if settings.tls == "starttls":
        if not client.has_extn("starttls"):
            fix = 'use its TLS port with tls = "implicit", or ask who keeps it to switch STARTTLS on'
            raise SignInError(f"{settings.where} does not offer STARTTLS, and nothing is sent in clear text; {fix}")
        client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
    if settings.user is not None:
        if settings.tokens is not None:
            _sign_in_with_token(client, settings, settings.user, settings.tokens)
        else:
            _sign_in(client, settings, settings.user)


def _sign_in(client: smtplib.SMTP, settings: SmtpSettings, user: str) -> None:
    """PLAIN or LOGIN inside TLS; `login()` would prefer CRAM-MD5, which has no place where MD5 has none."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    method = next((name for name in ("PLAIN", "LOGIN") if name in offered), None)
    if method is None:
        raise SignInError(f"{settings.where} does not let us sign in with a password; leave user out if it needs none")
    client.user, client.password = user, settings.password() if settings.password else ""
    try:
        client.auth(method, client.auth_plain if method == "PLAIN" else client.auth_login)
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(settings, user, error, "password") from error
    except UnicodeError as error:
        raise SignInError(f"the user or password for {settings.where} is not plain ASCII, as SMTP needs") from error


def _refused(settings: SmtpSettings, user: str, error: smtplib.SMTPAuthenticationError, what: str) -> CeeMailbotError:
    answer = said(error.smtp_code, error.smtp_error)
    if error.smtp_code in NOT_NOW:
        return UnreachableError(f"{settings.where} can't check our {what} now: {answer}")
    return SignInError(f"{settings.where} refused user {user} ({answer}); check user and {what}")


def _sign_in_with_token(client: smtplib.SMTP, settings: SmtpSettings, user: str, tokens: Tokens) -> None:
    """OAUTHBEARER (RFC 7628) or XOAUTH2; a token that is refused is tried once more with a new one, no oftener."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    method = next((name for name in ("OAUTHBEARER", "XOAUTH2") if name in offered), None)
    if method is None:
        raise SignInError(f'{settings.where} takes neither OAUTHBEARER nor XOAUTH2; set auth = "password"')
    token = tokens.token()
    try:
        _bear(client, method, user, token)
    except smtplib.SMTPAuthenticationError as first:
        if first.smtp_code in NOT_NOW:
            raise _refused(settings, user, first, "token") from first
        tokens.refuse(token)
        try:
            _bear(client, method, user, tokens.token())
        except smtplib.SMTPAuthenticationError as error:
            raise _refused(settings, user, error, "scope, and the client's right to send") from error
    except UnicodeError as error:
        raise SignInError(f"the user for {settings.where} is not plain ASCII, as SMTP needs") from error


def _bear(client: smtplib.SMTP, method: str, user: str, token: str) -> None:
    name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
    start = f"user={user}" if method == "XOAUTH2" else f"n,a={name},"
    # A refusal is told in a challenge first, which wants one more answer (RFC 7628 section 3.2.3).
    last = "" if method == "XOAUTH2" else "\x01"
    answers = iter([f"{start}\x01auth=Bearer {token}\x01\x01"])
    client.auth(method, lambda _challenge=None: next(answers, last))


def leave(client: smtplib.SMTP) -> None:
    """Says goodbye and closes, whether anybody listens or not."""
    with suppress(OSError):
        client.quit()
    client.close()


def set_timeout(client: smtplib.SMTP, seconds: float) -> None:
    """How long each answer is waited for from now on."""
    if client.sock:
        client.sock.settimeout(seconds)


def is_loopback(host: str) -> bool:
    """Whether this host is the machine we run on."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def said(code: int, text: bytes | str) -> str:
    """An answer of the server's as people may read it."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {_printable(shown)}"


def in_words(error: OSError | UnicodeError) -> str:
    """What went wrong, on one line."""
    return _printable(str(error)) or type(error).__name__


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_ANSWER].strip()
