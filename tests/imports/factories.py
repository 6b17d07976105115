"""Small exports of a made-up landlord, written as its software would: rows are dicts, files are CSV."""

import csv
import datetime as dt
from pathlib import Path

from bienveille.register.imports.operations import call, import_files

TODAY = dt.date(2026, 11, 21)
HOME = {
    "CODE_AGENCE": "LYO", "LIB_AGENCE": "Agence de Lyon", "CODE_RESIDENCE": "0001", "NOM_RESIDENCE": "Résidence Un",
    "NATURE": "FAMILIAL", "ADRESSE": "3 rue Haute", "CP": "69005", "COMMUNE": "LYON 5EME", "INSEE": "69385", "QPV": "N",
    "CODE_LOGEMENT": "0001-1", "BAT": "A", "ETAGE": "RDC", "TYPE": "T2", "SURFACE": "40,5", "ASCENSEUR": "O",
    "DPE": "C", "DROIT": "PP",
}  # fmt: skip
TENANT = {
    "N_CONTRAT": "001", "NATURE_CONTRAT": "HABITATION", "CODE_LOGEMENT": "0001-1", "DATE_ENTREE": "01/02/2010",
    "DATE_SORTIE": "", "CIVILITE": "MME", "NOM": "MARTIN", "PRENOM": "Jeanne", "DATE_NAISSANCE": "03/04/1945",
    "ROLE": "TITULAIRE", "SITUATION": "VEUF", "TEL_FIXE": "", "TEL_PORTABLE": "06 85 55 94 31",
    "EMAIL": "jeanne.martin@courriel.example", "LANGUE": "FR", "HANDICAP": "O", "SOLDE": "12,00",
    "COMMENTAIRE": "Ne pas déranger",
}  # fmt: skip
STAFF = {
    "NOM": "DURAND", "PRENOM": "Paul", "EMAIL": "paul.durand@bailleur.example", "SERVICE": "Agence",
    "AGENCE": "Agence de Lyon", "HEURES_SEMAINE": "3,5", "LANGUES": "français/turc", "ROLE": "APPELANT",
}  # fmt: skip


def write_csv(path: Path, rows: list[dict]) -> Path:
    with path.open("w", encoding="cp1252", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


class Landlord:
    """Writes files in a folder and imports them; remembers nothing but the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str, rows: list[dict]) -> Path:
        return write_csv(self.folder / f"{name}.csv", rows)

    def imports(self, *, today=TODAY, homes=None, tenants=None, staff=None, **options):
        given = {"patrimoine": homes, "locataires": tenants, "collaborateurs": staff}
        paths = [self.path(name, rows) for name, rows in given.items() if rows]
        report = import_files(paths=paths, today=today, org="Habitat des Trois Rivières", **options)
        if report.applied:
            assert report.figures["after"] == call._counts(today), "what was added up is not what there is"
        told = report.as_dict()
        return {file["kind"]: file for file in told["files"]} | {"applied": told["applied"]}


def home(code="0001-1", **changes) -> dict:
    return HOME | {"CODE_LOGEMENT": code} | changes


def tenant(**changes) -> dict:
    return TENANT | changes


def changes_of(file: dict) -> tuple[int, int, int, int]:
    return file["created"], file["updated"], file["closed"], file["unchanged"]
