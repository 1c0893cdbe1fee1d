"""The one door through which hostile mail is read: in child processes within limits, or in this one."""

from cee_mailbot.sandbox.in_process import InProcessReader
from cee_mailbot.sandbox.limits import ReadingLimits
from cee_mailbot.sandbox.pool import ChildReader

__all__ = ["ChildReader", "InProcessReader", "ReadingLimits"]
