"""Imports that nobody watches: what is odd, who is told, once, by counts alone; silence; the page where one asks."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory

from bienveille.ground.platform.jobs import run_worker
from bienveille.register.imports.models import ImportAlert, ImportFile, ImportRun
from bienveille.register.imports.operations import (
    choose_alerts,
    report_run,
    send_alert,
    send_silence,
    watch_silence,
)
from bienveille.register.imports.rules.oddities import Read, Watched, oddities, silence_words

ORDINARY = Read("tenants", 1000, 10, 100)


def night(*files, state="applied", before=()):
    return oddities(Watched(state, files, {"tenants": list(before)}))


class TestOddities:
    def test_an_ordinary_night_is_silent(self):
        assert night(ORDINARY, before=[ORDINARY] * 10) == []
        assert night(ORDINARY) == []
        assert night(Read("tenants", 1000, 0, 0), before=[ORDINARY]) == []

    def test_far_more_rejects_than_usual(self):
        (said,) = night(Read("tenants", 1000, 60, 100), before=[ORDINARY] * 3)
        assert said == (
            "Locataires\u00a0: 60\u00a0lignes rejetées sur 1\u00a0000\u00a0; d’ordinaire, on en attendrait 10."
        )

    def test_a_landlord_whose_files_are_always_poor_is_left_in_peace(self):
        assert night(Read("tenants", 1000, 320, 900), before=[Read("tenants", 1000, 300, 850)]) == []

    def test_a_handful_says_nothing(self):
        assert night(Read("staff", 12, 9, 12)) == []

    def test_far_more_doubtful_rows(self):
        (said,) = night(Read("tenants", 1000, 10, 400), before=[ORDINARY])
        assert "lignes à relire" in said

    def test_far_fewer_rows_than_the_time_before(self):
        (said,) = night(Read("tenants", 600, 6, 60), before=[ORDINARY])
        assert said == "Locataires\u00a0: 600\u00a0lignes dans le fichier, contre 1\u00a0000 la fois d’avant."

    def test_departures_held_wait_for_a_choice(self):
        said = night(Read("tenants", 1000, 10, 100, held=412), state="ready", before=[ORDINARY])
        assert said == [
            "Locataires\u00a0: 412 baux en cours ne sont pas dans le fichier.",
            "Rien n’est écrit\u00a0: l’import attend votre choix.",
        ]
        assert night(Read("staff", 1, 0, 0, held=1), state="ready")[0].startswith("Collaborateurs\u00a0: 1 compte")

    def test_a_few_that_stay_are_no_news(self):
        assert night(Read("tenants", 1000, 10, 100, held=2), before=[ORDINARY]) == []

    @pytest.mark.parametrize(("state", "word"), [("refused", "refusés"), ("mapping", "colonnes")])
    def test_what_stopped(self, state, word):
        (said,) = night(ORDINARY, state=state)
        assert word in said

    def test_silence(self):
        assert silence_words(3) == "aucun fichier depuis 3\u00a0jours"


@pytest.fixture
def asked():
    """Somebody who asked, somebody who did not, one who may no longer import, one whose account is closed."""
    made = UserFactory(roles=["administrator"])
    UserFactory(roles=["administrator"])
    others = [
        UserFactory(roles=[("administrator", AgencyFactory())]), UserFactory(roles=["caller"]),
        UserFactory(roles=["director"], closed=True),
    ]  # fmt: skip
    for user in (made, *others):
        choose_alerts(actor=user, wanted=True, silence_days=3, now=timezone.now())
    return made


def a_night(state="applied", rejected=0, **facts):
    now = timezone.now()
    facts = {
        "automatic": True,
        "channel": "job",
        "started_at": now,
        "refusal": "Non." if state == "refused" else "",
    } | facts
    run = ImportRun.objects.create(state=state, finished_at=now, **facts)
    ImportFile.objects.create(
        run=run, name="LOCATAIRE MARTIN.csv", kind="tenants", records=1000, accepted=1000 - rejected, rejected=rejected
    )
    return run


def told(run_id=None):
    """What the queue would send."""
    report_run(run_id=str(run_id))
    run = ImportRun.objects.get(pk=run_id)
    if run.oddities:
        for user_id in ImportAlert.objects.filter(user__is_active=True).values_list("user_id", flat=True):
            send_alert(run_id=str(run_id), user_id=str(user_id))
    return mail.outbox


@pytest.mark.django_db(transaction=True)
class TestReport:
    def test_who_asked_gets_one_message_with_counts_and_a_link(self, asked, settings):
        settings.PUBLIC_URL = "https://bienveille.example"
        run = a_night(rejected=200)
        for _ in range(2):
            report_run.enqueue(run_id=run.pk)
        run_worker(queues=["imports", "messages"], wait=False)
        (message,) = mail.outbox
        assert message.to == [asked.email]
        assert "200\u00a0lignes rejetées" in message.body
        assert f"https://bienveille.example/imports/{run.pk}/" in message.body
        assert "https://bienveille.example/imports/alertes/" in message.body
        assert not re.search(r"MARTIN|\.csv|undefined", message.body + message.subject)
        run.refresh_from_db()
        assert (len(run.oddities), run.reported_at is not None) == (1, True)

    def test_an_ordinary_night_sends_nothing(self, asked):
        report_run.enqueue(run_id=a_night().pk)
        run_worker(queues=["imports", "messages"], wait=False)
        assert mail.outbox == []


@pytest.mark.django_db
class TestReportRules:
    def test_without_an_address_of_ours_the_message_says_where_to_look(self, asked):
        (message, *_) = told(a_night(state="refused").pk)
        assert "ouvrez Bienveille, puis «\u00a0Imports\u00a0»" in message.body.replace("« ", "«\u00a0").replace(
            " »", "\u00a0»"
        )
        assert "http" not in message.body

    def test_nothing_about_an_import_that_somebody_watches_nor_one_at_work(self, asked):
        for run in (a_night(rejected=500, automatic=False), a_night(rejected=500, state="applying")):
            report_run(run_id=str(run.pk))
            run.refresh_from_db()
            assert (run.oddities, run.reported_at) == ([], None)

    def test_one_replaced_meanwhile_is_nobodys_concern(self, asked):
        run = a_night(state="cancelled", rejected=500)
        assert told(run.pk) == []

    def test_what_the_file_was_said_to_be_is_not_asked_again(self, asked):
        run = a_night(departures="close")
        ImportFile.objects.filter(run=run).update(extra={"held": 0})
        assert told(run.pk) == []

    def test_usual_is_that_of_the_imports_before(self, asked):
        for _ in range(3):
            a_night(rejected=300)
        assert told(a_night(rejected=310).pk) == []


@pytest.mark.django_db
class TestSilence:
    def ago(self, days):
        a_night(started_at=timezone.now() - timedelta(days=days))

    def test_said_once_for_each_silence(self, asked):
        self.ago(2)
        assert watch_silence() == 0
        ImportRun.objects.update(started_at=timezone.now() - timedelta(days=3))
        assert (watch_silence(), watch_silence()) == (1, 0)
        self.ago(0)
        assert watch_silence() == 0
        ImportRun.objects.update(started_at=timezone.now() - timedelta(days=4))
        ImportAlert.objects.update(silence_said_at=timezone.now() - timedelta(days=5))
        assert watch_silence() == 1

    def test_nothing_when_no_file_was_ever_expected(self, asked, settings):
        assert watch_silence() == 0
        ImportAlert.objects.update(created_at=timezone.now() - timedelta(days=9))
        assert watch_silence() == 0
        settings.IMPORT_DROPS = "drops"
        assert watch_silence() == 1

    def test_not_to_who_did_not_want_it(self, asked):
        choose_alerts(actor=asked, wanted=True, silence_days=None, now=timezone.now())
        self.ago(30)
        assert watch_silence() == 0

    def test_the_message(self, asked):
        send_silence(user_id=str(asked.pk), days=4)
        (message,) = mail.outbox
        assert message.subject == "Bienveille\u00a0: aucun fichier depuis 4\u00a0jours"
        assert "le registre vieillit" in message.body


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def client(self):
        made = Client()
        made.user = UserFactory(roles=["administrator"])
        made.force_login(made.user)
        return made

    def text(self, response):
        return response.content.decode()

    def test_asked_changed_and_given_up(self, client):
        url = reverse("imports:alerts")
        assert "Aucun fichier n’est encore arrivé" in self.text(client.get(url))
        assert client.post(url, {"wanted": "on", "silence_days": "5"}).status_code == 302
        assert ImportAlert.objects.get().silence_days == 5
        assert 'value="5"' in self.text(client.get(url))
        client.post(url, {"wanted": "on", "silence_days": ""})
        assert ImportAlert.objects.get().silence_days is None
        for _ in range(2):
            client.post(url, {"silence_days": "3"})
        assert not ImportAlert.objects.exists()

    @pytest.mark.parametrize("days", ["0", "61", "trois"])
    def test_a_wrong_number_is_said_and_kept(self, client, days):
        response = client.post(reverse("imports:alerts"), {"wanted": "on", "silence_days": days})
        assert response.status_code == 422
        assert f'value="{days}"' in self.text(response)
        assert not ImportAlert.objects.exists()
