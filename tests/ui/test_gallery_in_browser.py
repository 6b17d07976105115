"""The gallery as people meet it: no accessibility fault, no sideways scroll, strict CSP, large targets."""

import http.server
import mimetypes
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.test import RequestFactory
from django.utils.csp import build_policy

from bienveille.ground.ui import views

AXE = (Path(__file__).parents[1] / "browser/vendor/axe.min.js").read_text()
SIZES = [(320, 640), (360, 740), (640, 450), (1280, 900)]  # 640 wide is 1280 at 200 %


class Pages(http.server.BaseHTTPRequestHandler):
    """The gallery with production's security policy, and our static files."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            body, kind = (Path(found).read_bytes(), mimetypes.guess_type(found)[0]) if found else (b"", "text/plain")
        else:
            request = RequestFactory().get(self.path)
            request.user = AnonymousUser()
            body, kind = views.gallery(request).content, "text/html; charset=utf-8"
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", build_policy(settings.SECURE_CSP))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", params=["light", "dark"])
def page(browser, address, request):
    context = browser.new_context(color_scheme=request.param, locale="fr-FR", reduced_motion="reduce")
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(address)
    yield page
    context.close()


def test_the_security_policy_lets_everything_of_ours_through(page):
    assert page.said == []
    assert page.evaluate("document.fonts.check('16px \"Atkinson Hyperlegible Next\"')")
    assert page.evaluate("typeof htmx") == "object"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_scrolls_sideways(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    # Folded parts are part of the page too.
    page.evaluate("document.querySelectorAll('main details').forEach((folded) => { folded.open = true; })")
    page.evaluate(AXE)
    found = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}))"
        ".violations.map((fault) => [fault.id, fault.nodes.map((node) => node.html.slice(0, 120))])"
    )
    assert found == []


def test_controls_are_tall_enough(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.form-control, .form-select, .bv-choice, .btn:not(.btn-sm)')]"
        ".filter((e) => e.offsetHeight).map((e) => [e.offsetHeight, e.outerHTML.slice(0, 80)])"
    )
    assert len(heights) > 40
    assert [entry for entry in heights if entry[0] < 46] == []


def test_the_strip_stays_in_sight_while_one_scrolls(page):
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("window.scrollTo(0, 2000)")
    box = page.locator(".bv-sos li a").first.bounding_box()
    assert 0 <= box["y"] < 60
    page.evaluate("window.scrollTo(0, 0)")


def test_charts_are_drawn_and_their_tables_folded(page):
    page.wait_for_selector("[data-bv-plot] svg")
    drawn = page.evaluate(
        "[...document.querySelectorAll('[data-bv-plot]')].map((plot) => plot.querySelectorAll('svg path').length)"
    )
    assert len(drawn) == 4
    assert min(drawn) > 3
    assert page.evaluate("[...document.querySelectorAll('details.bv-same')].map((d) => d.open)") in (
        [False] * 3,
        [True] * 3,  # another test has unfolded everything
    )


def test_charts_take_their_colours_from_the_theme(page):
    fills = page.evaluate(
        "[...document.querySelectorAll('[data-bv-plot] svg [fill]')].map((part) => part.getAttribute('fill'))"
    )
    assert {"var(--bv-st-reached)", "var(--bv-st-reserved)", "var(--bv-ink)"} <= set(fills)
    assert not [fill for fill in fills if fill.startswith("#") and fill not in ("#fff", "#000")]


def test_the_theme_changes_at_once_and_is_kept(page, address):
    posted = []
    page.route("**/apparence/", lambda route: (posted.append(route.request.post_data), route.fulfill(status=204)))
    page.click("main [data-bv-theme] button[value=dark]")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.get_attribute("main [data-bv-theme] button[value=dark]", "aria-pressed") == "true"
    page.click("main [data-bv-theme] button[value=device]")
    assert page.evaluate("document.documentElement.dataset.bsTheme") is None
    page.wait_for_timeout(100)
    assert [next(v for v in ("dark", "device") if f"\r\n{v}\r\n" in sent) for sent in posted] == ["dark", "device"]


def test_a_list_is_sorted_and_filtered_without_losing_the_focus(page, address):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.focus("#menages-tri-calls")
    page.keyboard.press("Enter")
    page.wait_for_selector("th[aria-sort=descending] #menages-tri-calls")
    assert page.evaluate("document.activeElement.id") == "menages-tri-calls"
    assert "tri=-calls" in page.url
    page.focus("#menages-q")
    page.keyboard.type("zelm")
    page.wait_for_selector("#menages :text('triés par Appels, page 1 sur 2')")
    assert page.evaluate("document.activeElement.id") == "menages-q"
    assert "tri=-calls" in page.url
    assert "12" in page.inner_text("#menages-dit")
    page.focus("#menages-suivante")
    page.keyboard.press("Enter")
    page.wait_for_selector("#menages-page-2[aria-current]")
    assert page.evaluate("document.activeElement.id") == "menages"  # there is no next page: the list itself
    page.goto(address)
