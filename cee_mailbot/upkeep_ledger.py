"""What the store promises to those who keep the program honest: census, audit, recovery and watch, together."""

from typing import Protocol

from cee_mailbot.audit_ledger import AuditQuestions, AuditWrites
from cee_mailbot.census_ledger import CensusQuestions, CensusWrites
from cee_mailbot.recovery_ledger import RecoveryWrites
from cee_mailbot.watch_ledger import WatchQuestions, WatchWrites


class UpkeepWrites(CensusWrites, AuditWrites, RecoveryWrites, WatchWrites, Protocol):
    """Their part of a unit of work."""


class UpkeepQuestions(CensusQuestions, AuditQuestions, WatchQuestions, Protocol):
    """Their reads."""
