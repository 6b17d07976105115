"""Referrals to partners: prepared, agreed to, sent, late, withdrawn, erased; each refusal, each thing twice."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.cases.referral_factories import ROOT, make_referral, proposal, secret_sent
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.partners.factories import ServiceFactory, StructureFactory
from tests.tenants.factories import ContactPointFactory, HouseholdFactory

from bienveille.engines.cases import operations as cases
from bienveille.engines.cases.models import Case, CaseAction, PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.operations import referrals as operations
from bienveille.engines.cases.operations.referrals_mail import write_to_owner, write_to_partner
from bienveille.engines.cases.queries.referrals import find_referral, referrals_of, shared
from bienveille.engines.cases.queries.referrals_disclosure import told_of_referrals
from bienveille.engines.cases.queries.referrals_figures import partner_figures, refused_count
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.operations import protect_address

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EVERYTHING = Scope(everything=True)


@pytest.fixture
def worker():
    return UserFactory(first_name="Samira", roles=["social_worker"])


@pytest.fixture
def case():
    return make_case("orange", needs=("meals",))


def propose(case, worker, **more):
    structure = more.pop("structure", None) or StructureFactory()
    service = more.pop("service", None)
    return operations.propose_referral(
        actor=worker, case_id=case.pk, structure=structure, service=service, proposal=proposal(case, **more), now=MONDAY
    )


class TestPropose:
    def test_nothing_leaves_and_the_case_tells(self, case, worker):
        made = propose(case, worker)
        assert (made.state, made.agreement, made.partner_name) == ("proposed", "", made.structure.nom)
        assert mail.outbox == []
        assert "orientation préparée pour repas" in CaseAction.objects.filter(kind="referral").get().words
        assert AuditEntry.objects.filter(detail__case="referral_proposed", actor=worker).exists()

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"needs": ()}, "needs"),
            ({"needs": ("illness",)}, "needs"),
            ({"needs": ("meals", "violence")}, "needs"),
            ({"asked": "Soigne son cancer"}, "asked"),
            ({"asked": "x" * 301}, "asked"),
            ({"email": "ccas"}, "email"),
        ],
    )
    def test_refuses_what_may_not_leave(self, case, worker, more, field):
        with pytest.raises(operations.CannotRefer) as refusal:
            propose(case, worker, **more)
        assert refusal.value.field == field
        assert not PartnerReferral.objects.exists()

    def test_refuses_somebody_else(self, case, worker):
        stranger = HouseholdFactory(age=70).people.get()
        with pytest.raises(operations.CannotRefer):
            propose(case, worker, person_id=stranger.pk)

    def test_refuses_a_partner_closed_or_asked_already(self, case, worker):
        with pytest.raises(operations.CannotRefer):
            propose(case, worker, structure=StructureFactory(ended_on=MONDAY.date()))
        with pytest.raises(operations.CannotRefer):
            propose(case, worker, service=ServiceFactory())  # of another partner
        ccas = StructureFactory()
        propose(case, worker, structure=ccas)
        with pytest.raises(operations.CannotRefer):
            propose(case, worker, structure=ccas)

    def test_refuses_a_closed_case(self, case, worker):
        cases.close_case(actor=worker, case_id=case.pk, outcome="helped", words="", revision=None, now=MONDAY)
        with pytest.raises(operations.CannotRefer):
            propose(case, worker)


class TestAgreement:
    def test_who_when_which_words(self, worker):
        made = make_referral("agreed", actor=worker)
        assert (made.agreement, made.said_by, made.words_version) == ("consent", "person", 1)
        assert (made.agreed_at, made.heard_by_id) == (MONDAY, worker.pk)

    def test_a_no_ends_it_and_nothing_leaves(self, worker):
        made = make_referral("refused", actor=worker)
        assert made.state == "refused"
        with pytest.raises(operations.ReferralOver):
            operations.send_referral(actor=worker, referral_id=made.pk, root=ROOT, now=MONDAY)
        with pytest.raises(operations.ReferralOver):
            operations.record_agreement(
                actor=worker, referral_id=made.pk, agreement="consent", said_by="person", now=MONDAY
            )
        assert mail.outbox == []

    def test_a_confidential_case_needs_a_yes(self, worker, case):
        made = make_referral("proposed", case=case, actor=worker)
        Case.objects.filter(pk=case.pk).update(kind="confidential")
        with pytest.raises(operations.CannotRefer):
            operations.record_agreement(
                actor=worker, referral_id=made.pk, agreement="non_objection", said_by="person", now=MONDAY
            )

    def test_the_database_holds_it_too(self, worker):
        made = make_referral("proposed", actor=worker)
        with pytest.raises(IntegrityError), transaction.atomic():
            PartnerReferral.objects.filter(pk=made.pk).update(state="sent", sent_at=MONDAY)


class TestSend:
    def test_not_before_an_answer(self, worker):
        made = make_referral("proposed", actor=worker)
        with pytest.raises(operations.CannotSend):
            operations.send_referral(actor=worker, referral_id=made.pk, root=ROOT, now=MONDAY)

    def test_once(self, worker):
        made = make_referral("sent", actor=worker)
        again = operations.send_referral(actor=worker, referral_id=made.pk, root=ROOT, now=MONDAY + DAY)
        assert (again.sent_at, again.sendings) == (MONDAY, 1)

    def test_the_message_names_nobody_and_only_the_digest_is_kept(self, worker):
        household = HouseholdFactory(people=[{"age": 82, "last_name": "Tournebriole", "phone": True}])
        made = make_referral("sent", actor=worker, case=make_case("orange", household=household))
        secret = secret_sent(made)
        message = mail.outbox[-1]
        assert message.to == ["accueil@ccas.example"]
        for word in ("Tournebriole", "Repas", "repas", "0639", "06 39", household.dwelling.building.residence.name):
            assert word not in f"{message.subject} {message.body}"
        assert len(secret) >= 43
        assert secret not in str(list(ReferralLink.objects.values()))

    def test_a_job_run_twice_sends_once(self, worker):
        made = make_referral("sent", actor=worker)
        secret_sent(made)
        for sending in (1, 0):
            assert not write_to_partner(referral_id=made.pk, sending=sending, root=ROOT, kind="first", now=MONDAY)
        assert len(mail.outbox) == 1

    def test_a_new_link_ends_the_former(self, worker):
        made = make_referral("sent", actor=worker)
        secret_sent(made)
        operations.send_again(actor=worker, referral_id=made.pk, root=ROOT, now=MONDAY + DAY)
        assert list(ReferralLink.objects.values_list("revoked_at", flat=True)) == [MONDAY + DAY]

    def test_refuses_somebody_who_left_or_died_meanwhile(self, worker):
        for change in ({"deceased": True}, {"left_on": MONDAY.date()}):
            made = make_referral("agreed", actor=worker)
            Person.objects.filter(pk=made.person_id).update(**change)
            with pytest.raises(operations.CannotSend):
                operations.send_referral(actor=worker, referral_id=made.pk, root=ROOT, now=MONDAY)

    def test_protected_meanwhile(self, worker):
        made = make_referral("agreed", actor=worker)
        Person.objects.filter(pk=made.person_id).update(protected_address=True)
        with pytest.raises(operations.CannotSend):
            operations.send_referral(actor=worker, referral_id=made.pk, root=ROOT, now=MONDAY)


class TestShared:
    def test_name_number_and_home_and_nobody_elses_number(self, worker):
        household = HouseholdFactory(people=[{"age": 82, "last_name": "Morel", "first_name": "Odette"}])
        person = household.people.get()
        ContactPointFactory(person=person, value="+33639980011", whose="sa fille")
        ContactPointFactory(person=person, value="+33639980012", status="wrong")
        ContactPointFactory(person=person, value="+33639980013")
        made = make_referral("sent", actor=worker, case=make_case("orange", household=household))
        told = shared(made, MONDAY.date())
        assert (told.name, told.phone) == ("Mme Odette Morel", "+33639980013")
        assert told.address

    def test_protected_after_the_sending_the_address_is_told_no_more(self, worker):
        made = make_referral("sent", actor=worker)
        director = UserFactory(roles=["administrator"])
        protect_address(actor=director, person=made.person, protected=True, reason="À sa demande")
        told = shared(made, MONDAY.date())
        assert (told.address, told.phone, told.hidden) == ((), "", True)

    def test_a_protected_address_asks_for_a_safe_way(self, worker, case):
        Person.objects.update(protected_address=True)
        with pytest.raises(operations.CannotRefer) as refusal:
            propose(case, worker)
        assert refusal.value.field == "safe_channel"
        made = propose(case, worker, safe_channel="phone")
        assert not made.with_address
        assert shared(find_referral(made.pk), MONDAY.date()).phone

    def test_a_wrong_address_is_no_reason_to_tell_more(self, worker):
        made = make_referral("sent", actor=worker, with_address=False, with_phone=False)
        told = shared(made, MONDAY.date())
        assert (told.address, told.phone) == ((), "")


class TestWithdraw:
    def test_links_end_and_the_partner_is_told_without_a_name(self, worker):
        made = make_referral("sent", actor=worker)
        secret_sent(made)
        for _ in range(2):
            operations.withdraw_referral(actor=worker, referral_id=made.pk, reason="solved", now=MONDAY + DAY)
        assert ReferralLink.objects.get().revoked_at == MONDAY + DAY
        assert write_to_partner(referral_id=made.pk, sending=0, root="", kind="withdrawn", now=MONDAY + DAY)
        assert "retirée" in mail.outbox[-1].body
        assert made.person.last_name not in mail.outbox[-1].body

    def test_refuses_what_is_over_or_without_reason(self, worker):
        with pytest.raises(operations.ReferralOver):
            operations.withdraw_referral(
                actor=worker, referral_id=make_referral("closed").pk, reason="solved", now=MONDAY
            )
        with pytest.raises(operations.CannotRefer):
            operations.withdraw_referral(actor=worker, referral_id=make_referral("sent").pk, reason="", now=MONDAY)


class TestWatch:
    def test_reminders_then_the_owner_each_once(self, worker):
        made = make_referral("sent", actor=worker)
        written = {}
        for day in range(15):
            for _ in range(2):
                if count := operations.watch(now=MONDAY + day * DAY):
                    written[day] = written.get(day, 0) + count
        assert written == {3: 1, 7: 2}  # the fifth day is a Saturday: the owner is told on Monday
        made.refresh_from_db()
        assert (made.reminders, made.owner_told_of, made.sendings) == (2, "sent", 3)
        assert Case.objects.get().news_at is not None

    def test_no_reminder_once_received_but_the_owner_hears_of_the_rest(self, worker):
        made = make_referral("acknowledged", actor=worker)
        assert sum(operations.watch(now=MONDAY + day * DAY) for day in range(21)) == 0
        assert operations.watch(now=MONDAY + 21 * DAY) == 1
        assert write_to_owner(referral_id=made.pk, what="late_acknowledged")
        assert made.person.last_name not in mail.outbox[-1].body
        assert mail.outbox[-1].to == [worker.email]

    def test_who_died_is_asked_for_no_more(self, worker):
        made = make_referral("sent", actor=worker)
        Person.objects.update(deceased=True)
        operations.watch(now=MONDAY + DAY)
        made.refresh_from_db()
        assert (made.state, made.withdrawal, made.withdrawn_by) == ("withdrawn", "left", None)

    def test_a_reminder_has_a_link_when_the_site_knows_its_address(self, worker, settings):
        made = make_referral("sent", actor=worker)
        settings.PUBLIC_URL = ROOT
        assert write_to_partner(referral_id=made.pk, sending=1, root="", kind="reminder", now=MONDAY)
        assert f"{ROOT}/demande/" in mail.outbox[-1].body


class TestEnd:
    def test_erased_on_the_last_day_with_its_links(self, worker):
        made = make_referral("closed", actor=worker)
        secret_like = ReferralLink.objects.create(
            referral=made, sending=9, digest="0" * 64, created_at=MONDAY, expires_at=MONDAY + DAY
        )
        assert operations.erase_referrals(today=made.expires_on) == 0
        assert operations.erase_referrals(today=made.expires_on + DAY) == 1
        assert not ReferralLink.objects.filter(pk=secret_like.pk).exists()
        assert AuditEntry.objects.filter(detail__case="referrals_erased").exists()

    def test_codes_go_after_a_month(self, worker):
        made = make_referral("sent", actor=worker)
        link = ReferralLink.objects.create(
            referral=made, sending=9, digest="0" * 64, created_at=MONDAY, expires_at=MONDAY + DAY
        )
        ReferralCode.objects.create(
            link=link, holder="h", channel="email", created_at=MONDAY, expires_at=MONDAY + timedelta(minutes=10)
        )
        operations.erase_referrals(today=MONDAY.date() + 30 * DAY)
        assert ReferralCode.objects.exists()
        operations.erase_referrals(today=MONDAY.date() + 31 * DAY)
        assert not ReferralCode.objects.exists()

    def test_with_its_case(self, worker):
        made = make_referral("closed", actor=worker)
        cases.close_case(actor=worker, case_id=made.case_id, outcome="partner", words="", revision=None, now=MONDAY)
        cases.erase_cases(today=MONDAY.date() + 400 * DAY)
        assert not PartnerReferral.objects.exists()


class TestQueries:
    @pytest.mark.parametrize("count", [1, 4])
    def test_one_query_whatever_the_number(self, worker, case, count):
        for _ in range(count):
            make_referral("sent", case=case, actor=worker)
        since, until = MONDAY - DAY, MONDAY + DAY
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(referrals_of(case)) == count
            assert sum(one.sent for one in partner_figures(EVERYTHING, worker, since=since, until=until)) == count
        assert len(captured) == 2

    def test_figures_by_partner(self, worker):
        ccas = StructureFactory(nom="CCAS")
        for state in ("sent", "acknowledged", "closed", "withdrawn", "refused"):
            make_referral(state, structure=ccas, actor=worker)
        make_referral("sent", structure=StructureFactory(nom="Les Voisins"), actor=worker)
        first, second = partner_figures(EVERYTHING, worker, since=MONDAY - DAY, until=MONDAY + DAY)
        assert (first.partner, first.sent, first.acknowledged, first.answered, first.closed) == ("CCAS", 4, 2, 1, 1)
        assert (first.withdrawn, first.helped, first.answered_share) == (1, 1, 0.25)
        assert (first.to_acknowledge, first.to_close) == (timedelta(hours=3.5), timedelta(hours=5))
        assert (second.partner, second.to_close) == ("Les Voisins", None)
        assert refused_count(EVERYTHING, worker, since=MONDAY - DAY, until=MONDAY + DAY) == 1

    def test_figures_of_ones_own_agencies(self, worker):
        lyon = AgencyFactory()
        make_referral("sent", case=make_case("orange", agency=lyon), actor=worker)
        make_referral("sent", actor=worker)
        scope = Scope(agencies=frozenset({lyon.pk}))
        assert [one.sent for one in partner_figures(scope, worker, since=MONDAY - DAY, until=MONDAY + DAY)] == [1]


class TestDisclosure:
    def test_somebody_is_told_to_whom_they_were_named_and_no_name_of_the_staff(self, worker):
        made = make_referral("closed", actor=worker, with_address=False)
        (part,) = told_of_referrals([made.person_id], str)
        told = dict(part.lines[0])
        assert told["Partenaire"] == made.partner_name
        assert told["Ce qui est transmis"] == "votre nom et votre numéro de téléphone"
        assert "Je peux demander de l’aide" in told["Phrase lue"]
        assert told["Réponse du partenaire"] == "L’aide est en place"
        assert worker.last_name not in str(part)

    def test_a_confidential_one_is_told_by_hand(self, worker):
        made = make_referral("sent", actor=worker)
        Case.objects.filter(pk=made.case_id).update(kind="confidential")
        (part,) = told_of_referrals([made.person_id], str)
        assert part.lines == ()
