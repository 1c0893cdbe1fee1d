"""From the mailboxes of CBP's Centers to a work queue that Center staff can trust."""

__version__ = "0.1.0"
