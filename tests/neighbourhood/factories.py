"""Relay tenants for the tests: `RelayFactory(household=…)` makes its holder a relay where they live."""

from datetime import date

from bienveille.register.housing.models import Residence
from bienveille.services.neighbourhood.models import RelayTenant


def make_relay(household, *, agreed_on=date(2026, 6, 1), until=date(2027, 6, 1), **facts) -> RelayTenant:
    """Somebody of a household who agreed to pass on news of their residence."""
    person = household.people.first()
    residence = Residence.objects.get(buildings__dwellings=household.dwelling_id)
    return RelayTenant.objects.create(
        person=person, residence=residence, agreed_on=agreed_on, until=until,
        **{"role": "Affiche les messages dans le hall", **facts},
    )  # fmt: skip
