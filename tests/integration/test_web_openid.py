"""Signing in at a provider that runs for these tests: who gets in with which role, and everything that must not."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi.testclient import TestClient

from cee_mailbot import accounts
from cee_mailbot.domain.groups import GroupRule
from cee_mailbot.domain.roles import Role
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.identity_provider import Refusal, RefusedSignInError
from cee_mailbot.openid import calls
from cee_mailbot.openid.calls import Calls
from cee_mailbot.openid.client_key import read_client_key
from cee_mailbot.openid.discovery import ASKED_AGAIN_AFTER, KEPT_FOR, LEFT_ALONE_FOR, Discovery
from cee_mailbot.openid.provider import OpenidProvider
from cee_mailbot.openid.settings import OpenidSettings
from cee_mailbot.web.sign_in_openid import TOLD
from cee_mailbot.web.tries import Caller
from tests.servers.oidc import CLIENT, KIM, OidcProvider
from tests.support.staff_page import PASSWORD, StaffPage
from tests.support.workshop import Workshop

PEER = "testclient"  # what the client of these tests is called
SITE = "http://127.0.0.1:8400"
GROUPS = (
    GroupRule(group="specialists-007", role=Role.SPECIALIST, teams=frozenset({"007"})),
    GroupRule(group="specialists-001", role=Role.SPECIALIST, teams=frozenset({"001"})),
    GroupRule(group="viewers", role=Role.VIEWER),
    GroupRule(group="supervisors", role=Role.SUPERVISOR),
)
PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
THERE = httpx.Client(verify=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))  # noqa: S501 - in clear, on loopback
OTHERS_KEY = ec.generate_private_key(ec.SECP256R1())


class Monotonic:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Agency:
    """A workshop whose staff sign in at a provider."""

    def __init__(self, folder: Path) -> None:
        self.shop = Workshop(folder)
        self.key_file = folder / "client.pem"
        self.key_file.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*PEM))
        self.server = OidcProvider(
            keys_of_client=read_client_key(self.key_file).public,
            redirect_uri=f"{SITE}/sign-in/back",
            signed_out_uri=f"{SITE}/signed-out",
            now=lambda: self.shop.clock.now().timestamp(),
            keys={"first": SIGNING_KEY},
        )
        self.monotonic = Monotonic()

    def page(self, **settings: Any) -> StaffPage:
        """The queue page; `settings` are those of the program at the provider."""
        known = {"issuer": self.server.issuer, "client_id": CLIENT, "key_file": self.key_file, "site": SITE}
        made = OpenidSettings(**{**known, **settings})
        discovery = Discovery(made, Calls(made), self.monotonic)
        provider = OpenidProvider(made, self.shop.clock.now, discovery)
        return StaffPage(self.shop, provider, GROUPS, sign_in="openid", public_url=SITE)


SIGNING_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    made = Agency(tmp_path)
    with made.server:
        yield made
    made.shop.store.close()


def at_provider(browser: TestClient, back: str = "/") -> str:
    """Begins to sign in, and signs in there: the address that leads back."""
    begun = browser.get("/sign-in", params={"back": back})
    assert begun.status_code == 303, begun.text
    answer = THERE.get(begun.headers["location"])
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def signed_in(page: StaffPage, back: str = "/") -> tuple[TestClient, httpx.Response]:
    """A browser that went the whole way, and the page's last answer."""
    browser = page.browser()
    return browser, browser.get(at_provider(browser, back))


def changed(address: str, **parameters: str) -> str:
    """The address with other parameters; those that are empty are left out."""
    said = {**dict(parse_qsl(urlsplit(address).query)), **parameters}
    return f"{address.partition('?')[0]}?{urlencode({name: value for name, value in said.items() if value})}"


# --- who gets in -----------------------------------------------------------------------------------------------


def test_somebody_signs_in_with_role_and_teams_of_the_groups(agency: Agency) -> None:
    browser, answer = signed_in(agency.page(), back="/?q=code:DR")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=code:DR")
    text = browser.get("/").text
    assert "kim" in text
    assert "specialist" in text
    assert "Chemicals" not in text
    assert agency.server.faults == []
    assert not any("signing-in" in cookie.name for cookie in browser.cookies.jar)


@pytest.mark.parametrize(
    ("groups", "role", "teams"),
    [
        (["specialists-007", "specialists-001"], Role.SPECIALIST, {"001", "007"}),
        (["viewers", "specialists-007"], Role.SPECIALIST, {"007"}),
        (["supervisors", "specialists-007"], Role.SUPERVISOR, None),
        ("viewers", Role.VIEWER, None),
        (["Viewers", "others", "viewers"], Role.VIEWER, None),
    ],
)
def test_the_highest_role_counts_for_its_own_teams_alone(
    agency: Agency, groups: list[str] | str, role: Role, teams: set[str] | None
) -> None:
    agency.server.who = {**KIM, "groups": groups}
    browser, _ = signed_in(agency.page())
    found = accounts.session_of(
        agency.shop.store, agency.shop.clock.now(), browser.cookies["cee-session"], accounts.Limits()
    )
    assert found is not None
    assert (found.person.role, found.person.teams) == (role, None if teams is None else frozenset(teams))


def test_groups_may_come_from_the_userinfo_endpoint(agency: Agency) -> None:
    agency.server.thin = True
    assert signed_in(agency.page())[1].headers["location"] == "/"
    assert "/realm/userinfo" in agency.server.asked


def test_a_token_may_say_more_than_we_know(agency: Agency) -> None:
    """Hundreds of groups, a chain of certificates, and header parameters that are to be passed over (RFC 7515 4)."""
    agency.server.who = {**KIM, "groups": [f"group-{number:036}" for number in range(500)] + ["viewers"]}
    agency.server.signs = lambda head, claims: agency.server.signed({**head, "x5c": ["A" * 4000], "own": "x"}, claims)
    assert signed_in(agency.page())[1].status_code == 303


def test_what_is_asked_for_as_assurance_must_be_given(agency: Agency) -> None:
    agency.server.acr_values = "piv"
    agency.server.who = {**KIM, "acr": "piv"}
    page = agency.page(acr_values=("piv",))
    assert signed_in(page)[1].status_code == 303
    agency.server.who = {**KIM, "acr": "password"}
    assert signed_in(page)[1].status_code == 400


@pytest.mark.parametrize("groups", [[], ["others"], None, 7, [["specialists-007"]], {"specialists-007": 1}])
def test_who_is_in_no_group_of_ours_is_told_so_and_does_not_get_in(agency: Agency, groups: object) -> None:
    agency.server.who = {**KIM, "groups": groups}
    browser, answer = signed_in(agency.page())
    assert answer.status_code == 403
    assert "none of your groups may use this page" in answer.text
    assert "/realm/logout" in answer.text  # the way to another account
    assert browser.get("/").status_code == 303
    assert "cee-session" not in browser.cookies


@pytest.mark.parametrize("name", ["", "system", "kim\u202e", "k" * 65, "kim lee", None, 7])
def test_a_name_that_can_be_none_is_told(agency: Agency, name: object) -> None:
    agency.server.who = {**KIM, "preferred_username": name}
    answer = signed_in(agency.page())[1]
    assert answer.status_code == 403
    assert "no name that can be used here" in answer.text


def test_a_name_stays_with_its_person(agency: Agency) -> None:
    """Whoever takes somebody's name at the provider takes neither drafts nor the place in the history."""
    page = agency.page()
    signed_in(page)
    agency.server.who = {**KIM, "sub": "somebody-else", "preferred_username": "KIM"}
    answer = signed_in(page)[1]
    assert answer.status_code == 403
    assert "belongs to somebody else" in answer.text
    agency.server.who = {**KIM, "preferred_username": "kim.married"}
    assert "kim.married" not in signed_in(page)[0].get("/").text


def test_an_account_of_the_same_name_gives_nothing_and_its_end_is_an_end(agency: Agency) -> None:
    shop, page = agency.shop, agency.page()
    accounts.add_account(
        shop.store, shop.clock, name="Kim", password=PASSWORD, role=Role.ADMINISTRATOR, teams=None, actor="root"
    )
    browser, _ = signed_in(page)
    assert browser.get("/operations").status_code == 403
    accounts.disable(shop.store, shop.clock, name="kim", actor="root")
    assert browser.get("/").status_code == 303
    assert "is disabled" in signed_in(page)[1].text


def test_a_password_opens_nothing_where_people_sign_in_elsewhere(agency: Agency) -> None:
    """Neither at the door, nor with a session from before."""
    shop = agency.shop
    former = StaffPage(shop).person("lee")
    page = agency.page()
    browser = page.browser()
    assert browser.post("/sign-in", data={"name": "lee", "password": PASSWORD}).headers["location"] == "/"
    assert "cee-session" not in browser.cookies
    browser.cookies.update(dict(former.cookies))
    assert browser.get("/").status_code == 303


# --- attacks ---------------------------------------------------------------------------------------------------

Forge = Callable[[OidcProvider, dict[str, Any], dict[str, Any]], str]


def with_claims(**claims: object) -> Forge:
    def forge(server: OidcProvider, head: dict[str, Any], real: dict[str, Any]) -> str:
        said = {name: value for name, value in {**real, **claims}.items() if value is not None}
        return server.signed(head, said)

    return forge


def with_head(**head: object) -> Forge:
    def forge(server: OidcProvider, real: dict[str, Any], claims: dict[str, Any]) -> str:
        return server.signed({**real, **head}, claims, key=SIGNING_KEY)

    return forge


def unsigned(server: OidcProvider, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return server.signed({**head, "alg": "none"}, claims, key=SIGNING_KEY).rpartition(".")[0] + "."


def of_a_foreign_key(server: OidcProvider, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return server.signed({**head, "alg": "ES256"}, claims, key=OTHERS_KEY)


def changed_after_signing(server: OidcProvider, head: dict[str, Any], claims: dict[str, Any]) -> str:
    true, other = (server.signed(head, {**claims, "groups": groups}) for groups in (["viewers"], ["supervisors"]))
    return ".".join((*other.split(".")[:2], true.split(".")[2]))


FORGED: dict[str, Forge] = {
    "wrong nonce": with_claims(nonce="another"),
    "no nonce": with_claims(nonce=None),
    "of another issuer": with_claims(iss="https://evil.example"),
    "of two issuers": with_claims(iss=["http://127.0.0.1", "https://evil.example"]),
    "for another program": with_claims(aud="other"),
    "for another program too": with_claims(aud=[CLIENT, "other"], azp=CLIENT),
    "for nobody": with_claims(aud=None),
    "for another party": with_claims(azp="other"),
    "over": with_claims(exp=1),
    "without an end": with_claims(exp=None),
    "with an end in words": with_claims(exp="tomorrow"),
    "of the future": with_claims(iat=4_000_000_000),
    "without a subject": with_claims(sub=None),
    "with an empty subject": with_claims(sub=""),
    "with a subject that is none": with_claims(sub=["subject-of-kim"]),
    "of another access token": with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "unsigned": unsigned,
    "NONE": with_head(alg="NONE"),
    "with the public key as a secret": with_head(alg="HS256"),
    "of a foreign key": of_a_foreign_key,
    "with a key of its own": with_head(kid="own", jwk={"kty": "oct", "k": "AAAA"}),
    "with a demand that we do not know": with_head(crit=["own"], own="x"),
    "with a content that is not there": with_head(crit=["b64"], b64=False),
    "changed": changed_after_signing,
    "no token": lambda _server, _head, _claims: "a.b.c",
    "an empty one": lambda _server, _head, _claims: "",
    "one without end": lambda _server, _head, _claims: "a" * 300_000,
}


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(agency: Agency, name: str) -> None:
    agency.server.signs = lambda head, claims: FORGED[name](agency.server, head, claims)
    browser, answer = signed_in(agency.page())
    assert answer.status_code in (400, 503), answer.text
    assert "You are not signed in" in answer.text
    assert "cee-session" not in browser.cookies
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "parameters",
    [
        {"state": ""},
        {"state": "another" * 8},
        {"iss": "https://evil.example"},
        {"iss": ""},
        {"code": ""},
        {"code": "invented"},
        {"error": "server_error"},
        {"error": "access_denied"},
    ],
    ids=str,
)
def test_an_answer_that_was_changed_on_the_way_opens_nothing(agency: Agency, parameters: dict[str, str]) -> None:
    browser = agency.page().browser()
    answer = browser.get(changed(at_provider(browser), **parameters))
    assert answer.status_code in (400, 403, 502)
    assert "cee-session" not in browser.cookies


def test_an_answer_that_says_something_twice_opens_nothing(agency: Agency) -> None:
    browser = agency.page().browser()
    assert browser.get(f"{at_provider(browser)}&code=other").status_code == 400
    assert "cee-session" not in browser.cookies


def test_nobody_is_signed_in_as_somebody_else_by_a_link(agency: Agency) -> None:
    """An attacker's answer opened in another's browser, which has begun a sign-in of its own, or none."""
    page = agency.page()
    attacker, victim, bystander = page.browser(), page.browser(), page.browser()
    link = at_provider(attacker)
    at_provider(victim)
    for browser in (victim, bystander):
        assert browser.get(link).status_code == 400
        assert "cee-session" not in browser.cookies
    assert attacker.get(link).status_code == 303


def test_a_stolen_code_is_worth_nothing_in_another_browser(agency: Agency) -> None:
    """Even with the thief's own state: the code belongs to the other's verifier (RFC 7636)."""
    page = agency.page()
    victim, thief = page.browser(), page.browser()
    code = dict(parse_qsl(urlsplit(at_provider(victim)).query))["code"]
    assert thief.get(changed(at_provider(thief), code=code)).status_code == 400
    assert "another browser's code (RFC 7636)" in agency.server.faults


def test_an_answer_is_good_once(agency: Agency) -> None:
    page = agency.page()
    browser = page.browser()
    cookie = dict(browser.cookies)
    link = at_provider(browser)
    cookie = dict(browser.cookies)
    assert browser.get(link).status_code == 303
    again = page.browser()
    again.cookies.update(cookie)
    assert again.get(link).status_code == 400
    assert "a code that is used up, or invented" in agency.server.faults
    assert "cee-session" not in again.cookies


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: b=c"])
def test_signing_in_elsewhere_leads_back_to_us_alone(agency: Agency, back: str) -> None:
    assert signed_in(agency.page(), back=back)[1].headers["location"] == "/"


def test_the_place_to_go_back_to_is_checked_again_where_a_browser_kept_it(agency: Agency) -> None:
    browser = agency.page().browser()
    link = at_provider(browser)
    secret = browser.cookies["cee-signing-in"].strip('"').partition(".")[0]
    browser.cookies.clear()
    browser.cookies.set("cee-signing-in", f"{secret}.Ly9ldmlsLmV4YW1wbGU=")  # //evil.example
    assert browser.get(link).headers["location"] == "/"


def test_each_sign_in_is_a_session_of_its_own(agency: Agency) -> None:
    browser = agency.page().browser()
    browser.cookies.set("cee-session", "fixed-by-somebody")
    answer = browser.get(at_provider(browser))
    assert "cee-session=" in answer.headers["set-cookie"]
    assert "fixed-by-somebody" not in answer.headers["set-cookie"]


def test_nothing_that_a_stranger_should_not_know_is_shown(agency: Agency, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the provider's words, which anybody can write into an address, nor paths; no secrets in the log."""
    agency.server.who = None
    page = agency.page()
    with caplog.at_level(logging.DEBUG, logger="cee_mailbot"):
        answer = signed_in(page)[1]
        assert answer.status_code == 403
        assert "secret words" not in answer.text
        browser = page.browser()
        link = at_provider(browser)
        forged = browser.get(f"{link}&error_description=%3Cscript%3E")
        assert "script>" not in forged.text.partition("</head>")[2]
        agency.server.who = dict(KIM)
        browser = page.browser()
        link = at_provider(browser)
        cookies = dict(browser.cookies)
        agency.key_file.write_text("no key")
        answer = browser.get(link)
    assert answer.status_code == 502
    assert str(agency.key_file) not in answer.text
    assert str(agency.key_file) in caplog.text  # for the administrator
    assert dict(parse_qsl(urlsplit(link).query))["code"] not in caplog.text
    assert all(value.partition(".")[0] not in caplog.text for value in cookies.values())


def test_wrong_answers_have_to_wait_and_ask_the_provider_no_more(agency: Agency) -> None:
    browser = agency.page().browser()
    link = changed(at_provider(browser), code="invented")
    cookie = dict(browser.cookies)
    statuses = []
    for _ in range(31):
        browser.cookies.update(cookie)
        statuses.append(browser.get(link).status_code)
    assert statuses == [400] * 30 + [429]
    assert agency.server.asked.count("/realm/token") == 30


def test_those_whom_the_provider_knows_use_up_nobodys_tries(agency: Agency) -> None:
    """People of the agency without a group of ours, and links that were opened by chance, lock nobody out."""
    page = agency.page()
    agency.server.who = {**KIM, "groups": []}
    assert {signed_in(page)[1].status_code for _ in range(8)} == {403}
    assert {page.browser().get("/sign-in/back?code=a&state=b").status_code for _ in range(30)} == {400}
    assert page.application.state.tries.begin(Caller(address=PEER), agency.shop.clock.now())
    assert sum(map(len, page.application.state.tries._begun.values())) == 1


def test_a_provider_that_hangs_holds_few_threads(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page goes on for those who have signed in."""
    monkeypatch.setattr(calls, "LONGEST_QUEUE", 0.0)
    page = agency.page()
    provider = page.application.state.parts.provider
    for _ in range(calls.AT_ONCE):
        assert provider._discovery._calls._turns.acquire(blocking=False)
    answer = page.browser().get("/sign-in")
    assert answer.status_code == 503
    assert agency.server.asked == []


# --- the provider ----------------------------------------------------------------------------------------------


def test_the_description_and_the_keys_are_kept_and_asked_for_anew_in_time(agency: Agency) -> None:
    page = agency.page()
    signed_in(page)
    signed_in(page)
    assert agency.server.asked.count("/realm/keys") == 1
    assert agency.server.asked.count("/realm/.well-known/openid-configuration") == 1
    agency.monotonic.now += KEPT_FOR
    signed_in(page)
    assert agency.server.asked.count("/realm/keys") == 2


def test_a_new_key_of_the_provider_is_found_and_invented_ones_cost_little(agency: Agency) -> None:
    page = agency.page()
    signed_in(page)
    agency.server.keys = {"second": OTHERS_KEY}
    assert signed_in(page)[1].status_code == 400  # asked a moment ago
    agency.monotonic.now += ASKED_AGAIN_AFTER
    assert signed_in(page)[1].status_code == 303
    assert agency.server.asked.count("/realm/keys") == 2


def test_a_provider_that_is_away_is_told_in_words_and_left_alone(agency: Agency) -> None:
    page = agency.page()
    agency.server.status = 500
    for _ in range(3):
        answer = page.browser().get("/sign-in")
        assert answer.status_code == 503
        assert "Try again in a few minutes" in answer.text
        assert agency.server.issuer not in answer.text
    assert len(agency.server.asked) == 1
    agency.server.status = 200
    agency.monotonic.now += LEFT_ALONE_FOR
    assert signed_in(page)[1].status_code == 303


def test_a_provider_that_is_away_while_somebody_signs_in(agency: Agency) -> None:
    browser = agency.page().browser()
    link = at_provider(browser)
    agency.server.status = 503
    assert browser.get(link).status_code == 503


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"end_session_endpoint": "http://evil.example"},
    ],
    ids=str,
)
def test_a_description_that_leads_elsewhere_is_not_believed(agency: Agency, said: dict[str, object]) -> None:
    agency.server.described = said
    assert agency.page().browser().get("/sign-in").status_code == 400


def test_who_the_program_is_must_be_known_to_the_provider(agency: Agency) -> None:
    """Another key than the registered one: the provider refuses, and the person hears whom to tell."""
    page = agency.page()
    browser = page.browser()
    link = at_provider(browser)
    agency.key_file.write_bytes(OTHERS_KEY.private_bytes(*PEM))
    answer = browser.get(link)
    assert answer.status_code == 502
    assert "Tell your administrator" in answer.text


def test_an_rsa_key_will_do_and_a_short_one_not(agency: Agency) -> None:
    agency.key_file.write_bytes(SIGNING_KEY.private_bytes(*PEM))
    agency.server.keys_of_client = read_client_key(agency.key_file).public
    assert signed_in(agency.page())[1].status_code == 303
    assert agency.server.faults == []
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    agency.key_file.write_bytes(short.private_bytes(*PEM))
    with pytest.raises(CeeMailbotError, match="neither RSA of 2048 bits or more nor P-256"):
        read_client_key(agency.key_file)


def test_the_provider_can_fetch_our_public_keys_and_nothing_else_of_them(agency: Agency) -> None:
    (key,) = agency.page().browser().get("/sign-in/keys").json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_every_reason_has_words_for_the_person_and_for_the_administrator() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(TOLD) == set(Refusal)
    assert not [one for one in Refusal if f"| `{one}` |" not in page]


def test_check_says_how_the_provider_stands(agency: Agency) -> None:
    def look(**settings: Any) -> str:
        provider = agency.page(**settings).application.state.parts.provider
        return str(provider.check())

    assert look().startswith(f"{agency.server.issuer}, as {CLIENT} with key ")
    with pytest.raises(CeeMailbotError, match="check issuer"):
        look(issuer=f"{agency.server.issuer}/other")
    agency.server.described = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    with pytest.raises(CeeMailbotError, match="does not offer private_key_jwt"):
        look()
    with pytest.raises(CeeMailbotError, match="must hold a private key"):
        look(key_file=Path("nothing-here.pem"))


# --- and out again ---------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_here_and_there(agency: Agency) -> None:
    browser, _ = signed_in(agency.page())
    kept = dict(browser.cookies)
    answer = browser.post("/sign-out", data={"a": "b"})
    assert "You are signed out" in answer.text
    there = THERE.get(answer.headers["refresh"].removeprefix("0; url="))
    assert there.headers["location"] == f"{SITE}/signed-out"
    assert "signed out subject-of-kim" in agency.server.asked
    assert browser.get("/signed-out").status_code == 200
    stolen = agency.page().browser()
    stolen.cookies.update(kept)
    assert stolen.get("/").status_code == 303
    assert agency.server.faults == []


def test_where_a_provider_has_no_end_of_session_ours_ends_all_the_same(agency: Agency) -> None:
    page = agency.page()
    browser, _ = signed_in(page)
    agency.server.described = {"end_session_endpoint": "https://elsewhere.example"}
    agency.monotonic.now += KEPT_FOR
    agency.server.status = 500
    answer = browser.post("/sign-out", data={"a": "b"})
    assert "refresh" not in answer.headers
    assert browser.get("/").status_code == 303


def test_nobody_comes_back_where_people_sign_in_with_a_password(agency: Agency) -> None:
    browser = StaffPage(agency.shop).browser()
    assert browser.get("/sign-in/back?state=a&code=b").status_code == 404
    assert browser.get("/sign-in/keys").status_code == 404


def test_a_piece_of_a_page_is_not_led_to_the_provider(agency: Agency) -> None:
    answer = agency.page().browser().get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (401, "")


@pytest.mark.parametrize(
    ("host", "proxy"),
    [
        (f"{'a' * 64}.example", ""),
        ("login.example", "socks5://127.0.0.1:9"),
        ("login.example", "http://user:hush/word@proxy.example:3128"),
    ],
)
def test_an_address_or_a_proxy_that_cannot_be_used_is_told_as_unreachable(
    monkeypatch: pytest.MonkeyPatch, host: str, proxy: str
) -> None:
    """A SOCKS proxy in the environment ended `check` with a traceback."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    settings = OpenidSettings(issuer=f"https://{host}", client_id="cee", key_file=Path("key"), site="https://q.example")
    with pytest.raises(RefusedSignInError, match="can't be reached") as caught:
        Calls(settings).get(f"https://{host}/.well-known/openid-configuration")
    assert "hush" not in str(caught.value)
