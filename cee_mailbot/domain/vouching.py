"""What the border vouches for: its findings on the sender, and that a signature of the sender's covers `Date`."""

from cee_mailbot.domain.policy import Policy
from parsers.authentication import UNTRUSTED, Verdict, trusted_verdict
from parsers.mail import Mail


def verdict_of(mail: Mail, policy: Policy) -> Verdict:
    """The border's findings on the sender; nothing counts where no authserv-id is configured."""
    if not policy.trusted_authserv_ids:
        return UNTRUSTED
    return trusted_verdict(mail.authentication, policy.trusted_authserv_ids, policy.border_hosts)


def date_signed(mail: Mail, verdict: Verdict) -> bool:
    """Whether a signature that passed, of a domain aligned with the sender's, covers the whole of `Date`."""
    if not verdict.trusted or mail.sender is None:
        return False
    return any(
        signature.d.lower() in verdict.dkim_domains
        and _aligned(signature.d.lower(), mail.sender.domain)
        and "date" in signature.h
        and signature.l is None
        for signature in mail.dkim
    )


def _aligned(signer: str, sender: str) -> bool:
    """Whether the signing domain is the sender's or one above it (RFC 7489 3.1.1, relaxed, without a suffix list)."""
    return "." in signer and (sender == signer or sender.endswith(f".{signer}"))
