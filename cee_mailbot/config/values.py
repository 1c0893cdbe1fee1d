"""The values of a configuration: durations, sizes, instants, and secrets that stay unread until needed."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from cee_mailbot.config.errors import ConfigError
from cee_mailbot.domain.office_hours import OfficeHours

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"([0-9]{1,15})(B|KB|MB|GB)?")
_BYTES = {None: 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
_HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])")
_LONGEST = timedelta(days=36_500)
_LARGEST = 10**15
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SECRETS_FOLDER = Path("/run/secrets")


def parse_duration(text: object) -> timedelta:
    """Read `30s`, `15m`, `24h` or `5d`. Raises ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    length = timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None
    if length is None or length > _LONGEST:
        raise ValueError('is not a duration; write a whole number and s, m, h or d in quotes, such as "15m"')
    return length


def parse_size(text: object) -> int:
    """Read `500KB`, `10MB`, `1GB` (decimal) or a plain number of bytes. Raises ValueError for the rest."""
    written = str(text) if isinstance(text, int) and not isinstance(text, bool) else text
    found = _SIZE.fullmatch(written) if isinstance(written, str) else None
    size = int(found[1]) * _BYTES[found[2]] if found else 0
    if not 0 < size <= _LARGEST:
        raise ValueError('is not a size; write a whole number and KB, MB or GB in quotes, such as "10MB"')
    return size


def parse_instant(value: object) -> datetime:
    """Read a TOML date-time or RFC 3339 text with its offset. Raises ValueError for anything else."""
    instant = _instant(value)
    if instant is None or instant.tzinfo is None:
        raise ValueError('is not a point in time; write date, time and offset, such as "2026-01-01T00:00:00Z"')
    return instant.astimezone(UTC)


def _instant(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def parse_office_hours(text: object) -> OfficeHours | None:
    """Read `08:30-16:30`, or `none`. Raises ValueError for anything else."""
    if text is None or text == "none" or isinstance(text, OfficeHours):
        return text if isinstance(text, OfficeHours) else None
    found = _HOURS.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('are no office hours; write when the port opens and closes, such as "08:30-16:30", or "none"')
    opens, closes = (time.fromisoformat(one) for one in found.groups())
    if opens >= closes:
        raise ValueError("never begin; write when the port opens, then when it closes, on one day")
    return OfficeHours(opens=opens, closes=closes)


def printable_line(text: str) -> str:
    """Return `text` if it is one line without control characters, which a server could take for commands."""
    if not text.strip() or _UNPRINTABLE.search(text):
        raise ValueError("must be one line of text without control characters; write it again by hand")
    return text


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself, so that nothing sent to it crosses a network."""
    name = host.casefold().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class Secret:
    """A password that is read each time it is called for, and that shows only where it comes from."""

    origin: str
    _read: Callable[[], str]

    def __call__(self) -> str:
        """Return the secret itself. Raises ConfigError, naming the origin, when it can't be read."""
        secret = self._read()
        if not secret or _UNPRINTABLE.search(secret):
            raise ConfigError([f"{self.origin}: must hold one non-empty line; write the password into it again"])
        return secret

    def __repr__(self) -> str:
        return f"Secret(from {self.origin})"


def secret_in_text(text: str) -> Secret:
    """A secret that stands in the configuration itself, against advice."""
    return Secret("the configuration", lambda: text)


def secret_in_variable(name: str, environ: Mapping[str, str]) -> Secret:
    """A secret in a variable of the environment."""
    return Secret(f"environment variable {name}", lambda: _from_variable(name, environ))


def _from_variable(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise ConfigError([f"environment variable {name}: is not set; set it to the password, or use password_file"])
    return environ[name]


def secret_in_file(path: Path, environ: Mapping[str, str]) -> Secret:
    """A secret in a file; a relative one is looked for among the credentials of the service first.

    The order is `$CREDENTIALS_DIRECTORY` (systemd), `/run/secrets`, the working directory.
    """
    return Secret(f"file {path}", lambda: _from_file(path, environ))


def _from_file(path: Path, environ: Mapping[str, str]) -> str:
    # A folder that this user may not enter holds none of its secrets.
    place = next((place for place in _places(path, environ) if os.path.isfile(place)), path)  # noqa: PTH113
    try:
        return place.read_bytes().decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ConfigError(
            [f"file {place}: can't be read ({error.strerror}); create it, readable by this user"]
        ) from None
    except UnicodeDecodeError:
        raise ConfigError([f"file {place}: is not UTF-8 text; write the password into it again"]) from None


def _places(path: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    return (*((Path(credentials) / path,) if credentials else ()), _SECRETS_FOLDER / path, path)
