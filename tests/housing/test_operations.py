"""Residences, buildings and homes by hand; the official communes."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from tests.accounts.factories import UserFactory
from tests.housing.factories import (
    AgencyFactory,
    BuildingFactory,
    CommuneFactory,
    DwellingFactory,
    ResidenceFactory,
    ResidenceManagerFactory,
)

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing import access
from bienveille.register.housing import operations as do
from bienveille.register.housing.choices import DEPARTMENTS
from bienveille.register.housing.models import Commune, Dwelling, Epci, Residence, Watch
from bienveille.register.housing.queries import managers_of, possible_managers, territory_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


@pytest.fixture
def actor():
    return UserFactory(roles=["administrator"])


def audited():
    return list(AuditEntry.objects.filter(action="housing.changed").order_by("id").values_list("detail", flat=True))


class TestResidence:
    def test_created(self, actor):
        made = do.create_residence(
            actor=actor, agency=AgencyFactory(), code=" 0001 ", name="Résidence Joly", postal_code="69005", in_qpv=True
        )
        saved = Residence.objects.get(pk=made.pk)
        assert (saved.code, saved.postal_code, saved.in_qpv) == ("0001", "69005", True)
        assert audited()[0]["change"] == "created"

    def test_corrected_once(self, actor):
        residence, other = ResidenceFactory(), AgencyFactory()
        for _ in range(2):
            do.correct_residence(actor=actor, residence=residence, name="Autre nom", agency=other)
        residence.refresh_from_db()
        assert (residence.name, residence.agency_id) == ("Autre nom", other.pk)
        assert audited() == [{"change": "corrected", "fields": ["agency", "name"]}]

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"code": ""}, "code"),
            ({"code": "PRISE"}, "déjà pris"),
            ({"name": ""}, "nom"),
            ({"postal_code": "6900"}, "cinq chiffres"),
            ({"qpv_code": "ZUS1"}, "QN ou QP"),
            ({"kind": "castle"}, "enregistré ainsi"),
            ({"watched": True}, "ne se corrige pas ici"),
        ],
    )
    def test_refused(self, actor, facts, message):
        ResidenceFactory(code="PRISE")
        with pytest.raises(do.CannotChangeHousing, match=message):
            do.create_residence(**{"actor": actor, "agency": AgencyFactory(), "code": "N", "name": "N", **facts})
        assert Residence.objects.count() == 1
        assert audited() == []


class TestWatch:
    def start(self, actor, residence, **facts):
        return do.start_watch(**{
            "actor": actor, "residence": residence, "reason": "Ascenseur en panne", "started_on": TODAY,
            "today": TODAY, **facts,
        })  # fmt: skip

    def test_started_ended_and_each_taken_back(self, actor):
        residence = ResidenceFactory()
        watch = self.start(actor, residence)
        do.end_watch(actor=actor, residence=residence, reason="Réparé", today=TODAY)
        do.take_back_watch(actor=actor, watch=watch)
        residence.refresh_from_db()
        assert residence.watched
        for _ in range(2):
            do.take_back_watch(actor=actor, watch=watch)
        residence.refresh_from_db()
        assert not residence.watched
        assert not Watch.objects.exists()
        changes = ["watch_started", "watch_ended", "watch_resumed", "watch_taken_back"]
        assert [detail["change"] for detail in audited()] == changes

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"reason": "  "}, "Dites pourquoi"),
            ({"reason": "Mme Perrin est diabétique"}, "parlez du lieu"),
            ({"started_on": TODAY + timedelta(days=1)}, "aujourd’hui ou avant"),
        ],
    )
    def test_refused(self, actor, facts, message):
        residence = ResidenceFactory()
        with pytest.raises(do.CannotWatch, match=message):
            self.start(actor, residence, **facts)
        residence.refresh_from_db()
        assert not residence.watched

    def test_one_at_a_time(self, actor):
        residence = ResidenceFactory()
        first = self.start(actor, residence)
        with pytest.raises(do.CannotWatch, match="déjà sous veille"):
            self.start(actor, residence)
        do.end_watch(actor=actor, residence=residence, today=TODAY)
        with pytest.raises(do.CannotWatch, match="plus sous veille"):
            do.end_watch(actor=actor, residence=residence, today=TODAY)
        self.start(actor, residence)
        with pytest.raises(do.CannotWatch, match="Une autre veille"):
            do.take_back_watch(actor=actor, watch=first)


class TestManagers:
    def test_only_building_managers_look_after_a_residence(self, actor):
        residence = ResidenceFactory()
        with pytest.raises(do.CannotChangeHousing, match="rôle de gardien"):
            do.add_manager(actor=actor, residence=residence, user=UserFactory(roles=["caller"]))
        keeper = UserFactory(roles=["building_manager"])
        for _ in range(2):
            do.add_manager(actor=actor, residence=residence, user=keeper)
        assert managers_of(residence) == [keeper]
        other = UserFactory(roles=["building_manager"])
        assert possible_managers(residence) == [other]
        assert do.remove_manager(actor=actor, residence=residence, user=keeper)
        assert not do.remove_manager(actor=actor, residence=residence, user=keeper)
        assert [detail["change"] for detail in audited()] == ["manager_added", "manager_removed"]


class TestBuildingAndDwelling:
    def test_created_and_corrected(self, actor):
        building = do.create_building(actor=actor, residence=ResidenceFactory(), code="B")
        do.correct_building(actor=actor, building=building, code="C")
        home = do.create_dwelling(actor=actor, building=building, code="L1", floor=4, lift=False, type="t2")
        for _ in range(2):
            do.correct_dwelling(actor=actor, dwelling=home, lift=True, surface="51.40")
        saved = Dwelling.objects.select_related("building").get()
        assert (saved.building.code, saved.floor, saved.lift, str(saved.surface)) == ("C", 4, True, "51.40")
        assert [detail["change"] for detail in audited()] == ["created", "corrected", "created", "corrected"]

    def test_a_building_twice_is_refused(self, actor):
        building = BuildingFactory()
        with pytest.raises(do.CannotChangeHousing, match="déjà pris"):
            do.create_building(actor=actor, residence=building.residence, code=building.code)

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"code": "PRIS"}, "déjà pris"),
            ({"rpls_id": "0123456789"}, "RPLS"),
            ({"floor": 90}, "étage"),
            ({"surface": -3}, "surface"),
            ({"surface": "grand"}, "surface"),
            ({"type": "t99"}, "type de logement"),
            ({"dpe": "z"}, "A à G"),
        ],
    )
    def test_refused(self, actor, facts, message):
        DwellingFactory(code="PRIS", rpls_id="0123456789")
        with pytest.raises(do.CannotChangeHousing, match=message):
            do.create_dwelling(**{"actor": actor, "building": BuildingFactory(), "code": "N", **facts})
        assert Dwelling.objects.count() == 1


class TestCommunes:
    def test_all_of_them_once(self, django_assert_max_num_queries):
        CommuneFactory(code="69381", name="LYON 01", department="69", postal_codes=[])
        CommuneFactory(code="69999", name="Ancienne", department="69")
        assert do.ensure_reference() == 35_014
        assert do.ensure_reference() == 0
        first = Commune.objects.get(code="69381")
        assert (first.name, first.department, first.epci, first.parent_id, first.postal_codes) == (
            "Lyon 1er Arrondissement",
            "69",
            "200046977",
            "69123",
            ["69001"],
        )
        assert Commune.objects.filter(parent__isnull=False).count() == 45
        assert Commune.objects.get(code="2A004").name == "Ajaccio"
        assert Commune.objects.filter(code="69999").exists()
        assert do.COMMUNES.stat().st_size < 1_000_000


COG = """TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT
COM,69123,84,69,69M,691,0,LYON,Lyon,Lyon,,
ARM,69385,84,69,69M,691,0,LYON 5E,Lyon 5e,Lyon 5e Arrondissement,,69123
COM,42999,84,42,42D,421,0,NEUVE,Neuve,Neuve-sur-Loire,4201,
COMD,42998,84,42,42D,421,0,VIEILLE,Vieille,Vieille,4201,42999
COM,97411,04,974,974,9741,0,SAINT DENIS,Saint-Denis,Saint-Denis,97414,
"""
MEMBERS = """Composition communale au 1er janvier;;;;;
CODGEO;LIBGEO;EPCI;LIBEPCI;DEP;REG
69123;Lyon;200046977;Métropole de Lyon;69;84
42999;Neuve-sur-Loire;244200770;Saint-Étienne Métropole;42;84
97411;Saint-Denis;ZZZZZZZZZ;Sans objet;974;04
"""


class TestOfficialFiles:
    @pytest.fixture
    def load(self, tmp_path):
        def run(text, name="officiel.csv"):
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            return do.load_official(path=path)

        return run

    def test_communes_then_their_groupings(self, load):
        CommuneFactory(code="69999", name="Disparue", department="69")
        assert load(COG) == do.Loaded("communes", 5, 4)
        assert load(MEMBERS) == do.Loaded("epci", 3, 2 + 3)
        fifth = Commune.objects.get(code="69385")
        assert (fifth.parent_id, fifth.department, fifth.epci) == ("69123", "69", "200046977")
        assert (Commune.objects.get(code="97411").department, Commune.objects.get(code="97411").epci) == ("974", "")
        assert set(Commune.objects.values_list("code", flat=True)) == {"69123", "69385", "42999", "97411", "69999"}
        assert dict(Epci.objects.values_list("code", "name"))["244200770"] == "Saint-Étienne Métropole"

    def test_twice_changes_nothing_and_keeps_postal_codes(self, load):
        CommuneFactory(lyon=True)
        load(COG)
        load(MEMBERS)
        assert (load(COG).changed, load(MEMBERS).changed) == (0, 0)
        assert Commune.objects.get(code="69123").postal_codes == ["69001"]

    def test_a_new_name_and_a_new_grouping(self, load):
        load(COG)
        load(MEMBERS)
        assert load(COG.replace("Neuve-sur-Loire", "Neuve")).changed == 1
        assert load(MEMBERS.replace("42999;Neuve-sur-Loire;244200770", "42999;Neuve;200046977")).changed >= 1
        assert Commune.objects.get(code="42999").epci == "200046977"

    @pytest.mark.parametrize("text", ["a;b;c;d\n1;2;3;4\n", "", "CODE;NOM\n69123;Lyon\n"])
    def test_anything_else_is_refused(self, load, text):
        with pytest.raises(do.NotOfficial, match="ni la liste officielle"):
            load(text)

    def test_arrondissements_made_by_an_import_are_adopted(self):
        CommuneFactory(code="75120", name="PARIS 20", department="75")
        CommuneFactory(code="13201", name="Marseille 1er", department="13")
        CommuneFactory()
        assert do.adopt_arrondissements() == 2
        assert do.adopt_arrondissements() == 0
        parents = dict(Commune.objects.filter(parent__isnull=False).values_list("code", "parent__name"))
        assert parents == {"75120": "Paris", "13201": "Marseille"}

    def test_what_a_residence_is_part_of(self):
        do.ensure_reference()
        found = territory_of(Commune.objects.get(code="69385"))
        assert found[0] == ("Département", "Rhône")
        assert "Lyon" in found[1][1]
        assert territory_of(None) == []
        assert set(Commune.objects.values_list("department", flat=True)) <= set(DEPARTMENTS)
        assert set(Commune.objects.exclude(epci="").values_list("epci", flat=True)) <= set(
            Epci.objects.values_list("code", flat=True)
        )


class TestAccess:
    @pytest.mark.parametrize(
        ("role", "read", "write"),
        [
            ("administrator", True, True),
            ("director", True, True),
            ("agency_manager", True, True),
            ("social_worker", True, False),
            ("building_manager", False, False),
            ("caller", False, False),
            ("communication", False, False),
            ("partner", False, False),
            ("tenant", False, False),
        ],
    )
    def test_roles_in_their_agency(self, role, read, write):
        home = DwellingFactory()
        residence = home.building.residence
        user = UserFactory(roles=[(role, residence.agency)])
        stranger = UserFactory(roles=[(role, AgencyFactory())])
        for load, row in ((access.get_residence_for, residence), (access.get_dwelling_for, home)):
            with pytest.raises(Http404):
                load(stranger, row.pk)
            if not read:
                with pytest.raises(Http404):
                    load(user, row.pk)
                continue
            assert load(user, row.pk) == row
            if write:
                assert load(user, row.pk, write=True) == row
            else:
                with pytest.raises(PermissionDenied):
                    load(user, row.pk, write=True)

    def test_a_building_manager_sees_the_residences_given(self):
        residence = ResidenceFactory()
        user = UserFactory(roles=["building_manager"])
        ResidenceManagerFactory(user=user, residence=residence)
        assert access.get_residence_for(user, residence.pk) == residence
        with pytest.raises(PermissionDenied):
            access.get_residence_for(user, residence.pk, write=True)
        with pytest.raises(Http404):
            access.get_residence_for(user, ResidenceFactory().pk)

    def test_unknown(self):
        user = UserFactory(roles=["administrator"])
        for load in (access.get_residence_for, access.get_dwelling_for):
            with pytest.raises(Http404):
                load(user, uuid.uuid4())
