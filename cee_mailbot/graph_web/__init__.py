"""One mailbox's door to Microsoft Graph."""

from cee_mailbot.graph_web.calls import GraphWeb
from cee_mailbot.graph_web.turns import GraphSettings, Turns

__all__ = ["GraphSettings", "GraphWeb", "Turns"]
