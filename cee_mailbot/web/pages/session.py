"""How long a session lasts yet, and staying signed in."""

from fastapi.responses import JSONResponse, Response

from cee_mailbot.errors import NotFoundError
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.session_cookie import own_path, session_left


def left(asked: Asked) -> Response:
    """The seconds until the session ends, and whether it can go on: asked for by a script, which uses nothing."""
    found = session_left(asked)
    if found is None:
        raise NotFoundError("nobody signs in here")
    return JSONResponse({"seconds": found.seconds, "can_stay": not found.near})


def stay(asked: Asked) -> Response:
    """Goes on with the session, as every page does; a form leads back to where it was."""
    if asked.request.headers.get("accept") == "application/json":
        return left(asked)
    return go_to(own_path(asked.form.get("back", "/")))
