"""Every page of the demonstration is looked at by axe: in light and dark, and at 200 % on a small screen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cee_mailbot import desk
from cee_mailbot.app import SetClock, opened, serving
from cee_mailbot.cli import main
from cee_mailbot.config import load_config
from cee_mailbot.desk.bulk import Asker, foretell
from cee_mailbot.questions import ItemQuery, Mark, MessageQuery
from cee_mailbot.web.parts import DEMO_PERSON
from cee_mailbot.web.routes import ROUTES, Of
from cee_mailbot.web.views import write_mark
from tests.support.axe import violations
from tests.support.by_hand import focus_hidden, lost_with_spacing, small_targets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark, 200 percent": {"color_scheme": "dark", "viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
    "phone": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
}

# Pages that no route alone leads to.
MORE = (
    "/?q=is:closed",
    "/?q=nothing+like+this",
    "/?q=color:red",
    f"/?sort=presented&after={write_mark(Mark(at=(NOW.replace(year=2020),), row=0))}",  # with links to two other pages
    "/?q=team:007",  # with links to what came to it and others work
    "/there-is-no-such-page",
    "/items/CEE-007-26-999999-X",
    "/leave?to=https%3A%2F%2Ffiler.example%2Fpapers",
)
UNLABELLED = "table.list > tbody > tr > td:not([data-label], [colspan], .choose)"
# What is coloured on a page; what the browser's own controls are drawn with is none of ours.
COLOURS = """() => [...document.querySelectorAll("body *")].flatMap((one) => {
  const { color, fill, stroke, backgroundColor, borderLeftColor } = getComputedStyle(one);
  const shown = one.getClientRects().length && !one.matches("input, select, textarea, option");
  const what = one.outerHTML.slice(0, 80);
  return shown ? [color, fill, stroke, backgroundColor, borderLeftColor].map((colour) => [what, colour]) : [];
})"""


@dataclass(frozen=True)
class Site:
    """Where the demonstration is served, and its pages."""

    home: str
    paths: tuple[str, ...]

    @property
    def item(self) -> str:
        """The page of an item."""
        return next(path for path in self.paths if path.startswith("/items/"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("demo") / "site"
    assert main(["demo", "--once", "--dir", str(folder), "--now", NOW.isoformat()]) == 0
    with opened(load_config(folder / "mailboxes.toml", {}), clock=SetClock(instant=NOW)) as app:
        with app.store.read() as ask:
            items, messages = ask.items(ItemQuery()), ask.messages(MessageQuery())
            richest = sorted(items, key=lambda one: (len(one.flags), one.documents, len(one.messages)))[-2:]
            several = next(one for one in items if len(one.messages) > 1)
            shown = [
                (message.id, number)
                for message in messages
                for number, one in enumerate(ask.documents(message.id), start=1)
                if one.type in ("txt", "html", "csv")
            ][:2]
        desk.tag(app.intake, richest[-1].tracking, "fta-claim", actor="demo")
        things: dict[Of, list[dict[str, object]]] = {
            Of.NOTHING: [{}],
            Of.ITEM: [{"tracking": one.tracking} for one in (*richest, several)],
            Of.MESSAGE: [{"message": message, "number": number} for message, number in shown],
            Of.REPLY: [{"reply": 1}],
            Of.BULK: [{"job": foretell(app.intake, Asker(person=DEMO_PERSON), "close", items=[several.tracking])}],
        }
        routes = [
            one
            for one in ROUTES
            if one.method == "GET"
            and not one.path.endswith(("z", "/raw", "{number}", "/viewing", "/progress", ".json", ".csv"))
        ]
        paths = [one.path.format(**thing) for one in routes for thing in things[one.of]]
        with serving(app, demo=True, tcp_port=0) as home:
            yield Site(home=home.rstrip("/"), paths=tuple(dict.fromkeys([*paths, *MORE])))


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_page(browser: "Browser", site: Site, look: str) -> None:
    """WCAG 2.2, levels A and AA, as far as a program can tell; targets and spacing beside what axe looks for."""
    # Documents of senders stand under a policy that stops every script, the one that looks at them too.
    context = browser.new_context(bypass_csp=True, **LOOKS[look])
    if look != "light":
        # The viewers of PDFs look the same from outside, and take their time; what is in them has a test of its own.
        context.route("**/static/papers.js", lambda route: route.abort())
    page, found = context.new_page(), []
    for path in site.paths:
        page.goto(site.home + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        found += [f"{path}: {one}" for one in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{path}: reaches {wide} pixels beyond the screen"] if wide > 0 else []
        if look == "phone":  # the line of headings is not shown there
            found += [f"{path}: no label: {one}" for one in page.locator(UNLABELLED).all_inner_texts()]
        found += [f"{path}: has no title"] if not page.title().removesuffix(" - cee_mailbot").strip() else []
        found += [f"{path}: {one}" for one in (*small_targets(page), *lost_with_spacing(page))]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        # A table may be as wide as it needs, but on a small screen it is none any more.
        found += [f"{path}: spaced, it reaches {wide} pixels beyond"] if wide > 0 and look == "phone" else []
    for what in acted(page, site):
        found += [f"{what}: {one}" for one in (*violations(page), *small_targets(page))]
    context.close()
    assert found == []


def acted(page: "Page", site: Site) -> Iterator[str]:
    """Goes to the pages that only an act leads to: the preview of a bulk act, its result, an act that is too late."""
    page.goto(f"{site.home}/?q=team:007")
    page.locator("tbody input[name=item]").first.check()
    page.locator("select[name=act]").select_option("note")
    with page.expect_navigation():
        page.get_by_role("button", name="Show what would change").click()
    yield "the preview of a bulk act"
    page.get_by_label("Internal note").fill("The filer was called.")
    with page.expect_navigation():
        page.get_by_role("button", name="Add internal note: 1 item").click()
    page.get_by_text("Finished: 1 item: 1 changed").wait_for()
    yield "the result of a bulk act"
    with page.expect_navigation():
        page.get_by_role("link", name="CEE-").first.click()
    page.locator("form[action$='/note'] input[name=version]").evaluate("one => { one.value = 1; }")
    page.locator("#note").fill("He was called twice.")
    page.get_by_role("button", name="Add internal note").click()
    page.get_by_role("heading", name="Nothing was done").wait_for()
    yield "an act that was too late"


def test_on_paper_nothing_depends_on_colour(browser: "Browser", site: Site) -> None:
    """Black on white also from a dark screen; due dates are words, and axe finds enough contrast."""
    context = browser.new_context(bypass_csp=True, color_scheme="dark")
    page, found = context.new_page(), []
    page.emulate_media(media="print", color_scheme="dark")
    for path in ("/", site.item, "/pictures"):
        page.goto(site.home + path)
        coloured = {f"{what} {colour}" for what, colour in page.evaluate(COLOURS) if len(set(rgb(colour))) > 1}
        found += [f"{path}: {one}" for one in (*coloured, *violations(page))]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert all(re.search("[a-z]{3}", words) for words in page.locator(".due").all_inner_texts())
    assert page.locator("rect.bar").first.is_visible(), "the bars of pictures are not hidden with the bars of buttons"
    context.close()
    assert found == []


def rgb(colour: str) -> list[str]:
    """The red, green and blue of a computed colour; of none, and of one that can't be seen, nothing."""
    numbers = re.findall(r"[0-9.]+", colour)
    return [] if numbers[3:] == ["0"] else numbers[:3]


def test_axe_finds_what_is_wrong(browser: "Browser") -> None:
    """The proof that the tests above can fail."""
    context = browser.new_context()
    page = context.new_page()
    page.set_content('<html lang="en"><title>t</title><img src="data:,"><main>words</main></html>')
    assert [one for one in violations(page) if one.startswith("image-alt")]
    page.set_content(
        '<button style="height:12px;font-size:6px">a</button><br><button style="height:12px;font-size:6px">b'
    )
    assert len(small_targets(page)) == 2
    page.set_content('<nav><a href="/" style="display:block;height:12px">a</a></nav>')
    assert len(small_targets(page)) == 1
    page.set_content('<p style="height:1.1em;overflow:hidden">words')
    assert len(lost_with_spacing(page)) == 1
    page.set_content('<a href="/">a</a><p style="position:fixed;inset:0;background:red;margin:0">over it')
    assert focus_hidden(page)[1]
    context.close()


@pytest.mark.parametrize(("look", "what"), [("light", "list"), ("phone", "list"), ("light", "item")])
def test_what_has_the_focus_is_never_under_a_notice(browser: "Browser", site: Site, look: str, what: str) -> None:
    """WCAG 2.2, 2.4.11: the notices at the foot of the window stand over the page, and the Tab key goes past them."""
    path = site.item if what == "item" else "/"
    context = browser.new_context(**LOOKS[look])
    context.route("**/static/papers.js", lambda route: route.abort())  # in the viewers the key goes on by itself
    page = context.new_page()
    page.goto(site.home + path)
    page.evaluate("""() => {
      document.querySelectorAll("details").forEach((one) => { one.open = true; });
      document.querySelector("#told").textContent = "Copied CEE-007-26-000001-V. ".repeat(4);
      const list = document.querySelector(".new-items");
      if (list) list.innerHTML = '<p class="alert">3 new items. <a href="/">Show them</a></p>';
    }""")
    places, hidden = focus_hidden(page)
    context.close()
    assert hidden == []
    assert places > (100 if what == "list" else 40)


def test_the_sheet_of_keys_is_no_worse(browser: "Browser", site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.home + "/")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert violations(page) == []
    context.close()
