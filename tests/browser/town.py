"""A small landlord for the browser: two agencies, eight households, local help, one campaign, one person per role."""

from types import SimpleNamespace

from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, BuildingFactory, DwellingFactory, ResidenceFactory
from tests.outreach.factories import make_campaign
from tests.partners.factories import ServiceFactory
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory, RelativeFactory

PEOPLE = [
    ("mrs", "Odette", "Marchandeau", 84),
    ("mr", "Lucien", "Pradeau", 81),
    ("mrs", "Yvette", "Lascombe", 79),
    ("mr", "Djamel", "Ferrat", 78),
    ("mrs", "Maria", "Da Silva", 77),
    ("mrs", "Simone", "Bourdin", 76),
    ("mr", "André", "Coulomb", 76),
    ("mrs", "Jeanne", "Perrin", 75),
]


def build(**document) -> SimpleNamespace:
    """The town; `campaign` is open and nobody was called yet."""
    agencies = [
        AgencyFactory(code="VIL", name="Agence de Villeurbanne"),
        AgencyFactory(code="LYO", name="Agence de Lyon"),
    ]
    residences = [
        ResidenceFactory(agency=agencies[0], name="Résidence Les Tilleuls"),
        ResidenceFactory(agency=agencies[1], name="Résidence du Parc"),
    ]
    households = []
    for rank, (title, first_name, last_name, age) in enumerate(PEOPLE):
        building = BuildingFactory(residence=residences[rank % 2], code="B")
        household = HouseholdFactory(
            dwelling=DwellingFactory(building=building, floor=4, lift=False),
            people=[{"title": title, "first_name": first_name, "last_name": last_name, "age": age, "phone": True}],
        )
        households.append(household)
    odette = households[0].people.get()
    odette.best_time, odette.languages = "afternoon", ["fr", "pt"]
    odette.save()
    ContactPointFactory(person=odette, value="+33465710142", verified_on=timezone.localdate())
    RelativeFactory(person=odette, name="Hélène Rey")
    MarkFactory(person=odette, kind="hard_of_hearing")
    MarkFactory(person=odette, kind="lives_alone")
    ServiceFactory(structure__nom="CCAS de Villeurbanne", frais="payant")
    return SimpleNamespace(
        households=households,
        caller=UserFactory(first_name="Josiane", last_name="Tellier", agency=agencies[0], roles=["caller"]),
        director=UserFactory(first_name="Nadia", last_name="Ferhat", roles=["director"]),
        social_worker=UserFactory(first_name="Samira", last_name="Kessel", roles=["social_worker"]),
        administrator=UserFactory(first_name="Paul", last_name="Rey", roles=["administrator"]),
        agency_manager=UserFactory(
            first_name="Rosa", last_name="Vidal", agency=agencies[0], roles=[("agency_manager", agencies[0])]
        ),
        building_manager=UserFactory(first_name="Malik", last_name="Sorel", roles=["building_manager"]),
        communication=UserFactory(
            first_name="Inès", last_name="Roux", email="ines.roux@bailleur.example", roles=["communication"]
        ),
        campaign=make_campaign(now=timezone.now(), **{"name": "Grand froid 2026", **document}),
    )
