"""Database, blobs and journal to a folder with a manifest of digests, and back.

The manifest is written last and in one act: a backup that was cut off leaves the one before it as it was. What is
restored is looked at whole before anything is touched, and becomes the program's in one act too.
"""

from cee_mailbot.backup.making import BackupReport, back_up
from cee_mailbot.backup.restoring import RestoreReport, restore

__all__ = ["BackupReport", "RestoreReport", "back_up", "restore"]
