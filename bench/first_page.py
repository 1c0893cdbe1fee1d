"""From the click on a row of the list to the first page of a PDF of 10 MB, in the browser, as often as is asked for.

    python bench/first_page.py --runs 15

The mail is read in children and kept in a folder, as a site does it; each run is a browser that has nothing of ours
yet. Prints, in milliseconds from the click, when the item page stands there and when the first page of its PDF is
seen, and the ratio of the two within each run: that says something on a busy machine too.
"""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.sandbox import ChildReader
from cee_mailbot.web.server import serving
from tests.support.browser import chromium
from tests.support.mails import mail
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = 10
SIDES = (2550, 3300)  # letter paper at 300 dots an inch

# Runs before any script of ours in every frame: when the row was clicked, when the item page and the page were painted.
SEEN = """
const now = () => performance.timeOrigin + performance.now();
const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
if (window === window.top) {
  const noted = (event) => sessionStorage.setItem("clicked", performance.timeOrigin + event.timeStamp);
  addEventListener("click", noted, true);
  window.seen = new Promise((tell) => addEventListener("DOMContentLoaded", () => painted(() => tell(now()))));
} else {
  window.seen = new Promise((tell) => {
    new MutationObserver((_, all) => {
      if (!document.querySelector("#pages > .page:first-child:is([data-pictured], [data-drawn])")) return;
      all.disconnect();
      painted(() => tell(now()));
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
}
"""


def scanned(pages: int) -> bytes:
    """A PDF as a scanner makes it: each page one grey picture, about 1 MB."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792))
    for page in range(pages):
        picture = Image.effect_noise(SIDES, 12).point([min(255, level + 110) for level in range(256)])
        draw = ImageDraw.Draw(picture)
        for line in range(150, SIDES[1] - 100, 60):
            draw.text((200, line), f"Page {page}: one line of a commercial invoice " * 6, fill=20)
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=37)
        canvas.drawImage(ImageReader(packed), 0, 0, 612, 792)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@contextmanager
def site(paper: bytes) -> Iterator[str]:
    """The address of a queue page that has one item with this paper."""
    with tempfile.TemporaryDirectory() as folder, ChildReader() as reader:
        shop = Workshop(Path(folder))
        shop.blobs = FolderBlobs(Path(folder) / "blobs")  # type: ignore[assignment] - kept as a site keeps them
        shop.intake = shop.with_parts(reader=reader)
        shop.receive(mail(documents=(paper,)))
        with serving(StaffPage(shop, sign_in="demo").application, host="127.0.0.1", tcp_port=0) as home:
            yield home
        shop.store.close()


def opened(browser: "Browser", home: str) -> tuple[float, float]:
    """Milliseconds from the click to the item page, and to the first page of its PDF."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(SEEN)
    page = context.new_page()
    page.goto(home)
    with page.expect_navigation():
        page.locator("a.open").click()
    frame = page.locator(".pdf > iframe").element_handle().content_frame()
    if frame is None:
        sys.exit("the PDF has no frame: this measures nothing")
    frame.wait_for_selector(".page")
    seen, item = frame.evaluate("window.seen"), page.evaluate("window.seen")
    clicked = page.evaluate("Number(sessionStorage.getItem('clicked'))")
    context.close()
    return item - clicked, seen - clicked


def told(name: str, found: list[float], unit: str) -> str:
    """The least, the median, and the most."""
    shown = [f"{one:{'7.2f' if unit == '' else '7.0f'}}{unit}" for one in (min(found), median(found), max(found))]
    return f"{name:42} least {shown[0]}, median {shown[1]}, most {shown[2]}\n"


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    given = options.parse_args()
    paper = scanned(PAGES)
    with chromium() as browser, site(paper) as home:
        opened(browser, home)  # starts the child, fills the caches of the machine
        runs = [opened(browser, home) for _ in range(given.runs)]
    sys.stdout.write(
        f"{len(paper) / 1e6:.1f} MB, {len(runs)} runs; to do for each core: {os.getloadavg()[0] / 2:.2f}\n"
    )
    sys.stdout.write(told("the item page stands there", [item for item, _ in runs], " ms"))
    sys.stdout.write(told("the first page is seen", [seen for _, seen in runs], " ms"))
    sys.stdout.write(told("first page, of the item page", [seen / item for item, seen in runs], ""))


if __name__ == "__main__":
    main()
