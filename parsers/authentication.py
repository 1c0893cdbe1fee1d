"""`Authentication-Results` and `DKIM-Signature`: what they say, and which of them the border wrote."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parsers.headers import Header
from parsers.lexical import split_unquoted, strip_comments, unquote

# More than these no honest mail carries; reading them all would be work that a sender can order.
MOST_HEADERS = 100

_PAIR = re.compile(r"""([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^\s;]*)""", re.DOTALL)
_VERSION = "1"
_FIGURES = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthenticationResult:
    """One verdict of an Authentication-Results header, such as `dkim=pass header.d=broker.example`."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthenticationResults:
    """One Authentication-Results header (RFC 8601); `authserv_id` is None when the header is malformed.

    `hosts_above` and `hosts_below` are the `by` hosts of the Received headers above and below it, top first:
    its place tells who can have written it.
    """

    raw: str
    hosts_above: tuple[str | None, ...]
    hosts_below: tuple[str | None, ...]
    authserv_id: str | None
    version: str | None
    results: tuple[AuthenticationResult, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DkimSignature:
    """The tags of one DKIM-Signature (RFC 6376 section 3.5) that bear on who vouches for what.

    `h` are the signed header names in lower case, in order, repeated names kept; `t` and `x` are Unix times.
    A tag that is absent or unreadable is an empty text or None.
    """

    d: str
    s: str
    i: str
    h: tuple[str, ...]
    t: int | None
    x: int | None
    l: int | None  # noqa: E741 - the tag's own name


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the border found: spf, dkim and dmarc in lower case (None: not said), and whether they count.

    `dkim_domains` are the domains (header.d) whose signature passed.
    """

    spf: str | None
    dkim: str | None
    dmarc: str | None
    trusted: bool
    dkim_domains: tuple[str, ...]


UNTRUSTED = Verdict(spf=None, dkim=None, dmarc=None, trusted=False, dkim_domains=())


def read_authentication(headers: Sequence[Header], hosts: Sequence[str | None]) -> tuple[AuthenticationResults, ...]:
    """Return the Authentication-Results among top-level headers, `hosts` being the `by` of each Received."""
    found: list[AuthenticationResults] = []
    received = 0
    for header in headers:
        if header.name == "received":
            received += 1
        elif header.name == "authentication-results" and len(found) < MOST_HEADERS:
            found.append(_results(header.structured, tuple(hosts[:received]), tuple(hosts[received:])))
    return tuple(found)


def read_dkim(header: Header) -> DkimSignature:
    """Return the tags of a DKIM-Signature header; of a tag written twice the first counts. Never raises."""
    tags: dict[str, str] = {}
    for piece in header.structured.split(";"):
        name, _, value = piece.partition("=")
        tags.setdefault(name.strip(), "".join(value.split()))
    return DkimSignature(
        d=tags.get("d", "").lower(),
        s=tags.get("s", "").lower(),
        i=tags.get("i", ""),
        h=tuple(name.lower() for name in tags.get("h", "").split(":") if name),
        t=_number(tags.get("t")),
        x=_number(tags.get("x")),
        l=_number(tags.get("l")),
    )


def trusted_verdict(
    results: Sequence[AuthenticationResults],
    authserv_ids: Collection[str],
    border_hosts: Collection[str] = (),
) -> Verdict:
    """Return what the border said of SPF, DKIM and DMARC; untrusted and empty unless that is sure.

    A header counts when its authserv-id is one of those configured, exactly but for letter case (a host name
    has none), and it stands above the border's own Received (RFC 8601 section 5). With `border_hosts` that
    is the topmost Received `by` one of them, and there must be one: lower ones may be forged. Without, the
    header must stand above every Received. Headers that count and contradict each other make the verdict
    untrusted.
    """
    ids = {name.lower() for name in authserv_ids}
    borders = {host.lower().rstrip(".") for host in border_hosts}
    counting = [one for one in results if one.authserv_id in ids and _is_above_border(one, borders)]
    said = {method: _said(counting, method) for method in ("spf", "dkim", "dmarc")}
    if not counting or any(len(values) > 1 for values in said.values()):
        return UNTRUSTED
    passed = [verdict for one in counting for verdict in one.results if _is_dkim_pass(verdict)]
    return Verdict(
        spf=next(iter(said["spf"]), None),
        dkim=next(iter(said["dkim"]), None),
        dmarc=next(iter(said["dmarc"]), None),
        trusted=True,
        dkim_domains=tuple(dict.fromkeys(filter(None, map(_signing_domain, passed)))),
    )


def _is_above_border(one: AuthenticationResults, borders: set[str]) -> bool:
    if not borders:
        return not one.hosts_above
    return borders.isdisjoint(one.hosts_above) and not borders.isdisjoint(one.hosts_below)


def _said(counting: Sequence[AuthenticationResults], method: str) -> set[str]:
    """Return the different results that the headers give for a method.

    Within one header one DKIM signature that passes is enough (RFC 6376 section 4.2), and SPF may be checked
    for HELO and for the sender, of which the sender's counts.
    """
    said: set[str] = set()
    for one in counting:
        verdicts = [verdict for verdict in one.results if verdict.method == method]
        results = [verdict.result for verdict in verdicts]
        if method == "dkim" and "pass" in results:
            said.add("pass")
        elif method == "dmarc":
            said.update(results)
        elif results:
            of_sender = (v.result for v in verdicts if any(k == "smtp.mailfrom" for k, _ in v.properties))
            said.add(next(of_sender, results[0]))
    return said


def _is_dkim_pass(verdict: AuthenticationResult) -> bool:
    return verdict.method == "dkim" and verdict.result == "pass"


def _signing_domain(verdict: AuthenticationResult) -> str:
    """Return the domain of a DKIM result: header.d, else that of header.i."""
    properties = dict(verdict.properties)
    return (properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]).lower()


def _results(raw: str, above: tuple[str | None, ...], below: tuple[str | None, ...]) -> AuthenticationResults:
    """Return one header read (RFC 8601 section 2.2): `id [version] *( ; method[/version]=result ... )`."""
    head, *verdicts = split_unquoted(strip_comments(raw), ";")
    words = head.split()
    version = words[1] if len(words) == 2 else None  # noqa: PLR2004 - id and version
    well_formed = len(words) in {1, 2} and "=" not in head and version in {None, _VERSION}
    return AuthenticationResults(
        raw=raw,
        hosts_above=above,
        hosts_below=below,
        authserv_id=(unquote(words[0]).lower() or None) if well_formed else None,
        version=version,
        results=tuple(filter(None, map(_verdict, verdicts))) if well_formed else (),
    )


def _verdict(text: str) -> AuthenticationResult | None:
    """Return one `method=result property=value ...`, or None when it says nothing (`none`)."""
    pairs = [(name.lower(), unquote(value)) for name, value in _PAIR.findall(text)]
    if not pairs:
        return None
    (method, result), *properties = pairs
    return AuthenticationResult(method=method.partition("/")[0], result=result.lower(), properties=tuple(properties))


def _number(text: str | None) -> int | None:
    return int(text) if text and _FIGURES.fullmatch(text) else None
