"""The matrix of every route of page and API, every role, own team and another's, and every scope of a token."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import accounts
from cee_mailbot.account_ledger import Account
from cee_mailbot.desk.bulk import Asker, foretell
from cee_mailbot.domain.roles import Person, Role, Scope
from cee_mailbot.web.gate import Door, Of
from cee_mailbot.web.routes import EVERY_DOOR, ROUTES
from tests.support.api import token
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import mail
from tests.support.staff_page import OWN, StaffPage
from tests.support.workshop import CHEMICALS, Workshop

RANK = {role: rank for rank, role in enumerate(Role)}
GUARDED = [door for door in EVERY_DOOR if door.needs is not None]
SECRETS = ("Acme", "346-67890128")  # what stands in the things of the other team alone


JOBS_OF: tuple[tuple[Role, str | None], ...] = ((Role.SUPERVISOR, "007"), (Role.SUPERVISOR, None))


def name_of(door: Door) -> str:
    return f"{door.method} {address_of(door)}"


def address_of(door: Door) -> str:
    return str(getattr(door, "address", door.path))


class Matrix:
    """Two teams, an item of each, and somebody for each role: in team 007, and in all."""

    def __init__(self, shop: Workshop) -> None:
        self.shop, self.page = shop, StaffPage(shop)
        self.client = TestClient(self.page.application, base_url="http://127.0.0.1:8400", follow_redirects=False)
        self.session, self.bearer = cache(self._session), cache(self._bearer)
        shop.receive(mail(documents=[b"%PDF-1.4 papers", b"plain words"]))
        other = mail(subject="DR,Acme,346-67890128,2704", to=TO_CHEMICALS, message_id="<9@f.example>", body="Other.")
        shop.receive(other, mailbox=CHEMICALS)
        with shop.store.begin(shop.clock.now()) as unit:
            unit.keep_census({"at": shop.clock.now().isoformat(), "clean": True, "mailboxes": []}, clean=True)
        self.people = {(role, team): self._person(role, team) for role in Role for team in ("007", None)}
        with shop.store.read() as ask:
            self.things = [
                {
                    "tracking": item.tracking,
                    "message": item.messages[0],
                    "reply": ask.story(item.tracking).replies[0].id,
                    "number": 1,
                    "act": "claim",
                    "closure": 1,
                    "kind": "note",
                    "job": self._job(item.tracking, whose),
                }
                for item, whose in zip(shop.items(), JOBS_OF, strict=True)
            ]

    def _job(self, tracking: str, whose: tuple[Role, str | None]) -> int:
        """A bulk job of one item, foretold; the first is of somebody of its team, the other of somebody of all."""
        return foretell(self.shop.intake, Asker(person=self.people[whose]), "claim", items=[tracking])

    def _person(self, role: Role, team: str | None) -> Person:
        person = Person(name=_name((role, team)), role=role, teams=None if team is None else frozenset({team}))
        now = self.shop.clock.now()
        made = Account(name=person.name, password="", role=role, teams=person.teams, disabled=False, created_at=now)
        with self.shop.store.begin(now) as unit:
            unit.add_account(made, actor="root")
        return person

    def _session(self, person: Person) -> dict[str, str]:
        """The headers of a browser in which this person has signed in."""
        return {**OWN, "cookie": f"cee-session={accounts.open_session(self.shop.store, self.shop.clock.now(), person)}"}

    def _bearer(self, person: Person, scope: Scope) -> dict[str, str]:
        """The headers of a program with a token of this one scope."""
        return {"authorization": f"Bearer {token(self.page, person.name, [scope])}"}

    def asks(self, door: Door, thing: int, headers: dict[str, str]) -> tuple[int, str]:
        """What a route answers on the things of one item: status and text."""
        body = {"content": b"{}"} if door.scope else {"data": {"key": "k"}}
        extra = body if door.method == "POST" else {}
        answer = self.client.request(
            door.method, address_of(door).format(**self.things[thing]), headers=headers, **extra
        )  # type: ignore[arg-type]
        return answer.status_code, answer.text


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    shop = Workshop(tmp_path_factory.mktemp("doors"))
    yield Matrix(shop)
    shop.store.close()


def declared(door: Door, person: Person, *, own: bool) -> int | None:
    """The status that the table of routes demands; None: the door is open, and what lies behind it decides."""
    needs = door.needs or Role.VIEWER
    if RANK[person.role] < RANK[needs]:
        return 403
    if door.of is Of.SITE:
        return None if person.teams is None else 403
    if door.of is Of.BULK:
        return None if person.name in (_name(JOBS_OF[not own]), _name((Role.ADMINISTRATOR, None))) else 404
    return None if own or person.teams is None or door.of is Of.NOTHING else 404


def _name(whose: tuple[Role, str | None]) -> str:
    return f"{whose[0]}-{whose[1]}"


def check(door: Door, matrix: Matrix, person: Person, headers: dict[str, str]) -> None:
    for thing, own in ((0, True), (1, False)):
        status, text = matrix.asks(door, thing, headers)
        wanted = declared(door, person, own=own)
        where = f"{name_of(door)} {person.name} {'own' if own else 'other'}: {status}"
        if wanted is not None:
            assert status == wanted, where
        elif "{closure}" not in door.path:  # of which there is none here
            assert status not in (401, 403, 404), where
        assert status < 500, where
        if person.teams is not None:
            assert not [one for one in SECRETS if one in text], where


@pytest.mark.parametrize("door", [one for one in GUARDED if not one.scope], ids=name_of)
def test_a_page_is_for_whom_the_table_says(door: Door, matrix: Matrix) -> None:
    for person in matrix.people.values():
        check(door, matrix, person, matrix.session(person))


@pytest.mark.parametrize("door", [one for one in GUARDED if one.scope], ids=name_of)
def test_an_operation_is_for_whom_the_table_says(door: Door, matrix: Matrix) -> None:
    """With the right scope as the role and the teams say; with another, or a session, never."""
    for person, scope in product(matrix.people.values(), Scope):
        headers = matrix.bearer(person, scope)
        if scope is door.scope:
            check(door, matrix, person, headers)
        else:
            assert matrix.asks(door, 0, headers)[0] == 403, f"{name_of(door)} {person.name} {scope}"
    assert matrix.asks(door, 0, matrix.session(matrix.people[Role.ADMINISTRATOR, None]))[0] == 401


@pytest.mark.parametrize("door", GUARDED, ids=name_of)
def test_strangers_and_tokens_do_not_pass_a_page(door: Door, matrix: Matrix) -> None:
    assert matrix.asks(door, 0, OWN)[0] in (401, 303)
    if not door.scope:
        bearer = matrix.bearer(matrix.people[Role.ADMINISTRATOR, None], Scope.ADMIN)
        assert matrix.asks(door, 0, {**OWN, **bearer})[0] in (401, 303)


def test_every_route_of_the_application_stands_in_the_table(matrix: Matrix) -> None:
    """Nothing is served that the matrix does not know, but for the styles and scripts of the page."""
    served = {
        (method, route.path)
        for route in matrix.page.application.routes
        if route.path != "/static"  # type: ignore[attr-defined]
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert served == {(door.method, address_of(door)) for door in EVERY_DOOR}
    assert {route.path for route in ROUTES if route.needs is None} == {
        "/livez", "/readyz", "/sign-in", "/sign-in/back", "/sign-in/keys", "/sign-out", "/signed-out",
        "/api/docs", "/api/openapi.json",
    }  # fmt: skip
