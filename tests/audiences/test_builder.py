"""Writing a rule field by field: nothing is lost between two clicks, faults are told where they are, counts are right."""

import re

import pytest
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.audiences.strategies import documents
from tests.housing.factories import CommuneFactory, ResidenceFactory
from tests.tenants.factories import TODAY, HouseholdFactory

from bienveille.engines.audiences import queries
from bienveille.engines.audiences.forms import Builder, read_sketch
from bienveille.engines.audiences.models import Audience
from bienveille.engines.audiences.operations import save_audience
from bienveille.engines.audiences.rules import Group, Kept, document_of, read_rule, sketch_of
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope

pytestmark = pytest.mark.django_db
EVERYWHERE = Scope(everything=True)
DEEP = {"all": [{"any": [{"all": [{"any": [{"lives_alone": True}, {"qpv": True}]}, {"age": {"min": 80}}]}]}]}


def fields(html: str) -> QueryDict:
    """What a browser sends of the form as it stands."""
    data = QueryDict(mutable=True)
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            data.appendlist(name[1], unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        data.appendlist(name, chosen[1])
    return data


def unescape(text: str) -> str:
    import html

    return html.unescape(text)


def typed(text: str, **more) -> Builder:
    return Builder.typed(QueryDict(text, **more), on=TODAY, scope=EVERYWHERE)


class TestSketch:
    @given(document=documents)
    def test_a_rule_shown_and_read_again_means_the_same(self, document):
        criteria = queries.criteria()
        rule = read_rule(document, criteria)
        sketch = sketch_of(document, criteria)
        again, faults = document_of(sketch, criteria)
        assert faults == {}
        assert normal(read_rule(again, criteria)) == normal(rule)

    def test_what_is_too_deep_is_kept_as_it_is(self):
        criteria = queries.criteria()
        sketch = sketch_of(DEEP, criteria)
        kept = sketch.parts[0].parts[0].parts[0]
        assert isinstance(kept, Kept)
        assert document_of(sketch, criteria) == (DEEP, {})


def normal(rule):
    """A rule without what does not change its meaning: one part alone in a group, double negations."""
    from bienveille.engines.audiences.rules import All, Any_, Not

    match rule:
        case Not(Not(part)):
            return normal(part)
        case Not(part):
            inner = normal(part)
            return inner.part if isinstance(inner, Not) else Not(inner)
        case All((part,)) | Any_((part,)):
            return normal(part)
        case All(parts):
            return All(tuple(map(normal, parts)))
        case Any_(parts):
            return Any_(tuple(map(normal, parts)))
    return rule


class TestTyping:
    def test_reads_groups_in_groups(self):
        sketch = read_sketch(
            QueryDict("n:join=all&n0:ask=age&n0:min=75&n1:join=any&n1-0:ask=lives_alone&n1-0:value=yes&n1-0:not=1")
        )
        document, faults = document_of(sketch, queries.criteria())
        assert faults == {}
        assert document == {"all": [{"age": {"min": 75}}, {"any": [{"not": {"lives_alone": True}}]}]}

    def test_ignores_what_is_not_a_field_of_ours(self):
        assert read_sketch(QueryDict("n:join=other&n0:kept=nonsense&x:ask=age&n0-0-0-0-0:join=any")) == Group("all")

    def test_ten_and_more_questions_stay_in_order(self):
        text = "n:join=all" + "".join(f"&n{rank}:ask=age&n{rank}:min={rank}" for rank in range(12))
        document, _ = document_of(read_sketch(QueryDict(text)), queries.criteria())
        assert [part["age"]["min"] for part in document["all"]] == list(range(12))

    def test_add_negate_group_remove(self):
        builder = typed("n:join=all&n:new=age&do=add:")
        assert builder.document == {"all": [{"age": {"min": 75}}]}
        builder = typed("n:join=all&n0:ask=age&n0:min=75&do=negate:0")
        assert builder.document == {"all": [{"not": {"age": {"min": 75}}}]}
        builder = typed("n:join=all&n0:ask=age&n0:min=75&do=group:")
        assert builder.sketch.parts[1] == Group("any")
        builder = typed("n:join=all&n0:ask=age&n0:min=75&do=remove:0")
        assert builder.document == {"all": []}

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("n0:ask=age&n0:min=&n0:max=", "au moins un des deux nombres"),
            ("n0:ask=age&n0:min=vieux", "en chiffres"),
            ("n0:ask=age&n0:min=80&n0:max=70", "dépasse le second"),
            ("n0:ask=age&n0:min=900", "entre 0 et 130"),
            ("n0:ask=agency", "choisissez au moins une agence"),
            ("n0:ask=language&n0:value=xx", "pas reconnu"),
            ("n0:ask=nothing", "n’existe pas"),
            ("n0:join=any", "Ce groupe est vide"),
            ('n0:kept={"nothing": 1}', "inconnu"),
            ("n0:ask=agency&n0:value=ZZZ", "L’agence"),
        ],
    )
    def test_faults_are_told(self, text, words):
        builder = typed(f"n:join=all&{text}&do=save")
        assert not builder.valid
        assert words.casefold() in builder.errors[0]["text"].casefold()

    def test_nothing_is_said_before_somebody_asks(self):
        assert typed("n:join=all&n0:ask=age&do=count").errors == []

    def test_search_chooses_one_and_proposes_several(self):
        ResidenceFactory(code="R1", name="Résidence des Lilas")
        ResidenceFactory(code="R2", name="Résidence du Lilas blanc")
        ResidenceFactory(code="R3", name="Les Érables")
        builder = typed("n:join=all&n0:ask=residence&n0:q=rables&do=find:0")
        assert builder.document == {"all": [{"residence": "R3"}]}
        builder = typed("n:join=all&n0:ask=residence&n0:q=lilas&do=find:0")
        assert [label.split(",")[0] for _, label, _ in builder.tree["rows"][0]["boxes"]] == [
            "Résidence des Lilas", "Résidence du Lilas blanc",
        ]  # fmt: skip
        builder = typed("n:join=all&n0:ask=residence&n0:q=nulle part&do=find:0")
        assert "Rien ne correspond" in builder.tree["rows"][0]["fault"]

    def test_a_long_closed_list_is_searched_too(self):
        builder = typed("n:join=all&n0:ask=language&n0:q=arab&do=find:0")
        assert builder.document == {"all": [{"language": "ar"}]}

    def test_communes_by_the_beginning_of_their_name(self):
        CommuneFactory(code="69266", name="Villeurbanne")
        builder = typed("n:join=all&n0:ask=commune&n0:q=villeur&do=find:0")
        assert builder.document == {"all": [{"commune": "69266"}]}


class TestLeftOut:
    def test_each_household_once_by_reason(self):
        HouseholdFactory(people=[{"age": 80, "opposed": True, "phone": True}])
        HouseholdFactory(people=[{"age": 80, "protected": True, "opposed": True}])
        HouseholdFactory(people=[{"age": 80, "dead": True}, {"age": 30, "gone": True}])
        HouseholdFactory(people=[{"age": 80, "dead": True}, {"age": 81, "phone": True}])
        HouseholdFactory(people=[{"age": 80, "opposed": True}, {"age": 81}])
        HouseholdFactory(people=[{"age": 30, "opposed": True}])
        rule = queries.check({"all": [{"age": {"min": 75}}]})
        assert queries.left_out(rule, TODAY) == queries.LeftOut(deceased=1, protected=1, opposed=1)
        phone = queries.check({"all": [{"age": {"min": 75}}, {"reachable_by": "phone"}]})
        assert queries.left_out(phone, TODAY).opposed == 1

    def test_within_the_agencies_of_who_asks(self):
        here = AgencyFactory()
        HouseholdFactory(agency=here, people=[{"age": 80, "opposed": True}])
        HouseholdFactory(people=[{"age": 80, "opposed": True}])
        scope = Scope(agencies=frozenset({here.pk}))
        rule = queries.check({"all": []})
        assert queries.left_out(rule, TODAY, scope=scope).opposed == 1


@pytest.fixture
def director():
    return UserFactory(roles=["director"])


@pytest.fixture
def as_director(client, director):
    client.force_login(director)
    return client


def body(response) -> str:
    return response.content.decode()


NEW = "/publics/nouveau/"
SAVE = {"do": "save", "name": "Aînés", "purpose": "wellbeing"}


class TestPage:
    def test_add_by_add_without_javascript_then_save(self, as_director, director):
        HouseholdFactory(age=82, phone=True)
        data = fields(body(as_director.get(NEW)))
        data["n:new"], data["do"] = "age", "add:"
        data = fields(body(as_director.post(NEW, data)))
        data["n:new"], data["do"] = "reachable_by", "add:"
        html = body(as_director.post(NEW, data))
        data = fields(html)
        data["n1:value"], data["do"] = "phone", "count"
        html = body(as_director.post(NEW, data))
        assert "1\u00a0ménage" in html
        assert "dont une personne a 75 ans ou plus" in html
        data = fields(html)
        data["name"] = "Aînés joignables"
        data["do"], data["purpose"] = "save", "wellbeing"
        response = as_director.post(NEW, data)
        assert response.status_code == 302
        saved = Audience.objects.get()
        assert saved.rule == {"all": [{"age": {"min": 75}}, {"reachable_by": "phone"}]}
        assert (saved.purpose, saved.created_by_id) == ("wellbeing", director.pk)

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, as_director):
        response = as_director.post(NEW, {"n:join": "all", "n0:ask": "age", "n0:min": "x7", "do": "save"})
        assert response.status_code == 422
        html = body(response)
        assert "Trois points à corriger" in html
        assert 'value="x7"' in html
        assert not Audience.objects.exists()

    def test_a_taken_name_is_said_beside_it(self, as_director, director):
        save_audience(actor=director, name="Aînés", rule={"all": []}, purpose="wellbeing")
        response = as_director.post(NEW, {"n:join": "all", **SAVE})
        assert response.status_code == 422
        assert "porte déjà ce nom" in body(response)

    def test_htmx_gets_the_part_it_asked_for(self, as_director):
        data = {"n:join": "all", "n0:ask": "age", "n0:min": "75", "do": "count"}
        count = body(as_director.post(f"{NEW}?compter=1", data, headers={"HX-Request": "true"}))
        assert 'id="combien"' in count
        assert 'hx-swap-oob="true"' in count
        assert "composeur" not in count
        whole = body(as_director.post(NEW, data, headers={"HX-Request": "true"}))
        assert 'id="composeur"' in whole
        assert "<html" not in whole

    def test_sample_is_audited_and_stays_in_the_agencies_covered(self, client):
        here = AgencyFactory()
        client.force_login(UserFactory(roles=[("agency_manager", here)]))
        mine = HouseholdFactory(agency=here, people=[{"age": 82, "last_name": "Marchandeau"}])
        HouseholdFactory(people=[{"age": 90, "last_name": "Ailleurs"}])
        html = body(client.post(NEW, {"n:join": "all", "do": "sample"}))
        assert mine.name in html
        assert "Ailleurs" not in html
        assert "dans les agences que vous suivez" in html
        assert AuditEntry.objects.filter(action="household.listed", detail={"found": 1}).count() == 1

    def test_list_copy_delete(self, as_director, director):
        one = save_audience(actor=director, name="Aînés", rule={"all": [{"age": {"min": 75}}]}, purpose="wellbeing")
        html = body(as_director.get("/publics/"))
        assert "dont une personne a 75 ans ou plus" in html
        assert "Prendre des nouvelles" in html
        copied = body(as_director.get(f"{NEW}?copie={one.pk}"))
        assert 'value="Aînés, copie"' in copied
        assert 'value="75"' in copied
        assert as_director.get(f"/publics/{one.pk}/supprimer/").status_code == 200
        assert as_director.post(f"/publics/{one.pk}/supprimer/").status_code == 302
        assert not Audience.objects.exists()

    def test_change_and_rename(self, as_director, director):
        one = save_audience(actor=director, name="Aînés", rule=DEEP, purpose="ancienne finalité")
        data = fields(body(as_director.get(f"/publics/{one.pk}/")))
        data["name"], data["do"] = "Grands aînés", "save"
        data["purpose"] = "ancienne finalité"
        assert as_director.post(f"/publics/{one.pk}/", data).status_code == 302
        one.refresh_from_db()
        assert (one.name, one.rule, one.purpose) == ("Grands aînés", DEEP, "ancienne finalité")

    def test_somebody_elses_is_read_and_copied_not_changed(self, client, director):
        one = save_audience(actor=director, name="Aînés", rule={"all": []}, purpose="wellbeing")
        client.force_login(UserFactory(roles=[("agency_manager", AgencyFactory())]))
        html = body(client.get(f"/publics/{one.pk}/"))
        assert "copiez-le pour le changer" in html
        assert "Enregistrer le public" not in html
        assert client.post(f"/publics/{one.pk}/", SAVE).status_code == 403
        assert client.get(f"/publics/{one.pk}/supprimer/").status_code == 403

    def test_a_rule_that_means_nothing_any_more_is_shown_as_such(self, as_director, director):
        one = Audience.objects.create(name="Ancien", rule={"gone": 1}, purpose="wellbeing", created_by=director)
        assert "n’est plus comprise" in body(as_director.get("/publics/"))
        assert as_director.get(f"/publics/{one.pk}/").status_code == 200

    @pytest.mark.parametrize("size", [2, 12])
    def test_the_list_costs_the_same_whatever_its_size(self, as_director, director, size):
        agencies = [AgencyFactory(code=f"A{rank}") for rank in range(size)]
        for rank, agency in enumerate(agencies):
            rule = {"all": [{"agency": agency.code}, {"age": {"min": 60 + rank}}]}
            save_audience(actor=director, name=f"Public {rank}", rule=rule, purpose="wellbeing")
        as_director.get("/publics/")
        with CaptureQueriesContext(queries.connection) as captured:
            html = body(as_director.get("/publics/"))
        assert html.count("dont une personne a") == size
        mine = [one for one in captured.captured_queries if "audience" in one["sql"] or "accounts_agency" in one["sql"]]
        assert len(mine) == 2

    @pytest.mark.parametrize("size", [2, 30])
    def test_counting_is_one_query_for_total_and_agencies(self, size, django_assert_num_queries):
        for _ in range(size):
            HouseholdFactory(age=80)
        rule = queries.check({"all": [{"age": {"min": 75}}]})
        with django_assert_num_queries(1):
            count = queries.count(rule, TODAY)
        assert count.households == size == sum(one.households for one in count.by_agency)
