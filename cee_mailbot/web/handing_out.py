"""Who was given what of what a sender wrote: a line of the history each time, where the site wants it."""

from fastapi.responses import Response

from cee_mailbot import desk
from cee_mailbot.web.asking import Asked, whole_number
from cee_mailbot.web.gate import Door

_OK = 200


def note_handed_out(door: Door, asked: Asked, answer: Response) -> None:
    """Writes down what is about to be handed out; what can't be written down is not handed out.

    Raises `CeeMailbotError` with what stands against it.
    """
    given = asked.request.method != "HEAD" and answer.status_code == _OK  # to HEAD nothing is given
    if not (door.hands_out and asked.parts.settings.record_views and given):
        return
    number = asked.path.get("number")
    desk.note_view(
        asked.parts.intake,
        whole_number(asked.path["message"]),
        actor=asked.person.name,
        how=door.hands_out,
        document=whole_number(number) if number is not None else None,
    )
