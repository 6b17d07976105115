"""A partner's link, code and page, then whoever attacks them: guessing, replay, another case, another browser, too late."""

import logging
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.cases.referral_factories import ROOT, code_sent, make_referral, secret_sent
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case, CaseAction, PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.operations import referrals, referrals_portal
from bienveille.faces.portal.access import HOLDERS
from bienveille.ground.platform.failures import ScrubbedFormatter
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import digest
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db
NAME = "Tournebriole"


@pytest.fixture(autouse=True)
def _no_bucket_yet():
    cache.clear()


@pytest.fixture
def worker():
    return UserFactory(first_name="Samira", last_name="Relais", roles=["social_worker"])


@pytest.fixture
def sent(worker):
    """A referral sent, and the secret of its link."""
    now = timezone.now()
    people = [{"age": 82, "last_name": NAME, "first_name": "Odette", "phone": True}]
    case = make_case("orange", household=HouseholdFactory(people=people), needs=("meals",), now=now)
    made = make_referral("sent", case=case, actor=worker, now=now)
    return made, secret_sent(made, now)


def link(secret):
    return reverse("portal:link", args=[secret])


def code_page(secret):
    return reverse("portal:code", args=[secret])


def page_of(referral):
    return reverse("portal:referral", args=[referral.pk])


def text(response):
    return response.content.decode()


def opened(client, secret, when=None):
    """The browser asks for a code and gives it."""
    client.post(link(secret))
    return client.post(code_page(secret), {"code": code_sent(when or timezone.now())})


class TestTheUsualWay:
    def test_link_code_page_received_answer_finished(self, client, sent):
        made, secret = sent
        first = client.get(link(secret))
        assert first.status_code == 200
        assert NAME not in text(first)
        assert mail.outbox[-1].subject.endswith("une demande d’aide à lire")  # a mere visit sends no code
        asked = client.post(link(secret), follow=True)
        assert NAME not in text(asked)
        answer = client.post(code_page(secret), {"code": code_sent(timezone.now())}, follow=True)
        page = text(answer)
        for words in (NAME, "Repas", "Des repas livrés", "Samira Relais", "J’ai bien reçu"):
            assert words in page
        assert answer["Cache-Control"].startswith("no-store")
        assert AuditEntry.objects.filter(
            action="household.read", actor=None, subject_id=made.case.household_id
        ).exists()

        client.post(reverse("portal:acknowledge", args=[made.pk]))
        made.refresh_from_db()
        assert made.state == "acknowledged"
        assert made.seen_at is not None
        client.post(reverse("portal:answer", args=[made.pk]), {"answer": "will_help", "words": "Dès lundi."})
        made.refresh_from_db()
        assert (made.state, made.answer, made.answer_words) == ("acknowledged", "will_help", "Dès lundi.")
        done = client.post(reverse("portal:answer", args=[made.pk]), {"answer": "helped", "words": "", "do": "close"})
        assert done["Location"] == reverse("portal:thanks")
        made.refresh_from_db()
        assert made.state == "closed"
        assert Case.objects.get().news_at is not None
        told = list(
            CaseAction.objects.filter(kind="referral", by=None).order_by("at", "pk").values_list("words", flat=True)
        )
        assert [one.partition("\u00a0: ")[2] for one in told] == [
            "orientation reçue.",
            "nous allons aider.",
            "l’aide est en place. Terminé.",
        ]
        # Finished: neither the page nor the link opens anything any more.
        assert client.get(page_of(made)).status_code == 404
        assert client.get(link(secret)).status_code == 404

    def test_nothing_leaves_but_what_was_ticked(self, client, worker):
        now = timezone.now()
        people = [
            {"age": 82, "last_name": NAME, "phone": True},
            {"age": 80, "last_name": "Zénaïdine", "role": "occupant"},
        ]
        household = HouseholdFactory(people=people)
        case = make_case("red", household=household, words="Ne descend plus, a peur.", now=now)
        made = make_referral("sent", case=case, actor=worker, now=now, with_address=False, with_phone=False)
        client.post(link(secret := secret_sent(made, now)))
        page = text(client.post(code_page(secret), {"code": code_sent(now)}, follow=True))
        residence = household.dwelling.building.residence
        phone = household.people.order_by("pk").first().contact_points.get().value
        assert NAME in page
        for word in ("Zénaïdine", "peur", "Rouge", residence.name, residence.address, phone, "82 ans"):
            assert not word or word not in page

    def test_words_about_health_are_refused_with_what_was_typed(self, client, sent):
        made, secret = sent
        opened(client, secret)
        answer = client.post(reverse("portal:answer", args=[made.pk]), {"answer": "will_help", "words": "Son cancer"})
        assert answer.status_code == 422
        assert "Son cancer" in text(answer)
        made.refresh_from_db()
        assert made.answer == ""

    def test_an_answer_is_chosen(self, client, sent):
        made, secret = sent
        opened(client, secret)
        assert client.post(reverse("portal:answer", args=[made.pk]), {"words": "Oui"}).status_code == 422
        assert client.post(reverse("portal:answer", args=[made.pk]), {"answer": "maybe"}).status_code == 422

    def test_leaving_closes_on_this_machine_only(self, client, sent):
        made, secret = sent
        opened(client, secret)
        client.post(reverse("portal:leave", args=[made.pk]))
        assert client.get(page_of(made)).status_code == 404
        assert opened(client, secret)["Location"] == page_of(made)


class TestLinksThatOpenNothing:
    def every_kind(self, worker):
        """(why, secret) of links that stand no more, beside one that never was."""
        now = timezone.now()
        made = {
            name: make_referral("sent", actor=worker, now=now)
            for name in ("expired", "replaced", "withdrawn", "finished", "dead")
        }
        secrets = {name: secret_sent(one, now) for name, one in made.items()}
        ReferralLink.objects.filter(referral=made["expired"]).update(created_at=now - timedelta(9), expires_at=now)
        referrals.send_again(actor=worker, referral_id=made["replaced"].pk, root=ROOT, now=now)
        referrals.withdraw_referral(actor=worker, referral_id=made["withdrawn"].pk, reason="solved", now=now)
        referrals_portal.answer_referral(
            referral_id=made["finished"].pk, answer="helped", words="", closing=True, now=now
        )
        Person.objects.filter(pk=made["dead"].person_id).update(deceased=True)
        return {**secrets, "never": "x" * 43, "short": "a"}

    def test_one_page_whatever_the_reason(self, client, worker):
        answers = {}
        for why, secret in self.every_kind(worker).items():
            for address in (link(secret), code_page(secret)):
                for method in (client.get, client.post):
                    response = method(address)
                    page = text(response).replace(f"/{secret}/", "/…/")
                    answers[f"{why} {address} {method.__name__}"] = (response.status_code, dict(response.headers), page)
        statuses = {status for status, _, _ in answers.values()}
        assert statuses == {404}
        assert len({self.without_token(page) for _, _, page in answers.values()}) == 1
        assert (
            len(
                {
                    str({k: v for k, v in headers.items() if k not in ("Content-Length", "Content-Security-Policy")})
                    for _, headers, _ in answers.values()
                }
            )
            == 1
        )

    @staticmethod
    def without_token(page):
        return re.sub(r'value="[A-Za-z0-9]{64}"', "", page)

    def test_asking_again_says_the_same_to_all_and_tells_the_owner_of_real_ones(self, client, worker):
        kinds = self.every_kind(worker)
        pages = set()
        for secret in kinds.values():
            answer = client.post(reverse("portal:ask_again", args=[secret]))
            pages.add((answer.status_code, text(answer)))
        assert len(pages) == 1
        now = timezone.now()
        told = {why: referrals_portal.tell_asked_again(link=digest(secret), now=now) for why, secret in kinds.items()}
        assert told == {
            "expired": True, "replaced": True, "dead": True,
            "withdrawn": False, "finished": False, "never": False, "short": False,
        }  # fmt: skip
        assert not referrals_portal.tell_asked_again(link=digest(kinds["expired"]), now=now)  # once in half a day
        referral = ReferralLink.objects.get(digest=digest(kinds["expired"])).referral_id
        told_of = CaseAction.objects.filter(case__referrals=referral).values_list("words", flat=True)
        assert sum("demande un nouveau lien" in words for words in told_of) == 1


class TestAttacks:
    def test_the_code_of_another_browser_opens_nothing(self, client, sent):
        made, secret = sent
        client.post(link(secret))
        code = code_sent(timezone.now())
        thief = Client()
        assert (
            thief.post(code_page(secret), {"code": code}).status_code == 302
        )  # sent back to ask for a code of its own
        thief.post(link(secret))
        answer = thief.post(code_page(secret), {"code": code})
        assert answer.status_code == 422
        assert thief.get(page_of(made)).status_code == 404
        assert client.post(code_page(secret), {"code": code})["Location"] == page_of(made)

    def test_a_session_put_in_anothers_browser_opens_nothing_afterwards(self, client, sent):
        """Fixation: the attacker knows the session before the code is given; its key changes, and so does its content."""
        made, secret = sent
        client.post(link(secret))
        attacker = Client()
        attacker.cookies["session"] = client.cookies["session"].value
        client.post(code_page(secret), {"code": code_sent(timezone.now())})
        assert client.get(page_of(made)).status_code == 200
        assert attacker.get(page_of(made)).status_code == 404

    def test_five_tries_then_even_the_right_code_is_refused(self, client, sent):
        made, secret = sent
        client.post(link(secret))
        right = code_sent(timezone.now())
        wrong = [f"{(int(right) + n) % 10**6:06d}" for n in range(1, 6)]
        pages = {text(client.post(code_page(secret), {"code": one}))[-200:] for one in wrong}
        last = client.post(code_page(secret), {"code": right})
        assert last.status_code == 422
        assert pages == {text(last)[-200:]}
        assert ReferralCode.objects.get().tries == 5

    def test_codes_are_few_in_a_day_and_brute_force_has_no_other_door(self, client, sent):
        made, secret = sent
        statuses = []
        for _ in range(8):
            browser = Client()
            statuses.append(browser.post(link(secret)).status_code)
        assert statuses == [302] * 5 + [429] * 3
        assert ReferralCode.objects.count() == 5

    def test_an_address_gets_few_codes_whatever_the_links(self, worker, monkeypatch):
        monkeypatch.setattr(referrals_portal, "CODES_A_DAY_FOR_AN_ADDRESS", 3)
        now = timezone.now()
        secrets = [secret_sent(make_referral("sent", actor=worker, now=now), now) for _ in range(4)]
        for secret in secrets[:3]:
            referrals_portal.ask_code(secret=secret, now=now)
        with pytest.raises(referrals_portal.TooManyCodes):
            referrals_portal.ask_code(secret=secrets[3], now=now)
        referrals_portal.ask_code(secret=secrets[3], now=now + timedelta(days=1, seconds=1))

    def test_a_code_serves_once_and_ten_minutes(self, client, sent):
        made, secret = sent
        now = timezone.now()
        holder = referrals_portal.ask_code(secret=secret, now=now)
        code = code_sent(now)
        late = now + timedelta(minutes=10)
        assert referrals_portal.give_code(secret=secret, holder=holder, digits=code, now=late) is None
        assert referrals_portal.give_code(secret=secret, holder=holder, digits=code, now=now)
        assert referrals_portal.give_code(secret=secret, holder=holder, digits=code, now=now) is None

    def test_a_visit_ends_by_itself_and_with_its_link(self, client, sent, worker):
        made, secret = sent
        opened(client, secret)
        assert client.get(page_of(made)).status_code == 200
        ReferralCode.objects.update(visit_until=timezone.now())
        assert client.get(page_of(made)).status_code == 404
        opened(client, secret)
        referrals.send_again(actor=worker, referral_id=made.pk, root=ROOT, now=timezone.now())
        assert client.get(page_of(made)).status_code == 404

    def test_withdrawn_in_the_middle_of_a_visit(self, client, sent, worker):
        made, secret = sent
        opened(client, secret)
        referrals.withdraw_referral(actor=worker, referral_id=made.pk, reason="solved", now=timezone.now())
        for name in ("acknowledge", "answer"):
            answer = client.post(reverse(f"portal:{name}", args=[made.pk]), {"answer": "helped"})
            assert answer.status_code == 404
            assert NAME not in text(answer)

    def test_another_case_does_not_exist(self, client, sent, worker):
        made, secret = sent
        other = make_referral("sent", actor=worker, now=timezone.now())
        secret_sent(other, timezone.now())
        opened(client, secret)
        missing = client.get(reverse("portal:referral", args=["00000000-0000-7000-8000-000000000000"]))
        for name in ("referral", "acknowledge", "answer"):
            method = client.get if name == "referral" else client.post
            answer = method(reverse(f"portal:{name}", args=[other.pk]), {"answer": "helped"})
            assert (answer.status_code, len(answer.content)) == (404, len(missing.content))
        other.refresh_from_db()
        assert (other.state, other.seen_at) == ("sent", None)

    def test_a_stolen_table_opens_nothing(self, client, sent):
        """Digests of the database, put where secrets go, are nobody's."""
        made, secret = sent
        holder = referrals_portal.ask_code(secret=secret, now=timezone.now())
        code_sent(timezone.now())
        row = ReferralCode.objects.get()
        assert client.get(link(ReferralLink.objects.get().digest)).status_code == 404
        stolen = referrals_portal.give_code(secret=secret, holder=row.holder, digits="000000", now=timezone.now())
        assert stolen is None
        assert holder not in (row.holder, row.digest)

    def test_guessing_is_slowed_down_whatever_the_secret(self, client):
        statuses = [client.get(link(f"{n:043d}")).status_code for n in range(70)]
        assert statuses[0] == 404
        assert statuses[-1] == 429

    def test_the_session_of_one_says_nothing_of_another(self, client, sent):
        made, secret = sent
        session = client.session
        session[HOLDERS] = "not a dictionary"
        session["portal_visits"] = ["x"]
        session.save()
        assert client.get(code_page(secret)).status_code == 302
        assert client.get(page_of(made)).status_code == 404

    def test_a_first_message_gives_no_link_of_somebody_elses_site(self, client, sent, worker):
        """The address of the link is that of the site, never what a request says it is."""
        made = make_referral("agreed", actor=worker)
        client.force_login(worker)
        answer = client.post(reverse("workspace:send_referral", args=[made.pk]), headers={"host": "evil.example"})
        assert answer.status_code == 400
        assert PartnerReferral.objects.get(pk=made.pk).state == "proposed"


def test_logs_hold_no_secret(client, sent):
    made, secret = sent
    line = logging.LogRecord("django.request", 30, "", 0, "Not Found: %s", (code_page(secret),), None)
    assert secret not in (told := ScrubbedFormatter().format(line))
    assert "/demande/…/code/" in told
    line.args = (page_of(made),)
    assert str(made.pk) in ScrubbedFormatter().format(line)
