"""The errors of the program: whose fault, and whether to try again."""

import errno

_FIXES = {
    errno.ENOENT: "check the path, or create it",
    errno.EACCES: "give the user that runs this program the right to it",
    errno.EPERM: "give the user that runs this program the right to it",
    errno.EROFS: "mount its file system so that it can be written to",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "raise the quota, or make room",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "name a folder, not a file",
    errno.EEXIST: "name another place, or take away what is there",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "look after the disk: it failed to read or write",
}


def what_the_system_says(error: OSError) -> str:
    """What the system refused, in one line: the file where it names one, what is wrong with it, and what to do."""
    place = f"{error.filename}: " if isinstance(error.filename, str) else ""
    wrong = error.strerror or str(error) or type(error).__name__
    return f"{place}{wrong}; {_FIXES.get(error.errno or 0, 'look at the place it names, then try again')}"


class CeeMailbotError(Exception):
    """The root of every error that this program raises on purpose."""


class UserError(CeeMailbotError):
    """A person's mistake, shown as one line without a traceback; `exit_code` is 2 (usage or configuration)."""

    exit_code = 2


class NotFoundError(UserError):
    """The thing a person named does not exist; `exit_code` is 1: the answer is no."""

    exit_code = 1


class NotAllowedError(UserError):
    """The table of states does not allow what a person asked for; `exit_code` is 1."""

    exit_code = 1


class ChangedError(NotAllowedError):
    """The thing changed since the person saw it: nothing was done, and they must look again."""


class TemporaryError(CeeMailbotError):
    """Something outside could not be reached or refused for now: the same call may succeed later."""

    exit_code = 3


class UnreachableError(TemporaryError):
    """A server, folder, database or disk that is needed does not answer."""


class BusyError(TemporaryError):
    """Another process is at it: there is nothing to do but to let it."""


class LostLeaseError(TemporaryError):
    """Another process took over while this one stood still: nothing more may be written by it."""


class PermanentError(CeeMailbotError):
    """Something outside refused for good: the same call will not succeed later without a person."""

    exit_code = 3


class SignInError(PermanentError):
    """A server refused the credentials; never retried in a tight loop, since that locks accounts."""


class RefusedReplyError(PermanentError):
    """The mail server refused this one reply for good (a 5xx answer to MAIL, RCPT or DATA)."""


class UncertainError(TemporaryError):
    """The connection ended after the message's last dot: the server may have taken the reply or not."""


class DamagedBlobError(CeeMailbotError):
    """Stored bytes no longer have the digest they are kept under."""
