"""A made-up agency, as a site of the government names its own."""

from cee_mailbot.config.official_tables import IdentifierTable
from cee_mailbot.domain.official_site import FURTHER_LINKS, REQUIRED_LINKS

ADDRESSES = {key: f"https://www.example.gov/{key}" for key in (*REQUIRED_LINKS, *FURTHER_LINKS)}
TABLE = IdentifierTable(
    parent="Department of Examples",
    parent_url="https://www.example.gov",
    agency="Customs & Border Examples",
    agency_url="https://customs.example.gov",
    acronym="DoE",
    **ADDRESSES,
)
IDENTIFIER = TABLE.of("queue.example.gov")
