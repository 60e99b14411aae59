"""The report in a real headless Chromium, without a network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: A browser that asks nobody anything; tests often run as root, where there is no sandbox.
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
OPTIONS += ("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage")

#: A copy of the map to read pixels from: Chromium warns of a picture that is read again and again.
COPY = """window.copyOf = (from) => {
    const to = Object.assign(document.createElement("canvas"), { width: from.width, height: from.height });
    const made = to.getContext("2d", { willReadFrequently: true });
    made.drawImage(from, 0, 0);
    return made;
};"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium of this machine; skip the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium, or Google Chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Shown:
    """A page on the screen, and what went wrong on it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def layer(self, name: str) -> None:
        """Choose a layer and wait until it is drawn."""
        self.page.select_option("#layer", name)
        self.page.wait_for_selector(f'#canvas[data-layer="{name}"]')

    def settled(self) -> None:
        """Wait until the map is drawn anew."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def pixels(self) -> list[int]:
        """Return what the map looks like: one number for each of its rows of pixels."""
        return self.page.evaluate(
            """() => {
                const c = document.getElementById("canvas"), rows = [];
                const d = copyOf(c).getImageData(0, 0, c.width, c.height).data;
                for (let y = 0; y < c.height; y += 1) {
                    let sum = 0;
                    for (let k = 4 * y * c.width; k < 4 * (y + 1) * c.width; k += 1) sum = (31 * sum + d[k]) % 1000003;
                    rows.push(sum);
                }
                return rows;
            }"""
        )

    def colour(self, x: float, y: float) -> list[int]:
        """Return red, green and blue of the map at a place in CSS pixels from its corner."""
        return self.page.evaluate(
            """([x, y]) => {
                const c = document.getElementById("canvas"), at = (v) => Math.floor(v * c.width / c.clientWidth);
                return [...copyOf(c).getImageData(at(x), at(y), 1, 1).data].slice(0, 3);
            }""",
            [x, y],
        )

    def view(self) -> tuple[float, float, float]:
        """Return column and row at the middle of the map, and CSS pixels per cell."""
        x, y, scale = map(float, self.page.get_attribute("#canvas", "data-view").split())
        return x, y, scale

    def at(self, column: float, row: float) -> tuple[float, float]:
        """Return where a place, in cells from the north-west, is on the map, in CSS pixels from its corner."""
        x, y, scale = self.view()
        width, height = (self.page.evaluate(f"() => canvas.client{side}") for side in ("Width", "Height"))
        return width / 2 + (column - x) * scale, height / 2 + (row - y) * scale

    def data(self) -> dict[str, Any]:
        """Return what the page holds for its map."""
        return self.page.evaluate("() => JSON.parse(document.getElementById('map-data').textContent)")


@contextmanager
def shown(
    browser: Browser, file: Path, width: int = 1280, height: int = 900, dark: bool = False
) -> Iterator[Shown]:
    """Open a report as a user would from disk, offline; fail if it raises an error or asks for anything else."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
    )
    context.add_init_script(COPY)
    page = context.new_page()
    on_screen = Shown(page)
    page.on("console", lambda told: told.type in ("error", "warning") and on_screen.faults.append(told.text))
    page.on("pageerror", lambda error: on_screen.faults.append(str(error)))
    page.on("dialog", lambda dialog: (on_screen.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: on_screen.requests.append(asked.url))
    page.goto(file.as_uri())
    page.wait_for_function("() => !document.getElementById('canvas') || canvas.dataset.layer")
    try:
        yield on_screen
        assert on_screen.faults == []
        # A browser may list the pictures that the page holds.
        assert {one for one in on_screen.requests if not one.startswith("data:")} == {file.as_uri()}
    finally:
        context.close()
