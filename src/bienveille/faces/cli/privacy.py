"""`privacy`: the register of processing and the draft of the impact assessment, written from what the code declares."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "privacy"
HELP = "écrire le registre des traitements et le projet d’analyse d’impact"
NEEDS_DATABASE = False

HOUSE = Path(__file__).resolve().parents[2]
DECLARED = HOUSE / "config" / "privacy.toml"
REGISTER, ASSESSMENT = "registre-des-traitements.md", "analyse-d-impact.md"
FEARS = {
    "access": "Accès illégitime aux données",
    "change": "Modification non désirée",
    "loss": "Disparition",
    "use": "Emploi au-delà de ce qui est nécessaire",
}
BY_HAND = "*À compléter par le bailleur.*"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DOSSIER", help="où écrire les deux documents (Markdown)")


def run(options: argparse.Namespace) -> int:
    from bienveille.faces.cli.main import given_path

    folder = given_path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


def documents() -> dict[str, str]:
    """Both documents by name; the same for the same declarations."""
    declared = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    return {REGISTER: "\n".join(_register(declared)) + "\n", ASSESSMENT: "\n".join(_assessment(declared)) + "\n"}


def _register(declared: dict[str, Any]) -> Iterator[str]:
    yield "# Registre des traitements (projet)"
    yield ""
    yield "Écrit par `./bienveille privacy` à partir de ce que le logiciel déclare et tient."
    yield "À relire par le délégué à la protection des données, qui le complète et l’adopte (article 30 du RGPD)."
    yield ""
    yield f"- Responsable du traitement, coordonnées\u00a0: {BY_HAND}"
    yield f"- Délégué à la protection des données\u00a0: {BY_HAND}"
    yield f"- Hébergeur, fournisseurs de SMS et de courriels, leurs contrats\u00a0: {BY_HAND}"
    yield "- Transferts hors de l’Union européenne\u00a0: aucun par le logiciel lui-même."
    for rank, one in enumerate(declared["treatment"], start=1):
        yield ""
        yield f"## {rank}. {one['title']}"
        yield ""
        for label, key in (
            ("But", "purpose"),
            ("Base légale proposée", "basis"),
            ("Personnes", "people"),
            ("Données", "data"),
            ("Qui les voit", "recipients"),
            ("Durée", "kept"),
        ):
            yield f"- **{label}\u00a0:** {one[key]}"
        yield ""
        yield "| Table | Fin de ses lignes |"
        yield "|---|---|"
        for table, end in one["tables"].items():
            yield f"| `{table}` | {_in_words(end)} |"


def _in_words(end: str) -> str:
    kind, _, detail = end.partition(":")
    return {
        "purge": f"effacées à leur terme, chaque nuit (`{detail}`)",
        "with": f"avec `{detail}`",
        "nobody": "ne parle d’aucun locataire",
        "staff": f"équipe\u00a0: {detail}",
        "until": f"jusqu’à ce que {detail}",
    }[kind]


def _assessment(declared: dict[str, Any]) -> Iterator[str]:
    yield "# Analyse d’impact relative à la protection des données (projet)"
    yield ""
    yield "Écrit par `./bienveille privacy`. Le suivi social de personnes fragiles par un bailleur demande une analyse"
    yield "d’impact (article 35 du RGPD). Ce projet dit ce que le logiciel fait et ce qui le prouve\u00a0; le bailleur"
    yield "y ajoute son contexte, l’avis du délégué et celui des locataires, puis décide."
    yield ""
    yield "## 1. Contexte"
    yield ""
    yield f"- Périmètre, effectifs, calendrier\u00a0: {BY_HAND}"
    for one in declared["treatment"]:
        yield f"- **{one['title']}.** {one['purpose']} {one['kept']}"
    yield ""
    yield "## 2. Nécessité et proportionnalité"
    yield ""
    yield "| Traitement | Base légale proposée | Données |"
    yield "|---|---|---|"
    for one in declared["treatment"]:
        yield f"| {one['title']} | {one['basis']} | {one['data']} |"
    yield ""
    yield "Ne sont jamais gardés\u00a0: commentaires libres des exports, soldes et paiements, revenus, nationalité,"
    yield "numéros de sécurité sociale, diagnostics. Aucune décision n’est prise par la machine seule\u00a0:"
    yield "elle ordonne une liste, une personne appelle et juge."
    yield ""
    yield "## 3. Risques pour les personnes, et ce qui les retient"
    yield ""
    yield "| Traitement | Ce que l’on craint |"
    yield "|---|---|"
    for one in declared["treatment"]:
        yield f"| {one['title']} | {one['risks']} |"
    for fear, words in FEARS.items():
        yield ""
        yield f"### {words}"
        yield ""
        for measure in declared["measure"]:
            if measure["fear"] == fear:
                proofs = ", ".join(f"`{path}`" for path in measure["proof"])
                yield f"- **{measure['title']}.** {measure['text']} Preuve\u00a0: {proofs}."
        yield f"- Gravité et vraisemblance qui restent, chez nous\u00a0: {BY_HAND}"
    yield ""
    yield "## 4. Avis et décision"
    yield ""
    yield f"- Avis du délégué\u00a0: {BY_HAND}"
    yield f"- Avis des locataires ou de leurs représentants\u00a0: {BY_HAND}"
    yield f"- Décision, date, prochaine relecture\u00a0: {BY_HAND}"
