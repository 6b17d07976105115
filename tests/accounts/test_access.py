"""Roles × actions, and the loaders of accounts."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from tests.accounts.factories import AgencyFactory, CompanyFactory, UserFactory

from bienveille.ground.lib.ids import uuid7
from bienveille.register.accounts import access
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import ApiToken, RoleGrant

pytestmark = pytest.mark.django_db

EVERY_ROLE = [None, *Role.values]


def somebody(role):
    return UserFactory(roles=[role] if role else [])


class TestGrants:
    def test_read_once_per_request(self, django_assert_num_queries):
        user = UserFactory(roles=["caller", "director"])
        with django_assert_num_queries(1):
            assert access.has_role(user, "caller")
            assert access.has_role(user, "director")
            assert access.scope_for(user, "director").everything
            assert not access.has_role(user, "administrator")

    def test_nobody_and_closed_accounts_have_none(self, django_assert_num_queries):
        closed = UserFactory(roles=["administrator"], closed=True)
        with django_assert_num_queries(0):
            assert access.grants_of(closed) == []
            assert access.grants_of(AnonymousUser()) == []


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_role_required_lets_in_those_named_and_nobody_else(role):
    request = RequestFactory().get("/")
    request.user = somebody(role)
    view = access.role_required(Role.DIRECTOR, Role.CALLER)(lambda request: HttpResponse("ok"))
    if role in (Role.DIRECTOR, Role.CALLER):
        assert view(request).status_code == 200
    else:
        with pytest.raises(PermissionDenied):
            view(request)


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_only_administrators_of_everything_manage_accounts(role):
    viewer, other = somebody(role), UserFactory(roles=["caller"])
    grant = RoleGrant.objects.get(user=other)
    agency = AgencyFactory()
    if role == Role.ADMINISTRATOR:
        assert access.get_user_for(viewer, other.pk) == other
        assert access.get_grant_for(viewer, grant.pk) == grant
        assert access.get_scope_for(viewer, company_id=None, agency_id=agency.pk) == (None, agency)
    else:
        for load in (
            lambda: access.get_user_for(viewer, other.pk),
            lambda: access.get_grant_for(viewer, grant.pk),
            lambda: access.get_scope_for(viewer, company_id=None, agency_id=agency.pk),
        ):
            with pytest.raises(Http404):
                load()


def test_an_administrator_of_one_agency_manages_no_account():
    viewer = UserFactory(roles=[("administrator", AgencyFactory())])
    with pytest.raises(Http404):
        access.get_user_for(viewer, viewer.pk)


def test_what_does_not_exist_looks_like_what_is_forbidden():
    viewer = UserFactory(roles=["administrator"])
    for load in (
        lambda: access.get_user_for(viewer, uuid7()),
        lambda: access.get_grant_for(viewer, uuid7()),
        lambda: access.get_scope_for(viewer, company_id=uuid7(), agency_id=None),
        lambda: access.get_token_for(viewer, uuid7()),
    ):
        with pytest.raises(Http404):
            load()


def test_the_scope_of_a_company():
    viewer, company = UserFactory(roles=["administrator"]), CompanyFactory()
    assert access.get_scope_for(viewer, company_id=company.pk, agency_id=None) == (company, None)


def test_tokens_are_one_s_own():
    from datetime import UTC, datetime

    owner, other = UserFactory(), UserFactory(roles=["administrator"])
    dates = {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "expires_at": datetime(2027, 1, 1, tzinfo=UTC)}
    token = ApiToken.objects.create(user=owner, digest="d", **dates)
    assert access.get_token_for(owner, token.pk) == token
    with pytest.raises(Http404):
        access.get_token_for(other, token.pk)
