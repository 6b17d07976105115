"""Passkeys: made, shown, refused when they are not what they say; and proofs asked again before power is given."""

import json
import time

import pytest
from django.core.cache import cache
from django.test import Client
from tests.accounts.factories import PASSWORD, UserFactory
from tests.accounts.keys import PRESENT, SoftKey
from tests.accounts.test_second_factor import APP, ASKED, SECURITY, inside, show, sign_in, step, with_app

from bienveille.ground.lib.one_time_codes import code_at
from bienveille.register.accounts import operations
from bienveille.register.accounts.models import AuditEntry, OpenSession, Passkey, RoleGrant

pytestmark = pytest.mark.django_db

KEYS, MAKE, ASK, ENTER = f"{SECURITY}cles/", f"{SECURITY}cles/question/", "/connexion/cle/question/", "/connexion/cle/"


@pytest.fixture(autouse=True)
def _no_failure_yet():
    cache.clear()


def make(client, key, name="Téléphone"):
    options = json.loads(client.post(MAKE).content)
    return client.post(KEYS, {"answer": key.made(options), "name": name})


def enter(client, key, **more):
    options = json.loads(client.post(ASK).content)
    return client.post(ENTER, {"answer": key.shown(options), **more})


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def key(user):
    """A key of this user, made in a session that is over."""
    client, key = Client(), SoftKey()
    sign_in(client, user)
    make(client, key)
    OpenSession.objects.all().delete()
    return key


class TestMade:
    def test_the_first_one_gives_recovery_codes_once(self, client, user):
        client.force_login(user)
        page = make(client, SoftKey()).content.decode()
        assert page.count('<strong class="bv-nowrap">') == 10
        assert make(client, SoftKey(), "Bureau")["Location"] == SECURITY
        assert "Bureau" in client.get(SECURITY).content.decode()

    @pytest.mark.parametrize(
        "key", [SoftKey(origin="http://testserver.example"), SoftKey(flags=PRESENT)], ids=["elsewhere", "unverified"]
    )
    def test_refused(self, client, user, key):
        client.force_login(user)
        make(client, key)
        assert not Passkey.objects.exists()

    def test_a_question_serves_once(self, client, user):
        client.force_login(user)
        options = json.loads(client.post(MAKE).content)
        client.post(KEYS, {"answer": SoftKey().made(options)})
        client.post(KEYS, {"answer": SoftKey().made(options)})
        assert Passkey.objects.count() == 1

    @pytest.mark.parametrize("answer", ["", "[]", "{}", '{"rawId": 1}', '{"response": {"attestationObject": "AA"}}'])
    def test_anything_else_is_only_refused(self, client, user, answer):
        client.force_login(user)
        client.post(MAKE)
        assert client.post(KEYS, {"answer": answer}).status_code == 302
        assert not Passkey.objects.exists()


class TestShown:
    def test_comes_in_without_a_password_where_one_wanted(self, client, user, key, settings):
        settings.SECOND_FACTOR_REQUIRED = True
        client.post(ASK)
        before = client.session.session_key
        assert enter(client, key, next="/mon-compte/")["Location"] == "/mon-compte/"
        assert inside(client)
        assert client.session.session_key != before
        assert client.session.get_expire_at_browser_close()
        assert not OpenSession.objects.filter(user=None).exists()

    def test_next_stays_on_this_site(self, client, user, key):
        assert enter(client, key, next="https://ailleurs.example/")["Location"] == "/"

    def test_stands_for_the_code_after_a_password(self, client, user, key):
        assert sign_in(client, user)["Location"] == ASKED
        assert "clé d’accès" in client.get(ASKED).content.decode()
        enter(client, key)
        assert inside(client)

    def test_g9_a_stranger_s_guesses_do_not_hold_it_up(self, client, user, key):
        for _ in range(12):
            sign_in(Client(), user, "deviné")
        assert sign_in(Client(), user).status_code == 429
        enter(client, key)
        assert inside(client)

    @pytest.mark.parametrize("fault", ["elsewhere", "unverified", "copied", "unknown", "another", "owner"])
    def test_refused(self, client, user, key, fault):
        if fault == "elsewhere":
            key.origin = "http://testserver.example"
        elif fault == "unverified":
            key.flags = PRESENT
        elif fault == "copied":
            key.counter = 0
        elif fault == "unknown":
            key.identifier = bytes(16)
        elif fault == "another":
            key.private = SoftKey().private
        else:
            key.owner = UserFactory().pk.bytes
        assert enter(client, key)["Location"] == "/connexion/"
        assert not inside(client)
        assert AuditEntry.objects.filter(action="account.sign_in_failed").count() == 1

    def test_a_question_serves_once_and_in_its_session_alone(self, client, user, key):
        options = json.loads(client.post(ASK).content)
        other = Client()
        other.post(ASK)
        assert other.post(ENTER, {"answer": key.shown(options)})["Location"] == "/connexion/"
        client.post(ENTER, {"answer": key.shown(options)})
        assert inside(client)
        client.post("/deconnexion/")
        assert client.post(ENTER, {"answer": key.shown(options)})["Location"] == "/connexion/"

    def test_a_closed_account_does_not_come_in(self, client, user, key):
        user.is_active = False
        user.save()
        enter(client, key)
        assert not inside(client)

    def test_a_question_tells_nothing_of_who_has_a_key(self, client, key):
        asked = json.loads(client.post(ASK).content)["publicKey"]
        assert set(asked) == {"challenge", "rpId", "userVerification"}

    def test_removed_it_opens_nothing(self, client, user, key):
        other = Client()
        other.force_login(user)
        assert other.post(f"{KEYS}{Passkey.objects.get().pk}/retirer/").status_code == 302
        enter(client, key)
        assert not inside(client)

    def test_the_last_one_stays_where_one_is_required(self, user, key):
        with pytest.raises(operations.LastFactor):
            operations.remove_passkey(user=user, passkey=Passkey.objects.get(), required=True)

    def test_somebody_else_s_does_not_exist(self, client, user, key):
        client.force_login(UserFactory())
        assert client.post(f"{KEYS}{Passkey.objects.get().pk}/retirer/").status_code == 404
        assert Passkey.objects.exists()


class TestProof:
    @pytest.fixture(autouse=True)
    def _asked(self, settings):
        settings.PROOF_LASTS = 900

    @pytest.fixture
    def boss(self):
        return UserFactory(roles=["administrator"])

    def late(self, client):
        session = client.session
        session["proved"] = int(time.time()) - 901
        session.save()

    def test_just_signed_in_nothing_is_asked(self, client, boss):
        sign_in(client, boss)
        assert client.get(f"/utilisateurs/{boss.pk}/").status_code == 200

    @pytest.mark.parametrize("path", ["/utilisateurs/{}/", "/utilisateurs/nouveau/", APP])
    def test_later_a_page_that_gives_power_asks_again(self, client, boss, path):
        sign_in(client, boss)
        self.late(client)
        path = path.format(boss.pk)
        response = client.get(path)
        assert response["Location"].startswith("/connexion/confirmer/?next=%2F")
        page = client.get(response["Location"]).content.decode()
        assert f'name="next" value="{path}"' in page

    def test_g12_a_role_is_not_given_without_it_and_the_session_is_renewed(self, client, boss):
        shown = UserFactory()
        sign_in(client, boss)
        self.late(client)
        url, page = f"/utilisateurs/{shown.pk}/roles/", f"/utilisateurs/{shown.pk}/"
        typed = {"role": "director", "scope": "everything"}
        response = client.post(url, typed, headers={"Referer": f"http://testserver{page}"})
        assert response["Location"].endswith(f"next={page.replace('/', '%2F')}")
        assert not RoleGrant.objects.filter(user=shown).exists()
        before = client.session.session_key
        assert client.post("/connexion/confirmer/", {"password": "faux", "next": page}).status_code == 422
        assert client.post("/connexion/confirmer/", {"password": PASSWORD, "next": page})["Location"] == page
        assert client.session.session_key != before
        client.post(url, typed)
        assert RoleGrant.objects.filter(user=shown).exists()

    def test_with_the_application_the_code_is_asked_not_the_password(self, client, boss):
        secret, _ = with_app(boss)
        sign_in(client, boss)
        show(client, code_at(secret, step()))
        self.late(client)
        assert client.post("/connexion/confirmer/", {"password": PASSWORD}).status_code == 422
        assert client.post("/connexion/confirmer/", {"code": code_at(secret, step(1))}).status_code == 302
        assert client.get(f"/utilisateurs/{boss.pk}/").status_code == 200

    def test_with_a_key_of_one_s_own(self, client, user, key):
        sign_in(client, user)
        enter(client, key)
        self.late(client)
        stranger, theirs = Client(), SoftKey()
        sign_in(stranger, UserFactory())
        make(stranger, theirs)
        options = json.loads(client.post(ASK).content)
        assert client.post("/connexion/confirmer/", {"answer": theirs.shown(options)}).status_code == 422
        options = json.loads(client.post(ASK).content)
        wanted = {"answer": key.shown(options), "next": SECURITY}
        assert client.post("/connexion/confirmer/", wanted)["Location"] == SECURITY

    def test_next_stays_on_this_site(self, client, boss):
        sign_in(client, boss)
        wanted = {"password": PASSWORD, "next": "//ailleurs.example"}
        assert client.post("/connexion/confirmer/", wanted)["Location"] == "/"

    def test_g9_ten_wrong_then_it_waits(self, client, boss):
        sign_in(client, boss)
        statuses = [client.post("/connexion/confirmer/", {"password": "faux"}).status_code for _ in range(11)]
        assert statuses == [422] * 10 + [429]

    def test_g8_a_large_file_asks_for_it_and_nothing_is_said_to_have_left(self, client, boss, settings):
        settings.ROWS_WITHOUT_PROOF = 1
        UserFactory(roles=["caller"])
        sign_in(client, boss)
        self.late(client)
        url = "/disponibilites/?export=csv"
        assert client.get(url).status_code == 200  # one caller
        UserFactory(roles=["caller"])
        asked = client.get(url)
        assert asked["Location"].endswith("next=%2Fdisponibilites%2F%3Fexport%3Dcsv")
        assert AuditEntry.objects.filter(action="data.exported").count() == 1
        assert client.post(asked["Location"], {"password": PASSWORD, "next": url})["Location"] == url
        # Who they are is proved; a file about people then needs somebody else (test_large_files.py).
        assert client.get(url)["Location"].startswith("/grands-fichiers/demander/")
