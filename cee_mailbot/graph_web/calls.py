"""Calls to Microsoft Graph for one mailbox: the token, four at once, waits that Graph asks for, honest errors."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import httpx

from cee_mailbot import crash
from cee_mailbot.deadlines import Lines
from cee_mailbot.errors import CeeMailbotError, PermanentError, SignInError, UncertainError, UnreachableError
from cee_mailbot.graph_calls import AT_ONCE, Answer, Call, RefusedCallError
from cee_mailbot.graph_web.turns import GraphSettings, Turns
from cee_mailbot.graph_web.words import in_words, printable
from cee_mailbot.server_times import clock_skew

_LONGEST_JSON = 8 << 20  # as lists of nothing they take 200 MB; 200 messages are listed in less than one
_PIECE = 1 << 20
_LONGEST_PAUSE = 10.0  # seconds that are waited for on the spot; a longer wait ends the pass
_PAUSES = 2
_BUSY = (429, 503)
_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
_UNKNOWN_END = (500, 502, 504)
_BROKEN_ADDRESS = (ValueError, httpx.InvalidURL)  # a host that no name can be, a proxy that is none
_IMMUTABLE = 'IdType="ImmutableId"'  # "Obtain immutable identifiers for Outlook resources": on every request


class GraphWeb:
    """One mailbox at Graph; as `GraphDoor`."""

    def __init__(
        self,
        settings: GraphSettings,
        turns: Turns | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Calls nothing yet."""
        self._settings = settings
        self._turns = turns or Turns()
        self._monotonic = monotonic
        self._pause = pause
        self._context: ssl.SSLContext | None = None  # to read the authorities takes time

    @contextmanager
    def calls(self) -> Iterator["_Calls"]:
        """As `GraphDoor.calls`."""
        settings = self._settings
        with self._client() as client:
            lines = Lines(settings.deadline)
            calls = _Calls(client, settings, self._turns, lines, self._monotonic, self._pause)
            try:
                yield calls
            finally:
                calls.end()
                lines.close()

    def _client(self) -> httpx.Client:
        settings = self._settings
        timeout = httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout)
        limits = httpx.Limits(max_connections=AT_ONCE)
        self._context = self._context or _tls_context(settings.ca_file)
        try:
            return httpx.Client(
                verify=self._context,
                timeout=timeout,
                limits=limits,
                follow_redirects=False,
                trust_env=settings.root.startswith("https:"),  # what is in clear stays on this machine
            )
        except (ImportError, *_BROKEN_ADDRESS):
            # What is wrong with it is not said, nor in a traceback: the words may hold a piece of its password.
            raise UnreachableError(
                f"mailbox {settings.address}: the proxy in the environment can't be used; correct HTTPS_PROXY or "
                "ALL_PROXY, which must name one of HTTP, or take it away"
            ) from None


@dataclass(kw_only=True, slots=True)
class _Request:
    """What is asked; `once` where asking twice could do the thing twice."""

    method: str
    url: str
    prefer: str = _IMMUTABLE
    accept: str = "application/json"
    content: bytes | None = None
    content_type: str = ""
    once: bool = False
    left: bool = False  # whether all of the content was handed to the network

    def headers(self, token: str) -> dict[str, str]:
        about = {} if self.content is None else {"Content-Type": self.content_type}
        length = {} if self.content is None else {"Content-Length": str(len(self.content))}
        # Bytes that are compressed on their way could not be held to a length.
        said = {"Accept": self.accept, "Accept-Encoding": "identity", "Prefer": self.prefer}
        return {"Authorization": f"Bearer {token}", **said, **about, **length}

    def pieces(self) -> Iterator[bytes]:
        self.left = False
        yield self.content or b""
        self.left = True
        if self.once:
            crash.here("C17")


class _Calls:
    """As `GraphCalls`."""

    def __init__(
        self,
        client: httpx.Client,
        settings: GraphSettings,
        turns: Turns,
        lines: Lines,
        monotonic: Callable[[], float],
        pause: Callable[[float], object],
    ) -> None:
        self._client = client
        self._settings = settings
        self._turns = turns
        self._lines = lines
        self._monotonic = monotonic
        self._pause = pause
        self._ends_at = monotonic() + settings.deadline
        self._over = False
        self._skew = timedelta(0)

    @property
    def who(self) -> str:
        return f"mailbox {self._settings.address} at {urlsplit(self._settings.root).netloc}"

    @property
    def user(self) -> str:
        return f"/users/{quote(self._settings.address, safe='@')}"

    def end(self) -> None:
        """Nothing more can be called."""
        self._over = True

    def clock_skew(self) -> timedelta:
        return self._skew

    def get(self, where: str, *, page: int = 0) -> Mapping[str, Any]:
        prefer = f"{_IMMUTABLE}, odata.maxpagesize={page}" if page else _IMMUTABLE
        return self._json(_Request(method="GET", url=self._url(where), prefer=prefer))

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        content = json.dumps(body).encode()
        return self._json(
            _Request(method="POST", url=self._url(path), content=content, content_type="application/json")
        )

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        """As `GraphCalls.batch` ("Combine multiple HTTP requests using JSON batching"): answers come in any order."""
        asked = [_batched(str(number), call) for number, call in enumerate(calls)]
        said = self.post("/$batch", {"requests": asked}).get("responses")
        answers = {one.get("id"): one for one in said if isinstance(one, dict)} if isinstance(said, list) else {}
        return [self._batched_answer(answers.get(str(number))) for number in range(len(calls))]

    def stream(self, path: str) -> Iterator[bytes]:
        with self._answered(_Request(method="GET", url=self._url(path), accept="*/*")) as response:
            for piece in response.iter_bytes(_PIECE):
                self._in_time()
                yield piece

    def send(self, path: str, content: bytes) -> None:
        request = _Request(method="POST", url=self._url(path), content=content, content_type="text/plain", once=True)
        with self._answered(request):
            pass

    def _json(self, request: _Request) -> Mapping[str, Any]:
        with self._answered(request) as response:
            said = _object(self._body(response))
        if said is None:
            raise UnreachableError(f"{self.who}: Graph answered with something that is no JSON; is graph_root right?")
        return said

    def _url(self, where: str) -> str:
        """A path below the root, or a link of Graph's as it is: its query must not be touched, or all begins anew.

        The token never goes to another host than the configured one.
        """
        if where.startswith("/"):
            return self._settings.root + where
        link, root = _parts(where), urlsplit(self._settings.root)
        if (link.scheme, link.netloc) != (root.scheme, root.netloc):
            raise PermanentError(f"{self.who}: Graph points to another host, {link.netloc!a}; nothing is sent there")
        return where

    @contextmanager
    def _answered(self, request: _Request) -> Iterator[httpx.Response]:
        """The answer, a good one, with its body still to be read."""
        if self._over:
            raise UnreachableError(f"the session with {self.who} has ended; open another")
        try:
            with self._turns.one(self.who):
                response = self._good(request)
                try:
                    yield response
                finally:
                    response.close()
        except RefusedCallError:
            raise
        except (httpx.HTTPError, httpx.StreamError, *_BROKEN_ADDRESS) as error:
            self._over = True
            if not request.once:
                self._in_time()
            raise self._lost(request, error) from error
        except CeeMailbotError:
            self._over = True
            raise

    def _good(self, request: _Request) -> httpx.Response:
        refreshed, pauses = False, 0
        while True:
            self._in_time()
            token = self._settings.tokens.token()
            response = self._ask(request, token)
            if response.is_success:
                return response
            said = _object(self._body(response)) or {}
            response.close()
            status = response.status_code
            if status == 401 and not refreshed:  # noqa: PLR2004 - RFC 9110 section 15.5.2
                self._settings.tokens.refuse(token)
                refreshed = True
            elif status in _BUSY and self._may_pause(response, request, pauses):
                pauses += 1
            else:
                raise self._refusal(request, status, said)

    def _ask(self, request: _Request, token: str) -> httpx.Response:
        content = None if request.content is None else request.pieces()
        headers, told = request.headers(token), {"trace": self._note}
        built = self._client.build_request(
            request.method, request.url, headers=headers, content=content, extensions=told
        )
        response = self._client.send(built, stream=True)
        self._skew = clock_skew(response.headers) or self._skew
        return response

    def _note(self, event: str, told: Mapping[str, Any]) -> None:
        """As httpcore tells of what it does (httpx, "Extensions", `trace`)."""
        if event in _CONNECTED:
            self._lines.add(told["return_value"].get_extra_info("socket"))

    def _may_pause(self, response: httpx.Response, request: _Request, pauses: int) -> bool:
        """Waits as long as Graph asks for, where that is short and nothing can be done twice by it."""
        wait = self._turns.busy(response.headers)
        if request.once or wait > _LONGEST_PAUSE or pauses >= _PAUSES:
            return False
        self._pause(wait)
        return True

    def _refusal(self, request: _Request, status: int, said: Mapping[str, Any]) -> CeeMailbotError:
        code, words = in_words(self.who, status, said)
        if status == 401:  # noqa: PLR2004 - RFC 9110 section 15.5.2
            return SignInError(words)
        if status in _UNKNOWN_END and request.once:
            return UncertainError(f"{words}; whether it was sent can't be known")
        if status in _BUSY or status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
            return UnreachableError(words)
        return RefusedCallError(words, status=status, code=code)

    def _lost(self, request: _Request, error: Exception) -> CeeMailbotError:
        words = f"{self.who} can't be reached: {printable(str(error) or type(error).__name__)}"
        if request.once and request.left:
            return UncertainError(f"{words}; whether it was sent can't be known")
        return UnreachableError(f"{words}; check graph_root, ca_file and the network")

    def _batched_answer(self, said: Any) -> Answer:
        if not isinstance(said, dict) or not isinstance(said.get("status"), int):
            raise UnreachableError(f"{self.who}: Graph left out the answer to a part of a batch")
        status, body, headers = said["status"], said.get("body"), said.get("headers")
        content = body if isinstance(body, dict) else {}
        if status in _BUSY:
            told = headers if isinstance(headers, dict) else {}
            self._turns.busy({str(name): str(value) for name, value in told.items()})
        if status in _BUSY or status >= 500 or status == 401:  # noqa: PLR2004 - as in _refusal
            self._over = True
            raise UnreachableError(in_words(self.who, status, content)[1])
        return Answer(status=status, body=content)

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_bytes(_PIECE):
            self._in_time()
            body += piece
            if len(body) > _LONGEST_JSON:
                raise UnreachableError(f"{self.who}: Graph gave an answer without end")
        return bytes(body)

    def _in_time(self) -> None:
        if self._monotonic() > self._ends_at:
            raise UnreachableError(f"{self.who} took longer than {self._settings.deadline:.0f} s; the pass is given up")


def _parts(link: str) -> SplitResult:
    try:
        return urlsplit(link)
    except ValueError:
        return SplitResult("", link, "", "", "")


def _batched(number: str, call: Call) -> dict[str, object]:
    headers = {"Prefer": _IMMUTABLE} | ({"Content-Type": "application/json"} if call.body is not None else {})
    body = {"body": dict(call.body)} if call.body is not None else {}
    return {"id": number, "method": call.method, "url": call.path, "headers": headers, **body}


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SignInError(f"ca_file {ca_file} can't be read as certificates: {printable(str(error))}") from error
