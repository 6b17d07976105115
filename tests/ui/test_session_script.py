"""What session.js does in a real browser: it warns in time, lets one stay, and never takes away what was typed."""

import http.server
import json
import threading
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from bienveille.ground import ui

SCRIPT = (Path(ui.__file__).parent / "static/ui/session.js").read_bytes()


class Site(http.server.ThreadingHTTPServer):
    """Tells how long is left, and remembers how it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.left, self.after, self.user, self.asked, self.at_start = 240, 1800, "7", [], 240


class Page(http.server.BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *args):
        pass

    def do_GET(self):
        if self.path == "/session/":
            background = self.headers.get("X-Background") == "1"
            self.server.asked.append("look" if background else "stay")
            if not background:
                self.server.left = self.server.after
            if self.server.left <= 0:
                self.send_response(302)
                self.send_header("Location", "/connexion/")
                self.end_headers()
                return
            body = json.dumps({"left": self.server.left, "user": self.server.user, "csrf": "new"}).encode()
            kind = "application/json"
        elif self.path.startswith("/static/"):
            body, kind = SCRIPT, "text/javascript"
        else:
            dialog = render_to_string(
                "ui/session_end.html",
                {"session_left": self.server.at_start, "csrf_token": "old", "request": RequestFactory().get("/")},
            )
            body = (
                "<!doctype html><html lang=fr><meta charset=utf-8><title>x</title><body data-bv-user=7>"
                "<form method=post><input type=hidden name=csrfmiddlewaretoken value=old><textarea name=note></textarea></form>"
                f"{dialog}"
            ).encode()
            kind = "text/html; charset=utf-8"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site():
    server = Site()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser, site):
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    page.clock.install()
    page.goto(site.url)
    page.fill("textarea", "À moitié")
    yield page
    context.close()


def shown(page) -> str:
    page.wait_for_selector("dialog[open]")
    return page.inner_text("dialog")


def answered(page, site) -> None:
    """The page has asked once, and has had time to hear."""
    for _ in range(100):
        if site.asked:
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)


def test_it_warns_in_time_and_one_stays(page, site):
    page.clock.run_for(6_000)
    assert "dans 4\u00a0minutes" in shown(page)
    assert page.evaluate("document.activeElement.textContent") == "Rester connecté"
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="hidden")
    assert site.asked == ["look", "stay"]
    assert page.input_value("textarea") == "À moitié"
    assert page.evaluate("document.activeElement.name") == "note"


def test_escape_is_a_sign_of_life_too(page, site):
    page.clock.run_for(6_000)
    shown(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")
    assert site.asked[-1] == "stay"


def test_another_tab_gave_a_sign_of_life(page, site):
    site.left = 1700
    page.clock.run_for(6_000)
    answered(page, site)
    assert not page.is_visible("dialog")


def test_the_end_is_said_and_what_was_typed_stays(page, site):
    page.clock.run_for(6_000)
    shown(page)
    site.left = 0
    page.clock.run_for(31_000)
    page.wait_for_selector("#session-fin")
    assert "Votre session est terminée" in shown(page)
    assert page.get_attribute("dialog a", "target") == "_blank"
    page.click("[data-bv-session-close]")
    assert page.input_value("textarea") == "À moitié"


def test_whoever_comes_back_elsewhere_can_send_this_page(page, site):
    site.left = 0
    page.clock.run_for(6_000)
    assert "terminée" in shown(page)
    site.left = 1800
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("dialog", state="hidden")
    assert page.input_value("[name=csrfmiddlewaretoken] >> nth=0") == "new"


def test_somebody_else_who_signs_in_cannot(page, site):
    site.left, site.user = 1800, "8"
    page.clock.run_for(6_000)
    answered(page, site)
    assert page.input_value("[name=csrfmiddlewaretoken] >> nth=0") == "old"


def test_without_connection_the_warning_stands(page, site):
    page.clock.run_for(6_000)
    shown(page)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('dialog').innerText.includes('connexion est perdue')")
    assert page.is_visible("dialog")
