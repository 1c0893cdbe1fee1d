"""Authentication-Results and DKIM-Signature, and which of them count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.authentication import UNTRUSTED, AuthenticationResults, Verdict, read_dkim, trusted_verdict
from parsers.headers import Header
from parsers.mail import read_mail
from tests.support.bounded import bounded

OURS = (
    "Authentication-Results: mx.example.gov; spf=pass smtp.mailfrom=b.example; dkim=pass header.d=b.example; dmarc=pass"
)
FORGED = OURS.replace("b.example", "victim.example")
BORDER = "Received: from x by mx.example.gov; 5 Sep 2018 10:00:00 +0000"
INTERNAL = "Received: from mx.example.gov by store.example.gov; 5 Sep 2018 10:00:00 +0000"
OUTSIDE = "Received: from y by out.b.example; 5 Sep 2018 10:00:00 +0000"
IDS = ["mx.example.gov"]
PASSED = Verdict(spf="pass", dkim="pass", dmarc="pass", trusted=True, dkim_domains=("b.example",))


def results(*headers: str) -> tuple[AuthenticationResults, ...]:
    return read_mail("\r\n".join([*headers, "", ""]).encode()).authentication


def one(value: str) -> AuthenticationResults:
    (found,) = results(f"Authentication-Results: {value}")
    return found


def test_a_header_is_read_by_the_grammar_of_the_rfc() -> None:
    found = one(
        'MX.example.gov 1 (a comment; dkim=fail);\r\n dkim/1 = pass reason="good; (sig)" header.d=B.example (2048 bit);'
        " spf=neutral smtp.mailfrom=a@b.example; none"
    )
    assert (found.authserv_id, found.version, found.hosts_above) == ("mx.example.gov", "1", ())
    assert [(verdict.method, verdict.result, verdict.properties) for verdict in found.results] == [
        ("dkim", "pass", (("reason", "good; (sig)"), ("header.d", "B.example"))),
        ("spf", "neutral", (("smtp.mailfrom", "a@b.example"),)),
    ]


@pytest.mark.parametrize("value", ["", "spf=pass smtp.mailfrom=x", "mx.example.gov 2; spf=pass", "a b c; spf=pass"])
def test_a_malformed_header_is_kept_and_says_nothing(value: str) -> None:
    found = one(value)
    assert (found.authserv_id, found.results, found.raw) == (None, (), value)


def test_the_verdict_of_the_border_counts() -> None:
    assert trusted_verdict(results(OURS, BORDER, OUTSIDE), IDS) == PASSED
    assert trusted_verdict(results(INTERNAL, OURS, BORDER, OUTSIDE), IDS, ["mx.example.gov"]) == PASSED


@pytest.mark.parametrize(
    "headers",
    [
        [BORDER, FORGED],
        [BORDER, FORGED, OUTSIDE],
        [INTERNAL, BORDER, FORGED, BORDER],
        [OUTSIDE, FORGED],
        [FORGED],
        [],
    ],
)
def test_F89_what_the_sender_wrote_never_counts(headers: list[str]) -> None:
    assert trusted_verdict(results(*headers), IDS, ["mx.example.gov"]) == UNTRUSTED


def test_F89_an_added_header_does_not_change_the_verdict() -> None:
    assert trusted_verdict(results(OURS, BORDER, FORGED, OUTSIDE, FORGED), IDS) == PASSED


def test_without_border_hosts_only_what_stands_above_every_received_counts() -> None:
    assert trusted_verdict(results(INTERNAL, OURS, BORDER), IDS) == UNTRUSTED


@pytest.mark.parametrize("ids", [[], ["example.gov"], ["mx.example.gov.evil.example"], ["x.mx.example.gov"]])
def test_only_the_exact_authserv_id_counts(ids: list[str]) -> None:
    assert trusted_verdict(results(OURS, BORDER), ids) == UNTRUSTED


def test_headers_that_contradict_each_other_are_untrusted() -> None:
    assert trusted_verdict(results(OURS, OURS.replace("dmarc=pass", "dmarc=fail"), BORDER), IDS) == UNTRUSTED


def test_headers_that_complete_each_other_count() -> None:
    split = ["Authentication-Results: mx.example.gov; " + said for said in OURS.split("; ")[1:]]
    assert trusted_verdict(results(*split, BORDER), IDS) == PASSED


def test_one_passing_signature_is_enough_and_names_its_domain() -> None:
    header = "Authentication-Results: mx.example.gov; dkim=fail header.d=a.example; dkim=pass header.i=@B.example"
    verdict = trusted_verdict(results(header, BORDER), IDS)
    assert (verdict.dkim, verdict.dkim_domains) == ("pass", ("b.example",))


def test_the_spf_result_of_the_sender_goes_before_that_of_helo() -> None:
    header = "Authentication-Results: mx.example.gov; spf=none smtp.helo=x; spf=fail smtp.mailfrom=a@b.example"
    assert trusted_verdict(results(header, BORDER), IDS).spf == "fail"


def test_the_tags_of_a_signature() -> None:
    signature = read_dkim(
        Header(
            name="dkim-signature",
            value=b" v=1; d=B.example; s=Sel; i=a@b.example;\r\n h=From : Date:\r\n date; t=1536139445; x=; l=0; bh=a=",
        )
    )
    assert (signature.d, signature.s, signature.i) == ("b.example", "sel", "a@b.example")
    assert signature.h == ("from", "date", "date")
    assert (signature.t, signature.x, signature.l) == (1536139445, None, 0)


@pytest.mark.parametrize("hostile", ["(", '"', '\\"', ";", "a=b;", "a=", " = "])
def test_hostile_results_are_read_in_linear_time(hostile: str) -> None:
    with bounded():
        one("mx.example.gov; " + hostile * (200_000 // len(hostile)))


@given(st.text(alphabet='abdkim=pass;()"\\ ./1\t'))
def test_no_text_makes_the_reading_raise(text: str) -> None:
    one(text.strip() or "x")
    read_dkim(Header(name="dkim-signature", value=text.encode()))
