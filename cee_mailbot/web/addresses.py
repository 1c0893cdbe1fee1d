"""From which address a request comes, where proxies stand before the page."""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

FORWARDED_FOR = "x-forwarded-for"
_PREFIX = 64  # what one subscriber has: each of its addresses would have tries of its own


def caller_address(request: Request, proxies: Collection[str]) -> str:
    """The address that stands before the proxies that we trust, read from the right; theirs, where they say nothing.

    Only the part that a trusted proxy has added is believed: whatever a browser sent stands to the left of it. Of an
    IPv6 address it is the network.
    """
    found = peer_address(request)
    said = ",".join(request.headers.getlist(FORWARDED_FOR)).split(",")
    while found in proxies and said:
        told = _plain(said.pop().strip())
        if told is None:
            break
        found = told
    return _counted(found)


def peer_address(request: Request) -> str:
    """Who is at the other end of the connection; on a socket for both, an IPv4 address comes as one of IPv6."""
    told = request.client.host if request.client else ""
    return _plain(told) or told


def _plain(text: str) -> str | None:
    """An address without the port that some proxies write beside it; None for what is none."""
    host = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    try:
        address = ip_address(host.partition(":")[0] if host.count(":") == 1 else host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _counted(address: str) -> str:
    """An address as tries are counted under it."""
    return str(ip_network(f"{address}/{_PREFIX}", strict=False)) if _is_ipv6(address) else address


def _is_ipv6(address: str) -> bool:
    try:
        return isinstance(ip_address(address), IPv6Address)
    except ValueError:
        return False
