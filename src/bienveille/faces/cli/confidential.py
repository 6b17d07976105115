"""What the demo shows to two named readers: a situation told during a visit, followed, its address protected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.engines.cases.models import Case
    from bienveille.register.accounts.models import User


def confide(director: User, manager: User, worker: User, moment: datetime) -> Case | None:
    """The two readers of an agency, and the situation that they follow. Once."""
    from bienveille.engines.cases.models import Case, ReaderPair
    from bienveille.engines.cases.operations import (
        Done,
        Signal,
        name_readers,
        note_action,
        open_confidential,
        set_address_protection,
        take_case,
    )
    from bienveille.engines.dispatch.models import Contact
    from bienveille.register.tenants.models import Household

    agency = manager.agency
    if ReaderPair.objects.exists() or agency is None:
        return None
    name_readers(actor=director, agency=agency, first=worker, second=manager, now=moment)
    busy = Case.objects.values("household").union(Contact.objects.values("household"))
    homes = Household.objects.filter(closed_on=None, dwelling__building__residence__agency=agency).exclude(pk__in=busy)
    home = homes.order_by("pk").last()
    if home is None:
        return None
    told = moment - timedelta(days=1)
    words = "A demandé à être rappelée au travail, le matin, jamais à la maison."
    case = open_confidential(
        actor=None, household_id=home.pk, signal=Signal("red", ("violence", "housing"), words), now=told
    )
    take_case(actor=worker, case_id=case.pk, now=told + timedelta(minutes=8))
    person = home.people.order_by("pk").first()
    if person is not None:
        set_address_protection(
            actor=worker, case_id=case.pk, person=person, protected=True, now=told + timedelta(minutes=20)
        )
    done = Done(
        "call", "Jointe au travail. Souhaite partir cette semaine.", "Chercher un logement à l’abri", moment.date()
    )
    note_action(actor=worker, case_id=case.pk, done=done, revision=None, now=told + timedelta(hours=2))
    return case


def find_home(worker: User, case: Case, moment: datetime) -> None:
    """A home kept for the situation that the two readers follow, when one is vacant; the entry is begun."""
    from bienveille.services.letting.operations import HomeTaken, Wanted, hold_home, start_rehousing, tick_entry_step
    from bienveille.services.letting.queries.rehousing import vacant_homes
    from bienveille.services.letting.rules.rehousing import smallest_for

    household = case.household
    if household is None:
        return
    people = household.people.count()
    wanted = Wanted(people=people, smallest=smallest_for(people))
    start_rehousing(actor=worker, case_id=case.pk, wanted=wanted, now=moment)
    for home in vacant_homes(moment.date()).order_by("code")[:5]:
        try:
            hold_home(actor=worker, case_id=case.pk, dwelling_id=home.pk, hours=48, now=moment)
        except HomeTaken:
            continue
        break
    for key in ("contact", "danger"):
        tick_entry_step(actor=worker, case_id=case.pk, key=key, done=True, now=moment)
