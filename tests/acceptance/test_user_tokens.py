"""`users token`: a token made on the command line opens the API of a running page, which says what `status` says."""

import json
from pathlib import Path

import httpx
import pytest

from cee_mailbot import watching
from cee_mailbot.app import opened, serving
from cee_mailbot.cli import main
from cee_mailbot.config import load_config
from tests.support.written_site import write_site


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write_site(tmp_path)
    (tmp_path / "password").write_text("a long enough password\n")
    main(
        [
            "--config",
            str(path),
            "users",
            "add",
            "robot",
            "--role",
            "administrator",
            "--password-file",
            str(tmp_path / "password"),
        ]
    )
    return path


def test_a_token_opens_the_api_until_it_is_revoked(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> str:
        assert main(["--config", str(config), *words]) == 0
        return capsys.readouterr().out

    capsys.readouterr()
    made = json.loads(run("users", "token", "add", "robot", "--scope", "read", "--scope", "admin", "--json"))
    assert made["scopes"] == ["admin", "read"]
    told = json.loads(run("status", "--json"))
    headers = {"authorization": f"Bearer {made['secret']}"}
    with opened(load_config(config, {})) as app, serving(app, tcp_port=0, status=lambda: watching.status(app)) as page:
        answer = httpx.get(f"{page.rstrip('/')}/api/v1/status", headers=headers).json()
        of_the_moment = {"at": None, "disk_free_bytes": None}
        assert {**answer, **of_the_moment} == {**told, **of_the_moment}
        assert run("users", "token", "revoke", str(made["id"])).startswith("token 1 of robot")
        assert httpx.get(f"{page.rstrip('/')}/api/v1/queue", headers=headers).status_code == 401
    assert made["secret"] not in run("users", "token", "list", "--json")


@pytest.mark.parametrize(
    ("words", "code"), [(["nobody", "--scope", "read"], 1), (["robot", "--scope", "read", "--days", "367"], 2)]
)
def test_a_token_that_can_be_none_is_refused(config: Path, words: list[str], code: int) -> None:
    assert main(["--config", str(config), "users", "token", "add", *words]) == code
