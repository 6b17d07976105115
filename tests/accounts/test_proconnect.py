"""ProConnect against a simulated provider: who comes in, who does not, and a provider that is down, slow or lying."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from tests.accounts import provider as simulated
from tests.accounts.factories import PASSWORD, UserFactory
from tests.accounts.test_second_factor import APP, ASKED, inside, show, sign_in, step, with_app

from bienveille.config.proconnect import proconnect
from bienveille.ground.lib import openid
from bienveille.ground.lib.one_time_codes import code_at
from bienveille.ground.platform.limits import Limit
from bienveille.register.accounts import operations
from bienveille.register.accounts.models import AuditEntry, Landlord, OpenSession, ProviderIdentity

pytestmark = pytest.mark.django_db

GO, BACK = "/connexion/proconnect/", "/connexion/proconnect/retour/"
PROOF = "/connexion/confirmer/"
MINE = "13002526500013"


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def chosen(server, address):
    """What a browser does at the provider: says yes, and gives the address where it is sent back."""
    query = {key: value[0] for key, value in parse_qs(urlsplit(address).query).items()}
    handler = object.__new__(simulated.Handler)
    handler.server = server
    return simulated.Handler.back(handler, query).removeprefix("http://testserver")


def come(client, server, start=GO):
    """The whole way, to what our own page answers in the end."""
    return client.get(chosen(server, client.get(start)["Location"]))


def text(response):
    return response.content.decode()


def failures():
    return list(AuditEntry.objects.filter(action="account.sign_in_failed").order_by("pk"))


class TestOff:
    def test_nothing_shows_and_nothing_answers(self, client):
        assert "ProConnect" not in text(client.get("/connexion/"))
        assert client.get(GO)["Location"] == "/connexion/"
        assert client.get(f"{BACK}?code=a&state=b")["Location"] == "/"

    def test_half_configured_is_said(self):
        given = {"PROCONNECT_ISSUER": "https://proconnect.example/api/v2"}
        with pytest.raises(ImproperlyConfigured, match="PROCONNECT_CLIENT_ID, PROCONNECT_CLIENT_SECRET"):
            proconnect(given, secure=True)
        assert proconnect({}, secure=True) == {}

    @pytest.mark.parametrize(
        ("issuer", "secure"),
        [
            ("http://proconnect.example", False),
            ("http://127.0.0.1:9", True),
            ("file:///etc/passwd", False),
            ("x", False),
        ],
    )
    def test_g17_only_over_tls(self, issuer, secure):
        given = {"PROCONNECT_ISSUER": issuer, "PROCONNECT_CLIENT_ID": "a", "PROCONNECT_CLIENT_SECRET": "b"}
        with pytest.raises(ImproperlyConfigured, match="https"):
            proconnect(given, secure=secure)

    def test_the_whole_is_read(self):
        read = proconnect(
            {
                "PROCONNECT_ISSUER": "https://proconnect.example/api/v2", "PROCONNECT_CLIENT_ID": "a",
                "PROCONNECT_CLIENT_SECRET": "b", "PROCONNECT_SECOND_FACTOR": "eidas2 eidas3", "PROCONNECT_SIRETS": MINE,
                "PROCONNECT_EMAILS": "vouched",
            },
            secure=True,
        )  # fmt: skip
        assert read["second_factor"] == ["eidas2", "eidas3"]
        assert (read["sirets"], read["vouches_for_emails"], read["acr"]) == ([MINE], True, [])


class TestComingIn:
    def test_the_button_then_in(self, client, provider, claire):
        page = text(client.get("/connexion/?next=/mon-compte/"))
        assert "S’identifier avec ProConnect" in page
        assert f'href="{GO}?next=%2Fmon-compte%2F"' in page
        assert come(client, provider, f"{GO}?next=/mon-compte/")["Location"] == "/mon-compte/"
        assert inside(client)
        assert OpenSession.objects.get(user=claire).browser
        entry = AuditEntry.objects.get(action="account.signed_in")
        assert (entry.actor_id, entry.reason) == (claire.pk, "ProConnect")

    def test_what_is_asked(self, client, provider):
        query = parse_qs(urlsplit(client.get(GO)["Location"]).query)
        assert set(query) <= simulated.TAKEN
        assert query["redirect_uri"] == [f"http://testserver{BACK}"]
        assert query["code_challenge_method"] == ["S256"]
        assert all(len(query[name][0]) >= 32 for name in ("state", "nonce", "code_challenge"))

    def test_g12_a_new_session_and_nothing_of_the_old_one(self, client, provider, claire):
        address = client.get(GO)["Location"]
        before = client.session.session_key
        client.get(chosen(provider, address))
        assert client.session.session_key not in (None, before)
        assert client.session.get_expire_at_browser_close()
        assert not OpenSession.objects.filter(user=None).exists()

    def test_who_they_are_is_remembered_whatever_becomes_of_the_address(self, client, provider, claire):
        come(client, provider)
        assert ProviderIdentity.objects.get().sub == provider.person["sub"]
        operations.change_user(actor=None, user=claire, email="claire.autrement@bailleur.example")
        other = Client()
        come(other, provider)
        assert inside(other)

    def test_an_elliptic_key_does_as_well(self, client, provider, claire):
        provider.signs_with = "ec"
        come(client, provider)
        assert inside(client)

    def test_keys_changed_since_are_read_again(self, client, provider, claire):
        come(client, provider)
        provider.published, provider.signs_with = ["rsa2"], "rsa2"
        other = Client()
        come(other, provider)
        assert inside(other)

    def test_next_stays_on_this_site(self, client, provider, claire):
        assert come(client, provider, f"{GO}?next=https://ailleurs.example/")["Location"] == "/"

    def test_no_account_is_ever_made(self, client, provider):
        assert come(client, provider).status_code == 403
        assert not ProviderIdentity.objects.exists()
        assert not inside(client)

    def test_two_first_times_remember_one_identity(self, provider, claire):
        for _ in range(2):
            client = Client()
            come(client, provider)
            assert inside(client)
        assert ProviderIdentity.objects.count() == 1


class TestNobody:
    """Unknown, closed, somewhere else, somebody else: one same page."""

    @pytest.fixture
    def page(self, provider):
        """What somebody without any account reads."""
        person, provider.person = provider.person, provider.person | {"sub": "x", "email": "inconnu@ailleurs.example"}
        response = come(Client(), provider)
        provider.person = person
        assert response.status_code == 403
        return response.content

    @pytest.mark.parametrize("why", ["closed", "siret", "other", "email", "unverified", "known but closed", "moved"])
    def test_one_same_page(self, client, provider, claire, page, why, settings):
        if why in ("known but closed", "moved"):
            come(Client(), provider)
        if why == "closed":
            claire.is_active = False
            claire.save()
        elif why == "known but closed":
            identity = ProviderIdentity.objects.get()
            operations.deactivate_user(actor=None, user=claire, now=timezone.now())
            assert not ProviderIdentity.objects.exists()
            identity.save(force_insert=True)  # as a copy put back would
        elif why in ("siret", "moved"):
            Landlord.objects.create(name="Mon office", siret="55203253400646")
        elif why == "other":
            ProviderIdentity.objects.create(
                user=claire, issuer=provider.issuer, sub="quelqu’un d’autre", created_at=timezone.now()
            )
        elif why == "email":
            del provider.person["email_verified"]
        elif why == "unverified":
            settings.PROCONNECT["vouches_for_emails"] = True
            provider.person["email_verified"] = False
        response = come(client, provider)
        assert response.status_code == 403
        assert response.content == page
        assert not inside(client)
        expected = {"known but closed": "closed", "moved": "siret", "unverified": "email"}.get(why, why)
        assert failures()[-1].detail == {"why": expected}
        assert "example" not in str([(one.reason, one.detail) for one in failures()])

    def test_our_own_establishments_come_in(self, client, provider, claire, settings):
        Landlord.objects.create(name="Mon office", siret="55203253400646")
        settings.PROCONNECT["sirets"] = [MINE]
        come(client, provider)
        assert inside(client)

    def test_a_provider_that_vouches_without_saying_so(self, client, provider, claire, settings):
        settings.PROCONNECT["vouches_for_emails"] = True
        del provider.person["email_verified"]
        come(client, provider)
        assert inside(client)

    def test_a_closed_account_forgets_who_it_was(self, client, provider, claire):
        come(client, provider)
        operations.deactivate_user(actor=None, user=claire, now=timezone.now())
        assert not ProviderIdentity.objects.exists()
        assert not inside(client)


LIES = {
    "nonce": "nonce", "audience": "audience", "two audiences": "audience", "azp": "audience", "issuer": "issuer",
    "expired": "expired", "early": "early", "other key": "signature", "jku": "signature", "short key": "key",
    "none": "algorithm", "public as secret": "algorithm", "crit": "token", "changed": "signature", "sub": "subject",
    "about for others": "audience", "unsigned": "unsigned", "long sub": "subject", "without nonce": "claim",
    "without exp": "claim", "without sub": "claim", "elsewhere": "host", "issuer described": "issuer",
    "nonsense": "document", "redirect": "status",
}  # fmt: skip


class TestLies:
    @pytest.mark.parametrize("lie", LIES)
    def test_nobody_comes_in(self, client, provider, claire, lie):
        provider.lie = lie
        if lie == "short key":
            provider.published = ["short"]
        started = client.get(GO)
        response = client.get(chosen(provider, started["Location"])) if started.status_code == 302 else started
        assert response.status_code == 400
        assert "La réponse de ProConnect n’est pas la bonne" in text(response)
        assert not inside(client)
        assert not ProviderIdentity.objects.exists()
        assert not OpenSession.objects.exists()
        if started.status_code == 302:
            assert failures()[-1].detail == {"why": LIES[lie]}
        provider.lie, provider.published = "", ["rsa"]
        sign_in(client, claire)
        assert inside(client)
        other = Client()
        come(other, provider)  # no lie is kept either
        assert inside(other)

    def test_g17_nothing_is_asked_of_another_host(self, client, provider, claire):
        provider.lie = "jku"
        come(client, provider)
        assert not any("thief" in path for path in provider.asked)
        for address in (
            "http://127.0.0.2/", f"http://127.0.0.1:{provider.server_port}@ailleurs.example/", "https://127.0.0.1/", "http://127.0.0.1:1/",
            "file:///etc/passwd", "http://[::1]:x/", "//127.0.0.1/", f"{provider.issuer}#a", "http://169.254.169.254/",
        ):  # fmt: skip
            assert not openid.may_be_asked(address, provider.issuer)
            with pytest.raises(openid.Unbelieved):
                openid.Wire(provider.issuer).get(address)

    def test_acr_that_was_asked_for(self, client, provider, claire, settings):
        settings.PROCONNECT["acr"] = ["eidas2"]
        assert '"values": ["eidas2"]' in parse_qs(urlsplit(client.get(GO)["Location"]).query)["claims"][0]
        assert come(client, provider).status_code == 400
        assert failures()[-1].detail == {"why": "acr"}
        provider.how = {"acr": "eidas2"}
        come(client, provider)
        assert inside(client)


class TestState:
    """What was asked stands once, ten minutes, in the session that asked."""

    def over(self, response, client):
        assert response.status_code == 400
        assert "Recommencez la connexion" in text(response)
        assert not inside(client)

    def test_another_state(self, client, provider, claire):
        back = chosen(provider, client.get(GO)["Location"])
        self.over(client.get(back.replace("state=", "state=x")), client)
        self.over(client.get(back), client)  # what was asked is forgotten at the first answer
        assert provider.asked == ["/.well-known/openid-configuration"]

    def test_another_browser(self, client, provider, claire):
        back = chosen(provider, client.get(GO)["Location"])
        other = Client()
        self.over(other.get(back), other)
        other.get(GO)
        self.over(other.get(back), other)

    def test_ten_minutes(self, client, provider, claire):
        back = chosen(provider, client.get(GO)["Location"])
        session = client.session
        session["proconnect_asked"] = session["proconnect_asked"] | {"at": int(time.time()) - 601}
        session.save()
        self.over(client.get(back), client)

    def test_a_code_serves_once(self, client, provider, claire):
        back = chosen(provider, client.get(GO)["Location"])
        client.get(back)
        assert inside(client)
        other = Client()
        state = parse_qs(urlsplit(other.get(GO)["Location"]).query)["state"][0]
        code = parse_qs(urlsplit(back).query)["code"][0]
        assert other.get(BACK, {"code": code, "state": state}).status_code == 400
        assert not inside(other)

    def test_a_code_taken_from_somebody_is_of_no_use_in_another_session(self, provider, claire):
        thief = Client()
        state = parse_qs(urlsplit(thief.get(GO)["Location"]).query)["state"][0]
        code = parse_qs(urlsplit(chosen(provider, Client().get(GO)["Location"])).query)["code"][0]
        assert thief.get(BACK, {"code": code, "state": state}).status_code == 400
        assert not inside(thief)

    def test_the_answer_of_another_provider(self, client, provider, claire):
        back = chosen(provider, client.get(GO)["Location"])
        response = client.get(back.replace("iss=", "iss=https%3A%2F%2Failleurs.example&i="))
        assert response.status_code == 400
        assert failures()[-1].detail == {"why": "issuer"}

    def test_who_stops_is_told_so(self, client, provider, claire):
        provider.lie = "stopped"
        response = come(client, provider)
        assert response.status_code == 403
        assert "Rien n’a été transmis" in text(response)
        assert not OpenSession.objects.exists()
        assert failures() == []

    @pytest.mark.parametrize("query", ["", "?state=a", "?code=a", "?error=server_error", "?code=a&state=b&state=c"])
    def test_whoever_types_the_address(self, client, provider, query):
        self.over(client.get(BACK + query), client)


class TestSilent:
    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch):
        monkeypatch.setattr(openid, "ONE_REQUEST", 0.6)
        monkeypatch.setattr(openid, "ONE_CONNECTION", 0.4)

    def silent(self, response):
        assert response.status_code == 503
        assert "ProConnect ne répond pas" in text(response)

    @pytest.mark.parametrize("lie", ["down", "drip", "cut"])
    def test_g26_other_sign_ins_work(self, client, provider, claire, lie):
        provider.lie = lie
        self.silent(client.get(GO))
        asked = len(provider.asked)
        self.silent(client.get(GO))
        assert len(provider.asked) == asked  # nobody else waits for a while
        assert client.post("/connexion/", {"login": claire.email, "password": PASSWORD}).status_code == 302
        assert inside(client)

    def test_silent_in_the_middle(self, client, provider, claire):
        back = chosen(provider, client.get(GO)["Location"])
        provider.lie = "slow"
        self.silent(client.get(back))
        assert not OpenSession.objects.exists()
        assert failures() == []

    def test_gone(self, client, provider, claire):
        provider.shutdown()
        provider.server_close()
        self.silent(client.get(GO))

    def test_all_the_requests_together_have_an_end(self, provider):
        with pytest.raises(openid.Unheard):
            openid.Wire(provider.issuer, seconds=0).get(openid.where_described(provider.issuer))


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        settings.SECOND_FACTOR_REQUIRED, settings.PROOF_LASTS = True, 900

    def test_g9_proconnect_does_not_replace_it(self, client, provider, claire):
        secret, _ = with_app(claire)
        assert come(client, provider, f"{GO}?next=/mon-compte/")["Location"] == ASKED
        assert not inside(client)
        assert show(client, code_at(secret, step()))["Location"] == "/mon-compte/"
        assert inside(client)

    def test_who_has_none_installs_one(self, client, provider, claire):
        come(client, provider)
        assert client.get("/")["Location"] == APP
        assert client.get(APP).status_code == 200

    @pytest.mark.parametrize("how", [{"acr": "eidas2", "amr": ["pwd"]}, {"acr": "eidas1", "amr": ["pwd", "mfa"]}])
    def test_unless_what_it_says_counts(self, client, provider, claire, settings, how):
        with_app(claire)
        provider.how = how
        assert come(client, provider)["Location"] == ASKED  # nobody said that it counts
        settings.PROCONNECT["second_factor"] = ["eidas2", "mfa"]
        other = Client()
        assert come(other, provider)["Location"] == "/"
        assert inside(other)

    def test_a_sign_in_of_this_morning_proves_nothing_now(self, client, provider, claire, settings):
        settings.PROCONNECT["second_factor"] = ["mfa"]
        provider.how, provider.proved_at = {"amr": ["mfa"]}, int(time.time()) - 3600
        come(client, provider)
        assert inside(client)
        assert client.get(APP)["Location"].startswith(PROOF)

    def test_given_up_then_the_password_of_somebody_else(self, client, provider, claire):
        with_app(claire)
        come(client, provider)
        client.get(f"{ASKED}?autre=1")
        other = UserFactory()
        sign_in(client, other)
        assert "provider" not in client.session
        assert AuditEntry.objects.filter(action="account.signed_in").get().reason == ""


class TestProof:
    @pytest.fixture(autouse=True)
    def _asked(self, settings):
        settings.PROOF_LASTS = 900

    @pytest.fixture
    def old(self, client, provider, claire):
        """Somebody without a password, who signed in at ProConnect this morning."""
        claire.set_unusable_password()
        claire.save()
        provider.proved_at = int(time.time()) - 3600
        come(client, provider)
        assert client.get(APP)["Location"].startswith(PROOF)
        return client

    def test_g12_proved_at_proconnect_then_back(self, old, provider):
        page = text(old.get(f"{PROOF}?next={APP}"))
        assert "Confirmer avec ProConnect" in page
        assert 'name="password"' not in page
        started = old.get(f"{GO}?preuve=1&next={APP}")
        assert parse_qs(urlsplit(started["Location"]).query)["prompt"] == ["login"]
        provider.proved_at = int(time.time())
        before = old.session.session_key
        assert old.get(chosen(provider, started["Location"]))["Location"] == APP
        assert old.session.session_key != before
        assert old.get(APP).status_code == 200

    @pytest.mark.parametrize("why", ["old", "unsaid", "other", "factor"])
    def test_refused(self, old, provider, claire, why):
        if why == "factor":
            with_app(claire)
            provider.proved_at = int(time.time())
        elif why == "other":
            provider.person["sub"], provider.proved_at = "quelqu’un d’autre", int(time.time())
        elif why == "unsaid":
            provider.lie = "without auth_time"
        response = come(old, provider, f"{GO}?preuve=1&next={APP}")
        assert response.status_code == 403
        assert "n’a pas confirmé" in text(response)
        assert inside(old)
        assert old.get(APP)["Location"].startswith(PROOF)

    def test_what_was_asked_serves_once(self, old, provider):
        back = chosen(provider, old.get(f"{GO}?preuve=1&next={APP}")["Location"])
        provider.proved_at = int(time.time())
        assert old.get(back.replace("state=", "state=x")).status_code == 400
        assert old.get(back)["Location"] == "/"
        assert old.get(APP)["Location"].startswith(PROOF)

    def test_the_application_is_asked_for_where_there_is_one(self, old, claire):
        with_app(claire)
        assert "Confirmer avec ProConnect" not in text(old.get(PROOF))


def test_g9_one_account_comes_in_so_often(provider, claire, monkeypatch):
    monkeypatch.setattr("bienveille.register.accounts.operations.proconnect.ENTRIES", Limit(per_minute=0.1, burst=2))
    assert [come(Client(), provider).status_code for _ in range(3)] == [302, 302, 429]


@pytest.mark.parametrize("address", [GO, BACK])
def test_one_machine_asks_so_often(client, provider, claire, monkeypatch, address):
    monkeypatch.setattr("bienveille.register.accounts.views.proconnect.QUESTIONS", Limit(per_minute=0.1, burst=1))
    client.get(address)
    assert client.get(address).status_code == 429
    assert sign_in(client, claire).status_code == 302
