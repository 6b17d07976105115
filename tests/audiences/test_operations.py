"""Saving, renaming and deleting an audience: done, refused, done twice, audited; and who may."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory

from bienveille.engines.audiences import access, operations
from bienveille.engines.audiences.models import Audience
from bienveille.engines.audiences.rules import InvalidRule
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db

RULE = {"all": [{"age": {"min": 75}}, {"lives_alone": True}]}


@pytest.fixture
def manager():
    return UserFactory(roles=["director"])


@pytest.fixture
def audience(manager):
    return operations.save_audience(actor=manager, name="75 ans et plus", rule=RULE, purpose="wellbeing")


def changes():
    return [entry.detail["change"] for entry in AuditEntry.objects.filter(action="audience.changed").order_by("id")]


class TestSave:
    def test_saved_and_audited(self, audience, manager):
        assert Audience.objects.values_list("name", "rule", "purpose", "created_by_id").get() == (
            "75 ans et plus",
            RULE,
            "wellbeing",
            manager.pk,
        )
        assert changes() == ["created"]

    def test_changed(self, audience):
        other = UserFactory(roles=["administrator"])
        operations.save_audience(
            actor=other, audience=audience, name=" 80 ans ", rule={"age": {"min": 80}}, purpose="heat"
        )
        saved = Audience.objects.get()
        assert (saved.name, saved.rule, saved.purpose) == ("80 ans", {"age": {"min": 80}}, "heat")
        assert saved.created_by_id == audience.created_by_id
        assert changes() == ["created", "changed"]

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"name": " "}, "nom"),
            ({"name": "x" * 151}, "nom"),
            ({"purpose": ""}, "finalité"),
            ({"purpose": "x" * 61}, "finalité"),
            ({"name": "75 ans et plus"}, "porte déjà ce nom"),
        ],
    )
    def test_refused(self, audience, manager, fields, refusal):
        kept = {"name": "Autre", "rule": RULE, "purpose": "wellbeing"} | fields
        with pytest.raises(operations.CannotSaveAudience, match=refusal):
            operations.save_audience(actor=manager, **kept)
        assert Audience.objects.count() == 1
        assert changes() == ["created"]

    def test_a_rule_that_means_nothing_is_refused(self, manager):
        with pytest.raises(InvalidRule):
            operations.save_audience(actor=manager, name="x", rule={"agency": "XXX"}, purpose="wellbeing")

    def test_somebody_without_the_role_is_refused(self):
        with pytest.raises(operations.CannotSaveAudience, match="rôle"):
            operations.save_audience(actor=UserFactory(roles=["caller"]), name="x", rule=RULE, purpose="wellbeing")

    def test_one_that_is_gone_is_refused(self, audience, manager):
        Audience.objects.all().delete()
        with pytest.raises(operations.AudienceGone):
            operations.save_audience(actor=manager, audience=audience, name="x", rule=RULE, purpose="wellbeing")


class TestRename:
    def test_renamed_once(self, audience, manager):
        for _ in range(2):
            operations.rename_audience(actor=manager, audience=audience, name="Les aînés")
        assert Audience.objects.get().name == "Les aînés"
        assert changes() == ["created", "renamed"]

    def test_a_name_already_taken_is_refused(self, audience, manager):
        operations.save_audience(actor=manager, name="Autre", rule=RULE, purpose="wellbeing")
        with pytest.raises(operations.AudienceNameTaken):
            operations.rename_audience(actor=manager, audience=audience, name="Autre")


class TestDelete:
    def test_deleted_once(self, audience, manager):
        for _ in range(2):
            operations.delete_audience(actor=manager, audience=audience)
        assert not Audience.objects.exists()
        assert changes() == ["created", "deleted"]


class TestAccess:
    @pytest.mark.parametrize(
        ("role", "sees"),
        [
            ("administrator", True),
            ("director", True),
            ("agency_manager", True),
            ("caller", False),
            ("social_worker", False),
            ("building_manager", False),
            ("communication", False),
            ("partner", False),
            ("tenant", False),
        ],
    )
    def test_who_sees_audiences(self, audience, role, sees):
        user = UserFactory(roles=[role])
        assert access.may_prepare(user) is sees
        if sees:
            assert access.get_audience_for(user, audience.pk) == audience
        else:
            with pytest.raises(Http404):
                access.get_audience_for(user, audience.pk)

    def test_one_changes_one_s_own_or_covers_everything(self, audience, manager):
        local = UserFactory(roles=[("agency_manager", AgencyFactory(lyon=True))])
        with pytest.raises(PermissionDenied):
            access.get_audience_for(local, audience.pk, write=True)
        assert access.get_audience_for(manager, audience.pk, write=True) == audience
        own = operations.save_audience(actor=local, name="Lyon", rule=RULE, purpose="wellbeing")
        assert access.get_audience_for(local, own.pk, write=True) == own

    def test_targeting_keeps_to_one_s_agencies(self):
        agency = AgencyFactory(lyon=True)
        local = UserFactory(roles=[("agency_manager", agency), ("caller", None)])
        assert access.targeting_scope(local).agencies == {agency.pk}
        assert not access.targeting_scope(local).everything

    def test_an_unknown_audience_is_not_found(self, manager):
        with pytest.raises(Http404):
            access.get_audience_for(manager, manager.pk)
