"""What must hold between the keys of a configuration, where each of them is right by itself."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cee_mailbot.config.errors import Fault
from cee_mailbot.config.official_checks import OFFICIAL_CHECKS
from cee_mailbot.config.signing_in import (
    GRAPH,
    OAUTH,
    SECRETS,
    exchange_faults,
    graph_faults,
    one_secret,
    secrets_in,
    sign_in_faults,
)
from cee_mailbot.config.staff_checks import STAFF_CHECKS
from cee_mailbot.config.tables import (
    CenterTable,
    MailboxTable,
    PolicyTable,
    RepliesTable,
    Settings,
)
from cee_mailbot.config.values import is_loopback
from cee_mailbot.config.wording import NOT_YET
from cee_mailbot.domain.routing import PROGRAM_TEAM, shipped_centers
from parsers.addresses import Address, address_key

_OF_IMAP = ("host", "tcp_port", "tls", "auth", "user", "ca_file", "folder", *SECRETS, *OAUTH)
_KEYS_OF = {
    "imap": _OF_IMAP,
    "exchange": ("endpoint", "auth", "user", "ca_file", *SECRETS, *OAUTH),
    "graph": (*GRAPH, "client_id", "client_secret_file", "certificate_file", "ca_file"),
    "maildir": ("path",),
}
_LATER_STORAGE = {"database": ("postgresql",), "blobs": ("s3:",)}

LEAST_READING_MEMORY = 256_000_000


def faults_between(settings: Settings) -> list[Fault]:
    """Everything that the keys of these settings say against each other."""
    return [fault for check in CHECKS for fault in check(settings)]


def _storage_is_built_in(settings: Settings) -> Iterator[Fault]:
    for key, prefixes in _LATER_STORAGE.items():
        if getattr(settings.storage, key).startswith(prefixes):
            remedy = {"database": "use sqlite:///PATH", "blobs": "name a folder"}[key]
            yield Fault(path=("storage", key), wrong=f"this kind of storage {NOT_YET}", remedy=remedy)


def _storage_is_known(settings: Settings) -> Iterator[Fault]:
    database, blobs = settings.storage.database, settings.storage.blobs
    place = database.removeprefix("sqlite:///")
    if not database.startswith("postgresql") and (place == database or place in {"", ":memory:"}):
        yield Fault(
            path=("storage", "database"),
            wrong="is not the address of a database that lasts",
            remedy='write "sqlite:///PATH", such as "sqlite:///var/cee-mailbot.db"',
        )
    if "://" in blobs and not blobs.startswith("s3:"):
        yield Fault(path=("storage", "blobs"), wrong="is not a folder", remedy='write a path, such as "var/blobs"')


def _polling_takes_time(settings: Settings) -> Iterator[Fault]:
    for key in ("interval", "deadline"):
        if getattr(settings.polling, key) < timedelta(seconds=1):
            yield Fault(path=("polling", key), wrong="is shorter than a second", remedy='write at least "1s"')


def _answers_have_time(settings: Settings) -> Iterator[Fault]:
    """A claim on a reply outlasts ten minutes: with more, another process might send it beside us."""
    for key in ("answer_timeout", "letter_timeout"):
        if not timedelta(seconds=1) <= getattr(settings.replies, key) <= timedelta(minutes=10):
            remedy = 'write "1s" to "10m"'
            yield Fault(path=("replies", key), wrong="is no time to wait for an answer", remedy=remedy)


def _reading_has_room(settings: Settings) -> Iterator[Fault]:
    """Less than these, and good mail would be held; a child without a message takes a third of the memory."""
    reading = settings.reading
    for key in ("cpu", "wall"):
        if getattr(reading, key) < timedelta(seconds=1):
            yield Fault(path=("reading", key), wrong="is shorter than a second", remedy='write at least "1s"')
    if reading.memory < LEAST_READING_MEMORY:
        yield Fault(path=("reading", "memory"), wrong="is too little to read mail in", remedy='write at least "256MB"')


def _scanner_is_in_one_place(settings: Settings) -> Iterator[Fault]:
    scanner = settings.scanner
    if scanner.host is not None and scanner.socket is not None:
        yield Fault(path=("scanner", "socket"), wrong="stands beside host", remedy="keep one of them")
    if scanner.timeout < timedelta(seconds=1):
        yield Fault(path=("scanner", "timeout"), wrong="is shorter than a second", remedy='write at least "1s"')


def _replies_can_leave(settings: Settings) -> Iterator[Fault]:
    replies = settings.replies
    if replies.transport == "files":
        yield from one_secret(("replies",), replies)
        if replies.dir is None:
            yield Fault(path=("replies", "dir"), wrong="is missing", remedy='add dir = "var/replies" for "files"')
        return
    if replies.transport == "graph":
        yield from graph_faults(("replies",), replies, 'transport = "graph"')
        return
    if replies.transport == "exchange":
        yield from exchange_faults(("replies",), replies, replies.user, 'transport = "exchange"')
        return
    yield from sign_in_faults(("replies",), replies, needs_password=replies.user is not None)
    yield from _encrypted(("replies",), replies)
    if replies.user is None and (secrets_in(replies) or replies.auth == "oauth2"):
        beside = "tokens" if replies.auth == "oauth2" else "a password"
        yield Fault(path=("replies", "user"), wrong=f"is missing beside {beside}", remedy="add user = ...")


def _alarms_reach_people(settings: Settings) -> Iterator[Fault]:
    ours = {address_key(mailbox.address) for mailbox in settings.mailbox}
    for position, address in enumerate(settings.alarms.to):
        if not Address(name="", addr=address).is_plausible:
            remedy = "write one mail address, such as duty@agency.example"
            yield Fault(path=("alarms", "to", position), wrong="is no address that mail can be sent to", remedy=remedy)
        elif address_key(address) in ours:
            remedy = "name where a person reads mail"
            yield Fault(path=("alarms", "to", position), wrong="is a mailbox that this program reads", remedy=remedy)


def _there_is_a_mailbox(settings: Settings) -> Iterator[Fault]:
    if not settings.mailbox:
        yield Fault(path=("mailbox",), wrong="there is none", remedy="add a [[mailbox]] table for each mailbox")


def _mailboxes_can_be_read(settings: Settings) -> Iterator[Fault]:
    for position, mailbox in enumerate(settings.mailbox):
        yield from _reading_faults(("mailbox", position), mailbox)


def _reading_faults(table: tuple[str, int], mailbox: MailboxTable) -> Iterator[Fault]:
    whose = {key: source for source, keys in reversed(_KEYS_OF.items()) for key in keys}
    for key in sorted((mailbox.model_fields_set & set(whose)) - set(_KEYS_OF[mailbox.source])):
        wrong = f'is a key of source = "{whose[key]}", and this mailbox has "{mailbox.source}"'
        yield Fault(path=(*table, key), wrong=wrong, remedy="leave it out, or change source")
    yield from _FAULTS_OF[mailbox.source](table, mailbox)


def _imap_faults(table: tuple[str, int], mailbox: MailboxTable) -> Iterator[Fault]:
    for key in ("host", "user"):
        if getattr(mailbox, key) is None:
            yield Fault(path=(*table, key), wrong="is missing", remedy=f'add {key} = "..." for source = "imap"')
    yield from sign_in_faults(table, mailbox, needs_password=True)
    yield from _encrypted(table, mailbox)
    if mailbox.processed_folder.casefold() == (mailbox.folder or "INBOX").casefold():
        wrong = "is the folder that is read, so that mail would be read for ever"
        yield Fault(path=(*table, "processed_folder"), wrong=wrong, remedy="name another folder")


def _maildir_faults(table: tuple[str, int], mailbox: MailboxTable) -> Iterator[Fault]:
    if mailbox.path is None:
        yield Fault(path=(*table, "path"), wrong="is missing", remedy='add path = "..." for source = "maildir"')
    if "/" in mailbox.processed_folder or mailbox.processed_folder.startswith("."):
        wrong = "is no name of a Maildir folder"
        yield Fault(path=(*table, "processed_folder"), wrong=wrong, remedy='write a plain name, such as "Processed"')


def _graph_faults(table: tuple[str, int], mailbox: MailboxTable) -> Iterator[Fault]:
    yield from graph_faults(table, mailbox, 'source = "graph"')
    yield from _folder_faults(table, mailbox)


def _exchange_faults(table: tuple[str, int], mailbox: MailboxTable) -> Iterator[Fault]:
    yield from exchange_faults(table, mailbox, mailbox.user, 'source = "exchange"')
    yield from _folder_faults(table, mailbox)


def _folder_faults(table: tuple[str, int], mailbox: MailboxTable) -> Iterator[Fault]:
    if mailbox.processed_folder.casefold() == "inbox" or "/" in mailbox.processed_folder:
        wrong = "is the folder that is read, or lies in another one"
        yield Fault(path=(*table, "processed_folder"), wrong=wrong, remedy='write a plain name, such as "Processed"')


_FAULTS_OF: dict[str, Callable[[tuple[str, int], MailboxTable], Iterator[Fault]]] = {
    "imap": _imap_faults,
    "exchange": _exchange_faults,
    "graph": _graph_faults,
    "maildir": _maildir_faults,
}


def _encrypted(table: tuple[str | int, ...], keys: RepliesTable | MailboxTable) -> Iterator[Fault]:
    if keys.tls == "none" and not is_loopback(keys.host or ""):
        wrong = '"none" would send password and mail in clear over the network'
        yield Fault(path=(*table, "tls"), wrong=wrong, remedy='use "implicit" or "starttls"; "none" is for localhost')


def _mailboxes_have_a_team(settings: Settings) -> Iterator[Fault]:
    known = {*shipped_centers(), *(center.team for center in settings.center)}
    for position, mailbox in enumerate(settings.mailbox):
        team = team_of(mailbox)
        if team is None:
            wrong, remedy = "is missing", 'add the three digits of the Center\'s team, such as team = "007"'
            yield Fault(path=("mailbox", position, "team"), wrong=wrong, remedy=remedy)
        elif team not in known:
            remedy = f"use one of {', '.join(sorted(known))}, or add it as [[center]]"
            yield Fault(path=("mailbox", position, "team"), wrong=f'"{team}" is not a known team', remedy=remedy)
        elif (mailbox.kind or kind_of(team)) != kind_of(team):
            wrong = f'"{mailbox.kind}" does not go with team "{team}"'
            yield Fault(path=("mailbox", position, "kind"), wrong=wrong, remedy='"program" goes with "000" alone')


def team_of(mailbox: MailboxTable) -> str | None:
    """The team as written; else that of the program office, or of the Center that the address belongs to."""
    if mailbox.team or mailbox.kind == "program":
        return mailbox.team or PROGRAM_TEAM
    address = address_key(mailbox.address)
    owners = (
        center.team
        for center in shipped_centers().values()
        if address in {address_key(known) for known in center.mailboxes}
    )
    return next(owners, None)


def kind_of(team: str) -> Literal["center", "program"]:
    """What kind of mailbox feeds this team's queue."""
    return "program" if team == PROGRAM_TEAM else "center"


def _nothing_stands_twice(settings: Settings) -> Iterator[Fault]:
    marks: dict[str, Callable[[MailboxTable], object]] = {
        "name": lambda mailbox: mailbox.name.casefold(),
        "address": lambda mailbox: address_key(mailbox.address),
        "path": lambda mailbox: mailbox.path,
        "folder": _imap_place,
    }
    for key, mark in marks.items():
        seen: Counter[object] = Counter()
        for position, mailbox in enumerate(settings.mailbox):
            seen[mark(mailbox)] += 1
            if mark(mailbox) is not None and seen[mark(mailbox)] > 1:
                wrong = "is that of another mailbox too"
                remedy = f"give each mailbox its own {key}, so that no mail is read or counted twice"
                yield Fault(path=("mailbox", position, key), wrong=wrong, remedy=remedy)


def _imap_place(mailbox: MailboxTable) -> object:
    if mailbox.source != "imap" or not mailbox.host:
        return None
    return mailbox.host.casefold(), mailbox.tcp_port, mailbox.user, (mailbox.folder or "INBOX").casefold()


def _policy_is_set_once(settings: Settings) -> Iterator[Fault]:
    for position, mailbox in enumerate(settings.mailbox):
        beside = mailbox.model_fields_set.intersection(PolicyTable.model_fields)
        for key in sorted(beside & mailbox.policy.model_fields_set):
            wrong = "stands in this mailbox and in its [mailbox.policy]"
            yield Fault(path=("mailbox", position, "policy", key), wrong=wrong, remedy="keep one of them")


def _centers_are_whole(settings: Settings) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, center in enumerate(settings.center):
        if center.team in seen:
            wrong = f'team "{center.team}" stands in another [[center]] too'
            yield Fault(path=("center", position, "team"), wrong=wrong, remedy="keep one of them")
        seen.add(center.team)
        yield from _center_faults(("center", position), center)


def _center_faults(table: tuple[str, int], center: CenterTable) -> Iterator[Fault]:
    for key in ("name", "location", "time_zone"):
        if center.team not in shipped_centers() and getattr(center, key) is None:
            wrong, remedy = "is missing", f'add {key} = "...": team "{center.team}" is not in the directory'
            yield Fault(path=(*table, key), wrong=wrong, remedy=remedy)
    if center.time_zone is not None and not _is_zone(center.time_zone):
        wrong, remedy = "is not a time zone", 'write an IANA name, such as "America/Chicago"'
        yield Fault(path=(*table, "time_zone"), wrong=wrong, remedy=remedy)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


CHECKS: tuple[Callable[[Settings], Iterator[Fault]], ...] = (
    _storage_is_built_in,
    _storage_is_known,
    _polling_takes_time,
    _answers_have_time,
    _reading_has_room,
    *STAFF_CHECKS,
    *OFFICIAL_CHECKS,
    _scanner_is_in_one_place,
    _replies_can_leave,
    _alarms_reach_people,
    _there_is_a_mailbox,
    _mailboxes_can_be_read,
    _mailboxes_have_a_team,
    _nothing_stands_twice,
    _policy_is_set_once,
    _centers_are_whole,
)
