"""What a visitor may send so that others can't get in, or their pages can't be made."""

import asyncio
import base64
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import Request

from cee_mailbot import accounts
from cee_mailbot.domain.roles import Role
from cee_mailbot.web.addresses import caller_address
from cee_mailbot.web.server import WholeInTime, serving
from cee_mailbot.web.sign_in import who_asks
from cee_mailbot.web.tries import (
    TRIES_OF_A_NAME,
    TRIES_OF_A_NAME_ANYWHERE,
    TRIES_OF_AN_ADDRESS,
    Caller,
    Tries,
)
from tests.support.mails import mail
from tests.support.staff_page import PASSWORD, StaffPage, form
from tests.support.workshop import Workshop

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(mail())
    yield made
    made.store.close()


def test_asking_for_many_names_does_not_make_the_wrong_tries_forgotten() -> None:
    tries, kim = Tries(), Caller(address="10.0.0.1", name="kim")
    for _ in range(TRIES_OF_A_NAME):
        assert tries.begin(kim, NOW)
    for number in range(20_000):
        tries.begin(Caller(address="10.0.0.2", name=f"nobody{number}"), NOW)
    assert not tries.begin(kim, NOW)


def test_tries_at_the_same_time_count_before_they_are_decided() -> None:
    """Each waits for its hash; what was begun must count against the next."""
    tries, kim = Tries(), Caller(address="10.0.0.1", name="kim")
    assert [tries.begin(kim, NOW) for _ in range(TRIES_OF_A_NAME + 2)].count(True) == TRIES_OF_A_NAME
    tries.succeeded(kim)
    assert tries.begin(kim, NOW)


def test_guessing_from_everywhere_has_an_end_and_a_known_browser_does_not_wait_for_it() -> None:
    tries = Tries()
    begun = [tries.begin(Caller(address=f"10.0.{number}.1", name="Kim"), NOW) for number in range(200)]
    assert begun.count(True) == TRIES_OF_A_NAME_ANYWHERE
    known = Caller(address="10.0.0.1", name="kim", device="of kim")
    assert [tries.begin(known, NOW) for _ in range(TRIES_OF_A_NAME + 1)].count(True) == TRIES_OF_A_NAME


def test_an_address_that_tries_many_names_has_to_wait() -> None:
    tries = Tries()
    begun = [tries.begin(Caller(address="10.0.0.1", name=f"n{number}"), NOW) for number in range(50)]
    assert begun.count(True) == TRIES_OF_AN_ADDRESS
    assert tries.begin(Caller(address="10.0.0.2", name="n1"), NOW)


def test_a_flood_costs_bounded_memory() -> None:
    tries = Tries()
    for number in range(6_000):
        tries.begin(Caller(address=f"10.{number % 256}.{number // 256}.1", name=f"nobody{number}"), NOW)
    assert len(tries._begun) <= 10_000


PROXY = "testclient"  # what the client of these tests is called


@pytest.mark.parametrize(
    ("headers", "proxies", "found"),
    [
        ([], (PROXY,), PROXY),
        (["198.51.100.7"], (PROXY,), "198.51.100.7"),
        (["198.51.100.7"], (), PROXY),
        (["198.51.100.7"], ("10.0.0.1",), PROXY),
        (["203.0.113.9, 198.51.100.7"], (PROXY,), "198.51.100.7"),
        (["203.0.113.9", "198.51.100.7"], (PROXY,), "198.51.100.7"),
        (["203.0.113.9, 198.51.100.7, 10.0.0.1"], (PROXY, "10.0.0.1"), "198.51.100.7"),
        (["203.0.113.9, testclient"], (PROXY,), PROXY),
        (["nonsense"], (PROXY,), PROXY),
        ([""], (PROXY,), PROXY),
        ([",".join(["10.0.0.1"] * 5000)], (PROXY, "10.0.0.1"), "10.0.0.1"),
        (["2001:db8:1:2:3:4:5:6"], (PROXY,), "2001:db8:1:2::/64"),
        (["::ffff:198.51.100.7"], (PROXY,), "198.51.100.7"),
        (["198.51.100.7:4711"], (PROXY,), "198.51.100.7"),
        (["[2001:db8::1]:4711"], (PROXY,), "2001:db8::/64"),
    ],
)
def test_an_address_is_believed_from_proxies_that_are_named_alone(
    headers: list[str], proxies: tuple[str, ...], found: str
) -> None:
    raw = [(b"x-forwarded-for", one.encode()) for one in headers]
    request = Request({"type": "http", "headers": raw, "client": (PROXY, 1)})
    assert caller_address(request, proxies) == found


def test_on_a_socket_for_both_kinds_an_address_of_ipv4_is_one(shop: Workshop) -> None:
    """Else all of them would be one network, which shares its tries, and no proxy would be known."""
    wrapped = {"type": "http", "headers": [], "client": ("::ffff:198.51.100.7", 1)}
    assert caller_address(Request(wrapped), ()) == "198.51.100.7"
    StaffPage(shop).person("kim")
    page = StaffPage(shop, sign_in="proxy", proxy_addresses=("198.51.100.7",))
    asks = {**wrapped, "headers": [(b"x-remote-user", b"kim")]}
    assert who_asks(page.application.state.parts, Request(asks)) is not None
    assert who_asks(page.application.state.parts, Request({**asks, "client": ("::ffff:198.51.100.8", 1)})) is None


def test_who_guesses_behind_the_same_proxy_locks_nobody_out(shop: Workshop) -> None:
    page = StaffPage(shop, proxy_addresses=(PROXY,))
    page.person("kim")
    browser, wrong = page.browser(), {"name": "kim", "password": "wrong"}
    for number in range(TRIES_OF_AN_ADDRESS + 5):
        browser.post(
            "/sign-in", data=wrong | {"name": f"kim{number % 7 or ''}"}, headers={"x-forwarded-for": "1.2.3.4"}
        )
    right = {"name": "kim", "password": PASSWORD}
    from_there = browser.post("/sign-in", data=right, headers={"x-forwarded-for": "9.9.9.9, 1.2.3.4"})
    assert from_there.status_code == 429
    assert browser.post("/sign-in", data=right, headers={"x-forwarded-for": "1.2.3.4, 5.6.7.8"}).status_code == 303


def test_a_browser_that_is_known_is_locked_out_by_nobody_at_its_own_address(shop: Workshop) -> None:
    """Where everybody comes from one address and no proxy tells them apart."""
    page = StaffPage(shop)
    kim, stranger = page.person("kim"), page.browser()
    wrong, right = {"name": "kim", "password": "wrong"}, {"name": "kim", "password": PASSWORD}
    for _ in range(TRIES_OF_A_NAME):
        stranger.post("/sign-in", data=wrong)
    assert stranger.post("/sign-in", data=right).status_code == 429
    kim.post("/sign-out", data={"a": "b"})
    assert kim.post("/sign-in", data=right).status_code == 303


@pytest.mark.parametrize("kept", ["", ".", "invented.", "invented.0000", "a.b.c", "\x7f.\x7f"])
def test_a_mark_of_a_browser_can_not_be_invented(shop: Workshop, kept: str) -> None:
    StaffPage(shop).person("kim")
    assert accounts.known_device(shop.store, "kim", kept) is None
    assert accounts.known_device(shop.store, "nobody", kept) is None


def test_the_mark_of_a_browser_is_one_persons_and_ends_with_the_password(shop: Workshop) -> None:
    page = StaffPage(shop)
    mark = page.person("kim").cookies["cee-device"]
    page.person("lee")
    assert accounts.known_device(shop.store, "Kim", mark) == mark.partition(".")[0]
    assert accounts.known_device(shop.store, "lee", mark) is None


def test_a_name_with_characters_that_the_store_drops_is_nobodys(page: StaffPage) -> None:
    """Else each spelling would have tries of its own."""
    page.person("kim")
    browser = page.browser()
    answer = browser.post("/sign-in", data={"name": "k\0im", "password": PASSWORD})
    assert answer.status_code == 401


def test_a_name_that_the_proxy_passed_on_beside_its_own_is_not_believed(shop: Workshop) -> None:
    """A proxy that adds its header leaves the browser's in front of it."""
    StaffPage(shop).person("kim")
    browser = StaffPage(shop, sign_in="proxy", proxy_addresses=("testclient",)).browser()
    assert browser.get("/", headers=[("X-Remote-User", "kim")]).status_code == 200
    twice = [("X-Remote-User", "kim"), ("X-Remote-User", "lee")]
    assert browser.get("/", headers=twice).status_code == 401


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("set-presentation", {"at": "0001-01-01T00:00", "zone": "UTC"}),
        ("set-presentation", {"at": "0001-01-01T00:00", "zone": "Pacific/Guam"}),
        ("wait", {"until": "9999-12-31T23:59", "zone": "UTC"}),
        ("wait", {"until": "9999-12-31T23:59", "zone": "Pacific/Honolulu"}),
    ],
)
def test_a_time_that_no_clock_can_show_is_refused(
    shop: Workshop, page: StaffPage, act: str, fields: dict[str, str]
) -> None:
    """It would break the item's page, and with it the list of everybody."""
    kim, path = page.person(), f"/items/{shop.items()[0].tracking}"
    hidden = form(kim.get(path).text, f"{path}/{act}")
    assert kim.post(f"{path}/{act}", data={**hidden, **fields, "reason": "wrong year"}).status_code == 422
    assert kim.get(path).status_code == 200
    assert kim.get("/").status_code == 200


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_saved_list_of_an_impossible_day_breaks_no_page(page: StaffPage, day: str) -> None:
    kim = page.person(role=Role.SUPERVISOR)
    hidden = form(kim.get("/").text, "/views")
    kim.post("/views", data={**hidden, "name": "Never", "team": "007", "q": f"due:{day}"})
    assert kim.get("/").status_code == 200
    assert kim.get(f"/?q=due:{day}").status_code == 200


def _mark(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "mark",
    [
        "[" * 20_000,
        json.dumps(["2026-11-20T12:00:00+00:00", 2**70]),
        json.dumps(["0001-01-01T00:00:00+23:59", 1]),
    ],
    ids=["deep", "large", "early"],
)
def test_a_mark_that_no_page_wrote_is_as_none(page: StaffPage, mark: str) -> None:
    assert page.person().get("/", params={"sort": "received", "after": _mark(mark)}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/queue"), ("GET", "/sign-in"), ("POST", "/api/v1/queue")])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": "2000000"}, 413),
        ({"content-length": "9" * 5000}, 413),
        ({"transfer-encoding": "chunked"}, 411),
        ({"transfer-encoding": "chunked", "content-length": "5"}, 411),
    ],
)
def test_no_body_is_read_that_does_not_say_how_long_it_is(
    page: StaffPage, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Whoever may not even sign in could fill the memory: a GET has a body too, and chunks have no length."""
    assert page.browser().request(method, path, headers=headers).status_code == status


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "utf-7"])
def test_a_form_in_a_charset_of_its_own_is_not_read(page: StaffPage, charset: str) -> None:
    """Some can't be read at all, others write halves of characters, which no page can show."""
    part = b'--a\r\nContent-Disposition: form-data; name="text"\r\n\r\n\\ud800\r\n--a--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary=a; charset={charset}"}
    for browser in (page.browser(), page.person(name=charset.replace("_", "-"))):
        answer = browser.post("/items/CEE-007-26-000001-X/note", headers=kind, content=part)
        assert answer.status_code == 415
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST /sign-in HTTP/1.1\r\n%b\r\nname=",
        b"POST /api/v1/queue/x/claim HTTP/1.1\r\n%b\r\n{",
    ],
    ids=str,
)
@pytest.mark.parametrize("before", [False, True], ids=["first", "second"])
def test_a_request_that_does_not_come_whole_is_not_waited_for(
    page: StaffPage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, begun: bytes, *, before: bool
) -> None:
    """Who sends by the drop would else take every connection that the process may have."""
    monkeypatch.setattr("cee_mailbot.web.server.WHOLE_WITHIN", 0.2)
    with serving(page.application, host="127.0.0.1", tcp_port=0) as address:
        host = urlsplit(address).netloc
        kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n"
        named = f"Host: {host}\r\nSec-Fetch-Site: same-origin\r\n{kind}".encode()
        port = int(host.partition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as caller, caller.makefile("rb") as answers:
            if before:
                caller.sendall(f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                head = list(iter(answers.readline, b"\r\n"))
                assert head[0].split()[1] == b"200"
                assert answers.read(len(b'{"ok":true}')) == b'{"ok":true}'
            caller.sendall(begun % named if b"%" in begun else begun)
            assert answers.read() == b"", "the connection is closed"
    assert not caplog.records


def test_no_piece_of_an_answer_waits_until_the_one_before_it_is_acknowledged(
    page: StaffPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a browser waits 40 ms more for whatever leaves in two pieces, as every file and every page does."""
    at_once: list[int] = []
    begin = WholeInTime.connection_made

    def noted(self: WholeInTime, transport: asyncio.Transport) -> None:
        at_once.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        begin(self, transport)

    monkeypatch.setattr(WholeInTime, "connection_made", noted)
    with serving(page.application, host="127.0.0.1", tcp_port=0) as address:
        host = urlsplit(address).netloc
        with socket.create_connection(("127.0.0.1", int(host.partition(":")[2])), timeout=60) as caller:
            caller.sendall(f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert caller.recv(12) == b"HTTP/1.1 200"
    assert at_once == [1]
