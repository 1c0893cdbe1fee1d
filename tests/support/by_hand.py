"""What axe does not look for, found out in the page: small targets, clipped text, focus under something else."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# WCAG 2.2, 2.5.8: 24 by 24 pixels, or room for a circle of that width around its middle; a link in a line of words is
# as large as its words. What a label holds is as large as the label. What stands in a `nav` is as high by itself.
_SMALL = """() => {
  const LEAST = 24;
  const shown = (one) => one.getClientRects().length && getComputedStyle(one).visibility !== "hidden";
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], iframe";
  const boxes = [...document.querySelectorAll(all)].filter(shown).map((one) => {
    const whole = (one.matches("[type=checkbox], [type=radio]") && one.closest("label")) || one;
    const box = whole.getBoundingClientRect();
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    return { one, box, middle, small: box.width < LEAST || box.height < LEAST };
  });
  const flows = (one) => one.nodeType === Node.TEXT_NODE || getComputedStyle(one).display === "inline";
  const inLine = (one) => flows(one) &&
    [...one.parentNode.childNodes].some((other) => other !== one && other.textContent.trim() && flows(other));
  const crowded = (here) => boxes.find((there) => {
    if (there === here || there.one.contains(here.one) || here.one.contains(there.one)) return false;
    const { x, y } = here.middle, { left, right, top, bottom } = there.box;
    const away = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
    const apart = Math.hypot(there.middle.x - x, there.middle.y - y);
    return away < LEAST / 2 || (there.small && apart < LEAST);
  });
  const low = (here) => here.box.height < LEAST && here.one.closest("nav");
  const wrong = (here) => here.small && !here.one.matches(".skip") && !inLine(here.one) && (low(here) || crowded(here));
  return boxes.filter(wrong).map(
    ({ one, box }) => `${one.outerHTML.slice(0, 100)} is ${Math.round(box.width)} by ${Math.round(box.height)} pixels`);
}"""

# WCAG 2.2, 1.4.12.
_SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""
_CLIPPED = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const { overflowX, overflowY } = getComputedStyle(one);
  const cuts = [overflowX, overflowY].some((way) => way === "hidden" || way === "clip");
  const own = one.closest("svg") || one.matches("iframe, input, select, textarea, .unseen");
  return cuts && !own && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.outerHTML.slice(0, 100))"""

# WCAG 2.2, 2.4.11: of what has the focus at least a corner is to be seen.
_UNDER = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const { left, right, top, bottom } = one.getBoundingClientRect();
  const rows = [top + 2, (top + bottom) / 2, bottom - 2];
  const points = [left + 2, (left + right) / 2, right - 2].flatMap((x) => rows.map((y) => [x, y]));
  const seen = points.some(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (one.contains(hit) || hit.contains(one));
  });
  const again = Boolean(one.dataset.been) && !one.dataset.last;  // a field for a date has several places in it
  document.querySelectorAll("[data-last]").forEach((other) => { delete other.dataset.last; });
  one.dataset.been = one.dataset.last = "yes";
  return { what: one.outerHTML.slice(0, 100), again, seen };
}"""


def small_targets(page: "Page") -> list[str]:
    """What is too small to be hit, and has not the room around it that would make up for that."""
    found: list[str] = page.evaluate(_SMALL)
    return found


def lost_with_spacing(page: "Page") -> list[str]:
    """What can't be read any more when the letters stand as far apart as a reader may want them; they stay so."""
    page.add_style_tag(content=_SPACING)
    found: list[str] = page.evaluate(_CLIPPED)
    return [f"cut off when letters are spaced: {one}" for one in found]


def focus_hidden(page: "Page", most: int = 400) -> tuple[int, list[str]]:
    """How many places the Tab key leads to, and those of them that something else hides."""
    hidden = []
    for count in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(_UNDER)
        if here is None:
            continue
        if here["again"]:
            return count, hidden
        hidden += [] if here["seen"] else [here["what"]]
    return most, hidden
