"""What becomes of a message: the checks in their order, the flags, and the law that every message ends somewhere."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cee_mailbot.domain.acceptance import ENDING_CHECKS, decide
from cee_mailbot.domain.case import Decision, Outcome, Standing
from cee_mailbot.domain.directory import Directory, Filer
from cee_mailbot.domain.doubts import FLAG_RULES
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.submission import ON_THE_WAY, MessageStatus
from tests.support.cases import case_from
from tests.support.mails import BROKER, EXACT, PDF, mail
from tests.support.workshop import ELECTRONICS, PROGRAM

TRUSTING = Policy(trusted_authserv_ids=frozenset({"mx.cbp.dhs.gov"}))
DMARC_FAIL = "Authentication-Results: mx.cbp.dhs.gov; dmarc=fail header.from=filer.example"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
ANSWER = "Re: your message"


def decision(raw: bytes, policy: Policy | None = None, standing: Standing | None = None) -> Decision:
    return decide(case_from(raw, policy=policy, standing=standing))


def ends(found: Decision) -> tuple[str, str, tuple[str, ...]]:
    return found.outcome, found.status, found.reasons


def with_inline_picture(subject: str = EXACT) -> bytes:
    body = "\r\n".join(
        [
            f"From: {BROKER}",
            f"Subject: {subject}",
            "Date: Mon, 02 Mar 2026 09:59:30 -0500",
            'Content-Type: multipart/related; boundary="r"',
            "",
            "--r",
            "Content-Type: text/html",
            "",
            '<img src="cid:p1">',
            "--r",
            "Content-Type: image/png",
            "Content-ID: <p1>",
            "Content-Disposition: inline",
            "Content-Transfer-Encoding: base64",
            "",
            base64.b64encode(PNG).decode(),
            "--r--",
            "",
        ]
    )
    return body.encode()


# --- acceptance and reject -------------------------------------------------------------------------------------


def test_an_exact_message_is_enqueued_without_a_doubt() -> None:
    assert decision(mail()) == Decision(outcome=Outcome.ENQUEUE, status=MessageStatus.ENQUEUED)


@pytest.mark.parametrize(
    ("subject", "reasons"),
    [
        ("", ("subject-empty",)),
        ("hello there", ("subject-fields",)),
        ("DR,NokiaInc,345-6789,2704", ("entry-invalid",)),
        ("DR,NokiaInc,345-67890123", ("port-missing",)),
        ("DR,NokiaInc,345-6789,27", ("entry-invalid", "port-invalid")),
        ("XX,NokiaInc,345-67890123,2704", ("code-unknown",)),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_with_every_problem_at_once(
    subject: str, reasons: tuple[str, ...]
) -> None:
    found = decision(mail(subject=subject))
    assert ends(found) == ("reject", "rejected", reasons)
    assert tuple(problem.code for problem in found.problems) == reasons


def test_subject_and_documents_are_complained_about_together() -> None:
    found = decision(mail(subject="DR,NokiaInc,345-6789,2704", documents=()))
    assert found.reasons == ("entry-invalid", "no-documents")


@pytest.mark.parametrize("code", ["DR", "CE", "PR", "C", "A", "PE"])
def test_types_that_need_documents_are_rejected_without_any(code: str) -> None:
    assert decision(mail(subject=f"{code},NokiaInc,345-67890123,2704", documents=())).reasons == ("no-documents",)


@pytest.mark.parametrize("code", ["CA", "F28", "F29", "I", "R", "PD", "5D"])
def test_the_other_types_may_answer_in_the_body(code: str) -> None:
    assert decision(mail(subject=f"{code},NokiaInc,345-67890123,2704", documents=())).outcome is Outcome.ENQUEUE


def test_pictures_in_the_body_are_doubted_and_not_rejected() -> None:
    found = decision(with_inline_picture())
    assert (found.outcome, found.flags) == (Outcome.ENQUEUE, ("no-documents",))


def test_a_letter_without_documents_joins_the_submission_of_its_key() -> None:
    found = decision(mail(documents=()), standing=Standing(same_key=7))
    assert (ends(found), found.joins) == (("enqueue", "correspondence", ("no-documents",)), 7)


def test_a_letter_whose_line_is_bad_joins_nothing() -> None:
    found = decision(mail(subject="DR,NokiaInc,345-6789,2704", documents=()), standing=Standing(same_key=7))
    assert found.outcome is Outcome.REJECT


@pytest.mark.parametrize(("subject", "flag"), [("PR", "entry-missing"), ("PD", "entry-missing")])
def test_a_type_that_often_has_no_entry_is_doubted_and_not_rejected(subject: str, flag: str) -> None:
    found = decision(mail(subject=f"{subject},NokiaInc"))
    assert found.outcome is Outcome.ENQUEUE
    assert {flag, "port-missing", "received-governs"} == set(found.flags)


@pytest.mark.parametrize(
    ("usvi", "code", "outcome"),
    [("flag", "DR", "enqueue"), ("reject", "DR", "reject"), ("reject", "CA", "reject"), ("reject", "PE", "enqueue")],
)
def test_usvi_entries_are_flagged_and_where_a_site_says_so_rejected(usvi: str, code: str, outcome: str) -> None:
    found = decision(mail(subject=f"{code},NokiaInc,345-67890123,5101"), Policy(usvi=usvi))  # type: ignore[arg-type]
    assert found.outcome == outcome
    assert "not-center-usvi" in found.flags


@pytest.mark.parametrize(("oversize", "outcome"), [("accept", "enqueue"), ("reject", "reject")])
def test_over_the_attachment_limit_is_noted_and_where_a_site_says_so_rejected(oversize: str, outcome: str) -> None:
    policy = Policy(attachment_limit=10, oversize=oversize)  # type: ignore[arg-type]
    found = decision(mail(), policy)
    assert found.outcome == outcome
    assert "over-limit" in found.flags


def test_over_the_message_limit_is_rejected_and_not_blamed_for_documents_nobody_read() -> None:
    assert decision(mail(documents=[PDF * 99]), Policy(message_limit=500)).reasons == ("too-large",)


def test_strict_rejects_what_needed_a_repair() -> None:
    assert decision(mail(subject=EXACT.lower())).outcome is Outcome.ENQUEUE
    assert decision(mail(subject=EXACT.lower()), Policy(subject="strict")).outcome is Outcome.REJECT
    assert decision(mail(), Policy(subject="strict")).outcome is Outcome.ENQUEUE


def test_the_program_office_rejects_no_subject_and_doubts_none() -> None:
    found = decide(case_from(mail(subject="DR,Nokia", documents=()), mailbox=PROGRAM))
    assert (found.outcome, found.flags, found.problems) == (Outcome.ENQUEUE, (), ())


# --- what ends the matter at once ------------------------------------------------------------------------------


def test_the_same_content_again_is_a_duplicate_whatever_else_it_is() -> None:
    raw = mail(subject="bad", extra=["Auto-Submitted: auto-replied"], sender="a@x.example, b@x.example")
    found = decision(raw, standing=Standing(duplicate_of=3, duplicate_submission=5))
    assert (ends(found), found.joins) == (("ignore", "duplicate", ("same-content",)), 5)


@pytest.mark.parametrize(
    ("extra", "subject", "reason"),
    [
        (["X-Failed-Recipients: a@b.example"], EXACT, "delivery-report"),
        ([], "Undelivered Mail Returned to Sender", "bounce-subject"),
        ([], f"Automatic reply: {EXACT}", "out-of-office"),
    ],
)
def test_f57_reports_and_absences_are_no_submissions_whatever_they_carry(
    extra: list[str], subject: str, reason: str
) -> None:
    assert ends(decision(mail(subject=subject, extra=extra))) == ("ignore", "ignored", (reason,))


def test_f57_a_bounce_with_odd_senders_is_ignored_and_not_held() -> None:
    raw = mail(sender=None, extra=["X-Failed-Recipients: a@b.example"])
    assert decision(raw).status is MessageStatus.IGNORED


@pytest.mark.parametrize(
    ("documents", "subject", "outcome"),
    [((PDF,), EXACT, "enqueue"), ((), EXACT, "ignore"), ((PDF,), "weekly report", "ignore")],
    ids=["documents-and-line", "no-documents", "no-line"],
)
def test_a_machines_mail_counts_only_with_documents_under_a_readable_line(
    documents: tuple[bytes, ...], subject: str, outcome: str
) -> None:
    assert decision(mail(subject=subject, documents=documents, extra=["List-Id: <x>"])).outcome == outcome


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        (None, "sender-missing"),
        ("", "sender-missing"),
        ("nobody", "sender-missing"),
        ("a@x.example, b@x.example", "several-senders"),
    ],
)
def test_f34_a_message_without_one_clear_sender_is_held(sender: str | None, reason: str) -> None:
    assert ends(decision(mail(sender=sender))) == ("hold", "held", (reason,))


@pytest.mark.parametrize("subject", [EXACT, "bad"])
def test_f88_a_forged_sender_is_held_and_nobody_is_answered(subject: str) -> None:
    assert ends(decision(mail(subject=subject, trace=[DMARC_FAIL]), TRUSTING)) == ("hold", "held", ("dmarc-fail",))


def test_f89_what_no_configured_server_said_holds_nothing() -> None:
    assert decision(mail(trace=[DMARC_FAIL])).outcome is Outcome.ENQUEUE
    below_the_border = mail(trace=["Received: from x by y; Mon, 02 Mar 2026 14:59:40 +0000", DMARC_FAIL])
    assert decision(below_the_border, TRUSTING).outcome is Outcome.ENQUEUE


# --- answers to our own messages -------------------------------------------------------------------------------


def test_an_answer_from_the_submissions_own_domain_joins_it() -> None:
    standing = Standing(answers=4, answers_sender="filer.example")
    found = decision(mail(subject=ANSWER, documents=[]), standing=standing)
    assert (found.status, found.joins) == (MessageStatus.CORRESPONDENCE, 4)
    found = decision(mail(subject=ANSWER), standing=standing)
    assert (found.status, found.joins, found.reasons) == (MessageStatus.SUPPLEMENT, 4, ("answers-us",))


def test_a_bounce_goes_to_the_submission_whose_reply_came_back() -> None:
    raw = mail(extra=["X-Failed-Recipients: broker@filer.example"])
    found = decision(raw, standing=Standing(returned=4))
    assert (found.status, found.joins) == (MessageStatus.IGNORED, 4)


@pytest.mark.parametrize("sender", ["a@other.example", "a@sub.filer.example", "a@filer.example.evil.example"])
def test_an_answer_from_any_other_domain_is_held(sender: str) -> None:
    found = decision(mail(subject=ANSWER, sender=sender), standing=Standing(answers=4, answers_sender="filer.example"))
    assert ends(found) == ("hold", "held", ("sender-differs",))


def test_at_a_public_mail_provider_only_the_same_address_joins() -> None:
    """Strangers share the domain: nobody else's message can enter a broker's submission."""
    standing = Standing(answers=4, answers_sender="broker@gmail.com")
    assert decision(mail(subject=ANSWER, sender="Broker@Gmail.com"), standing=standing).joins == 4
    assert decision(mail(subject=ANSWER, sender="thief@gmail.com"), standing=standing).reasons == ("sender-differs",)


def test_a_readable_line_in_an_answer_wins() -> None:
    found = decision(mail(), standing=Standing(answers=4, answers_sender="filer.example", answers_reject=True))
    assert (found.status, found.joins) == (MessageStatus.ENQUEUED, None)


def test_an_answer_to_a_reject_is_held_for_staff() -> None:
    assert ends(decision(mail(subject=ANSWER), standing=Standing(answers_reject=True))) == (
        "hold",
        "held",
        ("answers-reject",),
    )


def test_a_machines_answer_joins_nothing_it_is_not_allowed_to() -> None:
    raw = mail(subject=f"Automatic reply: {ANSWER}")
    assert decision(raw, standing=Standing(answers=4, answers_sender="filer.example")).status is MessageStatus.IGNORED


# --- release ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        mail(documents=()),
        mail(sender="a@x.example, b@x.example"),
        mail(subject="R,NokiaInc,345-67890123,2704", documents=(), extra=["Precedence: bulk"]),
        mail(trace=[DMARC_FAIL]),
        mail(subject="DR,NokiaInc,345-67890123,5101"),
        mail(documents=[PDF * 99]),
    ],
    ids=["no-documents", "several-senders", "machine", "dmarc", "usvi", "too-large"],
)
def test_what_a_person_releases_is_enqueued(raw: bytes) -> None:
    policy = Policy(
        trusted_authserv_ids=TRUSTING.trusted_authserv_ids,
        usvi="reject",
        oversize="reject",
        attachment_limit=1000,
        message_limit=2000,
    )
    assert decide(case_from(raw, policy=policy)).outcome is not Outcome.ENQUEUE
    assert decide(case_from(raw, policy=policy, released=True)).status is MessageStatus.ENQUEUED


def test_not_even_a_person_releases_a_line_that_cannot_be_read() -> None:
    assert decide(case_from(mail(subject="bad"), released=True)).outcome is Outcome.REJECT


# --- flags -----------------------------------------------------------------------------------------------------

FLAGGED = {
    "message-ambiguous": (mail(extra=["Subject: PE,Other,345-67890123,2704"]), Policy(), Standing()),
    "message-id-reused": (mail(), Policy(), Standing(message_id_reused=True)),
    "over-limit": (mail(), Policy(attachment_limit=1), Standing()),
    "document-unreadable": (mail(documents=[b"no pdf at all"]), Policy(), Standing()),
    "no-documents": (with_inline_picture(), Policy(), Standing()),
    "type-unlisted": (mail(), Policy(accepted_types=frozenset()), Standing()),
    "quarantined": (mail(documents=[PDF, b"\x7fELF"]), Policy(), Standing()),
    "not-center-usvi": (mail(subject="DR,NokiaInc,345-67890123,5101"), Policy(), Standing()),
    "received-governs": (mail(subject="PR,NokiaInc,345-67890123,2704"), Policy(), Standing()),
    "forwarded": (mail(), Policy(own_domains=frozenset({"filer.example"})), Standing()),
    "check-digit": (mail(subject="DR,NokiaInc,345-67890124,2704"), Policy(), Standing()),
    "port-unknown": (mail(subject="DR,NokiaInc,345-67890123,9998"), Policy(), Standing()),
    "date-disputed": (mail(date="Mon, 02 Mar 2026 08:00:00 -0500"), Policy(), Standing()),
    "two-dates": (mail(extra=["Date: Mon, 02 Mar 2026 10:00:00 -0500"]), Policy(), Standing()),
}


@pytest.mark.parametrize("flag", FLAGGED)
def test_a_doubt_is_flagged_once_and_rejects_nothing(flag: str) -> None:
    raw, policy, standing = FLAGGED[flag]
    found = decision(raw, policy, standing)
    assert found.outcome is Outcome.ENQUEUE
    assert found.flags.count(flag) == 1
    assert set(found.flags) - {flag} <= {"message-ambiguous"}


def test_what_was_not_scanned_is_flagged_or_held_as_the_site_says() -> None:
    case = replace(case_from(mail()), scan="not-scanned")
    assert decide(case).flags == ("not-scanned",)
    held = decide(replace(case, policy=Policy(unscanned="hold")))
    assert (held.status, held.reasons) == (MessageStatus.HELD, ("not-scanned",))


def test_every_rule_for_a_flag_has_a_case_here() -> None:
    assert {flag for flag, _ in FLAG_RULES} <= {*FLAGGED, *OF_DIRECTORIES, "not-scanned"}


NOBODY = Filer(code="345", name="", domains=frozenset({"another.example"}))
OF_DIRECTORIES = {
    "account-unknown": {"directory": Directory(accounts=())},
    "sender-unrecognised": {"directory": Directory(filers=(NOBODY,))},
    "transferred": {"team": "001", "transferred": True},
}


@pytest.mark.parametrize("flag", OF_DIRECTORIES)
def test_a_doubt_that_a_directory_raises_rejects_nothing(flag: str) -> None:
    found = decide(replace(case_from(mail()), **OF_DIRECTORIES[flag]))  # type: ignore[arg-type]
    assert (found.outcome, found.flags) == (Outcome.ENQUEUE, (flag,))


@pytest.mark.parametrize(
    "raw",
    [
        mail().replace(b"base64", b"base65"),
        mail().replace(b"\r\nSubject", b"\r\nSubject : x\r\nSubject"),
        mail(subject=EXACT + "\0"),
    ],
    ids=["encoding-unknown", "two-subject", "nul"],
)
def test_what_two_programs_may_read_in_two_ways_is_flagged(raw: bytes) -> None:
    assert "message-ambiguous" in decision(raw).flags


def test_a_broken_structure_is_flagged_when_a_second_reader_sees_other_documents() -> None:
    cut_off = mail().replace(b"--b--", b"")
    assert "message-ambiguous" not in decision(cut_off).flags
    for_us_alone = mail().replace(b"Content-Type: multipart", b"a broken line\r\nContent-Type: multipart")
    assert "message-ambiguous" in decision(for_us_alone).flags


# --- laws ------------------------------------------------------------------------------------------------------

SUBJECTS = st.one_of(
    st.sampled_from([EXACT, EXACT.lower(), "bad", "", "PD,NokiaInc", "DR,NokiaInc,345-67890123,5101", f"RE: {EXACT}"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
)
EXTRA = st.lists(
    st.sampled_from(
        [
            "Auto-Submitted: auto-generated",
            "Auto-Submitted: no",
            "Precedence: Bulk",
            "List-Id: <x>",
            "X-Failed-Recipients: a@b.example",
            "From: second@filer.example",
            "Date: nonsense",
        ]
    ),
    max_size=2,
)
MAILS = st.builds(
    mail,
    subject=SUBJECTS,
    sender=st.sampled_from(
        [BROKER, None, "", "a@x.example, b@x.example", ELECTRONICS.address, "mailer-daemon@x.example"]
    ),
    date=st.sampled_from([None, "Mon, 02 Mar 2026 09:59:30 -0500", "Wed, 05 Sep 2018 29:24:05 +0700"]),
    documents=st.sampled_from([(), (PDF,), (b"damaged", PDF)]),
    extra=EXTRA,
    trace=st.sampled_from([(), (DMARC_FAIL,)]),
)
STANDINGS = st.builds(
    Standing,
    duplicate_of=st.none() | st.integers(1, 9),
    answers=st.none() | st.integers(1, 9),
    answers_sender=st.sampled_from([None, "filer.example"]),
    answers_same_key=st.booleans(),
    answers_reject=st.booleans(),
    same_key=st.none() | st.integers(1, 9),
    message_id_reused=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    subject=st.sampled_from(["lenient", "strict"]),
    usvi=st.sampled_from(["flag", "reject"]),
    oversize=st.sampled_from(["accept", "reject"]),
    attachment_limit=st.sampled_from([10, 10_000_000]),
    message_limit=st.sampled_from([300, 50_000_000]),
    trusted_authserv_ids=st.sampled_from([frozenset(), frozenset({"mx.cbp.dhs.gov"})]),
)

ALLOWED = {
    Outcome.ENQUEUE: {MessageStatus.ENQUEUED, MessageStatus.CORRESPONDENCE, MessageStatus.SUPPLEMENT},
    Outcome.REJECT: {MessageStatus.REJECTED},
    Outcome.HOLD: {MessageStatus.HELD},
    Outcome.IGNORE: {MessageStatus.IGNORED, MessageStatus.DUPLICATE},
}
JOINED = (MessageStatus.CORRESPONDENCE, MessageStatus.SUPPLEMENT, MessageStatus.DUPLICATE)


@settings(max_examples=150, deadline=None)
@given(raw=MAILS, standing=STANDINGS, policy=POLICIES, released=st.booleans())
def test_every_message_has_exactly_one_end_and_the_same_evidence_gives_the_same(
    raw: bytes, standing: Standing, policy: Policy, *, released: bool
) -> None:
    case = case_from(raw, policy=policy, standing=standing, released=released)
    found = decide(case)
    assert found == decide(case)
    assert found.status not in ON_THE_WAY
    assert found.status in ALLOWED[found.outcome]
    assert len(set(found.flags)) == len(found.flags)
    assert (found.reasons == ()) is (found.status is MessageStatus.ENQUEUED)
    assert found.joins is None or found.status in JOINED
    if not case.answerable.ok and not released:
        assert found.status is not MessageStatus.CORRESPONDENCE or case.standing.answers is not None


@settings(max_examples=150, deadline=None)
@given(MAILS, STANDINGS, POLICIES)
def test_the_first_check_that_speaks_decides(raw: bytes, standing: Standing, policy: Policy) -> None:
    case = case_from(raw, policy=policy, standing=standing)
    speaking = [end for check in ENDING_CHECKS if (end := check(case)) is not None]
    if speaking:
        assert decide(case).reasons == (speaking[0].reason,)
