"""What is fixed for a site: its mailboxes and their rules, its Centers, its clock and who writes its replies."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from cee_mailbot.domain.approved_texts import TextBook
from cee_mailbot.domain.directory import NO_DIRECTORY, Directory
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import Center, Mailbox
from cee_mailbot.errors import NotFoundError
from cee_mailbot.interfaces import Clock, Composer
from parsers.addresses import address_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What is fixed for a site: its mailboxes and their rules, its Centers, and who writes its replies.

    `policies` is by mailbox name; `new_message_id` gives an id that was never given before and can't be
    guessed. `texts` are those that staff may send.
    """

    mailboxes: tuple[Mailbox, ...]
    policies: Mapping[str, Policy]
    centers: Mapping[str, Center]
    composer: Composer
    clock: Clock
    new_message_id: Callable[[], str]
    directory: Directory = NO_DIRECTORY
    texts: TextBook = field(default_factory=TextBook)

    @property
    def own_addresses(self) -> frozenset[str]:
        """The addresses that the bot itself writes from, as they are compared."""
        return frozenset(address_key(mailbox.address) for mailbox in self.mailboxes)

    @property
    def center_addresses(self) -> frozenset[str]:
        """The addresses of this site's mailboxes and of every Center, as they are compared."""
        published = (address_key(address) for center in self.centers.values() for address in center.mailboxes)
        return self.own_addresses.union(published)

    @property
    def center_mailboxes(self) -> frozenset[str]:
        """The names of the mailboxes in which a part of a submission can lie; the program office's takes no parts."""
        return frozenset(mailbox.name for mailbox in self.mailboxes if mailbox.kind == "center")

    def mailboxes_of(self, teams: Collection[str]) -> tuple[str, ...]:
        """The names of these teams' mailboxes."""
        return tuple(mailbox.name for mailbox in self.mailboxes if mailbox.team in teams)

    def home(self, name: str, team: str | None = None) -> Mailbox:
        """The mailbox whose rules a submission follows and that answers for it: the one that it came to.

        Where that is configured no more: one of its team's, else the first of a Center, else the first.
        """
        fitting: tuple[Callable[[Mailbox], bool], ...] = (
            lambda mailbox: mailbox.name == name,
            lambda mailbox: mailbox.team == team,
            lambda mailbox: mailbox.kind == "center",
            lambda _: True,
        )
        return next(mailbox for fits in fitting for mailbox in self.mailboxes if fits(mailbox))

    def mailbox(self, name: str) -> Mailbox:
        """The mailbox of that name. Raises `NotFoundError`."""
        found = next((mailbox for mailbox in self.mailboxes if mailbox.name == name), None)
        if found is None:
            raise NotFoundError(f"no mailbox is called {name}; put it back into the configuration")
        return found
