"""Reading a rule, refusing it, saying it in French. No database."""

import pytest

from bienveille.config.criteria import CRITERIA
from bienveille.engines.audiences.rules import All, InvalidRule, Leaf, Not, codes_of, read_rule, registry, sentence
from bienveille.register.tenants.criteria import AGE

NAMES = {
    "agency": {"LYO": "Agence de Lyon", "STE": "Agence de Saint-Étienne", "SIE": "Siège"},
    "residence": {"0001": "Résidence Joly", "0002": "Les Tilleuls"},
    "commune": {"69123": "Lyon", "69266": "Villeurbanne"},
}


def say(document: object) -> str:
    return sentence(read_rule(document, CRITERIA), NAMES).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"all": []}, "Tous les ménages"),
        ({"age": {"min": 75}}, "Ménages dont une personne a 75 ans ou plus"),
        ({"age": {"max": 25}}, "Ménages dont une personne a 25 ans ou moins"),
        ({"age": {"min": 70, "max": 74}}, "Ménages dont une personne a de 70 à 74 ans"),
        ({"age": {"min": 80, "max": 80}}, "Ménages dont une personne a 80 ans"),
        ({"lives_alone": True}, "Ménages vivant seuls"),
        ({"lives_alone": False}, "Ménages ne vivant pas seuls"),
        ({"agency": ["LYO", "SIE"]}, "Ménages de l’agence de Lyon ou de l’agence Siège"),
        ({"residence": ["0001", "0002"]}, "Ménages de la résidence Joly ou de la résidence Les Tilleuls"),
        ({"commune": "69123"}, "Ménages habitant Lyon"),
        ({"qpv": True}, "Ménages dans un quartier prioritaire"),
        ({"qpv": False}, "Ménages hors quartier prioritaire"),
        ({"language": ["tr", "ar"]}, "Ménages dont une personne parle turc ou arabe"),
        ({"reachable_by": "email"}, "Ménages joignables par courriel"),
        ({"mark": "carer"}, "Ménages dont une personne est aidante"),
        ({"floor_without_lift": {"min": 1}}, "Ménages logés sans ascenseur au 1er étage ou plus haut"),
        ({"disability_declared": False}, "Ménages dont personne n’a déclaré de handicap"),
        (
            {
                "all": [
                    {"age": {"min": 75}},
                    {"agency": "LYO"},
                    {"lives_alone": True},
                    {"reachable_by": "phone"},
                    {"not": {"commune": "69266"}},
                ]
            },
            "Ménages de l’agence de Lyon dont une personne a 75 ans ou plus, vivant seuls, joignables par téléphone,"
            " sauf ceux habitant Villeurbanne",
        ),
        ({"not": {"agency": "STE"}}, "Tous les ménages, sauf ceux de l’agence de Saint-Étienne"),
        ({"not": {"not": {"lives_alone": True}}}, "Ménages vivant seuls"),
        (
            {"all": [{"all": [{"qpv": True}]}, {"lives_alone": True}]},
            "Ménages dans un quartier prioritaire vivant seuls",
        ),
        (
            {"any": [{"lives_alone": True}, {"reachable_by": "email"}]},
            "Ménages soit vivant seuls, soit joignables par courriel",
        ),
        ({"any": [{"lives_alone": True}]}, "Ménages vivant seuls"),
        (
            {"any": [{"all": [{"age": {"min": 75}}, {"lives_alone": True}]}, {"mark": "heat_risk"}]},
            "Ménages soit (dont une personne a 75 ans ou plus et vivant seuls),"
            " soit dont une personne est sensible aux fortes chaleurs",
        ),
        (
            {"not": {"any": [{"lives_alone": True}, {"qpv": True}]}},
            "Tous les ménages, sauf ceux vivant seuls, sauf ceux dans un quartier prioritaire",
        ),
        (
            {"not": {"all": [{"lives_alone": True}, {"qpv": True}]}},
            "Tous les ménages, sauf ceux (vivant seuls et dans un quartier prioritaire)",
        ),
        (
            {"any": [{"lives_alone": True}, {"not": {"qpv": True}}]},
            "Ménages soit vivant seuls, soit autres que ceux dans un quartier prioritaire",
        ),
    ],
)
def test_a_rule_is_said_in_french(document, words):
    assert say(document) == words


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "objet à une seule clé"),
        ([], "objet à une seule clé"),
        ({}, "objet à une seule clé"),
        ({"age": {"min": 75}, "qpv": True}, "objet à une seule clé"),
        ({"agee": {"min": 75}}, "Le critère « agee » est inconnu ; vouliez-vous dire « age » ?"),
        ({"zzz": 1}, "Le critère « zzz » est inconnu ; les critères sont all, any, not, age, agency"),
        ({"all": {"age": {"min": 75}}}, "« all » attend une liste"),
        ({"any": []}, "« any » attend au moins un critère"),
        ({"not": []}, "objet à une seule clé"),
        ({"age": 75}, "Critère « age » : on attend « min », « max » ou les deux."),
        ({"age": {}}, "on attend « min », « max » ou les deux"),
        ({"age": {"least": 75}}, "on attend « min », « max » ou les deux"),
        ({"age": {"min": "75"}}, "on attend un nombre entier entre 0 et 130"),
        ({"age": {"min": True}}, "on attend un nombre entier entre 0 et 130"),
        ({"age": {"min": 131}}, "on attend un nombre entier entre 0 et 130"),
        ({"age": {"min": 80, "max": 70}}, "« min » dépasse « max »"),
        ({"lives_alone": "yes"}, "on attend « true » ou « false »"),
        ({"agency": []}, "on attend un code ou une liste de codes"),
        ({"agency": [12]}, "on attend un code ou une liste de codes"),
        ({"reachable_by": "pigeon"}, "« pigeon » n’est pas reconnu ; on attend phone, email"),
        ({"language": "klingon"}, "« klingon » n’est pas reconnu"),
        ({"mark": "rich"}, "« rich » n’est pas reconnu"),
        ({"floor_without_lift": {"max": 3}}, "l’étage le plus bas"),
        ({"floor_without_lift": {"min": 3, "max": 5}}, "l’étage le plus bas"),
        ({"qpv": 1}, "on attend « true » ou « false »"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(document, message):
    with pytest.raises(InvalidRule) as refusal:
        read_rule(document, CRITERIA)
    assert message in str(refusal.value).replace("\u00a0", " ")


def test_a_rule_too_deep_or_too_long_is_refused():
    deep: object = {"lives_alone": True}
    for _ in range(10):
        deep = {"not": deep}
    with pytest.raises(InvalidRule, match="niveaux"):
        read_rule(deep, CRITERIA)
    with pytest.raises(InvalidRule, match="au plus 100"):
        read_rule({"all": [{"lives_alone": True}] * 101}, CRITERIA)


def test_codes_are_gathered_by_criterion():
    rule = read_rule({"any": [{"agency": "LYO"}, {"not": {"agency": ["STE", "LYO"]}}, {"qpv": True}]}, CRITERIA)
    assert {name: codes for name, (_, codes) in codes_of(rule).items()} == {"agency": {"LYO", "STE"}}


def test_a_rule_keeps_its_shape():
    rule = read_rule({"all": [{"age": {"min": 75}}, {"not": {"lives_alone": True}}]}, CRITERIA)
    assert rule == All((Leaf(AGE, (75, None)), Not(Leaf(CRITERIA["lives_alone"], True))))


def test_two_criteria_may_not_share_a_name():
    with pytest.raises(ValueError, match="age"):
        registry((AGE,), (AGE,))
