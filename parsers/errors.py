"""What can be wrong with a text: a stable code, where, what was found, and the sentence that says how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that keeps a subject line from being read; codes are those of the subject-line rules.

    `code` and `field` are stable names for programs, `found` is the offending text as written (it may be
    empty), `fix` is a plain-language sentence for the sender.
    """

    code: str
    field: str
    found: str
    fix: str
