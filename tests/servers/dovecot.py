"""A private Dovecot 2.3 on loopback ports, started by tests and stopped by them; needs no rights."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from cee_mailbot.sources.imap_settings import ImapSettings
from tests.servers.certificates import Certificates, make_certificates
from tests.support.needs import needed

PASSWORD = "secret"

# One account runs everything: the one that runs the tests, or for root, whom Dovecot gives no mail, nobody.
_CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
ssl = yes
ssl_cert = <{certificates.certificate}
ssl_key = <{certificates.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_max_userip_connections = 100
mail_location = maildir:{base}/mail/%u
mail_plugins = quota
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {base}/users/%u
}}
userdb {{
  driver = passwd-file
  args = {base}/users/%u
  default_fields = uid={uid} gid={gid} home={base}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
plugin {{
  quota = maildir:mailbox
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
{more}
"""


_TOKENS = """
auth_mechanisms = plain login {methods}
passdb {{
  driver = oauth2
  mechanisms = {methods}
  args = {base}/oauth2
}}
"""


class Dovecot:
    """A Dovecot of one's own: `port` (clear, STARTTLS) and `tls_port` on 127.0.0.1, its CA in `authority`."""

    def __init__(self, *, prefix: str = "", separator: str = "/", more: str = "") -> None:
        self._prefix = prefix
        self._separator = separator
        self._more = more  # further lines of configuration
        self.introspection_url = ""  # where it asks whose an access token is
        self.token_methods = "xoauth2 oauthbearer"
        self._process: subprocess.Popen[bytes] | None = None
        self._base = Path()
        self.host = "127.0.0.1"
        self.port = 0
        self.tls_port = 0
        self.authority = Path()

    def start(self, base_dir: Path | None = None) -> None:
        """Starts the server and returns when it answers. `base_dir` must be reachable for every account."""
        self._base = Path(tempfile.mkdtemp(prefix="cee-dovecot-", dir=base_dir))
        certificates = make_certificates(self._base / "tls")
        self.authority = certificates.authority
        for name in ("run", "state", "mail", "users"):
            (self._base / name).mkdir()
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        for _ in range(5):  # somebody else may take a free port before Dovecot does
            self.port, self.tls_port = _free_ports(2)
            self._configure(account, certificates)
            if self._runs(account):
                return
        raise RuntimeError("Dovecot did not start: " + self.log())

    def stop(self) -> None:
        """Stops the server and removes all of its mail."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None
        if self._base != Path():
            shutil.rmtree(self._base, ignore_errors=True)

    def log(self) -> str:
        """What the server has logged."""
        path = self._base / "log"
        return path.read_text(errors="replace") if path.exists() else "(no log)"

    def add_user(self, name: str, password: str = PASSWORD, *, quota: str = "") -> None:
        """A new mailbox; `quota` is a rule such as `*:bytes=10K`."""
        fields = f"userdb_quota_rule={quota}" if quota else ""
        # One file a user: Dovecot looks at most once a second whether a file of many has grown.
        (self._base / "users" / name).write_text(f"{name}:{{PLAIN}}{password}::::::{fields}\n")

    def folder_of(self, user: str) -> Path:
        """Where the mail of a user lies, as Maildir."""
        return self._base / "mail" / user

    def settings(self, user: str, password: str = PASSWORD, **changes: Any) -> ImapSettings:
        """Settings for the clear port of this server."""
        known = {"host": self.host, "tcp_port": self.port, "tls": "none", "read_timeout": 20.0}
        return ImapSettings(**{**known, "user": user, "password": lambda: password, **changes})

    @contextmanager
    def client(self, user: str, password: str = PASSWORD) -> Iterator[Any]:
        """A signed-in imapclient, for tests to look and to meddle."""
        with IMAPClient(self.host, self.port, ssl=False, timeout=20) as client:
            client._imap.debug = 0
            client.normalise_times = False
            client.login(user, password)
            yield client

    def append(
        self,
        user: str,
        raw: bytes,
        arrived_at: datetime | None = None,
        *,
        folder: str = "INBOX",
        password: str = PASSWORD,
    ) -> None:
        """Puts a message into a folder with the given arrival time (INTERNALDATE, whole seconds)."""
        with self.client(user, password) as client:
            client.append(folder, raw, msg_time=arrived_at)

    def messages(self, user: str, folder: str = "INBOX", password: str = PASSWORD) -> list[bytes]:
        """The messages of a folder in the order of their UIDs; none when there is no such folder."""
        with self.client(user, password) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.search("ALL")
            said = client.fetch(found, ["BODY.PEEK[]"])
            return [said[uid][b"BODY[]"] for uid in found]

    def _configure(self, account: pwd.struct_passwd, certificates: Certificates) -> None:
        (self._base / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                base=self._base,
                user=account.pw_name,
                group=grp.getgrgid(account.pw_gid).gr_name,
                uid=account.pw_uid,
                gid=account.pw_gid,
                port=self.port,
                tls_port=self.tls_port,
                certificates=certificates,
                prefix=self._prefix,
                separator=self._separator,
                more=self._more + self._oauth(),
            )
        )
        if os.geteuid() == 0:
            for path in (self._base, *self._base.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid)

    def _oauth(self) -> str:
        if not self.introspection_url:
            return ""
        asked = f"introspection_mode = auth\nintrospection_url = {self.introspection_url}\n"
        (self._base / "oauth2").write_text(asked + "username_attribute = username\nforce_introspection = yes\n")
        return _TOKENS.format(base=self._base, methods=self.token_methods)

    def _runs(self, account: pwd.struct_passwd) -> bool:
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_whom = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        command = [needed("dovecot", "dovecot-imapd"), "-F", "-c", str(self._base / "dovecot.conf")]
        self._process = subprocess.Popen(command, cwd=self._base, stderr=subprocess.DEVNULL, **as_whom)
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            if _greets(self.port) and _answers(self.tls_port):
                return True
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        return False


def start_or_skip(dovecot: Dovecot) -> Iterator[Dovecot]:
    """Runs the server around a fixture's yield; without Dovecot the test is skipped, under CI it fails."""
    needed("dovecot", "dovecot-imapd")
    needed("openssl")
    try:
        dovecot.start()
        yield dovecot
    finally:
        dovecot.stop()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for all tests of a run; each test adds users of its own."""
    yield from start_or_skip(Dovecot())


@pytest.fixture(scope="session")
def old_dovecot() -> Iterator[Dovecot]:
    """A server of the old kind: no MOVE, all folders below `INBOX.`, a dot between their names."""
    more = "imap_capability = IMAP4rev1 UIDPLUS NAMESPACE LITERAL+"
    yield from start_or_skip(Dovecot(prefix="INBOX.", separator=".", more=more))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _greets(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        return connection.recv(64).startswith(b"* OK")
    return False


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
