"""The API under generated calls, from its own description: no 500, and nothing that the description does not say."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import text
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from cee_mailbot.desk.bulk import Asker, foretell
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.web.api.operation import Operation
from cee_mailbot.web.api.operations import OPERATIONS
from tests.support.api import caller
from tests.support.mails import mail
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

HOST = "127.0.0.1:8400"
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StaffPage]:
    shop = Workshop(tmp_path_factory.mktemp("api"))
    shop.receive(mail(documents=[b"%PDF-1.4 papers", b"plain words"]), mail(subject="?", message_id="<2@a.example>"))
    yield StaffPage(shop)
    shop.store.close()


@pytest.fixture(scope="module")
def authorization(page: StaffPage) -> str:
    return caller(page).headers["authorization"]


@pytest.fixture(scope="module")
def described(page: StaffPage) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/openapi.json", page.application, headers={"host": HOST})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_no_call_breaks_the_program(
    page: StaffPage, authorization: str, described: schemathesis.BaseSchema, operation: Operation
) -> None:
    """Against things that are there, so that calls come further than `404`."""
    there = {"tracking": page.shop.items()[0].tracking, "message": 1, "reply": 1, "closure": 1, "number": 1, "job": 1}
    if "{job}" in operation.path:
        asker = Asker(person=Person(name="robot", role=Role.ADMINISTRATOR))
        there["job"] = foretell(page.shop.intake, asker, "claim", items=[str(there["tracking"])])
    headers = {"authorization": authorization, "host": HOST}

    @given(case=described[operation.address][operation.method].as_strategy())
    @settings(max_examples=10, deadline=None, derandomize=True, database=None)
    def call(case: schemathesis.Case) -> None:
        case.path_parameters = {name: there[name] for name in case.path_parameters}
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()


@pytest.mark.parametrize("path", ["/queue/{}", "/queue/{}/claim", "/messages/{}", "/messages/{}/raw", "/replies/{}"])
@given(name=text(min_size=1).filter(lambda one: "/" not in one and one not in (".", "..")))
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_name_of_a_thing_breaks_the_program(page: StaffPage, authorization: str, path: str, name: str) -> None:
    client = TestClient(page.application, base_url=f"http://{HOST}", headers={"authorization": authorization})
    answer = client.request(
        "POST" if path.endswith("claim") else "GET", f"/api/v1{path.format(quote(name.encode('utf-8', 'replace')))}"
    )
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"] == "application/problem+json"
