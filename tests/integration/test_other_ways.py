"""`check` names the other ways to a mailbox where the configured one fails, and only there."""

from pathlib import Path

import tomlkit

from cee_mailbot.app import build
from cee_mailbot.config import load_config
from cee_mailbot.operations import check
from tests.servers.ews import PASSWORD, USER, EwsServer
from tests.servers.ews import Trouble as EwsTrouble
from tests.servers.graph import TENANT, GraphServer, Trouble
from tests.servers.token_endpoint import CLIENT, SECRET


def test_check_names_the_other_ways_where_one_fails(tmp_path: Path) -> None:
    secret, password = tmp_path / "secret", tmp_path / "password"
    secret.write_text(SECRET, encoding="utf-8")
    password.write_text(PASSWORD, encoding="utf-8")
    with GraphServer() as graph, EwsServer() as ews:
        online = {"source": "graph", "tenant": TENANT, "client_id": CLIENT, "client_secret_file": str(secret)}
        online |= {"graph_root": graph.root, "authority": graph.tokens.url.partition(f"/{TENANT}")[0]}
        own = {"source": "exchange", "endpoint": ews.endpoint, "auth": "basic", "user": USER}
        imap = {"source": "imap", "host": "127.0.0.1", "tcp_port": 1, "tls": "none", "user": "u"}
        boxes = {
            "well": online,
            "no-rights": online,
            "not-online": online,
            "switched-off": own | {"password_file": str(password)},
            "not-started": imap | {"password_file": str(password)},
        }
        tables = [
            {"name": name, "address": f"{name}@agency.example", "team": f"00{team}", **keys}
            for team, (name, keys) in enumerate(boxes.items(), 1)
        ]
        for name in boxes:
            graph.box(f"{name}@agency.example")
        graph.troubles["get folder"] += [
            Trouble(),
            Trouble(status=403, code="ErrorAccessDenied"),
            Trouble(status=404, code="MailboxNotEnabledForRESTAPI"),
        ]
        ews.troubles["GetFolder"].append(EwsTrouble(status=403))
        path = tmp_path / "mailboxes.toml"
        storage = {"database": f"sqlite:///{tmp_path}/db", "blobs": str(tmp_path / "blobs")}
        replies = {"transport": "files", "dir": "out"}
        path.write_text(tomlkit.dumps({"storage": storage, "replies": replies, "mailbox": tables}), encoding="utf-8")
        app = build(load_config(path, {}))
        found = {one.what.removeprefix("mailbox "): one for one in check(app)}
        app.store.close()
    assert found["well"].ok
    assert not any(found[name].ok for name in boxes if name != "well")
    assert "other ways" not in found["well"].words + found["not-online"].words
    assert 'source = "exchange" or "imap"' in found["not-online"].words
    assert "RBAC" in found["no-rights"].words
    assert "EWS is none" in found["no-rights"].words
    assert 'IMAP may be one, if it is started there: source = "imap", host = "127.0.0.1"' in found["switched-off"].words
    assert "EWS may be one, if this is Exchange" in found["not-started"].words
