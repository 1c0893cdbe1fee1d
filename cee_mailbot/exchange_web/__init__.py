"""One mailbox's door to Exchange Web Services."""

from cee_mailbot.exchange_web.door import ExchangeWeb
from cee_mailbot.exchange_web.settings import ExchangeSettings
from cee_mailbot.exchange_web.waits import Waits

__all__ = ["ExchangeSettings", "ExchangeWeb", "Waits"]
