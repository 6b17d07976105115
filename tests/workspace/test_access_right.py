"""Right of access: all that is kept about somebody is told to them, nothing of anybody else; why is audited."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import MONDAY, call, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.engines.messaging.models import Delivery, InboundMessage, Stop
from bienveille.ground.lib.disclosure import Veil
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import Person


class TestVeil:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("Sa fille Nadia passe le mardi.", "Sa fille [autre personne] passe le mardi."),
            ("NADIA Benali, puis benali nadia", "[autre personne], puis [autre personne]"),
            ("Mme Lefèvre voit Eléonore", "Mme Lefèvre voit Eléonore"),
            ("Rappeler au 06 39 98 00 01 ou 04.65.71.01.42", "Rappeler au [numéro masqué] ou 04.65.71.01.42"),
            ("Écrire à Nadia.B@courriel.example", "Écrire à [adresse masquée]"),
            ("Écrire à elle@courriel.example", "Écrire à elle@courriel.example"),
            (
                "Le voisin de la tour, M. Vitalis de la Tour",
                "Le voisin de la [autre personne], M. [autre personne] de la [autre personne]",
            ),
            ("Bail du 12/03/2026, 3 pièces", "Bail du 12/03/2026, 3 pièces"),
        ],
    )
    def test_hides_others_and_leaves_one_s_own(self, text, told):
        veil = Veil(
            own=["Éléonore Lefèvre"],
            others=["Nadia Benali", "Marcel Lefèvre", "Vitalis de la Tour"],
            ways=["+33465710142", "elle@courriel.example"],
        )
        assert veil(text) == told


pytestmark = pytest.mark.django_db


def url(person):
    return reverse("workspace:access_right", args=[person.pk])


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def person(here):
    """Éléonore, with one trace of each kind, among others who must not be told."""
    household = HouseholdFactory(agency=here, people=[
        {"first_name": "Éléonore", "last_name": "Lefèvre", "age": 82, "phone": True, "languages": ["fr", "pt"]},
        {"first_name": "Anatole", "last_name": "Kervadec", "age": 50, "role": "occupant", "phone": True},
    ])  # fmt: skip
    person = household.people.get(first_name="Éléonore")
    Person.objects.filter(pk=person.pk).update(erp_key="B1|lefevre eleonore", file_said={"first_name": "ELEONOR"})
    ContactPointFactory(person=person, value="+33639980999", whose="sa voisine")
    RelativeFactory(person=person, name="Philippine Grandjean", relation="sa nièce", phone="+33639980888")
    MarkFactory(person=person, kind="hard_of_hearing", expires_on=date(2030, 1, 1))
    MarkFactory(person=person, kind="disability_declared", purpose="coupures d’eau", expires_on=date(2030, 1, 1))
    caller = UserFactory(first_name="Josiane", last_name="Tellier", roles=["caller"])
    note = "Courses difficiles. Anatole aide, Philippine aussi, au 06 39 98 08 88. Josiane repasse."
    call(make_campaign(), caller, "reached", note=note, needs=("meals",), grade="yellow", weekly=True)
    twin = HouseholdFactory(agency=here, age=82, first_name="Eleonore", last_name="Lefèvre", phone=True).people.get()
    number = person.contact_points.filter(whose="").first().value
    Delivery.objects.create(
        household=household, person=person, channel="sms", to=number, state="sent", sent_at=MONDAY,
        body="Réunion des locataires jeudi, dit Anatole.",
    )  # fmt: skip
    other = household.people.get(first_name="Anatole")
    Delivery.objects.create(
        household=household, person=other, channel="sms", to="+33639980777", state="sent", sent_at=MONDAY, body="Secret.",
    )  # fmt: skip
    InboundMessage.objects.create(
        channel="sms", sender=number, received_at=MONDAY, match="one", household=household, person=person,
        text="Merci, et Philippine aussi.",
    )  # fmt: skip
    Stop.objects.create(channel="sms", value=number, way="answer", since=MONDAY)
    facts = {"actor": UserFactory(last_name="Fusionneuse"), "now": MONDAY, "today": timezone.localdate()}
    operations.merge_people(kept=person, gone=twin, **facts)
    return person


@pytest.fixture
def screen(client, here):
    client.force_login(UserFactory(first_name="Rosa", last_name="Vidal", roles=[("agency_manager", here)]))
    return client


def taken(client, person, kind):
    return client.post(url(person), {"reason": "Courrier du 3 mai", "kind": kind})


class TestWhatIsTold:
    def test_all_of_theirs(self, screen, person):
        text = taken(screen, person, "json").content.decode()
        for mine in (
            "Éléonore", "français et portugais", "Entend mal", "Handicap déclaré", "coupures d’eau", "sa nièce",
            "ELEONOR", "Courses difficiles", "Finalité",
            "Besoins", "Appel prévu le", "Deux fiches à votre nom",
            "Réunion des locataires jeudi", "Merci, et", "Réponse STOP",
            "appelant", "responsable d’agence", "sa voisine", "Droit d’accès",
        ):  # fmt: skip
            assert mine in text, mine
        own = list(person.contact_points.filter(whose="").values_list("value", flat=True))
        assert len(own) == 2, "hers, and that of the row merged into hers"

    def test_nothing_of_anybody_else(self, screen, person):
        text = taken(screen, person, "json").content.decode()
        others = person.household.people.exclude(pk=person.pk).get()
        number = others.contact_points.get().value[-8:]
        for theirs in ("Anatole", "Kervadec", "Philippine", "Grandjean", "39980888", "39 98 08 88", "39980999", "Secret", "39980777",
                       "39 98 09 99", "Josiane", "Tellier", "Fusionneuse", "Rosa", "Vidal", number):  # fmt: skip
            assert theirs not in text, theirs
        assert "[autre personne] aide" in text

    def test_what_has_ended_is_not_told(self, screen, person):
        MarkFactory(person=person, kind="carer", expired=True)
        assert "Aidant" not in taken(screen, person, "json").content.decode()

    def test_the_file_for_machines_has_the_same_parts(self, screen, person):
        document = json.loads(taken(screen, person, "json").content)
        assert document["made_on"] == timezone.localdate().isoformat()
        assert [part["key"] for part in document["parts"]] == [
            "identity", "contact_points", "call_wishes", "marks", "relatives", "homes", "file", "doubles", "campaigns", "calls",
            "planned_calls", "verbatims", "scales", "messages", "messages_received",
            "stops", "cases", "referrals", "looks",
        ]  # fmt: skip
        assert {"label": "Prénom", "value": "Éléonore"} in document["parts"][0]["facts"]

    def test_the_document_is_tagged_in_french_and_runs_nothing_that_was_typed(self, screen, person):
        Person.objects.filter(pk=person.pk).update(last_name='#panic("x") $ * _ [ \\ <a> `', file_said={})
        response = taken(screen, person, "pdf")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/pdf"
        assert response["Cache-Control"] == "no-store"
        assert response.content.startswith(b"%PDF-1.7")
        for sign in (b"/StructTreeRoot", b"/Lang (fr", b"pdfuaid:part"):
            assert sign in response.content, sign


class TestAsking:
    def test_the_reason_is_asked_and_audited(self, screen, person):
        assert "Sous quelle forme" in screen.get(url(person)).content.decode()
        assert screen.post(url(person), {"reason": "", "kind": "pdf"}).status_code == 422
        assert not AuditEntry.objects.filter(action="data.exported").exists()
        taken(screen, person, "pdf")
        entry = AuditEntry.objects.get(action="data.exported")
        assert (entry.subject_id, entry.detail["kind"]) == (person.pk, "pdf")
        assert entry.reason == "Droit d’accès\u00a0: Courrier du 3 mai"

    @pytest.mark.parametrize(
        ("role", "at", "status"),
        [("administrator", None, 200), ("director", None, 200), ("agency_manager", "here", 200),
         ("agency_manager", "there", 404), ("social_worker", "here", 403), ("caller", None, 403)],
    )  # fmt: skip
    def test_who_answers(self, client, here, person, role, at, status):
        agency = {"here": here, "there": AgencyFactory(saint_etienne=True)}.get(at)
        client.force_login(UserFactory(roles=[(role, agency)]))
        assert client.get(url(person)).status_code == status
        assert taken(client, person, "json").status_code == status

    def test_the_same_number_of_queries_whatever_is_kept(self, screen, person):
        counts = []
        for _ in range(2):
            taken(screen, person, "json")
            with CaptureQueriesContext(connection) as captured:
                taken(screen, person, "json")
            counts.append(len(captured))
            for _ in range(3):
                ContactPointFactory(person=person)
                RelativeFactory(person=person)
        assert counts[0] == counts[1]
