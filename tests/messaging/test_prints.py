"""Letters on paper: taken once, set in files, sent when somebody says so; those that come back."""

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory
from tests.messaging.factories import EVERYWHERE, MONDAY, make_version, started
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.access import get_address_check_for, get_mailing_to_print, get_print_for
from bienveille.engines.messaging.models import AddressCheck, Delivery, Mailing, Print
from bienveille.engines.messaging.operations import mailings, prints, sending
from bienveille.engines.messaging.queries import recipients
from bienveille.engines.messaging.queries.prints import addressees, addresses_to_check
from bienveille.engines.messaging.rules.letters import letter_number
from bienveille.register.accounts.models import AuditEntry, User
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Household, Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def site(**more) -> object:
    return ResidenceFactory(name="Les Tilleuls", address="3 rue Neuve", postal_code="38200", **more)


def letters_of(count: int = 3, **more) -> Mailing:
    residence = more.pop("residence", None) or site()
    HouseholdFactory.create_batch(count, residence=residence)
    return started(channels=["letter"], **more)


def actor_of(mailing: Mailing) -> User:
    return User.objects.get(pk=mailing.created_by_id)


def printed(mailing: Mailing, way: str = "carried") -> Print:
    made = prints.make_letters(actor=actor_of(mailing), mailing=mailing, way=way, now=MONDAY)
    prints.set_letters(print_id=str(made.pk))
    made.refresh_from_db()
    return made


class TestPrinting:
    def test_sent_only_when_somebody_says_they_were_handed_over(self) -> None:
        mailing = letters_of(3)
        made = printed(mailing)
        assert (made.state, made.letters, made.withheld) == ("ready", 3, 0)
        assert recipients.states(mailing)["sending"] == 3
        sending.look_after(now=MONDAY + timedelta(hours=2))
        mailing.refresh_from_db()
        assert mailing.state == "sending"  # not finished while letters are on a table
        for _ in range(2):
            prints.hand_over(actor=actor_of(mailing), made=made, now=MONDAY + timedelta(days=1))
        assert recipients.states(mailing)["sent"] == 3
        assert AuditEntry.objects.filter(reason="Lettres remises").count() == 1

    def test_one_file_for_each_staircase_and_a_list_for_the_post(self) -> None:
        mailing = letters_of(3)
        carried = printed(mailing)
        (only,) = carried.files.all()
        assert (only.residence, only.letters, only.pages) == ("Les Tilleuls", 3, 4)
        assert prints.read_file(only).read(5) == b"%PDF-"
        prints.cancel_print(actor=actor_of(mailing), made=carried)
        posted = printed(mailing, way="posted")
        pdf, table = posted.files.order_by("rank")
        assert (pdf.letters, pdf.pages) == (3, 3)
        lines = prints.read_file(table).read().decode("utf-8-sig").splitlines()
        number = Delivery.objects.filter(token=posted.pk).order_by("number").first().number
        assert len(lines) == 4
        assert any(line.endswith(f";{letter_number(number)}") for line in lines)

    def test_taken_once(self) -> None:
        mailing = letters_of(2)
        printed(mailing)
        with pytest.raises(prints.CannotPrint):
            printed(mailing)
        assert Print.objects.count() == 1

    def test_who_died_left_or_is_protected_since_gets_nothing(self) -> None:
        mailing = letters_of(4)
        dead, left, hidden, _ = Person.objects.order_by("pk")
        Person.objects.filter(pk=dead.pk).update(deceased=True)
        Person.objects.filter(pk=left.pk).update(left_on=MONDAY.date())
        Person.objects.filter(pk=hidden.pk).update(protected_address=True)
        assert printed(mailing).letters == 1
        assert set(Delivery.objects.filter(state="stopped").values_list("reason", flat=True)) == {
            "deceased",
            "left",
            "protected",
        }

    def test_no_address_is_withheld_and_told(self) -> None:
        mailing = letters_of(1)
        bare = HouseholdFactory(residence=ResidenceFactory(address="", name="X", postal_code=""))
        mailing = started(channels=["letter"], name="Autre", urgent=True)
        made = printed(mailing)
        assert (made.letters, made.withheld) == (2, 1)
        assert Delivery.objects.get(mailing=mailing, household=bare).detail == "adresse"

    def test_a_hole_in_the_words_is_withheld(self) -> None:
        version = make_version(letter="Appelez {{ téléphone de l’agence }}.")
        mailing = letters_of(1, version_id=version.pk)
        made = printed(mailing)
        assert (made.withheld, made.files.count()) == (1, 0)
        assert Delivery.objects.get().reason == "empty"

    def test_set_twice_is_once_and_a_worker_that_died_leaves_no_file(self) -> None:
        mailing = letters_of(1)
        made = prints.make_letters(actor=actor_of(mailing), mailing=mailing, way="carried", now=MONDAY)
        default_storage.save(f"letters/{made.pk}/reste.pdf", BytesIO(b"x"))
        for _ in range(2):
            prints.set_letters(print_id=str(made.pk))
        assert (
            default_storage.listdir(f"letters/{made.pk}")[1] == ["001-les-tilleuls.pdf"]
            or len(default_storage.listdir(f"letters/{made.pk}")[1]) == 1
        )
        assert made.files.count() == 1

    def test_cancelled_waits_again_and_nothing_is_kept(self, django_capture_on_commit_callbacks) -> None:
        mailing = letters_of(2)
        made = printed(mailing)
        key = made.pk
        with django_capture_on_commit_callbacks(execute=True):
            prints.cancel_print(actor=actor_of(mailing), made=made)
        assert recipients.states(mailing)["waiting"] == 2
        assert default_storage.listdir(f"letters/{key}")[1] == []
        assert not Print.objects.exists()

    def test_handed_over_is_not_cancelled_nor_handed_before_it_is_ready(self) -> None:
        mailing = letters_of(1)
        made = prints.make_letters(actor=actor_of(mailing), mailing=mailing, way="carried", now=MONDAY)
        with pytest.raises(prints.CannotPrint):
            prints.hand_over(actor=actor_of(mailing), made=made, now=MONDAY)
        prints.set_letters(print_id=str(made.pk))
        prints.hand_over(actor=actor_of(mailing), made=made, now=MONDAY)
        with pytest.raises(prints.CannotPrint):
            prints.cancel_print(actor=actor_of(mailing), made=made)

    def test_a_mailing_that_is_paused_prints_nothing(self) -> None:
        mailing = letters_of(1)
        mailings.pause(actor=actor_of(mailing), mailing_id=mailing.pk)
        with pytest.raises(prints.CannotPrint):
            printed(mailing)

    def test_a_set_that_breaks_keeps_nothing_and_says_so(self, monkeypatch) -> None:
        mailing = letters_of(1)
        made = prints.make_letters(actor=actor_of(mailing), mailing=mailing, way="carried", now=MONDAY)
        monkeypatch.setattr(prints, "set_sheaves", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prints.set_letters(print_id=str(made.pk))
        made.refresh_from_db()
        assert made.state == "failed"
        prints.cancel_print(actor=actor_of(mailing), made=made)
        assert recipients.states(mailing)["waiting"] == 1

    def test_files_are_erased_a_month_after(self) -> None:
        mailing = letters_of(1)
        made = printed(mailing)
        prints.hand_over(actor=actor_of(mailing), made=made, now=timezone.now() - timedelta(days=31))
        prints.purge_letter_files()
        assert default_storage.listdir(f"letters/{made.pk}")[1] == []
        assert [one.stored for one in made.files.all()] == [""]

    def test_addressees_cost_two_queries_however_many(self) -> None:
        counts = []
        for _ in range(2):
            HouseholdFactory.create_batch(3)
            keys = set(Household.objects.values_list("pk", flat=True))
            with CaptureQueriesContext(connection) as queries:
                assert len(addressees(keys)) == len(keys)
            counts.append(len(queries))
        assert counts == [2, 2]


class TestReturned:
    def _sent(self, **more) -> Delivery:
        mailing = letters_of(1, **more)
        made = printed(mailing)
        prints.hand_over(actor=actor_of(mailing), made=made, now=MONDAY)
        return Delivery.objects.get(mailing=mailing)

    def test_bounced_and_the_address_is_to_check(self) -> None:
        letter, actor = self._sent(), UserFactory()
        number = letter_number(letter.number)
        typed = f"{number[:3]} {number[3:6]} {number[6:9]} {number[9]}\n{number}\n1234567890 0000000000"
        told = prints.note_returned(actor=actor, typed=typed, scope=EVERYWHERE, now=MONDAY)
        assert [len(told[key]) for key in ("noted", "again", "unknown")] == [1, 1, 2]
        letter.refresh_from_db()
        assert (letter.state, letter.detail) == ("bounced", "npai")
        (check,) = addresses_to_check(EVERYWHERE)
        assert check.household_id == letter.household_id
        again = prints.note_returned(actor=actor, typed=number, scope=EVERYWHERE, now=MONDAY)
        assert again["again"] == [number]
        for _ in range(2):
            prints.settle_address(actor=actor, check=check, now=MONDAY)
        assert addresses_to_check(EVERYWHERE) == []
        assert AuditEntry.objects.filter(reason="Adresse vérifiée").count() == 1

    def test_a_letter_that_never_left_or_of_another_agency_is_not_ours(self) -> None:
        letter = self._sent()
        elsewhere = Scope(agencies=frozenset([AgencyFactory().pk]))
        number = letter_number(letter.number)
        assert prints.note_returned(actor=UserFactory(), typed=number, scope=elsewhere, now=MONDAY)["unknown"]
        Delivery.objects.update(state="waiting")
        assert prints.note_returned(actor=UserFactory(), typed=number, scope=EVERYWHERE, now=MONDAY)["unknown"]
        assert not AddressCheck.objects.exists()


class TestAccess:
    def test_who_writes_to_all_those_agencies(self) -> None:
        lyon = AgencyFactory(lyon=True)
        mailing = letters_of(1, residence=site(agency=lyon))
        made = printed(mailing)
        officer = UserFactory(roles=[("communication", lyon)])
        assert get_print_for(UserFactory(roles=["communication"]), made.pk) == made
        for load, key in ((get_print_for, made.pk), (get_mailing_to_print, mailing.pk)):
            with pytest.raises(Http404):
                load(officer, key)
        Mailing.objects.update(agencies=[lyon.pk])
        assert get_print_for(officer, made.pk) == made
        prints.hand_over(actor=officer, made=made, now=MONDAY)
        number = letter_number(Delivery.objects.get().number)
        prints.note_returned(actor=officer, typed=number, scope=EVERYWHERE, now=MONDAY)
        check = AddressCheck.objects.get()
        assert get_address_check_for(UserFactory(roles=[("agency_manager", lyon)]), check.pk) == check
        with pytest.raises(Http404):
            get_address_check_for(UserFactory(roles=[("agency_manager", AgencyFactory())]), check.pk)


class TestPages:
    def test_from_waiting_to_handed_over_and_back(self, client: Client) -> None:
        mailing = letters_of(2)
        client.force_login(UserFactory(roles=["communication"]))
        assert "2 lettres attendent" in client.get(reverse("workspace:letters")).content.decode().replace("\xa0", " ")
        client.post(reverse("workspace:print_letters", args=[mailing.pk]), {"way": "posted"})
        made = Print.objects.get()
        assert "en cours" in client.get(reverse("workspace:print", args=[made.pk])).content.decode()
        prints.set_letters(print_id=str(made.pk))
        answer = client.get(reverse("workspace:print_files", args=[made.pk]))
        with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
            assert archive.namelist() == ["001-lettres.pdf", "lettres.csv"]
        assert AuditEntry.objects.filter(action="data.exported").count() == 1
        client.post(reverse("workspace:hand_letters", args=[made.pk]), {"do": "hand"})
        assert "sont remises" in client.get(reverse("workspace:print", args=[made.pk])).content.decode()
        client.post(reverse("workspace:hand_letters", args=[made.pk]), {"do": "cancel"})
        assert Print.objects.exists()
        returned = reverse("workspace:returned_letters")
        number = letter_number(Delivery.objects.order_by("number").first().number)
        answer = client.post(returned, {"numbers": f"{number}\n999"})
        assert answer.status_code == 422
        assert "999" in answer.content.decode()
        page = client.get(returned).content.decode()
        assert "Les Tilleuls" in page
        client.post(reverse("workspace:settle_address", args=[AddressCheck.objects.get().pk]))
        assert "Aucune adresse" in client.get(returned).content.decode()
        assert client.post(returned, {"numbers": " "}).status_code == 422

    def test_two_people_answer_for_many_letters_once(self, client: Client, settings) -> None:
        """Above the threshold, files leave when somebody else agreed to the mailing; else they must be asked for."""
        settings.ROWS_WITHOUT_PROOF = 1
        mailing = letters_of(1)
        made = printed(mailing)
        Print.objects.update(letters=2)
        client.force_login(UserFactory(roles=["communication"]))
        url, page = (reverse(f"workspace:{name}", args=[made.pk]) for name in ("print_files", "print"))
        asked = client.get(url, headers={"referer": f"http://testserver{page}"})
        assert asked["Location"].startswith("/grands-fichiers/demander/")
        assert f'href="{page}"' in client.get(asked["Location"]).content.decode()
        Mailing.objects.update(approved_by=UserFactory(roles=["director"]))
        with zipfile.ZipFile(BytesIO(client.get(url).getvalue())) as archive:
            assert archive.namelist()
