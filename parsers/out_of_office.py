"""The subjects that out-of-office programs write, in the languages that brokers' mail systems speak."""

import re
from collections.abc import Sequence

from parsers.machine_mail import MachineMark, folded, mark_of

OUT_OF_OFFICE = "out-of-office"

# A site's list replaces this one (`out_of_office_subjects`); each is compared at the beginning of the subject,
# which must then end, or go on with a colon, a dash or a date. Words that may begin a person's subject
# stand with their colon.
OUT_OF_OFFICE_SUBJECTS: tuple[str, ...] = (
    "Automatic reply:",
    "Auto reply:",
    "Autoreply:",
    "Auto-reply:",
    "Auto response:",
    "Autoresponse:",
    "Auto-response:",
    "Out of Office:",
    "Out of Office AutoReply:",
    "Out of the office:",
    "Away from the office:",
    "Automatische Antwort:",
    "Abwesenheitsnotiz:",
    "Abwesend:",
    "Abwesenheit:",
    "Réponse automatique",
    "Réponse automatisée",
    "Absence du bureau",
    "Absent du bureau",
    "Respuesta automática",
    "Fuera de la oficina",
    "Fuera de oficina",
    "Risposta automatica",
    "Fuori sede",
    "Fuori ufficio",
    "Resposta automática",
    "Fora do escritório",
    "Ausente do escritório",
    "Automatisch antwoord",
    "Afwezig:",
    "Niet op kantoor",
    "Autosvar:",
    "Automatiskt svar",
    "Automatisk svar",
    "Frånvarande",
    "Automaattinen vastaus",
    "Automatyczna odpowiedź",
    "Odpowiedź automatyczna",
    "Automatická odpověď",
    "Automatikus válasz",
    "Otomatik yanıt",  # noqa: RUF001 - Turkish has this letter
    "Автоматический ответ",
    "Автоответ",
    "自动回复",
    "自动答复",
    "自動回覆",
    "自動回复",
    "自動応答",
    "自動返信",
    "不在通知",
    "자동 회신",
    "부재 중",
)

# What may follow a pattern that has no colon of its own: `Absence du bureau SARL, PR` is a company's mail.
_END_OF_NOTE = re.compile(
    r"\s*(?:\Z|[:\uff1a.!;()\[\u2013\u2014-]|[0-9]"
    r"|(?:until|till|from|on|bis|vom|ab|du|jusqu|le|hasta|del|desde|dal|fino|at\u00e9|van|tot|t/m|til|till)\b[^0-9]{0,20}[0-9])"
)


def out_of_office_mark(subject: str, patterns: Sequence[str] = OUT_OF_OFFICE_SUBJECTS) -> MachineMark | None:
    """Return the mark of an out-of-office reply, whose subject begins with one of the patterns, or None."""
    text = folded(subject)
    beginnings = filter(None, map(folded, patterns))
    is_note = any(text.startswith(beginning) and _ends(beginning, text) for beginning in beginnings)
    return mark_of(OUT_OF_OFFICE, "Subject", subject) if is_note else None


def _ends(beginning: str, text: str) -> bool:
    """Return whether the note's title ends with its pattern; one with a colon ends there."""
    return beginning.endswith(":") or _END_OF_NOTE.match(text, len(beginning)) is not None
