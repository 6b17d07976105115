"""French sentences about a ZIP of several exports that cannot be taken: which file of it, what is wrong, what to do."""

MEMBERS = {
    "damaged": "il est abîmé ou tronqué\u00a0: envoyez de nouveau l’archive",
    "locked": "il est protégé par un mot de passe\u00a0: préparez l’archive sans mot de passe",
    "nested": "c’est une archive dans une archive\u00a0: mettez les fichiers directement dans la première",
    "too_big": "décompressée, l’archive est trop grosse\u00a0: envoyez ses fichiers en plusieurs fois",
    "no_plain_file": "ce n’est pas un fichier ordinaire mais un lien\u00a0: mettez le fichier lui-même",
}
ARCHIVES = {
    "damaged": "l’archive est abîmée ou tronquée\u00a0: envoyez-la de nouveau",
    "too_many": "l’archive contient plus de {most} fichiers\u00a0: séparez-la",
    "no_members": "l’archive ne contient aucun fichier",
}


def archive_message(archive: str, code: str, member: str, *, most: int) -> str:
    """One sentence: which archive, which of its files when it is one, what is wrong and what to do."""
    if member:
        return f"«\u00a0{archive}\u00a0» n’est pas importée, à cause de «\u00a0{member}\u00a0»\u00a0: {MEMBERS[code]}."
    return f"«\u00a0{archive}\u00a0» n’est pas importée\u00a0: {ARCHIVES[code].format(most=most)}."
