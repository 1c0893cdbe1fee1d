"""Who gets in, what is refused before any page sees it, and that other teams' things do not exist."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import accounts, desk
from cee_mailbot.desk.bulk import Asker, foretell
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.web.routes import ROUTES, Of
from cee_mailbot.web.tries import TRIES_OF_A_NAME
from tests.support.api import caller
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import mail
from tests.support.staff_page import PASSWORD, StaffPage, form, rows
from tests.support.workshop import CHEMICALS, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(mail(documents=[b"%PDF-1.4 papers", b"plain words"]))
    made.receive(
        mail(subject="DR,Acme,346-67890128,2704", to=TO_CHEMICALS, message_id="<9@filer.example>", body="Other."),
        mailbox=CHEMICALS,
    )
    yield made
    made.store.close()


def path_of(shop: Workshop, path: str, item: int) -> str:
    """A route's path for the things of one item of the workshop."""
    wanted = shop.items()[item]
    with shop.store.read() as ask:
        reply = ask.story(wanted.tracking).replies[0].id
    values = {
        "tracking": wanted.tracking,
        "message": wanted.messages[0],
        "number": 1,
        "act": "claim",
        "reply": reply,
        "kind": "note",
    }
    if "{job}" in path:
        # The first is the job of whoever asks, the other of somebody who sees what that person does not.
        person = Person(name=("kim", "lee")[item], role=Role.SUPERVISOR, teams=(frozenset({"007"}), None)[item])
        values["job"] = foretell(shop.intake, Asker(person=person), "claim", items=[wanted.tracking])
    return path.format(**values)


def test_every_answer_carries_the_headers_of_safety(page: StaffPage) -> None:
    for path in ("/sign-in", "/livez", "/nothing-here", "/static/queue.css"):
        headers = page.browser().get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_viewer_has_no_origin_and_its_files_are_there_for_it(page: StaffPage) -> None:
    """Its frame may run and load what lies beside it and nothing else; no other file of ours is for strangers."""
    browser = page.person()
    policy = browser.get("/viewer").headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    own = "http://127.0.0.1:8400/static/viewer/"
    assert rules["sandbox"] == "allow-scripts"
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"{own} 'wasm-unsafe-eval'"
    assert {rules["connect-src"], rules["style-src"]} == {own}
    assert rules["frame-ancestors"] == "'self'"
    open_to = {
        path: browser.get(path).headers.get("access-control-allow-origin")
        for path in ("/static/viewer/viewer.mjs", "/static/queue.js", "/viewer", "/static/viewer/../queue.js", "/")
    }
    assert open_to == {**dict.fromkeys(open_to, None), "/static/viewer/viewer.mjs": "*"}


def test_the_viewer_is_named_as_people_reach_it(shop: Workshop) -> None:
    behind = StaffPage(shop, public_url="https://queue.example", sign_in="demo").application
    policy = TestClient(behind, base_url="https://queue.example").get("/viewer").headers["content-security-policy"]
    assert "connect-src https://queue.example/static/viewer/;" in policy


@pytest.mark.parametrize("name", sorted(path.name for path in Path("templates/web").glob("*.html")))
def test_no_template_has_code_or_style_of_its_own(name: str) -> None:
    """The policy would stop it; here nobody writes it."""
    text = Path("templates/web", name).read_text(encoding="utf-8")
    assert "style=" not in text
    assert " on" not in {word[:3] for word in text.split() if "=" in word and word.startswith(" on")}
    assert "<style" not in text
    assert all("src=" in tag for tag in text.split("<script")[1:])
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("route", [one for one in ROUTES if one.method == "POST"], ids=lambda one: one.path)
@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
     {"sec-fetch-site": "", "origin": "http://evil.example"}, {"sec-fetch-site": "", "origin": "null"}],
    ids=str,
)  # fmt: skip
def test_what_no_page_of_ours_sent_changes_nothing(
    shop: Workshop, page: StaffPage, route: object, headers: dict[str, str]
) -> None:
    browser, path = page.person(), path_of(shop, route.path, 0)  # type: ignore[attr-defined]
    before = shop.everything()
    answer = browser.post(path, headers=headers, data={"version": "1"})
    assert answer.status_code == 403
    assert shop.everything() == before


def test_a_browser_that_names_no_fetch_site_is_known_by_its_origin(page: StaffPage) -> None:
    browser = TestClient(page.application, base_url="http://127.0.0.1:8400", follow_redirects=False)
    answer = browser.post("/sign-out", headers={"origin": "http://127.0.0.1:8400"}, data={"a": "b"})
    assert answer.status_code == 303
    assert browser.post("/sign-out", data={"a": "b"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8400", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_ours_is_not_answered(page: StaffPage, host: str) -> None:
    """A foreign name that leads to this machine must not read the page (DNS rebinding)."""
    assert page.browser().get("/sign-in", headers={"host": host}).status_code == 421


def test_a_large_body_is_refused_unread(page: StaffPage) -> None:
    assert page.browser().post("/sign-in", data={"name": "x" * 2_000_000}).status_code == 413


def test_nothing_but_the_door_is_open_to_strangers(shop: Workshop, page: StaffPage) -> None:
    for route in ROUTES:
        answer = page.browser().request(
            route.method, path_of(shop, route.path, 0), data={} if route.method == "POST" else None
        )
        if route.needs is not None:
            assert answer.status_code in (303, 401), route.path
            assert answer.status_code == 401 or answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "route", [one for one in ROUTES if one.needs is not None], ids=lambda one: f"{one.method} {one.path}"
)
def test_the_table_of_roles_and_routes_holds(shop: Workshop, page: StaffPage, role: Role, route: object) -> None:
    """Own team: as the role says. Another team's: there is no such thing, whatever the role."""
    browser = page.person(role=role, teams=["007"])
    rank = list(Role).index
    own, foreign = (
        browser.request(
            route.method, path_of(shop, route.path, item), data={"key": "k"} if route.method == "POST" else None
        )  # type: ignore[attr-defined]
        for item in (0, 1)
    )
    if rank(role) < rank(route.needs):  # type: ignore[attr-defined]
        assert own.status_code == 403
    else:
        assert own.status_code not in (401, 403, 404, 500), own.text
    if route.of is not Of.NOTHING:  # type: ignore[attr-defined]
        assert foreign.status_code == (404 if rank(role) >= rank(route.needs) else 403)  # type: ignore[attr-defined]
        assert "Acme" not in foreign.text


def test_the_list_and_its_counts_are_of_ones_own_teams(page: StaffPage) -> None:
    text = page.person(teams=["007"]).get("/").text
    assert len(rows(text)) == 1
    assert "Acme" not in text
    assert "Chemicals" not in text
    assert len(rows(page.person("lee").get("/").text)) == 2
    assert rows(page.person("ann", teams=["007"]).get("/?q=team:001").text) == []


def test_a_message_can_not_be_moved_to_an_item_of_another_team(shop: Workshop, page: StaffPage) -> None:
    browser = page.person(teams=["007"])
    mine, other = shop.items()
    fields = form(browser.get(f"/items/{mine.tracking}").text, f"/items/{mine.tracking}/join")
    answer = browser.post(f"/items/{mine.tracking}/join", data={**fields, "other": other.tracking})
    assert answer.status_code == 404


def test_what_went_to_an_item_of_another_team_is_not_taken_back_from_it(shop: Workshop, page: StaffPage) -> None:
    """By undoing what somebody did who works for both."""
    mine, other = shop.items()
    desk.join(shop.intake, other.tracking, mine.tracking, actor="both")
    kim, robot = page.person(teams=["007"]), caller(page, teams=["007"])
    seen = kim.get(f"/items/{mine.tracking}").text
    assert f"/items/{mine.tracking}/undo" not in seen, "what would be refused is not offered"
    fields = form(seen, f"/items/{mine.tracking}/note")
    assert kim.post(f"/items/{mine.tracking}/undo", data=fields).status_code == 409
    assert robot.post(f"/api/v1/queue/{mine.tracking}/undo", json={}).status_code == 409
    assert kim.get(f"/messages/{mine.messages[0]}").status_code == 404
    both = page.person("both", teams=["001", "007"])
    assert both.post(f"/items/{mine.tracking}/undo", data=fields).status_code == 303
    assert kim.get(f"/messages/{mine.messages[0]}").status_code == 200


@pytest.mark.parametrize("more", ["%00", "%E2%80%AE", "%EF%BC%B3"])
def test_an_item_is_known_by_its_number_and_no_other_spelling(page: StaffPage, shop: Workshop, more: str) -> None:
    browser, path = page.person(), f"/items/{shop.items()[0].tracking}"
    assert browser.get(path + more).status_code == 404
    assert browser.post(f"{path}{more}/drafts/note", data={"text": "x"}).status_code == 404


def test_a_wrong_password_and_a_name_that_does_not_exist_look_alike(page: StaffPage) -> None:
    page.person("kim")
    answers = [page.browser().post("/sign-in", data={"name": name, "password": "wrong"}) for name in ("kim", "nobody")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_guessing_has_to_wait(shop: Workshop, page: StaffPage) -> None:
    page.person("kim")
    browser = page.browser()
    for _ in range(TRIES_OF_A_NAME):
        assert browser.post("/sign-in", data={"name": "kim", "password": "wrong"}).status_code == 401
    assert browser.post("/sign-in", data={"name": "KIM", "password": PASSWORD}).status_code == 429
    shop.clock.advance(timedelta(minutes=15))
    assert browser.post("/sign-in", data={"name": "KIM", "password": PASSWORD}).status_code == 303


def test_a_session_ends_without_use_and_after_its_whole_length(shop: Workshop, page: StaffPage) -> None:
    browser = page.person()
    for _ in range(71):
        shop.clock.advance(timedelta(minutes=10))
        assert browser.get("/").status_code == 200
    shop.clock.advance(timedelta(minutes=10))
    assert browser.get("/").status_code == 303, "12 hours are over"
    other = page.person("lee")
    shop.clock.advance(timedelta(minutes=15))
    assert other.get("/").status_code == 303, "15 minutes without use"


def test_what_an_open_page_asks_for_by_itself_keeps_no_session_alive(shop: Workshop, page: StaffPage) -> None:
    """An item left open asks every half minute who else looks at it; that is nobody at the keyboard."""
    kim = page.person()
    item = shop.items()[0]
    for _ in range(4):
        shop.clock.advance(timedelta(minutes=4))
        last = kim.get(f"/items/{item.tracking}/viewing")
    assert last.status_code == 303
    assert last.headers["location"].startswith("/sign-in")


def test_a_session_has_the_role_that_its_account_has_now(shop: Workshop, page: StaffPage) -> None:
    """A sign-in that read the role before it was changed opens no door with it."""
    page.person(role=Role.VIEWER)
    read_before = Person(name="kim", role=Role.ADMINISTRATOR, teams=None)
    secret = accounts.open_session(shop.store, shop.clock.now(), read_before)
    found = accounts.session_of(shop.store, shop.clock.now(), secret, accounts.Limits())
    assert found is not None
    assert found.person.role is Role.VIEWER


def test_signing_out_ends_the_session_on_the_server(page: StaffPage) -> None:
    browser = page.person()
    kept = dict(browser.cookies)
    assert browser.post("/sign-out", data={"a": "b"}).status_code == 303
    stolen = page.browser()
    stolen.cookies.update(kept)
    assert stolen.get("/").status_code == 303


def test_each_sign_in_is_a_new_session_whatever_cookie_came(page: StaffPage) -> None:
    page.person("kim")
    browser = page.browser()
    browser.cookies.set("cee-session", "fixed-by-somebody")
    answer = browser.post("/sign-in", data={"name": "kim", "password": PASSWORD})
    assert "cee-session=" in answer.headers["set-cookie"]
    assert "fixed-by-somebody" not in answer.headers["set-cookie"]


def test_another_role_or_a_disabled_account_ends_sessions(shop: Workshop, page: StaffPage) -> None:
    kim, lee = page.person("kim"), page.person("lee")
    accounts.set_role(shop.store, shop.clock, name="kim", role=Role.VIEWER, teams=None, actor="root")
    accounts.disable(shop.store, shop.clock, name="Lee", actor="root")
    assert kim.get("/").status_code == 303
    assert lee.get("/").status_code == 303
    assert page.browser().post("/sign-in", data={"name": "lee", "password": PASSWORD}).status_code == 401


def test_the_database_holds_neither_password_nor_cookie(shop: Workshop, page: StaffPage) -> None:
    browser = page.person()
    stored = (shop.folder / "bot.db").read_bytes() + (shop.folder / "bot.db-wal").read_bytes()
    assert PASSWORD.encode() not in stored
    assert all(value.encode() not in stored for value in browser.cookies.values())


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/ok\r\nSet-Cookie: a=b"]
)
def test_signing_in_leads_nowhere_else(page: StaffPage, back: str) -> None:
    page.person("kim")
    answer = page.browser().post("/sign-in", data={"name": "kim", "password": PASSWORD, "back": back})
    assert answer.headers["location"] == "/"


def test_a_proxy_is_believed_from_its_own_address_alone(shop: Workshop) -> None:
    accounts.add_account(
        shop.store, shop.clock, name="kim", password=PASSWORD, role=Role.VIEWER, teams=None, actor="root"
    )
    headers = {"X-Remote-User": "kim"}
    trusted = StaffPage(shop, sign_in="proxy", proxy_addresses=("testclient",)).browser()
    assert trusted.get("/", headers=headers).status_code == 200
    assert trusted.get("/", headers={"X-Remote-User": "nobody"}).status_code == 401
    assert trusted.get("/").status_code == 401
    distrusted = StaffPage(shop, sign_in="proxy", proxy_addresses=("10.0.0.1",)).browser()
    assert distrusted.get("/", headers=headers).status_code == 401


def test_behind_a_proxy_with_tls_the_cookie_is_tied_to_the_host(shop: Workshop) -> None:
    page = StaffPage(shop, public_url="https://queue.example.gov")
    accounts.add_account(
        shop.store, shop.clock, name="kim", password=PASSWORD, role=Role.VIEWER, teams=None, actor="root"
    )
    browser = TestClient(page.application, base_url="https://queue.example.gov", follow_redirects=False)
    answer = browser.post(
        "/sign-in", data={"name": "kim", "password": PASSWORD}, headers={"sec-fetch-site": "same-origin"}
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "strict-transport-security" in answer.headers
    assert page.browser().get("/").status_code == 421


def test_health_tells_strangers_no_more_than_they_need(page: StaffPage) -> None:
    assert page.browser().get("/livez").json() == {"ok": True}
    assert page.browser().get("/readyz").json() == {
        "ok": True,
        "checks": {"database": {"ok": True}, "blobs": {"ok": True}},
    }
