"""Invented households and people for the tests of every package; ages are told on `TODAY`."""

from datetime import date
from typing import Any

import factory
from factory.django import DjangoModelFactory
from tests.housing.factories import DwellingFactory

from bienveille.register.tenants.models import ContactPoint, Household, Lease, Mark, Person, Relative

TODAY = date(2026, 11, 21)


def born(age: int, on: date = TODAY) -> date:
    """A birth date, some five months after the birthday, of somebody of that age on that day."""
    return date(on.year - age, 6, 15) if (on.month, on.day) >= (6, 15) else date(on.year - age - 1, 6, 15)


class PersonFactory(DjangoModelFactory):
    """Somebody of a household: `PersonFactory(household=…, age=82, phone=True)`."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    class Params:
        age = 45
        opposed = factory.Trait(opposed_on=date(2026, 3, 1))
        dead = factory.Trait(deceased=True)
        gone = factory.Trait(left_on=date(2026, 6, 30))
        protected = factory.Trait(protected_address=True)
        phone = factory.Trait(
            mobile=factory.RelatedFactory("tests.tenants.factories.ContactPointFactory", factory_related_name="person")
        )
        email = factory.Trait(
            mail=factory.RelatedFactory(
                "tests.tenants.factories.ContactPointFactory", factory_related_name="person", mail=True
            )
        )

    household = factory.SubFactory("tests.tenants.factories.HouseholdFactory", people=[])
    title = "mrs"
    last_name = factory.Sequence(lambda n: ("Lefèvre", "Benali", "Da Silva", "Yılmaz", "Morel")[n % 5])
    first_name = factory.Sequence(lambda n: ("Éléonore", "Samira", "Maria", "Ayşe", "Odette", "Jeanne", "Lucie")[n % 7])
    birth_date = factory.LazyAttribute(lambda person: None if person.age is None else born(person.age))
    role = "holder"
    languages = ["fr"]


class HouseholdFactory(DjangoModelFactory):
    """A household with its home, its lease and its people.

    `HouseholdFactory(age=82, phone=True)` makes one person who lives alone; any trait or field of `PersonFactory`
    goes to the holder. `alone=False` adds a partner of the same age; `people=[{"age": 82}, {"age": 4}]` gives
    everybody one by one; `people=[]` nobody. `agency=`, `residence=` and `dwelling=` say where.
    """

    class Meta:
        model = Household

    class Params:
        closed = factory.Trait(closed_on=date(2026, 6, 30))

    @classmethod
    def _create(cls, model_class: type[Household], *args: Any, **kwargs: Any) -> Household:
        own = {name: kwargs.pop(name) for name in ("id", "name", "closed_on") if name in kwargs}
        people = cls._people(kwargs)
        household = model_class.objects.create(dwelling=cls._dwelling(kwargs), name=own.pop("name", ""), **own)
        entry = kwargs.pop("entry", date(2015, 9, 1))
        if kwargs.pop("lease", True):
            LeaseFactory(household=household, dwelling=household.dwelling, entry=entry, exit=household.closed_on)
        made = [PersonFactory(household=household, **{**kwargs, **traits}) for traits in people]
        if not household.name:
            household.name = made[0].display_name if made else "Ménage sans nom"
            household.save(update_fields=["name"])
        return household

    @staticmethod
    def _people(kwargs: dict[str, Any]) -> list[dict[str, Any]]:
        alone = kwargs.pop("alone", True)
        people = kwargs.pop("people", None)
        if people is not None:
            return people
        return [{}] if alone else [{}, {"role": "co_holder", "title": "mr", "first_name": "Marcel", "phone": False}]

    @staticmethod
    def _dwelling(kwargs: dict[str, Any]) -> Any:
        agency, residence = kwargs.pop("agency", None), kwargs.pop("residence", None)
        dwelling = kwargs.pop("dwelling", None)
        if dwelling is not None:
            return dwelling
        if residence is not None:
            return DwellingFactory(building__residence=residence)
        return DwellingFactory(building__residence__agency=agency) if agency else DwellingFactory()


class LeaseFactory(DjangoModelFactory):
    """A housing lease still running; `parking=True` for a garage."""

    class Meta:
        model = Lease

    class Params:
        parking = factory.Trait(kind="parking", dwelling=None, household=None)

    number = factory.Sequence(lambda n: f"{n:07d}")
    dwelling = factory.SubFactory(DwellingFactory)
    dwelling_code = factory.LazyAttribute(lambda lease: lease.dwelling.code if lease.dwelling else "")
    entry = date(2015, 9, 1)


class ContactPointFactory(DjangoModelFactory):
    """A mobile number of the range kept for fiction, or an address with `mail=True`."""

    class Meta:
        model = ContactPoint

    class Params:
        mail = factory.Trait(kind="email", value=factory.Sequence(lambda n: f"locataire{n}@courriel.example"))

    person = factory.SubFactory(PersonFactory)
    kind = "phone"
    value = factory.Sequence(lambda n: f"+3363998{n % 10_000:04d}")
    status = "valid"


class RelativeFactory(DjangoModelFactory):
    class Meta:
        model = Relative

    person = factory.SubFactory(PersonFactory)
    name = "Nadia Benali"
    relation = "sa fille"
    phone = "+33639980001"
    agreed_on = date(2026, 1, 10)


class MarkFactory(DjangoModelFactory):
    """A fact still believed on `TODAY`; `expired=True` for one that is not."""

    class Meta:
        model = Mark

    class Params:
        expired = factory.Trait(noted_on=date(2024, 1, 10), expires_on=date(2025, 1, 10))

    person = factory.SubFactory(PersonFactory)
    kind = "carer"
    source = "call"
    noted_on = date(2026, 9, 1)
    expires_on = date(2027, 9, 1)
