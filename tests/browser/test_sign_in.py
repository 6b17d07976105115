"""Coming in, in a real browser: the application installed, a passkey made and shown, and pages that axe finds clean."""

import re
import time

import pytest
from django.core.cache import cache
from tests.accounts import provider as simulated
from tests.accounts.factories import PASSWORD, UserFactory
from tests.accounts.test_second_factor import with_app
from tests.browser import axe
from tests.browser.conftest import NARROW

from bienveille.ground.lib.one_time_codes import STEP, code_at

pytestmark = pytest.mark.django_db(transaction=True)


def with_key(page):
    """A device that keeps keys and opens them with a finger, as Chromium simulates one."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page, user):
    page.goto("/connexion/")
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main form:first-of-type button")


def test_the_application_then_a_key(visit, settings, live_server):
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()
    user, page = UserFactory(roles=["caller"]), visit()
    with_key(page)
    sign_in(page, user)
    page.wait_for_selector("h1:has-text('Protégez votre compte')")
    axe.check(page, "application-a-installer")
    secret = re.sub("[^A-Z2-7]", "", page.inner_text("strong.text-break"))
    page.fill("[name=code]", code_at(secret, int(time.time()) // STEP))
    page.click("text=Vérifier et installer")
    page.wait_for_selector("text=Dix codes de secours")
    axe.check(page, "codes-de-secours")
    page.goto("/mon-compte/securite/")
    page.click("text=Faire une clé sur cet appareil")
    page.wait_for_selector("text=Cette clé ouvre maintenant votre compte.")
    axe.check(page, "securite")
    page.context.clear_cookies()
    sign_in(page, user)
    page.wait_for_selector("h1:has-text('Le code de votre application')")
    axe.check(page, "code-demande")
    page.click("text=Revenir à la connexion")
    page.wait_for_selector("h1:has-text('Se connecter')")
    page.click("text=Entrer avec une clé d’accès")
    page.wait_for_selector(".bv-nav")
    page.goto("/connexion/confirmer/?next=/mon-compte/")
    axe.check(page, "confirmer")
    page.click("text=Confirmer avec ma clé d’accès")
    page.wait_for_selector("h1:has-text('Mon compte')")
    assert page.faults == []


def test_by_proconnect_and_out_again(visit, settings, live_server):
    """The whole round trip, past the second factor, to a provider with a page of its own; then both are left."""
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()
    user = UserFactory(email="claire.essai@bailleur.example", roles=["caller"])
    secret, _ = with_app(user)
    with simulated.running() as provider:
        settings.PROCONNECT = provider.configured
        page = visit(viewport=NARROW)
        page.goto("/connexion/?next=/mon-compte/")
        axe.check(page, "proconnect")
        page.set_viewport_size(NARROW)
        page.click("text=S’identifier avec ProConnect")
        page.click("text=Je suis Claire Essai")
        page.wait_for_selector("h1:has-text('Le code de votre application')")
        page.fill("[name=code]", code_at(secret, int(time.time()) // STEP))
        page.click("main form:first-of-type button")
        page.wait_for_selector("h1:has-text('Mon compte')")
        page.goto("/mon-compte/securite/")
        page.wait_for_selector("text=Oublier ce lien")
        axe.check(page, "proconnect-securite")
        page.click("summary:has-text('Menu'), .bv-menu-me > summary")
        page.click("text=Se déconnecter")
        page.wait_for_selector("h1:has-text('Se connecter')")
        assert [set(one) for one in provider.ended] == [{"id_token_hint", "state", "post_logout_redirect_uri"}]
        provider.lie = "nonce"
        page.click("text=S’identifier avec ProConnect")
        page.click("text=Je suis Claire Essai")
        page.wait_for_selector("h1:has-text('La réponse de ProConnect n’est pas la bonne')")
        page.faults = [fault for fault in page.faults if "status of 400" not in fault]  # that very page
        axe.check(page, "proconnect-refuse")
    assert page.faults == []
