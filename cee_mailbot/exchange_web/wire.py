"""The conversation with Exchange for one mailbox: one connection, waits that it asks for, honest errors.

exchangelib writes the requests and signs in. It does not carry them: its own carrier posts a letter again when the
connection was lost, and waits for an hour.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from requests import RequestException, Response, Session
from requests.exceptions import InvalidURL
from spnego.exceptions import SpnegoError
from urllib3.exceptions import LocationValueError

from cee_mailbot.domain.ways import is_online
from cee_mailbot.errors import CeeMailbotError, SignInError, UncertainError, UnreachableError
from cee_mailbot.exchange_calls import RefusedCallError
from cee_mailbot.exchange_web.answers import Answer, Node, mended
from cee_mailbot.exchange_web.refusals import BUSY, TEMPORARY, Refusal, refusal_in, refusal_of
from cee_mailbot.exchange_web.settings import ExchangeSettings
from cee_mailbot.exchange_web.signing_in import Bearer, Outgoing
from cee_mailbot.exchange_web.waits import Waits
from cee_mailbot.exchange_web.words import in_words, printable, refused_sign_in
from cee_mailbot.server_times import clock_skew, clocks_apart

_PIECE = 1 << 16
_LONGEST_ANSWER = 32 << 20
_PATIENCE = 60.0  # seconds that a session waits in all; a longer wait ends the pass
_OK, _UNAUTHORISED, _SERVER_ERROR = 200, 401, 500
_BROKEN_HANDSHAKE = (SpnegoError, PermissionError, KeyError, AttributeError, ValueError)


@dataclass(kw_only=True, slots=True)
class Request:
    """What is asked; `once` where asking twice could do the thing twice, `content` where items' content comes."""

    body: bytes
    once: bool = False
    content: bool = False
    left: bool = False  # whether all of it was handed to the network


class Wire:
    """Requests and answers over one connection; `over` when nothing more may be asked."""

    def __init__(
        self,
        session: Session,
        settings: ExchangeSettings,
        waits: Waits,
        monotonic: Callable[[], float],
        pause: Callable[[float], object],
    ) -> None:
        self._session = session
        self._settings = settings
        self._waits = waits
        self._monotonic = monotonic
        self._pause = pause
        self._ends_at = monotonic() + settings.deadline
        self._patience = _PATIENCE
        self.skew = timedelta(0)
        self.version = ""
        self.over = False

    @property
    def who(self) -> str:
        """The mailbox and where it is."""
        return f"{self._settings.address} at {self._settings.endpoint}"

    @property
    def online(self) -> bool:
        """Whether this is Microsoft's own Exchange."""
        return is_online(urlsplit(self._settings.endpoint).hostname or "")

    def messages(self, request: Request) -> list[Node]:
        """The response messages that an answer without content holds."""
        return [event for event in self.events(request) if isinstance(event, Node)]

    def events(self, request: Request) -> Iterator[bytes | Node]:
        """What an answer holds, as it comes; a busy server is asked again within the patience of the session."""
        if self.over:
            raise UnreachableError(f"the session with {self.who} has ended; open another")
        try:
            self._waits.require(self.who)
            yield from self._good(request)
        except RefusedCallError:
            raise
        except RequestException as error:
            self.over = True
            raise self._lost(request, error) from (None if isinstance(error, InvalidURL) else error)
        except CeeMailbotError as error:
            self.over = True
            if isinstance(error, UnreachableError) and request.once and request.left:
                raise UncertainError(f"{error}; whether it was sent can't be known") from error
            if not request.once:
                self._in_time()  # an answer that was cut at the deadline is not whole either
            raise

    def _good(self, request: Request) -> Iterator[bytes | Node]:
        refreshed = False
        while True:
            with closing(self._ask(request)) as response:
                refusal = self._refusal(response)
                if refusal is None:
                    events = self._read(response, request)
                    first = next(events, None)
                    refusal = refusal_of(first) if isinstance(first, Node) else None
                    if first is not None and not (refusal and (refusal.code in BUSY or _is_fault(first))):
                        yield first
                        yield from events
                        return
                refusal = refusal or Refusal(code="NoAnswer")
                if refusal.code == str(_UNAUTHORISED) and not refreshed and isinstance(self._session.auth, Bearer):
                    self._settings.tokens.refuse(self._session.auth.last)  # type: ignore[union-attr]
                    refreshed = True
                    continue
                self._give_up_or_wait(refusal, response, request)

    def _give_up_or_wait(self, refusal: Refusal, response: Response, request: Request) -> None:
        """Waits as long as Exchange asks for, where that is short and nothing can be done twice by it."""
        if refusal.code == str(_UNAUTHORISED):
            offered = response.headers.get("WWW-Authenticate", "")
            words = refused_sign_in(self.who, self._settings.auth, offered)
            # NTLM and tokens are refused when clocks differ, and nothing in the refusal says so.
            raise SignInError("; ".join(filter(None, (words, clocks_apart(self.who, self.skew)))))
        if refusal.code not in BUSY:
            raise self.failed(refusal, request)
        wait = self._waits.busy(refusal.wait)
        request.left = False  # a busy server has done nothing
        if request.once or wait > self._patience:
            raise self.failed(refusal)
        self._patience -= wait
        self._pause(wait)

    def _ask(self, request: Request) -> Response:
        self._in_time()
        body = Outgoing(request.body, once=request.once)
        settings = self._settings
        try:
            response = self._session.post(
                settings.endpoint,
                data=body,
                stream=True,
                allow_redirects=False,
                timeout=(settings.connect_timeout, settings.read_timeout),
            )
        except RequestException:
            request.left = body.left
            raise
        except LocationValueError as error:  # of a host that no name can be, which requests lets through
            raise InvalidURL from error
        except _BROKEN_HANDSHAKE as error:
            raise SignInError(f"{self.who}: sign-in broke off: {printable(str(error))}; check user and auth") from error
        request.left = body.left
        self.skew = clock_skew(response.headers) or self.skew
        return response

    def _refusal(self, response: Response) -> Refusal | None:
        """What an answer that is no 200 refuses."""
        status = response.status_code
        if status == _OK:
            return None
        body = b"" if status == _UNAUTHORISED else self._whole(response)
        return refusal_in(status, response.headers, body)

    def _read(self, response: Response, request: Request) -> Iterator[bytes | Node]:
        answer = Answer()
        pieces = self._pieces(response) if request.content else iter((mended(self._whole(response)),))
        for event in answer.feed(pieces):
            self.version = answer.version or self.version
            yield event

    def _whole(self, response: Response) -> bytes:
        body = bytearray()
        for piece in self._pieces(response):
            body += piece
            if len(body) > _LONGEST_ANSWER:
                raise UnreachableError(f"{self.who}: Exchange gave an answer without end")
        return bytes(body)

    def _pieces(self, response: Response) -> Iterator[bytes]:
        for piece in response.iter_content(_PIECE):
            self._in_time()
            yield piece

    def require_all(self, given: int, wanted: int) -> None:
        """Raises `UnreachableError` when an answer tells of fewer things than were asked for, or of more."""
        if given != wanted:
            self.over = True
            raise UnreachableError(f"{self.who}: Exchange answered to {given} of {wanted} things; is endpoint right?")

    def failed(self, refusal: Refusal, request: Request | None = None) -> CeeMailbotError:
        """The error that a refusal is; after what is temporary nothing more is asked."""
        words = self._words(refusal)
        status = int(refusal.code) if refusal.code.isdecimal() else 0
        if refusal.code not in TEMPORARY and status < _SERVER_ERROR and refusal.code != "NoAnswer":
            return self.refused_call(refusal)
        self.over = True
        if request is not None and request.once and request.left and refusal.code not in BUSY:
            return UncertainError(f"{words}; whether it was sent can't be known")
        return UnreachableError(words)

    def refused_call(self, refusal: Refusal) -> RefusedCallError:
        """The error that a refusal for good is."""
        return RefusedCallError(self._words(refusal), code=refusal.code)

    def _words(self, refusal: Refusal) -> str:
        return in_words(self.who, refusal.code, refusal.message, online=self.online)

    def _lost(self, request: Request, error: Exception) -> CeeMailbotError:
        # Of an address that can't be read nothing is said: that of a proxy may have its password in it.
        unread = isinstance(error, InvalidURL)
        why = "its address, or that of a proxy in the environment, is none" if unread else printable(str(error))
        words = f"{self.who} can't be reached: {why or type(error).__name__}"
        if request.once and request.left:
            return UncertainError(f"{words}; whether it was sent can't be known")
        self._in_time()
        return UnreachableError(f"{words}; check endpoint, ca_file and the network")

    def _in_time(self) -> None:
        if self._monotonic() > self._ends_at:
            raise UnreachableError(f"{self.who} took longer than {self._settings.deadline:.0f} s; the pass is given up")


def _is_fault(event: bytes | Node) -> bool:
    return isinstance(event, Node) and event.tag == "Fault"
