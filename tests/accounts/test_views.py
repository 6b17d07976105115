"""Account pages: sign-in and out, reset, invitation, one's account, other people's."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.accounts.factories import PASSWORD, AgencyFactory, UserFactory

from bienveille.register.accounts import operations
from bienveille.register.accounts.choices import AuditAction, AuditChannel, Role
from bienveille.register.accounts.models import ApiToken, AuditEntry, Landlord, RoleGrant, User

pytestmark = pytest.mark.django_db

NEW = "cinq mots choisis au hasard"


@pytest.fixture(autouse=True)
def _no_failure_yet():
    cache.clear()


@pytest.fixture
def boss_client(client):
    client.force_login(UserFactory(first_name="Camille", last_name="Verdier", roles=["administrator"]))
    return client


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def text_of(response):
    return response.content.decode().replace("\u00a0", " ")


class TestSignIn:
    def test_the_page_names_the_landlord_and_who_helps(self, client):
        Landlord.objects.create(
            name="Val d’Ambre Habitat", settings={"help": {"name": "Camille Verdier", "phone": "+33465710110"}}
        )
        page = text_of(client.get("/connexion/"))
        assert "Val d’Ambre Habitat" in page
        assert "Camille Verdier vous aide" in page
        assert "04 65 71 01 10" in page

    def test_lets_in_and_leaves_a_trace(self, client):
        user = UserFactory()
        response = sign_in(client, f" {user.email.upper()} ")
        assert response.status_code == 302
        assert response["Location"] == reverse("workspace:home")
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.actor_id, entry.channel) == (AuditAction.SIGNED_IN, user.pk, AuditChannel.WEB)

    def test_renews_the_session(self, client):
        user = UserFactory()
        client.get("/connexion/")
        client.session["x"] = 1
        session = client.session
        session["planted"] = "1"
        session.save()
        client.cookies["session"] = session.session_key
        sign_in(client, user.email)
        assert client.session.session_key != session.session_key
        assert client.session.get_expire_at_browser_close()

    def test_a_failure_keeps_what_was_typed_and_leaves_a_trace(self, client):
        user = UserFactory()
        response = sign_in(client, user.email, "faux")
        assert response.status_code == 422
        page = text_of(response)
        assert user.email in page
        assert "faux" not in page
        assert "ne vont pas ensemble" in page
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.actor_id, entry.subject_id) == (AuditAction.SIGN_IN_FAILED, None, user.pk)

    def test_a_missing_field_is_told_on_top_and_beside(self, client):
        response = sign_in(client, "", "")
        assert response.status_code == 422
        page = text_of(response)
        assert "Deux points à corriger" in page
        assert page.count("Ce champ est obligatoire") == 4

    def test_unknown_wrong_and_closed_get_the_same_answer(self, client):
        known, closed = UserFactory(), UserFactory(closed=True)
        pages = set()
        for email, password in [
            (known.email, "faux"),
            ("inconnu@bailleur.example", "faux"),
            (closed.email, PASSWORD),
            (closed.email, "faux"),
        ]:
            response = sign_in(client, email, password)
            assert response.status_code == 422
            page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text_of(response))
            pages.add(page.replace(email, "X"))
        assert len(pages) == 1
        assert "_auth_user_id" not in client.session
        assert AuditEntry.objects.filter(action=AuditAction.SIGN_IN_FAILED).count() == 4

    @pytest.mark.parametrize(
        ("target", "lands"),
        [
            ("/utilisateurs/?q=roy", "/utilisateurs/?q=roy"),
            ("https://ailleurs.example/", "/"),
            ("//ailleurs.example/", "/"),
            ("https:ailleurs.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/\\ailleurs.example", "/"),
        ],
    )
    def test_next_stays_on_this_site(self, client, target, lands):
        user = UserFactory()
        assert "ailleurs" not in text_of(client.get("/connexion/", {"next": target})) or lands != "/"
        response = client.post("/connexion/", {"login": user.email, "password": PASSWORD, "next": target})
        assert response["Location"] == lands

    def test_nobody_signs_up_nor_manages_addresses(self):
        for name in ("account_signup", "account_email", "account_set_password", "account_reauthenticate"):
            with pytest.raises(NoReverseMatch):
                reverse(name)


class TestRateLimit:
    def test_ten_failures_close_the_door_whatever_the_address_they_come_from(self, client):
        user = UserFactory()
        for number in range(10):
            assert sign_in(client, user.email, "faux", REMOTE_ADDR=f"192.0.2.{number}").status_code == 422
        response = sign_in(client, user.email, REMOTE_ADDR="192.0.2.200", headers={"host": "localhost"})
        assert response.status_code == 429
        assert "Trop d’essais" in text_of(response)
        assert sign_in(client, user.email.upper(), REMOTE_ADDR="192.0.2.201").status_code == 429

    def test_others_are_not_held_up_and_successes_do_not_count(self, client):
        user, other = UserFactory(), UserFactory()
        for _ in range(9):
            sign_in(Client(), user.email, "faux")
        for _ in range(3):
            assert sign_in(Client(), user.email).status_code == 302
        for _ in range(2):
            sign_in(Client(), user.email, "faux")
        assert sign_in(Client(), user.email).status_code == 429
        assert sign_in(client, other.email).status_code == 302

    def test_a_crowd_behind_one_address_comes_in(self, client):
        user = UserFactory()
        for _ in range(32):
            assert sign_in(client, user.email).status_code == 302
            client.logout()

    def test_a_reset_opens_the_door_again(self, client):
        user = UserFactory()
        for _ in range(11):
            sign_in(client, user.email, "faux")
        client.post("/mot-de-passe/oublie/", {"email": user.email})
        deliver()
        link = client.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
        client.post(link, {"password1": NEW, "password2": NEW})
        assert sign_in(client, user.email, NEW).status_code == 302


class TestSignOut:
    def test_leaves_a_trace_and_nothing_behind(self, client):
        user = UserFactory()
        client.force_login(user)
        response = client.post("/deconnexion/")
        assert response["Location"] == "/connexion/"
        assert response["Clear-Site-Data"] == '"cache", "storage"'
        assert AuditEntry.objects.get().action == AuditAction.SIGNED_OUT
        assert "_auth_user_id" not in client.session
        assert "Vous êtes déconnecté." in text_of(client.get("/connexion/"))

    def test_by_post_only(self, client):
        client.force_login(UserFactory())
        assert client.get("/deconnexion/").status_code == 405
        assert "_auth_user_id" in client.session


def deliver():
    """Do the jobs that wait, as the worker would."""
    for waiting in ProcrastinateJob.objects.filter(status="todo", task_name__endswith="send_reset_link"):
        operations.send_reset_link(**waiting.args)


def link_in(message):
    return re.search(r"https?://[^/]+(/\S+)", message.body).group(1)


class TestReset:
    def test_from_the_message_to_the_new_password(self, client):
        user = UserFactory()
        response = client.post("/mot-de-passe/oublie/", {"email": user.email.upper()})
        assert response["Location"] == "/mot-de-passe/envoye/"
        assert mail.outbox == []  # a slow mail server must not tell who has an account
        deliver()
        (message,) = mail.outbox
        assert message.to == [user.email]
        assert "Bienveille" in message.subject
        response = client.get(link_in(message), follow=True)
        assert response.status_code == 200
        page = response.redirect_chain[-1][0]
        assert "set-password" in page
        assert client.post(page, {"password1": "court", "password2": "court"}).status_code == 422
        response = client.post(page, {"password1": NEW, "password2": NEW})
        assert response["Location"] == "/mot-de-passe/change/"
        assert sign_in(client, user.email, NEW).status_code == 302
        assert "Ce lien ne sert plus" in text_of(client.get(link_in(message), follow=True))
        assert AuditEntry.objects.filter(detail__fields=["password"]).count() == 1

    def test_an_unknown_or_closed_account_learns_nothing(self, client):
        answers = []
        for email in (UserFactory().email, UserFactory(closed=True).email, "inconnu@bailleur.example"):
            response = client.post("/mot-de-passe/oublie/", {"email": email})
            answers.append((response.status_code, response["Location"]))
        assert len(set(answers)) == 1
        deliver()
        assert len(mail.outbox) == 1

    def test_a_link_dies_with_the_account(self, client):
        user = UserFactory()
        client.post("/mot-de-passe/oublie/", {"email": user.email})
        deliver()
        operations.deactivate_user(actor=None, user=user, now=timezone.now())
        deliver()
        assert len(mail.outbox) == 1
        assert "Ce lien ne sert plus" in text_of(client.get(link_in(mail.outbox[0]), follow=True))

    def test_the_pages_around(self, client):
        assert client.get("/mot-de-passe/oublie/").status_code == 200
        assert client.get("/mot-de-passe/envoye/").status_code == 200
        assert client.get("/mot-de-passe/change/").status_code == 200
        response = client.post("/mot-de-passe/oublie/", {"email": "pas une adresse"})
        assert response.status_code == 422
        assert "pas une adresse" in text_of(response)

    def test_the_library_keeps_no_address_of_its_own(self, client):
        from allauth.account.models import EmailAddress

        user = UserFactory()
        sign_in(client, user.email)
        client.post("/mot-de-passe/oublie/", {"email": user.email})
        assert EmailAddress.objects.count() == 0


class TestInvitation:
    @pytest.fixture
    def user(self):
        return UserFactory(first_name="Josiane", invited=True, roles=["caller"])

    @pytest.fixture
    def link(self, user):
        secret = operations.invite(actor=None, user=user, now=timezone.now())
        return reverse("accounts:invitation", args=[secret])

    def test_chooses_a_password_and_comes_in(self, client, user, link):
        response = client.get(link)
        assert "Bienvenue, Josiane" in text_of(response)
        assert response["Referrer-Policy"] == "strict-origin"
        assert response["Cache-Control"] == "no-store"
        response = client.post(link, {"password1": NEW, "password2": NEW})
        assert response["Location"] == reverse("workspace:home")
        assert client.session["_auth_user_id"] == str(user.pk)
        assert AuditEntry.objects.filter(action=AuditAction.SIGNED_IN).exists()
        assert client.get(link).status_code == 410

    def test_a_wrong_password_spends_nothing(self, client, link):
        response = client.post(link, {"password1": "court", "password2": "long"})
        assert response.status_code == 422
        assert "trop court" in text_of(response)
        assert client.post(link, {"password1": NEW, "password2": "autre"}).status_code == 422
        assert client.post(link, {"password1": NEW, "password2": NEW}).status_code == 302

    def test_takes_the_place_of_whoever_was_signed_in(self, client, user, link):
        client.force_login(UserFactory())
        client.post(link, {"password1": NEW, "password2": NEW})
        assert client.session["_auth_user_id"] == str(user.pk)

    def test_an_unknown_link(self, client):
        response = client.get("/invitation/nimporte/")
        assert response.status_code == 410
        assert "Ce lien ne sert plus" in text_of(response)


class TestAccount:
    def test_shows_one_s_data(self, client):
        user = UserFactory(phone="+33472000000", roles=[("caller", AgencyFactory(name="Agence de Lyon"))])
        client.force_login(user)
        page = text_of(client.get("/mon-compte/"))
        assert user.email in page
        assert "Appelant, Agence de Lyon" in page
        assert "04 72 00 00 00" in page

    def test_changes_the_password_and_ends_the_other_sessions(self, client):
        from django.test import Client

        user, elsewhere = UserFactory(), Client()
        sign_in(client, user.email)
        sign_in(elsewhere, user.email)
        response = client.post("/mon-compte/mot-de-passe/", {"oldpassword": "x", "password1": NEW, "password2": NEW})
        assert response.status_code == 422
        assert "pas votre mot de passe actuel" in text_of(response)
        answer = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        assert client.post("/mon-compte/mot-de-passe/", answer)["Location"] == "/mon-compte/"
        assert client.get("/mon-compte/").status_code == 200
        assert elsewhere.get("/mon-compte/").status_code == 302

    def test_a_token_is_shown_once_and_stopped(self, client):
        user = UserFactory()
        client.force_login(user)
        page = text_of(client.post("/mon-compte/jetons/", {"label": "tableur"}))
        secret = re.search(r"bv_[\w-]+", page).group()
        assert secret not in text_of(client.get("/mon-compte/"))
        token = ApiToken.objects.get()
        client.post(reverse("accounts:token_revoke", args=[token.pk]))
        token.refresh_from_db()
        assert token.revoked_at is not None
        assert client.post("/mon-compte/jetons/", {"label": ""}).status_code == 422

    def test_somebody_else_s_token_does_not_exist(self, client):
        owner = UserFactory()
        operations.create_api_token(actor=owner, user=owner, label="", now=timezone.now())
        client.force_login(UserFactory(roles=["administrator"]))
        response = client.post(reverse("accounts:token_revoke", args=[ApiToken.objects.get().pk]))
        assert response.status_code == 404
        assert ApiToken.objects.get().revoked_at is None


class TestUsers:
    def test_the_list(self, boss_client):
        UserFactory(first_name="Éléonore", last_name="Lefèvre", roles=["caller"])
        page = text_of(boss_client.get("/utilisateurs/"))
        assert "Éléonore Lefèvre" in page
        assert "Appelant" in page
        assert "Camille" not in text_of(boss_client.get("/utilisateurs/", {"q": "lef"})).split("<main")[1]
        assert "Aucun compte ne correspond" in text_of(boss_client.get("/utilisateurs/", {"q": "zzz"}))

    def test_opens_an_account_with_its_role(self, boss_client):
        agency = AgencyFactory()
        answer = {
            "first_name": "Léa",
            "last_name": "Roy",
            "email": "lea.roy@bailleur.example",
            "phone": "04 72 00 00 00",
            "service": "",
            "agency": agency.pk,
            "role": "caller",
            "scope": f"agency:{agency.pk}",
        }
        response = boss_client.post("/utilisateurs/nouveau/", answer)
        user = User.objects.get(email="lea.roy@bailleur.example")
        assert response["Location"] == reverse("accounts:user", args=[user.pk])
        assert (user.phone, user.agency_id) == ("+33472000000", agency.pk)
        grant = RoleGrant.objects.get(user=user)
        assert (grant.role, grant.agency_id) == (Role.CALLER, agency.pk)
        response = boss_client.post("/utilisateurs/nouveau/", answer | {"first_name": "Autre"})
        assert response.status_code == 422
        assert 'value="Autre"' in text_of(response)
        assert "a déjà un compte" in text_of(response)

    def test_corrects_the_data(self, boss_client):
        user = UserFactory()
        url = reverse("accounts:user", args=[user.pk])
        answer = {"first_name": "Léa", "last_name": "Roy", "email": user.email, "phone": "12"}
        response = boss_client.post(url, answer)
        assert response.status_code == 422
        assert "dix chiffres" in text_of(response)
        assert boss_client.post(url, answer | {"phone": ""})["Location"] == url
        user.refresh_from_db()
        assert user.display_name == "Léa Roy"

    def test_roles_and_their_end(self, boss_client):
        user = UserFactory()
        url = reverse("accounts:role_grant", args=[user.pk])
        assert boss_client.post(url, {"role": "caller", "scope": "everything"}).status_code == 302
        assert boss_client.post(url, {"role": "tenant", "scope": "everything"}).status_code == 422
        assert boss_client.post(url, {"role": "caller", "scope": "agency:x"}).status_code == 422
        grant = RoleGrant.objects.get(user=user)
        boss_client.post(reverse("accounts:role_revoke", args=[grant.pk]))
        assert not RoleGrant.objects.filter(user=user).exists()

    def test_the_last_administrator_is_told_why(self, boss_client):
        grant = RoleGrant.objects.get()
        response = boss_client.post(reverse("accounts:role_revoke", args=[grant.pk]), follow=True)
        assert "dernier compte" in text_of(response)
        response = boss_client.post(reverse("accounts:user_deactivate", args=[grant.user_id]), follow=True)
        assert "dernier compte" in text_of(response)

    def test_the_sheet_to_print_holds_a_link_that_works(self, boss_client):
        from django.test import Client

        user = UserFactory(invited=True)
        page = text_of(boss_client.post(reverse("accounts:user_invite", args=[user.pk])))
        link = re.search(r"http://testserver(/invitation/[\w-]+/)", page).group(1)
        assert user.email in page
        assert Client().get(link).status_code == 200
        assert "Un lien a été donné" in text_of(boss_client.get(reverse("accounts:user", args=[user.pk])))

    def test_closing_ends_the_open_sessions(self, boss_client):
        from django.test import Client

        user, other = UserFactory(), Client()
        sign_in(other, user.email)
        assert other.get("/mon-compte/").status_code == 200
        boss_client.post(reverse("accounts:user_deactivate", args=[user.pk]))
        assert other.get("/mon-compte/").status_code == 302
        page = text_of(boss_client.get(reverse("accounts:user", args=[user.pk])))
        assert "Ce compte est désactivé" in page
        assert "désactivé" in text_of(boss_client.post(reverse("accounts:user_invite", args=[user.pk]), follow=True))
        boss_client.post(reverse("accounts:user_reactivate", args=[user.pk]))
        assert other.get("/mon-compte/").status_code == 302
        assert sign_in(other, user.email).status_code == 422

    def test_a_role_taken_back_counts_from_the_next_click(self, client):
        user = UserFactory(roles=["administrator"])
        client.force_login(user)
        assert client.get("/utilisateurs/").status_code == 200
        RoleGrant.objects.filter(user=user).delete()
        assert client.get("/utilisateurs/").status_code == 403


class TestSessions:
    def leave_for(self, client, seconds, key="seen"):
        session = client.session
        session[key] = session[key] - seconds
        session.save()

    def test_half_an_hour_idle_ends_it_and_one_lands_back(self, client):
        user = UserFactory()
        sign_in(client, user.email)
        self.leave_for(client, 29 * 60)
        assert client.get("/mon-compte/").status_code == 200
        self.leave_for(client, 31 * 60)
        response = client.get("/mon-compte/?x=1")
        assert response["Location"] == "/connexion/?next=/mon-compte/%3Fx%3D1"
        assert AuditEntry.objects.filter(action=AuditAction.SIGNED_OUT, reason="session terminée").count() == 1

    def test_a_working_day_ends_it(self, client):
        sign_in(client, UserFactory().email)
        self.leave_for(client, 12 * 3600 + 1, key="since")
        assert client.get("/mon-compte/").status_code == 302

    def test_who_was_filling_a_form_lands_back_on_its_page(self, client):
        sign_in(client, UserFactory().email)
        self.leave_for(client, 31 * 60)
        response = client.post(
            "/mon-compte/jetons/", {"label": "x"}, headers={"referer": "http://testserver/mon-compte/?a=b"}
        )
        assert response["Location"] == "/connexion/?next=%2Fmon-compte%2F%3Fa%3Db"
        response = client.post("/mon-compte/jetons/", {}, headers={"referer": "https://ailleurs.example/x"})
        assert response["Location"] == "/connexion/"

    def test_a_fragment_sends_the_whole_page_to_sign_in(self, client):
        response = client.get(
            "/mon-compte/", headers={"hx-request": "true", "hx-current-url": "http://testserver/mon-compte/"}
        )
        assert response.status_code == 200
        assert response["HX-Redirect"] == "/connexion/?next=%2Fmon-compte%2F"

    def test_at_most_one_write_a_minute(self, client, django_assert_num_queries):
        sign_in(client, UserFactory().email)
        client.get("/mon-compte/")
        with django_assert_num_queries(5):  # session, user, menu, roles, tokens; nothing written
            client.get("/mon-compte/")

    def test_private_pages_are_kept_nowhere(self, client):
        client.force_login(UserFactory())
        response = client.get("/mon-compte/")
        assert response["Cache-Control"] == "no-store"
        assert "geolocation=()" in response["Permissions-Policy"]
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_invitation_expires_after_a_week(client):
    secret = operations.invite(actor=None, user=UserFactory(), now=timezone.now() - timedelta(days=7, seconds=1))
    assert client.get(reverse("accounts:invitation", args=[secret])).status_code == 410


def test_passwords_are_kept_with_argon2id_as_written_in_settings():
    from bienveille.config import settings
    from bienveille.register.accounts.adapters import Argon2Hasher

    assert settings.PASSWORD_HASHERS == ["bienveille.register.accounts.adapters.Argon2Hasher"]
    encoded = Argon2Hasher().encode(PASSWORD, "sel-de-seize-lettres")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
