"""Invented agencies, communes, residences and homes for the tests of every package."""

import factory
from factory.django import DjangoModelFactory

from bienveille.register.accounts.models import Agency, Company
from bienveille.register.housing.models import Building, Commune, Dwelling, Residence, ResidenceManager


class CompanyFactory(DjangoModelFactory):
    """The one company, unless another name is given."""

    class Meta:
        model = Company
        django_get_or_create = ("name",)

    name = "Habitat des Deux Rives"


class AgencyFactory(DjangoModelFactory):
    """An agency; the same code gives the same one."""

    class Meta:
        model = Agency
        django_get_or_create = ("code",)

    class Params:
        lyon = factory.Trait(code="LYO", name="Agence de Lyon")
        saint_etienne = factory.Trait(code="STE", name="Agence de Saint-Étienne")

    company = factory.SubFactory(CompanyFactory)
    code = factory.Sequence(lambda n: f"AG{n:02d}")
    name = factory.LazyAttribute(lambda agency: f"Agence {agency.code}")


class CommuneFactory(DjangoModelFactory):
    """A commune outside the big cities; traits name those whose arrondissements matter. The same code, the same row."""

    class Meta:
        model = Commune
        django_get_or_create = ("code",)

    class Params:
        lyon = factory.Trait(code="69123", name="Lyon", department="69", epci="200046977", postal_codes=["69001"])
        lyon_1 = factory.Trait(
            code="69381",
            name="Lyon 1er Arrondissement",
            department="69",
            epci="200046977",
            postal_codes=["69001"],
            parent=factory.SubFactory("tests.housing.factories.CommuneFactory", lyon=True),
        )
        saint_etienne = factory.Trait(
            code="42218", name="Saint-Étienne", department="42", epci="244200770", postal_codes=["42000", "42100"]
        )

    code = "69266"
    name = "Villeurbanne"
    department = "69"
    epci = "200046977"
    postal_codes = ["69100"]
    parent = None


class ResidenceFactory(DjangoModelFactory):
    """A residence of an agency, in Villeurbanne unless said otherwise."""

    class Meta:
        model = Residence
        django_get_or_create = ("code",)

    class Params:
        qpv = factory.Trait(in_qpv=True, qpv_code="QN06901M")

    agency = factory.SubFactory(AgencyFactory)
    code = factory.Sequence(lambda n: f"R{n:04d}")
    name = factory.LazyAttribute(lambda residence: f"Résidence {residence.code}")
    address = "12 rue des Tilleuls"
    postal_code = "69100"
    commune = factory.SubFactory(CommuneFactory)


class BuildingFactory(DjangoModelFactory):
    class Meta:
        model = Building
        django_get_or_create = ("residence", "code")

    residence = factory.SubFactory(ResidenceFactory)
    code = "A"


class DwellingFactory(DjangoModelFactory):
    """A home; `DwellingFactory(building__residence__agency=…)` puts it where it is wanted."""

    class Meta:
        model = Dwelling

    class Params:
        high_without_lift = factory.Trait(floor=4, lift=False)

    building = factory.SubFactory(BuildingFactory)
    code = factory.Sequence(lambda n: f"L{n:06d}")
    type = "t3"
    floor = 1
    lift = True


class ResidenceManagerFactory(DjangoModelFactory):
    """Gives a building manager one residence; the account and its role are made by the accounts factories."""

    class Meta:
        model = ResidenceManager

    residence = factory.SubFactory(ResidenceFactory)
