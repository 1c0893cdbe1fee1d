"""A certificate authority that lives for one test run, made with the `openssl` command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    """A certificate for localhost, its key, and the authority that signed it."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority of its own and a certificate for localhost and 127.0.0.1, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(authority=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    ca_key, request, extensions = folder / "ca.key", folder / "server.csr", folder / "san"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    subject = ["-subj", "/CN=test authority", "-addext", "keyUsage=critical,keyCertSign"]
    _openssl("req", "-x509", *new_key, *subject, "-days", "2", "-keyout", ca_key, "-out", made.authority)
    _openssl("req", *new_key, "-subj", "/CN=localhost", "-keyout", made.key, "-out", request)
    signer: list[str | Path] = ["-CA", made.authority, "-CAkey", ca_key, "-CAcreateserial"]
    _openssl("x509", "-req", "-in", request, *signer, "-days", "2", "-extfile", extensions, "-out", made.certificate)
    return made


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
