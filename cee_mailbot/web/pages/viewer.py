"""The frame in which PDFs are shown: our own code without our origin, which can ask for nothing but its own files."""

import re

from fastapi.responses import Response

from cee_mailbot.web.asking import Asked
from cee_mailbot.web.security import VIEWER
from cee_mailbot.web.showing import show

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:]+\](:[0-9]+)?")


def viewer_page(asked: Asked) -> Response:
    """The empty viewer; the page around it hands it the bytes of a document."""
    answer = show(asked, "viewer.html")
    answer.headers["Content-Security-Policy"] = viewer_policy(_origin(asked))
    return answer


def _origin(asked: Asked) -> str:
    """Where people reach the page: a frame without an origin must be told where its own files are."""
    settings = asked.parts.settings
    if settings.public_host is not None:
        return f"{'https' if settings.secure else 'http'}://{settings.public_host}"
    host = asked.request.headers.get("host", "")
    return f"http://{host}" if _HOST.fullmatch(host) else "http://localhost"


def viewer_policy(origin: str) -> str:
    """What the frame may do, whoever opens it: its own scripts, no inline code, no origin.

    `wasm-unsafe-eval` lets the decoders of JBIG2 and JPEG 2000 run, which are files of ours too; no text becomes code.
    """
    own = f"{origin}{VIEWER}"
    return (
        f"default-src 'none'; script-src {own} 'wasm-unsafe-eval'; style-src {own}; connect-src {own}; "
        "worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
    )
