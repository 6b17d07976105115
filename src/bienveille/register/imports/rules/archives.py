"""French sentences about a ZIP of several exports that cannot be taken: which file of it, what is wrong, what to do."""

from bienveille.ground.lib.typography import spaced

MEMBERS = {
    "damaged": "il est abîmé ou tronqué : envoyez de nouveau l’archive",
    "locked": "il est protégé par un mot de passe : préparez l’archive sans mot de passe",
    "nested": "c’est une archive dans une archive : mettez les fichiers directement dans la première",
    "too_big": "décompressée, l’archive est trop grosse : envoyez ses fichiers en plusieurs fois",
    "no_plain_file": "ce n’est pas un fichier ordinaire mais un lien : mettez le fichier lui-même",
}
ARCHIVES = {
    "damaged": "l’archive est abîmée ou tronquée : envoyez-la de nouveau",
    "too_many": "l’archive contient plus de {most} fichiers : séparez-la",
    "no_members": "l’archive ne contient aucun fichier",
}


def archive_message(archive: str, code: str, member: str, *, most: int) -> str:
    """One sentence: which archive, which of its files when it is one, what is wrong and what to do."""
    if member:
        return spaced(f"« {archive} » n’est pas importée, à cause de « {member} » : {MEMBERS[code]}.")
    return spaced(f"« {archive} » n’est pas importée : {ARCHIVES[code].format(most=most)}.")
