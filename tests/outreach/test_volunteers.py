"""The call for volunteers: opened, answered, accepted with the caller's role, declined, forgotten; its figures."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory

from bienveille.register.accounts.models import AuditEntry, RoleGrant, User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import VolunteerCall, VolunteerOffer
from bienveille.services.outreach.operations import volunteers
from bienveille.services.outreach.queries.volunteers import (
    calls_for_me,
    figures_in,
    offers_of,
    volunteer_call,
    volunteer_calls,
)
from bienveille.services.outreach.rules.volunteers import kept_until, may_answer, read_domain

PUBLISHED = Path(__file__).resolve().parents[1] / "fixtures" / "published.json"
ALL = Scope(everything=True)


class TestRules:
    @pytest.mark.parametrize(
        ("text", "domain"),
        [("bailleur.fr", "bailleur.fr"), (" @Bailleur.FR ", "bailleur.fr"), ("bailleur", ""), ("", ""),
         ("bailleur.fr/x", ""), ("-a.fr", "")],
    )  # fmt: skip
    def test_domain(self, text, domain):
        assert read_domain(text) == domain

    @pytest.mark.parametrize(
        ("email", "allowed"),
        [("lea@bailleur.fr", True), ("Lea@BAILLEUR.fr ", True), ("lea@sous.bailleur.fr", False),
         ("lea@faux-bailleur.fr", False), ("@bailleur.fr", False), ("bailleur.fr", False)],
    )  # fmt: skip
    def test_exactly_that_domain(self, email, allowed):
        assert may_answer(email, "bailleur.fr") is allowed
        assert not may_answer(email, "")

    def test_how_long(self):
        assert kept_until(date(2026, 1, 1), declined=False) == date(2027, 1, 1)
        assert kept_until(date(2026, 1, 1), declined=True) == date(2026, 4, 1)


@pytest.fixture
def agency(db):
    return AgencyFactory()


@pytest.fixture
def lead(db):
    return UserFactory(roles=["director"])


@pytest.fixture
def opened(lead):
    return volunteers.open_volunteer_call(
        actor=lead, name="Grand froid", words="", agency=None, public=True, email_domain="bailleur.example",
        asked=200, now=MONDAY,
    )  # fmt: skip


def answer(**changes):
    return volunteers.Answer(**{"first_name": "Léa", "last_name": "Morel", "willing": True, **changes})


class TestAnswering:
    def test_signed_in_answers_and_changes_until_it_is_read(self, opened, lead, agency):
        user = UserFactory(agency=agency)
        volunteers.answer_as_user(user=user, call_id=opened.pk, answer=answer(hours_per_week=2), now=MONDAY)
        offer = volunteers.answer_as_user(
            user=user, call_id=opened.pk, answer=answer(hours_per_week=3, knows=[agency.pk]), now=MONDAY
        )
        assert VolunteerOffer.objects.get().hours_per_week == 3
        assert list(offer.knows.all()) == [agency]
        volunteers.decline_offer(actor=lead, offer_id=offer.pk, reply="Merci.", now=MONDAY)
        with pytest.raises(volunteers.AlreadyRead):
            volunteers.answer_as_user(user=user, call_id=opened.pk, answer=answer(), now=MONDAY)

    def test_no_is_an_answer_and_keeps_nothing_else(self, opened):
        offer = volunteers.answer_as_user(
            user=UserFactory(),
            call_id=opened.pk,
            answer=answer(willing=False, hours_per_week=4, equipped=True),
            now=MONDAY,
        )
        assert (offer.willing, offer.hours_per_week, offer.equipped) == (False, None, False)

    def test_without_account_only_with_the_landlord_s_domain_and_only_once(self, opened):
        def try_with(email, name="Léa"):
            return volunteers.answer_without_account(
                call_id=opened.pk, email=email, answer=answer(first_name=name), now=MONDAY
            )

        assert not try_with("lea@ailleurs.example")
        assert try_with(" Lea.Morel@Bailleur.example")
        assert not try_with("lea.morel@bailleur.example", name="Autre")
        assert VolunteerOffer.objects.get().first_name == "Léa"

    def test_a_call_that_is_not_public_or_is_closed_takes_nothing(self, opened, lead):
        VolunteerCall.objects.update(public=False)
        known = {"call_id": opened.pk, "answer": answer(), "now": MONDAY}
        assert not volunteers.answer_without_account(email="a@bailleur.example", **known)
        VolunteerCall.objects.update(public=True)
        for days in (0, 3):
            volunteers.close_volunteer_call(actor=lead, call_id=opened.pk, now=MONDAY + timedelta(days=days))
        assert VolunteerCall.objects.get().closed_at == MONDAY
        assert not volunteers.answer_without_account(email="a@bailleur.example", **known)
        with pytest.raises(volunteers.CallClosed):
            volunteers.answer_as_user(user=UserFactory(), **known)

    def test_public_needs_a_domain(self, lead):
        with pytest.raises(volunteers.DomainNeeded):
            volunteers.open_volunteer_call(
                actor=lead, name="Essai", words="", agency=None, public=True, email_domain="", asked=None, now=MONDAY
            )


class TestDeciding:
    def accept(self, lead, offer):
        return volunteers.accept_offer(actor=lead, offer_id=offer.pk, root="http://ici.example/", now=MONDAY)

    def test_role_in_the_agency_and_what_was_offered(self, opened, lead, agency):
        user = UserFactory(languages=["fr"])
        given = answer(agency_id=agency.pk, hours_per_week=2, languages=["pt"], knows=[agency.pk])
        offer = volunteers.answer_as_user(user=user, call_id=opened.pk, answer=given, now=MONDAY)
        for _ in range(2):
            self.accept(lead, offer)
        user.refresh_from_db()
        assert RoleGrant.objects.get(user=user).agency_id == agency.pk
        assert (user.hours_per_week, user.languages, list(user.covers.all())) == (2, ["fr", "pt"], [agency])
        assert AuditEntry.objects.filter(detail__did="volunteer_accepted").count() == 1
        assert AuditEntry.objects.filter(detail__did="grant", actor=lead).count() == 1

    def test_an_account_is_opened_and_only_its_owner_chooses_the_password(self, opened, lead, agency, monkeypatch):
        sent = []
        monkeypatch.setattr(volunteers.accounts.send_reset_link, "enqueue", lambda **given: sent.append(given))
        volunteers.answer_without_account(
            call_id=opened.pk, email="neuf@bailleur.example", answer=answer(agency_id=agency.pk), now=MONDAY
        )
        user = self.accept(lead, VolunteerOffer.objects.get())
        assert user == User.objects.get(email="neuf@bailleur.example")
        assert not user.has_usable_password()
        assert sent == [{"user_id": str(user.pk), "root": "http://ici.example/"}]

    def test_refusals(self, opened, lead):
        yes = volunteers.answer_as_user(user=UserFactory(), call_id=opened.pk, answer=answer(), now=MONDAY)
        no = volunteers.answer_as_user(user=UserFactory(), call_id=opened.pk, answer=answer(willing=False), now=MONDAY)
        gone = UserFactory()
        closed = volunteers.answer_as_user(user=gone, call_id=opened.pk, answer=answer(), now=MONDAY)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        with pytest.raises(volunteers.AlreadyDecided):
            self.accept(lead, no)
        with pytest.raises(volunteers.accounts.AccountInactive):
            self.accept(lead, closed)
        self.accept(lead, yes)
        with pytest.raises(volunteers.AlreadyDecided):
            volunteers.decline_offer(actor=lead, offer_id=yes.pk, reply="Non", now=MONDAY)
        for reply in ("Merci.", "Autre."):
            declined = volunteers.decline_offer(actor=lead, offer_id=closed.pk, reply=reply, now=MONDAY)
        assert (declined.reply, declined.expires_on) == ("Merci.", MONDAY.date() + timedelta(days=90))
        with pytest.raises(volunteers.AlreadyDecided):
            self.accept(lead, closed)

    def test_who_answered_is_forgotten_the_figures_stay(self, opened, lead, agency):
        given = answer(agency_id=agency.pk, knows=[agency.pk], equipped=True)
        volunteers.answer_as_user(user=UserFactory(), call_id=opened.pk, answer=given, now=MONDAY)
        VolunteerOffer.objects.update(expires_on=date(2020, 1, 1))
        volunteers.forget_offers()
        offer = VolunteerOffer.objects.get()
        assert (offer.email, offer.user_id, offer.first_name, offer.agency_id) == (None, None, "", None)
        assert not offer.knows.exists()
        figures = figures_in(volunteer_call(opened.pk))
        assert (figures.answers, figures.volunteers, figures.with_material) == (1, 1, 1)
        assert offers_of(opened, ALL, lead) == []


class TestFigures:
    def test_published_figures_come_out(self, opened):
        published = json.loads(PUBLISHED.read_text(encoding="utf-8"))["contribution_call"]
        VolunteerOffer.objects.bulk_create(
            VolunteerOffer(
                call=opened,
                email=f"{rank}@bailleur.example",
                willing=rank < published["volunteers"],
                equipped=rank < published["with_material"],
                answered_at=MONDAY,
                expires_on=date(2027, 1, 1),
            )
            for rank in range(published["answers"])
        )
        figures = figures_in(volunteer_call(opened.pk))
        assert {"answers": figures.answers, "volunteers": figures.volunteers,
                "with_material": figures.with_material} == published  # fmt: skip

    def test_each_manager_reads_their_agency(self, opened, lead, agency):
        manager = UserFactory(roles=[("agency_manager", agency)])
        scope = Scope(agencies=frozenset([agency.pk]))
        mine = volunteers.answer_as_user(
            user=UserFactory(), call_id=opened.pk, answer=answer(agency_id=agency.pk), now=MONDAY
        )
        volunteers.answer_as_user(user=UserFactory(), call_id=opened.pk, answer=answer(), now=MONDAY)
        assert offers_of(opened, scope, manager) == [mine]
        assert len(offers_of(opened, ALL, lead)) == 2
        assert [call for call, _ in volunteer_calls(scope, manager)] == [opened]

    def test_home_asks_those_who_have_not_answered(self, opened, lead):
        user = UserFactory()
        assert calls_for_me(user) == [opened]
        assert calls_for_me(lead) == []
        volunteers.answer_as_user(user=user, call_id=opened.pk, answer=answer(willing=False), now=MONDAY)
        assert calls_for_me(user) == []
