"""The guard of notes, measured on invented notes: what it must find, what it must leave alone."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bienveille.ground.lib.note_guard import (
    BUILT_IN,
    Family,
    NoteGuard,
    UnreadableEntry,
    check_note,
    check_words,
    fold_words,
)
from bienveille.ground.lib.note_lexicon import EXCEPTIONS, NATIONALITIES, WORDS

# One sensitive word or phrase each, as hurried callers write them.
SENSITIVE = [
    (Family.HEALTH, "Fatiguée par son cancer, ne descend plus"),
    (Family.HEALTH, "début d'Alzheimer d’après sa fille"),
    (Family.HEALTH, "Rentrée de l'hopital mardi, seule"),
    (Family.HEALTH, "DIABÉTIQUE, attention aux repas"),
    (Family.HEALTH, "elle est très déprimée depuis Noël"),
    (Family.HEALTH, "M. est en fauteuil roulant, 3e sans ascenseur"),
    (Family.HEALTH, "pb de coeur, opéré du genou en mars"),
    (Family.HEALTH, "Suivie par un psychiatre"),
    (Family.ADDICTION, "Alcoolique notoire"),
    (Family.ADDICTION, "sent l’alcool à 10 h"),
    (Family.ADDICTION, "Il s'est remis à boire"),
    (Family.ADDICTION, "le fils se drogue dans la cave, toxicomane"),
    (Family.ADDICTION, "fume des joints sur le balcon"),
    (Family.OFFENCES, "Sort de prison"),
    (Family.OFFENCES, "Violence conjugale au 2e, à surveiller"),
    (Family.OFFENCES, "le petit-fils deale dans le hall"),
    (Family.OFFENCES, "A été condamné pour vol"),
    (Family.OFFENCES, "son mari la bat, il frappe ses enfants"),
    (Family.RELIGION, "Musulmane, fait le ramadan"),
    (Family.RELIGION, "Témoin de Jéhovah, refuse"),
    (Family.RELIGION, "Va à la messe le dimanche matin"),
    (Family.RELIGION, "dame voilée, porte le foulard"),
    (Family.ORIGIN, "N’est pas de nationalité française"),
    (Family.ORIGIN, "famille de gitans"),
    (Family.ORIGIN, "l’Algérien du rez-de-chaussée"),
    (Family.ORIGIN, "sans-papiers je pense"),
    (Family.OPINIONS, "Militant CGT, très revendicatif"),
    (Family.OPINIONS, "vote à gauche, ne parle que de ça"),
    (Family.OPINIONS, "tient des propos d'extrême-droite"),
    (Family.INSULTS, "Vieille folle"),
    (Family.INSULTS, "Encore un cas social"),
    (Family.INSULTS, "feignant et menteur"),
    (Family.INSULTS, "Elle est complètement débile"),
    (Family.SEXUAL_LIFE, "homosexuel, vit avec son ami"),
    (Family.SEXUAL_LIFE, "a un amant au 4e"),
    (Family.SEXUAL_LIFE, "Se prostitue d’après la voisine"),
    (Family.THIRD_PARTIES, "Rappeler sa fille au 06 39 98 12 34"),
    (Family.THIRD_PARTIES, "son fils Kévin vit là"),
    (Family.IDENTITY, "sécu 2 41 20 99 000 017 80"),
    (Family.BANK, "RIB FR76 3000 6000 0112 3456 7890 189"),
]

ORDINARY = [
    "Radiateur de la chambre en panne depuis samedi. Ne descend plus faire les courses.",
    "Souhaite être rappelée mardi vers 14 h 30, parle portugais et un peu français.",
    "Sa fille passe le dimanche, elle habite près de la mosquée.",
    "Joint de robinet à changer, fuite sous l’évier, serrure d’origine.",
    "Demande un portage de repas et quelqu’un pour aller à la pharmacie.",
    "Ordures ménagères dans le hall, le local sent mauvais, porte condamnée.",
    "Fils à l’étranger, voisine de gauche à prévenir au 3e droite.",
    "Peur de tomber dans l’escalier, voudrait une rampe et une barre dans la douche.",
    "Le syndic doit passer jeudi. Tension dans le quartier depuis les travaux.",
    "Très contente de l’appel, aime les chats noirs et la cuisine italienne.",
    "Volet roulant bloqué, ampoule grillée sur le palier, minuterie trop courte.",
    "N’a pas compris le courrier sur les charges, aimerait qu’on l’aide à répondre.",
    "Assistée par sa nièce pour les papiers. Nous remercie.",
    "Préfère le téléphone fixe, n’entend pas la sonnette, parler lentement.",
    "Cherche un logement plus petit, avec ascenseur, dans le même quartier.",
    "Appel fait en arabe avec l’aide de sa voisine.",
    "Déménage chez son fils en mars, veut savoir comment donner congé.",
    "S’ennuie le soir, serait heureuse d’une visite chaque semaine.",
    "Chien perdu retrouvé par le gardien. Boîte aux lettres cassée.",
    "Badge invalide, volet grippé, clé détenue par la voisine.",
    "Prière de rappeler après le passage du diagnostiqueur, diagnostic amiante à refaire.",
    "S’est réfugiée chez sa sœur le temps des travaux, fume des cigarettes sur le palier.",
    "Porte arrière bloquée, arriérés de charges à expliquer, ne s’attarde pas au téléphone.",
    "Trop chaud la nuit, n’ose pas ouvrir au rez-de-chaussée.",
]


class TestMeasure:
    def test_at_least_28_in_30_are_found_in_their_family(self):
        missed = [note for family, note in SENSITIVE if family not in {finding.family for finding in check_note(note)}]
        assert len(missed) <= len(SENSITIVE) * 2 / 30, missed

    def test_at_most_2_ordinary_notes_in_10_are_questioned(self):
        alarms = [(note, finding.excerpt) for note in ORDINARY for finding in check_note(note)]
        assert len({note for note, _ in alarms}) <= len(ORDINARY) * 2 / 10, alarms

    def test_every_family_has_examples(self):
        assert {family for family, _ in SENSITIVE} == set(Family)


class TestFindings:
    def test_a_finding_points_to_the_words_and_says_what_to_write(self):
        note = "Ne sort plus. Fatiguée par son CANCER, 4e étage."
        (finding,) = check_note(note)
        assert finding.excerpt == note[finding.start : finding.end] == "CANCER"
        assert finding.family.label == "santé"
        assert finding.advice.startswith("Écrivez le besoin")

    def test_findings_come_in_the_order_of_the_note_and_never_overlap(self):
        findings = check_note("Musulmane, alcoolique, sort de prison, délégué syndical CGT.")
        assert [finding.family for finding in findings] == [
            Family.RELIGION,
            Family.ADDICTION,
            Family.OFFENCES,
            Family.OPINIONS,
            Family.OPINIONS,
        ]
        assert all(one.end <= two.start for one, two in itertools.pairwise(findings))

    def test_words_of_two_families_are_told_once(self):
        (finding,) = check_note("Parle de ses convictions religieuses.")
        assert finding.family == Family.RELIGION

    def test_accents_case_apostrophes_and_no_break_spaces_do_not_hide_a_word(self):
        for note in ("SEROPOSITIF", "séropositive", "va à l’église", "problème\u00a0de\u00a0cœur", "se\u0301ropositif"):
            assert check_note(note), note

    def test_words_inside_other_words_are_left_alone(self):
        assert check_note("Le concierge a le double du badge, rue Cancale, cage d’escalier.") == []

    @pytest.mark.parametrize("note", ["", " ", "OK", "…", "\u0301", "\x00", "İstanbul ß ﬁ", "\u0301\u0301 a"])
    def test_odd_notes(self, note):
        assert check_note(note) == []


class TestExceptions:
    def test_a_landlord_s_own_words_are_left_alone_there_and_only_there(self):
        note = "Résidence du Curé, rue de l’Hôpital. Sortie de l’hôpital hier."
        (finding,) = check_note(note, exceptions=("rue de l'hopital", " "))
        assert finding.start == note.rindex("hôpital")

    def test_an_exception_is_taken_as_words_not_as_a_pattern(self):
        assert check_note("cancer", exceptions=(".*",))

    def test_spaces_and_case_do_not_matter(self):
        assert check_note("Foyer  des JUIFS d’Alsace", exceptions=("foyer des Juifs",)) == []


class TestLandlord:
    """A guard with a landlord's own words and exceptions, without words switched off."""

    def test_their_words_are_found_in_their_family_with_their_inflections(self):
        guard = NoteGuard(words=[(Family.INSULTS, "casquette"), (Family.HEALTH, "zoub*")])
        assert [(one.family, one.entry) for one in guard.check("deux casquettes, zoubinou")] == [
            (Family.INSULTS, "casquette"),
            (Family.HEALTH, "zoub*"),
        ]

    def test_their_exceptions_are_harmless(self):
        assert check_note("Résidence Le Malade")
        assert NoteGuard(exceptions=["residence le malade"]).check("Résidence Le Malade") == []
        assert NoteGuard(exceptions=["residence le malade"]).check("Résidence Le Malade, malade")

    def test_a_word_switched_off_is_silent_and_the_others_are_not(self):
        (finding,) = check_note("Elle est diabétique.")
        guard = NoteGuard(switched_off=[finding.entry])
        assert guard.check("Elle est diabétique.") == []
        assert guard.check("Elle est diabétique, un cancer.")
        assert NoteGuard(switched_off=["numéros"]).check("06 39 98 12 34") == []

    def test_their_words_are_read_as_words(self):
        assert fold_words("  L’Élysée (rouge) ! ") == "l elysee rouge"
        assert fold_words("Cancér*") == "cancer*"
        assert fold_words("ab*") == "ab"
        assert fold_words("[a|b]") == "a b"
        assert fold_words("*") == ""
        assert NoteGuard(words=[(Family.HEALTH, fold_words("l’ivraie"))]).check("de l'ivraie")


class TestSpelling:
    @pytest.mark.parametrize(
        "note",
        ["cirhose", "sclérôze en plaque", "alzeihmer", "épilleptique", "skizophrène", "psichiatre", "emiplégique"],
    )
    def test_a_long_word_is_heard_however_it_is_spelt(self, note):
        assert check_note(note), note

    @pytest.mark.parametrize("note", ["Connaissez-vous", "authentique", "Antilles", "Etienne", "caractérisation"])
    def test_words_that_sound_alike_are_left_alone(self, note):
        assert check_note(note) == []


class TestNames:
    def test_somebody_else_is_named(self):
        for note in ("sa fille Coralie", "le voisin M. Tellier", "Mme Prigent du 3e", "son fils, Kévin"):
            (finding,) = check_note(note)
            assert finding.family == Family.THIRD_PARTIES, note

    def test_a_link_a_street_or_capitals_name_nobody(self):
        for note in ("sa fille passe", "SA FILLE PASSE", "voisine d’en face", "rue du Docteur-Belair", "Mme rappelle"):
            assert check_note(note) == [], note

    def test_a_text_of_the_house_may_name_and_give_a_number(self):
        assert check_words("Rappelez le gardien M. Tellier au 06 39 98 12 34.") == []
        assert check_words("Êtes-vous malade ?")


class TestLexicon:
    def test_every_entry_is_read_once_and_begins_with_a_word(self):
        for listed in (*WORDS.values(), NATIONALITIES, EXCEPTIONS):
            assert len(set(listed)) == len(listed), sorted(one for one in listed if listed.count(one) > 1)
        for entry in [one for listed in WORDS.values() for one in listed if not set(one) & set("[(<#…*.'! ")]:
            assert BUILT_IN.check(f"noter {entry}"), entry

    @pytest.mark.parametrize("entry", ["", "*", "# lots", "é", "[a", "a]b", "… fin"])
    def test_an_entry_that_cannot_be_read_is_refused(self, entry):
        with pytest.raises(UnreadableEntry):
            NoteGuard(words=[(Family.HEALTH, entry)])


@settings(deadline=None)
@given(st.text(max_size=200), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_is_read_and_findings_stay_inside_it(text, exceptions):
    for finding in check_note(text, exceptions):
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.excerpt == text[finding.start : finding.end]


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
@example("12 av", "")
def test_a_sensitive_word_is_found_wherever_it_stands(before, after):
    """Two small words keep it away from the end of a street's name, which would excuse it: « 12 av. Cancer »."""
    assert any(finding.family == Family.HEALTH for finding in check_note(f"{before} a un cancer {after}"))
