"""What axe finds on a page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

AXE = Path(__file__).parents[1] / "data" / "vendored" / "axe-core-4.14.1.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "iframes": False}


def violations(page: "Page | Frame") -> list[str]:
    """A line each: the rule, and where; of the page once its style sheet is there, which a click does not wait for."""
    page.wait_for_load_state("load")
    page.evaluate(AXE.read_text(encoding="utf-8") + ";undefined")
    found = page.evaluate(f"axe.run(document, {json.dumps(RULES)}).then(found => found.violations)")
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
