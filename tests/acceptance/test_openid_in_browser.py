"""Signing in at a provider and out of it in a real browser, from the configuration file to the last redirect."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cee_mailbot.app import opened, provider_of, serving
from cee_mailbot.config import load_config
from cee_mailbot.openid.client_key import read_client_key
from cee_mailbot.sandbox import InProcessReader
from tests.servers.oidc import CLIENT, PEOPLE, OidcProvider
from tests.support.written_site import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPENID = """
[web]
sign_in = "openid"
public_url = "{home}"
tcp_port = {port}

[openid]
issuer = "{issuer}"
client_id = "{client}"
key_file = "{key}"

[[group]]
name = "specialists-007"
role = "specialist"
teams = ["007"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[str, OidcProvider]]:
    """A site as it is configured, and the provider that its people sign in at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key = tmp_path / "key.pem"
    made = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    place = f"http://127.0.0.1:{port}"
    known = {"keys_of_client": read_client_key(key).public, "redirect_uri": f"{place}/sign-in/back"}
    with OidcProvider(**known, signed_out_uri=f"{place}/signed-out", choosing=PEOPLE) as provider:
        openid = OPENID.format(home=place, port=port, issuer=provider.issuer, client=CLIENT, key=key)
        config = load_config(write_site(tmp_path, openid), {})
        with opened(config, reader=InProcessReader()) as app, serving(app) as address:  # type: ignore[arg-type]
            found = provider_of(config, app.site.clock)
            assert found is not None
            assert found.check().startswith(provider.issuer)
            yield address, provider


def test_a_person_signs_in_and_out_again(browser: "Browser", home: tuple[str, OidcProvider]) -> None:
    place, provider = home
    context = browser.new_context()
    page, errors = context.new_page(), []
    page.on("console", lambda told: errors.append(told.text) if "Content Security Policy" in told.text else None)
    page.goto(f"{place}/keys")
    page.get_by_role("link", name="kim").click()
    page.wait_for_url(f"{place}/keys")  # where the person wanted to go
    assert page.get_by_text("kim (specialist)").is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{place}/signed-out")  # by way of the provider
    assert "signed out subject-of-kim" in provider.asked
    page.goto(place)
    page.get_by_role("link", name="nobody").click()
    assert page.get_by_role("alert").inner_text().startswith("You have signed in, but none of your groups")
    page.get_by_role("link", name="Sign out of your agency's sign-in service").click()  # to use another account
    page.wait_for_url(f"{place}/signed-out")
    assert (provider.faults, errors) == ([], [])
    context.close()
