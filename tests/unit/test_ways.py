"""Which other ways to a mailbox there are where one of them fails."""

import pytest

from cee_mailbot.domain.ways import Way, is_online, other_ways


@pytest.mark.parametrize(
    ("failed", "host", "said", "unsaid"),
    [
        ("graph", "", ("IMAP may be one", 'auth = "oauth2"', "EWS is none"), "Graph"),
        ("exchange", "Outlook.Office365.com", ("Graph may be one", "IMAP may be one"), "EWS"),
        ("imap", "outlook.office365.com", ("Graph may be one", "EWS is none"), "IMAP"),
        ("exchange", "mail.agency.example", ('host = "mail.agency.example"', "Graph is none"), "EWS"),
        ("imap", "mail.agency.example", ('"https://mail.agency.example/EWS/Exchange.asmx"', "Graph is none"), "IMAP"),
    ],
)
def test_the_other_two_ways_are_named_by_where_the_mailbox_is(
    failed: Way, host: str, said: tuple[str, ...], unsaid: str
) -> None:
    words = other_ways(failed, host)
    assert all(one in words for one in said), words
    assert unsaid not in words


def test_only_microsofts_own_servers_are_online() -> None:
    assert is_online("outlook.office365.us")
    assert not is_online("office365.com.agency.example")
    assert not is_online("notoffice365.com")
