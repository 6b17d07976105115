"""One real browser for the tests of this folder."""

import pytest


@pytest.fixture(scope="package")
def browser():
    from playwright.sync_api import sync_playwright

    from bienveille.faces.cli.test import find_browser

    found = find_browser()
    if found is None:
        pytest.skip("Chromium is not on this machine: browser tests are skipped (./bienveille test installs it)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(found),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
            ],
        )
        yield chromium
        chromium.close()
