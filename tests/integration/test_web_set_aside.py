"""What was set aside, or is malware, leaves the program for supervisors alone, whichever way it is asked for."""

import io
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import accounts
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.web.routes import EVERY_DOOR
from tests.support.api import caller
from tests.support.mails import mail
from tests.support.staff_page import OWN, StaffPage
from tests.support.workshop import Workshop

PROGRAM = b"MZ\x90\x00 a program"
TRUSTED = (Role.SUPERVISOR, Role.ADMINISTRATOR)


def packed(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("setup.exe", content)
        archive.writestr("invoice.txt", "an invoice")
    return made.getvalue()


class Site:
    """Four messages: a harmless one, a program beside papers, a program in a ZIP, and one with malware."""

    def __init__(self, folder: Path) -> None:
        self.shop = Workshop(folder)
        shop = self.shop
        for number, documents in enumerate(
            ([b"papers"], [b"papers", PROGRAM], [packed(PROGRAM)], [b"papers"]), start=1
        ):
            line = f"DR,NokiaInc,345-678901{number}{number},2704"
            shop.receive(mail(subject=line, documents=documents, message_id=f"<{number}@filer.example>"))
        self.harmless, self.program, self.zip, self.malware = (one.id for one in shop.messages())
        with shop.store.begin(shop.clock.now()) as unit:
            row = unit._message_row(self.malware)  # type: ignore[attr-defined]
            row.evidence = {"scan": {"state": "malware", "detail": "Eicar"}}
        self.page = StaffPage(shop)
        self.robots = {role: caller(self.page, f"robot-{role}", role=role) for role in Role}
        self.browsers = {role: self._browser(role) for role in Role}

    def _browser(self, role: Role) -> TestClient:
        person = Person(name=f"robot-{role}", role=role)
        browser = self.page.browser()
        browser.cookies.set("cee-session", accounts.open_session(self.shop.store, self.shop.clock.now(), person))
        return browser

    def numbered(self, message: int, status: str) -> int:
        """The number of the first document of a message in this state."""
        with self.shop.store.read() as ask:
            return [one.status for one in ask.documents(message)].index(status) + 1


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("aside"))
    yield made
    made.shop.store.close()


def statuses(site: Site, role: Role, path: str) -> set[int]:
    """What page and API answer to this role."""
    return {site.browsers[role].get(path, headers=OWN).status_code, site.robots[role].get(f"/api/v1{path}").status_code}


@pytest.mark.parametrize("role", Role)
def test_the_bytes_of_a_message_are_for_whom_all_that_is_in_it_is_for(site: Site, role: Role) -> None:
    assert statuses(site, role, f"/messages/{site.harmless}/raw") == {200}
    for message in (site.program, site.zip, site.malware):
        assert statuses(site, role, f"/messages/{message}/raw") == {200 if role in TRUSTED else 403}, message


@pytest.mark.parametrize("role", Role)
def test_a_container_is_for_whom_its_contents_are_for(site: Site, role: Role) -> None:
    aside = 200 if role in TRUSTED else 403
    for message, document, wanted in (
        (site.program, 1, 200),
        (site.program, site.numbered(site.program, "quarantined"), aside),
        (site.zip, 1, aside),
        (site.zip, site.numbered(site.zip, "quarantined"), aside),
        (site.zip, site.numbered(site.zip, "unread"), 200),
        (site.malware, 1, aside),
    ):
        assert statuses(site, role, f"/messages/{message}/documents/{document}") == {wanted}, (message, document)


def test_nothing_of_malware_is_shown_to_anybody(site: Site) -> None:
    for role, status in ((Role.VIEWER, 403), (Role.ADMINISTRATOR, 409)):
        answer = site.browsers[role].get(f"/messages/{site.malware}/documents/1/shown")
        assert answer.status_code == status
        assert "papers" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize("role", Role)
def test_nothing_that_can_run_is_in_any_answer_to_those_who_are_not_trusted(site: Site, role: Role) -> None:
    """Every way on which bytes of a sender leave, as the table of routes has it."""
    ways = [door for door in EVERY_DOOR if door.hands_out]
    for door, message in product(ways, (site.program, site.zip)):
        with site.shop.store.read() as ask:
            count = len(ask.documents(message))
        client = site.robots[role] if door.scope else site.browsers[role]
        for number in range(1, count + 1):
            path = getattr(door, "address", door.path).format(message=message, number=number)
            given = client.get(path, headers={} if door.scope else OWN).content
            assert role in TRUSTED or not [one for one in (PROGRAM, b64encode(PROGRAM)) if one in given], path


@pytest.mark.parametrize("role", Role)
def test_a_page_links_to_nothing_that_it_would_refuse(site: Site, role: Role) -> None:
    """Item and message: every download that is offered is given, and what is not offered says who can have it."""
    browser = site.browsers[role]
    withheld = 0
    for item in site.shop.items():
        for path in (f"/items/{item.tracking}", *(f"/messages/{one}" for one in item.messages)):
            page = browser.get(path).text
            links = re.findall(r'(?:href|src|data-pdf)="(/messages/[^"]*/(?:raw|documents/[^"]*))"', page)
            for link in links:
                assert browser.get(link).status_code == 200 or role in TRUSTED, (path, link)
            offered = [link for link in links if not link.endswith("/shown")]
            withheld += page.count("a supervisor can download it")
            with site.shop.store.read() as ask:
                count = 1 + len(ask.documents(item.messages[0]))
            assert len(set(offered)) + page.count("a supervisor can download it") == count, path
    # The program and its message; the container, what is in it, and their message; the papers with malware and theirs.
    assert withheld == (0 if role in TRUSTED else 2 * (2 + 3 + 2))


def test_the_page_says_why_it_offers_no_download(site: Site) -> None:
    words = site.browsers[Role.VIEWER].get(f"/messages/{site.program}/raw").text
    assert "to download it needs the role supervisor" in words
