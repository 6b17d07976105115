"""What surrounds every page: bar, theme, session; the pages of errors and of accessibility."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from tests.ui.showing import N

from bienveille.ground.ui import views
from bienveille.ground.ui.cookies import Messages


class TestBase:
    def render(self, **context):
        request = RequestFactory().get("/appeler/?q=a")
        request.user = SimpleNamespace(is_authenticated=True, pk="018f", display_name="Josiane T.")
        request.COOKIES |= context.pop("cookies", {})
        return render_to_string("ui/base.html", {"request": request, "csrf_token": "jeton", **context})

    def test_navigation(self):
        entries = [
            {"label": "Appeler", "url": "/appeler/", "current": True},
            {"label": "Rappels", "url": "/rappels/", "current": False, "count": 3},
        ]
        html = self.render(navigation=entries)
        assert html.count('<a href="/appeler/" aria-current="page">') == 2
        assert '<span class="bv-count">3<span class="visually-hidden"> à traiter</span></span>' in html
        assert "Josiane T." in html
        assert 'data-bv-user="018f"' in html

    def test_it_is_french_has_a_way_to_the_content_and_one_main(self):
        html = self.render(navigation=[])
        assert '<html lang="fr">' in html
        assert 'href="#contenu"' in html
        assert html.count("<main") == 1
        assert "data-bv-offline" in html

    def test_what_the_bar_has_no_room_for_is_behind_a_word(self):
        entry = {"label": "Imports", "url": "/imports/", "current": True, "count": 0, "more": True}
        html = self.render(navigation=[{**entry, "label": "Aide", "url": "/aide/", "current": False}, entry])
        assert (
            html.count('<a href="/imports/" aria-current="page">') == 2
        )  # behind « Plus », and in the menu of a phone
        assert f'Plus<span class="visually-hidden">, page actuelle{N}: Imports</span>' in html
        assert "data-current" in html
        assert "Plus" not in self.render(navigation=[{**entry, "more": False}])

    def test_a_long_menu_is_read_by_its_titles(self):
        def menu(count: int) -> str:
            entry = {"url": "/", "current": False, "count": 0, "more": True}
            return self.render(
                navigation=[
                    {**entry, "label": f"Page {rank}", "group": "Écrire" if rank % 2 else "Appeler"}
                    for rank in range(count)
                ]
            )

        assert "bv-menu-title" not in menu(7)
        titles = re.findall(r'<p class="bv-menu-title">(.*?)</p>', menu(8))
        assert titles == ["Appeler", "Écrire"] * 2  # behind « Plus », and in the menu of a phone

    @pytest.mark.parametrize(
        ("cookie", "attribute"),
        [("dark", ' data-bs-theme="dark"'), ("light", ' data-bs-theme="light"'), ("", ""), ('"><b>', "")],
    )
    def test_the_theme_is_the_one_chosen(self, cookie, attribute):
        html = self.render(navigation=[], cookies={"theme": cookie})
        assert f'<html lang="fr"{attribute}>' in html
        assert html.count('aria-pressed="true"') == 1
        assert '<input type="hidden" name="next" value="/appeler/?q=a">' in html

    def test_the_end_of_the_session_is_told_to_whom_has_one(self):
        assert 'data-bv-left="1750"' in self.render(navigation=[], session_left=1750)
        assert "<dialog" not in self.render(navigation=[])

    def test_each_page_leads_to_the_accessibility_page(self):
        assert f'<a href="/accessibilite/">Accessibilité{N}: non conforme</a>' in self.render(navigation=[])


class TestPages:
    def post(self, **data):
        return views.theme(RequestFactory().post("/apparence/", data))

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_a_theme_is_kept_and_one_goes_back(self, theme):
        response = self.post(theme=theme, next="/campagnes/?page=2")
        assert response["Location"] == "/campagnes/?page=2"
        cookie = response.cookies["theme"]
        assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (theme, True, "Lax")

    def test_with_tls_every_cookie_is_of_this_address_alone(self, settings):
        settings.SESSION_COOKIE_SECURE = True
        cookie = self.post(theme="dark").cookies["__Host-theme"]
        assert (cookie.value, cookie["secure"], cookie["path"], cookie["domain"]) == ("dark", True, "/", "")
        assert self.post(theme="device").cookies["__Host-theme"]["secure"]
        html = TestBase().render(navigation=[], cookies={"__Host-theme": "dark"})
        assert 'data-bs-theme="dark"' in html
        request = RequestFactory().post("/")
        request.session = {}
        messages = Messages(request)
        messages.add(20, "Bonjour")
        messages.update(response := HttpResponse())
        cookie = response.cookies["__Host-messages"]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        request.COOKIES["__Host-messages"] = cookie.value
        assert [message.message for message in Messages(request)] == ["Bonjour"]

    @pytest.mark.parametrize("theme", ["device", "", "<b>"])
    def test_the_device_decides_again(self, theme):
        assert self.post(theme=theme).cookies["theme"].value == ""

    @pytest.mark.parametrize("after", ["https://ailleurs.example/", "//ailleurs.example", "javascript:x", ""])
    def test_one_never_goes_elsewhere(self, after):
        assert self.post(theme="dark", next=after)["Location"] == "/"

    def test_a_theme_is_not_chosen_by_a_link(self):
        assert views.theme(RequestFactory().get("/apparence/?theme=dark")).status_code == 405

    def test_the_accessibility_page_hides_nothing(self):
        request = RequestFactory().get("/accessibilite/")
        request.user = AnonymousUser()
        html = views.accessibility(request).content.decode()
        for words in ["non conforme", "Aucun audit", "Ce qui manque", "Défenseur des droits", "21 novembre 2026"]:
            assert words in html


class TestErrorPages:
    @pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
    def test_they_need_neither_request_nor_database(self, name):
        html = render_to_string(f"{name}.html")
        assert html.count("<h1") == 1
        assert "data-bv-error" in html
        assert re.search(r"<title>[^<]+ – Bienveille</title>", html)

    @pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
    def test_they_are_calm(self, name):
        html = render_to_string(f"{name}.html")
        text = re.sub(r"<[^>]+>", " ", html[html.index("<main") :])
        assert not re.search(r"!|oups|erreur interne|exception|interdit", text, re.I)
