"""The landlord's declaration to the directory (RPLS): told from other exports, read cell by cell, applied to homes."""

import csv
from datetime import date
from math import cos, log, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.housing.factories import BuildingFactory, DwellingFactory, ResidenceFactory
from tests.imports.factories import home

from bienveille.register.housing.choices import Occupancy
from bienveille.register.housing.models import Dwelling, Residence
from bienveille.register.housing.rules import parent_commune, place_of
from bienveille.register.imports.operations import WrongFile, import_files
from bienveille.register.imports.rules import rpls
from bienveille.register.imports.rules.cells import Issue
from bienveille.register.imports.rules.columns import choices_for, describe, missing_fields, sampled
from bienveille.register.imports.rules.recognition import recognise

_LANDLORD = """
IDENT_REP IDENT_INT IDENT_ORG DROIT DEPCOM CODEPOSTAL LIBCOM NUMVOIE INDREP TYPVOIE NOMVOIE NUMAPPT NUMBOITE ESC
COULOIR ETAGE COMPLIDENT ENTREE BAT IMMEU COMPLGEO LIEUDIT QPV TYPECONST NBPIECE SURFHAB CONSTRUCT LOCAT PATRIMOINE
ORIGINE RSEXPRO SIRETEXPRO FINAN FINANAUTRE CONV NUMCONV DATCONV SORTIEPATRIM OLDLOGT NEWLOGT MODE BAIL MODESURF
SURFMODE LOYERPRINC LOYERACC CONTRIB CUS DPEDATE DPEENERGIE DPESERRE SRU_EXPIR SRU_ALINEA IDENTGES CODSEGPATRIM
LIBSEGPATRIM LOYERMAXAPL LOYERMAXCUS QUALACQ MISCOMMERCIAL PRIXVENTE PRODFIN REMLOCDATE CONTRESLOG PMR DATMISEVENTE
DATVEFFECT DATE_DEP_DERLOCAT DPE_CONSO_ENER DPE_CONSO_GES DPE_NUM_REF IDENT_FISCAL
"""
LANDLORD = _LANDLORD.split()
ROW = {
    "IDENT_REP": "0000000001", "IDENT_INT": "L1", "DROIT": "1", "DEPCOM": "69385", "NUMAPPT": "12", "ESC": "B",
    "ETAGE": "04", "QPV": "1", "NBPIECE": "3", "SURFHAB": "64,16", "CONSTRUCT": "1974", "FINAN": "52",
    "SORTIEPATRIM": "9", "MODE": "2", "LOYERPRINC": "547,19", "DPEDATE": "03/2021", "DPEENERGIE": "D", "PMR": "2",
}  # fmt: skip
PUBLIC = ["IDENT_REP", *(f"{name}_{part}" for name in ("DROIT", "FINAN", "QPV", "TYPECONST", "PMR")
                         for part in ("CODE", "LIBELLE")), "DEPCOM", "LIBCOM", "ETAGE", "NBPIECE", "SURFHAB",
          "CONSTRUCT", "LOCAT", "PATRIMOINE", "DPEDATE", "DPEENERGIE", "X", "Y", "EPSG", "PLG_QP24"]  # fmt: skip
LISTED = {"NA", "NC", "Z", "", "z", " nc "}


def reader(header=LANDLORD):
    columns = recognise(header)
    assert columns is not None
    return rpls.RplsReader(columns, width=len(header))


def read(header=LANDLORD, **cells):
    one = reader(header)
    return one.read(2, [{**ROW, **cells}.get(name, "") for name in header]), one.warnings


class TestRecognised:
    @pytest.mark.parametrize("header", [LANDLORD, [*LANDLORD, "CAT_ORG", "RS", "SIRET", "DEP", "REG", "EPCI"], PUBLIC])
    def test_as_a_file_of_homes(self, header):
        columns = recognise(header)
        assert columns is not None
        assert (columns.kind, columns.declaration) == ("housing", True)
        assert columns.unknown == []

    def test_rents_and_loans_are_left_aside_and_never_shown(self):
        columns = recognise(LANDLORD)
        assert {"LOYERPRINC", "LOYERACC", "CONTRIB", "PRIXVENTE", "NUMCONV"} <= set(columns.ignored)
        samples = sampled(LANDLORD, [["1"] * len(LANDLORD)], "housing")
        assert "LOYERACC" not in samples
        groups = {one.title: one.group for one in describe("housing", LANDLORD, samples, {})}
        assert (groups["LOYERACC"], groups["LOYERPRINC"], groups["MODE"]) == ("aside", "aside", "field")
        assert missing_fields("housing", LANDLORD, {}) == []

    def test_every_field_may_be_kept_on_the_screen_of_columns(self):
        choices = dict(choices_for("housing"))
        described = [one for one in describe("housing", LANDLORD, {}, {}) if one.field]
        assert len(described) > 12
        assert [one.field for one in described if one.field not in choices or not one.label] == []

    @pytest.mark.parametrize("header", [list(home()), ["IDENT_REP", "NOM_RESIDENCE", *LANDLORD[1:]]])
    def test_an_export_that_names_residences_is_not_one(self, header):
        columns = recognise(header)
        assert columns is not None
        assert not columns.declaration

    def test_without_an_identifier_it_is_nothing(self):
        assert recognise([name for name in LANDLORD if not name.startswith("IDENT_")]) is None


class TestCells:
    def test_a_whole_row(self):
        row, warnings = read()
        assert warnings == []
        assert row == rpls.RplsRow(
            2, "0000000001", "L1", "B", 4, "12", "t3", "64.16", "HLM/O", "full", "d", "vacant", 1974, False, True, "",
            None, None,
        )  # fmt: skip

    @pytest.mark.parametrize(("code", "value"), rpls.codes()["MODE"].items())
    def test_occupancy(self, code, value):
        assert read(MODE=code)[0].occupancy == value
        assert value in ("", *Occupancy.values)

    @pytest.mark.parametrize("nothing", sorted(LISTED))
    def test_nulls(self, nothing):
        row, warnings = read(**dict.fromkeys(ROW.keys() - {"IDENT_REP", "IDENT_INT"}, nothing))
        assert warnings == []
        assert set(row[3:]) <= {"", None}

    @pytest.mark.parametrize(
        ("cells", "field", "value"),
        [
            ({"SURFHAB": "6,416E1"}, "surface", "64.16"), ({"SURFHAB": "64.16"}, "surface", "64.16"),
            ({"CONSTRUCT": "1,974E3"}, "built_in", 1974), ({"NBPIECE": "9"}, "type", "t7"),
            ({"FINAN": "13 - PLUS"}, "financing", "PLUS"), ({"FINAN": "13.0"}, "financing", "PLUS"),
            ({"MODE": "01"}, "occupancy", "let"), ({"ETAGE": "RC"}, "floor", 0), ({"ETAGE": "00"}, "floor", 0),
            ({"QPV": "QN06901M"}, "qpv_code", "QN06901M"), ({"QPV": "QP069001"}, "in_qpv", True),
            ({"QPV": "2"}, "in_qpv", False), ({"PMR": "1"}, "accessible", True), ({"PMR": "non"}, "accessible", False),
            ({"DPEDATE": "01/1900"}, "dpe", ""), ({"SORTIEPATRIM": "1"}, "occupancy", ""), ({"DROIT": "3"}, "ownership", ""),
        ],
    )  # fmt: skip
    def test_read(self, cells, field, value):
        row, warnings = read(**cells)
        assert getattr(row, field) == value
        assert warnings == []

    @pytest.mark.parametrize(
        ("column", "cell"),
        [("MODE", "7"), ("FINAN", "77"), ("NBPIECE", "x"), ("CONSTRUCT", "12"), ("ETAGE", "999"), ("SURFHAB", "-1"),
         ("QPV", "peut-être"), ("DPEENERGIE", "H"), ("PMR", "8")],
    )  # fmt: skip
    def test_doubtful_cells_are_told_by_row_and_column(self, column, cell):
        _, warnings = read(**{column: cell})
        assert warnings == [Issue(2, column, cell, "unknown_value")]

    def test_doubtful_month(self):
        assert read(DPEDATE="printemps")[1] == [Issue(2, "DPEDATE", "printemps", "unknown_date")]

    @pytest.mark.parametrize("cells", [{"IDENT_REP": "", "IDENT_INT": "NC"}, {"IDENT_REP": "12345678901"}])
    def test_no_key(self, cells):
        row, _ = read(**cells)
        assert row.reason == "missing_key"

    def test_the_public_variant(self):
        row, warnings = read(PUBLIC, DROIT_CODE="1", FINAN_CODE="10", FINAN_LIBELLE="PLAI", QPV_CODE="2", PMR_CODE="1",
                             X="842666,7", Y="6,519924E6", EPSG="EPSG:2154", PLG_QP24="QN06901M")  # fmt: skip
        assert warnings == []
        assert (row.financing, row.in_qpv, row.qpv_code, row.accessible) == ("PLAI", True, "QN06901M", True)
        assert row.latitude == pytest.approx(45.764, abs=1e-4)
        assert row.longitude == pytest.approx(4.8357, abs=1e-4)

    def test_a_place_that_is_none(self):
        _, warnings = read(PUBLIC, X="1", Y="2", EPSG="9999")
        assert [(one.column, one.reason) for one in warnings] == [("X", "unknown_value")]

    @given(st.dictionaries(st.sampled_from(LANDLORD), st.text(max_size=12), max_size=8))
    def test_nothing_crashes(self, cells):
        row, _ = read(**cells)
        assert isinstance(row, Issue | rpls.RplsRow)

    @pytest.mark.parametrize(
        ("name", "day"),
        [("rpls_2025.csv", "2025-01-01"), ("RPLS.csv", "2026-01-01"), ("rpls 2031.csv", "2026-01-01"),
         ("12025.csv", "2026-01-01")],
    )  # fmt: skip
    def test_the_day_that_it_describes(self, name, day):
        assert rpls.situation_of(name, year=2026) == day

    def test_codes_say_where_they_come_from(self):
        codes = rpls.codes()
        assert "5 janvier 2010" in codes["source"]
        assert {"DROIT", "PMR"} <= set(codes["unchecked"])
        assert all(len(label) <= 20 for label in codes["FINAN"].values())


class TestPlaces:
    @pytest.mark.parametrize(
        ("x", "y", "epsg", "place"),
        [
            (700_000, 6_600_000, 2154, (46.5, 3.0)), (1_700_000, 5_200_000, 3946, (46.0, 3.0)),
            (500_000, 0, 5490, (0.0, -63.0)), (652_381, 6_862_047, None, (48.8567, 2.351)),
            (4.83, 45.76, None, (45.76, 4.83)), (2.35, 48.85, 4326, (48.85, 2.35)),
        ],
    )  # fmt: skip
    def test_known(self, x, y, epsg, place):
        assert place_of(x, y, epsg) == pytest.approx(place, abs=2e-4)

    @pytest.mark.parametrize(("x", "y", "epsg"), [(0, 0, None), (0, 0, 4326), (1, 2, 9999), (900, 45, 4326)])
    def test_nowhere(self, x, y, epsg):
        assert place_of(x, y, epsg) is None

    @given(st.floats(41, 51.5), st.floats(-5.5, 10))
    def test_lambert_93_goes_there_and_back(self, latitude, longitude):
        assert place_of(*_to_lambert(latitude, longitude)) == pytest.approx((latitude, longitude), abs=1e-5)

    @given(st.floats(-21.5, -20.8), st.floats(55.1, 55.9))
    def test_utm_goes_there_and_back(self, latitude, longitude):
        x, y = _to_utm(latitude, longitude, 57)
        assert place_of(x, y + 10_000_000, 2975) == pytest.approx((latitude, longitude), abs=1e-5)

    @pytest.mark.parametrize(
        ("code", "parent"),
        [("75101", "75056"), ("75120", "75056"), ("75121", ""), ("69381", "69123"), ("69389", "69123"), ("69390", ""),
         ("13201", "13055"), ("13216", "13055"), ("13217", ""), ("69266", ""), ("2A004", "")],
    )  # fmt: skip
    def test_arrondissements(self, code, parent):
        assert parent_commune(code) == parent


# The projections the other way, by other formulas: Snyder's for the cone, Redfearn's series by arc of meridian.
A, F = 6_378_137.0, 1 / 298.257222101
E = sqrt(F * (2 - F))


def _to_lambert(latitude, longitude):
    def t(phi):
        return ((1 - sin(phi)) / (1 + sin(phi)) * ((1 + E * sin(phi)) / (1 - E * sin(phi))) ** E) ** 0.5

    def m(phi):
        return cos(phi) / sqrt(1 - E * E * sin(phi) ** 2)

    one, two, zero, phi = (radians(angle) for angle in (44, 49, 46.5, latitude))
    n = (log(m(one)) - log(m(two))) / (log(t(one)) - log(t(two)))
    scale = A * m(one) / (n * t(one) ** n)
    rho, rho0, theta = scale * t(phi) ** n, scale * t(zero) ** n, n * radians(longitude - 3)
    return 700_000 + rho * sin(theta), 6_600_000 + rho0 - rho * cos(theta)


def _to_utm(latitude, longitude, meridian):
    phi, dl, e2 = radians(latitude), radians(longitude - meridian), E * E
    ep2 = e2 / (1 - e2)
    nu, t, c, a = A / sqrt(1 - e2 * sin(phi) ** 2), (sin(phi) / cos(phi)) ** 2, ep2 * cos(phi) ** 2, cos(phi) * dl
    arc = A * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * phi
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * sin(2 * phi)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * sin(4 * phi)
        - (35 * e2**3 / 3072) * sin(6 * phi)
    )
    x = nu * (a + (1 - t + c) * a**3 / 6 + (5 - 18 * t + t * t + 72 * c - 58 * ep2) * a**5 / 120)
    y = arc + nu * sin(phi) / cos(phi) * (
        a * a / 2 + (5 - t + 9 * c + 4 * c * c) * a**4 / 24 + (61 - 58 * t + t * t + 600 * c - 330 * ep2) * a**6 / 720
    )
    return 500_000 + 0.9996 * x, 0.9996 * y


@pytest.mark.django_db
class TestApplied:
    @pytest.fixture
    def homes(self):
        residence = ResidenceFactory(code="R1", in_qpv=None)
        building = BuildingFactory(residence=residence)
        return [
            DwellingFactory(building=building, code="L1", type="", floor=None, lift=None),
            DwellingFactory(building=building, code="L2", rpls_id="0000000002", type="t2", floor=1, financing="PLUS"),
        ]

    @pytest.fixture
    def apply(self, tmp_path):
        def run(*given_rows, header=LANDLORD, encoding="latin-1", name="rpls_2026.csv", **options):
            path = tmp_path / name
            with path.open("w", encoding=encoding, newline="") as stream:
                writer = csv.writer(stream, delimiter=";")
                writer.writerow(header)
                for one in given_rows:
                    writer.writerow([{**ROW, **one}.get(title, "") for title in header])
            report = import_files(paths=[path], today=date(2026, 11, 21), org="Habitat", **options)
            return report.as_dict()["files"][0]

        return run

    def test_a_home_takes_what_it_lacks(self, homes, apply):
        told = apply({}, {"IDENT_REP": "0000000002", "IDENT_INT": "", "MODE": "1"})
        assert (told["kind"], told["created"], told["updated"], told["rejected"]) == ("housing", 0, 2, 0)
        first, second = Dwelling.objects.order_by("code")
        assert (first.rpls_id, first.type, first.floor, str(first.surface)) == ("0000000001", "t3", 4, "64.16")
        assert (first.occupancy, first.occupancy_on) == ("vacant", date(2026, 1, 1))
        assert (first.built_in, first.accessible, first.dpe, first.door) == (1974, False, "d", "12")
        # The landlord's own export stays the master.
        assert (second.type, second.floor, second.financing, second.occupancy) == ("t2", 1, "PLUS", "let")
        assert Residence.objects.get().in_qpv is True

    def test_twice_changes_nothing(self, homes, apply):
        apply({})
        told = apply({})
        assert (told["updated"], told["unchanged"]) == (0, 1)

    def test_an_earlier_situation_never_replaces_a_later_one(self, homes, apply):
        apply({"MODE": "1"})
        apply({"MODE": "3"}, name="rpls_2024.csv")
        home = Dwelling.objects.get(code="L1")
        assert (home.occupancy, home.occupancy_on) == ("let", date(2026, 1, 1))

    def test_an_empty_cell_erases_nothing(self, homes, apply):
        apply({})
        apply({"MODE": "NC", "CONSTRUCT": "", "PMR": "Z"})
        home = Dwelling.objects.get(code="L1")
        assert (home.occupancy, home.built_in, home.accessible) == ("vacant", 1974, False)

    def test_refused_rows_are_told(self, homes, apply):
        told = apply(
            {},
            {"IDENT_REP": "9999999999", "IDENT_INT": "nulle part"},
            {"IDENT_REP": ""},
            {"IDENT_REP": "NC", "IDENT_INT": ""},
        )
        assert [(one["row"], one["reason"]) for one in sorted(told["rejects"], key=lambda one: one["row"])] == [
            (3, "unknown_dwelling"), (4, "duplicate_key"), (5, "missing_key"),
        ]  # fmt: skip
        assert told["records"] == told["accepted"] + told["rejected"] == 4

    def test_a_number_of_the_directory_wins_over_the_code(self, homes, apply):
        apply({"IDENT_REP": "0000000002", "IDENT_INT": "L1", "CONSTRUCT": "2001"})
        assert Dwelling.objects.get(code="L2").built_in == 2001
        assert Dwelling.objects.get(code="L1").rpls_id == ""

    def test_a_code_whose_home_has_another_number_is_unknown(self, homes, apply):
        told = apply({"IDENT_REP": "0000000009", "IDENT_INT": "L2"})
        assert told["rejects"][0]["reason"] == "unknown_dwelling"

    @pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
    def test_the_public_variant_places_the_residence(self, homes, apply, encoding):
        apply({"IDENT_REP": "0000000002", "X": "842666,7", "Y": "6519924,2", "EPSG": "2154", "FINAN_LIBELLE": "Prêt à"},
              header=PUBLIC, encoding=encoding)  # fmt: skip
        place = Residence.objects.get()
        assert (round(place.latitude, 3), round(place.longitude, 3)) == (45.764, 4.836)

    def test_rehearsed_changes_nothing(self, homes, apply):
        assert apply({}, dry_run=True)["updated"] == 1
        assert Dwelling.objects.get(code="L1").occupancy == ""

    def test_without_an_identifier_nothing_is_applied(self, homes, apply):
        with pytest.raises(WrongFile):
            apply({}, header=[name for name in LANDLORD if not name.startswith("IDENT_")])


@pytest.mark.django_db
class TestPlacesOfHomes:
    def test_an_export_of_homes_places_its_residences(self, tmp_path):
        path = tmp_path / "patrimoine.csv"
        rows = [home("1", LATITUDE="45,76", LONGITUDE="4,83"), home("2", LATITUDE="45,78", LONGITUDE="4,85"),
                home("3", LATITUDE="", LONGITUDE="")]  # fmt: skip
        with path.open("w", encoding="cp1252", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        for _ in range(2):
            report = import_files(paths=[path], today=date(2026, 11, 21), org="Habitat")
        place = Residence.objects.get()
        assert (place.latitude, place.longitude) == (45.77, 4.84)
        assert report.as_dict()["files"][0]["unchanged"] == 3
