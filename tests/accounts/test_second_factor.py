"""The second factor: installed, asked for, counted, lost; and where somebody is signed in."""

import re
import time
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.accounts.factories import PASSWORD, UserFactory

from bienveille.ground.lib.one_time_codes import STEP, code_at, new_secret
from bienveille.register.accounts import operations
from bienveille.register.accounts.models import AuditEntry, CodeApp, OpenSession, RecoveryCode

pytestmark = pytest.mark.django_db

SECURITY, APP, ASKED = "/mon-compte/securite/", "/mon-compte/securite/application/", "/connexion/code/"


@pytest.fixture(autouse=True)
def _no_failure_yet():
    cache.clear()


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def step(offset=0):
    return int(time.time()) // STEP + offset


def with_app(user, *, used=-10):
    """Somebody whose application was installed a while ago; gives its secret and their recovery codes."""
    secret = new_secret()
    then = datetime.fromtimestamp((step() + used) * STEP, UTC)
    codes = operations.install_code_app(user=user, secret=secret, code=code_at(secret, step(used)), now=then)
    return secret, codes


def sign_in(client, user, password=PASSWORD, **more):
    return client.post("/connexion/", {"login": user.email, "password": password}, **more)


def show(client, code, **more):
    return client.post(ASKED, {"code": code}, **more)


def inside(client):
    return client.get(SECURITY).status_code == 200


class TestAskedFor:
    def test_the_password_alone_opens_nothing(self, client):
        user = UserFactory()
        with_app(user)
        response = sign_in(client, user)
        assert response["Location"] == ASKED
        assert client.get(ASKED).status_code == 200
        assert not inside(client)
        assert OpenSession.objects.filter(user=user).count() == 0

    def test_the_code_opens_and_renews_the_session(self, client):
        user = UserFactory()
        secret, _ = with_app(user)
        sign_in(client, user)
        before = client.session.session_key
        assert show(client, f" {code_at(secret, step())[:3]} {code_at(secret, step())[3:]}").status_code == 302
        assert inside(client)
        assert client.session.session_key != before
        assert OpenSession.objects.filter(user=user).count() == 1

    def test_a_code_serves_once(self, client):
        user = UserFactory()
        secret, _ = with_app(user)
        code = code_at(secret, step())
        sign_in(client, user)
        show(client, code)
        other = Client()
        sign_in(other, user)
        assert show(other, code).status_code == 422
        assert not inside(other)

    def test_a_recovery_code_serves_once_and_is_kept_as_a_digest(self, client):
        user = UserFactory()
        _, codes = with_app(user)
        assert len(codes) == 10
        assert not RecoveryCode.objects.filter(digest__in=codes).exists()
        sign_in(client, user)
        assert show(client, codes[0].upper()).status_code == 302
        assert inside(client)
        other = Client()
        sign_in(other, user)
        assert show(other, codes[0]).status_code == 422

    def test_another_s_code_opens_nothing(self, client):
        user, other = UserFactory(), UserFactory()
        with_app(user)
        secret, codes = with_app(other)
        sign_in(client, user)
        assert show(client, code_at(secret, step())).status_code == 422
        assert show(client, codes[0]).status_code == 422

    def test_without_a_password_first_the_page_leads_to_it(self, client):
        assert client.get(ASKED)["Location"] == "/connexion/"
        assert show(client, "000000")["Location"] == "/connexion/"

    def test_one_can_begin_again_as_somebody_else(self, client):
        user = UserFactory()
        with_app(user)
        sign_in(client, user)
        assert client.get("/connexion/")["Location"] == ASKED
        assert client.get(f"{ASKED}?autre=1")["Location"] == "/connexion/"
        assert client.get("/connexion/").status_code == 200

    def test_an_account_closed_meanwhile_does_not_come_in(self, client):
        user = UserFactory()
        secret, _ = with_app(user)
        sign_in(client, user)
        user.is_active = False
        user.save()
        assert show(client, code_at(secret, step()))["Location"] == "/connexion/"
        assert not inside(client)

    def test_an_invitation_does_not_go_round_it(self, client):
        user = UserFactory(invited=True)
        with_app(user)
        secret = operations.invite(actor=None, user=user, now=datetime.now(UTC))
        new = {"password1": "cinq mots choisis au hasard", "password2": "cinq mots choisis au hasard"}
        assert client.post(reverse("accounts:invitation", args=[secret]), new)["Location"] == ASKED
        assert not inside(client)


class TestRequired:
    @pytest.mark.parametrize("page", ["/", "/mon-compte/", SECURITY, "/utilisateurs/", "/nulle-part/"])
    def test_g9_nothing_opens_before_it_is_installed(self, client, required, page):
        user = UserFactory(roles=["administrator"])
        sign_in(client, user)
        response = client.get(page)
        assert (response.status_code, response["Location"]) == (302, APP)
        fragment = client.get(page, headers={"HX-Request": "true"})
        assert fragment["HX-Redirect"] == APP

    def test_installed_it_opens_and_the_codes_are_shown_once(self, client, required):
        user = UserFactory()
        sign_in(client, user)
        page = client.get(APP).content.decode()
        secret = re.search(r"<strong class=\"text-break\">([A-Z2-7-]+)</strong>", page).group(1).replace("-", "")
        assert client.post(APP, {"code": "000000"}).status_code == 422
        assert secret[:4] in client.get(APP).content.decode()  # the same picture as before
        answer = client.post(APP, {"code": code_at(secret, step())})
        assert len(re.findall(r">[a-z0-9-]{14}</strong>", answer.content.decode())) == 10
        assert client.get("/mon-compte/").status_code == 200
        assert CodeApp.objects.get(user=user).sealed.find(secret) == -1

    def test_a_session_from_before_ends(self, client, required):
        """Somebody still signed in elsewhere with the password alone signs in again, with the application."""
        user = UserFactory()
        sign_in(client, user)
        with_app(user)
        assert client.get("/mon-compte/")["Location"] == "/connexion/"
        assert client.get("/mon-compte/")["Location"].startswith("/connexion/?next=")

    def test_the_only_one_cannot_be_removed(self, client, required):
        user = UserFactory()
        with_app(user)
        with pytest.raises(operations.LastFactor):
            operations.remove_code_app(user=user, required=True)
        operations.remove_code_app(user=user, required=False)
        assert not CodeApp.objects.exists()

    def test_the_demo_says_that_it_does_without(self, client, settings):
        assert "démonstration" in client.get("/connexion/").content.decode()
        settings.SECOND_FACTOR_REQUIRED = True
        assert "démonstration" not in client.get("/connexion/").content.decode()


class TestTries:
    def test_g9_ten_wrong_codes_then_even_the_good_one_waits(self, client):
        user = UserFactory()
        secret, codes = with_app(user)
        statuses = []
        for number in range(12):
            proxy = Client(REMOTE_ADDR=f"198.51.100.{number}")
            sign_in(proxy, user)
            statuses.append(show(proxy, "000000").status_code)
        assert statuses == [422] * 10 + [429] * 2
        sign_in(client, user)
        assert show(client, code_at(secret, step())).status_code == 429
        assert show(client, codes[0]).status_code == 302  # nobody guesses this one

    def test_g9_a_stranger_s_guesses_do_not_shut_the_owner_out(self, client):
        user = UserFactory()
        secret, _ = with_app(user)
        sign_in(client, user)
        show(client, code_at(secret, step()))
        client.post(reverse("account_logout"))
        for number in range(12):
            sign_in(Client(REMOTE_ADDR=f"198.51.100.{number}"), user, "deviné")
        assert sign_in(Client(), user).status_code == 429  # the good password, from a machine never seen
        assert sign_in(client, user)["Location"] == ASKED
        assert show(client, code_at(secret, step(1))).status_code == 302

    def test_g9_the_device_of_one_account_counts_for_no_other(self, client):
        user, target = UserFactory(), UserFactory()
        sign_in(client, user)
        client.post(reverse("account_logout"))
        statuses = [sign_in(client, target, "deviné").status_code for _ in range(12)]
        assert statuses == [422] * 10 + [429] * 2
        assert sign_in(client, user).status_code == 302

    def test_g9_a_known_device_has_ten_tries_too(self, client):
        user = UserFactory()
        sign_in(client, user)
        client.post(reverse("account_logout"))
        statuses = [sign_in(client, user, "deviné").status_code for _ in range(12)]
        assert statuses == [422] * 10 + [429] * 2

    def test_failures_leave_a_trace(self, client):
        user = UserFactory()
        with_app(user)
        sign_in(client, user)
        show(client, "000000")
        show(client, "abcd-efgh-jkmn")
        reasons = AuditEntry.objects.filter(action="account.sign_in_failed").order_by("pk").values_list("reason")
        assert [reason for (reason,) in reasons] == ["code", "code de secours"]


class TestDevices:
    def test_listed_with_words_of_the_owner(self, client):
        user = UserFactory()
        sign_in(client, user, headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"})
        page = client.get(SECURITY).content.decode()
        assert "Firefox sous Windows" in page
        assert "celui-ci" in page

    def test_g4_closed_from_elsewhere_the_next_request_is_refused(self, client):
        user, other = UserFactory(), Client()
        sign_in(client, user)
        sign_in(other, user)
        assert inside(other)
        here = OpenSession.objects.order_by("started_at", "pk")
        assert here.count() == 2
        page = client.get(SECURITY).content.decode()
        (url,) = re.findall(r"/mon-compte/securite/appareils/[0-9a-f]{64}/fermer/", page)
        assert client.post(url).status_code == 302
        assert not inside(other)
        assert inside(client)
        assert client.post(url).status_code == 404

    def test_g4_all_the_others_at_once(self, client):
        user, others = UserFactory(), [Client() for _ in range(3)]
        for one in (client, *others):
            sign_in(one, user)
        client.post("/mon-compte/securite/appareils/fermer/")
        assert [inside(one) for one in (client, *others)] == [True, False, False, False]

    def test_g4_somebody_else_s_does_not_exist(self, client):
        other = Client()
        sign_in(other, UserFactory())
        sign_in(client, UserFactory())
        key = OpenSession.objects.order_by("started_at").exclude(user=None).first().pk
        theirs = OpenSession.objects.exclude(user_id=client.session["_auth_user_id"]).first().pk
        assert key
        assert client.post(f"/mon-compte/securite/appareils/{theirs}/fermer/").status_code == 404
        assert inside(other)

    def test_g4_a_closed_account_has_no_session_left(self, client):
        user = UserFactory()
        sign_in(client, user)
        operations.deactivate_user(actor=None, user=user, now=datetime.now(UTC))
        assert not inside(client)
        assert OpenSession.objects.filter(user=user).count() == 0

    def test_a_stolen_copy_of_the_database_opens_nothing(self, client):
        sign_in(client, UserFactory())
        thief = Client()
        thief.cookies["session"] = OpenSession.objects.exclude(user=None).get().pk
        assert not inside(thief)

    def test_signing_out_leaves_no_session(self, client):
        user = UserFactory()
        sign_in(client, user)
        client.post(reverse("account_logout"))
        assert OpenSession.objects.filter(user=user).count() == 0

    def test_the_administrator_takes_lost_factors_away(self, client):
        user, boss = UserFactory(), UserFactory(roles=["administrator"])
        secret, _ = with_app(user)
        sign_in(client, user)
        show(client, code_at(secret, step()))
        helper = Client()
        helper.force_login(boss)
        assert "Retirer ses secondes preuves" in helper.get(f"/utilisateurs/{user.pk}/").content.decode()
        assert helper.post(f"/utilisateurs/{user.pk}/secondes-preuves/").status_code == 302
        assert not inside(client)
        assert sign_in(client, user)["Location"] == reverse("workspace:home")
