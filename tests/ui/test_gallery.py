"""Every component is documented and stands in the gallery, whose pieces refer to each other rightly."""

import inspect
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template
from django.test import RequestFactory

from bienveille.ground.ui import views
from bienveille.ground.ui.templatetags import french
from bienveille.ground.ui.templatetags import ui as library

TAGS = sorted(library.register.tags)


def gallery_source() -> str:
    return get_template("ui/gallery.html").template.source


def gallery_html(query: str = "") -> str:
    request = RequestFactory().get(f"/composants/{query}")
    request.user = AnonymousUser()
    response = views.gallery(request)
    assert response.status_code == 200
    return response.content.decode()


def documented(name: str):
    found = [f for module in library_modules() for f in vars(module).values() if getattr(f, "__name__", "") == name]
    return next(f for f in found if inspect.isfunction(f))


def library_modules():
    return [getattr(library, name) for name in library.__all__ if name != "register"]


class TestTheLibrary:
    @pytest.mark.parametrize("name", TAGS)
    def test_every_tag_is_documented_and_takes_keywords_only(self, name):
        function = documented(name)
        assert f"{{% {name}" in inspect.getdoc(function) or f"{{% {name} " in inspect.getdoc(function)
        named = [p for p in inspect.signature(function).parameters.values() if p.name not in ("content", "context")]
        assert all(p.kind is p.KEYWORD_ONLY for p in named)

    @pytest.mark.parametrize("name", sorted(set(TAGS) - {"key_attributes"}))
    def test_every_tag_is_in_the_gallery(self, name):
        source = gallery_source() + get_template("ui/base.html").template.source
        assert re.search(rf"{{%\s*{name}\b", source)

    @pytest.mark.parametrize("name", sorted(french.register.filters))
    def test_every_filter_is_documented(self, name):
        assert f"|{name}" in french.register.filters[name].__doc__


class TestTheGallery:
    def test_it_has_one_title_and_unique_ids(self):
        html = gallery_html()
        assert html.count("<h1") == 1
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert sorted(ids) == sorted(set(ids))

    def test_every_reference_points_somewhere(self):
        html = gallery_html()
        ids = set(re.findall(r'\sid="([^"]+)"', html))
        wanted = set()
        for value in re.findall(r'\saria-(?:labelledby|describedby)="([^"]+)"', html):
            wanted |= set(value.split())
        wanted |= set(re.findall(r'<a href="#([^"]+)"', html)) | set(re.findall(r'\sfor="([^"]+)"', html))
        assert wanted - ids == set()
