"""Those whom the register knows and the files do not list: said before anything is written, and never guessed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant
from tests.imports.test_commands import run as command
from tests.imports.test_staff import TEAM

from bienveille.faces.cli import import_
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import AuditEntry, User
from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import (
    CannotChange,
    DeparturesUnsaid,
    apply_run,
    ask_to_apply,
    check_run,
    choose_departures,
)
from bienveille.register.imports.operations.reading import Given
from bienveille.register.imports.operations.receiving import Arrival, take_in
from bienveille.register.imports.rules.summary import absent_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def landlord(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "kept"
    made = Landlord(tmp_path)
    made.imports(homes=[home()], staff=TEAM)
    return made


@pytest.fixture
def client(landlord):
    made = Client()
    made.user = UserFactory(first_name="Nadia", roles=["director"])
    made.force_login(made.user)
    return made


@pytest.fixture
def short(client, landlord) -> ImportRun:
    """A staff file from which half of the team is missing, checked."""
    file = SimpleUploadedFile("equipe.csv", landlord.path("e", TEAM[2:]).read_bytes())
    assert client.post(reverse("imports:new"), {"exports": [file]}).status_code == 302
    return checked(ImportRun.objects.latest("started_at"))


def checked(run) -> ImportRun:
    check_run(run_id=str(run.pk))
    run.refresh_from_db()
    return run


def page(client, run) -> str:
    return client.get(reverse("imports:run", args=[run.pk])).content.decode()


def say(client, run, departures):
    url = reverse("imports:departures", args=[run.pk])
    return client.post(url, {"departures": departures, "revision": run.revision})


def active() -> int:
    return User.objects.filter(imported=True, is_active=True).count()


@pytest.mark.parametrize(
    ("kind", "absent", "words"),
    [
        ("tenants", 412, "412\u00a0baux en cours ne sont pas dans ce fichier."),
        ("tenants", 1, "1\u00a0bail en cours n’est pas dans ce fichier."),
        ("staff", 2, "2\u00a0collaborateurs connus ne sont pas dans ce fichier."),
        ("staff", 0, ""),
    ],
)
def test_words(kind, absent, words):
    assert absent_words(kind, absent) == words


def test_the_page_asks_and_cannot_apply_before_the_answer(client, short):
    shown = page(client, short)
    assert "2\u00a0collaborateurs connus ne sont pas dans ce fichier." in shown
    assert "Retenir et compter de nouveau" in shown
    assert "Appliquer les" not in shown
    with pytest.raises(DeparturesUnsaid):
        ask_to_apply(actor=client.user, run_id=short.pk, revision=1, now=timezone.now())
    assert active() == 4


@pytest.mark.parametrize(("departures", "left"), [("close", 2), ("keep", 4)])
def test_once_said_it_is_counted_again_then_applied(client, short, departures, left):
    assert say(client, short, departures).status_code == 302
    checked(short)
    assert (short.state, short.revision, short.departures) == ("ready", 2, departures)
    assert "Changer et compter de nouveau" in page(client, short)
    assert (short.files.get().closed, active()) == (4 - left, 4)
    url = reverse("imports:apply", args=[short.pk])
    assert client.post(url, {"revision": short.revision}).status_code == 302
    apply_run(run_id=str(short.pk))
    assert active() == left


def test_nothing_chosen_is_said(client, short):
    response = say(client, short, "")
    assert response.status_code == 409
    assert "Dites d’abord si le fichier est complet" in response.content.decode()


def test_the_same_said_twice_and_a_page_out_of_date(client, short):
    facts = {"actor": client.user, "run_id": short.pk, "now": timezone.now()}
    for _ in range(2):
        choose_departures(departures="keep", revision=1, **facts)
    checked(short)
    assert short.revision == 2
    with pytest.raises(CannotChange):
        choose_departures(departures="close", revision=1, **facts)
    entries = AuditEntry.objects.filter(subject_id=short.pk, action="import.changed")
    assert [entry.detail["did"] for entry in entries.order_by("pk")] == ["received", "departures"]


def test_a_file_that_lists_everybody_asks_nothing(client, landlord):
    file = SimpleUploadedFile("equipe.csv", landlord.path("e", TEAM).read_bytes())
    client.post(reverse("imports:new"), {"exports": [file]})
    run = checked(ImportRun.objects.latest("started_at"))
    assert "Absents de ce fichier" not in page(client, run)
    assert "Appliquer les 4" in page(client, run)


def test_a_few_leases_held_because_of_unreadable_rows_stop_no_night(landlord):
    """They stay, the rest is applied; many of them wait for somebody."""
    homes = [home(f"0001-{n}") for n in range(2, 42)]
    rows = [tenant(N_CONTRAT=f"{n:03d}", CODE_LOGEMENT=f"0001-{n}", NOM=f"NOM{n}") for n in range(2, 42)]
    landlord.imports(homes=homes, tenants=rows)
    arrival = Arrival(AuditChannel.JOB, automatic=True)
    states = []
    for gone in (1, 30):
        cut = [*rows[gone:], tenant(N_CONTRAT="", NOM="SANS BAIL")]
        given = Given(landlord.path("l", cut), "l.csv")
        run = take_in(files=[given], arrival=arrival, now=timezone.now())
        checked(run)
        states.append((run.state, run.files.get().extra["held"]))
    assert states == [("applying", 1), ("ready", 30)]


@pytest.mark.parametrize(("option", "left", "held"), [((), 4, 2), (("--complete",), 2, 0), (("--partial",), 4, 0)])
def test_the_command_line_says_it_too(landlord, capsys, option, left, held):
    path = landlord.path("e", TEAM[2:])
    assert command(import_, path, *option) == 0
    said = capsys.readouterr().out
    assert ("dites --complete ou --partial" in said) is bool(held)
    assert active() == left


def test_both_at_once_is_wrong_usage(landlord, tmp_path):
    with pytest.raises(SystemExit) as caught:
        command(import_, tmp_path / "e.csv", "--complete", "--partial")
    assert caught.value.code == 2
