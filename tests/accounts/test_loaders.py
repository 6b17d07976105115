"""Each loader of `access.py` asked directly: who gets the object, who finds nothing, who may only read (G1, G36).

Pages are held by `tests/architecture/test_matrix.py`; here every decision of a loader is taken both ways.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from tests.accounts.factories import RoleGrantFactory, UserFactory
from tests.housing.factories import (
    AgencyFactory,
    CommuneFactory,
    DwellingFactory,
    ResidenceFactory,
    ResidenceManagerFactory,
)
from tests.letting.factories import StockLotFactory
from tests.neighbourhood.factories import make_relay
from tests.questionnaires.factories import QuestionnaireVersionFactory
from tests.tenants.factories import HouseholdFactory, PersonFactory

from bienveille.engines.audiences import access as audiences
from bienveille.engines.audiences.models import Audience
from bienveille.engines.questionnaires import access as questionnaires
from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.register.accounts import access as accounts
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import ApiToken, LargeFile, OpenSession, Passkey, RoleGrant
from bienveille.register.accounts.operations import create_api_token
from bienveille.register.accounts.rules import digest
from bienveille.register.housing import access as housing
from bienveille.register.housing.models import Watch
from bienveille.register.imports import access as imports
from bienveille.register.imports.models import ImportProfile, ImportRun
from bienveille.register.tenants import access as tenants
from bienveille.register.tenants.models import Merge
from bienveille.services.letting import access as letting
from bienveille.services.neighbourhood import access as neighbourhood
from bienveille.services.neighbourhood.models import WatchProposal

pytestmark = pytest.mark.django_db

MANAGERS = {"administrator", "director", "agency_manager"}
KEEPERS = MANAGERS | {"social_worker"}
DIRECTION = {"administrator", "director"}
NOBODY = UUID(int=7)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@dataclass
class Places:
    """Two agencies of two companies, and somebody who made things."""

    here: object
    there: object
    maker: object


@pytest.fixture
def places():
    return Places(AgencyFactory(lyon=True), AgencyFactory(saint_etienne=True), UserFactory(roles=["director"]))


def verdict(ask, *which, **how) -> str:
    try:
        return "opened" if ask(*which, **how) is not None else "nothing"
    except Http404:
        return "404"
    except PermissionDenied:
        return "403"


def opening(places, ask, *, everywhere: set, here: set = frozenset(), reading: set = frozenset()) -> None:
    """`ask(user, **how)` opens to these roles over everything, and over the object's own agency; to none from elsewhere.

    `reading`: those among them who may not change it.
    """
    for role in Role.values:
        for scope, opened in (((role, None), everywhere), ((role, places.here), here), ((role, places.there), set())):
            user = UserFactory(roles=[scope])
            told = f"{role} over {scope[1]}"
            assert (verdict(ask, user) == "opened") == (role in opened), told
            if reading is not None and role in opened:
                expected = "403" if role in reading else "opened"
                assert verdict(ask, user, write=True) == expected, told
    nobody = UserFactory()
    assert verdict(ask, nobody) == "404"


class TestHousing:
    def test_a_residence(self, places):
        residence = ResidenceFactory(agency=places.here)
        opening(
            places, lambda user, **how: housing.get_residence_for(user, residence.pk, **how),
            everywhere=KEEPERS, here=KEEPERS, reading={"social_worker"},
        )  # fmt: skip
        director = UserFactory(roles=["director"])
        assert verdict(housing.get_residence_for, director, NOBODY) == "404"

    def test_a_home_and_its_code(self, places):
        home = DwellingFactory(building__residence__agency=places.here)
        opening(
            places, lambda user, **how: housing.get_dwelling_for(user, home.pk, **how),
            everywhere=KEEPERS, here=KEEPERS, reading={"social_worker"},
        )  # fmt: skip
        director, elsewhere = UserFactory(roles=["director"]), UserFactory(roles=[("director", places.there)])
        assert verdict(housing.get_dwelling_for, director, NOBODY) == "404"
        assert housing.get_dwelling_by_code_for(director, f" {home.code} ") == home
        assert housing.get_dwelling_by_code_for(director, "nulle part") is None
        assert housing.get_dwelling_by_code_for(elsewhere, home.code) is None

    def test_a_building_manager_has_the_residences_given_and_changes_nothing(self, places):
        residence, other = ResidenceFactory(agency=places.here), ResidenceFactory(agency=places.here)
        manager, demoted = UserFactory(roles=["building_manager"]), UserFactory(roles=["caller"])
        for user in (manager, demoted):
            ResidenceManagerFactory(user=user, residence=residence)
        ResidenceManagerFactory(user=UserFactory(roles=["building_manager"]), residence=other)  # not theirs
        assert housing.get_residence_for(manager, residence.pk) == residence
        assert verdict(housing.get_residence_for, manager, residence.pk, write=True) == "403"
        assert verdict(housing.get_residence_for, manager, other.pk) == "404"
        assert verdict(housing.get_residence_for, demoted, residence.pk) == "404"
        assert housing.may_change(places.maker, residence)
        assert not housing.may_change(manager, residence)

    def test_a_watch_is_changed_by_managers(self, places):
        watch = Watch.objects.create(
            residence=ResidenceFactory(agency=places.here), reason="Canicule", started_on=date(2026, 7, 1)
        )
        opening(
            places, lambda user, **how: housing.get_watch_for(user, watch.pk), everywhere=MANAGERS, here=MANAGERS,
            reading=None,
        )  # fmt: skip
        assert verdict(housing.get_watch_for, places.maker, NOBODY) == "404"

    def test_somebody_to_look_after_it(self, places):
        residence = ResidenceFactory(agency=places.here)
        can, closed = UserFactory(roles=["building_manager"]), UserFactory(roles=["building_manager"], closed=True)
        before, never = UserFactory(), UserFactory(roles=["caller"])
        ResidenceManagerFactory(user=before, residence=residence)
        ResidenceManagerFactory(user=never, residence=ResidenceFactory(agency=places.here))

        def found(viewer, user_id):
            return verdict(housing.get_building_manager_for, viewer, residence, user_id)

        boss, worker = places.maker, UserFactory(roles=["social_worker"])
        assert [found(boss, one.pk) for one in (can, before, closed, never)] == ["opened", "opened", "404", "404"]
        assert found(boss, NOBODY) == "404"
        assert found(worker, can.pk) == "403"


class TestLetting:
    def test_a_lot_of_an_agency(self, places):
        lot = StockLotFactory(agency=places.here)
        opening(
            places,
            lambda user, **how: letting.get_lot_for(user, lot.pk),
            everywhere=MANAGERS,
            here=MANAGERS,
            reading=None,
        )
        assert verdict(letting.get_lot_for, places.maker, NOBODY) == "404"

    def test_a_lot_of_several_is_for_who_covers_everything(self, places):
        lot = StockLotFactory(agency=None)
        opening(places, lambda user, **how: letting.get_lot_for(user, lot.pk), everywhere=MANAGERS, reading=None)

    def test_territories(self, places):
        opening(
            places, lambda user, **how: letting.arranges_territories(user) or (_ for _ in ()).throw(Http404),
            everywhere=DIRECTION, reading=None,
        )  # fmt: skip


class TestNeighbourhood:
    def test_a_relay_is_read_by_who_looks_after_the_place_and_ended_by_who_keeps_its_people(self, places):
        residence = ResidenceFactory(agency=places.here)
        relay = make_relay(HouseholdFactory(residence=residence))
        opening(
            places, lambda user, **how: neighbourhood.get_relay_for(user, relay.pk), everywhere=KEEPERS, here=KEEPERS,
            reading=None,
        )  # fmt: skip
        manager = UserFactory(roles=["building_manager"])
        assert verdict(neighbourhood.get_relay_for, manager, relay.pk) == "404"
        ResidenceManagerFactory(user=manager, residence=residence)
        manager = type(manager).objects.get(pk=manager.pk)
        assert verdict(neighbourhood.get_relay_for, manager, relay.pk) == "403"
        assert verdict(neighbourhood.get_relay_for, places.maker, NOBODY) == "404"

    def test_a_proposal_is_answered_by_managers(self, places):
        proposal = WatchProposal.objects.create(
            residence=ResidenceFactory(agency=places.here), households=20, worrying=5, grave=3, silent=2,
            made_on=date(2026, 11, 1), expires_on=date(2026, 12, 1),
        )  # fmt: skip
        opening(
            places, lambda user, **how: neighbourhood.get_proposal_for(user, proposal.pk), everywhere=MANAGERS,
            here=MANAGERS, reading=None,
        )  # fmt: skip
        assert verdict(neighbourhood.get_proposal_for, places.maker, NOBODY) == "404"


class TestAudiences:
    def test_read_by_who_prepares_changed_by_who_made_it_or_covers_everything(self, places):
        author = UserFactory(roles=[("agency_manager", places.here)])
        saved = Audience.objects.create(name="Isolés", rule={"all": []}, purpose="wellbeing", created_by=author)

        def ask(user, **how):
            return verdict(audiences.get_audience_for, user, saved.pk, **how)

        for role in Role.values:
            wide, narrow = UserFactory(roles=[role]), UserFactory(roles=[(role, places.here)])
            opened = ("opened", "opened", "opened", "403") if role in MANAGERS else ("404",) * 4
            assert (ask(wide), ask(wide, write=True), ask(narrow), ask(narrow, write=True)) == opened
        assert ask(author, write=True) == "opened"
        assert verdict(audiences.get_audience_for, author, NOBODY) == "404"
        RoleGrant.objects.filter(user=author).delete()
        author = type(author).objects.get(pk=author.pk)
        assert (ask(author), audiences.may_change(author, saved)) == ("404", False)


class TestQuestionnaires:
    def test_guides_versions_and_drafts_are_for_who_directs_everything(self, places):
        version = QuestionnaireVersionFactory()
        slug = version.questionnaire.slug
        QuestionnaireDraft.objects.create(slug="a-ecrire", document={}, changed_by=places.maker, changed_at=NOW)
        for ask in (
            lambda user, **how: questionnaires.get_guide_for(user, slug),
            lambda user, **how: questionnaires.get_version_for(user, slug, version.number),
            lambda user, **how: questionnaires.get_draft_for(user, "a-ecrire"),
        ):
            opening(places, ask, everywhere=DIRECTION, reading=None)
        boss = places.maker
        assert verdict(questionnaires.get_guide_for, boss, "rien") == "404"
        assert verdict(questionnaires.get_version_for, boss, slug, version.number + 1) == "404"
        assert verdict(questionnaires.get_version_for, boss, "rien", version.number) == "404"
        assert verdict(questionnaires.get_draft_for, boss, slug) == "404"


class TestImports:
    def test_who_imports_reads_all_who_deposits_reads_their_own(self, places):
        depositor = UserFactory(roles=["depositor"])
        mine = ImportRun.objects.create(started_at=NOW, actor=depositor)
        other = ImportRun.objects.create(started_at=NOW, actor=places.maker)
        opening(places, lambda user, **how: imports.get_run_for(user, other.pk), everywhere=DIRECTION, reading=None)
        opening(places, lambda user, **how: imports.get_deposit_for(user, other.pk), everywhere=DIRECTION, reading=None)
        assert imports.get_deposit_for(depositor, mine.pk) == mine
        assert verdict(imports.get_run_for, depositor, mine.pk) == "404"
        assert verdict(imports.get_run_for, places.maker, NOBODY) == "404"
        assert verdict(imports.get_deposit_for, places.maker, NOBODY) == "404"
        former = UserFactory(roles=["caller"])
        theirs = ImportRun.objects.create(started_at=NOW, actor=former)
        assert verdict(imports.get_deposit_for, former, theirs.pk) == "404"
        assert imports.may_deposit(depositor)
        assert not imports.may_deposit(UserFactory(roles=[("depositor", places.here)]))

    def test_profiles(self, places):
        ImportProfile.objects.create(name="lundi", label="Lundi", saved_by=places.maker, saved_at=NOW)
        opening(places, lambda user, **how: imports.get_profile_for(user, "lundi"), everywhere=DIRECTION, reading=None)
        assert verdict(imports.get_profile_for, places.maker, "mardi") == "404"


class TestTenants:
    def test_two_rows_made_one_need_both_households(self, places):
        people = [
            PersonFactory(household=HouseholdFactory(residence=ResidenceFactory(agency=one)))
            for one in (places.here, places.there)
        ]
        merge = Merge.objects.create(
            kept=people[0], gone=people[1], merged_by=places.maker, merged_at=NOW, before={}
        )  # fmt: skip
        assert tenants.get_merge_for(places.maker, merge.pk, reason="essai", write=True) == merge
        for grants in ([("director", places.here)], [("director", places.there)], ["caller"], ["building_manager"]):
            user = UserFactory(roles=grants)
            assert verdict(tenants.get_merge_for, user, merge.pk, reason="essai") == "404"
        assert verdict(tenants.get_merge_for, places.maker, NOBODY, reason="essai") == "404"
        manager = UserFactory(roles=["building_manager"])
        for person in people:
            ResidenceManagerFactory(user=manager, residence=person.household.dwelling.building.residence)
        assert verdict(tenants.get_merge_for, manager, merge.pk, reason="essai", write=True) == "403"


class TestAccounts:
    def test_other_people_s_accounts_roles_and_places(self, places):
        somebody = UserFactory(roles=["caller"])
        grant = RoleGrant.objects.get(user=somebody)
        agency, company = places.here, places.here.company
        for ask in (
            lambda user, **how: accounts.get_user_for(user, somebody.pk),
            lambda user, **how: accounts.get_grant_for(user, grant.pk),
            lambda user, **how: accounts.get_scope_for(user, company_id=None, agency_id=agency.pk),
        ):
            opening(places, ask, everywhere={"administrator"}, reading=None)
        boss = UserFactory(roles=["administrator"])
        assert verdict(accounts.get_user_for, boss, NOBODY) == "404"
        assert verdict(accounts.get_grant_for, boss, NOBODY) == "404"
        places_found = [
            accounts.get_scope_for(boss, company_id=company.pk if company else None, agency_id=agency.pk),
            accounts.get_scope_for(boss, company_id=None, agency_id=None),
        ]
        assert places_found == [(company, agency), (None, None)]
        for wrong in ({"company_id": NOBODY, "agency_id": None}, {"company_id": None, "agency_id": NOBODY}):
            assert verdict(accounts.get_scope_for, boss, **wrong) == "404"

    def test_a_caller_of_one_s_agencies(self, places):
        caller = UserFactory(roles=["caller"], agency=places.here)
        opening(
            places, lambda user, **how: accounts.get_caller_for(user, caller.pk), everywhere=MANAGERS, here=MANAGERS,
            reading=None,
        )  # fmt: skip
        boss = places.maker
        nowhere = UserFactory(roles=["caller"])
        here = UserFactory(roles=[("director", places.here)])
        company = RoleGrantFactory(role="director", company=places.here.company).user
        assert accounts.get_caller_for(company, caller.pk) == caller
        found = [verdict(accounts.get_caller_for, viewer, nowhere.pk) for viewer in (boss, here)]
        assert found == ["opened", "404"]
        for other in (UserFactory(roles=["social_worker"]), UserFactory(roles=["caller"], closed=True)):
            assert verdict(accounts.get_caller_for, boss, other.pk) == "404"

    def test_what_is_one_s_own(self, places):
        owner, boss = UserFactory(), places.maker
        create_api_token(actor=owner, user=owner, label="", now=NOW)
        token = ApiToken.objects.get()
        session = OpenSession.objects.create(
            session_key="a" * 64, session_data="", expire_date=timezone.now() + timedelta(hours=1), user_id=owner.pk
        )
        passkey = Passkey.objects.create(user=owner, name="Clé", credential_id=b"a", credential=b"b", created_at=NOW)
        for load, one in (
            (accounts.get_token_for, token), (accounts.get_session_for, session), (accounts.get_passkey_for, passkey),
        ):  # fmt: skip
            assert load(owner, one.pk) == one
            assert verdict(load, boss, one.pk) == "404"
            assert verdict(load, owner, uuid4()) == "404"

    def test_a_token_serves_while_it_stands_and_its_owner_does(self):
        owner = UserFactory()
        secret = create_api_token(actor=owner, user=owner, label="", now=NOW)
        token = ApiToken.objects.get(digest=digest(secret))

        def holder(now=NOW):
            return accounts.authenticate_token(secret=secret, now=now)

        assert holder() == owner
        assert accounts.authenticate_token(secret=f"{secret}x", now=NOW) is None
        assert holder(token.expires_at - timedelta(seconds=1)) == owner
        assert holder(token.expires_at) is None
        ApiToken.objects.update(revoked_at=NOW)
        assert holder() is None
        ApiToken.objects.update(revoked_at=None)
        type(owner).objects.filter(pk=owner.pk).update(is_active=False)
        assert holder() is None

    def test_a_long_file_is_answered_by_somebody_else_who_directs(self, places):
        asker = UserFactory(roles=["director"])
        asked = LargeFile.objects.create(
            asked_by=asker, asked_at=NOW, address="/x/", kind="csv", what="Locataires", rows=900, reason="Essai",
            expires_at=NOW + timedelta(days=3),
        )  # fmt: skip
        places.maker.last_login = NOW  # an account that was never used answers nothing
        places.maker.save()
        assert accounts.get_large_file_for(places.maker, asked.pk) == asked
        for viewer, key in ((asker, asked.pk), (UserFactory(roles=["caller"]), asked.pk), (places.maker, NOBODY)):
            assert verdict(accounts.get_large_file_for, viewer, key) == "404"

    def test_roles_asked_by_a_view(self, places):
        for guard, opened in (
            (accounts.role_required(Role.CALLER), {"caller"}),
            (accounts.account_manager_required, {"administrator"}),
            (questionnaires.writer_required, DIRECTION),
            (imports.importer_required, DIRECTION),
        ):
            view = guard(lambda request: "answer")
            for role in Role.values:
                request = SimpleNamespace(user=UserFactory(roles=[role]))
                assert (verdict(view, request) == "opened") == (role in opened)
                assert verdict(view, request) in ("opened", "403")

    def test_grants_of_nobody_and_of_a_closed_account(self, places, django_assert_num_queries):
        closed = UserFactory(roles=["administrator"], closed=True)
        assert accounts.grants_of(AnonymousUser()) == accounts.grants_of(closed) == []
        user = type(closed).objects.get(pk=places.maker.pk)
        with django_assert_num_queries(1):
            assert accounts.has_role(user, "director")
            assert not accounts.has_role(user, "caller")
            assert accounts.watches_accounts(user)
        assert accounts.watches_accounts(UserFactory(roles=["administrator"]))
        assert not accounts.watches_accounts(UserFactory(roles=[("director", places.here)]))
        assert not accounts.manages_accounts(user)


def test_a_commune_is_for_who_signed_in():
    from bienveille.register.partners import access as partners

    commune = CommuneFactory()
    assert partners.get_commune_for(UserFactory(), commune.code) == commune
    assert verdict(partners.get_commune_for, AnonymousUser(), commune.code) == "404"
    assert verdict(partners.get_commune_for, UserFactory(), "00000") == "404"
