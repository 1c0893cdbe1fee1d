"""Reads one hostile message within the limits of its parsers, in this process.

The one door through which mail is read: reading in a child process takes this place behind the same interface.
"""

from cee_mailbot.interfaces import Reading
from parsers.bounces import is_bounce, returned_ids
from parsers.documents import Cut, cut
from parsers.mail import read_mail

EMPTY_CUT = Cut(leaves=(), documents=(), text=None, html=None, defects=(), attachments_bytes=0)


class InProcessReader:
    """A `Reader` that reads where it is called."""

    def read(self, raw: bytes) -> Reading:
        """As the interface says."""
        mail, carried = read_mail(raw), cut(raw)
        returned = returned_ids(carried.leaves, mail.in_reply_to) if is_bounce(mail.machine) else ()
        return Reading(mail=mail, cut=carried, returned=returned)

    def read_header(self, start: bytes) -> Reading:
        """As the interface says; what follows the header block is left out."""
        return Reading(mail=read_mail(start), cut=EMPTY_CUT)
