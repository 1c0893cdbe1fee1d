"""The table of the configuration that says whose site the queue page is."""

from cee_mailbot.config.fields import Line, Table
from cee_mailbot.domain.official_site import FURTHER_LINKS, REQUIRED_LINKS, Identifier, Link


class IdentifierTable(Table):
    """`[identifier]`: the block at the foot of each page that a site of the government needs."""

    agency: Line | None = None
    agency_url: Line | None = None
    acronym: Line | None = None
    parent: Line | None = None
    parent_url: Line | None = None
    about: Line | None = None
    accessibility: Line | None = None
    foia: Line | None = None
    no_fear: Line | None = None
    inspector_general: Line | None = None
    performance: Line | None = None
    privacy: Line | None = None
    vulnerability_disclosure: Line | None = None

    @property
    def configured(self) -> bool:
        """Whether anything of it is written."""
        return bool(self.model_fields_set)

    def of(self, domain: str) -> Identifier | None:
        """As the page shows it on this domain; None where there is none."""
        if not self.configured:
            return None
        above = Link(words=self.parent, address=self.parent_url or "") if self.parent else None
        own = Link(words=self.agency or "", address=self.agency_url or "")
        words = {**REQUIRED_LINKS, **FURTHER_LINKS, "about": f"{REQUIRED_LINKS['about']} {self.acronym}"}
        links = ((words[key], getattr(self, key)) for key in words)
        return Identifier(
            domain=domain,
            agencies=(above, own) if above else (own,),
            links=tuple(Link(words=text, address=address) for text, address in links if address),
        )
