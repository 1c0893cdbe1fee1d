"""Hostile mail in a real browser: nothing runs, nothing is asked of anywhere else, and no page is changed by it."""

import base64
import codecs
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from parsers.safe_html import sanitise_html
from tests.support.workshop import Workshop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.browser import Enter

LISTS = Path(__file__).parents[1] / "unit" / "data"
OWN_SCRIPTS = {
    "/static/htmx-2.0.11.min.js", "/static/queue.js", "/static/keys.js", "/static/session.js", "/static/papers.js",
}  # fmt: skip
NAME = '<img src=x onerror="alert(1)">\u202e\u2066fdp.svg'
SUBJECT = "DR,<script>alert(1)</script>\u202e,345-67890123,2704"
SENDER = '"<b id=planted>Broker</b>\u202e" <broker@filer.example>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="http://evil.example/s"/></svg>'
HTML = b'<b id="planted">x</b><script>alert(1)</script><img src="http://evil.example/h">'


def payloads() -> list[str]:
    """Every line of the lists of attacks and of leaks."""
    lines = [line for name in ("html_active.txt", "html_leaks.txt") for line in (LISTS / name).read_text().splitlines()]
    return [codecs.decode(line, "unicode_escape") for line in lines if not line.startswith("#")]


def hostile(number: int, html: str) -> bytes:
    """A message in which everything that a sender writes is an attack."""

    def part(content_type: str, content: bytes, name: str | None = None) -> str:
        shown = f"attachment; filename*=UTF-8''{quote(name)}" if name else "inline"
        coded = base64.encodebytes(content).decode().replace("\n", "\r\n")
        head = f"Content-Type: {content_type}\r\nContent-Disposition: {shown}"
        return f"--b\r\n{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}"

    head = [
        f"From: {SENDER}", "To: CEE-Electronics@cbp.dhs.gov",
        f"Subject: {SUBJECT.replace('3,2704', f'{number % 10},2704')}",
        "Date: Mon, 02 Mar 2026 09:59:30 -0500", f"Message-ID: <{number}@filer.example>", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"', "", "",
    ]  # fmt: skip
    body = [
        part("text/html; charset=utf-8", html.encode("utf-8", "replace")),
        part("image/svg+xml", SVG, NAME),
        part("text/html", HTML, "../../page.html"),
        part("image/png", SVG, "not-a-picture.png"),
        "--b--\r\n",
    ]
    return "\r\n".join(head).encode() + "".join(body).encode()


def assert_unchanged(page: "Page") -> None:
    """A page has our scripts and no others, no event attribute, and nothing that a sender planted."""
    sources = page.eval_on_selector_all("script", "found => found.map(one => one.getAttribute('src') ?? one.text)")
    assert set(sources) <= OWN_SCRIPTS, page.url
    events = (
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => /^on/i.test(a.name)).length"
    )
    assert page.evaluate(events) == 0, page.url
    assert page.locator("#planted, svg image, body > img").count() == 0, page.url
    assert "\u202e" not in page.locator("body").inner_text(), page.url


def test_what_the_sanitiser_leaves_does_nothing_even_without_any_other_defence(browser: "Browser") -> None:
    """No frame, no policy: each payload alone as a whole page, in a browser that would run and load what it is told."""
    from tests.support.browser import Watch

    context, watch = browser.new_context(), Watch(home="about:")
    watch.attach(context)
    page = context.new_page()
    for payload in payloads():
        page.set_content(f"<!doctype html><body>{sanitise_html(payload)}", wait_until="commit")
        watch.assert_quiet()
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    context.close()
    watch.assert_quiet()


def test_a_browser_without_the_sanitiser_would_have_been_caught(browser: "Browser") -> None:
    """The proof that the test above can fail: the payloads are alive."""
    from tests.support.browser import Watch

    context, watch = browser.new_context(), Watch(home="about:")
    watch.attach(context)
    page = context.new_page()
    page.set_content('<img src="http://evil.example/x"><script>alert(1)</script>', wait_until="commit")
    context.close()
    assert watch.dialogs == ["1"]
    assert watch.elsewhere == ["http://evil.example/x"]


def test_a_link_of_a_mail_opens_our_page_that_says_where_it_leads(shop: Workshop, enter: "Enter", home: str) -> None:
    """`enter` watches: nothing is asked of the other site."""
    shop.receive(hostile(1, '<p><a href="https://evil.example/login" target="_top">Sign in</a></p>'))
    page = enter("kim")
    page.goto(f"{home}messages/{shop.messages()[0].id}")
    page.locator("summary", has_text="Show as HTML").click()
    here = page.url
    with page.expect_popup() as opened:
        page.frame_locator(".mail-html").get_by_role("link", name="Sign in").click()
    opened.value.wait_for_load_state()
    assert opened.value.url == f"{home}leave?to=https%3A%2F%2Fevil.example%2Flogin"
    assert opened.value.locator("h1").inner_text() == "This link leads to evil.example"
    assert opened.value.evaluate("window.opener") is None
    assert page.url == here


def test_no_page_about_hostile_mail_acts_asks_or_changes(shop: Workshop, enter: "Enter", home: str) -> None:
    """List, item, message, its HTML in the frame, documents: as staff open them. `enter` watches all the while."""
    some = payloads()
    batches = [some[start::8] for start in range(8)]
    shop.receive(*(hostile(number, "<hr>".join(batch)) for number, batch in enumerate(batches)))
    page = enter("kim")
    items, messages = shop.items(), shop.messages()
    shown = [f"/messages/{one.id}" for one in messages] + [f"/items/{one.tracking}" for one in items]
    for path in ("/", *shown):
        page.goto(home.rstrip("/") + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert_unchanged(page)
        for frame in page.frames[1:]:
            frame.wait_for_load_state()
            assert frame.locator("script, img, svg, style, form, iframe").count() == 0, frame.url
    for number in (1, 2, 3, 4):
        answer = page.request.get(f"{home}messages/{messages[0].id}/documents/{number}")
        if answer.ok:
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["content-disposition"].startswith("attachment;")
