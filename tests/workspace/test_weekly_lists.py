"""The pages of the weekly lists: prepare, look, confirm, move, undo; a caller's week; a filled list dropped."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import make_campaign
from tests.outreach.test_offline import filled
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Batch, BatchLine, Contact, WeekPlan
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations import ListRules

pytestmark = pytest.mark.django_db
PREPARE = {"week": "next", "minutes_each": "20", "hard_most": "3", "hard_skill": ""}


@pytest.fixture
def agency():
    return AgencyFactory(name="Agence du Nord")


@pytest.fixture
def campaign(agency):
    for age in (84, 82, 80, 78):
        HouseholdFactory(agency=agency, age=age, phone=True)
    return make_campaign(now=timezone.now())


@pytest.fixture
def callers(agency):
    return [
        UserFactory(first_name=name, agency=agency, hours_per_week=1, roles=["caller"]) for name in ("Josiane", "Marc")
    ]


@pytest.fixture
def boss():
    return UserFactory(first_name="Denis", roles=["director"])


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


@pytest.fixture
def plan(campaign, callers):
    now = timezone.now()
    done = operations.prepare_lists(campaign=campaign, actor=None, rules=ListRules(week="next"), now=now)
    return operations.confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=now)


def text(response) -> str:
    return response.content.decode().replace("\xa0", " ")


class TestCoordinator:
    def test_prepare_look_confirm_then_stop(self, client, campaign, callers, boss):
        client.force_login(boss)
        page = client.get(url("campaign_lists", campaign.pk))
        assert "Aucune liste cette semaine" in text(page)
        page = client.post(url("prepare_lists", campaign.pk), PREPARE, follow=True)
        assert "Listes proposées : 4 ménages placés" in text(page)
        assert "4 ménages ont un appelant" in text(page)
        plan = WeekPlan.objects.get()
        page = client.post(url("decide_lists", campaign.pk, plan.pk), {"do": "confirm"}, follow=True)
        assert "Les listes sont en place" in text(page)
        assert Contact.objects.exclude(kept_for=None).count() == 4
        assert "Arrêter les listes de la semaine" in text(client.get(url("end_lists", campaign.pk)))
        page = client.post(url("end_lists", campaign.pk), follow=True)
        assert "Les listes sont arrêtées : 4 ménages" in text(page)

    def test_wrong_figures_are_said_beside_their_field(self, client, campaign, callers, boss):
        client.force_login(boss)
        page = client.post(url("prepare_lists", campaign.pk), {**PREPARE, "minutes_each": "2", "week": ""})
        assert page.status_code == 422
        assert "Choisissez la semaine" in text(page)

    def test_nobody_calls(self, client, campaign, boss):
        client.force_login(boss)
        page = client.post(url("prepare_lists", campaign.pk), PREPARE)
        assert page.status_code == 409
        assert "Personne n’appelle dans cette campagne" in text(page)

    def test_what_hours_would_change(self, client, campaign, callers, boss, agency):
        client.force_login(boss)
        page = client.post(url("prepare_lists", campaign.pk), {**PREPARE, "minutes_each": "60"}, follow=True)
        assert "2 restent sans personne" in text(page)
        assert "Agence du Nord, 2 heures de plus : 2 ménages de plus." in text(page)
        plan = WeekPlan.objects.get()
        lines = client.get(url("list_lines", campaign.pk, plan.pk) + "?reason=capacity")
        assert lines.context["listing"].count == 2

    def test_forget_the_proposal(self, client, campaign, callers, boss):
        client.force_login(boss)
        client.post(url("prepare_lists", campaign.pk), PREPARE)
        client.post(url("decide_lists", campaign.pk, WeekPlan.objects.get().pk), {"do": "discard"})
        assert not WeekPlan.objects.exists()

    def test_move_some_then_undo(self, client, campaign, plan, callers, boss):
        client.force_login(boss)
        lines = list(BatchLine.objects.filter(batch__caller=callers[0]))
        data = {"line": [one.pk for one in lines], "caller": callers[1].pk}
        page = client.post(url("move_lines", campaign.pk, plan.pk), data, follow=True)
        assert "2 ménages confiés à Marc E." in text(page)
        assert Contact.objects.filter(kept_for=callers[1]).count() == 4
        client.post(url("lists_undo", campaign.pk))
        assert Contact.objects.filter(kept_for=callers[0]).count() == 2

    def test_take_over_an_absence(self, client, campaign, plan, callers, boss):
        client.force_login(boss)
        batch = Batch.objects.get(plan=plan, caller=callers[0])
        there = url("take_over_list", campaign.pk, plan.pk, batch.pk)
        assert "2 ménages de la liste" in text(client.get(there))
        assert client.post(there, {}).status_code == 422
        client.post(there, {"caller": callers[1].pk})
        assert Contact.objects.filter(kept_for=callers[1]).count() == 4

    @pytest.mark.parametrize("kind", ["xlsx", "pdf"])
    def test_a_callers_file(self, client, campaign, plan, callers, boss, kind):
        client.force_login(boss)
        batch = Batch.objects.get(plan=plan, caller=callers[0])
        answer = client.get(url("list_file", campaign.pk, batch.pk) + f"?format={kind}")
        assert answer["Cache-Control"] == "no-store"
        assert f".{kind}" in answer["Content-Disposition"]
        assert AuditEntry.objects.filter(action="data.exported").count() == 1

    def test_whose_campaign_it_is_does_not_open_households_of_agencies_one_left(self, client, campaign, plan, callers):
        """The manager who prepared it has moved to another agency: names and numbers stay behind."""
        moved = UserFactory(roles=[("agency_manager", AgencyFactory())])
        Campaign.objects.filter(pk=campaign.pk).update(created_by=moved)
        client.force_login(moved)
        batch = Batch.objects.get(plan=plan, caller=callers[0])
        assert client.get(url("list_file", campaign.pk, batch.pk)).status_code == 404
        assert not AuditEntry.objects.filter(action="data.exported").exists()

    @pytest.mark.parametrize("more", [0, 6])
    def test_as_many_queries_whatever_the_callers(
        self, client, campaign, callers, boss, agency, more, django_assert_max_num_queries
    ):
        for _ in range(more):
            UserFactory(agency=agency, hours_per_week=1, roles=["caller"])
            HouseholdFactory(agency=agency, age=90, phone=True)
        client.force_login(boss)
        client.post(url("prepare_lists", campaign.pk), PREPARE)
        with django_assert_max_num_queries(12):
            client.get(url("campaign_lists", campaign.pk))


class TestCaller:
    def test_my_week_in_order_given_back_offered(self, client, campaign, plan, callers):
        client.force_login(callers[0])
        page = client.get(url("my_week"))
        assert "2 ménages à appeler" in text(page)
        first = BatchLine.objects.filter(batch__caller=callers[0]).order_by("position").first()
        page = client.post(url("my_line", first.pk), {"do": "back"}, follow=True)
        assert "Le ménage est rendu" in text(page)
        client.post(url("my_line", first.pk), {"do": "again"})
        client.post(url("my_line", first.pk), {"do": "offer"})
        client.force_login(callers[1])
        page = client.get(url("my_week"))
        assert "Un ménage, Agence du Nord, français" in text(page)
        assert first.contact_id not in [one.contact_id for group in page.context["groups"] for one in group["left"]]
        client.post(url("take_offered", first.pk))
        assert Contact.objects.get(pk=first.contact_id).kept_for_id == callers[1].pk

    def test_somebody_elses_list_does_not_exist(self, client, campaign, plan, callers):
        client.force_login(callers[0])
        theirs = Batch.objects.get(plan=plan, caller=callers[1])
        assert client.get(url("my_list_file", theirs.pk)).status_code == 404
        line = BatchLine.objects.filter(batch=theirs).first()
        client.post(url("my_line", line.pk), {"do": "back"})
        assert Contact.objects.get(pk=line.contact_id).kept_for_id == callers[1].pk

    def test_without_a_list(self, client, callers):
        client.force_login(callers[0])
        assert "Vous n’avez pas de liste" in text(client.get(url("my_week")))


class TestFilledList:
    def brought(self, plan, caller, **cells) -> SimpleUploadedFile:
        day = (timezone.localdate() - timedelta(days=0)).strftime("%d/%m/%Y")
        rows = [
            {
                "key": str(one.pk),
                "token": str(one.token),
                "name": "Mme Essai",
                "called_on": day,
                "outcome": "Joint",
                **cells,
            }
            for one in BatchLine.objects.filter(batch__plan=plan, batch__caller=caller).order_by("position")
        ]
        return SimpleUploadedFile("liste.xlsx", filled(rows).getvalue())

    def test_seen_then_saved_and_not_twice(self, client, campaign, plan, callers):
        client.force_login(callers[0])
        file = self.brought(plan, callers[0], grade="Vert", note="Va bien.")
        page = client.post(url("offline_return"), {"lists": file})
        assert "2 appels seront enregistrés" in text(page)
        assert not Attempt.objects.exists()
        rows = page.context["rows"]
        page = client.post(url("offline_return"), {"rows": rows}, follow=True)
        assert "2 appels enregistrés." in text(page)
        page = client.post(url("offline_return"), {"rows": rows}, follow=True)
        assert "2 autres l’étaient déjà" in text(page)
        assert Attempt.objects.count() == 2

    def test_rejects_are_shown_with_what_was_written(self, client, campaign, plan, callers):
        client.force_login(callers[0])
        page = client.post(
            url("offline_return"), {"lists": self.brought(plan, callers[0], grade="mauve", note="Bien.")}
        )
        assert "À corriger dans le fichier" in text(page)
        assert "mauve" in text(page)
        assert "Rien de nouveau à enregistrer" in text(page)

    def test_another_persons_preview_is_not_taken(self, client, campaign, plan, callers):
        client.force_login(callers[0])
        rows = client.post(url("offline_return"), {"lists": self.brought(plan, callers[0])}).context["rows"]
        client.force_login(callers[1])
        page = client.post(url("offline_return"), {"rows": rows}, follow=True)
        assert "Cet aperçu a expiré" in text(page)
        assert not Attempt.objects.exists()

    def test_nothing_dropped_and_something_else(self, client, callers):
        client.force_login(callers[0])
        assert client.post(url("offline_return"), {}).status_code == 422
        page = client.post(url("offline_return"), {"lists": io.BytesIO(b"bonjour")})
        assert page.status_code == 422
        assert "pas une de nos listes" in text(page)
