"""What the rim must be able to do: the contracts between the work and everything outside it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import BinaryIO, Protocol

from cee_mailbot.domain.reply import ComposedReply, ReplyFacts
from cee_mailbot.domain.scanning import ScanVerdict
from parsers.documents import Cut, Document
from parsers.mail import Mail
from parsers.papers import Paper


@dataclass(frozen=True, kw_only=True, slots=True)
class Handle:
    """Where one message lies on its server: the identity of a delivery within a mailbox.

    `folder` is the folder's name as people write it, `validity` the server's promise that `uid` still means
    the same message (IMAP UIDVALIDITY, RFC 9051 2.3.1.1; empty where a server gives none), `uid` the
    message's own name in that folder.
    """

    folder: str
    validity: str
    uid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One line of a mailbox's listing: the handle, the size in bytes, and the server's arrival time (aware).

    Where a server does not tell the size of what it will give, `size` is somewhat more than that.
    `sender` is the address in `From` as the sender wrote it, lower case, or empty where the source does not tell;
    it decides only whose turn it is when there is much mail. `submitted_at` is as in `RawMail`.
    """

    handle: Handle
    size: int
    arrived_at: datetime
    sender: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RawMail:
    """One message as its server gave it: exact bytes, and the server's arrival time (aware).

    `submitted_at` is when the sender's program submitted it as the server has it, where a server tells: evidence
    beside the `Date` header, and never in its place.
    """

    handle: Handle
    raw: bytes
    arrived_at: datetime
    submitted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One message as the census finds it on its server, whatever its age.

    `settled` says that it lies in the processed folder, where its handle is not the one that it was delivered under;
    `message_id` is as `parsers.mail.message_id_of` reads it; `delivered_as` is the handle that it was delivered under,
    where a server keeps it known; `exact_size` says that the size listed is that of its bytes.
    """

    listed: Listed
    settled: bool
    message_id: str | None
    delivered_as: Handle | None = None
    exact_size: bool = True


class SourceSession(Protocol):
    """One open connection to a mailbox. After any error but `PermanentError` it is thrown away."""

    def listing(self, since: datetime) -> Iterator[Listed]:
        """Every message of the source folder that arrived at or after `since`, in order of arrival.

        Reads only: no flag changes. Raises `UnreachableError`.
        """

    def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
        """The exact bytes of each wanted message that is still there; one that has gone is left out.

        Reads only. The caller bounds `wanted` by bytes. Raises `UnreachableError`.
        """

    def stream(self, wanted: Listed) -> Iterator[bytes]:
        """The exact bytes of one message too large to hold, in pieces; nothing when it has gone."""

    def settle(self, handles: Sequence[Handle]) -> None:
        """Moves these messages to the processed folder in one act, creating the folder when it is missing.

        A message that is no longer in the source folder is no error: settling again changes nothing.
        Raises `UnreachableError`, or `PermanentError` when the server will not move (quota, rights).
        """

    def sightings(self) -> Iterator[Sighting]:
        """Every message of the source folder, then of the processed one, of any age, in no order.

        Reads only, and never holds more than a set of them: for the census. A message that is moved meanwhile is
        seen twice rather than never. Raises as `listing`.
        """

    def digest(self, handle: Handle) -> str | None:
        """The SHA-256, in hexadecimal, of a message in either folder, read in pieces; None when it has gone.

        Reads only. Raises as `listing`.
        """


class Source(Protocol):
    """One Center mailbox, wherever it is kept."""

    def check(self) -> str:
        """Signs in, opens the folder read-only and says in words what was found; changes nothing.

        Raises `SignInError`, `UnreachableError` or `PermanentError`, each with the fix in its words.
        """

    def session(self) -> AbstractContextManager[SourceSession]:
        """An open session; leaving it closes the connection. Raises as `check`."""


class Watcher(Protocol):
    """Tells of new mail in one mailbox as it comes. A hint: polls go on, and find what it did not tell."""

    def watch(self, stop: Event, wake: Callable[[], None]) -> None:
        """Calls `wake` whenever there may be new mail, until `stop` is set; what it can't do, it logs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredBlob:
    """What a blob store says of bytes it took: their SHA-256 in hexadecimal and their number."""

    sha256: str
    size: int


class BlobStore(Protocol):
    """Bytes by digest, written once and never changed."""

    def put(self, content: bytes) -> str:
        """The SHA-256 of `content` in hexadecimal; on return the bytes survive a power cut.

        Raises `UnreachableError` when they could not be made durable; then nothing may be acknowledged.
        """

    def put_stream(self, pieces: Iterable[bytes]) -> StoredBlob:
        """As `put`, for content that does not fit into memory."""

    def get(self, sha256: str) -> bytes:
        """The bytes, checked against their digest. Raises `NotFoundError` or `DamagedBlobError`."""

    def open(self, sha256: str) -> BinaryIO:
        """An open binary file on the bytes, unchecked, for reading a part of them. Raises `NotFoundError`."""

    def digests(self) -> Iterator[str]:
        """The digest of every blob, in no order."""

    def sweep(self, older_than: timedelta) -> int:
        """Removes what writers that were killed left unfinished more than `older_than` ago; how many that were."""

    def check(self) -> str:
        """Says in words where blobs are kept and that they can be written; leaves nothing behind."""


class Reserve(Protocol):
    """Room on the disk that new mail must leave free."""

    def require(self, size: int) -> None:
        """Raises `UnreachableError` when so many bytes more would use up the reserve."""


class NoReserve:
    """Room without end, where blobs are kept elsewhere."""

    def require(self, size: int) -> None:
        """As `Reserve.require`: there is always room."""


NO_RESERVE: Reserve = NoReserve()


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One reply on its way: the envelope and the exact bytes, CRLF line ends."""

    return_path: str
    to: str
    raw: bytes


class MailerSession(Protocol):
    """One open connection to the mail server, good for many letters."""

    def send(self, letter: Letter) -> None:
        """Returns when the server has taken the letter for delivery.

        Raises `RefusedReplyError` (never again), `UncertainError` (taken or not: nobody knows) or another
        `TemporaryError` (not taken; try later).
        """


class Mailer(Protocol):
    """A way to send replies."""

    def check(self) -> str:
        """Connects, signs in and says in words what was found; sends nothing. Raises as `Source.check`."""

    def session(self) -> AbstractContextManager[MailerSession]:
        """An open session. Raises `UnreachableError` or `SignInError`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was read from one message: its headers, what it carries, and of a bounce the ids of what came back.

    Of `cut` the leaves are left out, of each document its bytes, and of the body what follows a million characters.
    """

    mail: Mail
    cut: Cut
    returned: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """What the body of a message says: its plain text, else the text of its HTML; and whether it has HTML.

    Of the text what follows a million characters is left out; `whole` is whether that is all of it.
    """

    text: str = ""
    has_html: bool = False
    whole: bool = True


class Reader(Protocol):
    """Reads hostile messages and what they carry. Beyond the limits of reading every method raises `MailRefused`."""

    def read(self, raw: bytes) -> Reading:
        """What a message says and carries."""

    def read_header(self, start: bytes) -> Reading:
        """The headers alone, from the first bytes of a message too large to read; no documents."""

    def documents(self, raw: bytes, wanted: str | None = None) -> tuple[Document, ...]:
        """The documents of a message with their bytes: the first whose SHA-256 is `wanted`, or all."""

    def body(self, raw: bytes) -> Body:
        """What the body of a message says. Refused is also a body that takes more than reading may."""

    def html(self, raw: bytes, leave: str) -> str | None:
        """The HTML of a message as `safe_html.sanitise_html` gives it with `leave`; None where there is none.

        Refused as `body`.
        """

    def read_paper(self, raw: bytes, wanted: str) -> Paper:
        """What the document of a message says whose SHA-256 is `wanted`.

        One that breaks its reader, or takes more time or memory than reading may, is `unreadable`.
        """

    def picture(self, raw: bytes, wanted: str) -> bytes | None:
        """The picture whose SHA-256 is `wanted`, drawn anew as a PNG that holds nothing else of the file.

        None for what can't be drawn within the limits of reading.
        """


class Tokens(Protocol):
    """Access tokens for one account (RFC 6749), from whatever gives them."""

    def token(self) -> str:
        """A token that is good for a while yet: printable ASCII without blanks.

        Raises `SignInError` when none is given to us, `UnreachableError` when none can be had now.
        """

    def refuse(self, token: str) -> None:
        """Notes that a server did not accept this token: the next one asked for is new."""


class Scanner(Protocol):
    """Looks for malware in the bytes of a message."""

    def scan(self, raw: bytes) -> ScanVerdict:
        """The verdict on a whole message. Never raises: a scanner that can't be asked gives `not-scanned`."""

    def check(self) -> str:
        """Says in words what scans, in which version; scans nothing. Raises `UnreachableError` with the fix."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class Composer(Protocol):
    """Turns the facts of a reply into the bytes of a mail."""

    def compose(self, facts: ReplyFacts) -> ComposedReply:
        """The reply, re-parsed and found to carry exactly the header fields and the recipient that were meant.

        Raises `CeeMailbotError` when a template is broken or the re-parsed mail differs.
        """

    def check(self) -> str:
        """Renders every template and says in words where they lie; sends nothing. Raises `CeeMailbotError`."""
