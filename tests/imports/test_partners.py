"""Directories of partners that follow one another, as JSON, as tables of the schema, as sheets made by hand."""

import csv
import json
from pathlib import Path

import pytest
import xlsxwriter
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.imports.factories import TODAY, changes_of
from tests.partners.factories import ServiceFactory, StructureFactory

from bienveille.register.imports.choices import Departures
from bienveille.register.imports.operations import import_files
from bienveille.register.imports.operations.reading import Given, look
from bienveille.register.imports.rules.partners_sheet import BY_HAND, SCHEMA, directory_kind
from bienveille.register.partners.models import Service, Structure

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"


class TestJson:
    def paths(self, folder, document):
        path = folder / "partenaires.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return [path]

    def document(self):
        return json.loads((FIXTURES / "erp-utf8" / "partenaires.json").read_text(encoding="utf-8"))

    def test_a_refusal_names_the_record(self, tmp_path):
        document = self.document()
        document["structures"][1]["code_insee"] = "nimporte"
        document["services"][3]["date_maj"] = "2031-01-01"
        file = import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H").as_dict()["files"][0]
        assert [(one["column"], one["value"], one["reason"]) for one in file["rejects"]] == [
            ("code_insee", "bienveille--69381-croix-rouge-69001", "invalid_record"),
            ("structure_id", "bienveille--69381-croix-rouge-69001-s1", "unknown_structure"),
            ("date_maj", "bienveille--69381-unaf-69001-s1", "invalid_record"),
        ]  # fmt: skip

    def test_one_object_a_line_is_read_too(self, tmp_path):
        document = self.document()
        lines = [json.dumps(one) for one in [*document["structures"][:2], *document["services"][:2]]]
        path = tmp_path / "partenaires.jsonl"
        path.write_text("\n".join([*lines, "{coupé", ""]), encoding="utf-8")
        file = import_files(paths=[path], today=TODAY, org="H").as_dict()["files"][0]
        assert changes_of(file) == (4, 0, 0, 0)
        assert [(one["row"], one["reason"]) for one in file["rejects"]] == [(6, "invalid_record")]

    def test_what_no_database_holds_is_left_out_or_cut(self, tmp_path):
        document = {"structures": self.document()["structures"][:1], "services": self.document()["services"][:1]}
        document["structures"][0] |= {"adresse": "x" * 400, "telephone": "0" * 40, "description": "a\x00bcde"}
        document["services"][0] |= {"nombre_semaines": 70000}
        file = import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H").as_dict()["files"][0]
        assert [(one["column"], one["reason"]) for one in file["warnings"]] == [
            ("adresse", "too_long"), ("telephone", "too_long"),
        ]  # fmt: skip
        assert [one["column"] for one in file["rejects"]] == ["nombre_semaines"]
        kept = Structure.objects.get()
        assert (len(kept.adresse), kept.telephone, kept.description) == (300, "", "abcde")

    def test_who_is_listed_no_more_is_marked_then_comes_back(self, tmp_path):
        document = self.document()
        import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H")
        fewer = {"structures": document["structures"][1:], "services": document["services"][1:]}
        file = import_files(paths=self.paths(tmp_path, fewer), today=TODAY).as_dict()["files"][0]
        assert changes_of(file) == (0, 0, 2, 102)
        gone = Structure.objects.get(ended_on=TODAY)
        assert (gone.id, gone.services.get().ended_on) == (document["structures"][0]["id"], TODAY)
        file = import_files(paths=self.paths(tmp_path, document), today=TODAY).as_dict()["files"][0]
        assert changes_of(file) == (0, 2, 0, 102)
        assert not Structure.objects.exclude(ended_on=None).exists()

    def test_a_directory_cut_short_closes_nobody_unless_somebody_says_so(self, tmp_path):
        document = self.document()
        import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H")
        half = self.paths(tmp_path, {"structures": document["structures"][:26]})
        file = import_files(paths=half, today=TODAY).as_dict()["files"][0]
        assert (file["closed"], file["held"]) == (0, 26)
        kept = import_files(paths=half, today=TODAY, departures=Departures.KEEP).as_dict()["files"][0]
        assert (kept["closed"], kept.get("held")) == (0, None)
        file = import_files(paths=half, today=TODAY, departures=Departures.CLOSE).as_dict()["files"][0]
        assert file["closed"] == 26
        assert Service.objects.filter(ended_on=None).count() == 52  # the file says nothing of services

    def test_one_source_in_two_files_loses_nobody(self, tmp_path):
        document, paths = self.document(), []
        for rank, part in enumerate([document["structures"][:26], document["structures"][26:]]):
            paths.append(tmp_path / f"{rank}.json")
            paths[-1].write_text(json.dumps(part), encoding="utf-8")
        import_files(paths=paths, today=TODAY, org="H")
        report = import_files(paths=paths, today=TODAY, departures=Departures.CLOSE).as_dict()
        assert [changes_of(file) for file in report["files"]] == [(0, 0, 0, 26), (0, 0, 0, 26)]

    def test_an_unreadable_record_closes_nobody(self, tmp_path):
        document = self.document()
        import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H")
        document["structures"][0]["id"] = None
        file = import_files(paths=self.paths(tmp_path, {"structures": document["structures"]}), today=TODAY).as_dict()
        assert (file["files"][0]["closed"], file["files"][0]["held"]) == (0, 1)

    def test_partners_kept_by_hand_and_what_the_staff_wrote_are_left_alone(self, tmp_path):
        document = self.document()
        import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H")
        source = document["structures"][0]["source"]
        own = StructureFactory(id="own--1", own=True, source=source, nom="À nous", date_maj=TODAY)
        ServiceFactory(id="own--1-s", structure=own, source=source)
        Structure.objects.filter(pk=document["structures"][1]["id"]).update(notes="Demander l’accueil.")
        document["structures"] += [{**document["structures"][0], "id": "own--1", "nom": "À eux"}]
        document["services"] += [{**document["services"][0], "id": "nouveau--1", "structure_id": "own--1"}]
        document["structures"][1]["nom"] = "Un autre nom"
        file = import_files(
            paths=self.paths(tmp_path, document), today=TODAY, departures=Departures.CLOSE
        ).as_dict()["files"][0]  # fmt: skip
        assert [(one["value"], one["reason"]) for one in file["rejects"]] == [
            ("own--1", "own_partner"), ("nouveau--1", "unknown_structure"),
        ]  # fmt: skip
        assert changes_of(file) == (0, 1, 0, 103)
        own.refresh_from_db()
        assert (own.nom, own.ended_on, own.services.get().ended_on) == ("À nous", None, None)
        assert Structure.objects.get(nom="Un autre nom").notes == "Demander l’accueil."

    def test_as_many_queries_for_a_record_or_for_hundreds(self, tmp_path):
        def cost(count):
            document = self.document()
            copies = [{**document["structures"][0], "id": f"s--{count}-{rank}"} for rank in range(count)]
            path = self.paths(tmp_path, copies)
            with CaptureQueriesContext(connection) as queries:
                import_files(paths=path, today=TODAY, org="H", departures=Departures.KEEP)
            return len(queries)

        cost(1)
        assert cost(2) == cost(300)


HEADER = ["Partenaire", "Service", "Besoins", "Description", "Zone", "Commune", "Code INSEE", "Téléphone", "Courriel",
          "Gratuit", "Mis à jour le"]  # fmt: skip
LINES = [
    ["Les Voisins du Parc", "Visites", "Compagnie, courses", "Une visite chaque semaine", "69266, 69", "Villeurbanne",
     "69266", "04 72 00 00 01", "contact@voisins.example", "oui", "03/11/2026"],
    ["Les Voisins du Parc", "Transport", "Déplacements", "", "", "Villeurbanne", "69266", "39 77", "", "non", ""],
    ["Régie de quartier", "Ménage", "Ménage, aide à domicile", "", "France", "Lyon", "", "04 72 00 00 02", "", "", ""],
]  # fmt: skip


def sheet(folder, lines, header=HEADER, name="partenaires.csv"):
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows([header, *lines])
    return path


class TestSheetByHand:
    def imported(self, path, **options):
        return import_files(paths=[path], today=TODAY, org="H", **options).as_dict()["files"][0]

    def test_one_line_a_service_makes_structures_and_services(self, tmp_path):
        file = self.imported(sheet(tmp_path, LINES))
        assert (file["kind"], file["records"], file["rejects"], file["warnings"]) == ("partners", 5, [], [])
        visits = Service.objects.select_related("structure").get(nom="Visites")
        assert (visits.needs, visits.zone_eligibilite, visits.frais) == (
            ["company", "shopping"], ["69266", "69"], "gratuit",
        )  # fmt: skip
        assert (visits.telephone, visits.courriel, str(visits.date_maj)) == (
            "+33472000001", "contact@voisins.example", "2026-11-03",
        )  # fmt: skip
        assert visits.structure.nom == "Les Voisins du Parc"
        ride = Service.objects.get(nom="Transport")
        assert (ride.structure_id, ride.telephone, ride.coverage, ride.date_maj) == (
            visits.structure_id, "3977", ["69266"], TODAY,
        )  # fmt: skip
        assert ride.description == "Transport, Les Voisins du Parc"
        assert Service.objects.get(nom="Ménage").needs == ["home_help"]

    def test_the_same_sheet_changes_nothing_and_a_line_taken_out_is_gone(self, tmp_path):
        self.imported(sheet(tmp_path, LINES))
        assert changes_of(self.imported(sheet(tmp_path, LINES))) == (0, 0, 0, 5)
        file = self.imported(sheet(tmp_path, LINES[:2]), departures=Departures.CLOSE)
        assert changes_of(file) == (0, 0, 2, 3)
        assert Structure.objects.get(ended_on=TODAY).nom == "Régie de quartier"

    def test_wrong_cells_are_told_and_wrong_lines_refused(self, tmp_path):
        lines = [
            ["Les Voisins", "Visites", "Compagnie, cirque", "", "Partout", "Villeurbanne", "69266", "voir le site",
             "non communiqué", "", "40/13/2026"],
            ["", "Repas", "Repas", "", "", "Lyon", "", "", "", "", ""],
            ["Les Voisins", "", "Repas", "", "", "Villeurbanne", "69266", "", "", "", ""],
            ["Les Voisins", "Visites", "Repas", "", "", "Villeurbanne", "69266", "", "", "", ""],
        ]  # fmt: skip
        file = self.imported(sheet(tmp_path, lines))
        assert [(one["row"], one["column"], one["value"], one["reason"]) for one in file["warnings"]] == [
            (2, "Besoins", "cirque", "unknown_value"),
            (2, "Courriel", "non communiqué", "invalid_email"),
            (2, "Mis à jour le", "40/13/2026", "unknown_date"),
            (2, "Téléphone", "voir le site", "invalid_phone"),
            (2, "Zone", "Partout", "unknown_place"),
        ]
        assert [(one["row"], one["reason"]) for one in file["rejects"]] == [
            (3, "missing_key"), (4, "missing_key"), (5, "duplicate_key"),
        ]  # fmt: skip
        assert file["records"] == file["accepted"] + file["rejected"] == 5

    def test_a_workbook_says_how_it_was_read(self, tmp_path):
        path = tmp_path / "partenaires.xlsx"
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet("Annuaire")
            for rank, row in enumerate([HEADER, *LINES]):
                page.write_row(rank, 0, row)
        assert look(Given(path))["sheet"] == "Annuaire"
        assert self.imported(path)["created"] == 5


class TestTableOfTheSchema:
    def write(self, path, sheets):
        with xlsxwriter.Workbook(path) as book:
            for name, records in sheets.items():
                page = book.add_worksheet(name)
                titles = sorted({key for record in records for key in record})
                page.write_row(0, 0, titles)
                for rank, record in enumerate(records, start=1):
                    cells = [record.get(key, "") for key in titles]
                    page.write_row(rank, 0, [", ".join(c) if isinstance(c, list) else c for c in cells])

    def test_a_workbook_of_structures_and_services_is_the_json(self, tmp_path):
        document = json.loads((FIXTURES / "erp-utf8" / "partenaires.json").read_text(encoding="utf-8"))
        self.write(tmp_path / "p.xlsx", {"Services": document["services"], "Structures": document["structures"]})
        import_files(paths=[tmp_path / "p.xlsx"], today=TODAY, org="H")
        again = import_files(paths=[FIXTURES / "erp-utf8" / "partenaires.json"], today=TODAY).as_dict()["files"][0]
        assert changes_of(again) == (0, 0, 0, 104)

    def test_lists_as_software_writes_them_and_lines_to_ignore(self, tmp_path):
        StructureFactory(id="x--1", source="x")
        header = ["id", "structure_id", "source", "nom", "description", "date_maj", "thematiques", "zone_eligibilite",
                  "code_insee", "siret", "__ignore__"]  # fmt: skip
        rows = [
            ["x--a", "x--1", "x", "Visites", "Chaque semaine", "2026-10-01", "['remobilisation--lien-social']",
             '["69266", "01004"]', "1004", "", ""],
            ["x--b", "x--1", "x", "Ignoré", "Un brouillon", "2026-10-01", "", "", "", "", "oui"],
            ["x--c", "x--1", "x", "Atelier", "Numérique", "2026-10-01", "inconnue--thematique", "", "", "", ""],
        ]  # fmt: skip
        path = sheet(tmp_path, rows, header=header)
        file = import_files(paths=[path], today=TODAY, org="H").as_dict()["files"][0]
        assert [(one["row"], one["column"], one["value"]) for one in file["rejects"]] == [(4, "thematiques", "x--c")]
        kept = Service.objects.get()
        assert (kept.thematiques, kept.zone_eligibilite, kept.code_insee) == (
            ["remobilisation--lien-social"], ["69266", "01004"], "01004",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (HEADER, BY_HAND),
        (["Organisme", "Action", "CP", "Ville", "Tel"], BY_HAND),
        (["id", "nom", "source", "date_maj"], SCHEMA),
        (["NOM", "PRENOM", "EMAIL", "SERVICE", "AGENCE"], ""),
        (["Association", "Commune", "Téléphone", "Adresse"], ""),
    ],
)
def test_what_is_a_directory(header, kind):
    assert directory_kind(header) == kind
