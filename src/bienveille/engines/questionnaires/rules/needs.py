"""Which services of the data·inclusion directory answer each need; the directory itself is elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..choices import Need


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """Any of these thematiques; and, when types are named, any of these types."""

    thematiques: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


# Codes of the data·inclusion schema v1. An empty match means: the landlord itself answers this need.
# The schema has no code for meals brought home: it files them under food and home help, as material aid.
NEED_THEMATIQUES: dict[Need, ServiceMatch] = {
    Need.MEALS: ServiceMatch(
        ("equipement-et-alimentation--alimentation", "equipement-et-alimentation--aide-menagere"),
        ("aide-materielle",),
    ),
    Need.SHOPPING: ServiceMatch(
        ("equipement-et-alimentation--alimentation", "equipement-et-alimentation--aide-menagere"),
        ("aide-materielle", "accompagnement"),
    ),
    Need.MEDICINES: ServiceMatch(("sante--acces-aux-soins",)),
    Need.COMPANY: ServiceMatch(("remobilisation--lien-social",)),
    Need.HOME_HELP: ServiceMatch(
        ("equipement-et-alimentation--aide-menagere", "famille--prise-en-charge-personne-dependante")
    ),
    Need.HEATING: ServiceMatch(),
    Need.COOLING: ServiceMatch(),
    Need.HOME_REPAIR: ServiceMatch(),
    Need.LIFT: ServiceMatch(),
    Need.MOBILITY: ServiceMatch(
        (
            "mobilite--etre-accompagne-dans-son-parcours-mobilite",
            "mobilite--mobilite-douce-partagee-collective",
        )
    ),
    Need.PAPERWORK: ServiceMatch(
        (
            "difficultes-administratives-ou-juridiques--accompagnement-aux-demarches-administratives",
            "difficultes-administratives-ou-juridiques--accompagnement-pour-lacces-aux-droits",
        )
    ),
    Need.RENT: ServiceMatch(
        (
            "logement-hebergement--reduire-les-impayes-de-loyer",
            "logement-hebergement--se-maintenir-dans-le-logement",
            "difficultes-financieres--ameliorer-sa-gestion-budgetaire",
            "difficultes-financieres--prevenir-une-degradation-de-la-situation-financiere",
            "difficultes-financieres--situation-dendettement-surendettement",
        )
    ),
    Need.DIGITAL: ServiceMatch(
        (
            "numerique--acceder-a-des-services-en-ligne",
            "numerique--acceder-a-une-connexion-internet",
            "numerique--acquerir-un-equipement",
            "numerique--maitriser-les-fondamentaux-du-numerique",
        )
    ),
    Need.CARER_RELIEF: ServiceMatch(("famille--soutien-aidants",)),
    Need.HOUSING: ServiceMatch(("logement-hebergement--changer-de-logement",)),
}


def services_for(needs: Iterable[str]) -> dict[Need, ServiceMatch]:
    """The matches of these needs, in the order of the grid; an unknown need is left out."""
    wanted = set(needs)
    return {need: match for need, match in NEED_THEMATIQUES.items() if need.value in wanted}
