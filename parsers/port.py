"""The ports of entry by their four-digit codes ("Schedule D"), with their time zones."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from parsers.nearest import distance

_NAME_SHORTEST = 4
_SLIP_LONGEST = 5  # one character more than a code


@dataclass(frozen=True, kw_only=True, slots=True)
class Port:
    """A port code of the table; `time_zone` is an IANA name, None where there is no port of entry.

    `status` is active, historical, administrative, preclearance or statistical: only the first two may
    stand on an entry. The table is not complete by right: an unknown code is doubtful, not impossible.
    """

    code: str
    name: str
    region: str
    status: str
    time_zone: str | None


@lru_cache(maxsize=1)
def port_table() -> Mapping[str, Port]:
    """Every known port by its code, from `data/schedule_d_ports.tsv`, read when first asked for."""
    text = files("parsers").joinpath("data", "schedule_d_ports.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    ports = (
        Port(code=code, name=name, region=region, status=status, time_zone=time_zone or None)
        for code, name, region, status, _basis, time_zone in rows[1:]
    )
    return MappingProxyType({port.code: port for port in ports})


def find_port(code: str) -> Port | None:
    """The port with this four-digit code, or None when the table does not know it."""
    return port_table().get(code)


def nearest_ports(code: str, limit: int = 3) -> tuple[Port, ...]:
    """Active ports that a mistyped code, or the name of a port, may mean; at most `limit`, likeliest first."""
    text = code.strip().upper()
    if text[:1].isdecimal():
        near = list(_slips(text)) if len(text) <= _SLIP_LONGEST else []
    else:
        near = [port for port in _active() if len(text) >= _NAME_SHORTEST and port.name.startswith(text)]
        near.sort(key=lambda port: (len(port.name), port.code))
    return tuple(near[:limit])


@lru_cache(maxsize=4096)
def _slips(text: str) -> tuple[Port, ...]:
    """The ports one slip away; kept, since every resend reads the lines rejected before it anew."""
    return tuple(port for port in _active() if abs(len(text) - len(port.code)) <= 1 and distance(text, port.code) == 1)


def _active() -> tuple[Port, ...]:
    return tuple(port for port in port_table().values() if port.status == "active")
