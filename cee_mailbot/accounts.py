"""Accounts of the embedded sign-in, and sessions, however a person signed in."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cee_mailbot.account_ledger import Account, AccountFacts, Bearer, NewToken, SessionFacts, TokenFacts
from cee_mailbot.domain.groups import GroupRule, person_in
from cee_mailbot.domain.roles import Person, Role, Scope
from cee_mailbot.domain.work_item import SYSTEM
from cee_mailbot.errors import NotAllowedError, UserError
from cee_mailbot.identity_provider import Identity, Refusal, RefusedSignInError
from cee_mailbot.interfaces import Clock
from cee_mailbot.ledger import Store

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
# A use of a session is written down at most this often: reading a page need not write.
TOUCHED_EVERY = timedelta(seconds=30)

_SINGLE_KEYS, _ON, _OFF = "single-keys", "on", "off"
_AFTER_ACT, _FIRST_LIST = "after-act", "first-list"
LONGEST_LIFE_OF_A_TOKEN = timedelta(days=366)
PREFIX = "cmb_"  # of a token, by which scanners for secrets know one

# Each takes 64 MiB: strangers who all try at once must not take what reading mail needs.
HASHED_AT_ONCE = 2
_HASHING = BoundedSemaphore(HASHED_AT_ONCE)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class AfterAct(StrEnum):
    """Where an act leads that is done with an item: to the next of the list, back to the list, or nowhere else."""

    NEXT = "next"
    LIST = "list"
    STAY = "stay"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long a session lasts: without use, and in all."""

    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=12)


def add_account(  # noqa: PLR0913 - the fields of an account
    store: Store,
    clock: Clock,
    *,
    name: str,
    password: str,
    role: Role,
    teams: frozenset[str] | None,
    actor: str,
) -> None:
    """A new account. Raises `UserError` for a name or a password that can be none, `NotAllowedError` for one taken."""
    if not _NAME.fullmatch(name) or name.casefold() == SYSTEM:
        raise UserError(f"{name!r} can be no name of an account; use letters, digits and . _ @ -, 64 at most")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; choose another")
    now = clock.now()
    made = Account(
        name=name, password=_hasher().hash(_prepared(password)), role=role, teams=teams, disabled=False, created_at=now
    )
    with store.begin(now) as unit:
        unit.add_account(made, actor=actor)


def set_role(store: Store, clock: Clock, *, name: str, role: Role, teams: frozenset[str] | None, actor: str) -> None:
    """Gives an account another role; who is signed in with it must sign in again. Raises `NotFoundError`."""
    with store.begin(clock.now()) as unit:
        unit.set_role(name, role, teams, actor=actor)


def disable(store: Store, clock: Clock, *, name: str, actor: str) -> None:
    """Nobody signs in with this account any more; it stays on record. Raises `NotFoundError`."""
    with store.begin(clock.now()) as unit:
        unit.disable_account(name, actor=actor)


def accounts(store: Store) -> tuple[AccountFacts, ...]:
    """Every account, by name."""
    with store.read() as ask:
        return ask.accounts()


def person_of(store: Store, *, name: str, password: str) -> Person | None:
    """Who this is, or None: it takes as long for a name that does not exist as for a wrong password."""
    with store.read() as ask:
        # The store drops what it can't hold: another spelling of a name must not count its wrong tries anew.
        account = ask.account(name) if _NAME.fullmatch(name) else None
    known = account.password if account is not None else _nobodys_hash()
    try:
        with _HASHING:
            _hasher().verify(known, _prepared(password[:LONGEST_PASSWORD]))
    except (VerificationError, InvalidHashError):
        return None
    if account is None or account.disabled:
        return None
    return Person(name=account.name, role=account.role, teams=account.teams)


def new_device(store: Store, name: str) -> str:
    """What a browser keeps to show later that this person has signed in with it; a new password makes it worthless."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_device_proof(store, name, nonce)}"


def known_device(store: Store, name: str, kept: str) -> str | None:
    """Which of the browsers this is that the person has signed in with, or None; it proves nothing else."""
    nonce, _, proof = kept.partition(".")
    known = _device_proof(store, name, nonce) if nonce and _NAME.fullmatch(name) else ""
    return nonce if known and hmac.compare_digest(proof.encode(), known.encode()) else None


def _device_proof(store: Store, name: str, nonce: str) -> str:
    """Only who knows the hash of the password can make it; nothing of it is stored."""
    with store.read() as ask:
        account = ask.account(name)
    if account is None or not account.password:  # without a secret anybody could make one
        return ""
    return hmac.new(account.password.encode(), f"device {nonce}".encode(), hashlib.sha256).hexdigest()


def person_known(store: Store, now: datetime, identity: Identity, rules: Sequence[GroupRule]) -> Person:
    """The person that a provider vouches for, with what the groups give. Raises `RefusedSignInError`.

    The name stays the one of the first time, and is nobody else's. An account of that name gives nothing, but when it
    is disabled it keeps the person out.
    """
    if not _NAME.fullmatch(identity.name) or identity.name.casefold() == SYSTEM:
        raise RefusedSignInError(Refusal.NAMELESS, f"{identity.name[:80]!r} can be no name; see name_claim")
    person = person_in(identity.name, identity.groups, rules)
    if person is None:
        raise RefusedSignInError(Refusal.NO_GROUP, f"{identity.name} is in none of the groups that [[group]] names")
    try:
        with store.begin(now) as unit:
            name = unit.known_as(identity.name, issuer=identity.issuer, subject=identity.subject)
            account = unit.account(name)
    except NotAllowedError as error:
        raise RefusedSignInError(Refusal.OTHERS_NAME, str(error)) from error
    if account is not None and account.disabled:
        raise RefusedSignInError(Refusal.DISABLED, f"the account {name} is disabled")
    return replace(person, name=name)


def open_session(
    store: Store, now: datetime, person: Person, *, by_account: bool = True, token: str | None = None
) -> str:
    """A new session: the secret that the browser keeps, 256 random bits, of which only the digest is stored."""
    secret = secrets.token_urlsafe(32)
    made = SessionFacts(
        key=key_of(secret), person=person, created_at=now, last_seen_at=now, by_account=by_account, token=token
    )
    with store.begin(now) as unit:
        unit.open_session(made)
    return secret


def session_of(store: Store, now: datetime, secret: str, limits: Limits, *, used: bool = True) -> SessionFacts | None:
    """The session that a browser's secret opens, noted as used now unless nobody `used` it; None when it is over."""
    with store.read() as ask:
        found = ask.session(key_of(secret))
    if found is None or now - found.last_seen_at >= limits.idle or now - found.created_at >= limits.absolute:
        return None
    if used and now - found.last_seen_at >= TOUCHED_EVERY:
        with store.begin(now) as unit:
            unit.touch_session(found.key)
        return replace(found, last_seen_at=now)
    return found


def end_session(store: Store, now: datetime, secret: str) -> SessionFacts | None:
    """Ends a session; what it was, if there was one."""
    with store.read() as ask:
        found = ask.session(key_of(secret))
    with store.begin(now) as unit:
        unit.end_session(key_of(secret))
    return found


def single_keys(store: Store, person: str) -> bool:
    """Whether keys of the queue page act alone for this person; they do until they are switched off (WCAG 2.1.4)."""
    with store.read() as ask:
        return ask.preference(person, _SINGLE_KEYS) != _OFF


def set_single_keys(store: Store, now: datetime, person: str, *, on: bool) -> None:
    """Lets keys act alone for this person, or only together with Alt."""
    with store.begin(now) as unit:
        unit.set_preference(person, _SINGLE_KEYS, _ON if on else _OFF)


def after_act(store: Store, person: str) -> AfterAct:
    """Where this person goes after an act; to the next item until another choice is made."""
    with store.read() as ask:
        chosen = ask.preference(person, _AFTER_ACT)
    return AfterAct(chosen) if chosen in set(AfterAct) else AfterAct.NEXT


def set_after_act(store: Store, now: datetime, person: str, chosen: AfterAct) -> None:
    """Lets acts lead there for this person."""
    with store.begin(now) as unit:
        unit.set_preference(person, _AFTER_ACT, chosen)


def first_list(store: Store, person: str) -> str:
    """The query of the list that this person starts with; empty for all open items."""
    with store.read() as ask:
        return ask.preference(person, _FIRST_LIST) or ""


def set_first_list(store: Store, now: datetime, person: str, query: str) -> None:
    """Lets this person start with the list of this query; with an empty one, with all open items."""
    with store.begin(now) as unit:
        unit.set_preference(person, _FIRST_LIST, query)


def add_token(  # noqa: PLR0913 - the fields of a token
    store: Store, clock: Clock, *, name: str, label: str, scopes: frozenset[Scope], lasts: timedelta, actor: str
) -> tuple[str, TokenFacts]:
    """A new token of an account for the API: the secret, shown this once, and what is kept of it.

    Raises `UserError` for a life that is too long or none, `NotFoundError`, or `NotAllowedError`.
    """
    if not scopes:
        raise UserError(f"a token needs a scope; there are: {', '.join(Scope)}")
    if not timedelta() < lasts <= LONGEST_LIFE_OF_A_TOKEN:
        raise UserError(f"a token holds for 1 to {LONGEST_LIFE_OF_A_TOKEN.days} days; choose another time")
    now, secret = clock.now(), PREFIX + secrets.token_urlsafe(32)
    made = NewToken(key=key_of(secret), account=name, label=label, scopes=scopes, expires_at=now + lasts)
    with store.begin(now) as unit:
        return secret, unit.add_token(made, actor=actor)


def revoke_token(store: Store, clock: Clock, *, token_id: int, actor: str) -> TokenFacts:
    """The token is good for nothing from now on. Raises `NotFoundError`."""
    with store.begin(clock.now()) as unit:
        return unit.revoke_token(token_id, actor=actor)


def tokens(store: Store) -> tuple[TokenFacts, ...]:
    """Every token there ever was, oldest first."""
    with store.read() as ask:
        return ask.tokens()


def bearer_of(store: Store, now: datetime, secret: str) -> Bearer | None:
    """Who a token speaks for, noted as used now; None when it is unknown, over or revoked, or its account disabled."""
    with store.read() as ask:
        found = ask.bearer(key_of(secret))
    if found is None or found.token.revoked_at is not None or now >= found.token.expires_at:
        return None
    last = found.token.last_used_at
    if last is None or now - last >= TOUCHED_EVERY:
        with store.begin(now) as unit:
            unit.touch_token(found.token.id)
    return found


def key_of(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """argon2id with the second recommended choice of RFC 9106: 64 MiB, three passes."""
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(32))


def _prepared(password: str) -> str:
    """The same password however a keyboard composes its letters (SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
