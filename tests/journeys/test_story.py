"""The whole story in a real browser, on a real server with its worker: from the export of the ERP to the figures."""

import json
import re
import tempfile
import time
from pathlib import Path

import pytest
from tests.journeys.town import FIXTURES, Town

from bienveille.ground.lib.one_time_codes import STEP, code_at

WINDOW = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}
WORDS = "la barque et le canard"  # a password that nobody else has


@pytest.fixture
def town():
    # Not tmp_path: root's is closed, and the data of an embedded server would then be kept elsewhere.
    with tempfile.TemporaryDirectory(prefix="bienveille-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        made = Town(Path(folder) / "var")
        made.var.mkdir()
        yield made
        made.stop()


@pytest.fixture
def people(browser, town):
    """`people(link, **options)`: somebody opens their invitation, chooses a password, and has a page of their own."""
    contexts = []

    def arrive(link: str, **options):
        context = browser.new_context(locale="fr-FR", base_url=f"http://127.0.0.1:{town.port}", **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.faults.append(message.text))
        page.goto(re.sub(r"^https?://[^/]+", "", link))
        for field in page.query_selector_all("main input[type=password]"):
            field.fill(WORDS)
        page.click("main form button:not([type=button])")
        install_codes(page)
        return page

    yield arrive
    for context in contexts:
        context.close()


def install_codes(page):
    """The second proof: the key is read on the screen, as somebody without a camera does."""
    page.wait_for_selector("h1:has-text('Protégez votre compte')")
    key = re.sub("[^A-Z2-7]", "", page.inner_text("strong.text-break"))
    page.fill("[name=code]", code_at(key, int(time.time()) // STEP))
    page.click("text=Vérifier et installer")
    page.click("text=Je les ai gardés, entrer")


def invitation(town: Town, *arguments: str) -> str:
    return re.search(r"https?://\S+", town.command("user", *arguments)).group()


def test_from_the_export_to_the_figures(town, people):
    """A director signs in, imports, composes, prepares, opens; a caller learns, calls on a phone; figures have moved."""
    link = invitation(town, "add", "nadia@habitat.example", "--name", "Nadia Ferhat", "--role", "director")
    town.serve(worker=True)
    director = people(link, viewport=WINDOW)
    director.wait_for_selector("h1:has-text('Bonjour Nadia')")
    bring_the_register(director)
    compose_the_audience(director)
    target = open_the_campaign(director)

    link = invitation(town, "invite", "danielle.fontaine.1@bailleur.example")
    caller = people(link, viewport=PHONE)
    caller.wait_for_selector("h1:has-text('Bonjour Danielle')")
    learn(caller)
    caller.click("text=Prendre l’appel suivant")
    caller.wait_for_selector("#appel")
    name = caller.inner_text("h1")
    answer(caller, "Joint", note="Aimerait qu’on regarde son radiateur.")
    assert caller.inner_text("h1") != name
    answer(caller, "Pas de réponse")
    answer(caller, "Message laissé")

    director.click("main a:has-text('Chiffres')")
    director.wait_for_selector("h1:has-text('ménage')")
    campaign = re.search(r"campagnes/([\w-]+)/", director.url)[1]
    figures = json.loads(town.command("campaign", "figures", campaign, "--json"))
    assert (figures["targeted"], figures["outgoing_calls"], figures["reached"]) == (target, 3, 1)
    total = director.inner_text("tr:has-text('Total')").split()
    assert (total[1], total[-1]) == ("1", str(target))
    assert figures["grades"]["green"] == 1
    ledger = json.loads(town.command("campaign", "ledger", campaign, "--json"))
    assert sum(ledger.values()) == 2 * target, "every household is in one state"
    assert director.faults == caller.faults == []


def learn(page):
    """The charter and three questions, before the first call."""
    page.click("text=Prendre l’appel suivant")
    page.click("label:has-text('J’ai lu la charte')")
    page.click("text=Accepter et continuer")
    for value in ("again", "need", "number"):
        page.check(f"[name=answer][value={value}]")
        page.click("main button:has-text('Répondre')")
    page.wait_for_selector("h1:has-text('Vous êtes prêt')")
    page.click("text=Aller à ma journée")


def bring_the_register(page):
    page.goto("/imports/")
    page.click("text=Importer des fichiers")
    names = ["patrimoine.csv", "locataires.csv", "collaborateurs.csv", "partenaires.json"]
    page.set_input_files("[name=exports]", [FIXTURES / "erp-utf8" / name for name in names])
    page.get_by_label("Nom du bailleur").fill("Habitat Essai")
    page.click("text=Vérifier ces fichiers")
    page.click("text=Appliquer les 5")
    page.wait_for_selector("h1:has-text('Le registre est à jour')")


def compose_the_audience(page):
    page.click("nav >> text=Plus")
    page.click("nav >> text=Publics >> visible=true")
    page.click("main >> text=Composer un public >> nth=0")
    page.get_by_label("Ajouter un critère").select_option(label="Âge")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    page.wait_for_selector("text=Ménages dont une personne a 75 ans ou plus.")
    page.fill("[name=name]", "Nos aînés")
    page.select_option("[name=purpose]", label="Prendre des nouvelles")
    page.click("text=Enregistrer le public")
    page.wait_for_selector("main a:has-text('Nos aînés')")


def open_the_campaign(page) -> int:
    page.click("nav >> text=Campagnes")
    page.click("text=Préparer une campagne >> nth=0")
    page.fill("[name=name]", "Hiver")
    page.click("text=Créer le brouillon et continuer")
    page.get_by_label("Un public enregistré").select_option(label="Nos aînés")
    page.click("text=Ajouter ce public")
    page.wait_for_selector("text=ménages en tout")
    steps = (
        "Dans quel ordre",
        "Quelles questions",
        "Qui appelle",
        "Quand appeler",
        "Avec quelles règles",
        "Tout est-il prêt",
    )
    for title in steps:
        page.click("text=Enregistrer et continuer")
        page.wait_for_selector(f"h1:has-text('{title}')")
        if title == "Quand appeler":  # whatever the day and the hour of this test
            page.click("label:has-text('À toute heure')")
    page.click("text=Ouvrir la campagne")
    page.wait_for_selector("text=La campagne est ouverte")
    said = re.search(r"est ouverte\s:\s([\d\s]+?)\sménages", page.inner_text("body"))
    assert said
    return int(re.sub(r"\s", "", said[1]))


def answer(page, outcome: str, note: str = "") -> None:
    """One call, saved; the next household is then on the page."""
    token = page.get_attribute("#appel [name=token]", "value")
    page.click(f"label:has-text('{outcome}')")
    if note:
        page.click("label:has-text('Vert')")
        page.fill("textarea[name=note]", note)
    page.click("button:has-text('Enregistrer et suivant')")
    page.wait_for_function("token => document.querySelector('#appel [name=token]')?.value !== token", arg=token)
