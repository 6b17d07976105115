"""What the register takes for a number or an address, whoever writes it."""

import pytest
from django.db import IntegrityError, transaction
from tests.tenants.factories import PersonFactory

from bienveille.register.tenants.models import ContactPoint

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("phone", "+33612345678", True),
        ("phone", "+123", True),
        ("phone", "+123456789012345", True),
        ("phone", "+12", False),
        ("phone", "+1234567890123456", False),
        ("phone", "0612345678", False),
        ("phone", "+336 12345678", False),
        ("phone", "a@b.fr", False),
        ("email", "a@b.fr", True),
        ("email", "+33612345678", False),
        ("fax", "+33612345678", False),
    ],
)
def test_a_number_is_in_international_form_and_an_address_has_its_sign(kind, value, right):
    point = ContactPoint(person=PersonFactory(), kind=kind, value=value)
    if right:
        point.save()
        return
    with pytest.raises(IntegrityError, match="contact_point_value"), transaction.atomic():
        point.save()
