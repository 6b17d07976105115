"""Lots from their announcement to their last step, their homes, territories: success, each refusal, run twice."""

import io
from datetime import UTC, date, datetime

import pytest
import xlsxwriter
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.housing.factories import BuildingFactory, DwellingFactory, ResidenceFactory
from tests.letting.factories import StockLotFactory, StockLotHomeFactory

from bienveille.engines.audiences.models import Audience
from bienveille.engines.audiences.operations import AudienceNameTaken, save_audience
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import Dwelling
from bienveille.services.letting import operations
from bienveille.services.letting.choices import Direction
from bienveille.services.letting.models import StockLot, StockLotHome, StockLotStep, TerritoryDepartment

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
FIRST = date(2027, 1, 1)


@pytest.fixture
def director():
    return UserFactory(roles=["director"])


@pytest.fixture
def lyon():
    return AgencyFactory(lyon=True)


@pytest.fixture
def manager(lyon):
    return UserFactory(roles=[("agency_manager", lyon)])


def changes():
    return [
        entry.detail["change"] for entry in AuditEntry.objects.filter(action="housing.changed").order_by("at", "id")
    ]


def create(actor, **facts):
    facts = {"name": "Val d’Ambre", "effective_on": FIRST, "agency": None, **facts}
    return operations.create_lot(actor=actor, direction=Direction.TAKEN_OVER, **facts)


class TestCreate:
    def test_what_was_announced_is_kept_as_it_was_said(self, director):
        lot = create(director, announced=339, announced_full=138, announced_co_owned=97, announced_managed=121)
        lot.refresh_from_db()
        assert (lot.announced, lot.announced_full + lot.announced_co_owned + lot.announced_managed) == (339, 356)
        assert lot.created_by == director
        assert changes() == ["lot_created"]

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"name": "  "}, "Donnez un nom"),
            ({"name": "x" * 151}, "Donnez un nom"),
            ({"announced": -1}, "va de 0"),
            ({"announced_full": 1_000_001}, "va de 0"),
            ({"other_party": "x" * 151}, "150 caractères"),
            ({"audience": None}, "ne se corrige pas ici"),
        ],
    )
    def test_refused(self, director, facts, words):
        with pytest.raises(operations.CannotSaveLot, match=words):
            create(director, **facts)
        assert changes() == []

    def test_a_name_once(self, director):
        create(director)
        with pytest.raises(operations.CannotSaveLot, match="déjà ce nom"):
            create(director)
        assert StockLot.objects.count() == 1

    def test_one_of_ones_agencies(self, manager, lyon):
        assert create(manager, agency=lyon).agency == lyon
        for agency in (None, AgencyFactory(saint_etienne=True)):
            with pytest.raises(operations.CannotSaveLot, match="une agence que vous suivez"):
                create(manager, name="Autre", agency=agency)


class TestChange:
    def test_the_same_changes_nothing(self, director):
        lot = create(director, announced=339)
        operations.change_lot(actor=director, lot=lot, announced=339, name=" Val d’Ambre ", agency=None)
        assert changes() == ["lot_created"]
        operations.change_lot(actor=director, lot=lot, announced=340)
        lot.refresh_from_db()
        assert (lot.announced, changes()) == (340, ["lot_created", "lot_corrected"])

    def test_a_manager_does_not_give_it_away(self, manager, lyon):
        lot = create(manager, agency=lyon)
        with pytest.raises(operations.CannotSaveLot):
            operations.change_lot(actor=manager, lot=lot, agency=AgencyFactory(saint_etienne=True))

    def test_a_lot_that_is_gone(self, director):
        lot = create(director)
        operations.delete_lot(actor=director, lot=StockLot.objects.get(pk=lot.pk))
        with pytest.raises(operations.LotGone):
            operations.change_lot(actor=director, lot=lot, announced=1)


class TestHomes:
    @pytest.fixture
    def lot(self):
        return StockLotFactory()

    def add(self, actor, lot, text):
        return operations.add_codes(actor=actor, lot=lot, text=text, now=NOW)

    def test_each_code_ends_somewhere(self, lot, lyon, manager):
        mine = DwellingFactory(code="A-1", building__residence__agency=lyon)
        DwellingFactory(code="B-1", building__residence__agency=AgencyFactory(saint_etienne=True))
        StockLotHomeFactory(lot=lot, code="Z-9", dwelling=None)
        added = self.add(manager, lot, f"A-1\nB-1;C-1\tA-1, Z-9\n\n{'x' * 41}")
        assert (added.added, added.unknown, added.already, added.elsewhere, added.too_long) == (2, 1, 1, 1, 1)
        assert dict(lot.homes.values_list("code", "dwelling")) == {"A-1": mine.pk, "C-1": None, "Z-9": None}
        assert changes() == ["lot_homes_added"]

    def test_twice_adds_nothing_more(self, lot, director):
        self.add(director, lot, "A-1 \r\n 'A-2")
        assert self.add(director, lot, "A-1\nA-2").added == 0
        assert lot.homes.count() == 2
        assert changes() == ["lot_homes_added"]

    def test_nothing_given(self, lot, director):
        with pytest.raises(operations.CannotAddHomes, match="Aucun code"):
            self.add(director, lot, " \n;, ")

    def test_too_many(self, lot, director):
        with pytest.raises(operations.CannotAddHomes, match="20\u00a0000"):
            self.add(director, lot, "\n".join(map(str, range(20_001))))

    def file(self, actor, lot, raw):
        return operations.add_file(actor=actor, lot=lot, raw=raw, now=NOW)

    def test_a_file_with_a_title_and_other_columns(self, lot, director):
        DwellingFactory(code="0001-07")
        raw = "ADRESSE;CODE_LOGEMENT\r\n12 rue du Pré;0001-07\r\n14 rue du Pré;0001-08\r\n".encode("cp1252")
        assert self.file(director, lot, raw).unknown == 1
        assert sorted(lot.homes.values_list("code", flat=True)) == ["0001-07", "0001-08"]

    def test_a_workbook(self, lot, director):
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            book.add_worksheet().write_column(0, 0, ["Logement", "L-1", 12, "L-1"])
        assert self.file(director, lot, file.getvalue()).added == 2
        assert sorted(lot.homes.values_list("code", flat=True)) == ["12", "L-1"]

    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            (b"", "Aucun code"), (b"PK\x03\x04rien", "abîmé"), (b"\xd0\xcf\x11\xe0rien", "ne s’ouvre pas"),
            (bytes(range(32)) * 40, "ni un texte ni un classeur"), (b"a" * (2 << 20) + b"a", "2\u00a0Mo"),
            (b'"a\n' + b"b" * 140_000, "guillemet"),
        ],
    )  # fmt: skip
    def test_a_file_that_is_none(self, lot, director, raw, words):
        with pytest.raises(operations.CannotAddHomes, match=words):
            self.file(director, lot, raw)

    def test_whole_buildings_within_ones_agencies(self, lot, lyon, manager):
        mine = BuildingFactory(residence=ResidenceFactory(agency=lyon))
        other = BuildingFactory(residence=ResidenceFactory(agency=AgencyFactory(saint_etienne=True)))
        for building in (mine, mine, other):
            DwellingFactory(building=building)
        added = operations.add_buildings(actor=manager, lot=lot, buildings=[mine.pk, other.pk], now=NOW)
        assert (added.added, added.elsewhere) == (2, 0)
        with pytest.raises(operations.CannotAddHomes):
            operations.add_buildings(actor=manager, lot=lot, buildings=[other.pk], now=NOW)

    def test_an_addition_is_taken_back_at_once(self, lot, director):
        self.add(director, lot, "A-1")
        second = self.add(director, lot, "A-1\nA-2\nA-3")
        assert operations.remove_batch(actor=director, lot=lot, batch=second.batch) == 2
        assert operations.remove_batch(actor=director, lot=lot, batch=second.batch) == 0
        assert [home.code for home in lot.homes.all()] == ["A-1"]

    def test_one_home_is_taken_out(self, lot, director):
        home = StockLotHomeFactory(lot=lot)
        other = StockLotHomeFactory()
        assert operations.remove_home(actor=director, lot=lot, home_id=home.pk) == home.code
        assert operations.remove_home(actor=director, lot=lot, home_id=home.pk) == ""
        assert operations.remove_home(actor=director, lot=lot, home_id=other.pk) == ""
        assert Dwelling.objects.count() == 2
        assert StockLotHome.objects.get() == other


class TestSteps:
    def test_done_once_by_the_first(self, director):
        lot = StockLotFactory()
        assert operations.tick_step(actor=director, lot=lot, key="keys", now=NOW)
        assert not operations.tick_step(actor=UserFactory(), lot=lot, key="keys", now=NOW)
        assert StockLotStep.objects.get().done_by_id == director.pk
        assert operations.untick_step(actor=director, lot=lot, key="keys")
        assert not operations.untick_step(actor=director, lot=lot, key="keys")
        assert changes() == ["lot_step_done", "lot_step_undone"]

    def test_a_step_of_another_list(self, director):
        with pytest.raises(operations.CannotSaveLot, match="pas dans la liste"):
            operations.tick_step(actor=director, lot=StockLotFactory(), key="register", now=NOW)


class TestAudience:
    def test_one_for_a_lot(self, director):
        lot = create(director)
        for _ in range(2):
            held = operations.create_lot_audience(actor=director, lot=lot)
        audience = Audience.objects.get()
        assert held.audience == audience
        assert audience.name == "Accueil des locataires, Val d’Ambre"
        assert audience.rule == {"all": [{"takeover_lot": str(lot.pk)}]}

    def test_a_name_already_taken(self, director):
        lot = create(director)
        taken = "Accueil des locataires, Val d’Ambre"
        save_audience(actor=director, name=taken, rule={"all": []}, purpose="wellbeing")
        with pytest.raises(AudienceNameTaken):
            operations.create_lot_audience(actor=director, lot=lot)
        lot.refresh_from_db()
        assert lot.audience is None

    def test_dropped_and_deleted(self, director):
        lot = create(director)
        lot = operations.create_lot_audience(actor=director, lot=lot)
        with pytest.raises(operations.CannotDeleteLot):
            operations.delete_lot(actor=director, lot=lot)
        for _ in range(2):
            operations.drop_lot_audience(actor=director, lot=lot)
        assert not Audience.objects.exists()
        for _ in range(2):
            operations.delete_lot(actor=director, lot=lot)
        assert not StockLot.objects.exists()
        assert changes() == ["lot_created", "lot_audience_created", "lot_audience_dropped", "lot_deleted"]

    def test_deleting_touches_no_home(self, director):
        home = StockLotHomeFactory()
        operations.delete_lot(actor=director, lot=home.lot)
        assert Dwelling.objects.count() == 1
        assert not StockLotHome.objects.exists()


class TestTerritories:
    def save(self, actor, name, *codes):
        operations.save_territory(actor=actor, name=name, departments=codes)

    def held(self):
        return dict(TerritoryDepartment.objects.order_by("department").values_list("department", "territory"))

    def test_saved_again_it_has_these_and_no_other(self, director):
        self.save(director, "Rhône-Isère", "69", "38")
        self.save(director, "Rhône-Isère", "69", "38")
        self.save(director, " Rhône-Isère ", "69", "01")
        assert self.held() == {"01": "Rhône-Isère", "69": "Rhône-Isère"}
        assert changes() == ["territory_saved", "territory_saved"]

    @pytest.mark.parametrize("asked", [("", "69"), ("x" * 81, "69"), ("A",), ("A", "20"), ("A", "42")])
    def test_refused(self, director, asked):
        self.save(director, "Loire et Forez", "42")
        with pytest.raises(operations.CannotArrangeTerritory):
            self.save(director, *asked)
        assert self.held() == {"42": "Loire et Forez"}

    def test_removed(self, director):
        self.save(director, "Rhône-Isère", "69", "38")
        assert operations.remove_territory(actor=director, name="Rhône-Isère") == ["38", "69"]
        assert operations.remove_territory(actor=director, name="Rhône-Isère") == []
        assert self.held() == {}
