"""The API: the lists and acts of the desk for programs, by token alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import accounts, desk
from cee_mailbot.domain.facts import story_to_json, to_json
from cee_mailbot.domain.roles import Role, Scope
from cee_mailbot.web.api.answering import KEY_HEADER
from cee_mailbot.web.api.operations import OPERATIONS
from cee_mailbot.web.gate import Of
from tests.support.api import caller, token, with_token
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import mail, numbered
from tests.support.staff_page import StaffPage
from tests.support.workshop import CHEMICALS, Workshop, invariants_kept

API = "/api/v1"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path)) as made:
        made.receive(mail(documents=[b"%PDF-1.4 papers", b"plain words"]))
        made.receive(
            mail(subject="DR,Acme,346-67890128,2704", to=TO_CHEMICALS, message_id="<9@filer.example>", body="Other."),
            mailbox=CHEMICALS,
        )
        yield made


@pytest.fixture
def robot(page: StaffPage) -> TestClient:
    return caller(page)


def as_sent(value: Any) -> Any:
    return json.loads(json.dumps(to_json(value)))


def test_lists_and_details_are_those_of_the_command_line(shop: Workshop, robot: TestClient) -> None:
    mine = shop.items()[0]
    with shop.store.read() as ask:
        story, message = ask.story(mine.tracking), ask.message(mine.messages[0])
        documents, reply = ask.documents(message.id), story.replies[0] if story.replies else None
    assert reply is not None
    assert robot.get(f"{API}/queue").json() == as_sent(shop.items())
    shown = robot.get(f"{API}/queue/{mine.tracking}").json()
    clocks = {name: shown.pop(name) for name in ("entry_date", "timeliness", "next_opening") if name in shown}
    told = as_sent(story_to_json(story))
    assert {**shown, "evidence": None} == {**told, "evidence": None}
    assert [one["message"] for one in shown["evidence"]] == list(mine.messages)
    assert {"timeliness", "next_opening"} <= set(clocks)
    assert robot.get(f"{API}/messages").json() == as_sent(shop.messages())
    assert robot.get(f"{API}/messages/{message.id}").json() == as_sent(
        to_json(message) | {"scan": None, "documents": documents}
    )
    assert robot.get(f"{API}/messages/{message.id}/documents").json() == as_sent(documents)
    assert robot.get(f"{API}/replies/{reply.id}").json() == as_sent(reply)
    assert as_sent(reply) in robot.get(f"{API}/replies").json()


def test_bytes_are_exact(shop: Workshop, robot: TestClient) -> None:
    message = shop.messages()[0]
    assert robot.get(f"{API}/messages/{message.id}/raw").content == shop.blobs.get(message.sha256)
    answer = robot.get(f"{API}/messages/{message.id}/documents/2")
    assert answer.content == b"plain words"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("team=007", 1), ("team=001", 1), ("code=PR", 0), ("account=Acme", 1), ("state=new", 2), ("limit=1", 1),
        ("limit=1&offset=2", 0), ("due_before=2020-01-01T00:00:00Z", 0), ("text=Acme", 1),
    ],
)  # fmt: skip
def test_filters_are_those_of_the_command_line(robot: TestClient, query: str, found: int) -> None:
    assert len(robot.get(f"{API}/queue?{query}").json()) == found


@pytest.mark.parametrize("path", ["/queue", "/messages", "/replies"])
def test_lists_hold_what_is_of_ones_own_teams(shop: Workshop, page: StaffPage, path: str) -> None:
    shop.receive(mail(subject="no such line", message_id="<8@filer.example>", to=TO_CHEMICALS), mailbox=CHEMICALS)
    seven, one, nobody = (caller(page, f"of-{team}", teams=[team]) for team in ("007", "001", "002"))
    everything = caller(page).get(API + path).json()
    mine, others = seven.get(API + path).json(), one.get(API + path).json()
    assert mine
    assert others
    assert sorted([*mine, *others], key=str) == sorted(everything, key=str)
    assert "Acme" not in json.dumps(mine)
    assert nobody.get(API + path).json() == []


def test_acts_are_those_of_the_desk(shop: Workshop, robot: TestClient) -> None:
    tracking = shop.items()[0].tracking
    path = f"{API}/queue/{tracking}"
    assert robot.post(f"{path}/claim").json()["assignee"] == "robot"
    assert robot.post(f"{path}/note", json={"text": "Looks fine"}).status_code == 200
    assert robot.post(f"{path}/set-entry-date", json={"date": "2026-03-02"}).status_code == 200
    closed = robot.post(f"{path}/close", json={"outcome": "done", "reason": "complete"}).json()
    assert (closed["state"], closed["outcome"]) == ("closed", "done")
    assert robot.post(f"{path}/undo").json()["state"] == "assigned"
    story = robot.get(path).json()
    assert [note["text"] for note in story["notes"]] == ["Looks fine"]
    assert {line["actor"] for line in story["history"]} >= {"robot"}


def test_many_items_are_foretold_started_and_looked_at(shop: Workshop, page: StaffPage, robot: TestClient) -> None:
    asked = {"act": "note", "text": "seen", "search": "team:007"}
    foretold = robot.post(f"{API}/bulk", json=asked).json()
    assert (foretold["job"]["state"], foretold["job"]["to_do"]) == ("previewed", 1)
    path = f"{API}/bulk/{foretold['job']['id']}"
    started = [robot.post(f"{path}/start", headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.json()["job"]["state"] for answer in started] == ["under-way", "under-way"]
    assert "Idempotency-Replayed" in started[1].headers
    page.work()
    done = robot.get(path).json()
    assert (done["job"]["state"], done["job"]["changed"]) == ("finished", 1)
    assert [(row["tracking"], row["state"]) for row in done["rows"]] == [(shop.items()[0].tracking, "changed")]
    assert robot.post(f"{path}/start").json()["type"].endswith("#not-allowed")
    assert [one["id"] for one in robot.get(f"{API}/bulk").json()] == [foretold["job"]["id"]]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"act": "claim"}, 422), ({"act": "claim", "items": ["CEE-1"], "search": ""}, 422),
        ({"act": "join", "search": ""}, 422),
        ({"act": "claim", "items": ["CEE-007-26-999999-9"]}, 404), ({"act": "claim", "search": "code:XX"}, 422),
        ({"act": "claim", "search": "tga:fta"}, 422), ({"act": "claim", "search": "tag:a tag:b team:007"}, 422),
    ],
)  # fmt: skip
def test_what_can_be_no_bulk_job_is_refused(robot: TestClient, asked: dict[str, object], status: int) -> None:
    assert robot.post(f"{API}/bulk", json=asked).status_code == status


def test_the_day_of_entry_is_set_on_the_item_that_was_seen(shop: Workshop, robot: TestClient) -> None:
    path = f"{API}/queue/{shop.items()[0].tracking}"
    version = robot.get(path).json()["version"]
    given = {"date": "2026-03-02", "version": version}
    assert robot.post(f"{path}/set-entry-date", json=given).status_code == 200
    refused = robot.post(f"{path}/set-entry-date", json=given | {"date": "2026-03-01"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/api/docs#changed")
    assert robot.get(path).json()["entry_date"] == "2026-03-02"


def test_what_a_join_changed_at_another_teams_item_is_told_to_those_who_see_that(
    shop: Workshop, page: StaffPage, robot: TestClient
) -> None:
    mine, other = (item.tracking for item in shop.items())
    robot.post(f"{API}/queue/{other}/claim")
    robot.post(f"{API}/queue/{mine}/join", json={"other": other})
    seven = caller(page, "of-007", teams=["007"])

    def changes(who: TestClient) -> dict[str, Any]:
        lines = who.get(f"{API}/queue/{mine}").json()["history"]
        found: dict[str, Any] = next(line for line in lines if line["event"] == "joined")["detail"]["changes"]
        return found

    told, whole = changes(seven), changes(robot)
    assert any(place.startswith("submission/2/") for place in whole)
    theirs = {place for place in whole if not place.startswith("message/") and place.split("/")[1] == "2"}
    assert told == {place: values for place, values in whole.items() if place not in theirs}
    assert told, "of one's own item all is told"
    stale = seven.post(f"{API}/queue/{mine}/claim", json={"version": 0, "seen": 0})
    assert "submission/2/" not in stale.text, "nor in what stands against a stale act"


def test_a_split_shows_the_new_item_and_a_join_takes_it_back(shop: Workshop, robot: TestClient) -> None:
    first, second = numbered(1), numbered(2)
    shop.receive(first, second)
    one, other = (item.tracking for item in shop.items()[-2:])
    joined = robot.post(f"{API}/queue/{one}/join", json={"other": other}).json()
    assert len(joined["messages"]) == 2
    split = robot.post(f"{API}/queue/{one}/split", json={"message": joined["messages"][1]}).json()
    assert split["tracking"] not in (one, other)


def test_an_item_of_another_team_can_not_be_joined(shop: Workshop, page: StaffPage) -> None:
    mine, other = shop.items()
    robot = caller(page, teams=["007"])
    answer = robot.post(f"{API}/queue/{mine.tracking}/join", json={"other": other.tracking})
    assert answer.status_code == 404


def test_a_stale_act_does_nothing_and_is_told_the_difference(shop: Workshop, robot: TestClient) -> None:
    tracking = shop.items()[0].tracking
    before = robot.get(f"{API}/queue/{tracking}").json()
    desk.claim(shop.intake, tracking, actor="kim")
    seen = {"version": before["version"], "seen": before["history"][-1]["id"]}
    answer = robot.post(f"{API}/queue/{tracking}/close", json={"outcome": "done", **seen})
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "/api/docs#changed"
    assert [(line["actor"], line["event"]) for line in problem["since"]] == [("kim", "claimed")]
    assert problem["item"]["assignee"] == "kim"
    again = {"outcome": "done", "version": problem["version"]}
    assert robot.post(f"{API}/queue/{tracking}/close", json=again).status_code == 200


def test_what_the_state_does_not_allow_is_a_problem_of_another_kind(shop: Workshop, robot: TestClient) -> None:
    tracking = shop.items()[0].tracking
    answer = robot.post(f"{API}/queue/{tracking}/reopen")
    assert (answer.status_code, answer.json()["type"]) == (409, "/api/docs#not-allowed")
    assert "item" not in answer.json()


def test_a_request_with_a_key_acts_once(shop: Workshop, robot: TestClient) -> None:
    """C21: a program that got no answer asks again."""
    path = f"{API}/queue/{shop.items()[0].tracking}/note"
    headers = {KEY_HEADER: "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    answers = [robot.post(path, json={"text": "once"}, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true", "true"]
    assert answers[0].json() == answers[2].json()
    with shop.store.read() as ask:
        assert len(ask.story(shop.items()[0].tracking).notes) == 1
    other = robot.post(path, json={"text": "something else"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/api/docs#key-reused")


def test_keys_of_two_programs_are_two_keys(shop: Workshop, page: StaffPage) -> None:
    path = f"{API}/queue/{shop.items()[0].tracking}/note"
    for name in ("robot", "other"):
        caller(page, name).post(path, json={"text": "mine"}, headers={KEY_HEADER: "1"})
    with shop.store.read() as ask:
        assert len(ask.story(shop.items()[0].tracking).notes) == 2


def test_a_release_with_a_key_acts_once(shop: Workshop, robot: TestClient) -> None:
    shop.receive(mail(subject="no such line", message_id="<8@filer.example>"))
    number = shop.messages()[-1].id
    body, headers = {"line": "DR,NokiaInc,345-67890123,2704"}, {KEY_HEADER: "k"}
    answers = [robot.post(f"{API}/messages/{number}/release", json=body, headers=headers) for _ in range(2)]
    assert [answer.json()["tracking"] for answer in answers] == [shop.messages()[-1].tracking] * 2, answers[0].text
    assert robot.post(f"{API}/messages/{number}/release", json=body).status_code == 409


def test_replies_are_cancelled_and_tried_again(robot: TestClient) -> None:
    number = robot.get(f"{API}/replies?state=queued").json()[0]["id"]
    assert robot.post(f"{API}/replies/{number}/cancel").json()["state"] == "cancelled"
    assert robot.post(f"{API}/replies/{number}/cancel").status_code == 409
    assert robot.post(f"{API}/replies/{number}/retry").status_code == 409


def test_snow_days_are_entered_and_taken_out(robot: TestClient) -> None:
    added = robot.post(f"{API}/closures", json={"first": "2026-01-05", "reason": "snow"}).json()
    assert (added["first"], added["last"], added["port"]) == ("2026-01-05", "2026-01-05", None)
    assert robot.get(f"{API}/closures").json() == [added]
    assert robot.post(f"{API}/closures/{added['id']}/remove").json() == []


def test_the_census_is_the_one_that_was_kept(shop: Workshop, robot: TestClient) -> None:
    assert robot.get(f"{API}/census").status_code == 404
    kept = {"at": shop.clock.now().isoformat(), "clean": True, "mailboxes": []}
    with shop.store.begin(shop.clock.now()) as unit:
        unit.keep_census(kept, clean=True)
    assert robot.get(f"{API}/census").json() == kept


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "body"), (b"[]", "body"), (b'{"text": 1}', "text"), (b"{}", "text"),
        (b'{"text": "a", "colour": "red"}', "colour"), (b'{"text": "a\\u0000"}', "U+0000"),
        (b'{"text": "\\ud800"}', ""),
        (b'{"text": ""}', "missing"), (b'{"text": "a", "version": -1}', "version"),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_told_by_name(shop: Workshop, robot: TestClient, body: bytes, word: str) -> None:
    answer = robot.post(f"{API}/queue/{shop.items()[0].tracking}/note", content=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/docs#invalid")
    assert word in answer.json()["detail"]


def test_a_query_that_means_nothing_is_refused(robot: TestClient) -> None:
    for query in ("colour=red", "limit=0", "limit=1001", "offset=-1", "sort=colour", "due_before=yesterday"):
        assert robot.get(f"{API}/queue?{query}").status_code == 422, query


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("queue?state=nwe", "state 'nwe' is not known; did you mean new? It can be assembling, "),
        ("queue?code=dr", "did you mean DR?"),
        ("queue?flag=parts-mising", "did you mean parts-missing?"),
        ("queue?team=07", "did you mean 007?"),
        ("queue?sort=-presented", "sort 'presented' is not known; did you mean presented_at?"),
        ("messages?status=reject", "did you mean rejected?"),
        ("replies?kind=ack", "kind 'ack' is not known"),
        ("replies?state=send", "did you mean sent?"),
    ],
)
def test_a_value_that_no_filter_can_have_is_refused_as_on_the_command_line(
    robot: TestClient, query: str, words: str
) -> None:
    """An empty list would say that there is nothing."""
    answer = robot.get(f"{API}/{query}")
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_the_same_call_for_snow_days_gives_the_same_answer(robot: TestClient) -> None:
    """As the description of the API says it: the line that was entered, the register after one was taken out."""
    body = {"first": "2026-01-05", "last": "2026-01-06", "reason": " snow "}
    robot.post(f"{API}/closures", json={**body, "reason": "another"})
    added, again = (robot.post(f"{API}/closures", json=body, headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert (again.json(), again.headers["idempotency-replayed"]) == (added.json(), "true")
    path = f"{API}/closures/{added.json()['id']}/remove"
    gone, again = (robot.post(path, headers={"Idempotency-Key": "b"}) for _ in range(2))
    assert (again.json(), again.headers["idempotency-replayed"]) == (gone.json(), "true")
    assert len(gone.json()) == 1
    assert robot.post(f"{API}/closures", json=body, headers={"Idempotency-Key": "a"}).status_code == 409


def test_every_act_has_an_answer_for_a_call_that_was_carried_out_before() -> None:
    answered = {Of.ITEM, Of.MESSAGE, Of.REPLY}
    assert not [one.path for one in OPERATIONS if one.transactions and not (one.again or one.of in answered)]


def test_a_file_that_was_set_aside_is_for_supervisors(shop: Workshop, page: StaffPage) -> None:
    """On the API and on the page; that it is there is told to everybody."""
    shop.receive(mail(documents=[b"MZ\x90\x00 a program"], message_id="<7@filer.example>"))
    message = shop.messages()[-1].id
    with shop.store.read() as ask:
        assert [one.status for one in ask.documents(message)] == ["quarantined"]
    for role, status in ((Role.VIEWER, 403), (Role.SPECIALIST, 403), (Role.SUPERVISOR, 200), (Role.ADMINISTRATOR, 200)):
        robot = caller(page, str(role), role=role)
        assert robot.get(f"{API}/messages/{message}/documents/1").status_code == status
        assert robot.get(f"{API}/messages/{message}/documents").json()[0]["status"] == "quarantined"
    assert page.person("kim").get(f"/messages/{message}/documents/1").status_code == 403


# --- tokens ----------------------------------------------------------------------------------------------------


def test_a_session_is_no_token(page: StaffPage) -> None:
    """Who has signed in on the page can't be made to call the API by another site."""
    browser = page.person(role=Role.ADMINISTRATOR)
    answer = browser.get(f"{API}/queue")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/api/docs#unauthorized"


def test_a_token_is_no_session(page: StaffPage) -> None:
    assert caller(page).get("/").status_code == 303


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Bearer cmb_wrong", "Basic cm9ib3Q6eA==", "Bearer \xff"])
def test_what_is_no_token_is_refused(page: StaffPage, value: str) -> None:
    answer = page.browser().get(f"{API}/queue", headers={"authorization": value.encode("latin-1")})
    assert answer.status_code == 401


def test_a_token_holds_until_its_day_and_until_it_is_revoked(shop: Workshop, page: StaffPage) -> None:
    robot = caller(page)
    short = with_token(page, token(page, "robot", days=1))
    shop.clock.advance(timedelta(days=1) - timedelta(seconds=1))
    assert short.get(f"{API}/queue").status_code == 200
    shop.clock.advance(timedelta(seconds=1))
    assert short.get(f"{API}/queue").status_code == 401
    assert robot.get(f"{API}/queue").status_code == 200
    facts = accounts.tokens(shop.store)[0]
    accounts.revoke_token(shop.store, shop.clock, token_id=facts.id, actor="root")
    assert robot.get(f"{API}/queue").status_code == 401
    told = accounts.tokens(shop.store)[0]
    assert told.revoked_at == shop.clock.now()
    assert told.last_used_at == shop.clock.now()


def test_a_token_has_the_role_that_its_account_has_now(shop: Workshop, page: StaffPage) -> None:
    robot, path = caller(page), f"{API}/queue/{shop.items()[0].tracking}/claim"
    accounts.set_role(shop.store, shop.clock, name="robot", role=Role.VIEWER, teams=frozenset({"007"}), actor="root")
    assert robot.post(path).status_code == 403
    assert len(robot.get(f"{API}/queue").json()) == 1
    accounts.disable(shop.store, shop.clock, name="robot", actor="root")
    assert robot.get(f"{API}/queue").status_code == 401


def test_the_database_holds_no_token(shop: Workshop, page: StaffPage) -> None:
    caller(page)
    secret = token(page, "robot", [Scope.READ])
    stored = (shop.folder / "bot.db").read_bytes() + (shop.folder / "bot.db-wal").read_bytes()
    assert secret.encode() not in stored
    assert secret.removeprefix("cmb_").encode() not in stored


# --- the description -------------------------------------------------------------------------------------------


def test_the_description_has_every_operation_and_nothing_else(page: StaffPage) -> None:
    told = page.browser().get("/api/openapi.json").json()
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert described == {(one.method, one.address) for one in OPERATIONS}
    assert set(told["components"]["schemas"]["MessageFacts"]["properties"]) >= {"from", "sha256"}


def test_the_page_about_the_api_names_every_operation(page: StaffPage) -> None:
    text = page.browser().get("/api/docs").text
    assert all(f"{one.method} {one.address}" in text for one in OPERATIONS)
    assert "<script>" not in text


def test_what_is_no_operation_is_a_problem(robot: TestClient) -> None:
    for method, path, status in (("GET", "/colours", 404), ("DELETE", "/queue", 405), ("POST", "/queue", 405)):
        answer = robot.request(method, API + path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
