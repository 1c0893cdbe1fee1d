"""For machines that watch: whether the process lives, and whether it can work."""

from fastapi.responses import JSONResponse, Response

from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.web.asking import Asked

UNAVAILABLE = 503


def livez(_asked: Asked) -> Response:
    """The process answers."""
    return JSONResponse({"ok": True})


def readyz(asked: Asked) -> Response:
    """Database, schema and blobs; the words are for the log of whoever asks."""
    found: dict[str, dict[str, object]] = {}
    for name, check in asked.parts.ready.items():
        try:
            check()
            found[name] = {"ok": True}
        except (CeeMailbotError, OSError) as error:
            found[name] = {"ok": False, "error": type(error).__name__}
    ok = all(one["ok"] for one in found.values())
    return JSONResponse({"ok": ok, "checks": found}, status_code=200 if ok else UNAVAILABLE)
