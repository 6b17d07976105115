"""Figures of situations, notes to read again, the partners' directory and the vocabulary in a real browser: axe, a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.town import build
from tests.cases.factories import make_case
from tests.outreach.factories import call

pytestmark = pytest.mark.django_db(transaction=True)


def test_figures_then_partners_then_words(visit, live_server):
    town = build()
    for _ in range(6):
        make_case("orange", needs=("meals", "heating"), now=timezone.now() - timedelta(days=40))
    call(town.campaign, town.caller, "reached", grade="green", note="Soigne son cancer", keep_note=True)
    page = visit(town.director)
    page.set_viewport_size({"width": 360, "height": 800})
    for address, words in (
        ("/situations/chiffres/", "se sont ouvertes"),
        ("/situations/chiffres/?pour=tous", "diffuser"),
        ("/notes/", "à relire"),
        ("/partenaires/", "artenaire"),
        ("/vocabulaire/", "Vocabulaire"),
    ):
        page.goto(address)
        assert words in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        axe.check(page, address.strip("/").replace("/", "-").replace("?", "-"))
    assert page.faults == []
