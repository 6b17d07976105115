"""The bar with everything in it: ten entries, then thirty, the search, a long name, at every width, with or without script."""

import http.server
import mimetypes
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.csp import build_policy

AXE = (Path(__file__).parents[1] / "browser/vendor/axe.min.js").read_text()
LABELS = [
    "Accueil", "Ma journée", "Mes rappels", "Campagnes", "Publics", "Locataires", "Imports", "Questionnaires",
    "Utilisateurs", "Aide",
]  # fmt: skip
GROUPS = ["Ma journée", "Appeler", "Écrire", "Connaître", "Régler"]
MANY = [*LABELS, *(f"Une page de plus, la {rank}e" for rank in range(11, 31))]


def entries(labels: list[str]) -> list[dict]:
    return [
        {
            "label": label,
            "url": f"/{rank}/",
            "current": label == "Imports",
            "count": 12 if rank == 2 else 0,
            "group": GROUPS[rank * len(GROUPS) // len(labels)],
            "more": rank >= 5,
        }
        for rank, label in enumerate(labels)
    ]


#: Address → labels of the menu shown there.
MENUS = {"/": LABELS, "/beaucoup/": MANY}


class Pages(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            body, kind = (Path(found).read_bytes(), mimetypes.guess_type(found)[0]) if found else (b"", "text/plain")
        else:
            request = RequestFactory().get(path)
            request.user = SimpleNamespace(
                is_authenticated=True, pk="018f", display_name="Marie-Christine de La Rochefoucauld-Doudeauville"
            )
            context = {
                "request": request,
                "csrf_token": "jeton",
                "navigation": entries(MENUS.get(path, [])),
                "session_left": 1800,
            }
            body, kind = render_to_string("ui/base.html", context).encode(), "text/html; charset=utf-8"
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
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", params=[True, False], ids=["script", "no script"])
def page(browser, request):
    context = browser.new_context(java_script_enabled=request.param, locale="fr-FR")
    yield context.new_page()
    context.close()


def box(page, selector) -> dict[str, float]:
    return page.locator(selector).first.bounding_box()


@pytest.mark.parametrize("width", [320, 360, 480, 768, 991, 992, 1100, 1215, 1216, 1280, 1600])
@pytest.mark.parametrize("menu_at", MENUS)
def test_everything_is_within_reach(page, address, menu_at, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + menu_at)
    assert page.locator("html").evaluate("root => root.scrollWidth") <= width
    assert box(page, ".bv-bar")["height"] < 66
    menu = page.locator(".bv-menu-me summary")
    menu.click()
    for selector in (".bv-menu-me nav a:visible", ".bv-menu-me nav button:visible"):
        for one in page.locator(selector).all():
            place = one.bounding_box()
            assert place["x"] >= 0
            assert place["x"] + place["width"] <= width
            assert place["height"] >= 24
    reached = {
        one.inner_text().split("\n")[0].rstrip("0123456789") for one in page.locator(".bv-bar nav a:visible").all()
    }
    menu.click()
    if width >= 992:
        more = page.locator(".bv-nav .bv-menu summary")
        more.click()
        reached |= {one.inner_text() for one in page.locator(".bv-nav .bv-menu a:visible").all()}
        panel = box(page, ".bv-nav .bv-menu-groups")
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= width
        assert panel["y"] + panel["height"] <= 800
        more.click()
    assert set(MENUS[menu_at]) <= {label.removesuffix(" à traiter").strip() for label in reached}
    assert page.locator("#chercher:visible, .bv-find:visible").count() == 1


@pytest.mark.parametrize("width", [320, 992, 1280])
@pytest.mark.parametrize("menu_at", MENUS)
def test_axe_finds_nothing_with_its_menus_open(browser, address, menu_at, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="fr-FR")
    page = context.new_page()
    page.goto(address + menu_at)
    for summary in page.locator(".bv-bar summary:visible").all():
        summary.evaluate("one => { one.parentElement.open = true; }")
    page.evaluate(AXE)
    found = page.evaluate(
        "async () => (await axe.run('.bv-bar', {resultTypes: ['violations']}))"
        ".violations.map((fault) => [fault.id, fault.nodes.map((node) => node.html.slice(0, 120))])"
    )
    assert found == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_end_of_a_session(browser, address, scheme):
    context = browser.new_context(viewport={"width": 320, "height": 700}, locale="fr-FR", color_scheme=scheme)
    page = context.new_page()
    page.goto(address + "/")
    page.evaluate("document.querySelector('dialog').showModal()")
    page.evaluate(AXE)
    for part in ("[data-bv-session-ending]", "[data-bv-session-over]"):
        page.evaluate(
            "part => document.querySelectorAll('dialog > div').forEach((one) => { one.hidden = !one.matches(part); })",
            part,
        )
        found = page.evaluate("async () => (await axe.run('dialog')).violations.map((fault) => fault.id)")
        assert found == []
        place = page.locator("dialog").bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 320
    context.close()
