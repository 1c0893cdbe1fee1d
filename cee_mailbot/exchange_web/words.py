"""What a refusal of Exchange's means, and what to do about it."""

END_ONLINE = (
    "Exchange Online has EWS switched off but for programs on the tenant's list, and ends it on 1 April 2027; "
    'read the mailbox with source = "graph" (docs/exchange.md)'
)

_RIGHTS = (
    "the account may not do this in this mailbox; give it FullAccess to the mailbox, or with oauth2 full_access_as_app "
    "(docs/exchange.md)"
)
_IMPERSONATION = (
    "the app may not act as this mailbox; grant it full_access_as_app, or the role ApplicationImpersonation"
)
_SEND_AS = "the account may not send as this mailbox; give it SendAs (docs/exchange.md)"
_NO_SUCH = "Exchange has no such mailbox; check address, which must be the mailbox's primary one"
_LATER = "a later try may succeed"

# "ResponseCode": all of them, with what they mean.
_BY_CODE = {
    "ErrorAccessDenied": _RIGHTS,
    "ErrorFolderNotFound": _RIGHTS,
    "ErrorCreateSubfolderAccessDenied": _RIGHTS,
    "ErrorCreateItemAccessDenied": _RIGHTS,
    "ErrorMoveCopyFailed": _RIGHTS,
    "ErrorImpersonateUserDenied": _IMPERSONATION,
    "ErrorImpersonationDenied": _IMPERSONATION,
    "ErrorImpersonationFailed": _IMPERSONATION,
    "ErrorSendAsDenied": _SEND_AS,
    "ErrorNonExistentMailbox": _NO_SUCH,
    "ErrorQuotaExceeded": "the mailbox is full; make room in it",
    "ErrorInvalidSyncStateData": "the state of the folder that we remembered has expired",
    "ErrorInvalidServerVersion": "the server is older than Exchange 2013 SP1",
    "ErrorMailboxMoveInProgress": f"the mailbox is being moved to another server; {_LATER}",
    "ErrorServerBusy": f"too many calls; {_LATER}",
    "ErrorExceededConnectionCount": f"too many calls at once with this account; {_LATER}",
}

_ELSEWHERE = "the server points to another address, where nothing is sent; check endpoint"

_BY_STATUS = {
    "301": _ELSEWHERE,
    "302": _ELSEWHERE,
    "307": _ELSEWHERE,
    "403": "EWS is switched off for the mailbox or the organisation, or does not admit a program called cee-mailbot: "
    "see Get-CASMailbox and Get-OrganizationConfig (docs/exchange.md)",
    "404": "there is no EWS at this address; check endpoint, which ends with /EWS/Exchange.asmx",
    "405": "there is no EWS at this address; check endpoint, which ends with /EWS/Exchange.asmx",
    "413": "the server takes no request of this size",
    "429": f"too many calls; {_LATER}",
    "503": f"the server is busy or being looked after; {_LATER}",
}


def in_words(who: str, code: str, message: str, *, online: bool) -> str:
    """One line with Exchange's own code, or the HTTP status, and the remedy where one is known."""
    meaning = (
        END_ONLINE if online and code in {"403", "ErrorAccessDenied"} else _BY_CODE.get(code, _BY_STATUS.get(code))
    )
    words = f"{who}: Exchange answered {printable(code)} {printable(message)}".rstrip()
    return f"{words}; {meaning}" if meaning else words


def refused_sign_in(who: str, auth: str, offered: str) -> str:
    """What to do after a 401, by what the server offers (RFC 9110 section 11.6.1)."""
    schemes = {one.strip().partition(" ")[0].lower() for one in offered.split(",")} & {"basic", "ntlm", "bearer"}
    names = ", ".join(sorted(schemes))
    wanted = "bearer" if auth == "oauth2" else auth
    if schemes and wanted not in schemes:
        auths = " or ".join(f'"{"oauth2" if one == "bearer" else one}"' for one in sorted(schemes))
        return f"{who}: Exchange does not offer {auth} here but {names}; set auth = {auths}"
    if auth == "oauth2":
        return (
            f"{who}: Exchange does not accept our token; check scope, and that the server trusts the token's provider"
        )
    return f"{who}: Exchange refused user and password; check them, and whether the account is locked or has ended"


def printable(text: str) -> str:
    """Text of a stranger's, on one line and short."""
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()
