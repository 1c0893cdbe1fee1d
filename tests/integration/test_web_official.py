"""The banner of the government, the identifier and the link to help: off by default, whole when they are on."""

import re
from contextlib import nullcontext
from html import unescape
from pathlib import Path

import pytest

from cee_mailbot.app import opened, serving
from cee_mailbot.config import load_config
from cee_mailbot.domain.official_site import official_domain
from cee_mailbot.domain.roles import Role
from cee_mailbot.web.parts import Settings
from tests.support.official import ADDRESSES, IDENTIFIER
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

PATHS = ("/sign-in", "/", "/pictures", "/keys", "/unprocessed", "/operations", "/api/docs", "/there-is-no-such-page")
# Word for word as the U.S. Web Design System 3.14.0 has it.
GOV = (
    "An official website of the United States government",
    "Here\u2019s how you know",
    "Official websites use .gov",
    "A .gov website belongs to an official government organization in the United States.",
    "Secure .gov websites use HTTPS",
    "A lock ( ) or https:// means you\u2019ve safely connected to the .gov website.",
    "Share sensitive information only on official, secure websites.",
)
MIL = (
    *GOV[:2],
    "Official websites use .mil",
    "A .mil website belongs to an official U.S. Department of Defense organization.",
    "Secure .mil websites use HTTPS",
    GOV[-2].replace(".gov", ".mil"),
    GOV[-1],
)


def banner(page: str) -> str | None:
    """What the banner says, as it is read."""
    found = re.search(r'<section class="official"[^>]*>(.*?)</section>', page, re.DOTALL)
    return words(found[1]) if found else None


def words(html: str) -> str:
    plain = re.sub(r"</?strong>", "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


@pytest.mark.parametrize(("domain", "expected"), [("gov", GOV), ("mil", MIL)])
def test_the_banner_stands_on_every_page_in_the_words_of_the_design_system(
    shop: Workshop, domain: str, expected: tuple[str, ...]
) -> None:
    """Signed in or not, on a page that is not there too, and above everything but the link past it."""
    staff = StaffPage(shop, banner=domain)
    kim = staff.person("kim", Role.ADMINISTRATOR)
    for path in PATHS:
        text = (staff.browser() if path == "/sign-in" else kim).get(path).text
        assert banner(text) == " ".join(expected), path
        assert text.index('class="skip"') < text.index('class="official"') < text.index("<header")
        assert "<details open" not in text


def test_nothing_of_it_is_there_by_default(shop: Workshop) -> None:
    kim = StaffPage(shop).person("kim", Role.ADMINISTRATOR)
    for path in PATHS[1:]:
        text = kim.get(path).text
        assert banner(text) is None
        assert 'class="identifier"' not in text
        assert 'class="help"' not in text


def test_the_identifier_names_the_agencies_and_has_every_link(shop: Workshop) -> None:
    """At the foot of every page, the highest agency first, and the letters of that one."""
    kim = StaffPage(shop, identifier=IDENTIFIER).person("kim", Role.ADMINISTRATOR)
    for path in PATHS[1:]:
        foot = kim.get(path).text.split('<footer class="identifier">')[1].split("</footer>")[0]
        assert "An official website of the Department of Examples and the Customs & Border Examples" in words(foot)
        assert words(foot.split("<ul>")[1].split("</ul>")[0]) == (
            "About DoE Accessibility statement FOIA requests No FEAR Act data Office of the Inspector General "
            "Performance reports Privacy policy Vulnerability disclosure policy"
        )
        assert re.findall(r'<li><a href="([^"]+)"', foot) == list(ADDRESSES.values())
        assert words(foot).endswith("Looking for U.S. government information and services? Visit USA.gov")


@pytest.mark.parametrize(
    ("address", "link"),
    [("https://help.example.gov/queue", "https://help.example.gov/queue"), ("a+b@x.example", "mailto:a+b@x.example")],
)
def test_help_is_the_last_of_the_header_on_every_page(shop: Workshop, address: str, link: str) -> None:
    """WCAG 2.2, 3.2.6: before signing in too."""
    staff = StaffPage(shop, help=address)
    kim = staff.person("kim", Role.ADMINISTRATOR)
    for path in PATHS:
        text = (staff.browser() if path == "/sign-in" else kim).get(path).text
        assert re.search(rf'<a class="help" href="{re.escape(link)}">Help</a>\s*</header>', text), path


SITE = """
[storage]
database = "sqlite:///{folder}/mail.db"
blobs = "{folder}/blobs"
[replies]
transport = "files"
dir = "{folder}/out"
[web]
public_url = "https://queue.example.mil"
banner = "on"
[[mailbox]]
name = "A"
address = "a@example.mil"
team = "007"
source = "maildir"
path = "{folder}/mail"
"""


def test_what_is_configured_reaches_the_page_but_never_the_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Settings] = []
    monkeypatch.setattr("cee_mailbot.web.application.build_application", lambda parts: given.append(parts.settings))
    monkeypatch.setattr("cee_mailbot.web.server.serving", lambda *_, **__: nullcontext(""))
    (tmp_path / "mailboxes.toml").write_text(SITE.format(folder=tmp_path), encoding="utf-8")
    with opened(load_config(tmp_path / "mailboxes.toml", {})) as app:
        for demo in (False, True):
            with serving(app, demo=demo):
                pass
    assert [(one.banner, one.demo) for one in given] == [("mil", False), (None, True)]


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("queue.example.gov", "gov"), ("QUEUE.EXAMPLE.MIL.", "mil"), ("example.gov", "gov"), ("gov", None), ("", None),
        ("queue.example.gov.example", None), ("examplegov", None), ("gov.uk", None), ("queue.gov.example.com", None),
    ],
)  # fmt: skip
def test_a_host_is_official_by_its_last_label_alone(host: str, domain: str | None) -> None:
    assert official_domain(host) == domain
