"""French sentences of rejects, warnings and refusals; which one applies is decided elsewhere."""

from collections.abc import Mapping

from bienveille.ground.lib.typography import counted

_NBSP = "\u00a0"

ISSUES = {
    "exit_before_entry": "La date de sortie précède la date d’entrée.",
    "unknown_dwelling": "Ce logement n’est pas dans le patrimoine : importez d’abord la liste des logements.",
    "missing_name": "Le nom est absent.",
    "missing_key": "L’identifiant de la ligne est absent ou illisible.",
    "duplicate_key": "Cette ligne reprend un identifiant déjà lu plus haut : seule la première est gardée.",
    "too_few_columns": "La ligne a moins de colonnes que l’en-tête.",
    "too_many_columns": "La ligne a plus de colonnes que l’en-tête : ses cellules sont décalées.",
    "invalid_record": "La fiche ne respecte pas le schéma data·inclusion.",
    "unknown_structure": "La structure de ce service n’est ni dans le fichier ni dans l’annuaire.",
    "own_partner": "Ce partenaire est tenu à la main ici : l’import n’y touche pas.",
    "unknown_place": "Ce lieu n’est pas reconnu : il n’est pas repris.",
    "invalid_phone": "Ce n’est pas un numéro de téléphone français utilisable : il n’est pas repris.",
    "invalid_email": "Ce n’est pas une adresse électronique : elle n’est pas reprise.",
    "phone_remark": "Le numéro est repris, la remarque qui l’accompagne ne l’est pas.",
    "unknown_date": "La date est inconnue ou illisible : elle n’est pas reprise.",
    "impossible_date": "Cette date n’est pas possible : elle n’est pas reprise.",
    "ambiguous_date": "L’année est sur deux chiffres : le siècle a été déduit, vérifiez.",
    "unknown_language": "Cette langue n’est pas reconnue : elle n’est pas reprise.",
    "unknown_value": "Cette valeur n’est pas reconnue : elle n’est pas reprise.",
    "unknown_agency": "Cette agence n’est pas connue : aucun droit n’est donné à cette personne.",
    "role_not_granted": "Ce rôle ne se donne pas par un fichier : accordez-le dans l’application.",
    "lease_conflict": "Cette ligne contredit une autre ligne du même contrat : la première est gardée.",
    "too_long": "Le texte est trop long : il est coupé.",
}

#: What to do about it, in a few words; nothing when there is nothing to do.
ADVICE = {
    "exit_before_entry": "Corriger l’une des deux dates",
    "unknown_dwelling": "Importer d’abord le patrimoine",
    "missing_name": "Compléter le nom",
    "missing_key": "Compléter l’identifiant",
    "duplicate_key": "Garder une seule des deux lignes",
    "too_few_columns": "Regarder les séparateurs de la ligne",
    "too_many_columns": "Regarder les séparateurs de la ligne",
    "invalid_record": "Corriger la fiche chez son éditeur",
    "unknown_structure": "Ajouter la structure au fichier",
    "own_partner": "Corriger la fiche dans « Partenaires »",
    "unknown_place": "Écrire un code INSEE, un numéro de département ou « France »",
    "invalid_phone": "Corriger le numéro",
    "invalid_email": "Corriger l’adresse",
    "phone_remark": "Ranger la remarque ailleurs",
    "unknown_date": "Compléter la date si elle est connue",
    "impossible_date": "Corriger la date",
    "ambiguous_date": "Écrire l’année sur quatre chiffres",
    "unknown_language": "Écrire la langue en toutes lettres",
    "unknown_value": "Corriger la valeur",
    "unknown_agency": "Écrire l’agence comme dans le patrimoine",
    "role_not_granted": "Donner ce rôle dans « Utilisateurs »",
    "lease_conflict": "Corriger l’une des deux lignes",
    "too_long": "Raccourcir le texte",
}

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO 8859-15",
    "cp850": "DOS 850",
    "mac_roman": "Mac Roman",
}
SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre verticale"}

WRONG_FILES = {
    "empty": "le fichier est vide",
    "pdf": "c’est un document PDF, qui ne contient pas de tableau lisible",
    "image": "c’est une image",
    "document": "c’est un document de traitement de texte ou de présentation",
    "archive": "c’est une archive, à décompresser d’abord",
    "binary": "ce n’est ni un texte ni un classeur",
    "html": "c’est une page web ou un fichier XML, souvent nommé .xls par erreur ; enregistrez-la en .xlsx ou en .csv",
    "json": "ce fichier JSON ne contient ni structures ni services",
    "damaged": "le fichier est abîmé ou tronqué",
    "locked": "le classeur est protégé par un mot de passe",
    "too_big": "le fichier, une fois décompressé, est trop gros",
    "no_rows": "le tableau n’a aucune ligne sous ses titres",
    "no_header": "aucune ligne de titres n’y a été trouvée",
    "another_landlord": "{share} % de ses logements ne sont pas dans votre patrimoine ; c’est le fichier d’un autre "
    "bailleur, ou bien importez d’abord la liste des logements",
    "too_few_columns": "le tableau n’a que {columns}",
    "no_sheet": "ce classeur n’a pas de feuille « {sheet} » ; ses feuilles : {sheets}",
    "unclosed_quote": "un guillemet n’est pas refermé vers l’enregistrement {record}",
    "unknown_kind": "ses colonnes ne permettent pas de savoir ce qu’il décrit ({titles})",
    "unreadable": "le fichier ne peut pas être lu ({error})",
}
EXPECTED = (
    "Attendu : un export .csv, .xlsx ou .ods du patrimoine, des locataires, des collaborateurs ou des partenaires avec "
    "sa ligne de titres, ou un fichier .json de partenaires au schéma data·inclusion."
)


def spaced(text: str) -> str:
    """French typography: a no-break space before double signs."""
    for sign in ":;!?»":
        text = text.replace(f" {sign}", f"{_NBSP}{sign}")
    return text.replace("« ", f"«{_NBSP}")


def issue_message(reason: str) -> str:
    """The sentence of a reject or of a warning."""
    return spaced(ISSUES[reason])


def refusal_message(file: str, code: str, detail: Mapping[str, object]) -> str:
    """One sentence: which file, what is wrong with it; then what is expected."""
    expected = "" if code == "another_landlord" else f" {EXPECTED}"
    return spaced(f"« {file} » n’est pas importé : {_fault(code, detail)}.{expected}")


def sheet_message(file: str, sheet: str, code: str, detail: Mapping[str, object]) -> str:
    """One sentence of a sheet that somebody chose and that is no table; then what to do."""
    return spaced(
        f"La feuille « {sheet} » de « {file} » ne peut pas être lue : {_fault(code, detail)}. Choisissez-en une autre."
    )


def _fault(code: str, detail: Mapping[str, object]) -> str:
    values = dict(detail)
    if isinstance(values.get("columns"), int):
        values["columns"] = counted(values["columns"], "colonne")  # type: ignore[arg-type]
    if isinstance(values.get("titles"), list):
        shown = [str(title)[:30] for title in values["titles"][:6]]  # type: ignore[index]
        values["titles"] = ", ".join(shown) + ("…" if len(values["titles"]) > 6 else "")  # type: ignore[arg-type]
    return WRONG_FILES[code].format(**values)


def advice(reason: str) -> str:
    """What to do about a reject or a warning."""
    return spaced(ADVICE[reason])


def dialect(*, kind: str, encoding: str, separator: str, sheet: str, header_line: int) -> str:
    """How a file was understood: its encoding, its separator, where its titles are."""
    if kind == "partners" and not encoding and not sheet:
        return "Fichier JSON au schéma data·inclusion"
    if sheet:
        return spaced(f"Classeur, feuille « {sheet} », titres en ligne {header_line}")
    if not encoding:
        return ""
    words = ENCODINGS.get(encoding) or encoding.upper()
    return f"{words}, {SEPARATORS.get(separator, separator)}, titres en ligne {header_line}"


def size_words(size: int) -> str:
    """12 Ko, 3,4 Mo."""
    if size < 1 << 20:
        return f"{max(1, round(size / 1024))}{_NBSP}Ko"
    return f"{size / (1 << 20):.1f}{_NBSP}Mo".replace(".", ",")
