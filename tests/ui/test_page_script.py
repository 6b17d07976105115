"""What app.js does in a real browser: one submit, drafts that survive and then disappear, offline, conditions, keys."""

import http.server
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bienveille.ground import ui

SCRIPT = (Path(ui.__file__).parent / "static/ui/app.js").read_bytes()

FORM = """
<form method="post" action="/save" data-bv-draft="appel-1">
  <input type="hidden" name="idempotency_key" value="{key}">
  <input type="hidden" name="token" value="fresh-{key}">
  <input name="name" value="{name}"{invalid}>
  <input type="password" name="secret">
  <label><input type="radio" name="outcome" value="reached" data-bv-key="alt+1"> Jointe</label>
  <label><input type="radio" name="outcome" value="refused" data-bv-key="alt+2"> Refus</label>
  <fieldset data-bv-show-if="outcome=reached"><input type="checkbox" name="needs" value="meals">
    <div data-bv-show-if="needs=meals"><input name="meals_detail" value="midi"></div></fieldset>
  <div data-bv-show-if="outcome!=reached"><input name="reason" value="x"></div>
  <textarea name="note"></textarea>
  <button name="save" value="pause"><span>Pause</span></button>
  <button name="save" value="next" data-bv-busy="Enregistrement…" data-bv-key="ctrl+enter">
    <span>Enregistrer</span></button>
</form>
<p role="status"><span data-bv-draft-status hidden><span data-bv-draft-words></span></span></p>
"""


class Site(http.server.ThreadingHTTPServer):
    """A server of our own, which remembers what was posted and answers as it was told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.posts, self.answer, self.delay, self.user, self.made = [], "done", 0.0, "1", 0


class Page(http.server.BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *args):
        pass

    def page(self, inside: str, status: int = 200, attributes: str = "") -> None:
        user = f' data-bv-user="{self.server.user}"' if self.server.user else ""
        self.reply(
            f"<!doctype html><html lang=fr><meta charset=utf-8><title>x</title><body{user}{attributes}>"
            f'<div data-bv-offline role="status"></div>{inside}<script src="/static/ui/app.js"></script>'.encode(),
            status,
        )

    def reply(self, body: bytes, status: int = 200, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urlsplit(self.path).path
        if path.endswith("app.js"):
            self.reply(SCRIPT, kind="text/javascript")
        elif path == "/form":
            self.server.made += 1
            self.page(FORM.format(key=f"k{self.server.made}", name="", invalid=""))
        elif path == "/plain":
            button = '<button data-bv-busy="Enregistrement…"><span>Ok</span></button>'
            self.page(f'<form method="post" action="/save">{button}</form>')
        elif path == "/slash":
            self.page(
                '<input id="far" data-bv-slash hidden><input id="near" data-bv-slash><textarea id="note"></textarea>'
            )
        elif path == "/out":
            self.page('<form method="post" action="/save" data-bv-sign-out><button><span>Sortir</span></button></form>')
        else:
            self.page(f"<h1>{path}</h1>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posts.append(parse_qs(body))
        time.sleep(self.server.delay)
        if self.server.answer == "invalid":
            self.page(FORM.format(key="k-again", name="du serveur", invalid=' aria-invalid="true"'), 422)
        elif self.server.answer == "failure":
            self.page("<h1>panne</h1>", 500, " data-bv-error")
        else:
            self.send_response(303)
            self.send_header("Location", "/done")
            self.send_header("Content-Length", "0")
            self.end_headers()


@pytest.fixture
def site():
    server = Site()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser, site):
    context = browser.new_context(base_url=site.url, locale="fr-FR")
    context.set_default_timeout(5000)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    assert page.problems == []
    context.close()


def drafts(page) -> list[str]:
    return page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('bv-draft:'))")


def write(page, words: str = "Radiateur en panne") -> None:
    page.fill("[name=note]", words)
    page.wait_for_selector("[data-bv-draft-status]:not([hidden])")


class TestOneSubmit:
    def test_a_double_click_sends_once_and_says_so(self, page, site):
        site.delay = 0.8
        page.goto("/plain")
        # The second press comes once the first has reached the server, as a real one does.
        seen = page.evaluate(
            "async () => { const b = document.querySelector('button'); b.click();"
            " await new Promise((done) => setTimeout(done, 300)); b.click();"
            " return [b.textContent, b.getAttribute('aria-disabled'), b.form.getAttribute('aria-busy')]; }"
        )
        assert seen == ["Enregistrement…", "true", "true"]
        page.wait_for_url("**/done")
        assert len(site.posts) == 1

    def test_the_button_pressed_is_told_to_the_server(self, page, site):
        page.goto("/form")
        page.click("[value=pause]")
        page.wait_for_url("**/done")
        assert site.posts[0]["save"] == ["pause"]

    def test_coming_back_frees_the_button(self, page, site):
        page.goto("/plain")
        page.click("button")
        page.wait_for_url("**/done")
        page.go_back()
        assert page.get_attribute("button", "aria-disabled") is None
        page.click("button")
        page.wait_for_url("**/done")
        assert len(site.posts) == 2


class TestDrafts:
    def test_what_was_typed_comes_back_after_a_reload(self, page):
        page.goto("/form")
        page.check("[value=reached]")
        page.check("[name=needs]")
        write(page)
        assert "Saisie gardée à" in page.inner_text("[data-bv-draft-words]")
        page.reload()
        assert page.input_value("[name=note]") == "Radiateur en panne"
        assert page.is_checked("[value=reached]")
        assert page.is_checked("[name=needs]")
        assert page.is_visible("[name=meals_detail]")

    def test_a_reload_at_once_loses_nothing(self, page):
        page.goto("/form")
        page.fill("[name=note]", "Tout de suite")
        page.reload()
        assert page.input_value("[name=note]") == "Tout de suite"

    def test_passwords_and_tokens_are_never_kept(self, page):
        page.goto("/form")
        page.fill("[name=secret]", "motdepasse")
        write(page)
        kept = page.evaluate("sessionStorage.getItem('bv-draft:appel-1')")
        assert "motdepasse" not in kept
        assert "fresh-" not in kept

    def test_success_leaves_nothing(self, page, site):
        page.goto("/form")
        write(page)
        page.click("[value=next]")
        page.wait_for_url("**/done")
        assert drafts(page) == []
        assert page.evaluate("localStorage.length") == 0

    def test_after_a_refusal_the_words_of_the_server_win(self, page, site):
        site.answer = "invalid"
        page.goto("/form")
        page.fill("[name=name]", "du navigateur")
        write(page)
        page.click("[value=next]")
        page.wait_for_selector("[aria-invalid]")
        assert page.input_value("[name=name]") == "du serveur"

    def test_after_a_failure_the_draft_waits_with_its_first_key(self, page, site):
        site.answer = "failure"
        page.goto("/form")
        write(page)
        page.click("[value=next]")
        page.wait_for_selector("h1")
        assert drafts(page) == ["bv-draft:appel-1"]
        site.answer = "done"
        page.goto("/form")
        assert page.input_value("[name=note]") == "Radiateur en panne"
        page.click("[value=next]")
        page.wait_for_url("**/done")
        assert [post["idempotency_key"] for post in site.posts] == [["k1"], ["k1"]]
        assert site.posts[1]["token"] == ["fresh-k2"]

    def test_sign_out_leaves_nothing(self, page, site):
        page.goto("/form")
        write(page)
        page.goto("/out")
        assert drafts(page) == ["bv-draft:appel-1"]
        page.click("button")
        page.wait_for_url("**/done")
        assert drafts(page) == []

    def test_another_user_finds_nothing(self, page, site):
        page.goto("/form")
        write(page)
        site.user = "2"
        page.goto("/form")
        assert page.input_value("[name=note]") == ""
        assert drafts(page) == []

    def test_a_session_that_ended_keeps_the_words_for_the_same_user(self, page, site):
        page.goto("/form")
        write(page)
        site.user = ""
        page.goto("/sign-in")
        assert drafts(page) == ["bv-draft:appel-1"]
        site.user = "1"
        page.goto("/form")
        assert page.input_value("[name=note]") == "Radiateur en panne"

    def test_half_a_day_later_it_is_gone(self, page):
        page.goto("/form")
        write(page)
        page.goto("/elsewhere")
        page.evaluate(
            "() => { const d = JSON.parse(sessionStorage.getItem('bv-draft:appel-1')); d.at -= 13 * 3600e3;"
            " sessionStorage.setItem('bv-draft:appel-1', JSON.stringify(d)); }"
        )
        page.goto("/elsewhere")
        assert drafts(page) == []


class TestOffline:
    def test_nothing_is_sent_nothing_is_lost_and_the_same_key_leaves_later(self, page, site):
        page.goto("/form")
        write(page)
        page.context.set_offline(True)
        page.click("[value=next]")
        page.wait_for_selector("[data-bv-offline] button")
        assert "rien n’est perdu" in page.inner_text("[data-bv-offline]")
        assert site.posts == []
        assert page.get_attribute("[value=next]", "aria-disabled") is None
        page.context.set_offline(False)
        page.wait_for_function("document.querySelector('[data-bv-offline] p').textContent.includes('revenue')")
        page.click("[data-bv-offline] button")
        page.wait_for_url("**/done")
        assert [post["idempotency_key"] for post in site.posts] == [["k1"]]
        assert site.posts[0]["save"] == ["next"]
        assert site.posts[0]["note"] == ["Radiateur en panne"]

    def test_a_network_without_server_is_offline_too(self, page, site):
        page.goto("/form")
        write(page)
        page.route("**/app.js", lambda route: route.abort())
        page.click("[value=next]")
        page.wait_for_selector("[data-bv-offline] button")
        assert site.posts == []


class TestConditions:
    def test_a_question_appears_with_its_answer_and_is_not_sent_without_it(self, page, site):
        page.goto("/form")
        assert not page.is_visible("[name=needs]")
        assert page.is_visible("[name=reason]")
        page.check("[value=reached]")
        assert page.is_visible("[name=needs]")
        assert not page.is_visible("[name=meals_detail]")
        page.check("[name=needs]")
        assert page.is_visible("[name=meals_detail]")
        page.check("[value=refused]")
        assert not page.is_visible("[name=meals_detail]")
        page.click("[value=next]")
        page.wait_for_url("**/done")
        assert "needs" not in site.posts[0]
        assert "meals_detail" not in site.posts[0]
        assert site.posts[0]["reason"] == ["x"]

    def test_without_script_everything_is_there(self, browser, site):
        context = browser.new_context(base_url=site.url, java_script_enabled=False)
        page = context.new_page()
        page.goto("/form")
        assert page.is_visible("[name=needs]")
        assert page.is_visible("[name=meals_detail]")
        page.fill("[name=note]", "Sans script")
        page.click("[value=next]")
        page.wait_for_url("**/done")
        assert site.posts[0]["note"] == ["Sans script"]
        context.close()


class TestKeys:
    def test_a_digit_chooses_and_control_enter_saves(self, page, site):
        page.goto("/form")
        page.keyboard.press("Alt+Digit2")
        assert page.is_checked("[value=refused]")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/done")
        assert site.posts[0]["save"] == ["next"]
        assert site.posts[0]["outcome"] == ["refused"]

    def test_a_key_alone_does_nothing(self, page):
        page.goto("/form")
        page.focus("body")
        page.keyboard.press("2")
        assert not page.is_checked("[value=refused]")


def test_the_slash_leads_to_the_search_except_where_one_types(page, site):
    page.goto(f"{site.url}/slash")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "near"
    assert page.input_value("#near") == ""
    page.keyboard.press("/")
    assert page.input_value("#near") == "/"
    page.focus("#note")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "note"
    assert page.input_value("#note") == "/"
