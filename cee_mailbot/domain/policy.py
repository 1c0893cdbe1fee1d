"""Every setting of the specification as one frozen value with a version."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Literal

from cee_mailbot.domain.office_hours import OfficeHours
from parsers.content_types import ACCEPTED_TYPES, QUARANTINED_TYPES
from parsers.out_of_office import OUT_OF_OFFICE_SUBJECTS
from parsers.subject import SubjectRules

MB = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The rules that a site may set; durations are `timedelta`, sizes are bytes (1 MB = 1,000,000).

    The names are those of the configuration. A mailbox may have its own policy.
    """

    subject: Literal["lenient", "strict"] = "lenient"
    reply_prefixes: tuple[str, ...] = SubjectRules().prefixes
    gateway_tags: tuple[str, ...] = SubjectRules().gateway_tags
    presentation: Literal["completing", "first"] = "completing"
    disputed_time: Literal["sent", "observed"] = "sent"
    assembly_deadline: timedelta = timedelta(hours=24)
    quiet_period: timedelta = timedelta(minutes=15)
    undo_send: timedelta = timedelta(seconds=20)
    attachment_limit: int = 10 * MB
    split_threshold: int = 5 * MB
    message_limit: int = 50 * MB
    oversize: Literal["accept", "reject"] = "accept"
    documents_required: frozenset[str] = frozenset({"DR", "CE", "PR", "C", "A", "PE"})
    accepted_types: frozenset[str] = frozenset(ACCEPTED_TYPES)
    quarantined_types: frozenset[str] = frozenset(QUARANTINED_TYPES)
    unscanned: Literal["enqueue", "hold"] = "enqueue"
    entry_optional: frozenset[str] = frozenset({"PD", "PR", "A", "I"})
    usvi: Literal["flag", "reject"] = "flag"
    return_path: Literal["optional", "required"] = "optional"
    reply_return_path: Literal["mailbox", "null"] = "mailbox"
    border_hosts: frozenset[str] = frozenset()
    own_domains: frozenset[str] = frozenset()
    public_mail_domains: frozenset[str] = frozenset(
        {"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "aol.com", "icloud.com"}
    )
    reply_limit_hour: int = 20
    reply_limit_subject_day: int = 5
    breaker_floor: int = 500
    out_of_office_subjects: tuple[str, ...] = OUT_OF_OFFICE_SUBJECTS
    date_future_tolerance: timedelta = timedelta(minutes=5)
    date_past_tolerance: timedelta = timedelta(minutes=60)
    trusted_authserv_ids: frozenset[str] = frozenset()
    office_hours: OfficeHours | None = None

    @property
    def subject_rules(self) -> SubjectRules:
        """The part of these rules that the reading of a subject line needs."""
        return SubjectRules(
            prefixes=self.reply_prefixes,
            gateway_tags=self.gateway_tags,
            entry_optional=self.entry_optional,
            strict=self.subject == "strict",
        )

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that name this set of rules: equal rules have equal versions."""
        text = json.dumps(asdict(self), default=_plain, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)
