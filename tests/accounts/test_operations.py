"""Operations on accounts: what they do, what they refuse, what happens when they are done twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import DatabaseError, IntegrityError, transaction
from tests.accounts.factories import PASSWORD, AgencyFactory, CompanyFactory, RoleGrantFactory, UserFactory

from bienveille.register.accounts import access, operations
from bienveille.register.accounts.choices import AuditAction, AuditChannel, Role
from bienveille.register.accounts.models import (
    Agency,
    ApiToken,
    AuditEntry,
    Company,
    Invitation,
    Landlord,
    RoleGrant,
    User,
)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return UserFactory(roles=["administrator"])


def audited():
    """What was written since the test began, as (action, what) pairs."""
    return [(entry.action, entry.detail.get("did")) for entry in AuditEntry.objects.order_by("pk")]


class TestAudit:
    def test_who_what_when_why(self, boss):
        agency = AgencyFactory()
        operations.record_audit(
            actor=boss, action=AuditAction.HOUSEHOLD_READ, subject=agency, reason="Plan canicule", detail={"rows": 3}
        )
        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.subject_type, entry.subject_id) == (boss.pk, "accounts.Agency", agency.pk)
        assert (entry.reason, entry.detail, entry.channel) == ("Plan canicule", {"rows": 3}, AuditChannel.CLI)
        assert entry.at is not None

    def test_the_channel_is_known_from_where_the_code_runs(self, boss):
        with operations.acting_through(AuditChannel.API):
            operations.record_audit(actor=boss, action=AuditAction.EXPORTED)
            with operations.acting_through(AuditChannel.JOB):
                operations.record_audit(actor=boss, action=AuditAction.EXPORTED)
            operations.record_audit(actor=boss, action=AuditAction.EXPORTED)
        operations.record_audit(actor=boss, action=AuditAction.EXPORTED)
        assert list(AuditEntry.objects.order_by("pk").values_list("channel", flat=True)) == ["api", "job", "api", "cli"]

    @pytest.mark.parametrize(
        "rewrite", [lambda entries: entries.update(reason="autre"), lambda entries: entries.delete()]
    )
    def test_the_database_refuses_to_rewrite_it(self, boss, rewrite):
        operations.record_audit(actor=boss, action=AuditAction.EXPORTED)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rewrite(AuditEntry.objects.all())
        assert AuditEntry.objects.get().reason == ""

    def test_a_refused_operation_leaves_no_trace(self, boss):
        with pytest.raises(operations.EmailTaken):
            operations.create_user(actor=boss, email=boss.email)
        assert audited() == []


class TestCreateLandlord:
    def test_names_the_landlord(self):
        landlord = operations.create_landlord(actor=None, name=" Val d’Ambre Habitat ", kind="oph")
        assert landlord.name == "Val d’Ambre Habitat"
        assert audited() == [(AuditAction.ACCOUNT_CHANGED, "create")]

    def test_refuses_a_second_one(self):
        operations.create_landlord(actor=None, name="Un")
        with pytest.raises(operations.LandlordExists):
            operations.create_landlord(actor=None, name="Deux")
        assert Landlord.objects.get().name == "Un"

    def test_the_database_refuses_it_too(self):
        Landlord.objects.create(name="Un")
        with pytest.raises(IntegrityError), transaction.atomic():
            Landlord.objects.create(name="Deux")


class TestCreateCompanyAndAgency:
    def test_creates_both(self, boss):
        company = operations.create_company(actor=boss, name="Ambre")
        agency = operations.create_agency(actor=boss, company=company, code=" LYO ", name="Lyon")
        assert (agency.code, agency.company_id) == ("LYO", company.pk)
        assert audited() == [(AuditAction.ACCOUNT_CHANGED, "create")] * 2

    def test_refuses_a_name_or_code_taken(self, boss):
        company = operations.create_company(actor=boss, name="Ambre")
        operations.create_agency(actor=boss, company=company, code="LYO", name="Lyon")
        with pytest.raises(operations.CompanyExists):
            operations.create_company(actor=boss, name="Ambre")
        with pytest.raises(operations.AgencyExists):
            operations.create_agency(actor=boss, company=company, code="LYO", name="Lyon 2")
        assert (Company.objects.count(), Agency.objects.count()) == (1, 1)


class TestCreateUser:
    def test_opens_an_account_that_nobody_can_enter_yet(self, boss):
        user = operations.create_user(actor=boss, email=" Lea.Roy@Bailleur.example ", first_name="Léa", last_name="Roy")
        assert user.email == "lea.roy@bailleur.example"
        assert not user.has_usable_password()
        assert audited() == [(AuditAction.ACCOUNT_CHANGED, "create")]

    @pytest.mark.parametrize("email", ["", "lea", "lea@", "lea@nulle part.fr"])
    def test_refuses_what_is_not_an_address(self, boss, email):
        with pytest.raises(operations.InvalidEmail):
            operations.create_user(actor=boss, email=email)

    def test_refuses_an_address_taken_whatever_its_case(self, boss):
        with pytest.raises(operations.EmailTaken):
            operations.create_user(actor=boss, email=boss.email.upper())

    def test_takes_no_other_field(self, boss):
        with pytest.raises(TypeError):
            operations.create_user(actor=boss, email="lea@bailleur.example", is_active=False)

    def test_with_a_role_it_is_both_or_none(self, boss):
        agency, company = AgencyFactory(), CompanyFactory()
        with pytest.raises(operations.OneScopeOnly):
            operations.create_user_with_role(
                actor=boss, email="lea@bailleur.example", role=Role.CALLER, company=company, scope_agency=agency
            )
        assert not User.objects.filter(email="lea@bailleur.example").exists()
        user = operations.create_user_with_role(
            actor=boss, email="lea@bailleur.example", role=Role.CALLER, scope_agency=agency
        )
        assert RoleGrant.objects.get(user=user).agency_id == agency.pk


class TestChangeUser:
    def test_writes_what_changes_and_names_the_fields_only(self, boss):
        user, agency = UserFactory(), AgencyFactory()
        operations.change_user(actor=boss, user=user, last_name="Nouveau", agency=agency, first_name=user.first_name)
        user.refresh_from_db()
        assert (user.last_name, user.agency_id) == ("Nouveau", agency.pk)
        assert AuditEntry.objects.get().detail == {"did": "change", "fields": ["agency", "last_name"]}

    def test_the_same_again_writes_nothing(self, boss):
        user = UserFactory(phone="+33472000000")
        operations.change_user(actor=boss, user=user, phone="+33472000000", agency=None)
        assert audited() == []

    def test_refuses_an_address_taken(self, boss):
        user = UserFactory()
        with pytest.raises(operations.EmailTaken):
            operations.change_user(actor=boss, user=user, email=boss.email)
        operations.change_user(actor=boss, user=user, email=user.email.upper())  # one's own is no change
        assert audited() == []


class TestDeactivateUser:
    def test_cuts_password_tokens_and_links_at_once(self, boss):
        user = UserFactory()
        secret = operations.create_api_token(actor=user, user=user, label="", now=NOW)
        link = operations.invite(actor=boss, user=user, now=NOW)
        operations.deactivate_user(actor=boss, user=user, now=NOW)
        user.refresh_from_db()
        assert not user.is_active
        assert authenticate(None, email=user.email, password=PASSWORD) is None
        assert access.authenticate_token(secret=secret, now=NOW) is None
        with pytest.raises(operations.InvitationRefused):
            operations.accept_invitation(secret=link, password=PASSWORD, now=NOW)
        assert audited()[-1] == (AuditAction.ACCOUNT_CHANGED, "deactivate")

    def test_twice_changes_nothing(self, boss):
        user = UserFactory()
        operations.deactivate_user(actor=boss, user=user, now=NOW)
        operations.deactivate_user(actor=boss, user=user, now=NOW)
        assert len(audited()) == 1

    def test_refuses_the_last_administrator(self, boss):
        UserFactory(roles=["administrator"], closed=True)
        UserFactory(roles=[("administrator", AgencyFactory())])
        with pytest.raises(operations.LastAdministrator):
            operations.deactivate_user(actor=boss, user=boss, now=NOW)
        UserFactory(roles=["administrator"])
        operations.deactivate_user(actor=boss, user=boss, now=NOW)

    def test_opened_again_the_tokens_and_password_stay_dead(self, boss):
        user = UserFactory()
        secret = operations.create_api_token(actor=user, user=user, label="", now=NOW)
        operations.deactivate_user(actor=boss, user=user, now=NOW)
        operations.reactivate_user(actor=boss, user=user)
        operations.reactivate_user(actor=boss, user=user)
        user.refresh_from_db()
        assert user.is_active
        assert not user.has_usable_password()
        assert access.authenticate_token(secret=secret, now=NOW) is None
        assert audited()[-2:] == [
            (AuditAction.ACCOUNT_CHANGED, "deactivate"),
            (AuditAction.ACCOUNT_CHANGED, "reactivate"),
        ]


class TestRoles:
    def test_given_twice_is_given_once(self, boss):
        user, agency = UserFactory(), AgencyFactory(code="LYO")
        operations.grant_role(actor=boss, user=user, role=Role.CALLER, agency=agency)
        operations.grant_role(actor=boss, user=user, role=Role.CALLER, agency=agency)
        assert RoleGrant.objects.filter(user=user).count() == 1
        assert AuditEntry.objects.get().detail == {"did": "grant", "role": "caller", "scope": "agency LYO"}

    def test_refuses_two_scopes_at_once(self, boss):
        with pytest.raises(operations.OneScopeOnly):
            operations.grant_role(
                actor=boss, user=boss, role=Role.CALLER, company=CompanyFactory(), agency=AgencyFactory()
            )

    def test_refuses_a_role_that_does_not_exist(self, boss):
        with pytest.raises(ValueError, match="emperor"):
            operations.grant_role(actor=boss, user=boss, role="emperor")
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrantFactory(role="emperor")

    def test_taken_back_once(self, boss):
        user = UserFactory(roles=["caller", "director"])
        operations.revoke_role(actor=boss, user=user, role=Role.CALLER)
        operations.revoke_role(actor=boss, user=user, role=Role.CALLER)
        assert [grant.role for grant in RoleGrant.objects.filter(user=user)] == ["director"]
        assert audited() == [(AuditAction.ACCOUNT_CHANGED, "revoke")]

    def test_the_last_administrator_stays(self, boss):
        with pytest.raises(operations.LastAdministrator):
            operations.revoke_role(actor=boss, user=boss, role=Role.ADMINISTRATOR)
        UserFactory(roles=["administrator"])
        operations.revoke_role(actor=boss, user=boss, role=Role.ADMINISTRATOR)
        assert not RoleGrant.objects.filter(user=boss).exists()


class TestInvite:
    def test_keeps_a_digest_only(self, boss):
        user = UserFactory(invited=True)
        secret = operations.invite(actor=boss, user=user, now=NOW)
        invitation = Invitation.objects.get()
        assert secret not in invitation.digest
        assert len(secret) >= 43
        assert invitation.expires_at == NOW + timedelta(days=7)
        assert invitation.created_by_id == boss.pk
        assert secret not in str(AuditEntry.objects.get().detail)

    def test_a_new_link_replaces_the_former(self, boss):
        user = UserFactory(invited=True)
        former = operations.invite(actor=boss, user=user, now=NOW)
        latter = operations.invite(actor=boss, user=user, now=NOW)
        with pytest.raises(operations.InvitationRefused):
            operations.accept_invitation(secret=former, password=PASSWORD, now=NOW)
        operations.accept_invitation(secret=latter, password=PASSWORD, now=NOW)

    def test_refuses_a_closed_account(self, boss):
        with pytest.raises(operations.AccountInactive):
            operations.invite(actor=boss, user=UserFactory(closed=True), now=NOW)

    def test_the_database_refuses_two_open_links(self, boss):
        user = UserFactory()
        dates = {"created_at": NOW, "expires_at": NOW + timedelta(days=1)}
        Invitation.objects.create(user=user, digest="a", **dates)
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.create(user=user, digest="b", **dates)


class TestAcceptInvitation:
    def test_chooses_the_password(self, boss):
        user = UserFactory(invited=True)
        secret = operations.invite(actor=boss, user=user, now=NOW)
        operations.accept_invitation(secret=secret, password=PASSWORD, now=NOW + timedelta(days=6))
        assert authenticate(None, email=user.email, password=PASSWORD) == user
        assert audited()[-1] == (AuditAction.ACCOUNT_CHANGED, "accept_invitation")

    def test_works_once(self, boss):
        user = UserFactory(invited=True)
        secret = operations.invite(actor=boss, user=user, now=NOW)
        operations.accept_invitation(secret=secret, password=PASSWORD, now=NOW)
        with pytest.raises(operations.InvitationRefused):
            operations.accept_invitation(secret=secret, password="un autre mot de passe", now=NOW)
        assert authenticate(None, email=user.email, password=PASSWORD) == user

    def test_expires(self, boss):
        secret = operations.invite(actor=boss, user=UserFactory(invited=True), now=NOW)
        with pytest.raises(operations.InvitationRefused):
            operations.accept_invitation(secret=secret, password=PASSWORD, now=NOW + timedelta(days=7))

    def test_refuses_an_unknown_link(self):
        with pytest.raises(operations.InvitationRefused):
            operations.accept_invitation(secret="inconnu", password=PASSWORD, now=NOW)


class TestApiTokens:
    def test_acts_as_its_owner(self, django_assert_num_queries):
        user = UserFactory()
        secret = operations.create_api_token(actor=user, user=user, label="tableur", now=NOW)
        assert secret.startswith("bv_")
        assert secret not in ApiToken.objects.get().digest
        with django_assert_num_queries(1):
            assert access.authenticate_token(secret=secret, now=NOW) == user

    @pytest.mark.parametrize("guess", ["", "bv_", "bv_" + "x" * 43, "é" * 9999])
    def test_a_guess_costs_one_query_and_opens_nothing(self, guess, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert access.authenticate_token(secret=guess, now=NOW) is None

    def test_a_closed_account_has_no_token_even_one_not_revoked(self):
        user = UserFactory()
        secret = operations.create_api_token(actor=user, user=user, label="", now=NOW)
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert access.authenticate_token(secret=secret, now=NOW) is None

    def test_expires_after_its_days(self):
        user = UserFactory()
        secret = operations.create_api_token(actor=user, user=user, label="", now=NOW, days=2)
        assert access.authenticate_token(secret=secret, now=NOW + timedelta(days=2, seconds=-1)) == user
        assert access.authenticate_token(secret=secret, now=NOW + timedelta(days=2)) is None

    def test_revoked_once(self):
        user = UserFactory()
        secret = operations.create_api_token(actor=user, user=user, label="", now=NOW)
        token = ApiToken.objects.get()
        operations.revoke_api_token(actor=user, token=token, now=NOW)
        operations.revoke_api_token(actor=user, token=token, now=NOW + timedelta(hours=1))
        assert ApiToken.objects.get().revoked_at == NOW
        assert access.authenticate_token(secret=secret, now=NOW) is None
        assert [what for _, what in audited()] == ["create_token", "revoke_token"]

    @pytest.mark.parametrize("days", [0, 367])
    def test_refuses_too_long_or_too_short(self, days):
        user = UserFactory()
        with pytest.raises(operations.TokenTooLong):
            operations.create_api_token(actor=user, user=user, label="", now=NOW, days=days)

    def test_refuses_a_closed_account(self):
        user = UserFactory(closed=True)
        with pytest.raises(operations.AccountInactive):
            operations.create_api_token(actor=None, user=user, label="", now=NOW)


class TestChangePassword:
    def test_changes_it(self):
        user = UserFactory()
        operations.change_password(actor=user, user=user, password="cinq mots choisis au hasard")
        assert authenticate(None, email=user.email, password="cinq mots choisis au hasard") == user
        assert AuditEntry.objects.get().detail == {"did": "change", "fields": ["password"]}
