"""Hours in a real browser: the step of the week, the page that says when calls open again, a wish heard in a call."""

import pytest
from tests.browser.axe import check
from tests.browser.conftest import NARROW
from tests.browser.town import build

from bienveille.engines.dispatch.models import Contact
from bienveille.register.tenants.models import CallWish
from bienveille.services.outreach.models import Campaign

pytestmark = pytest.mark.django_db(transaction=True)
NEVER = {"windows": [{"days": [1], "from": "03:00", "to": "03:01"}]}


def test_closed_hours_then_a_wish_heard_in_a_call(visit, live_server):
    town = build(rules=NEVER)
    page = visit(town.caller, viewport=NARROW)
    page.goto(f"/appels/{town.campaign.pk}/")
    page.wait_for_selector("h2:has-text('Les appels reprennent')")
    check(page, "hours-closed")

    lead = visit(town.director)
    Campaign.objects.update(created_by=town.director)
    lead.goto(f"/campagnes/{town.campaign.pk}/heures/")
    check(lead, "hours-week")
    lead.check("[name=mode][value=any]", force=True)
    lead.click("button:has-text('Enregistrer ces heures')")
    lead.wait_for_selector("text=elles comptent dès maintenant")

    page.goto("/")
    page.click("button:has-text('Prendre l’appel suivant')")
    page.wait_for_selector("#appel")
    page.click("label.bv-choice:has([name=outcome][value=no_answer])")
    assert "Je vous rappellerai un autre jour" in page.inner_text("section[aria-labelledby=repondeur]")
    page.click("section[aria-labelledby=souhait] summary")
    page.click("label.bv-choice:has([name=w-parts][value=afternoon])")
    check(page, "hours-call")
    page.click("button[name=then][value=pause]")
    page.wait_for_url("**/appels/")
    assert CallWish.objects.get().parts == ["afternoon"]
    assert Contact.objects.get(attempts_made=1).not_before.minute == 0
    assert page.faults == lead.faults == []
