"""Preparing a campaign on screen: each step is kept, the same rules as its document, nothing opens by mistake."""

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.audiences.operations import save_audience
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import campaign_document

pytestmark = pytest.mark.django_db
OLD = {"all": [{"age": {"min": 75}}]}


@pytest.fixture
def director():
    return UserFactory(roles=["director"])


@pytest.fixture
def as_director(client, director):
    ensure_built_in(now=MONDAY)
    client.force_login(director)
    return client


def body(response) -> str:
    return response.content.decode()


def step(campaign: Campaign, name: str, *more) -> str:
    return reverse(f"workspace:draft_{name}", args=[campaign.pk, *more])


def draft_of(director, **document) -> Campaign:
    base = {"name": "Grand froid", "purpose": "wellbeing", "questionnaire": "senior-welfare"}
    made = operations.create_campaign(document={**base, **document}, actor=director, unfinished=True)
    return Campaign.objects.select_related("queue", "questionnaire__questionnaire").get(pk=made.pk)


def again(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related("queue", "questionnaire__questionnaire").get(pk=campaign.pk)


def waves_of(campaign: Campaign) -> list:
    return campaign_document(again(campaign))["waves"]


class TestStory:
    def test_from_nothing_to_open_without_javascript(self, as_director, director):
        HouseholdFactory(age=82, phone=True)
        HouseholdFactory(age=83)
        HouseholdFactory(people=[{"age": 79, "phone": True, "languages": ["ar"]}])
        caller = UserFactory(first_name="Josiane", roles=["caller"])
        saved = save_audience(actor=director, name="Aînés", rule=OLD, purpose="wellbeing")
        response = as_director.post("/campagnes/nouvelle/", {"name": "Grand froid 2026", "purpose": "wellbeing"})
        campaign = Campaign.objects.get()
        assert response["Location"] == step(campaign, "who")
        as_director.post(step(campaign, "who"), {"do": "add", "audience": str(saved.pk)})
        html = body(as_director.get(step(campaign, "who")))
        assert "3\u00a0ménages" in html
        assert "1 sans numéro utilisable" in html
        response = as_director.post(step(campaign, "who"), {"do": "next"})
        assert response["Location"] == step(campaign, "waves")
        order = {"v1-name": "Les aînés", "v1-order": ["alone_first"], "v1-add": "oldest_first", "do": "next"}
        assert as_director.post(step(campaign, "waves"), order)["Location"] == step(campaign, "questions")
        response = as_director.post(step(campaign, "questions"), {"questionnaire": "senior-welfare", "do": "next"})
        assert response["Location"] == step(campaign, "callers")
        html = body(as_director.get(step(campaign, "callers")))
        assert "1\u00a0ménage parle arabe" in html
        assert "aucun appelant" in html
        response = as_director.post(step(campaign, "callers"), {"who": "some", "emails": caller.email, "do": "next"})
        assert response["Location"] == step(campaign, "hours")
        html = body(as_director.get(step(campaign, "hours")))
        assert "De 9\u00a0h à 19\u00a0h\u00a030" in html
        response = as_director.post(
            step(campaign, "hours"), {"mode": "set", "from1_1": "09:00", "to1_1": "12:30", "do": "next"}
        )
        assert response["Location"] == step(campaign, "rules")
        rules = {"max_attempts": 3, "lease_minutes": 20, "keep_answers_days": 90}
        days = {"starts_on": "2026-11-23", "ends_on": "27/11/2026", "do": "next"}
        assert as_director.post(step(campaign, "rules"), rules | days)["Location"] == step(campaign, "check")
        html = body(as_director.get(step(campaign, "check")))
        for words in ("2\u00a0appels", "1\u00a0appel par jour ouvré", "parle arabe, aucun appelant", "alone_first"):
            assert (words in html) is (words != "alone_first")
        assert campaign_document(again(campaign)) == {
            "name": "Grand froid 2026",
            "purpose": "wellbeing",
            "questionnaire": "senior-welfare",
            "waves": [{"name": "Les aînés", "audience": OLD, "priority": ["alone_first", "oldest_first"]}],
            "callers": {"emails": [caller.email]},
            "rules": {
                **rules,
                "starts_on": "2026-11-23",
                "ends_on": "2026-11-27",
                "windows": [{"days": [1], "from": "09:00", "to": "12:30"}],
            },
        }
        response = as_director.post(step(campaign, "check"))
        assert response["Location"] == reverse("workspace:campaign", args=[campaign.pk])
        assert again(campaign).state == "open"
        assert as_director.get(step(campaign, "check")).status_code == 404

    def test_each_step_opens_in_any_order(self, as_director, director):
        campaign = draft_of(director)
        for name in ("purpose", "who", "waves", "questions", "callers", "hours", "rules", "check"):
            assert as_director.get(step(campaign, name)).status_code == 200
        assert "Il manque qui appeler" in body(as_director.get(step(campaign, "check")))
        assert as_director.get(step(campaign, "wave", 0)).status_code == 200

    def test_opening_an_empty_draft_is_refused_in_words(self, as_director, director):
        campaign = draft_of(director)
        response = as_director.post(step(campaign, "check"))
        assert response.status_code == 409
        assert "Aucun ménage ne répond" in body(response)

    def test_left_for_later_it_is_in_the_list(self, as_director, director):
        campaign = draft_of(director)
        response = as_director.post(
            step(campaign, "purpose"), {"name": "Autre nom", "purpose": "heat_wave", "do": "leave"}, follow=True
        )
        assert "Le brouillon est gardé" in body(response)
        assert (again(campaign).name, again(campaign).purpose) == ("Autre nom", "heat_wave")
        assert "Autre nom" in body(as_director.get("/campagnes/"))


class TestWrong:
    @pytest.mark.parametrize(
        ("name", "typed", "words"),
        [
            ("purpose", {"name": "", "purpose": "wellbeing"}, "Donnez un nom"),
            ("purpose", {"name": "Un nom", "purpose": "other"}, "choix"),
            ("who", {"do": "add", "audience": ""}, "Choisissez un public"),
            ("waves", {"v1-name": "", "v1-order": ["oldest_first"]}, "Donnez un nom à la vague"),
            ("waves", {"v1-name": "x", "v1-order": ["oldest_first"], "v1-add": "oldest_first"}, "déjà dans la liste"),
            ("questions", {"questionnaire": "nothing"}, "n’existe pas"),
            ("callers", {"who": "some"}, "Choisissez au moins une personne"),
            ("callers", {"who": "some", "emails": "x@y.example"}, "Adresses inconnues"),
            ("rules", {"max_attempts": 0, "lease_minutes": "", "keep_answers_days": "x"}, "Trois points à corriger"),
            (
                "rules",
                {"max_attempts": 5, "lease_minutes": 5, "keep_answers_days": 5}
                | {"starts_on": "2026-12-01", "ends_on": "2026-11-01"},
                "précède le début",
            ),
        ],
    )
    def test_is_said_and_changes_nothing(self, as_director, director, name, typed, words):
        wave = {"name": "Aînés", "audience": OLD, "priority": ["oldest_first"]}
        campaign = draft_of(director, waves=[wave])
        before = campaign_document(again(campaign))
        response = as_director.post(step(campaign, name), {"do": "next", **typed})
        assert response.status_code == 422
        assert words in body(response)
        assert campaign_document(again(campaign)) == before

    def test_a_new_campaign_without_a_name(self, as_director):
        assert as_director.post("/campagnes/nouvelle/", {"purpose": "survey"}).status_code == 422
        assert not Campaign.objects.exists()


class TestWaves:
    def test_written_here_changed_moved_removed(self, as_director, director):
        campaign = draft_of(director)
        for name, age in (("Les plus âgés", 85), ("Les aînés", 75)):
            typed = {"n:join": "all", "n0:ask": "age", "n0:min": age, "name": name, "do": "save"}
            assert as_director.post(step(campaign, "wave", 0), typed).status_code == 302
        assert [wave["name"] for wave in waves_of(campaign)] == ["Les plus âgés", "Les aînés"]
        typed = {"n:join": "all", "n0:ask": "age", "n0:min": 90, "name": "Les plus âgés", "do": "save"}
        as_director.post(step(campaign, "wave", 1), typed)
        assert waves_of(campaign)[0]["audience"] == {"all": [{"age": {"min": 90}}]}
        order = {"v1-name": "Un", "v1-order": ["oldest_first"], "v2-name": "Deux", "v2-order": ["oldest_first"]}
        as_director.post(step(campaign, "waves"), {**order, "do": "down:1"})
        assert [wave["name"] for wave in waves_of(campaign)] == ["Deux", "Un"]
        as_director.post(step(campaign, "waves"), {**order, "do": "up:1"})
        assert [wave["name"] for wave in waves_of(campaign)] == ["Un", "Deux"]
        as_director.post(step(campaign, "who"), {"do": "remove:1"})
        assert [wave["name"] for wave in waves_of(campaign)] == ["Deux"]

    def test_a_wrong_rule_is_said_and_kept(self, as_director, director):
        campaign = draft_of(director)
        typed = {"n:join": "all", "n0:ask": "age", "n0:min": "vieux", "name": "Aînés", "do": "save"}
        response = as_director.post(step(campaign, "wave", 0), typed)
        assert response.status_code == 422
        assert 'value="vieux"' in body(response)
        assert waves_of(campaign) == []

    def test_criteria_of_a_wave_are_added_moved_and_removed(self, as_director, director):
        campaign = draft_of(director, waves=[{"name": "Aînés", "audience": OLD, "priority": ["oldest_first"]}])
        page = step(campaign, "waves")

        def press(do, order, **more):
            answer = as_director.post(page, {"v1-name": "Aînés", "v1-order": order, "do": do, **more})
            assert answer["Location"] == page
            return waves_of(campaign)[0]["priority"]

        order = press("add:1", ["oldest_first"], **{"v1-add": "watched_first"})
        assert order == ["oldest_first", "watched_first"]
        order = press("sooner:1:1", order)
        assert order == ["watched_first", "oldest_first"]
        assert press("later:2:0", order) == order  # no second wave
        order = press("drop:1:0", order)
        assert order == ["oldest_first"]
        assert press("drop:1:0", order) == ["oldest_first"]  # an order always remains
        assert "Les résidences sous veille d’abord" in body(as_director.get(page))

    def test_a_household_of_two_waves_is_counted_in_the_first(self, as_director, director):
        for age in (90, 80, 76):
            HouseholdFactory(age=age, phone=True)
        waves = [
            {"name": "85 ans", "audience": {"all": [{"age": {"min": 85}}]}, "priority": ["oldest_first"]},
            {"name": "75 ans", "audience": OLD, "priority": ["oldest_first"]},
        ]
        html = body(as_director.get(step(draft_of(director, waves=waves), "who")))
        assert "1\u00a0ménage déjà dans une vague précédente" in html
        assert "3\u00a0ménages</b> en tout" in html


class TestCallers:
    def test_search_keeps_who_is_already_chosen(self, as_director, director):
        chosen = UserFactory(first_name="Karim", last_name="Ouadah", roles=["caller"])
        UserFactory(first_name="Solange", last_name="Ndiaye", roles=["social_worker"])
        campaign = draft_of(director)
        typed = {"who": "some", "emails": chosen.email, "q": "ndia", "do": "search"}
        html = body(as_director.post(step(campaign, "callers"), typed))
        assert "Solange Ndiaye" in html
        assert f'value="{chosen.email}"' in html
        assert html.index("checked", html.index(chosen.email))

    def test_a_named_caller_who_left_is_said(self, as_director, director):
        campaign = draft_of(director)
        gone = UserFactory(closed=True)
        response = as_director.post(step(campaign, "callers"), {"who": "some", "emails": gone.email})
        assert response.status_code == 422


class TestDraft:
    def test_delete_twice(self, as_director, director):
        campaign = draft_of(director)
        url = reverse("workspace:delete_campaign", args=[campaign.pk])
        assert "Supprimer ce brouillon" in body(as_director.get(url))
        assert as_director.post(url).status_code == 302
        assert not Campaign.objects.exists()
        assert as_director.post(url).status_code == 404
        operations.delete_draft(campaign_id=campaign.pk, actor=director)

    def test_an_opened_campaign_is_neither_changed_nor_deleted(self, as_director, director):
        HouseholdFactory(age=82, phone=True)
        campaign = make_campaign()
        with pytest.raises(operations.NotADraft):
            operations.delete_draft(campaign_id=campaign.pk, actor=director)
        with pytest.raises(operations.NotADraft):
            operations.change_draft(campaign_id=campaign.pk, changes={"name": "x"}, actor=director)
        assert as_director.get(step(campaign, "purpose")).status_code == 404

    def test_copy_of_an_open_campaign_is_a_draft_without_its_days(self, as_director, director):
        HouseholdFactory(age=82, phone=True)
        caller = UserFactory(roles=["caller"])
        rules = {"max_attempts": 2, "starts_on": "2026-11-23", "ends_on": "2026-12-01"}
        campaign = make_campaign(callers={"emails": [caller.email]}, rules=rules)
        response = as_director.post(reverse("workspace:copy_campaign", args=[campaign.pk]))
        copied = Campaign.objects.select_related("queue", "questionnaire__questionnaire").exclude(pk=campaign.pk).get()
        assert response["Location"] == step(copied, "purpose")
        assert (copied.state, copied.starts_on, copied.queue.max_attempts) == ("draft", None, 2)
        assert campaign_document(copied)["waves"] == campaign_document(again(campaign))["waves"]
        assert campaign_document(copied)["callers"] == {"emails": [caller.email]}

    def test_somebody_elses_draft_is_not_changed_by_an_agency(self, client, director):
        ensure_built_in(now=MONDAY)
        campaign = draft_of(director)
        client.force_login(UserFactory(roles=[("agency_manager", AgencyFactory())]))
        for name in ("purpose", "who", "waves", "questions", "callers", "hours", "rules", "check"):
            assert client.get(step(campaign, name)).status_code == 403
        client.force_login(UserFactory(roles=["caller"]))
        assert client.get(step(campaign, "who")).status_code == 403

    @pytest.mark.parametrize("size", [1, 8])
    def test_the_prospect_is_one_query_whatever_the_waves(self, director, size, django_assert_num_queries):
        from bienveille.engines.audiences.queries import EVERYWHERE
        from bienveille.services.outreach.queries import prospect

        HouseholdFactory(age=90, phone=True)
        waves = [
            {"name": f"v{age}", "audience": {"all": [{"age": {"min": age}}]}, "priority": []} for age in range(size)
        ]
        with django_assert_num_queries(1):
            found = prospect(waves, MONDAY.date(), scope=EVERYWHERE)
        assert (found.households, [wave.kept for wave in found.waves]) == (1, [1] + [0] * (size - 1))
