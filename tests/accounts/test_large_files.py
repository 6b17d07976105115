"""A long file about people leaves with a second person's agreement, once, and is written down (G8)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory

from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import AuditEntry, Landlord, LargeFile, RoleGrant
from bienveille.register.accounts.operations.large_files import tell_large_file, tell_rows_alone
from bienveille.register.accounts.rules import BROWSING_RECORDS, enough, file_address

pytestmark = pytest.mark.django_db
LIST = "/disponibilites/?export=csv"
PAGE = "/grands-fichiers/"


@pytest.fixture(autouse=True)
def _small(settings):
    """Two callers are one row too many."""
    settings.ROWS_WITHOUT_PROOF = 1
    for _ in range(2):
        UserFactory(roles=["caller"])


def signed(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def asker():
    return UserFactory(roles=[Role.DIRECTOR], first_name="Denise")


@pytest.fixture
def other():
    return UserFactory(roles=[Role.ADMINISTRATOR], first_name="Agnès")


def ask(client, url=LIST, reason="Un courrier de la mairie"):
    """What the browser does: the list refuses, the page asks why."""
    sent = client.get(url)
    assert sent.status_code == 302
    assert sent["Location"].startswith("/grands-fichiers/demander/")
    page = client.get(sent["Location"])
    assert page.status_code == 200
    ticket = parse_qs(urlsplit(sent["Location"]).query)["ticket"][0]
    return client.post("/grands-fichiers/demander/", {"ticket": ticket, "reason": reason})


def answer(client, file, agreed="oui", words=""):
    return client.post(f"{PAGE}{file.pk}/reponse/", {"agreed": agreed, "answer": words})


def exported():
    return AuditEntry.objects.filter(action=AuditAction.EXPORTED).count()


def did():
    lines = AuditEntry.objects.filter(action=AuditAction.LARGE_FILE).order_by("pk")
    return [(line.actor.first_name, line.detail["did"]) for line in lines.select_related("actor")]


class TestOnScreen:
    def test_g8_asked_agreed_taken_once_and_every_step_is_audited(self, asker, other):
        mine, theirs = signed(asker), signed(other)
        ask(mine)
        file = LargeFile.objects.get()
        assert (file.rows, file.what, file.asked_by_id) == (2, "Disponibilités", asker.pk)
        assert exported() == 0
        shown = theirs.get(PAGE).content.decode().replace("\xa0", " ")
        assert all(words in shown for words in ("Denise", "Disponibilités", "2 lignes", "Un courrier de la mairie"))
        assert "attend votre accord" in theirs.get("/").content.decode()
        answer(theirs, file)
        assert "/disponibilites/?export=csv" in mine.get(PAGE).content.decode()
        assert "Votre fichier peut partir" in mine.get("/").content.decode()
        assert mine.head(LIST).status_code == 302  # only asks how large it is
        taken = mine.get(LIST)
        assert taken.status_code == 200
        assert b"".join(taken.streaming_content)
        assert mine.get(LIST).status_code == 302
        assert exported() == 1
        assert did() == [("Denise", "asked"), ("Agnès", "agreed"), ("Denise", "taken")]

    def test_a_refusal_says_why_and_nothing_leaves(self, asker, other):
        mine, theirs = signed(asker), signed(other)
        ask(mine)
        file = LargeFile.objects.get()
        assert answer(theirs, file, "non").status_code == 422
        answer(theirs, file, "non", "Par agence, s’il vous plaît")
        assert "Par agence, s’il vous plaît" in mine.get(PAGE).content.decode()
        assert mine.get(LIST).status_code == 302
        assert exported() == 0

    def test_nobody_answers_for_themselves(self, asker, other):
        mine = signed(asker)
        signed(other)
        ask(mine)
        file = LargeFile.objects.get()
        assert answer(mine, file).status_code == 404
        with pytest.raises(operations.NotYours):
            operations.answer_large_file(actor=asker, file_id=file.pk, agreed=True, now=timezone.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            LargeFile.objects.filter(pk=file.pk).update(agreed=True, answered_by=asker, answered_at=timezone.now())

    @pytest.mark.parametrize("role", [role for role in Role.values if role not in ("administrator", "director")])
    def test_no_other_role_answers_where_somebody_directs(self, role, asker, other):
        mine = signed(asker)
        signed(other)
        ask(mine)
        assert answer(signed(UserFactory(roles=[role])), LargeFile.objects.get()).status_code == 404

    def test_asked_twice_it_waits_once(self, asker, other):
        mine = signed(asker)
        signed(other)
        ask(mine)
        ask(mine, "/disponibilites/?export=xlsx&tri=-name")
        assert LargeFile.objects.count() == 1

    def test_a_ticket_of_somebody_else_or_of_nobody_asks_for_nothing(self, asker, other):
        theirs = signed(other)
        ticket = parse_qs(urlsplit(theirs.get(LIST)["Location"]).query)["ticket"][0]
        for forged in (ticket, ticket[:-1] + "x", ""):
            sent = signed(asker).post("/grands-fichiers/demander/", {"ticket": forged, "reason": "Pour voir"})
            assert sent["Location"] == PAGE
        assert not LargeFile.objects.exists()

    def test_an_agreement_is_for_one_list_of_one_person(self, asker, other):
        mine, theirs = signed(asker), signed(other)
        ask(mine, "/disponibilites/?q=essai&export=csv")
        answer(theirs, LargeFile.objects.get())
        assert theirs.get("/disponibilites/?q=essai&export=csv").status_code == 302
        assert mine.get(LIST).status_code == 302
        taken = mine.get("/disponibilites/?q=essai&export=xlsx&tri=-name")
        assert b"".join(taken.streaming_content)[:2] == b"PK"
        taken.close()

    def test_answering_asks_for_a_fresh_proof(self, asker, other, settings):
        mine, theirs = signed(asker), signed(other)
        ask(mine)
        settings.PROOF_LASTS = 900
        sent = answer(theirs, LargeFile.objects.get())
        assert sent["Location"].startswith("/connexion/confirmer/")
        assert LargeFile.objects.get().agreed is None


class TestTime:
    def asked(self, asker, now, rows=900):
        return operations.ask_large_file(
            actor=asker, address="/locataires/", kind="csv", what="Locataires", rows=rows, reason="Essai", now=now
        )

    def take(self, asker, now, rows=900):
        return operations.take_large_file(actor=asker, address="/locataires/", rows=rows, now=now)

    def test_it_expires_before_and_after_the_answer(self, asker, other):
        signed(other)
        now = timezone.now()
        file = self.asked(asker, now)
        with pytest.raises(operations.AlreadyAnswered):
            operations.answer_large_file(actor=other, file_id=file.pk, agreed=True, now=now + timedelta(days=3))
        operations.answer_large_file(actor=other, file_id=file.pk, agreed=True, now=now)
        assert not self.take(asker, now + timedelta(days=1))
        assert not self.take(asker, now, rows=991)  # more than a tenth more
        assert self.take(asker, now + timedelta(hours=23), rows=990)
        assert not self.take(asker, now + timedelta(hours=23))

    def test_who_has_nobody_to_ask_waits_an_hour_and_is_written_to(self, asker):
        now = timezone.now()
        UserFactory(roles=[Role.DIRECTOR])  # never came in: answers nothing
        file = self.asked(asker, now)
        assert file.alone
        assert not self.take(asker, now + timedelta(minutes=59))
        tell_large_file(file_id=str(file.pk), said="alone")
        assert asker.email in mail.outbox[-1].bcc
        assert self.take(asker, now + timedelta(minutes=61))
        assert did() == [("Denise", "asked"), ("Denise", "taken")]

    def test_where_nobody_else_directs_the_managers_of_the_agency_answer(self, asker):
        agency = AgencyFactory()
        asker.agency = agency
        asker.save()
        near, far = (UserFactory(roles=[(Role.AGENCY_MANAGER, where)]) for where in (agency, AgencyFactory()))
        for user in (near, far):
            signed(user)
        assert list(queries.who_answers(asker)) == [near]

    @pytest.mark.parametrize("directed", [True, False])
    def test_the_page_of_everybody_s_files_says_of_each_what_is_said_of_one(self, directed):
        now, agencies = timezone.now(), [AgencyFactory() for _ in range(3)]
        places = [{"agency": one} for one in agencies] + [{"company": agencies[0].company}] + [{}] * directed
        grants = [{"role": role, **where} for role in queries.MANAGE for where in places]
        if not directed:
            grants.append({"role": Role.DIRECTOR})  # alone: nobody else directs what they ask for themselves
        people = []
        for rank, grant in enumerate(grants):
            user = UserFactory(agency=[*agencies, None][rank % 4])
            if rank:  # the first one never came in
                user.last_login = now
                user.save()
            RoleGrant.objects.create(user=user, **grant)
            people.append(user)
        for asker in people:
            self.asked(asker, now)
        told = 0
        for viewer in people:
            heard = {one.asked_by_id for one in queries.large_files_to_answer(viewer, now=now)}
            assert heard == {one.pk for one in people if queries.who_answers(one).filter(pk=viewer.pk).exists()}
            told += len(heard)
        assert told > len(people)

    def test_it_is_forgotten_after_a_year(self, asker):
        now = timezone.now()
        self.asked(asker, now - timedelta(days=366))
        self.asked(asker, now)
        assert operations.forget_large_files(now=now) == 1
        assert LargeFile.objects.count() == 1


class TestMessages:
    def test_who_may_answer_is_written_to_and_the_answer_to_who_asked(self, asker, other):
        signed(other)
        ask(signed(asker))
        file = LargeFile.objects.get()
        tell_large_file(file_id=str(file.pk), said="asked")
        assert mail.outbox[-1].bcc == [other.email]
        answer(signed(other), file, "non", "Par agence")
        tell_large_file(file_id=str(file.pk), said="answered")
        assert mail.outbox[-1].bcc == [asker.email]
        assert "Par agence" in mail.outbox[-1].body


class TestThreshold:
    def test_it_is_the_landlord_s_and_the_direction_is_told(self, asker, other):
        Landlord.objects.create(name="Office d’essai")
        client = signed(asker)
        for wrong in ("49", "2001", "beaucoup"):
            assert client.post("/grands-fichiers/seuil/", {"rows": wrong}).status_code == 422
        client.post("/grands-fichiers/seuil/", {"rows": "60"})
        assert queries.rows_alone() == 60
        assert client.get(LIST).status_code == 200
        tell_rows_alone(actor_id=str(asker.pk), before=1, after=60)
        assert set(mail.outbox[-1].bcc) == {asker.email, other.email}
        assert did() == [("Denise", "rows_alone")]

    def test_only_who_covers_everything_sets_it(self):
        client = signed(UserFactory(roles=[("director", AgencyFactory())]))
        assert client.post("/grands-fichiers/seuil/", {"rows": "60"}).status_code == 403


class TestWordOnScreen:
    def test_g8_the_direction_sees_who_opened_many_records(self, asker):
        curious = UserFactory(roles=[("social_worker", AgencyFactory())], first_name="Curieuse")
        operations.record_audit(
            actor=None, action=AuditAction.ACCOUNT_CHANGED, subject=curious,
            detail={"did": "browsing_told", "records": BROWSING_RECORDS},
        )  # fmt: skip
        shown = signed(asker).get("/").content.decode()
        assert "Beaucoup de fiches ouvertes" in shown
        assert "Curieuse" in shown
        agency_only = UserFactory(roles=[("agency_manager", AgencyFactory())])
        for somebody in (curious, agency_only):
            assert "Beaucoup de fiches ouvertes" not in signed(somebody).get("/").content.decode()


def test_the_same_rows_have_the_same_address():
    assert (
        file_address("/l/", [("tri", "-nom"), ("q", "a"), ("export", "csv"), ("page", "2"), ("agence", "")])
        == "/l/?q=a"
    )
    assert file_address("/l/", []) == "/l/"


def test_a_list_may_have_grown_by_a_tenth():
    assert enough(1000, 1100)
    assert not enough(1000, 1101)
