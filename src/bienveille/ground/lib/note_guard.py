"""Finds in a French note what should not be written about a person, and says how to write the need; it never blocks.

The lexicon follows the rules of the CNIL on comment fields (objective, never excessive, nothing sensitive without
consent). It warns the person who writes; it is no proof that a note is clean.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Family(StrEnum):
    HEALTH = "health"
    ADDICTION = "addiction"
    OFFENCES = "offences"
    RELIGION = "religion"
    ORIGIN = "origin"
    OPINIONS = "opinions"
    INSULTS = "insults"
    SEXUAL_LIFE = "sexual_life"

    @property
    def label(self) -> str:
        return _LABELS[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end] == excerpt`; the advice is a French sentence for the writer."""

    start: int
    end: int
    excerpt: str
    family: Family
    advice: str


_LABELS = {
    Family.HEALTH: "santé",
    Family.ADDICTION: "alcool, drogue ou jeu",
    Family.OFFENCES: "infractions, justice",
    Family.RELIGION: "religion",
    Family.ORIGIN: "origine, nationalité",
    Family.OPINIONS: "opinions, syndicat",
    Family.INSULTS: "jugement sur la personne",
    Family.SEXUAL_LIFE: "vie intime",
}

_ADVICE = {
    Family.HEALTH: "Écrivez le besoin, sans la raison : « ne descend plus faire ses courses », « parler lentement ».",
    Family.ADDICTION: "Écrivez le fait utile : « préfère être appelée le matin », « demande une assistante sociale ».",
    Family.OFFENCES: "Écrivez la demande : « souhaite changer de serrure ». En cas de danger, le 17 d’abord.",
    Family.RELIGION: "Écrivez le besoin pratique : « repas sans porc », « ne pas appeler le vendredi midi ».",
    Family.ORIGIN: "Écrivez la langue, si elle aide à se comprendre : « préfère parler portugais ».",
    Family.OPINIONS: "Laissez les opinions de côté : écrivez ce que la personne demande.",
    Family.INSULTS: "Décrivez un fait, sans juger : « a raccroché deux fois », « attend l’ascenseur depuis lundi ».",
    Family.SEXUAL_LIFE: "Laissez la vie intime de côté : écrivez seulement qui peut être appelé, avec son accord.",
}

# Patterns are written without accents, in lower case, with straight apostrophes: notes are folded the same way.
# A word that is also harmless (joint, condamné, étranger, de gauche) is only taken with what makes it personal.
_HEALTH = r"""
    cancer\w* | tumeurs? | leucemie | chimio\w* | radiotherapie | metastases? | alzheimer | parkinson | avc
    infarctus | diabet\w+ | insuline | dialyse\w* | asthm\w+ | epilep\w+ | hypertension
    tension\s+(?:arterielle|trop\s+\w+) | cardiaque\w*
    (?:probleme|maladie|malade|souci|opere\w*)s?\s+(?:de|du|au)\s+(?:coeur|cœur) | sclerose | arthrose | osteoporose
    prothese\w* | vih | sida | seropositi\w+ | hepatite\w* | tuberculose | covid\w*
    (?:la|une|sa)\s+grippe | bronchite\w*
    pneumonie | vaccin\w* | incontinen\w+ | obes\w+ | anorexi\w+ | depressi\w+ | deprimee?s? | burn[- ]?out
    bipolaire\w* | schizo\w* | psychiatr\w+ | psychotique\w* | nevrose\w* | psychologue | antidepresseurs?
    anxiolytiques? | somniferes? | neuroleptiques? | demen(?:ce|t|te|ts|tes) | senile\w* | desorientee?s?
    perd\s+(?:un\s+peu\s+)?la\s+(?:tete|memoire) | perte\s+de\s+memoire | n'a\s+plus\s+toute\s+sa\s+tete
    trous\s+de\s+memoire
    troubles?\s+(?:de\s+la\s+memoire|psy\w*|mentaux|mental|cognitifs?|du\s+comportement|alimentaires?|bipolaires?)
    suicid\w* | idees\s+noires | envie\s+de\s+mourir | veut\s+mourir | malad(?:e|es|ie|ies)(?!\s+professionnel)
    soignee?s?\s+pour | sous\s+traitement | (?:son|un|leur)\s+traitement | traitement\s+medical | hospitalis\w+
    hopital | urgences\s+(?:de|du|a\s+l) | (?:s'est\s+fait|se\s+fait|va\s+se\s+faire)\s+operer
    operee?s?\s+(?:de|du|des|a|la|le|il) | chirurgi\w+ | handicap\w* | fauteuil\s+roulant
    (?<!badge\s)(?<!code\s)(?<!carte\s)invalid\w+ | paralys\w+ | ampute\w* | infirme\w* | trisomi\w+ | autis\w+
    (?<!bruit\s)(?<!coup\s)sourd(?:e|s|es)? | surdite | malentendant\w* | (?<!mur\s)(?<!facade\s)aveugles?
    malvoyant\w* | (?:est|tombee?|etait|femme)\s+enceinte | fausse[- ]couche | ivg | diagnostiquee?s? | patholog\w+
    symptom\w+ | ordonnance\w* | infirmi(?:er|ere|ers|eres) | ehpad | sante\s+(?:fragile|mentale)
    (?:problemes?|soucis?|ennuis?)\s+de\s+sante
"""
_ADDICTION = r"""
    alcool\w* | ethyli\w+ | cirrhose | ivres? | ivrogne\w* | saoule?s? | soule?s?
    bourree?s?\s+(?:au|quand|des|comme|hier|ce) | (?:est|etait|semble|semblait|completement)\s+bourree?s?
    (?:boit|buvait|bu)\s+(?:trop|beaucoup|des\s+le\s+matin|toute\s+la\s+journee|en\s+cachette|de\s+la\s+biere|du\s+vin)
    (?:remise?|met|mise?)\s+a\s+boire | problemes?\s+(?:de|avec\s+la)\s+boisson | porte\s+sur\s+la\s+boisson
    drogu\w+ | drogues? | toxico\w* | toxicomani\w* | stupefiants? | cannabis | shit | cocaine | crack | methadone
    subutex | heroinomane\w* | (?:prend|de\s+l|a\s+l)'?\s*heroine
    fume\w*\s+(?:des|du|un|trop\s+de)\s+(?:joints?|petards?|shit|cannabis) | fume\w*\s+de\s+l'herbe | addict\w*
    accro\s+(?:a|au|aux)\b | desintox\w* | cure\s+de\s+(?:desintox\w*|sevrage) | sevrage
    (?:jeux\s+d'argent|joueur\s+compulsif|joue\s+tout\s+son)
"""
_OFFENCES = r"""
    prisons? | prisonni\w+ | incarcer\w+ | detenue?s?(?!\s+par) | detention | emprisonn\w+ | taulard\w*
    garde\s+a\s+vue | casier\s+judiciaire | repris\s+de\s+justice | delinquan\w+ | criminel\w* | delits?
    bracelet\s+electronique | condamnee?s?\s+(?:pour|a\s+(?:de\s+la|du|six|un|une|deux|trois|\d))
    (?:deja|ete)\s+condamnee?s? | avec\s+sursis | mise?s?\s+en\s+examen | interpellee?s?\s+par\s+(?:la|les)
    arretee?s?\s+par\s+la\s+police | connue?s?\s+(?:de|des\s+services\s+de)\s+(?:la\s+)?police | dealers? | deale
    dealait | trafi(?:c|quant)s? | fraud\w+ | escro\w+ | travaill\w+\s+(?:au\s+noir|au\s+black)
    (?:a|ont|avait)\s+vole\b | voleurs? | voleuses? | cambriol(?:eur|euse)s? | recel\w*
    violences?\s+(?:conjugales?|familiales?|domestiques?) | conjoint\s+violent | mari\s+violent
    (?:bat|battait|frappe|frappait|tape|cogne)\s+(?:sa|son|ses|la|les)\s+(?:femme|mari|enfants?|mere|pere|compagne|compagnon|fils|fille|gamins?|gosses?)
    violeurs? | viol | violee?s? | pedophil\w+ | agress(?:eur|eurs|ait)\b | a\s+agresse | terroris\w+ | radicalis\w+
"""
_RELIGION = r"""
    musulman\w* | islam\w* | coran | ramadan | aid\s+el | halal | casher | kasher | hallal | imam
    catho(?:s|lique|liques)? | chretien\w* | protestant\w* | evangeli\w+ | orthodoxes? | juif\w* | juives?
    judai\w+ | israelites? | bouddhi\w+ | hindou\w* | temoins?\s+de\s+jehovah | mormons? | sectes? | athees?
    (?<!cote\sde\sla\s)(?<!pres\sde\sla\s)(?<!rue\sde\sla\s)(?:mosquee|synagogue)
    (?:va|aller|allait)\s+a\s+l'eglise | messe | pratiquante?s? | croyante?s? | religi(?:on|ons|eux|euse|euses)
    prieres?(?!\s+d) | rabbin | (?:le|notre|son)\s+cure\b(?!\s+d) | (?:femme|est|fille|mere|fort)\s+voilee?s?
    porte\s+(?:le|un|son)\s+(?:voile|foulard|hijab|niqab|kippa) | hijab | niqab | kippa | burqa
"""
_NATIONALITIES = r"""
    arabes? | maghrebin\w* | beurs? | algerien\w* | marocain\w* | tunisien\w* | kabyles? | berberes? | africain\w*
    malien\w* | senegalais\w* | ivoirien\w* | camerounais\w* | congolais\w* | guineen\w* | comorien\w* | malgaches?
    mahorais\w* | nigerian\w* | ethiopien\w* | erythreen\w* | soudanais\w* | somalien\w* | egyptien\w* | libanais\w*
    syrien\w* | irakien\w* | iranien\w* | afghan\w* | pakistanais\w* | indien\w* | sri[- ]lankais\w* | tamouls?
    bangladais\w* | turcs? | turques? | kurdes? | armenien\w* | georgien\w* | tchetchenes? | russes? | ukrainien\w*
    roumain\w* | bulgares? | albanais\w* | kosovar\w* | serbes? | polonais\w* | portugais\w* | espagnols?
    espagnoles? | italien\w* | chinois\w* | vietnamien\w* | cambodgien\w* | asiatiques? | haitien\w* | antillais\w*
    guadeloupeen\w* | bresilien\w* | latinos?
"""
_ORIGIN = r"""
    nationalite\w* | n'est\s+pas\s+(?:une?\s+)?(?:vraie?\s+)?francaise? | pas\s+d'ici
    (?<!a\sl')etrang(?:er|ere|ers|eres)(?!\s+(?:a|au|aux)\b) | immigr\w+ | migrants? | migrantes? | clandestin\w*
    sans[- ]papiers? | titre\s+de\s+sejour | carte\s+de\s+sejour | oqtf
    (?<!s'est\s)(?<!etait\s)refugiee?s?(?!\s+chez) | demandeur\w*\s+d'asile | naturalis\w+ | d'origine\s+etrangere
    origines?\s+ethniques? | ethnies? | gitane?s? | roms? | tsiganes? | tziganes? | manouches? | romanichel\w*
    gens\s+du\s+voyage
    (?:un|une|des|les|homme|femme|famille|gens|personne|peau|couleur|mere|pere)\s+noire?s?\b(?!\s+(?:sur|et\s+blanc))
    renois? | negres? | blacks? | rebeus? | de\s+couleur\b(?=\s*(?:$|[.,;])) | peau\s+(?:mate|foncee|noire|blanche)
    (?:sa|leur|sale)\s+race | race\s+(?:noire|blanche|jaune) | metisse?s?
"""
_OPINIONS = r"""
    (?:vote|votait|votent|voter)\s+(?:rn|fn|front|le\s+pen|macron|melenchon|communiste|ecolo\w*|blanc|extreme)
    (?:vote|opinions?|idees|tres|electeur|electrice)\s+(?:a|de)\s+(?:gauche|droite) | extreme[- ](?:droite|gauche)
    (?:opinions?|idees|convictions?)\s+(?:politiques?|religieuses?|syndicales?) | politiquement
    engagement\s+politique | communistes? | socialistes? | fascistes? | fachos? | frontistes? | lepenistes?
    macronistes? | melenchonistes? | gauchistes? | gaullistes? | royalistes? | anarchistes? | anar | trotskistes?
    nationalistes? | ecolos? | complotistes? | antivax | anti[- ]vaccins? | syndiquee?s? | syndicalistes?
    delegue\w*\s+syndical\w* | cgt | cfdt | militante?s?(?!\s+associati) | gilets?\s+jaunes? | racistes?
    xenophobes? | sympathisante?s? | (?:membre|adherente?|encartee?)\s+(?:du|d'un|au)\s+(?:parti|syndicat)
"""
_INSULTS = r"""
    cons? | connes? | connards? | connass\w+ | salopes? | salauds? | salop\w* | putes? | putain | encul\w+
    batards? | emmerd\w+ | chiante?s? | casse[- ]couilles? | casse[- ]pieds? | idiote?s? | imbecil\w+ | debil\w+
    cretin\w* | abruti\w* | taree?s? | cinglee?s?
    (?:est|etait|devient|completement|un\s+peu|une|un|vieille|vieux|rend)\s+(?:fou|folle|dingue|barge|timbree?|toquee?|givree?)\b(?!\s+de\s+joie)
    bete\s+(?:comme|a\s+manger) | pas\s+(?:tres\s+)?(?:fute|futee|intelligente?|maligne?|malin)\b | stupides?
    attardee?s?\s+mental\w* | menteu(?:r|rs|se|ses) | feignant\w* | feignass\w+ | faineant\w*
    paresseu(?:x|se|ses) | flemmard\w* | bon(?:ne)?\s+a\s+rien | profiteu(?:r|rs|se|ses) | cas\s+soc\w* | cassos
    (?:un|une|des|ces)\s+assistee?s?\b(?!\s+(?:par|d)) | parasites?\s+de | crasseu(?:x|se|ses) | clodos?
    clochard\w*
    (?:elle|il|monsieur|madame|mme|m\.|locataire)\s+(?:pue|sent\s+mauvais|est\s+(?:tres\s+)?sale|ne\s+se\s+lave\s+pas)
    hysterique\w* | parano\w* | caracteriel\w* | hargneu(?:x|se) | megeres? | harpies? | sorciere | vipere
    vieille\s+(?:bique|peau|chouette|carne) | vieux\s+(?:schnock|grincheux|debris)
    pauvre\s+(?:type|fille|mec|folle) | racaill\w* | voyous? | mauvaise\s+foi | ingerables? | insupportables?
    raleu(?:r|rs|se|ses) | chieu(?:r|se) | manipulat(?:eur|rice)s? | pervers\w* | radins? | alcoolo
"""
_SEXUAL_LIFE = r"""
    homos? | homosexu\w+ | gays? | lesbien\w* | bisexu\w+ | transgenres? | transsexu\w+ | travestis? | pedes? | pd
    gouines? | tapettes? | sexu\w+ | prostitu\w+ | escort[- ]?girl | echangistes? | libertin\w* | couche\s+avec
    amants? | (?:sa|une|avec\s+sa)\s+maitresse(?!\s+d') | trompe\s+(?:sa|son|ses) | infidel\w+ | adulter\w+
    coureu(?:r|se)\s+de | nymphomane\w* | impuissante?s?
    (?:vit|couple|menage)\s+(?:a\s+trois|avec\s+un\s+autre\s+homme|avec\s+une\s+autre\s+femme)
    vie\s+(?:intime|sentimentale|amoureuse)
"""


def _compiled(pattern: str) -> re.Pattern[str]:
    """One alternation of whole words: each line holds alternatives, as does each ` | `."""
    lines = [line.strip() for line in pattern.strip().splitlines()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(line.replace(' | ', '|') for line in lines)})(?!\w)")


_PATTERNS = (
    (Family.SEXUAL_LIFE, _compiled(_SEXUAL_LIFE)),
    (Family.OFFENCES, _compiled(_OFFENCES)),
    (Family.ADDICTION, _compiled(_ADDICTION)),
    (Family.RELIGION, _compiled(_RELIGION)),
    (Family.ORIGIN, _compiled(_ORIGIN)),
    (Family.ORIGIN, _compiled(_NATIONALITIES)),
    (Family.OPINIONS, _compiled(_OPINIONS)),
    (Family.INSULTS, _compiled(_INSULTS)),
    (Family.HEALTH, _compiled(_HEALTH)),
)
# « parle un peu arabe », « en turc », « restaurant chinois »: a language or a shop, not an origin.
_BEFORE_A_LANGUAGE = re.compile(
    r"(?:\b(?:parl|compr)\w*\b[\w', ]{0,24}"
    r"|\b(?:langue|interprete|traduct\w*|restaurant|epicerie|cuisine|repas|plats?)\b[\w' ]{0,6}"
    r"|\ben )$"
)


def check_note(text: str, exceptions: Iterable[str] = ()) -> list[Finding]:
    """What to write otherwise, in the order of the note; `exceptions` are a landlord's own words that are harmless.

    An exception covers what lies inside it: with « rue de la Mosquée », the same word elsewhere is still found.
    """
    folded, places = _fold(text)
    covered = [
        (match.start(), match.end())
        for exception in exceptions
        if exception.strip()
        for match in re.finditer(_exception_pattern(exception), folded)
    ]
    found: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for family, pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            start, end = match.span()
            if any(first <= start and end <= last for first, last in covered):
                continue
            if pattern is _NATIONALITY and _BEFORE_A_LANGUAGE.search(folded[:start]):
                continue
            if any(start < known_end and known_start < end for known_start, known_end in taken):
                continue  # already found, in a family that comes first
            taken.append((start, end))
            first, last = places[start], places[end - 1] + 1
            while last < len(text) and unicodedata.combining(text[last]):
                last += 1
            found.append(Finding(first, last, text[first:last], family, _ADVICE[family]))
    return sorted(found, key=lambda one: one.start)


_NATIONALITY = _PATTERNS[5][1]


@lru_cache(maxsize=256)
def _exception_pattern(exception: str) -> re.Pattern[str]:
    words = map(re.escape, _fold(exception)[0].split())
    return re.compile(rf"(?<!\w){r'\s+'.join(words)}(?!\w)")


def _fold(text: str) -> tuple[str, list[int]]:
    """Lower case without accents, and the place in the text of each character kept."""
    kept = [(_folded(character), place) for place, character in enumerate(text) if not unicodedata.combining(character)]
    return "".join(character for character, _ in kept), [place for _, place in kept]


@lru_cache(maxsize=1024)
def _folded(character: str) -> str:
    """One character for one."""
    if character in "’ʼ`´":
        return "'"
    if character.isspace():
        return " "
    base = unicodedata.normalize("NFD", character)[0].lower()
    return base if len(base) == 1 else character
