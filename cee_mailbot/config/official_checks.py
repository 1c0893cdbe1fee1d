"""What must hold of what a site says of itself: only a site of the government says that it is one."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from cee_mailbot.config.errors import Fault
from cee_mailbot.config.tables import Settings
from cee_mailbot.domain.official_site import FURTHER_LINKS, REQUIRED_LINKS, official_domain

_NAMES = ("agency", "agency_url", "acronym")
_ADDRESSES = ("agency_url", "parent_url", *REQUIRED_LINKS, *FURTHER_LINKS)
_MAIL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_+@")


def is_https(url: str) -> bool:
    """Whether this is the https address of a page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not set(url) & set(" <>\"'\\")


def banner_is_true(settings: Settings) -> Iterator[Fault]:
    """Only a site under .gov or .mil, reached by https, may say that it is official: that is what the banner says."""
    said = {("web", "banner"): settings.web.banner == "on", ("identifier",): settings.identifier.configured}
    public = settings.web.public_url or ""
    if is_https(public) and official_domain(urlsplit(public).hostname or ""):
        return
    for path, there in said.items():
        if there:
            wrong = "says that this is an official website, and public_url is no https address under .gov or .mil"
            yield Fault(path=path, wrong=wrong, remedy="set public_url of [web] to such an address, or take this away")


def identifier_is_whole(settings: Settings) -> Iterator[Fault]:
    """Every link that such a site must have is there, and leads to a page that is read by https."""
    table = settings.identifier
    if not table.configured:
        return
    pair = ("parent", "parent_url") if table.parent or table.parent_url else ()
    for key in (*_NAMES, *pair, *REQUIRED_LINKS):
        if getattr(table, key) is None:
            remedy = f'add {key} = "...": the whole block is needed'
            yield Fault(path=("identifier", key), wrong="is missing", remedy=remedy)
    for key in _ADDRESSES:
        if getattr(table, key) is not None and not is_https(getattr(table, key)):
            wrong = "is not the https address of a page"
            yield Fault(path=("identifier", key), wrong=wrong, remedy='write "https://..."')


def help_can_be_reached(settings: Settings) -> Iterator[Fault]:
    """A link that every page has leads somewhere."""
    address = settings.web.help
    if address is not None and not is_https(address) and not is_mail_address(address):
        remedy = 'write an https address, or one for mail such as "help@example.gov"'
        yield Fault(path=("web", "help"), wrong="is no address of a page or for mail", remedy=remedy)


def is_mail_address(text: str) -> bool:
    """Whether a link can open a mail to it as it stands."""
    local, at, domain = text.rpartition("@")
    return bool(local and at and "." in domain) and "@" not in local and set(text.casefold()) <= _MAIL


OFFICIAL_CHECKS: tuple[Callable[[Settings], Iterator[Fault]], ...] = (
    banner_is_true,
    identifier_is_whole,
    help_can_be_reached,
)
