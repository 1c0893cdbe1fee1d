"""What must hold between the keys that say who of the staff gets in, and how."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from cee_mailbot.config.errors import Fault
from cee_mailbot.config.signing_in import is_safe_address
from cee_mailbot.config.tables import Settings
from cee_mailbot.config.values import is_loopback
from cee_mailbot.domain.routing import shipped_centers


def web_is_safe(settings: Settings) -> Iterator[Fault]:
    """What goes over the network is encrypted, and a header is believed from a proxy that is named."""
    web = settings.web
    public = web.public_url or ""
    named = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?", public)
    if web.public_url is not None and named is None:
        remedy = 'write scheme and host, such as "https://queue.example.gov"'
        yield Fault(path=("web", "public_url"), wrong="is not the address of a site", remedy=remedy)
    if not is_loopback(web.host) and not public.startswith("https://"):
        wrong = "is open to the network, where passwords and mail would go in clear"
        remedy = "put a proxy with TLS before it and set public_url to its https address, or use 127.0.0.1"
        yield Fault(path=("web", "host"), wrong=wrong, remedy=remedy)
    if web.sign_in == "proxy" and not web.proxy_addresses:
        remedy = "name the addresses of the proxy; a header from anywhere else is not believed"
        yield Fault(path=("web", "proxy_addresses"), wrong="is missing", remedy=remedy)
    for key in ("idle", "absolute"):
        if getattr(web, key) < timedelta(minutes=1):
            yield Fault(path=("web", key), wrong="is shorter than a minute", remedy='write at least "1m"')


def claims_outlast_a_look(settings: Settings) -> Iterator[Fault]:
    """An open page says every half minute that its claimant is there; who looked at what is known for a day."""
    expires = settings.web.claim_expires
    if expires is not None and not timedelta(minutes=5) <= expires <= timedelta(days=1):
        remedy = 'write "5m" to "1d", or leave it out'
        yield Fault(path=("web", "claim_expires"), wrong="is no time after which a claim can end", remedy=remedy)


def openid_is_whole(settings: Settings) -> Iterator[Fault]:
    """To sign in by a provider takes one, an address to come back to, and a group that may do something."""
    if settings.web.sign_in != "openid":
        return
    openid = settings.openid
    for key in ("issuer", "client_id", "key_file"):
        if getattr(openid, key) is None:
            remedy = f'add {key} = "..." for sign_in = "openid"'
            yield Fault(path=("openid", key), wrong="is missing", remedy=remedy)
    if openid.issuer is not None and not is_safe_address(openid.issuer):
        wrong = "is no address that can be trusted"
        yield Fault(path=("openid", "issuer"), wrong=wrong, remedy='write "https://..." as the provider does')
    if "openid" not in openid.scopes:
        yield Fault(path=("openid", "scopes"), wrong='is without "openid"', remedy='add "openid"')
    if settings.web.public_url is None:
        remedy = "name the address that people type: the provider sends them back to it"
        yield Fault(path=("web", "public_url"), wrong="is missing", remedy=remedy)
    if not settings.group:
        remedy = "add a [[group]] table for each group that may do something; nobody else gets in"
        yield Fault(path=("group",), wrong="there is none", remedy=remedy)


def groups_are_known(settings: Settings) -> Iterator[Fault]:
    """A group without teams is for none: whoever means all leaves `teams` out."""
    known = {*shipped_centers(), *(center.team for center in settings.center)}
    for position, group in enumerate(settings.group):
        if group.teams is not None and not group.teams:
            remedy = "name its teams, or leave the key out for all teams"
            yield Fault(path=("group", position, "teams"), wrong="names none", remedy=remedy)
        for team in sorted(set(group.teams or ()) - known):
            remedy = f"use one of {', '.join(sorted(known))}, or add it as [[center]]"
            yield Fault(path=("group", position, "teams"), wrong=f'"{team}" is not a known team', remedy=remedy)


STAFF_CHECKS: tuple[Callable[[Settings], Iterator[Fault]], ...] = (
    web_is_safe,
    claims_outlast_a_look,
    openid_is_whole,
    groups_are_known,
)
