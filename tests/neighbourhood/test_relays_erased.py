"""The agreement of a relay tenant ends with its last day, or sooner; some time after, it is erased."""

from datetime import date, timedelta

import pytest
from tests.neighbourhood.factories import make_relay
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.services.neighbourhood.models import RelayTenant
from bienveille.services.neighbourhood.operations import forget_relays
from bienveille.services.neighbourhood.rules import RELAYS_KEPT

pytestmark = pytest.mark.django_db

END = date(2026, 6, 30)
LAST = END + RELAYS_KEPT


@pytest.mark.parametrize(
    "facts", [{"until": END}, {"until": date(2028, 1, 1), "ended_on": END}], ids=["its last day", "said sooner"]
)
def test_an_ended_agreement_goes_after_its_time(facts):
    make_relay(HouseholdFactory(), agreed_on=date(2026, 1, 1), **facts)
    make_relay(HouseholdFactory(), agreed_on=date(2026, 1, 1), until=date(2028, 1, 1))
    assert forget_relays(today=LAST) == 0
    assert forget_relays(today=LAST + timedelta(days=1)) == 1
    assert RelayTenant.objects.get().until == date(2028, 1, 1)
    entry = AuditEntry.objects.get(subject_type="neighbourhood.RelayTenant")
    assert (entry.detail, entry.subject_id) == ({"change": "relays_erased", "count": 1}, None)
    assert forget_relays(today=LAST + timedelta(days=1)) == 0
