"""What must hold between the keys that say how to sign in: a password, or tokens and who asks for them."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from cee_mailbot.config.errors import Fault
from cee_mailbot.config.tables import ExchangeKeys, GraphKeys, OauthKeys, SecretKeys
from cee_mailbot.config.values import is_loopback

SECRETS = ("password", "password_file", "password_env")
OAUTH = ("token_url", "client_id", "client_secret_file", "certificate_file", "scope")

GRAPH = ("tenant", "authority", "graph_root")

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_Place = tuple[str | int, ...]


def sign_in_faults(table: _Place, keys: OauthKeys, *, needs_password: bool) -> Iterator[Fault]:
    """What these keys say against each other; `needs_password` where there is no way in without one."""
    if keys.auth in {"basic", "ntlm"}:
        wrong = f'"{keys.auth}" is a sign-in of Exchange\'s, and this is none'
        yield Fault(path=(*table, "auth"), wrong=wrong, remedy='use "password" or "oauth2"')
    yield from _proof_faults(table, keys, needs_password=needs_password)


def _proof_faults(table: _Place, keys: OauthKeys, *, needs_password: bool) -> Iterator[Fault]:
    if keys.auth == "oauth2":
        yield from _oauth_faults(table, keys)
        return
    yield from one_secret(table, keys)
    if needs_password and not secrets_in(keys):
        remedy = "add password_file = ... (or password_env)"
        yield Fault(path=(*table, "password_file"), wrong="is missing", remedy=remedy)
    for key in OAUTH:
        if getattr(keys, key) is not None:
            yield Fault(path=(*table, key), wrong="is of no use with a password", remedy='add auth = "oauth2"')


def _oauth_faults(table: _Place, keys: OauthKeys) -> Iterator[Fault]:
    for key in secrets_in(keys):
        yield Fault(path=(*table, key), wrong='is of no use with auth = "oauth2"', remedy="leave it out")
    for key in ("token_url", "client_id", "scope"):
        if getattr(keys, key) is None:
            yield Fault(path=(*table, key), wrong="is missing", remedy=f'add {key} = "..." for auth = "oauth2"')
    yield from _one_proof(table, keys)
    if keys.token_url is not None and not is_safe_address(keys.token_url):
        wrong = "would send the client's secret in clear, or is no address of the web"
        yield Fault(path=(*table, "token_url"), wrong=wrong, remedy='write "https://..."')


def _one_proof(table: _Place, keys: OauthKeys) -> Iterator[Fault]:
    if (keys.client_secret_file is None) == (keys.certificate_file is None):
        wrong = "is missing" if keys.client_secret_file is None else "is a second proof beside certificate_file"
        remedy = "name the file of the secret, or of a certificate with its key (certificate_file): one of them"
        yield Fault(path=(*table, "client_secret_file"), wrong=wrong, remedy=remedy)


def graph_faults(table: _Place, keys: GraphKeys, of: str) -> Iterator[Fault]:
    """What keys for Graph say against each other; `of` is what asks for them."""
    for key in ("tenant", "client_id"):
        if getattr(keys, key) is None:
            yield Fault(path=(*table, key), wrong="is missing", remedy=f'add {key} = "..." for {of}')
    yield from _one_proof(table, keys)
    if keys.tenant is not None and not _TENANT.fullmatch(keys.tenant):
        wrong = "is neither the id nor the name of a tenant"
        yield Fault(path=(*table, "tenant"), wrong=wrong, remedy='write its id, or a domain such as "agency.example"')
    for key in ("authority", "graph_root"):
        url = getattr(keys, key)
        if url is not None and (not is_safe_address(url) or urlsplit(url).query or urlsplit(url).fragment):
            wrong = "would send tokens and mail in clear, or is no address of the web"
            yield Fault(path=(*table, key), wrong=wrong, remedy='write "https://..."')


def exchange_faults(table: _Place, keys: ExchangeKeys, user: str | None, of: str) -> Iterator[Fault]:
    """What keys for an Exchange server say against each other; `of` is what asks for them."""
    if keys.auth == "password":
        yield Fault(
            path=(*table, "auth"), wrong='"password" is no sign-in of Exchange\'s', remedy='use "ntlm" or "basic"'
        )
    for key, value in (("endpoint", keys.endpoint), ("user", user)):
        if value is None and not (key == "user" and keys.auth == "oauth2"):
            yield Fault(path=(*table, key), wrong="is missing", remedy=f'add {key} = "..." for {of}')
    if user is not None and keys.auth == "oauth2":
        yield Fault(path=(*table, "user"), wrong='is of no use with auth = "oauth2"', remedy="leave it out")
    yield from _proof_faults(table, keys, needs_password=True)
    if keys.endpoint is not None and not _is_endpoint(keys.endpoint):
        wrong = "would send password and mail in clear, or is no address of EWS"
        remedy = 'write "https://HOST/EWS/Exchange.asmx"'
        yield Fault(path=(*table, "endpoint"), wrong=wrong, remedy=remedy)


def _is_endpoint(url: str) -> bool:
    """No user, query or fragment, which a request would lose or show to others."""
    return is_safe_address(url) and bool(re.fullmatch(r"https?://[^\s/?#@]+(/[A-Za-z0-9._~-]+)+", url))


def graph_root_of(keys: GraphKeys) -> str:
    """Where Graph is, without a last slash; that of the worldwide cloud by default."""
    return (keys.graph_root or "https://graph.microsoft.com/v1.0").rstrip("/")


def graph_token_url_of(keys: GraphKeys) -> str:
    """The token endpoint of the tenant ("OAuth 2.0 client credentials flow on the Microsoft identity platform")."""
    return f"{(keys.authority or 'https://login.microsoftonline.com').rstrip('/')}/{keys.tenant}/oauth2/v2.0/token"


def graph_scope_of(keys: GraphKeys) -> str:
    """All that the app was granted: the host of Graph and `.default`, without the version that its root ends with."""
    root = urlsplit(graph_root_of(keys))
    return f"{root.scheme}://{root.netloc}/.default"


def is_safe_address(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: https, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


def one_secret(table: _Place, keys: SecretKeys) -> Iterator[Fault]:
    """A password has one source."""
    for key in secrets_in(keys)[1:]:
        yield Fault(path=(*table, key), wrong="is a second source of the password", remedy="keep one of them")


def secrets_in(keys: SecretKeys) -> list[str]:
    """The keys that name a password."""
    return [key for key in SECRETS if getattr(keys, key) is not None]
