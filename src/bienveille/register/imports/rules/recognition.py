"""What a file describes and what each of its columns holds, from their titles alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bienveille.ground.lib.words import plain
from bienveille.register.imports.rules import rpls

HOUSING, TENANTS, STAFF, PARTNERS = "housing", "tenants", "staff", "partners"
IN_ORDER = (HOUSING, TENANTS, STAFF, PARTNERS)


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields a kind of file may hold: their usual titles, and sets of fields of which one must be there in full."""

    titles: Mapping[str, str]  # field → titles, separated by " | "
    required: tuple[frozenset[str], ...]
    several: frozenset[str] = frozenset()  # fields that may fill several columns


_DISABILITY = "handicap | situation de handicap | handicape | pmr | mobilite reduite"

# Titles seen in exports of French property-management software, RPLS and hand-made sheets. Compared without
# accents, case or punctuation, so "N° logement", "NO_LOGEMENT" and "no logement" are one.
LAYOUTS = {
    HOUSING: Layout(
        titles={
            "agency_code": "code agence | agence code | cod agence | cd agence | id agence | ref agence | no agence | "
            "n agence | identges",
            "agency_name": "lib agence | libelle agence | nom agence | agence | agence lib | agence de gestion | "
            "direction territoriale",
            "residence_code": "code residence | code programme | code groupe | code ensemble | no residence | "
            "n residence | ref residence | id residence | cod residence | code resid | groupe | programme | "
            "n programme | no programme | esi | code esi | ug groupe | identifiant residence",
            "residence_name": "nom residence | residence | lib residence | libelle residence | nom programme | "
            "libelle programme | nom groupe | libelle groupe | nom de la residence | ensemble immobilier | nom resid",
            "residence_kind": "nature | nature residence | type residence | type de residence | categorie residence",
            "address": "adresse | adresse residence | adresse 1 | adresse1 | voie | libelle voie | adr | rue | "
            "adresse logement | adresse du logement | adresse complete",
            "postal_code": "cp | code postal | codepostal | code post | cod postal | cpostal",
            "commune": "commune | ville | libcom | nom commune | libelle commune | localite | nom ville",
            "insee": "insee | code insee | code commune | depcom | codeinsee | cog | code insee commune",
            "qpv": "qpv | en qpv | quartier prioritaire | zus | code qpv | qpv o n",
            "halls": "nb halls | nombre de halls | halls | nb hall | nb entrees | nombre d entrees",
            "dwelling_code": "code logement | n logement | no logement | num logement | numero logement | "
            "numero de logement | ref logement | reference logement | identifiant logement | id logement | "
            "cod logement | ident int | code lot | n lot | no lot | ug | code ug | n ug | unite de gestion | "
            "code unite | n unite | code local | reference lot | ref lot | refloc | ref logt | code logt | n logt",
            "rpls_id": "rpls | ident rep | identifiant rpls | n rpls | no rpls | code rpls",
            "building": "bat | batiment | code batiment | code bat | n batiment | bat code",
            "staircase": "esc | escalier | cage | cage escalier | montee",
            "floor": "etage | niveau | etg | n etage",
            "door": "porte | numappt | n porte | no porte | appartement | n appartement | appt | no appartement",
            "type": "type | type logement | typologie | type de logement | t | nature logement | typo | type logt",
            "surface": "surface | surfhab | surface habitable | surf | surface hab | shab | surface m2",
            "financing": "financement | finan | type financement | mode financement | code financement",
            "lift": "ascenseur | asc | presence ascenseur | ascenseur o n",
            "dpe": "dpe | dpeenergie | classe energie | etiquette energie | dpe energie | classe dpe | etiquette dpe",
            "ownership": "droit | propriete | mode de detention | regime | detention",
            "built_in": "annee construction | annee de construction | construct | annee achevement | date construction",
            "accessible": "pmr | accessible pmr | accessibilite | logement accessible | accessible",
            "latitude": "latitude | lat | coord lat",
            "longitude": "longitude | lon | lng | long | coord lon",
            "x": "x | coord x | x lambert 93 | x l93 | x lambert",
            "y": "y | coord y | y lambert 93 | y l93 | y lambert",
            "epsg": "epsg | code epsg | projection",
        },
        required=(frozenset({"dwelling_code", "residence_code"}), frozenset({"dwelling_code", "residence_name"})),
    ),
    TENANTS: Layout(
        titles={
            "lease_number": "n contrat | no contrat | num contrat | numero contrat | numero de contrat | contrat | "
            "code contrat | ref contrat | reference contrat | id contrat | n bail | no bail | bail | numero bail | "
            "num bail | ref bail | identifiant contrat | identifiant bail | n dossier | n locataire | no locataire | "
            "code locataire | numero locataire | ref locataire | code client | n client | no client | n compte",
            "lease_kind": "nature contrat | nature du contrat | type contrat | type de contrat | nature bail | "
            "type bail | type de bail | usage | nature du bail | nature lot | type lot",
            "dwelling_code": "code logement | n logement | no logement | num logement | numero logement | "
            "numero de logement | ref logement | reference logement | identifiant logement | id logement | "
            "cod logement | ident int | code lot | n lot | no lot | ug | code ug | n ug | unite de gestion | "
            "code unite | n unite | code local | reference lot | ref lot | refloc | ref logt | code logt | n logt | "
            "logement",
            "entry": "date entree | dt entree | entree | date d entree | date debut | date debut bail | debut bail | "
            "date effet | date d effet | entre le | date entree lieux | date bail | date debut contrat | dat entree",
            "exit": "date sortie | dt sortie | sortie | date de sortie | date fin | date fin bail | fin bail | "
            "sorti le | date fin contrat | date depart | date de depart | dat sortie | date resiliation",
            "title": "civilite | civ | titre | code civilite | politesse",
            "last_name": "nom | nom locataire | nom du locataire | nom de famille | nom usage | nom d usage | "
            "nom occupant | nom personne | locataire | nom titulaire | patronyme | nom prenom | nom et prenom | "
            "nom prenoms | nom client",
            "first_name": "prenom | prenoms | prenom locataire | prenom du locataire | prenom occupant | "
            "prenom personne | prenom titulaire",
            "birth_date": "date naissance | date de naissance | dt naissance | dt naiss | naissance | ne e le | "
            "ne le | nee le | ddn | date naiss | dat naiss | datenaissance",
            "role": "role | qualite | type occupant | statut occupant | lien | lien locataire | position | "
            "qualite occupant | titulaire",
            "marital_status": "situation | situation familiale | sit fam | situation matrimoniale | situation fam | "
            "etat civil | statut matrimonial",
            "phone": "tel | telephone | tel fixe | telephone fixe | tel portable | telephone portable | portable | "
            "mobile | gsm | tel mobile | telephone mobile | tel 1 | tel 2 | tel1 | tel2 | telephone 1 | telephone 2 | "
            "tel domicile | telephone domicile | fixe | n telephone | no telephone | numero de telephone | tel dom | "
            "tel port | portable 1 | portable 2 | tel bureau | tel travail | tel 3 | telephone 3 | n de telephone",
            "email": "email | e mail | mail | courriel | adresse mail | adresse email | adresse electronique | mel | "
            "adresse e mail | mail 1 | mail 2 | email 1 | email 2 | adresse courriel",
            "language": "langue | langues | langue parlee | langue maternelle | langues parlees | lang",
            "disability": _DISABILITY,
        },
        required=(frozenset({"lease_number", "last_name", "dwelling_code"}),),
        several=frozenset({"phone", "email"}),
    ),
    STAFF: Layout(
        titles={
            "last_name": "nom | nom de famille | nom collaborateur | nom agent | nom salarie",
            "first_name": "prenom | prenom collaborateur | prenom agent | prenom salarie",
            "email": "email | e mail | mail | courriel | adresse mail | adresse email | adresse electronique | "
            "mail professionnel | email professionnel",
            "service": "service | direction | departement | pole | equipe | fonction",
            "agency": "agence | lib agence | libelle agence | nom agence | code agence | site | rattachement | "
            "agence de rattachement",
            "hours": "heures semaine | heures par semaine | heures hebdo | heures | nb heures | disponibilite | "
            "temps disponible | heures hebdomadaires | h semaine",
            "languages": "langues | langue | langues parlees | langue parlee",
            "covers": "agences | agences couvertes | agences d appel | agences appelees | appelle pour",
            "skills": "competences | competence | savoir faire | atouts",
            "role": "role | profil | mission | fonction campagne | role campagne",
            "phone": "tel | telephone | portable | mobile | tel professionnel | tel pro",
        },
        required=(
            frozenset({"last_name", "email", "role"}),
            frozenset({"last_name", "email", "hours"}),
            frozenset({"last_name", "email", "service"}),
        ),
    ),
}
#: The landlord's own declaration to the national directory describes homes too, by columns of its own.
RPLS = Layout(titles=rpls.TITLES, required=(frozenset({"rpls_id"}), frozenset({"dwelling_code"})))
# Columns known and left aside on purpose: nothing of them is read, kept or shown, unless a profile asks.
IGNORED = {
    HOUSING: "loyer | loyerprinc | loyer principal | charges | provision charges | commentaire | commentaires | "
    "observations | remarque | remarques",
    TENANTS: "solde | solde compte | solde client | impaye | dette | paiement | mode de paiement | mode paiement | "
    "mode reglement | iban | rib | bic | commentaire | commentaires | observation | observations | remarque | "
    "remarques | note | notes | nationalite | revenus | rfr | ressources | loyer | csp | profession | employeur | "
    "lieu de naissance | lieu naissance | nir | n securite sociale | numero securite sociale | " + _DISABILITY,
    STAFF: "commentaire | commentaires | observations | remarque | remarques | matricule",
}


def _split(titles: str) -> list[str]:
    return [title.strip() for title in titles.split("|")]


_FIELD_BY_TITLE = {
    kind: {title: name for name, titles in layout.titles.items() for title in _split(titles)}
    for kind, layout in LAYOUTS.items()
}
_IGNORED_TITLES = {kind: frozenset(_split(titles)) for kind, titles in IGNORED.items()}
_RPLS_BY_TITLE = {title: name for name, titles in RPLS.titles.items() for title in _split(titles)}
_ALL_TITLES = frozenset(title for titles in (*_FIELD_BY_TITLE.values(), _RPLS_BY_TITLE) for title in titles)


@dataclass(slots=True)
class ColumnMap:
    """How the columns of one file were understood: positions by field, and the titles of each group."""

    kind: str
    positions: dict[str, list[int]] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    declaration: bool = False  # homes as the national directory asks for them (RPLS)

    def title(self, name: str) -> str:
        """The file's own title of a field, or its usual one when the file has no such column."""
        titles = self.titles.get(name)
        return titles[0] if titles else ""


def is_title(cell: str) -> bool:
    """True when a cell names a column of some kind of file."""
    return plain(cell) in _ALL_TITLES


type Chosen = Mapping[str, Mapping[str, str]]  # kind → title without accents or case → field, "" to leave it aside


def recognise(header: Sequence[str], *, chosen: Chosen | None = None, kind: str = "") -> ColumnMap | None:
    """The kind of file and its columns, or None when no kind fits: the one with the most columns understood.

    `chosen`: what somebody said of some columns, which wins over the usual titles; `kind`: what somebody said it is.
    """
    best: ColumnMap | None = None
    for name in LAYOUTS:
        if kind and name != kind:
            continue
        mapping = map_columns(name, header, (chosen or {}).get(name, {}))
        if not any(required <= mapping.positions.keys() for required in layout_of(name, header).required):
            continue
        if best is None or len(mapping.positions) > len(best.positions):
            best = mapping
    return best


def layout_of(kind: str, header: Sequence[str]) -> Layout:
    """The fields of a file of that kind: those of the directory for a declaration, which names no residence."""
    if kind != HOUSING or not rpls.is_rpls(header):
        return LAYOUTS[kind]
    named = {_FIELD_BY_TITLE[HOUSING].get(plain(title)) for title in header}
    return LAYOUTS[kind] if named & {"residence_code", "residence_name"} else RPLS


def is_left_aside(kind: str, title: str) -> bool:
    """Whether a column of that title is never given to a field, whoever asks."""
    words = plain(title)
    return words in _IGNORED_TITLES.get(kind, ()) and words not in _FIELD_BY_TITLE.get(kind, {})


def map_columns(kind: str, header: Sequence[str], chosen: Mapping[str, str]) -> ColumnMap:
    """What each column of a file of that kind becomes; required fields may be missing."""
    layout = layout_of(kind, header)
    by_title = _RPLS_BY_TITLE if layout is RPLS else _FIELD_BY_TITLE[kind]
    aside = rpls.is_aside if layout is RPLS else lambda title: is_left_aside(kind, title)
    mapping = ColumnMap(kind, declaration=layout is RPLS)
    fields: dict[int, str] = {}
    taken: set[str] = set()
    for first in (True, False):  # columns that somebody chose, then those known by their titles
        for position, title in enumerate(header):
            words = plain(title)
            if not title or position in fields or aside(title) or (first and words not in chosen):
                continue
            name = chosen[words] if first else by_title.get(words, "")
            if name not in layout.titles or (name in taken and name not in layout.several):
                name = ""
            if first or name:
                fields[position] = name
                taken.add(name)
    for position, title in enumerate(header):
        if not title:
            continue
        name = fields.get(position, "")
        if plain(title) in _IGNORED_TITLES[kind] or (layout is RPLS and aside(title)):
            mapping.ignored.append(title)
        elif not name:
            mapping.unknown.append(title)
        if name:
            mapping.positions.setdefault(name, []).append(position)
            mapping.titles.setdefault(name, []).append(title)
    return mapping
