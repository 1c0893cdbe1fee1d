"""PDFs within the page: shown for reading, and nothing in them acts, asks or reaches the page around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Frame, expect

from cee_mailbot.web.server import serving
from tests.support import drawn_forms, hostile_pdfs
from tests.support.axe import violations
from tests.support.mails import mail, pdf
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.support.browser import Watch


SUMMARY = drawn_forms.Summary(entry_number="345-67890123", port="2704")
PAPERS = {
    "form": drawn_forms.form_7501(SUMMARY, fillable=True),
    "encrypted": drawn_forms.encrypted("secret"),
    "damaged": b"%PDF-1.7\nnothing that could be mended",
    "many-pages": drawn_forms.form_7501(SUMMARY, sheets=30),
    **{name: content for name, (content, _) in hostile_pdfs.ACTS.items()},
}
FROM_TEXT = "{ try { good(new Function('return 1')()); } catch { bad(); } }"
NAME = "<img src=x onerror=alert(1)> '\";--.pdf"


@dataclass(frozen=True)
class Window:
    """A window on the item that has all the papers; `violations` are what a policy had to stop."""

    page: "Page"
    home: str
    watch: "Watch"
    violations: list[str]

    def paper(self, number: int) -> Frame:
        """The viewer of a document, once it shows something."""
        place = self.page.locator(".pdf").nth(number)
        place.scroll_into_view_if_needed()
        frame = place.locator("iframe").element_handle().content_frame()
        assert frame is not None
        frame.wait_for_selector("#told:empty, #pages[hidden]", state="attached")
        return frame

    def named(self, name: str) -> Frame:
        """The same by the name of the paper."""
        return self.paper(list(PAPERS).index(name))


def hostile_name(raw: bytes) -> bytes:
    """The message with a first paper whose name is an attack."""
    return raw.replace(
        b'filename="paper-1.pdf"', b"filename*=UTF-8''%s" % "".join(f"%{one:02X}" for one in NAME.encode()).encode()
    )


@pytest.fixture(scope="module")
def window(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Window]":
    from tests.support.browser import Watch

    shop = Workshop(tmp_path_factory.mktemp("viewer"))
    shop.receive(hostile_name(mail(documents=tuple(PAPERS.values()))))
    (item,) = shop.items()
    with serving(StaffPage(shop, sign_in="demo").application, host="127.0.0.1", tcp_port=0) as home:
        context: BrowserContext = browser.new_context()
        watch, violations = Watch(home=home), list[str]()
        watch.attach(context)
        context.on("console", lambda line: violations.append(line.text) if "Security Policy" in line.text else None)
        page = context.new_page()
        page.goto(f"{home}items/{item.tracking}")
        yield Window(page=page, home=home, watch=watch, violations=violations)
        context.close()
    shop.store.close()


def ink(frame: Frame) -> int:
    """How many of the pixels of the first page are not white."""
    return int(
        frame.evaluate(
            """() => {
              const canvas = document.querySelector(".page canvas");
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let dark = 0;
              for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] < 380) dark += 1;
              return dark;
            }"""
        )
    )


def test_a_form_is_shown_with_what_was_filled_in_and_its_text_can_be_selected(window: Window) -> None:
    frame = window.named("form")
    frame.wait_for_selector(".page[data-drawn]")
    assert "Entry Number" in frame.inner_text(".page .text")
    assert ink(frame) > 1000
    assert frame.get_attribute(".page", "aria-label") == "Page 1 of 1"


@pytest.mark.parametrize("name", list(hostile_pdfs.ACTS))
def test_what_a_pdf_tries_does_nothing(window: Window, name: str) -> None:
    """It is shown, and no dialog opens, no request leaves, no policy has to step in, and the page is as it was."""
    before = window.page.evaluate("document.body.innerText")
    frame = window.named(name)
    frame.wait_for_selector(".page[data-drawn]")
    assert hostile_pdfs.ACTS[name][1] in frame.inner_text(".page .text")
    assert frame.locator("a, input:not(#page), form, iframe, section section").count() == 0
    frame.locator(".page").first.click()
    assert window.page.evaluate("document.body.innerText") == before
    assert window.violations == []
    window.watch.assert_quiet()


def test_what_was_filled_in_without_an_appearance_is_drawn(window: Window) -> None:
    """A form whose program left the drawing of its fields to the reader."""
    frame = window.named("scripts")
    frame.wait_for_selector(".page[data-drawn]")
    bare = pdf("with scripts")
    assert ink(frame) > 400, f"more than the one line of {len(bare)} bytes"


@pytest.mark.parametrize(("name", "words"), [("encrypted", "locked with a password"), ("damaged", "is damaged")])
def test_what_cannot_be_shown_says_so(window: Window, name: str, words: str) -> None:
    frame = window.named(name)
    assert words in frame.inner_text("#told")


def test_pages_are_drawn_as_they_come_near(window: Window) -> None:
    frame = window.named("many-pages")
    frame.wait_for_selector(".page[data-drawn]")
    total = frame.locator(".page").count()
    assert total > 20
    assert frame.locator(".page canvas").count() < 6
    frame.fill("#page", str(total))
    frame.press("#page", "Enter")
    frame.wait_for_selector(f'.page[data-number="{total}"][data-drawn]')
    assert frame.locator('.page[data-number="1"] canvas').count() == 0, "what is far away is let go of"
    for number in ("7", str(total), "1"):  # what is no more in view is not waited for
        frame.fill("#page", number)
        frame.press("#page", "Enter")
    frame.wait_for_selector('.page[data-number="1"][data-drawn]')
    assert frame.locator(".page p").count() == 0, "no page that was left says that it can't be drawn"


def test_brackets_go_from_document_to_document_also_from_within(window: Window) -> None:
    page = window.page
    at = "[...document.querySelectorAll('[data-paper]')].indexOf(document.activeElement)"
    page.evaluate("document.activeElement.blur()")
    for key, wanted in (("]", 0), ("]", 1), ("[", 0)):
        page.keyboard.press(key)
        assert page.evaluate(at) == wanted, key
    frame = window.paper(0)
    frame.focus("#next")
    page.keyboard.press("]")
    expect(page.locator("[data-paper]").nth(1)).to_be_focused()


def test_few_documents_are_open_at_once(window: Window) -> None:
    """Each holds a whole PDF; one that is far away is closed, and opened again where it was left."""
    left = window.named("many-pages")
    left.fill("#page", "2")
    left.press("#page", "Enter")
    left.wait_for_selector('.page[data-number="2"][data-drawn]')
    for name in list(hostile_pdfs.ACTS)[-4:]:
        window.named(name)
    place = window.page.locator(".pdf").nth(list(PAPERS).index("many-pages"))
    expect(place.locator("iframe")).to_have_count(0)
    again = window.named("many-pages")
    again.wait_for_selector('.page[data-number="2"][data-drawn]')
    expect(again.locator("#page")).to_have_value("2")


def test_the_frame_reaches_neither_page_nor_session_nor_documents(window: Window) -> None:
    """What would befall somebody who took the viewer over: it has no origin, and its policy knows our files alone."""
    frame = window.named("form")
    assert frame.evaluate("window.origin") == "null"
    tries = {
        "the page": "parent.document.body.textContent",
        "cookies": "document.cookie",
        "storage": "localStorage.length",
        "the queue": f"fetch('{window.home}').then(answer => answer.text())",
        "elsewhere": "fetch('http://evil.example/').then(answer => answer.text())",
        "code from text": f"new Promise((good, bad) => setTimeout(() => {FROM_TEXT}))",
    }
    before = list(window.violations)
    for what, code in tries.items():
        got = frame.evaluate(f"async () => {{ try {{ return [await ({code})]; }} catch {{ return null; }} }}")
        assert got is None, what
    window.violations[:] = before  # these were tried on purpose
    window.watch.elsewhere.clear()


def test_axe_finds_nothing_in_the_viewer(window: Window, browser: "Browser") -> None:
    context = browser.new_context(bypass_csp=True, color_scheme="dark")  # the policy would stop axe too
    page = context.new_page()
    page.goto(window.page.url)
    frame = replace(window, page=page).named("form")
    frame.wait_for_selector(".page[data-drawn]")
    assert violations(frame) == []
    context.close()


def test_without_scripts_there_is_the_download(window: Window, browser: "Browser") -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(window.page.url)
    paper = page.locator("[data-paper]").first
    expect(paper.get_by_text(NAME)).to_be_visible()
    with page.expect_download() as kept:
        paper.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"[A-Za-z0-9_ .%-]+|.*\.pdf", kept.value.suggested_filename)
    assert kept.value.path().read_bytes() == PAPERS["form"]
    expect(page.locator(".pdf").first).to_be_hidden()
    context.close()
