"""The editor: from a copy to a published version, part by part; faults in words, older versions, who may."""

import copy

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.questionnaires.factories import GUIDE

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireDraft, QuestionnaireVersion
from bienveille.engines.questionnaires.operations import DraftMoved, change_item, ensure_built_in, publish_version
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return UserFactory(first_name="Nadia", roles=["director"])


@pytest.fixture
def client(director):
    made = Client()
    made.force_login(director)
    return made


@pytest.fixture
def own(director):
    """A published guide of the landlord's own."""
    return publish_version(slug="petit-guide", document=GUIDE, by=director, now=timezone.now())


def url(name, *args):
    return reverse(f"questionnaires:{name}", args=args)


def text(response):
    return response.content.decode()


def opened(client, slug="petit-guide") -> QuestionnaireDraft:
    client.post(url("edit", slug))
    return QuestionnaireDraft.objects.get(slug=slug)


def question(draft, **fields):
    """What the page of a question sends."""
    return {"revision": draft.revision, "do": "save", "kind": "single", "label": "Chauffage", "when": "always",
            "rows": 3, "choice-0-label": "Il fait bon", "choice-1-label": "Trop froid",
            "choice-1-needs": ["heating"], **fields}  # fmt: skip


class TestStory:
    def test_a_built_in_guide_is_copied_adapted_and_published(self, client):
        ensure_built_in(now=timezone.now())
        listed = text(client.get(url("guides")))
        assert "Appel bienveillant aux aînés" in listed
        assert "Copier pour adapter" in listed
        page = client.post(url("new") + "?depuis=senior-welfare", {"title": "Nos aînés d’ici"}, follow=True)
        draft = QuestionnaireDraft.objects.get()
        assert (draft.slug, draft.document["title"]) == ("nos-aines-d-ici", "Nos aînés d’ici")
        assert "Courses et repas" in text(page)
        made = client.post(url("new_item", draft.slug, 3), question(draft), follow=True)
        assert "Chauffage" in text(made)
        draft.refresh_from_db()
        added = draft.document["sections"][3]["items"][-1]
        assert added == {
            "key": "chauffage", "kind": "single", "label": "Chauffage",
            "choices": [
                {"value": "il_fait_bon", "label": "Il fait bon"},
                {"value": "trop_froid", "label": "Trop froid", "needs": ["heating"]},
            ],
        }  # fmt: skip
        asked = text(client.get(url("publish", draft.slug)))
        assert "première version" in asked
        done = client.post(url("publish", draft.slug), {"revision": draft.revision}, follow=True)
        assert "La version 1 est publiée" in text(done)
        assert not QuestionnaireDraft.objects.exists()
        version = QuestionnaireVersion.objects.select_related("questionnaire").get(
            questionnaire__slug="nos-aines-d-ici"
        )
        assert not version.questionnaire.built_in
        assert rules.parse(version.definition).questions["chauffage"].choices[1].needs == ("heating",)

    def test_a_new_guide_from_nothing(self, client):
        client.post(url("new"), {"title": "Canicule 2027"})
        draft = QuestionnaireDraft.objects.get()
        assert "il faut au moins une question" in text(client.get(url("draft", draft.slug)))
        client.post(url("act", draft.slug), {"revision": 1, "do": "add", "title": "La chaleur"})
        draft.refresh_from_db()
        assert [part["title"] for part in draft.document["sections"]] == ["Se présenter", "La chaleur"]

    def test_campaigns_keep_the_version_they_opened_with(self, client, own):
        draft = opened(client)
        client.post(url("draft", draft.slug), {"revision": 1, "title": "Grand guide", "description": ""})
        draft.refresh_from_db()
        client.post(url("publish", draft.slug), {"revision": draft.revision})
        own.refresh_from_db()
        assert own.definition["title"] == "Petit guide"
        assert QuestionnaireVersion.objects.filter(questionnaire__slug="petit-guide").count() == 2
        page = text(client.get(url("guide", "petit-guide")))
        assert "Le titre devient «\u00a0Grand guide\u00a0»." in page

    def test_an_older_version_comes_back_as_a_draft(self, client, own, director):
        newer = copy.deepcopy(GUIDE)
        newer["sections"][0]["items"][1]["choices"][0]["label"] = "Tout va bien"
        publish_version(slug="petit-guide", document=newer, by=director, now=timezone.now())
        older = text(client.get(url("version", "petit-guide", 1)))
        assert "le choix «\u00a0Tout va bien\u00a0» devient «\u00a0Cela va\u00a0»" in older
        client.post(url("restore", "petit-guide", 1))
        draft = QuestionnaireDraft.objects.get()
        assert draft.based_on_id == own.pk
        client.post(url("publish", "petit-guide"), {"revision": draft.revision})
        newest = QuestionnaireVersion.objects.filter(questionnaire__slug="petit-guide").latest("number")
        assert (newest.number, newest.definition) == (3, own.definition)


class TestQuestions:
    def test_a_question_keeps_its_key_and_choices_keep_their_values(self, client, own):
        draft = opened(client)
        sent = question(
            draft, label="Les repas", **{"choice-0-label": "Cela va bien", "choice-0-value": "fine",
                                         "choice-1-label": "C’est dur", "choice-1-value": "hard",
                                         "choice-1-needs": ["meals", "shopping"], "required": "on"},
        )  # fmt: skip
        client.post(url("item", draft.slug, 0, 1), sent)
        draft.refresh_from_db()
        item = draft.document["sections"][0]["items"][1]
        assert (item["key"], item["label"], item["required"]) == ("food", "Les repas", True)
        assert [(choice["value"], choice.get("needs")) for choice in item["choices"]] == [
            ("fine", None), ("hard", ["meals", "shopping"]),
        ]  # fmt: skip
        assert rules.faults(draft.document) == []

    @pytest.mark.parametrize(
        ("kind", "fields", "kept"),
        [
            ("text", {"max_length": 80}, {"max_length": 80}),
            ("scale", {"min": 0, "max": 5, "min_label": "mal", "max_label": "bien"},
             {"min": 0, "max": 5, "min_label": "mal", "max_label": "bien"}),
            ("number", {"min": 1, "max": 9, "decimals": 1}, {"min": 1, "max": 9, "decimals": 1}),
            ("date", {}, {}),
            ("advice", {"say": "Buvez de l’eau."}, {"say": "Buvez de l’eau."}),
        ],
    )  # fmt: skip
    def test_every_kind(self, client, own, kind, fields, kept):
        draft = opened(client)
        client.post(url("new_item", draft.slug, 1), question(draft, kind=kind, **fields))
        draft.refresh_from_db()
        added = draft.document["sections"][1]["items"][-1]
        assert added == {"key": "chauffage", "kind": kind, "label": "Chauffage", **kept}
        assert rules.faults(draft.document) == []

    def test_what_is_faulty_is_kept_and_said_where_it_is(self, client, own):
        draft = opened(client)
        sent = question(draft, **{"choice-0-label": "", "choice-1-label": "Seul"})
        page = text(client.post(url("item", draft.slug, 0, 1), sent, follow=True))
        assert "il n’y a pas assez de choix" in page
        overview = text(client.get(url("draft", draft.slug)))
        assert "Partie «\u00a0Début\u00a0», «\u00a0Chauffage\u00a0»" in overview
        assert url("item", draft.slug, 0, 1) in overview
        assert "Relire et publier" not in overview
        assert client.post(url("publish", draft.slug), {"revision": 2}).status_code == 422

    def test_a_question_without_a_title_is_refused_and_its_words_stay(self, client, own):
        draft = opened(client)
        answer = client.post(url("item", draft.slug, 0, 1), question(draft, label="", say="Et les repas\u00a0?"))
        assert answer.status_code == 422
        assert "«\u00a0Intitulé\u00a0» manque" in text(answer)
        assert "Et les repas" in text(answer)

    def test_the_preview_is_the_callers_page_and_saves_nothing(self, client, own):
        draft = opened(client)
        answer = client.post(
            url("item", draft.slug, 0, 1), question(draft, do="preview", say="Avez-vous chaud\u00a0?"),
            headers={"hx-request": "true"},
        )  # fmt: skip
        assert "<html" not in text(answer)
        assert 'name="q_food"' in text(answer)
        assert "Avez-vous chaud" in text(answer)
        assert "Trop froid" in text(answer)
        draft.refresh_from_db()
        assert draft.revision == 1
        without = client.post(
            url("item", draft.slug, 0, 1), question(draft, do="preview", say="Avez-vous chaud\u00a0?")
        )
        assert without.status_code == 200
        assert "<html" in text(without)
        assert "Avez-vous chaud" in text(without)

    def test_choices_are_ordered_and_added_without_losing_what_is_typed(self, client, own):
        draft = opened(client)
        page = url("item", draft.slug, 0, 1)
        swapped = text(client.post(page, question(draft, do="choice-up:1", label="Encore en cours")))
        assert swapped.index('value="Trop froid"') < swapped.index('value="Il fait bon"')
        assert 'value="Encore en cours"' in swapped
        more = text(client.post(page, question(draft, do="more")))
        assert more.count('name="choice-7-label"') == 1
        draft.refresh_from_db()
        assert draft.revision == 1

    def test_conditions(self, client, own):
        draft = opened(client)
        page = url("item", draft.slug, 1, 0)
        answer = client.post(
            page, question(draft, kind="scale", min=0, max=5, when="any", tests=["food=hard", "helps=shop"])
        )
        assert answer.status_code == 302
        draft.refresh_from_db()
        assert draft.document["sections"][1]["items"][0]["show_if"] == {
            "any": [{"question": "food", "equals": "hard"}, {"question": "helps", "includes": "shop"}]
        }
        shown = text(client.get(page))
        assert 'value="food=hard" type="checkbox" checked' in shown or "checked" in shown
        refused = client.post(page, question(draft, when="all"))
        assert refused.status_code == 422
        assert "Cochez au moins une réponse" in text(refused)
        draft.refresh_from_db()
        client.post(page, question(draft, kind="scale", min=0, max=5, when="always"))
        draft.refresh_from_db()
        assert "show_if" not in draft.document["sections"][1]["items"][0]

    def test_a_condition_that_the_form_cannot_say_is_kept(self, client, own):
        draft = opened(client)
        before = draft.document["sections"][1]["show_if"]
        page = client.get(url("section", draft.slug, 1))
        assert "Garder la condition actuelle" in text(page)
        client.post(url("section", draft.slug, 1), {"revision": 1, "title": "La suite", "when": "keep"})
        draft.refresh_from_db()
        assert draft.document["sections"][1]["title"] == "La suite"
        assert draft.document["sections"][1]["show_if"] == before


class TestOrder:
    def test_up_down_across_parts_and_away(self, client, own):
        draft = opened(client)

        def do(gesture):
            draft.refresh_from_db()
            response = client.post(url("act", draft.slug), {"revision": draft.revision, "do": gesture})
            draft.refresh_from_db()
            return response

        def keys():
            return [[item["key"] for item in part["items"]] for part in draft.document["sections"]]

        do("down:0:0")
        assert keys()[0][:2] == ["food", "hello"]
        do("down:0:3")
        assert keys()[1][0] == "who"
        do("up:1:0")
        assert keys()[0][-1] == "who"
        do("up:0:0")
        assert keys()[0][0] == "food"
        do("down:0")
        assert draft.document["sections"][0]["key"] == "second"
        assert "la condition cite" in text(client.get(url("draft", draft.slug)))
        do("up:1")
        do("remove:1:0")
        do("remove:0:0")
        assert "la condition cite «\u00a0Repas\u00a0», qui n’est pas" in text(client.get(url("draft", draft.slug)))
        assert keys()[1] == ["rooms", "surface", "since"]
        assert do("remove:9:9").status_code == 409

    def test_an_old_page_changes_nothing(self, client, own, director):
        draft = opened(client)
        client.post(url("act", draft.slug), {"revision": 1, "do": "down:0:0"})
        again = client.post(url("act", draft.slug), {"revision": 1, "do": "down:0:0"})
        assert again.status_code == 409
        assert "Le brouillon a changé" in text(again)
        typed = client.post(url("item", draft.slug, 0, 1), question(draft, label="Mes mots"))
        assert typed.status_code == 409
        assert "Mes mots" in text(typed)
        with pytest.raises(DraftMoved):
            change_item(by=director, draft_id=draft.pk, revision=1, section=0, item=1, facts={}, now=timezone.now())


class TestWords:
    def test_words_about_health_must_be_read_again(self, client, own):
        draft = opened(client)
        client.post(url("new_item", draft.slug, 0), question(draft, label="Votre cancer", kind="date"))
        draft.refresh_from_db()
        asked = text(client.get(url("publish", draft.slug)))
        assert "Mots à relire" in asked
        refused = client.post(url("publish", draft.slug), {"revision": draft.revision})
        assert refused.status_code == 422
        assert QuestionnaireVersion.objects.count() == 1
        client.post(url("publish", draft.slug), {"revision": draft.revision, "reviewed": ["cancer"]})
        assert QuestionnaireVersion.objects.count() == 2

    def test_the_guides_that_come_with_the_software_need_no_review(self):
        for version in ensure_built_in(now=timezone.now()):
            assert rules.sensitive_words(rules.parse(version.definition)) == []


class TestOnce:
    def test_a_name_is_taken_once(self, client, own):
        again = client.post(url("new"), {"title": "Petit guide"})
        assert again.status_code == 422
        assert "porte déjà ce nom" in text(again)

    def test_built_in_guides_are_not_edited(self, client):
        ensure_built_in(now=timezone.now())
        client.post(url("edit", "senior-welfare"))
        assert not QuestionnaireDraft.objects.exists()

    def test_opened_twice_it_is_one_draft_and_every_change_is_audited(self, client, own):
        assert opened(client) == opened(client)
        draft = opened(client)
        client.post(url("act", draft.slug), {"revision": 1, "do": "down:0:0"})
        did = [entry.detail["did"] for entry in AuditEntry.objects.filter(subject_id=draft.pk).order_by("at")]
        assert did == ["draft.edit", "draft.move"]

    def test_thrown_away_what_was_published_stays(self, client, own):
        draft = opened(client)
        assert "Ce qui est publié ne change pas" in text(client.get(url("drop", draft.slug)))
        client.post(url("drop", draft.slug))
        assert not QuestionnaireDraft.objects.exists()
        assert Questionnaire.objects.filter(slug="petit-guide").exists()


@pytest.mark.parametrize("name", ["guides", "guide", "draft", "item"])
def test_queries_do_not_depend_on_rows(client, own, director, name):
    def cost(many):
        for rank in range(many):
            document = copy.deepcopy(GUIDE)
            document["title"] = f"Guide {rank} {many}"
            publish_version(slug=f"guide-{many}-{rank}", document=document, by=director, now=timezone.now())
            document["sections"][0]["title"] = f"Début {rank}"
            publish_version(slug="petit-guide", document=document, by=director, now=timezone.now())
        args = {"guides": [], "guide": ["petit-guide"], "draft": ["petit-guide"], "item": ["petit-guide", 0, 1]}[name]
        opened(client)
        client.get(url(name, *args))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(name, *args)).status_code == 200
        return len(captured)

    assert cost(1) == cost(6) <= 9


@pytest.mark.parametrize("roles", [["caller"], ["agency_manager"], ["social_worker"], [], "agency director"])
def test_others_find_nothing(own, roles):
    client = Client()
    granted = [("director", AgencyFactory())] if roles == "agency director" else roles
    client.force_login(UserFactory(roles=granted))
    for name, args in (("guides", []), ("new", []), ("guide", ["petit-guide"]), ("draft", ["petit-guide"])):
        assert client.get(url(name, *args)).status_code in (403, 404)
    assert client.post(url("edit", "petit-guide")).status_code in (403, 404)
    assert not QuestionnaireDraft.objects.exists()
