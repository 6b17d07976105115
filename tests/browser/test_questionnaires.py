"""A director adapts a guide in a browser: copies it, writes a question, sees it as callers will, publishes it."""

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.questionnaires.factories import GUIDE

from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.engines.questionnaires.operations import ensure_built_in, publish_version
from bienveille.engines.questionnaires.queries import get_current
from bienveille.engines.questionnaires.rules import parse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def director(live_server):
    ensure_built_in(now=timezone.now())
    return UserFactory(first_name="Nadia", last_name="Ferhat", roles=["director"])


def test_from_a_copy_to_a_published_version(visit, director):
    page = visit(director)
    page.goto("/questionnaires/")
    axe.check(page, "questionnaires")
    page.click("a:has-text('Appel bienveillant')")
    axe.check(page, "questionnaire")
    page.click("text=Copier pour adapter")
    axe.check(page, "questionnaire-nouveau")
    page.fill("[name=title]", "Nos aînés")
    page.click("text=Commencer le brouillon")
    page.wait_for_selector("h1:has-text('Nos aînés')")
    # Trying an answer shows what depends on it, as it will in a call.
    assert not page.is_visible("[name=q_food]")
    page.check("[name=q_good_moment][value=yes]")
    page.check("[name=q_agrees][value=yes]")
    assert page.is_visible("[name=q_food]")
    axe.check(page, "questionnaire-brouillon")

    page.click(".bv-sheet:has(#partie-2) >> text=Ajouter une question")
    page.fill("[name=label]", "Ascenseur")
    page.fill("[name=say]", "L’ascenseur marche-t-il bien\u00a0?")
    page.fill("[name=choice-0-label]", "Oui")
    page.fill("[name=choice-1-label]", "Il tombe en panne")
    page.wait_for_selector("#vue label:has-text('Il tombe en panne')")
    assert "L’ascenseur marche-t-il bien" in page.inner_text("#vue")
    assert not page.is_visible("[name=max_length]")
    page.locator("summary:has-text('Conseil et besoins')").nth(1).click()
    page.locator("label:has([name=choice-1-needs][value=lift])").click()
    page.locator("label:has([name=when][value=all])").click()
    page.click("summary:has-text('Présence à la maison')")
    page.locator("label:has([name=tests][value='alone=alone'])").click()
    axe.check(page, "questionnaire-question")
    page.click("button:has-text('Enregistrer la question')")
    page.wait_for_selector("h1:has-text('Nos aînés')")

    page.focus("button:has-text('Monter Ascenseur')")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    page.click("text=Relire et publier")
    page.wait_for_selector("h1:has-text('Publier')")
    axe.check(page, "questionnaire-publier")
    page.click("text=Publier la version 1")
    page.wait_for_selector("text=La version 1 est publiée")
    assert page.faults == []
    published = parse(get_current("nos-aines").definition)
    keys = [item.key for item in published.sections[2].items]
    assert keys.index("ascenseur") == len(keys) - 2
    assert published.questions["ascenseur"].choices[1].needs == ("lift",)
    assert published.questions["ascenseur"].show_if.values == ("alone",)


def test_versions_and_faults(visit, director):
    publish_version(slug="petit-guide", document=GUIDE, by=director, now=timezone.now())
    publish_version(slug="petit-guide", document=GUIDE | {"title": "Guide"}, by=director, now=timezone.now())
    page = visit(director)
    page.goto("/questionnaires/petit-guide/versions/1/")
    axe.check(page, "questionnaire-version")
    page.click("text=Restaurer comme brouillon")
    page.click("li:has-text('Repas') >> text=Retirer")
    page.wait_for_selector("text=à corriger avant de publier")
    assert "qui n’est pas une question posée avant" in page.inner_text("main")
    axe.check(page, "questionnaire-fautes")
    page.click("a:has-text('Partie «\u00a0Suite\u00a0»')")
    page.wait_for_selector("h1:has-text('Suite')")
    axe.check(page, "questionnaire-partie")
    page.goto("/questionnaires/petit-guide/brouillon/")
    page.click("text=Jeter le brouillon")
    axe.check(page, "questionnaire-jeter")
    page.click("main button:has-text('Jeter le brouillon')")
    page.wait_for_selector("text=Le brouillon est jeté")
    assert not QuestionnaireDraft.objects.exists()


def test_without_javascript(visit, director):
    publish_version(slug="petit-guide", document=GUIDE, by=director, now=timezone.now())
    page = visit(director, java_script_enabled=False)
    page.goto("/questionnaires/petit-guide/")
    page.click("text=Modifier")
    page.click(".bv-sheet:has(#partie-1) >> text=Ajouter une question")
    page.select_option("[name=kind]", "advice")
    page.fill("[name=label]", "Boire")
    page.fill("[name=say]", "Pensez à boire.")
    page.click("text=Voir l’aperçu")
    assert "Pensez à boire." in page.inner_text("#vue")
    page.click("button:has-text('Enregistrer la question')")
    page.click("text=Relire et publier")
    assert "«\u00a0Boire\u00a0» est ajouté dans «\u00a0Suite\u00a0»." in page.inner_text("main")
    page.click("text=Publier la version 2")
    assert "La version 2 est publiée" in page.inner_text("main")
    assert get_current("petit-guide").number == 2
