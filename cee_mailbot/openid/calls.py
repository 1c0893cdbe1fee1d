"""Calls to a provider: one answer each, of bounded size, over TLS or on this machine, never led elsewhere."""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

import httpx

from cee_mailbot.identity_provider import Refusal, RefusedSignInError
from cee_mailbot.openid.settings import OpenidSettings

LONGEST_ANSWER = 256 * 1024
# Whoever wants to sign in while the provider hangs would hold a thread of the page each.
AT_ONCE = 8
LONGEST_QUEUE = 2.0  # seconds
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Status and JSON object of an answer; an empty one where it was none."""

    status: int
    said: Mapping[str, Any]


class Calls:
    """See the module; raises `RefusedSignInError` with `Refusal.UNREACHABLE` for whatever keeps an answer away."""

    def __init__(self, settings: OpenidSettings) -> None:
        self._settings = settings
        self._turns = BoundedSemaphore(AT_ONCE)
        self._context: ssl.SSLContext | None = None  # to read the authorities takes time

    def get(self, url: str, *, bearer: str | None = None) -> Answer:
        """What is at this address."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
        return self._call("GET", url, headers, None)

    def post(self, url: str, form: str) -> Answer:
        """The answer to a form that is encoded already."""
        return self._call("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, form.encode())

    def _call(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        if not is_safe(url):
            raise RefusedSignInError(Refusal.UNREACHABLE, f"{url[:200]!r} is no https address")
        if not self._turns.acquire(timeout=LONGEST_QUEUE):
            raise RefusedSignInError(Refusal.UNREACHABLE, f"{AT_ONCE} calls wait for the provider already")
        try:
            return self._answered(method, url, headers, content)
        finally:
            self._turns.release()

    def _answered(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        settings = self._settings
        try:
            self._context = self._context or ssl.create_default_context(cafile=settings.ca_file)
            with (
                httpx.Client(
                    verify=self._context,
                    timeout=settings.timeout,
                    follow_redirects=False,
                    trust_env=url.startswith("https:"),  # what is in clear stays on this machine
                ) as client,
                client.stream(
                    method, url, headers={"Accept": "application/json", **headers}, content=content
                ) as answer,
            ):
                return Answer(status=answer.status_code, said=_object(_bounded(answer, settings.timeout)))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
            # A host that no name can be, or a proxy in the environment that is none, is a ValueError or ImportError.
            # Of an address that can't be read nothing is said: a proxy's may have its password in it.
            unread = isinstance(error, httpx.InvalidURL)
            why = "its address, or that of a proxy, is none" if unread else error
            words = f"{url} can't be reached: {why}; check issuer, ca_file and the network"
            raise RefusedSignInError(Refusal.UNREACHABLE, words) from (None if unread else error)


def is_safe(url: object) -> bool:
    """Whether an address can be called without anybody listening: https, or this machine itself."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _bounded(answer: httpx.Response, seconds: float) -> bytes:
    body, end = b"", time.monotonic() + seconds
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > LONGEST_ANSWER or time.monotonic() > end:
            raise RefusedSignInError(Refusal.UNREACHABLE, f"{answer.url} gave an answer without end")
    return body


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
