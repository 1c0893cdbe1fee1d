"""The directories that a site may keep: which Center an account belongs to, and who writes for a filer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cee_mailbot.domain.routing import Mailbox, owner
from parsers.addresses import address_key

SHORT_NAME = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account: its name in full, the form that subject lines carry, its Center's team, and when it joined."""

    name: str
    short: str
    team: str
    joined: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Filer:
    """A filer: its code, its name, and the domains and addresses that may write for it, in lower case."""

    code: str
    name: str
    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """What a site has written down of accounts and filers; None where it keeps no such directory."""

    accounts: tuple[Account, ...] | None = None
    filers: tuple[Filer, ...] | None = None

    def account(self, written: str | None) -> Account | None:
        """The one account that a subject line's name fits; None where none fits, or several do."""
        wanted = short_name(written or "").casefold()
        fitting = [one for one in self.accounts or () if one.short.casefold() == wanted]
        return fitting[0] if len(fitting) == 1 else None

    def knows_sender(self, address: str, filer_code: str) -> bool:
        """Whether this address, or its domain, may write for a filer code."""
        key = address_key(address)
        domain = key.rpartition("@")[2]
        mine = [one for one in self.filers or () if one.code == filer_code]
        return any(key in one.addresses or domain in one.domains for one in mine)


NO_DIRECTORY = Directory()


def short_name(name: str) -> str:
    """The form that a subject line carries: without spaces and commas, the first ten characters."""
    return "".join(name.replace(",", "").split())[:SHORT_NAME]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ownership:
    """Whose a message is: the mailbox that answers it, the team whose queue it enters, and whether it was passed on."""

    mailbox: Mailbox
    team: str
    transferred: bool = False


def ownership(
    recipients: Iterable[str], arrived_in: Mailbox, mailboxes: Iterable[Mailbox], account: Account | None
) -> Ownership:
    """Whose a message is: the account's Center, else the first Center in To, then Cc, else where it arrived.

    `recipients` are the addresses of To, then Cc. The reply leaves from a mailbox that was written to, the account's
    own where that was among them. Recipients alone decide where there are any, so that the same message in several
    mailboxes has one owner, whichever is polled first; a message to the program office stays there.
    """
    named, known = list(recipients), list(mailboxes)
    first = owner(named, arrived_in, known)
    if account is None or arrived_in.kind == "program" or first.team == account.team:
        return Ownership(mailbox=first, team=first.team)
    own = owner(named, first, [mailbox for mailbox in known if mailbox.team == account.team])
    return Ownership(mailbox=own, team=account.team, transferred=own.team != account.team)
