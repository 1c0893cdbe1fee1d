"""Signing in with access tokens: a strict provider, a Dovecot and a mail server that let nobody in without one."""

import json
import logging
import subprocess
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from cee_mailbot.config import load_config
from cee_mailbot.connections import Doors, credential_end_of, source_of
from cee_mailbot.errors import SignInError, UnreachableError
from cee_mailbot.interfaces import Letter
from cee_mailbot.mailers.smtp import SmtpMailer, SmtpSettings
from cee_mailbot.sources.imap import ImapSource
from cee_mailbot.sources.imap_settings import ImapSettings
from cee_mailbot.tokens import ClientCredentials, TokenSettings, certificate_end, signed
from tests.servers.dovecot import Dovecot, start_or_skip
from tests.servers.receiver import Receiver
from tests.servers.token_endpoint import CLIENT, SCOPE, SECRET, TokenEndpoint

USER = "bearer"
LETTER = Letter(return_path="cee@cbp.example", to="broker@filer.example", raw=b"Subject: x\r\n\r\nx\r\n")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with TokenEndpoint(users=(USER,)) as running:
        yield running


def tokens(endpoint: TokenEndpoint, clock: Clock | None = None, **changes: Any) -> ClientCredentials:
    known = {"token_url": endpoint.url, "client_id": CLIENT, "scope": SCOPE, "client_secret": lambda: SECRET}
    return ClientCredentials(TokenSettings(**{**known, **changes}), clock or Clock())


# --- the provider ---------------------------------------------------------------------------------------------


def test_a_token_is_kept_until_shortly_before_its_end(endpoint: TokenEndpoint) -> None:
    clock = Clock()
    source = tokens(endpoint, clock)
    assert source.token() == source.token() == endpoint.issued[0]
    clock.now += endpoint.life - 301
    assert source.token() == endpoint.issued[0]
    clock.now += 2
    assert source.token() == endpoint.issued[1] != endpoint.issued[0]
    assert endpoint.faults == []


def test_F82_a_token_that_was_refused_is_not_given_again(endpoint: TokenEndpoint) -> None:
    source = tokens(endpoint)
    first = source.token()
    source.refuse(first)
    second = source.token()
    source.refuse(first)  # somebody who still held the old one
    assert source.token() == second != first
    assert len(endpoint.issued) == 2


def certificate_in(folder: Path, *kind: str) -> tuple[Path, Path]:
    """A certificate of two days beside its key in one PEM file, and alone."""
    pem, key, certificate = folder / "both.pem", folder / "key", folder / "certificate"
    made = ["-nodes", "-subj", "/CN=cee", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, *made], check=True, capture_output=True)
    pem.write_bytes(key.read_bytes() + certificate.read_bytes())
    return pem, certificate


@pytest.mark.parametrize("path", ["/token", "/agency.example/oauth2/v2.0/token"])
@pytest.mark.parametrize("kind", [["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]])
def test_a_certificate_proves_who_asks(tmp_path: Path, kind: list[str], path: str) -> None:
    """Each request carries an assertion of its own, signed with the key, for this endpoint and a few minutes."""
    pem, certificate = certificate_in(tmp_path, *kind)
    with TokenEndpoint(certificate=certificate, path=path) as strict:
        source = tokens(strict, client_secret=None, certificate_file=pem)
        source.refuse(source.token())
        source.token()
        assert strict.faults == []
        assert len(strict.assertions) == 2


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None])
def test_a_certificate_that_is_none_is_named(endpoint: TokenEndpoint, tmp_path: Path, content: bytes | None) -> None:
    pem = tmp_path / "cee.pem"
    if content is not None:
        pem.write_bytes(content)
    with pytest.raises(SignInError, match=r"cee\.pem must hold a key and its certificate"):
        tokens(endpoint, client_secret=None, certificate_file=pem).token()


@pytest.fixture(scope="module")
def two_pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders with a key and its certificate each."""
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    for folder in (one, other):
        certificate_in(folder, "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    return one, other


def test_a_key_with_the_certificate_of_another_is_named(
    endpoint: TokenEndpoint, two_pairs: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = two_pairs
    pem = tmp_path / "cee.pem"
    pem.write_bytes((one / "key").read_bytes() + (other / "certificate").read_bytes())
    with pytest.raises(SignInError, match=r"cee\.pem holds a key, and the certificate of another"):
        tokens(endpoint, client_secret=None, certificate_file=pem).token()
    assert certificate_end(pem) is None
    assert endpoint.asked == []


def test_of_a_chain_the_certificate_of_the_key_is_taken(two_pairs: tuple[Path, Path], tmp_path: Path) -> None:
    one, other = two_pairs
    pem = tmp_path / "cee.pem"
    pem.write_bytes(b"".join(path.read_bytes() for path in (other / "certificate", one / "certificate", one / "key")))
    with TokenEndpoint(certificate=one / "certificate") as strict:
        assert tokens(strict, client_secret=None, certificate_file=pem).token() == strict.issued[0]
        assert strict.faults == []
    # By its thumbprint the provider finds which of an app's certificates is meant.
    assert signed({}, pem).partition(".")[0] == signed({}, one / "both.pem").partition(".")[0]


def test_a_key_with_a_password_is_told_to_have_none(
    endpoint: TokenEndpoint, two_pairs: tuple[Path, Path], tmp_path: Path
) -> None:
    key, pem = tmp_path / "key", tmp_path / "cee.pem"
    locked = ["openssl", "pkey", "-in", str(two_pairs[0] / "key"), "-aes128", "-passout", "pass:x", "-out", str(key)]
    subprocess.run(locked, check=True, capture_output=True)
    pem.write_bytes(key.read_bytes() + (two_pairs[0] / "certificate").read_bytes())
    with pytest.raises(SignInError, match="protected by a password; write it without one"):
        tokens(endpoint, client_secret=None, certificate_file=pem).token()


def test_a_certificate_that_has_ended_is_told_with_the_refusal(
    two_pairs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = two_pairs[0] / "both.pem"
    ended = datetime(2026, 1, 2, tzinfo=UTC)
    monkeypatch.setattr("cee_mailbot.tokens.certificate_end", lambda _: ended)
    with TokenEndpoint(certificate=two_pairs[0] / "certificate") as strict:
        strict.answers.append((401, {}, b'{"error": "invalid_client"}'))
        with pytest.raises(SignInError, match=r"both\.pem ended on 2026-01-02"):
            tokens(strict, client_secret=None, certificate_file=pem).token()


def test_a_wrong_secret_is_a_sign_in_error_that_shows_no_secret(
    endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(SignInError, match="refused client cee mailbot") as caught:
        tokens(endpoint, client_secret=lambda: "hush-hush").token()
    assert "hush-hush" not in str(caught.value) + caplog.text
    assert endpoint.issued == []


def test_no_token_and_no_secret_is_logged_or_shown(endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        source = tokens(endpoint)
        token = source.token()
    shown = caplog.text + repr(source) + repr(source._settings)
    assert token not in shown
    assert SECRET not in shown


def test_F81_a_busy_provider_is_left_alone_for_as_long_as_it_asks(endpoint: TokenEndpoint) -> None:
    clock = Clock()
    source = tokens(endpoint, clock)
    endpoint.answers.append((429, {"Retry-After": "120"}, b"{}"))
    with pytest.raises(UnreachableError, match="gave no token"):
        source.token()
    clock.now += 119
    with pytest.raises(UnreachableError, match="not to be called for another 1 s"):
        source.token()
    assert endpoint.issued == []
    clock.now += 2
    assert source.token() == endpoint.issued[0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {}, b"oops"), UnreachableError),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), UnreachableError),
        ((200, {}, b"<html>"), SignInError),
        ((200, {}, b"[1]"), SignInError),
        ((200, {}, b"[" * 100_000), SignInError),
        ((200, {}, json.dumps({"access_token": "a b", "token_type": "Bearer"}).encode()), SignInError),
        ((200, {}, json.dumps({"access_token": "a\r\nb", "token_type": "Bearer"}).encode()), SignInError),
        ((200, {}, json.dumps({"access_token": 7, "token_type": "Bearer"}).encode()), SignInError),
        ((200, {}, json.dumps({"access_token": "mac", "token_type": "mac"}).encode()), SignInError),
        ((200, {}, b"x" * 300_000), UnreachableError),
        ((400, {}, json.dumps({"error": "invalid_scope", "error_description": "no\r\nsuch"}).encode()), SignInError),
    ],
)
def test_whatever_the_provider_says_is_one_line_and_no_token(
    endpoint: TokenEndpoint, answer: tuple[int, dict[str, str], bytes], error: type[Exception]
) -> None:
    endpoint.answers.append(answer)
    with pytest.raises(error) as caught:
        tokens(endpoint).token()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "description", "words"),
    [
        ("invalid_client", "AADSTS7000222: The provided client secret keys are expired.", "the secret has ended"),
        ("invalid_client", "AADSTS7000215: Invalid client secret provided.", "its value, not its id"),
        ("invalid_client", "AADSTS700027: The certificate is not registered.", "upload it"),
        ("invalid_client", "AADSTS700024: Client assertion is not within its valid time range.", "set ours by NTP"),
        ("unauthorized_client", "AADSTS700016: Application not found in the directory.", "the tenant has no such app"),
        ("invalid_request", "AADSTS90002: Tenant not found.", "there is no such tenant"),
        ("invalid_client", "no", "did it expire"),
        ("invalid_scope", "no", "correct scope"),
        ("teapot", "AADSTS1", "check client_id"),
    ],
)
def test_a_refusal_says_what_to_do(endpoint: TokenEndpoint, error: str, description: str, words: str) -> None:
    endpoint.answers.append((401, {}, json.dumps({"error": error, "error_description": description}).encode()))
    with pytest.raises(SignInError, match=words) as caught:
        tokens(endpoint).token()
    assert f"refused client {CLIENT}: {error} {description}" in str(caught.value)
    assert "min apart" not in str(caught.value)


@pytest.mark.parametrize("status", [302, 404])
def test_an_address_that_is_no_token_endpoint_is_named(endpoint: TokenEndpoint, status: int) -> None:
    endpoint.answers.append((status, {"Location": "https://elsewhere.example/"}, b""))
    with pytest.raises(UnreachableError, match=r"is none: it answered .* check token_url"):
        tokens(endpoint).token()


def test_a_wrong_clock_is_seen_when_the_sign_in_is_refused(endpoint: TokenEndpoint) -> None:
    """An assertion is good for minutes: with a wrong clock no call is ever made that could tell of it."""
    endpoint.skew = timedelta(minutes=12)
    endpoint.answers.append((401, {}, b'{"error": "invalid_client"}'))
    with pytest.raises(SignInError, match="are 12 min apart; set ours by NTP"):
        tokens(endpoint).token()


@pytest.mark.parametrize("life", ["1" + "0" * 400, "1e999", '"soon"', "-1", "null"])
def test_a_life_that_is_none_is_no_end_of_the_program(endpoint: TokenEndpoint, life: str) -> None:
    answer = '{"access_token": "abc", "token_type": "Bearer", "expires_in": ' + life + "}"
    endpoint.answers.append((200, {}, answer.encode()))
    assert tokens(endpoint).token() == "abc"


@pytest.mark.parametrize("url", [f"https://{'a' * 64}.example/token", "https://a..example/token"])
def test_a_host_that_no_name_can_be_is_unreachable(endpoint: TokenEndpoint, url: str) -> None:
    with pytest.raises(UnreachableError, match="check token_url"):
        tokens(endpoint, token_url=url).token()


def test_a_proxy_that_cannot_be_used_is_named(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ALL_PROXY` with a SOCKS proxy ended every command with a traceback."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(UnreachableError, match="the proxy in the environment"):
        tokens(endpoint, token_url="https://login.example/token").token()


def test_no_piece_of_a_proxys_password_is_shown(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a slash in it the password is taken for a port, and the error of the library names that."""
    monkeypatch.setenv("ALL_PROXY", "http://user:hush/word@proxy.example:3128")
    with pytest.raises(UnreachableError, match="or that of a proxy, is none") as caught:
        tokens(endpoint, token_url="https://login.example/token").token()
    assert "hush" not in "".join(traceback.format_exception(caught.value))


def test_what_goes_in_clear_to_this_machine_goes_through_no_proxy(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    assert tokens(endpoint).token() == endpoint.issued[0]


def test_a_provider_that_is_away_is_unreachable(endpoint: TokenEndpoint) -> None:
    with pytest.raises(UnreachableError, match="check token_url"):
        tokens(endpoint, token_url="http://127.0.0.1:1/token").token()


# --- the mailbox ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["xoauth2", "xoauth2 oauthbearer"])
def server(request: pytest.FixtureRequest, endpoint: TokenEndpoint) -> Iterator[Dovecot]:
    """A Dovecot that asks the provider about every token."""
    url = endpoint.url.replace("/token", "/introspect")
    dovecot = Dovecot()
    dovecot.introspection_url, dovecot.token_methods = url, request.param
    for running in start_or_skip(dovecot):
        running.add_user(USER)
        yield running


def mailbox(server: Dovecot, source: ClientCredentials) -> ImapSource:
    settings = ImapSettings(host="127.0.0.1", tcp_port=server.port, tls="none", user=USER, tokens=source)
    return ImapSource(settings)


def test_a_mailbox_is_opened_with_a_token(server: Dovecot, endpoint: TokenEndpoint) -> None:
    assert f"signed in as {USER}" in mailbox(server, tokens(endpoint)).check()
    assert len(endpoint.issued) == 1


def test_a_mailbox_is_opened_with_a_certificate_as_it_is_configured(
    server: Dovecot, endpoint: TokenEndpoint, tmp_path: Path
) -> None:
    """From the file to the sign-in; when the certificate ends needs to be noted nowhere else."""
    pem, endpoint.certificate = certificate_in(tmp_path, "rsa:2048")
    oauth = {"auth": "oauth2", "token_url": endpoint.url, "client_id": CLIENT, "scope": SCOPE}
    box = {"name": "box", "address": "box@agency.example", "team": "007", "source": "imap", "host": "127.0.0.1"}
    keys = {"tcp_port": server.port, "tls": "none", "user": USER, "certificate_file": str(pem)}
    path = tmp_path / "mailboxes.toml"
    replies = {"transport": "files", "dir": "out"}
    path.write_text(tomlkit.dumps({"replies": replies, "mailbox": [box | oauth | keys]}), encoding="utf-8")
    config = load_config(path, {})
    assert f"signed in as {USER}" in source_of(config.mailboxes[0], config, Doors(), until=None).check()
    assert endpoint.faults == []
    ends = credential_end_of(config.mailboxes[0])
    assert ends is not None
    assert timedelta(days=1) < ends - datetime.now(UTC) < timedelta(days=3)
    pem.unlink()
    assert credential_end_of(config.mailboxes[0]) is None


def test_F80_a_revoked_token_is_replaced_once(server: Dovecot, endpoint: TokenEndpoint) -> None:
    source = tokens(endpoint)
    endpoint.revoked.add(source.token())
    mailbox(server, source).check()
    assert len(endpoint.issued) == 2


def test_tokens_of_somebody_else_are_tried_twice_and_no_oftener(server: Dovecot, endpoint: TokenEndpoint) -> None:
    """A loop would lock the account, or the provider would lock us out."""
    endpoint.users = ("somebody",)
    with pytest.raises(SignInError, match="check user and scope"):
        mailbox(server, tokens(endpoint)).check()
    assert len(endpoint.issued) == 2


# --- the mail server ------------------------------------------------------------------------------------------


@pytest.fixture(params=["XOAUTH2", "OAUTHBEARER"])
def receiver(request: pytest.FixtureRequest, endpoint: TokenEndpoint) -> Iterator[Receiver]:
    """A mail server that asks the provider too."""
    with Receiver(tokens=endpoint.good, methods=(request.param,)) as running:
        yield running


def mailer(receiver: Receiver, source: ClientCredentials) -> SmtpMailer:
    return SmtpMailer(SmtpSettings(host="127.0.0.1", tcp_port=receiver.tcp_port, tls="none", user=USER, tokens=source))


def test_a_letter_leaves_with_a_token(receiver: Receiver, endpoint: TokenEndpoint) -> None:
    with mailer(receiver, tokens(endpoint)).session() as session:
        session.send(LETTER)
    assert [taken.user for taken in receiver.taken] == [USER]


def test_a_mail_server_that_refuses_a_token_gets_a_new_one_once(receiver: Receiver, endpoint: TokenEndpoint) -> None:
    source = tokens(endpoint)
    endpoint.revoked.add(source.token())
    assert "signed in as" in mailer(receiver, source).check()
    assert len(endpoint.issued) == 2
    receiver.tokens = lambda _token: False
    with pytest.raises(SignInError, match="check user and scope"):
        mailer(receiver, source).check()
    assert len(endpoint.issued) == 3


def test_a_server_without_such_methods_is_named() -> None:
    with (
        TokenEndpoint() as provider,
        Receiver(users={"a": "b"}) as other,
        pytest.raises(SignInError, match="neither OAUTHBEARER nor XOAUTH2"),
    ):
        mailer(other, tokens(provider)).check()
