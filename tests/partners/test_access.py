"""Who reads the directory, who keeps it."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from tests.accounts.factories import UserFactory
from tests.partners.factories import ServiceFactory

from bienveille.register.accounts.choices import Role
from bienveille.register.partners.access import KEEPERS, READERS, get_partner_for, get_service_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [None, *Role.values])
def test_roles(role):
    service = ServiceFactory()
    service.refresh_from_db()
    user = UserFactory(roles=[role] if role else [])
    for load, key in ((get_partner_for, service.structure.key), (get_service_for, service.key)):
        if role not in READERS:
            with pytest.raises(Http404):
                load(user, key)
            continue
        assert load(user, key).key == key
        if role in KEEPERS:
            assert load(user, key, write=True).key == key
        else:
            with pytest.raises(PermissionDenied):
                load(user, key, write=True)
        with pytest.raises(Http404):
            load(user, uuid4())
