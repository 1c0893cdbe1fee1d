"""The SMTP mailer against a mail server that misbehaves in every way that matters."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cee_mailbot.errors import (
    RefusedReplyError,
    SignInError,
    TemporaryError,
    UncertainError,
    UnreachableError,
    UserError,
)
from cee_mailbot.interfaces import Letter
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.smtp import SmtpMailer, SmtpSettings
from tests.contract.mailer_contract import letter
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.receiver import DROP, HANG, HOST, Receiver

LETTER = letter()
NO_BOUNCES = Letter(return_path="", to=LETTER.to, raw=LETTER.raw)
SHORT = 0.2


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def tls_receiver(certificates: Certificates) -> Iterator[Receiver]:
    with Receiver(tls="starttls", certificates=certificates, users={"bot": "right"}) as running:
        yield running


def plain(receiver: Receiver, **settings: float) -> SmtpMailer:
    return SmtpMailer(SmtpSettings(host=HOST, tcp_port=receiver.tcp_port, tls="none", helo="bot.example", **settings))


def over_tls(
    receiver: Receiver,
    *,
    host: str = "localhost",
    ca_file: Path | None = None,
    user: str | None = None,
    password: Callable[[], str] | None = None,
) -> SmtpMailer:
    return SmtpMailer(
        SmtpSettings(
            host=host,
            tcp_port=receiver.tcp_port,
            tls="implicit" if receiver.tls == "implicit" else "starttls",
            ca_file=ca_file or (receiver.certificates.authority if receiver.certificates else None),
            user=user,
            password=password,
            helo="bot.example",
        )
    )


def send(mailer: SmtpMailer, *letters: Letter) -> None:
    with mailer.session() as session:
        for each in letters:
            session.send(each)


class TestEnvelope:
    def test_each_letter_has_its_own_transaction_on_one_connection(self, receiver: Receiver) -> None:
        send(plain(receiver), letter(1), letter(2))
        assert [taken.rcpt_tos for taken in receiver.taken] == [(LETTER.to,), (LETTER.to,)]
        assert receiver.connections == 1

    def test_the_return_path_is_the_one_given(self, receiver: Receiver) -> None:
        send(plain(receiver), LETTER, NO_BOUNCES)
        assert [taken.mail_from for taken in receiver.taken] == ["box@bot.example", ""]
        assert "MAIL FROM:<>" in receiver.commands

    def test_we_greet_with_our_name_and_say_goodbye(self, receiver: Receiver) -> None:
        send(plain(receiver), LETTER)
        assert receiver.commands[0] == "EHLO bot.example"
        assert receiver.commands[-1] == "QUIT"

    @pytest.mark.parametrize("address", ["a@b>\r\nRCPT TO:<c@d", "a b@c", "", "é@x", "<a@b>"])
    def test_an_address_that_is_more_than_one_is_refused(self, receiver: Receiver, address: str) -> None:
        with pytest.raises(RefusedReplyError, match="no address"):
            send(plain(receiver), Letter(return_path="", to=address, raw=LETTER.raw))
        assert receiver.taken == []

    @pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\n.\n", b"\r\r\n"])
    def test_a_bare_line_end_is_refused(self, receiver: Receiver, line_end: bytes) -> None:
        """Servers that take a bare line end for a real one would read a second letter (SMTP smuggling)."""
        with pytest.raises(RefusedReplyError, match="line end"):
            send(plain(receiver), Letter(return_path="", to=LETTER.to, raw=b"a: b\r\n\r\nx" + line_end + b"y\r\n"))
        assert receiver.taken == []

    def test_check_sends_nothing(self, receiver: Receiver) -> None:
        assert f"{HOST}:{receiver.tcp_port}" in plain(receiver).check()
        assert receiver.commands == ["EHLO bot.example", "QUIT"]


class TestRefusals:
    """F17: a server that refuses costs neither the letter nor the letters behind it."""

    @pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "DOT"])
    def test_4xx_means_later(self, receiver: Receiver, command: str) -> None:
        receiver.answer(command, "451 4.3.0 try again later")
        with plain(receiver).session() as session:
            with pytest.raises(TemporaryError, match=r"451 4.3.0 try again later") as caught:
                session.send(LETTER)
            assert type(caught.value) is TemporaryError
            session.send(LETTER)
        assert len(receiver.taken) == 1
        assert receiver.connections == 1
        assert "RSET" in receiver.commands

    @pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "DOT"])
    def test_5xx_means_never(self, receiver: Receiver, command: str) -> None:
        receiver.answer(command, "550 5.1.1 no such user")
        with plain(receiver).session() as session:
            with pytest.raises(RefusedReplyError, match=r"550 5.1.1 no such user"):
                session.send(LETTER)
            session.send(LETTER)
        assert len(receiver.taken) == 1
        assert receiver.connections == 1

    @pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "DOT"])
    def test_421_means_later_and_on_another_connection(self, receiver: Receiver, command: str) -> None:
        receiver.answer(command, "421 4.3.2 shutting down")
        with plain(receiver).session() as session:
            with pytest.raises(TemporaryError, match="421"):
                session.send(LETTER)
            session.send(LETTER)
        assert len(receiver.taken) == 1
        assert receiver.connections == 2

    def test_a_refused_rset_costs_the_connection_only(self, receiver: Receiver) -> None:
        receiver.answer("RCPT", "550 no")
        receiver.answer("RSET", "500 what")
        with plain(receiver).session() as session:
            with pytest.raises(RefusedReplyError):
                session.send(LETTER)
            session.send(LETTER)
        assert receiver.connections == 2

    @pytest.mark.parametrize("greeting", ["421 busy", "554 no service"])
    def test_a_greeting_that_is_none_is_unreachable(self, receiver: Receiver, greeting: str) -> None:
        receiver.answer("CONNECT", greeting)
        with pytest.raises(UnreachableError, match=greeting):
            plain(receiver).check()

    def test_no_control_character_of_an_answer_reaches_our_words(self, receiver: Receiver) -> None:
        receiver.answer("RCPT", "550 \x1b[31mred\x07")
        with pytest.raises(RefusedReplyError) as caught:
            send(plain(receiver), LETTER)
        assert str(caught.value).isprintable()


class TestLostConnections:
    @pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
    def test_before_the_dot_nothing_was_taken(self, receiver: Receiver, command: str) -> None:
        receiver.answer(command, DROP)
        with plain(receiver).session() as session:
            with pytest.raises(UnreachableError):
                session.send(LETTER)
            session.send(LETTER)
        assert len(receiver.taken) == 1
        assert receiver.connections == 2

    def test_within_the_letter_it_was_not_taken(self, receiver: Receiver) -> None:
        """C16: the server discards what has no last dot."""
        receiver.answer("DATA", "354 go on")
        large = letter(body=b"0123456789abcdef\r\n" * 1_000_000)
        with plain(receiver).session() as session, pytest.raises(UnreachableError):
            session.send(large)
        assert receiver.taken == []

    def test_after_the_dot_nobody_knows(self, receiver: Receiver) -> None:
        """C17: the letter may have been taken, and here it was."""
        receiver.answer("DOT", DROP)
        with plain(receiver).session() as session:
            with pytest.raises(UncertainError):
                session.send(LETTER)
            session.send(LETTER)
        assert [taken.raw for taken in receiver.taken] == [LETTER.raw, LETTER.raw]

    def test_silence_after_the_dot_is_uncertain_too(self, receiver: Receiver) -> None:
        receiver.answer("DOT", HANG)
        with pytest.raises(UncertainError, match="timed out"):
            send(plain(receiver, dot_timeout=SHORT), LETTER)

    def test_silence_before_the_dot_is_not(self, receiver: Receiver) -> None:
        receiver.answer("RCPT", HANG)
        with pytest.raises(UnreachableError, match="timed out"):
            send(plain(receiver, reply_timeout=SHORT), LETTER)

    def test_an_answer_to_the_dot_that_is_none_is_uncertain(self, receiver: Receiver) -> None:
        receiver.answer("DOT", "999 what", "banana", "354 go on")
        for _ in range(3):
            with pytest.raises(UncertainError):
                send(plain(receiver), LETTER)

    def test_an_answer_to_data_that_is_none_is_not_taken(self, receiver: Receiver) -> None:
        receiver.answer("DATA", "250 what")
        with plain(receiver).session() as session:
            with pytest.raises(TemporaryError, match="250 what"):
                session.send(LETTER)
            session.send(LETTER)
        assert len(receiver.taken) == 1

    def test_a_server_that_hung_up_between_letters_is_called_again(self, receiver: Receiver) -> None:
        with plain(receiver).session() as session:
            session.send(LETTER)
            receiver.break_off()
            with pytest.raises(UnreachableError):
                session.send(LETTER)
            session.send(LETTER)
        assert len(receiver.taken) == 2

    def test_a_silent_server_is_unreachable(self) -> None:
        with socket.create_server((HOST, 0)) as silent:
            settings = SmtpSettings(host=HOST, tcp_port=silent.getsockname()[1], tls="none", connect_timeout=SHORT)
            with pytest.raises(UnreachableError, match="timed out"):
                SmtpMailer(settings).check()

    def test_a_host_that_no_name_can_be_is_unreachable(self) -> None:
        with pytest.raises(UnreachableError, match="label"):
            SmtpMailer(SmtpSettings(host=f"{'a' * 64}.example", tcp_port=25, tls="starttls")).check()

    def test_a_goodbye_that_is_not_answered_does_no_harm(self, receiver: Receiver) -> None:
        receiver.answer("QUIT", DROP)
        send(plain(receiver), LETTER)
        assert len(receiver.taken) == 1


class TestTls:
    def test_starttls_and_sign_in(self, tls_receiver: Receiver) -> None:
        mailer = over_tls(tls_receiver, user="bot", password=lambda: "right")
        assert "STARTTLS" in mailer.check()
        send(mailer, LETTER)
        (taken,) = tls_receiver.taken
        assert taken.encrypted
        assert taken.user == "bot"

    def test_implicit_tls(self, certificates: Certificates) -> None:
        with Receiver(tls="implicit", certificates=certificates, users={"bot": "right"}) as receiver:
            send(over_tls(receiver, user="bot", password=lambda: "right"), LETTER)
            assert receiver.taken[0].encrypted
            assert receiver.taken[0].user == "bot"

    def test_login_is_used_where_plain_is_not_offered(self, certificates: Certificates) -> None:
        with Receiver(
            tls="starttls", certificates=certificates, users={"bot": "right"}, methods=("LOGIN",)
        ) as receiver:
            send(over_tls(receiver, user="bot", password=lambda: "right"), LETTER)
            assert receiver.taken[0].user == "bot"

    def test_a_wrong_password_is_told_without_the_password(self, tls_receiver: Receiver) -> None:
        with pytest.raises(SignInError, match="refused user bot") as caught:
            over_tls(tls_receiver, user="bot", password=lambda: "wrong-secret").check()
        assert "wrong-secret" not in str(caught.value)

    def test_a_password_store_that_is_down_is_no_wrong_password(self, tls_receiver: Receiver) -> None:
        tls_receiver.answer("AUTH", "454 4.7.0 temporary failure")
        with pytest.raises(UnreachableError, match="454"):
            over_tls(tls_receiver, user="bot", password=lambda: "right").check()

    def test_a_password_that_smtp_cannot_carry_is_told(self, tls_receiver: Receiver) -> None:
        with pytest.raises(SignInError, match="ASCII"):
            over_tls(tls_receiver, user="bot", password=lambda: "pässword").check()

    def test_a_new_password_is_found_at_the_next_sign_in(self, tls_receiver: Receiver) -> None:
        passwords = iter(["wrong", "right"])
        mailer = over_tls(tls_receiver, user="bot", password=lambda: next(passwords))
        with pytest.raises(SignInError):
            mailer.check()
        assert mailer.check()

    def test_a_server_that_takes_no_password_is_told(self, certificates: Certificates) -> None:
        with (
            Receiver(tls="starttls", certificates=certificates) as receiver,
            pytest.raises(SignInError, match="leave user out"),
        ):
            over_tls(receiver, user="bot", password=lambda: "right").check()

    def test_stripped_starttls_never_falls_back_to_clear_text(self, receiver: Receiver) -> None:
        mailer = over_tls(receiver, user="bot", password=lambda: "right")
        with pytest.raises(SignInError, match="does not offer STARTTLS"):
            send(mailer, LETTER)
        assert receiver.commands == ["EHLO bot.example"]

    def test_refused_starttls_never_falls_back_either(self, tls_receiver: Receiver) -> None:
        tls_receiver.answer("STARTTLS", "454 TLS not available")
        with pytest.raises(UnreachableError, match="454"):
            send(over_tls(tls_receiver, user="bot", password=lambda: "right"), LETTER)
        assert not [command for command in tls_receiver.commands if command.startswith("AUTH")]

    def test_a_certificate_of_nobody_we_trust_ends_it(self, tls_receiver: Receiver, tmp_path: Path) -> None:
        stranger = make_certificates(tmp_path)
        with pytest.raises(SignInError, match="set ca_file"):
            over_tls(tls_receiver, ca_file=stranger.authority).check()

    def test_a_certificate_for_another_name_ends_it(self, tls_receiver: Receiver) -> None:
        with pytest.raises(SignInError, match="certificate"):
            over_tls(tls_receiver, host="127.1").check()

    @pytest.mark.parametrize("content", [None, "nonsense"])
    def test_a_ca_file_that_is_none_is_named(self, tls_receiver: Receiver, tmp_path: Path, content: str | None) -> None:
        path = tmp_path / "ca.pem"
        if content:
            path.write_text(content)
        with pytest.raises(SignInError, match=r"ca\.pem"):
            over_tls(tls_receiver, ca_file=path).check()

    def test_a_sign_in_that_fails_on_the_way_costs_no_letter(self, tls_receiver: Receiver) -> None:
        """The session's contract: only a refused letter is never tried again."""
        with over_tls(tls_receiver, user="bot", password=lambda: "right").session() as session:
            tls_receiver.answer("MAIL", "421 bye")
            with pytest.raises(TemporaryError):
                session.send(LETTER)
            tls_receiver.users["bot"] = "changed"
            with pytest.raises(TemporaryError, match="refused user"):
                session.send(LETTER)

    @pytest.mark.parametrize("host", ["mail.example.gov", "10.0.0.1", "::2", "localhost.example.gov"])
    def test_clear_text_is_for_this_machine_only(self, host: str) -> None:
        with pytest.raises(UserError, match="this machine only"):
            SmtpMailer(SmtpSettings(host=host, tls="none"))

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
    def test_this_machine_has_many_names(self, host: str) -> None:
        SmtpMailer(SmtpSettings(host=host, tls="none"))


def test_the_table_of_transports_knows_it_and_no_other() -> None:
    assert mailer_class("smtp") is SmtpMailer
    with pytest.raises(UserError, match="pigeon"):
        mailer_class("pigeon")
