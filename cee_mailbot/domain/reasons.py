"""Every reason and flag by its code, what it means, and what a person does about it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What a code means and what staff do about it, one sentence each."""

    means: str
    act: str


def _says(means: str, act: str) -> Meaning:
    return Meaning(means=means, act=act)


_READ_BY_HAND = "Read the raw message; release it with the right subject line, or leave it."
_NOTHING = "Nothing; the message stays stored and can be released."

_READ_THE_LINE = "The sender was told how to write it; release the message with the right line, or wait for the next."

# Problems of a subject line, as staff read them; what the sender reads is in parsers.subject_problems.
SUBJECT_LINE: dict[str, Meaning] = {
    "subject-empty": _says("The subject line is empty.", _READ_THE_LINE),
    "subject-fields": _says(
        "The subject line is not code, account name, entry number and port with commas between them.", _READ_THE_LINE
    ),
    "code-unknown": _says("The subject line begins with no subject code that there is.", _READ_THE_LINE),
    "account-missing": _says("The subject line has no account name.", _READ_THE_LINE),
    "entry-missing": _says("The subject line has no entry number.", _READ_THE_LINE),
    "entry-invalid": _says("What stands for the entry number in the subject line can be none.", _READ_THE_LINE),
    "port-missing": _says("The subject line has no port of entry.", _READ_THE_LINE),
    "port-invalid": _says(
        "What stands for the port of entry in the subject line is no code of a port.", _READ_THE_LINE
    ),
}

# Why a message ended as it did. The codes of subject-line problems are above.
REASONS: dict[str, Meaning] = {
    "same-content": _says("The same content came before; this delivery is recorded on the first.", "Nothing."),
    "same-documents": _says("All its documents were there already.", "Nothing; see whether it says something new."),
    "fragment": _says(
        "It is a fragment of a message that its sender's program cut up (RFC 2046).", "Nothing; it waits for the rest."
    ),
    "rejoined": _says("It is a fragment of a message that was put together again.", "Look at the whole message."),
    "fragments-missing": _says(
        "Not all fragments of a message that was cut up came in time.",
        "Read it, or release it once the rest is there: then the whole message is released.",
    ),
    "fragments-unfit": _says("The fragments of a message that was cut up are too many or too large.", _READ_BY_HAND),
    "answers-us": _says("It answers one of our own messages and joined that submission.", "Read it with the item."),
    "no-documents": _says(
        "A type that needs documents came without any.",
        "The sender was asked to send them; where a submission of the same key exists, the message joined it.",
    ),
    "too-large": _says(
        "It is over a limit of this mailbox; over the hard one only its header was read.",
        "The sender was told how to split it.",
    ),
    "not-center-usvi": _says("Entry summaries filed at a USVI port stay with the port.", "The sender was told."),
    "several-senders": _says("It has more than one sender, so nobody can be answered.", _READ_BY_HAND),
    "sender-missing": _says("It has no sender that can be read.", _READ_BY_HAND),
    "dmarc-fail": _says("The border found the sender's domain forged; it was not answered.", _READ_BY_HAND),
    "sender-differs": _says("It answers our message to somebody else.", _READ_BY_HAND),
    "answers-reject": _says("It answers a reject of ours in words.", _READ_BY_HAND),
    "not-addressed": _says("It names no Center among its recipients and reads like no submission.", _READ_BY_HAND),
    "header-too-large": _says("Its header is larger than is read.", _READ_BY_HAND),
    "too-many-parts": _says("It has more parts than are read.", _READ_BY_HAND),
    "too-deep": _says("Its parts nest deeper than is read.", _READ_BY_HAND),
    "reading-limit": _says("Reading it took more time or memory than reading may.", _READ_BY_HAND),
    "blob-damaged": _says(
        "Its stored bytes are missing or damaged.", "Restore the blob from the backup, then release it."
    ),
    "reader-broke": _says("The program failed to read it.", "Report it; " + _READ_BY_HAND.lower()),
    "decision-broke": _says("The program failed to decide on it.", "Report it; " + _READ_BY_HAND.lower()),
    "not-scanned": _says(
        "The malware scanner could not look at it, and this site holds such mail.",
        "When the scanner answers again, release it.",
    ),
    "malware": _says(
        "The scanner found malware in it; only its header was read.",
        "Open nothing of it; the evidence names what was found. Tell the sender in another way.",
    ),
    "null-return-path": _says("Its return path is empty, as a machine's is.", _NOTHING),
    "missing-return-path": _says("It has no return path, and this mailbox requires one.", _NOTHING),
    "auto-submitted": _says("It says that a machine sent it (Auto-Submitted).", _NOTHING),
    "precedence": _says("It says that it is bulk or list mail (Precedence).", _NOTHING),
    "list": _says("It came through a mailing list.", _NOTHING),
    "auto-response-suppress": _says("It asks for no automatic answer (X-Auto-Response-Suppress).", _NOTHING),
    "auto-reply-header": _says("It says that it is an automatic reply.", _NOTHING),
    "robot-name": _says("Its sender's name is a robot's, such as no-reply.", _NOTHING),
    "own-address": _says("It came from one of our own addresses.", _NOTHING),
    "delivery-report": _says("It is a delivery report.", "See whether a reply of ours could not be delivered."),
    "read-receipt": _says("It is a read receipt.", _NOTHING),
    "bounce-subject": _says("It is a delivery report by its subject.", "See whether a reply of ours came back."),
    "no-reply-address": _says("Its sender has no address that a reply can carry.", "Answer in another way."),
    "own-reply": _says("It is a reply of ours that came back.", _NOTHING),
    "out-of-office": _says("It is an out-of-office reply.", _NOTHING),
}

# Why a reply did not leave at once, or not at all.
REPLY_REASONS: dict[str, Meaning] = {
    "reply-limit-hour": _says("This sender had too many replies in an hour; it leaves when there is room.", "Nothing."),
    "reply-limit-subject": _says(
        "This sender had too many replies to the same subject in a day.", "Send it with `cee-mailbot replies retry`."
    ),
    "reply-breaker": _says(
        "Automatic replies were stopped because there were far too many.",
        "Find the loop, then `cee-mailbot replies resume`.",
    ),
    "restored": _says(
        "The database was restored from a backup: what had not left by the backup may have left since.",
        "Look whether the sender has it; send it with `cee-mailbot replies retry`.",
    ),
    "no-replies": _says("The mail was taken in with --no-replies.", "Nothing."),
}

_ASK = "Ask the sender."
_LOOK = "Look at both, and decide."

# Doubts that staff settle; a flag never rejects.
FLAGS: dict[str, Meaning] = {
    "check-digit": _says(
        "The entry number's last digit does not fit the others.", "Look the entry up; " + _ASK.lower()
    ),
    "port-unknown": _says("The port is not in the table of ports.", "Look the port up; codes are added and retired."),
    "entry-missing": _says("There is no entry number, which this type allows.", "See whether the papers name one."),
    "port-missing": _says("There is no port, which this type allows.", "See whether the papers name one."),
    "message-id-reused": _says("Another message came under the same Message-ID.", "Treat them as two messages."),
    "message-ambiguous": _says(
        "Two programs could read this message in two ways.",
        "Compare the documents with the raw message; " + _ASK.lower(),
    ),
    "over-limit": _says(
        "It is over the limit for attachments, yet it arrived.", "Nothing; the sender was told the limit."
    ),
    "document-unreadable": _says(
        "A document could not be opened.", "The sender was told which one; wait for it or ask."
    ),
    "type-unlisted": _says(
        "A document is of a type that is not on the list of the site.", "Download it with care; " + _ASK.lower()
    ),
    "not-scanned": _says(
        "The malware scanner could not look at it, for which the evidence gives the reason.",
        "Scan what you download of it before you open it.",
    ),
    "quarantined": _says(
        "A file that can run when it is opened was set aside; it is no document.",
        "The sender was told which one; wait for what it contains in another form.",
    ),
    "no-documents": _says(
        "There are pictures in its body but no documents.", "See whether the pictures are the documents."
    ),
    "not-center-usvi": _says("The port is in the U.S. Virgin Islands, which stays with the port.", _LOOK),
    "entry-mismatch": _says(
        "Its papers name entries, and that of the subject line is not among them.",
        "Compare the forms with the subject line; " + _ASK.lower(),
    ),
    "port-mismatch": _says("The form of its entry names another port than the subject line.", _LOOK),
    "form-missing": _says(
        "Every page was read, and the form that this type needs is not there.", "Look for it; " + _ASK.lower()
    ),
    "certificate-unclear": _says(
        "`C` stands for a DCMA and for a TSCA certificate, and its papers do not tell which.",
        "Read the papers; it is yours to say.",
    ),
    "not-center-quota": _says(
        "Its Form 7501 shows a quota entry (02, 07, 12, 32, 38), which the procedures leave with the port.", _LOOK
    ),
    "not-center-tib": _says(
        "Its Form 7501 shows a temporary importation under bond (23), which the procedures leave with the port.", _LOOK
    ),
    "not-center-reconciliation": _says(
        "Its Form 7501 shows a reconciliation (09), which the procedures leave with the port.", _LOOK
    ),
    "not-center-drawback": _says("Its Form 7501 shows a drawback (41 to 47), which goes to a Drawback Center.", _LOOK),
    "not-center-adcvd": _says(
        "Its Form 7501 shows an AD/CVD entry (03, 07, 34, 38) from before its account joined.", _LOOK
    ),
    "account-unknown": _says(
        "The account is not in the account directory, or several accounts there fit its ten letters.",
        "Look the account up; the item stayed with the Center that was written to.",
    ),
    "sender-unrecognised": _says(
        "The filer directory does not have this sender for the filer code of the entry number.",
        "See whether the sender may write for this filer.",
    ),
    "received-governs": _says(
        "It is filed when it is received (19 CFR 174.12(f), 162.74(d)(2)).",
        "Judge its timeliness by the time received.",
    ),
    "date-disputed": _says("The time it says it was sent and the times others saw it disagree.", _LOOK),
    "two-dates": _says("It has two Date fields; the first one counts.", _LOOK),
    "completed-late": _says("A part came after the item was enqueued without it.", "Look at the new documents."),
    "part-conflict": _says("Two messages contradict each other as parts of one submission.", _LOOK),
    "fields-differ": _says("Its messages differ in account or port.", _LOOK),
    "unmarked-in-set": _says("A message without a part number came among numbered ones.", "See where it belongs."),
    "sender-unverified": _says("A message joined although its sender was not verified.", _LOOK),
    "forwarded": _says(
        "One of our own staff forwarded it; the time is the forward's.", "Look for the broker's own time."
    ),
    "transferred": _says(
        "It was passed from another Center, with its number and its times.", "See in the history from which, and why."
    ),
    "parts-missing": _says("Not all parts of a split submission are there.", "See which are missing; " + _ASK.lower()),
}
