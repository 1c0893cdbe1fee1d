"""The page between a link in somebody's mail and where it leads."""

from urllib.parse import urlsplit

from fastapi.responses import Response

from cee_mailbot.errors import UserError
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.showing import show
from parsers.links import is_web_link

LEAVE = "/leave?to="


def leaving_page(asked: Asked) -> Response:
    """Where a link leads, in full, before anybody goes there. Raises `UserError` for what is no plain web address."""
    address = asked.query.get("to", "")
    if not is_web_link(address):
        raise UserError("this link is no plain web address; nothing was opened")
    return show(asked, "leaving.html", address=address, host=urlsplit(address).hostname)
