"""From a workbook to a call, and from a call to the wall: import, publish, ask; quote, read again, show."""

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.outreach.factories import make_campaign
from tests.questionnaires.test_xlsform import workbook
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.questionnaires.operations import ensure_built_in

pytestmark = pytest.mark.django_db(transaction=True)
SHEETS = {
    "survey": [
        ["type", "name", "label::Français (fr)", "required", "relevant"],
        ["begin_group", "debut", "Le début", "", ""],
        ["select_one oui_non", "courses", "Faites-vous vos courses ?", "", ""],
        ["text", "aide", "Qui vous aide ?", "", "${courses} = 'non'"],
        ["end_group", "", "", "", ""],
    ],
    "choices": [
        ["list_name", "name", "label::Français (fr)", "bienveille_needs"],
        ["oui_non", "oui", "Oui", ""], ["oui_non", "non", "Non", "shopping"],
    ],
    "settings": [["form_title"], ["Nos courses"]],
}  # fmt: skip


def test_from_a_workbook_to_the_wall(visit):
    ensure_built_in(now=timezone.now())
    director = UserFactory(first_name="Nadia", roles=["director"])
    caller = UserFactory(first_name="Josiane", roles=["caller"])
    page = visit(director)
    page.goto("/questionnaires/")
    page.click("a:has-text('Importer un classeur')")
    broken = {**SHEETS, "survey": [*SHEETS["survey"], ["image", "photo", "Une photo", "", ""]]}
    for sheets in (broken, SHEETS):
        file = {"name": "courses.xlsx", "mimeType": "application/octet-stream", "buffer": workbook(sheets).getvalue()}
        page.set_input_files("[name=file]", file)
        page.click("text=Lire le classeur")
        if sheets is broken:
            page.wait_for_selector("text=à corriger dans le classeur")
            page.faults.clear()  # a refused form answers 422, which the browser reports
            axe.check(page, "classeur-fautes")
    page.wait_for_selector("text=Tout est compris")
    page.locator("label:has([name=q_courses][value=non])").click()
    assert page.is_visible("[name=q_aide]")
    page.click("text=Garder comme brouillon")
    page.wait_for_selector("h1:has-text('Nos courses')")
    page.click("text=Relire et publier")
    page.click("text=Publier la version 1")
    page.wait_for_selector("text=La version 1 est publiée")

    HouseholdFactory(people=[{"age": 85, "last_name": "Marchandeau", "first_name": "Odette", "phone": True}])
    campaign = make_campaign(questionnaire="nos-courses", now=timezone.now())
    page = visit(caller)
    page.goto(f"/appels/{campaign.pk}/")
    page.click("text=Prendre l’appel suivant")
    page.wait_for_selector("h1:has-text('Marchandeau')")
    page.locator("label:has([name=outcome][value=reached])").click()
    page.locator("label:has([name=q_courses][value=non])").click()
    assert page.is_visible("[name=q_aide]")
    page.click("summary:has-text('Noter une phrase')")
    page.fill("[name=quote]", "Merci à Odette, on se sent moins seule.")
    page.locator("label:has([name=emotions][value=relief])").click()
    page.check("[name=quote_agreed]")
    axe.check(page, "appel-citation")
    page.click("button:has-text('Enregistrer et suivant')")
    page.wait_for_url(f"**/appels/{campaign.pk}/**")

    page = visit(director)
    page.goto("/paroles/")
    page.click("a:has-text('Relire')")
    page.click("a:has-text('on se sent moins seule')")
    assert page.inner_text("mark") == "Odette"
    axe.check(page, "phrase")
    page.fill("[name=words]", "On se sent moins seule.")
    page.click("text=Publier sans nom")
    page.wait_for_selector("text=La phrase est publiée")
    page.goto("/paroles/")
    page.wait_for_selector("blockquote:has-text('On se sent moins seule')")
    assert "Odette" not in page.inner_text("main")
    axe.check(page, "paroles")
    page.goto(f"/campagnes/{campaign.pk}/reponses/")
    page.wait_for_selector("text=moins de 10 réponses")
    axe.check(page, "reponses")
    assert page.faults == []
