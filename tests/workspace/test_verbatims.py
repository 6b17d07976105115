"""A sentence from the call to the wall, on screen: typed, read again, shown without a name, withdrawn."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import Verbatim
from bienveille.services.outreach.operations import Quote

pytestmark = pytest.mark.django_db
WORDS = "Merci à Odette, on se sent moins seule."


@pytest.fixture
def campaign():
    for name in ("Marchandeau", "Pradeau"):
        HouseholdFactory(people=[{"age": 85, "last_name": name, "first_name": "Odette", "phone": True}])
    return make_campaign(now=timezone.now())


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", roles=["caller"])


@pytest.fixture
def as_director(client):
    client.force_login(UserFactory(roles=["director"]))
    return client


@pytest.fixture
def kept(campaign, caller):
    call(campaign, caller, "reached", now=timezone.now(), quote=Quote(text=WORDS, agreed=True, emotions=("relief",)))
    return Verbatim.objects.get()


def saved(client, campaign, **typed):
    page = reverse("workspace:call", args=[campaign.pk])
    client.post(reverse("workspace:next_call", args=[campaign.pk]))
    contact = Contact.objects.get(state="reserved")
    own = {"contact": contact.pk, "token": contact.token, "outcome": "reached", "next": "none"}
    return client.post(page, {**own, "q_good_moment": "yes", "q_agrees": "yes", **typed})


class TestCall:
    def test_saved_with_the_call(self, client, campaign, caller):
        client.force_login(caller)
        answer = saved(client, campaign, quote=WORDS, quote_agreed="on", emotions=["relief"])
        assert answer.status_code == 302
        assert Verbatim.objects.get().said == WORDS

    def test_refused_beside_its_field_and_nothing_is_lost(self, client, campaign, caller):
        client.force_login(caller)
        answer = saved(client, campaign, quote=WORDS, note="Aime son jardin.")
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "Posez la question" in html
        assert WORDS in html
        assert "Aime son jardin." in html
        assert not Verbatim.objects.exists()

    def test_taken_back_it_is_typed_again(self, client, campaign, caller, kept):
        client.force_login(caller)
        undo = reverse("workspace:undo", args=[campaign.pk, kept.attempt_id])
        html = client.post(undo, follow=True).content.decode()
        assert WORDS in html


class TestModeration:
    def test_from_the_queue_to_the_wall(self, as_director, kept, campaign):
        queue = as_director.get(reverse("workspace:verbatims_kept"))
        assert WORDS in queue.content.decode()
        page = reverse("workspace:verbatim", args=[kept.pk])
        html = as_director.get(page).content.decode()
        assert "<mark>Odette</mark>" in html
        assert "un nom" in html
        refused = as_director.post(page, {"do": "publish", "words": WORDS})
        assert refused.status_code == 422
        assert "ferait reconnaître" in refused.content.decode()
        done = as_director.post(page, {"do": "publish", "words": "On se sent moins seule.", "emotions": ["relief"]})
        assert done.status_code == 302
        wall = as_director.get(reverse("workspace:verbatims")).content.decode()
        assert "On se sent moins seule." in wall
        assert "Odette" not in wall
        assert "Soulagement" in wall
        assert AuditEntry.objects.filter(action="household.read", reason="Relecture d’une phrase à citer").exists()

    def test_left_out_needs_a_reason(self, as_director, kept):
        page = reverse("workspace:verbatim", args=[kept.pk])
        assert as_director.post(page, {"do": "refuse"}).status_code == 422
        assert as_director.post(page, {"do": "refuse", "reason": "doubt"}).status_code == 302
        kept.refresh_from_db()
        assert kept.state == "refused"

    def test_withdrawn_after_confirmation(self, as_director, kept):
        page = reverse("workspace:withdraw_verbatim", args=[kept.pk])
        assert "Retirer cette phrase" in as_director.get(page).content.decode()
        assert as_director.post(page).status_code == 302
        kept.refresh_from_db()
        assert (kept.state, kept.said) == ("withdrawn", "")
        gone = as_director.get(reverse("workspace:verbatim", args=[kept.pk])).content.decode()
        assert "les mots sont effacés" in gone

    def test_taken_away_without_a_name(self, as_director, kept):
        page = reverse("workspace:verbatim", args=[kept.pk])
        as_director.post(page, {"do": "publish", "words": "On se sent moins seule."})
        answer = as_director.get(reverse("workspace:verbatims"), {"export": "csv"})
        text = b"".join(answer).decode()
        assert "On se sent moins seule." in text
        assert "Odette" not in text
        assert AuditEntry.objects.filter(action="data.exported", reason="Paroles publiées").exists()

    @pytest.mark.parametrize("role", ["caller", "social_worker", "communication"])
    def test_others_read_the_wall_only(self, client, kept, role):
        client.force_login(UserFactory(roles=[role]))
        assert client.get(reverse("workspace:verbatims")).status_code == 200
        assert client.get(reverse("workspace:verbatims_kept")).status_code == 403
        assert client.get(reverse("workspace:verbatim", args=[kept.pk])).status_code == 403
