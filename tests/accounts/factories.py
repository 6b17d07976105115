"""Invented users, their roles and their clients, for the tests of every package."""

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory
from tests.housing.factories import AgencyFactory, CompanyFactory

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import RoleGrant, User
from bienveille.services.outreach.models import CallerTraining, CharterAcceptance
from bienveille.services.outreach.rules.training import CHARTERS, LESSONS

__all__ = ["PASSWORD", "AgencyFactory", "CompanyFactory", "RoleGrantFactory", "UserFactory"]

LONG_AGO = datetime(2026, 1, 5, 10, tzinfo=UTC)
PASSWORD = "quatre mots sans rapport"


class UserFactory(DjangoModelFactory):
    """Somebody with a password and no role; a trait gives the role of that name over everything."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        closed = factory.Trait(is_active=False)
        invited = factory.Trait(password="!never-chosen")

    first_name = "Claire"
    last_name = factory.Sequence(lambda n: f"Essai{n:03d}")
    email = factory.LazyAttribute(lambda user: f"{user.first_name}.{user.last_name}@bailleur.example".lower())
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def roles(user, create, roles):
        """`roles=["caller"]` over everything; `roles=[("caller", agency)]` over an agency."""
        for role in roles or ():
            name, agency = role if isinstance(role, tuple) else (role, None)
            RoleGrantFactory(user=user, role=name, agency=agency)

    @factory.post_generation
    def trained(user, create, trained):
        """Charter accepted and training done, as for almost everybody; `trained=False`: somebody who begins."""
        if trained is not False:
            CharterAcceptance.objects.create(user=user, version=CHARTERS[-1].version, accepted_at=LONG_AGO)
            CallerTraining.objects.create(
                user=user, started_at=LONG_AGO, done_at=LONG_AGO, answered=[lesson.key for lesson in LESSONS]
            )


class RoleGrantFactory(DjangoModelFactory):
    """A role over everything, unless a company or an agency is given."""

    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    role = Role.CALLER
