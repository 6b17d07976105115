"""The page of the vocabulary: a sentence tried, a change kept or refused, taken back; the same number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory

from bienveille.register.accounts.choices import Role
from bienveille.register.wording.models import WordingEntry
from bienveille.register.wording.operations import add_wording

pytestmark = pytest.mark.django_db
PAGE = "/vocabulaire/"


@pytest.fixture
def keeper(client):
    user = UserFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(user)
    return user


def test_the_page_says_that_nothing_was_changed(client, keeper):
    page = client.get(PAGE).content.decode()
    assert "Vous utilisez la liste d’origine" in page
    assert "alzheimer" in page


def test_a_sentence_is_tried_and_kept_nowhere(client, keeper):
    page = client.post(reverse("wording:try"), {"sentence": "Sort de prison, 06 39 98 12 34"}).content.decode()
    assert "infractions, justice" in page
    assert "Ne plus signaler «\u00a0prison\u00a0»" in page
    assert "mot=06" not in page
    assert not WordingEntry.objects.exists()
    assert (
        "Rien ne serait signalé" in client.post(reverse("wording:try"), {"sentence": "Volet bloqué"}).content.decode()
    )


def test_a_change_is_kept_shown_and_taken_back(client, keeper):
    answer = client.post(PAGE, {"kind": "word", "text": "zouave", "family": "insults", "reason": "Vu dans nos notes"})
    assert answer.status_code == 302
    assert "Vu dans nos notes" in client.get(PAGE).content.decode()
    entry = WordingEntry.objects.get()
    client.post(reverse("wording:remove", kwargs={"entry_id": entry.pk}))
    assert not WordingEntry.objects.exists()


def test_what_is_refused_keeps_what_was_typed(client, keeper):
    answer = client.post(PAGE, {"kind": "exception", "text": "moulin bleu", "reason": "Essai"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "il n’y a rien à changer" in page
    assert "moulin bleu" in page
    assert client.post(reverse("wording:try"), {"sentence": ""}).status_code == 422


def test_the_number_of_queries_does_not_depend_on_the_list(client, keeper):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(PAGE)
        return len(seen)

    client.get(PAGE)
    few = queries()
    for rank in range(20):
        WordingEntry.objects.create(
            kind="word", text=f"zouave {rank}", family="insults", reason="x", added_by=keeper, added_at=timezone.now()
        )
    assert queries() == few


def test_who_covers_one_agency_reads_it_and_changes_nothing(client, keeper):
    [entry] = add_wording(
        actor=keeper, now=timezone.now(), kind="off", text="prison", family="", reason="Rue de la Prison"
    )
    client.force_login(UserFactory(roles=[(Role.DIRECTOR, AgencyFactory(lyon=True))]))
    page = client.get(PAGE).text
    assert "la direction qui couvre tout le patrimoine" in page
    assert "Retirer" not in page
    assert client.post(PAGE, {"kind": "off", "text": "bailli", "reason": "Un nom de rue"}).status_code == 403
    assert client.post(reverse("wording:remove", args=[entry.pk])).status_code == 403
    assert WordingEntry.objects.count() == 1
