"""A situation of a whole residence: who signals it, who follows it, what its pages leave out."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory, ResidenceManagerFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Alert, Case
from bienveille.engines.cases.operations import (
    CannotOpenThat,
    CannotReopen,
    Signal,
    close_case,
    reopen_case,
    signal_residence,
)
from bienveille.engines.cases.queries import open_cases_at
from bienveille.register.accounts.rules import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def residence():
    return ResidenceFactory(name="Les Tilleuls", agency=AgencyFactory(code="LYO"))


@pytest.fixture
def manager(residence):
    return UserFactory(roles=[("agency_manager", residence.agency)])


@pytest.fixture
def screen(client, manager):
    client.force_login(manager)
    return client


def address(residence):
    return reverse("workspace:new_place_case", args=[residence.pk])


TYPED = {"grade": "orange", "needs": ["lift"], "words": "Arrêté depuis lundi, bâtiment B."}


def test_signalled_followed_and_closed_like_any_other(screen, residence, manager):
    page = screen.get(address(residence)).content.decode()
    assert "Ascenseur" in page
    assert "Repas" not in page
    answer = screen.post(address(residence), TYPED)
    case = Case.objects.get()
    assert answer["Location"] == reverse("workspace:case", args=[case.pk])
    assert (case.kind, case.residence_id, case.household_id) == ("residence", residence.pk, None)
    assert case.agency_id == residence.agency_id
    assert case.needs == ["lift"]
    assert case.next_alert_at is not None
    shown = screen.get(answer["Location"]).content.decode()
    assert f'href="{reverse("workspace:residence", args=[residence.pk])}"' in shown
    assert "Les Tilleuls" in shown
    there = screen.get(reverse("workspace:residence", args=[residence.pk])).content.decode()
    assert "Situation du lieu" in there
    assert "Les Tilleuls" in screen.get(reverse("workspace:cases")).content.decode()
    closing = screen.get(reverse("workspace:close_case", args=[case.pk])).content.decode()
    assert "couvert" in closing
    assert "décédée" not in closing
    for name, typed in (
        ("take_case", {}),
        ("act_case", {"kind": "visit", "words": "Le réparateur est venu.", "next_step": "", "next_step_on": ""}),
        ("close_case", {"outcome": "helped", "words": ""}),
    ):
        case.refresh_from_db()
        answer = screen.post(reverse(f"workspace:{name}", args=[case.pk]), typed | {"revision": case.revision})
        assert answer.status_code == 302, answer.content.decode()
    assert screen.post(reverse("workspace:reopen_case", args=[case.pk]), {"words": ""}).status_code == 302
    for name in ("my_cases", "case_figures", "cases"):
        assert screen.get(reverse(f"workspace:{name}")).status_code == 200
    assert screen.get(reverse("workspace:refer_case", args=[case.pk])).status_code == 404


def test_a_second_signal_joins_the_first(screen, residence, manager):
    screen.post(address(residence), TYPED)
    screen.post(address(residence), TYPED | {"grade": "red", "needs": ["heating"]})
    case = Case.objects.get()
    assert (case.needs, case.grade, case.actions.count()) == (["lift", "heating"], "red", 2)
    assert Alert.objects.filter(case=case, user=manager).exists() or case.next_alert_at is not None


def test_words_are_asked_and_read_by_the_guard(screen, residence):
    assert screen.post(address(residence), TYPED | {"words": ""}).status_code == 422
    answer = screen.post(address(residence), TYPED | {"words": "Un locataire alcoolique dort dans le hall."})
    assert answer.status_code == 422
    assert not Case.objects.exists()


def test_a_closed_one_is_not_opened_again_beside_another(residence, manager):
    now = timezone.now()
    first = signal_residence(actor=manager, residence_id=residence.pk, signal=Signal("yellow", words="Un"), now=now)
    close_case(actor=manager, case_id=first.pk, revision=first.revision, outcome="helped", words="", now=now)
    second = signal_residence(actor=manager, residence_id=residence.pk, signal=Signal("yellow", words="Deux"), now=now)
    assert second.pk != first.pk
    with pytest.raises(CannotReopen):
        reopen_case(actor=manager, case_id=first.pk, words="", now=now)


def test_what_two_people_read_does_not_pass_by_a_place(residence, manager):
    with pytest.raises(CannotOpenThat):
        signal_residence(
            actor=manager, residence_id=residence.pk, signal=Signal("red", ("violence",)), now=timezone.now()
        )


def test_the_building_manager_signals_and_reads_no_case(client, residence):
    guard = UserFactory(roles=["building_manager"])
    ResidenceManagerFactory(user=guard, residence=residence)
    client.force_login(guard)
    answer = client.post(address(residence), TYPED)
    assert answer["Location"] == reverse("workspace:residence", args=[residence.pk])
    assert "transmis" in str(next(iter(get_messages(answer.wsgi_request))))
    assert "Situation du lieu<" not in client.get(answer["Location"]).content.decode()
    assert client.get(reverse("workspace:case", args=[Case.objects.get().pk])).status_code in (403, 404)
    other = ResidenceFactory()
    assert client.post(address(other), TYPED).status_code == 404


def test_another_agency_sees_nothing(client, residence, manager):
    signal_residence(actor=manager, residence_id=residence.pk, signal=Signal("red", words="Un"), now=timezone.now())
    stranger = UserFactory(roles=[("agency_manager", AgencyFactory(code="STE"))])
    client.force_login(stranger)
    assert client.get(address(residence)).status_code == 404
    assert client.get(reverse("workspace:case", args=[Case.objects.get().pk])).status_code == 404
    assert open_cases_at(residence.pk, Scope(), stranger) == []


def test_homes_of_the_place_are_not_the_place(residence, manager):
    HouseholdFactory(residence=residence)
    signal_residence(actor=manager, residence_id=residence.pk, signal=Signal("red", words="Un"), now=timezone.now())
    assert len(open_cases_at(residence.pk, Scope(everything=True), manager)) == 1
