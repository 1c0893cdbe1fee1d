"""The tables of the configuration that say who of the staff gets in, and what they may do."""

from datetime import timedelta
from typing import Literal

from cee_mailbot.config.fields import Duration, Line, Lines, Place, Table, TcpPort, Team
from cee_mailbot.domain.groups import GroupRule
from cee_mailbot.domain.roles import Role


class WebTable(Table):
    """`[web]`: how the queue page is reached, and who signs in how."""

    host: Line = "127.0.0.1"
    tcp_port: TcpPort = 8400
    public_url: Line | None = None
    sign_in: Literal["password", "proxy", "openid"] = "password"
    idle: Duration = timedelta(minutes=15)
    absolute: Duration = timedelta(hours=12)
    proxy_header: Line = "X-Remote-User"
    proxy_addresses: Lines = []
    claim_expires: Duration | None = None
    record_views: Literal["on", "off"] = "off"
    banner: Literal["on", "off"] = "off"
    help: Line | None = None


class OpenidTable(Table):
    """`[openid]`: the agency's own sign-in, for `sign_in = "openid"`."""

    issuer: Line | None = None
    client_id: Line | None = None
    key_file: Place | None = None
    ca_file: Place | None = None
    scopes: Lines = ["openid", "profile"]
    name_claim: Line = "preferred_username"
    groups_claim: Line = "groups"
    acr_values: Lines = []


class GroupTable(Table):
    """`[[group]]`: what a group of the provider may do."""

    name: Line
    role: Literal["viewer", "specialist", "supervisor", "administrator"]
    teams: list[Team] | None = None

    @property
    def rule(self) -> GroupRule:
        """As the rules take it."""
        teams = None if self.teams is None else frozenset(self.teams)
        return GroupRule(group=self.name, role=Role(self.role), teams=teams)
