"""The README's picture: the example dispatch as the shipped model reads it, photographed in headless Chromium.

python docs/make_pictures.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import porteparole

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "overview.png"
WIDTH, HEIGHT = 1200, 900


def main() -> None:
    """Write the picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("make_pictures.py needs Chromium: apt-get install chromium")
    text = (ROOT / "examples" / "depeche.txt").read_text(encoding="utf-8")
    document = porteparole.load(device="cpu", dtype="fp32").predict(text)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(porteparole.to_html([document], title="examples/depeche.txt"), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(file.as_uri())
        bottoms = [box["y"] + box["height"] for card in page.locator(".pp-card").all() if (box := card.bounding_box())]
        lowest = max(bottom for bottom in bottoms if bottom < HEIGHT)  # no card is cut
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE, clip={"x": 0, "y": 0, "width": WIDTH, "height": lowest + 12})
        browser.close()


if __name__ == "__main__":
    main()
