"""One signed-in IMAP connection: guarded, with every foreign error put into our words."""

import imaplib
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError

from cee_mailbot.deadlines import Lines
from cee_mailbot.domain.ways import is_online
from cee_mailbot.errors import CeeMailbotError, PermanentError, SignInError, UnreachableError
from cee_mailbot.sources.imap_bearer import sign_in_with_token
from cee_mailbot.sources.imap_settings import ImapSettings

T = TypeVar("T")

# RFC 5530: what a server may be in for a while; the same command may succeed later.
_FOR_NOW = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED"}

# imapclient's words for a tagged NO. A BAD, a lost connection or an answer nobody can read look different.
_TAGGED_NO = re.compile(r"[\w-]+ failed: (?:\[(?P<code>[A-Za-z-]+)[^\]]*\] ?)?(?P<words>.*)", re.DOTALL)


class RefusedCommandError(PermanentError):
    """The server answered a command with a tagged NO; `code` is its response code (RFC 5530) or empty."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenFolder:
    """What the server said of the folder it opened."""

    name: str
    readonly: bool
    validity: str
    messages: int
    uid_next: int


class Connection:
    """A signed-in connection to one mailbox; whatever fails but a tagged NO ends it for good."""

    def __init__(self, settings: ImapSettings) -> None:
        self.settings = settings
        self.opened: OpenFolder | None = None
        self._ends = time.monotonic() + settings.deadline
        self._root: tuple[str, str] | None = None
        self._client: Any = _connect(settings)
        self._lines = Lines(settings.deadline)
        self._lines.add(self._client.socket())
        try:
            self._sign_in()
        except BaseException:
            self.throw_away()
            raise

    def run(self, doing: str, command: Callable[[Any], T]) -> T:
        """What `command` makes of the client; `doing` names it for the error.

        Raises `RefusedCommandError` after a tagged NO, else `UnreachableError`: a connection on which
        anything else went wrong may hold half an answer, and the next command would read that.
        """
        client = self._usable()
        try:
            return command(client)
        except Exception as error:
            refusal = _refusal(error)
            if refusal is None:
                self.throw_away()
                raise self._unreachable(doing, error) from error
            # A refused FETCH may have answered in part; the next FETCH must not find that.
            client._imap.untagged_responses.clear()  # noqa: SLF001 - imapclient has no public door to it
            raise self._refused(doing, refusal) from error
        except BaseException:
            self.throw_away()
            raise

    def open_folder(self, name: str, *, readonly: bool) -> OpenFolder:
        """Selects the folder; read-only (EXAMINE) nothing done there can change it."""
        self.opened = None
        try:
            said = self.run(f"open folder {name}", lambda client: client.select_folder(name, readonly))
        except UnreachableError as error:
            if isinstance(error.__cause__, imaplib.IMAP4.readonly):
                raise PermanentError(f"folder {name} of {self.who} is read-only; grant the right to move") from error
            raise
        except RefusedCommandError as error:
            raise RefusedCommandError(f"{error}; check the name of the folder and the rights", error.code) from error
        validity = said.get(b"UIDVALIDITY", 0)
        if not validity:
            # RFC 9051 2.3.1.1: without it a UID may mean another message tomorrow. Do not guess.
            raise PermanentError(f"{self.who} gives folder {name} no UIDVALIDITY; its messages can't be told apart")
        self.opened = OpenFolder(
            name=name,
            readonly=readonly,
            validity=str(validity),
            messages=said.get(b"EXISTS", 0),
            uid_next=said.get(b"UIDNEXT", 0),
        )
        return self.opened

    def can(self, capability: str) -> bool:
        """Whether the server offers the extension."""
        return self.run("ask what it can do", lambda client: bool(client.has_capability(capability)))

    def place(self, folder: str) -> str:
        """The server's name for a folder that people write with `/`, at the root of the mailbox."""
        if folder.upper() == "INBOX":
            return "INBOX"
        if self._root is None:
            self._root = self._ask_root()
        prefix, separator = self._root
        name = folder.replace("/", separator) if separator else folder
        return name if prefix and name.startswith(prefix) else prefix + name

    def close(self) -> None:
        """Says goodbye; never raises."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.logout()
            except Exception:  # noqa: BLE001 - what was asked for is done; how the line ends is no matter
                _cut(client)
        self._lines.close()

    def throw_away(self) -> None:
        """Ends the connection without a word."""
        client, self._client = self._client, None
        self._lines.close()
        if client is not None:
            _cut(client)

    @property
    def who(self) -> str:
        """The mailbox and its server, for errors."""
        return f"mailbox {self.settings.user} on IMAP {self.settings.address}"

    def _usable(self) -> Any:
        if self._client is None:
            raise UnreachableError(f"the session with {self.who} has ended; open another")
        left = self._ends - time.monotonic()
        if left <= 0:
            self.throw_away()
            raise self._too_long()
        self._client.socket().settimeout(min(self.settings.read_timeout, left))
        return self._client

    def _ask_root(self) -> tuple[str, str]:
        """Prefix and separator of the personal namespace (RFC 2342), such as `INBOX.` and `.`."""
        if self.can("NAMESPACE"):
            personal = self.run("ask for its namespace", lambda client: client.namespace().personal)
            if personal:
                return personal[0][0] or "", personal[0][1] or ""
        listed = self.run("list folders", lambda client: client.list_folders("", "INBOX"))
        return "", (listed[0][1] or b"").decode("ascii", "replace") if listed else ""

    def _sign_in(self) -> None:
        try:
            if self.settings.tokens is not None:
                sign_in_with_token(self._usable(), self.settings.user, self.settings.tokens)
            else:
                _login(self._usable(), self.settings.user, self._password())
        except LoginError as error:
            raise self._login_error(error) from None
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._unreachable("sign in", error) from error

    def _password(self) -> str:
        password = self.settings.password() if self.settings.password else ""
        if re.search(r"[\r\n\0]", password):
            raise SignInError(f"the password of {self.who} holds a control character; check the file it is read from")
        return password

    def _login_error(self, error: LoginError) -> CeeMailbotError:
        # imapclient raises LoginError for a lost connection too; the first error is in its context.
        words = _words(error)
        code = re.search(r"\[([A-Z-]+)", words)
        if isinstance(error.__context__, imaplib.IMAP4.abort) or (code and code[1] in _FOR_NOW):
            return self._unreachable("sign in", error)
        return SignInError(f"{self.who} refused the sign-in: {words}; {self._sign_in_remedy()}")

    def _sign_in_remedy(self) -> str:
        online = is_online(self.settings.host)
        if self.settings.tokens is None:
            no_passwords = '; Microsoft 365 takes no password: set auth = "oauth2", or source = "graph"'
            return f"check user and password{no_passwords if online else ''}"
        rights = "IMAP.AccessAsApp, and FullAccess to the mailbox, where IMAP must be on (docs/exchange.md)"
        return f"check user and scope, and the client's rights to the mailbox{f': {rights}' if online else ''}"

    def _too_long(self) -> UnreachableError:
        return UnreachableError(
            f"the session with {self.who} took longer than {self.settings.deadline:g} s and was ended; "
            "what is left is taken at the next poll"
        )

    def _unreachable(self, doing: str, error: Exception) -> UnreachableError:
        if time.monotonic() >= self._ends:
            return self._too_long()
        return UnreachableError(f"can't {doing}: {self.who}: {_words(error)}; a later try may succeed")

    def _refused(self, doing: str, refusal: tuple[str, str]) -> CeeMailbotError:
        code, words = refusal
        message = f"{self.who} refused to {doing}: {words}"
        if code in _FOR_NOW:
            self.throw_away()
            return UnreachableError(f"{message}; a later try may succeed")
        return RefusedCommandError(message, code)


def _connect(settings: ImapSettings) -> Any:
    """A client that is connected and, unless on loopback without TLS, verified; not yet signed in."""
    context = _tls_context(settings)
    timeout = SocketTimeout(settings.connect_timeout, settings.read_timeout)
    implicit = settings.tls == "implicit"
    client: Any = None
    try:
        client = IMAPClient(
            settings.host,
            settings.tcp_port,
            ssl=implicit,
            ssl_context=context if implicit else None,
            timeout=timeout,
        )
        _guard(client)
        if settings.tls == "starttls":
            client.starttls(context)
    except BaseException as error:
        if client is not None:
            _cut(client)
        if isinstance(error, (imaplib.IMAP4.error, OSError, ValueError)):
            raise _no_connection(settings, error) from error
        raise
    return client


def _guard(client: Any) -> None:
    # As shipped, imapclient has imaplib format every literal twice for a log nobody reads: ten times slower.
    client._imap.debug = 0  # noqa: SLF001 - there is no public switch
    client.normalise_times = False


def _no_connection(settings: ImapSettings, error: Exception) -> CeeMailbotError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return PermanentError(
            f"the certificate of IMAP {settings.address} was not accepted: {error.verify_message}; "
            "correct the host, the server's certificate or ca_file"
        )
    if isinstance(error, CapabilityError):
        return PermanentError(
            f"IMAP {settings.address} offers no STARTTLS, and nothing is ever sent in the clear; "
            'try tls = "implicit", or have the server corrected'
        )
    return UnreachableError(
        f"can't reach IMAP {settings.address}: {_words(error)}; check host, tcp_port, tls and the network"
    )


def _tls_context(settings: ImapSettings) -> ssl.SSLContext | None:
    if settings.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise PermanentError(f"can't read ca_file {settings.ca_file}: {_words(error)}") from error


def _login(client: Any, user: str, password: str) -> None:
    if user.isascii() and password.isascii():
        # imaplib quotes the password but not the user.
        quoted = '"' + user.replace("\\", "\\\\").replace('"', '\\"') + '"'
        client.login(quoted, password)
    else:
        client.plain_login(user, password)


def _refusal(error: Exception) -> tuple[str, str] | None:
    """Code and words of a tagged NO, or None for any other error."""
    if type(error) is not imaplib.IMAP4.error:
        return None
    said = _TAGGED_NO.fullmatch(str(error))
    return ((said["code"] or "").upper(), _words(error).partition(" failed: ")[2]) if said else None


def _words(error: Exception) -> str:
    """The error in one printable line of bounded length."""
    words = str(error) or type(error).__name__
    return "".join(c if c.isprintable() else "?" for c in words)[:300]


def _cut(client: Any) -> None:
    with suppress(OSError, imaplib.IMAP4.error, AttributeError):
        client.shutdown()
