"""Posters: made for each hall with the numbers of its site, put up by building managers, with a photograph."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory, ResidenceManagerFactory
from tests.messaging.factories import EVERYWHERE

from bienveille.engines.messaging.access import get_poster_for, get_posting_for
from bienveille.engines.messaging.models import Poster, Posting
from bienveille.engines.messaging.operations.notices import set_line
from bienveille.engines.messaging.operations.posters import (
    CannotPost,
    confirm_posting,
    make_poster,
    poster_pdf,
    purge_posters,
    take_down,
)
from bienveille.engines.messaging.queries.postings import find_posting, posters_within, postings_within, to_put_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (200, 100), "blue").save(out, "JPEG", comment=b"secret")
    return out.getvalue()


def make(**more) -> Poster:
    facts = {
        "actor": None,
        "title": "Il fait très chaud",
        "body": "Buvez de l’eau.\n\nÀ {{ résidence }}, prenez des nouvelles de vos voisins.",
        "paper": "a4",
        "until": timezone.localdate() + timedelta(days=7),
        "agency": None,
        "residence": None,
        "scope": EVERYWHERE,
        "now": timezone.now(),
        **more,
    }
    return make_poster(**{**facts, "actor": facts["actor"] or UserFactory(roles=["communication"])})


class TestMaking:
    def test_one_posting_for_each_hall(self) -> None:
        ResidenceFactory(name="Les Tilleuls", halls=3)
        ResidenceFactory(name="Les Acacias", halls=None)
        made = make()
        rows = [(one.residence.name, one.hall) for one in postings_within(made, EVERYWHERE)]
        assert rows == [("Les Acacias", 1), ("Les Tilleuls", 1), ("Les Tilleuls", 2), ("Les Tilleuls", 3)]

    def test_only_where_it_is_asked(self) -> None:
        here, other = ResidenceFactory(agency=AgencyFactory(lyon=True)), ResidenceFactory(agency=AgencyFactory())
        assert make(agency=here.agency).postings.get().residence_id == here.pk
        assert make(residence=other).postings.get().residence_id == other.pk

    @pytest.mark.parametrize(
        ("words", "field"),
        [
            ({"body": "Bonjour {{ civilité et nom }}"}, "body"),
            ({"body": "Logement {{ logement }}"}, "body"),
            ({"body": "Appelez {{ téléphone de l’agence }}"}, "body"),
            ({"body": "Le [jour]"}, "body"),
            ({"body": "{{ inconnu }}"}, "body"),
            ({"until": timezone.localdate() - timedelta(days=1)}, "until"),
        ],
    )
    def test_holes_names_and_days_gone_by_are_refused(self, words: dict, field: str) -> None:
        ResidenceFactory()
        with pytest.raises(CannotPost) as refused:
            make(**words)
        assert refused.value.field == field
        assert not Poster.objects.exists()

    def test_no_hall_no_poster(self) -> None:
        with pytest.raises(CannotPost):
            make()

    def test_set_with_the_numbers_of_the_site_at_a_cost_that_does_not_grow(self) -> None:
        counts = []
        for size in (1, 3):
            residences = [ResidenceFactory(halls=2) for _ in range(size)]
            set_line(
                actor=UserFactory(),
                kind="on_call",
                number="+33465710142",
                hours="",
                agency=None,
                residence=residences[0],
            )
            made = make(paper="a3")
            halls = postings_within(made, EVERYWHERE)
            with CaptureQueriesContext(connection) as queries:
                pdf = poster_pdf(made, halls, root="https://bienveille.example")
            assert pdf.startswith(b"%PDF-")
            assert b"pdfuaid" in pdf
            counts.append(len(queries))
        assert counts[0] == counts[1] == 3

    def test_lists_cost_one_query(self) -> None:
        manager = UserFactory(roles=["building_manager"])
        counts = []
        for _ in range(2):
            ResidenceManagerFactory(residence=ResidenceFactory(halls=2), user=manager)
            make()
            with CaptureQueriesContext(connection) as queries:
                assert posters_within(EVERYWHERE)
                assert to_put_up(manager.pk, timezone.localdate())
            counts.append(len(queries))
        assert counts == [2, 2]


class TestPuttingUp:
    def _posting(self) -> Posting:
        ResidenceFactory()
        return find_posting(make().postings.get().pk)

    def test_with_a_photograph_written_again(self) -> None:
        posting, keeper = self._posting(), UserFactory()
        confirm_posting(actor=keeper, posting=posting, photo=photo(), now=timezone.now())
        posting.refresh_from_db()
        assert posting.posted_by_id == keeper.pk
        with default_storage.open(posting.photo) as kept:
            content = kept.read()
        assert content.startswith(b"\xff\xd8")
        assert b"secret" not in content

    def test_said_twice_the_first_one_counts(self) -> None:
        posting, keeper = self._posting(), UserFactory()
        confirm_posting(actor=keeper, posting=posting, photo=None, now=timezone.now())
        confirm_posting(actor=UserFactory(), posting=posting, photo=None, now=timezone.now())
        assert Posting.objects.get().posted_by_id == keeper.pk

    def test_what_is_no_photograph_is_refused(self) -> None:
        posting = self._posting()
        with pytest.raises(CannotPost) as refused:
            confirm_posting(actor=UserFactory(), posting=posting, photo=b"<svg/>", now=timezone.now())
        assert refused.value.field == "photo"
        assert Posting.objects.get().posted_at is None

    def test_taken_back_and_the_photograph_with_it(self, django_capture_on_commit_callbacks) -> None:
        posting, keeper = self._posting(), UserFactory()
        confirm_posting(actor=keeper, posting=posting, photo=photo(), now=timezone.now())
        kept = Posting.objects.get().photo
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(2):
                take_down(actor=keeper, posting=posting)
        assert not default_storage.exists(kept)
        assert (Posting.objects.get().posted_at, Posting.objects.get().photo) == (None, "")

    def test_photographs_go_before_posters(self) -> None:
        posting = self._posting()
        confirm_posting(actor=UserFactory(), posting=posting, photo=photo(), now=timezone.now())
        kept = Posting.objects.get().photo
        for days, photos, left in ((29, True, 1), (31, False, 1), (366, False, 0)):
            Poster.objects.update(until=timezone.localdate() - timedelta(days=days))
            purge_posters()
            assert (default_storage.exists(kept), Poster.objects.count()) == (photos, left)


class TestAccess:
    def test_managers_of_the_residence_and_who_speaks_for_its_agency(self) -> None:
        lyon = AgencyFactory(lyon=True)
        here = ResidenceFactory(agency=lyon)
        made = make()
        posting = made.postings.get()
        keeper = UserFactory(roles=["building_manager"])
        ResidenceManagerFactory(residence=here, user=keeper)
        assert get_posting_for(keeper, posting.pk) == posting
        assert get_posting_for(UserFactory(roles=[("agency_manager", lyon)]), posting.pk) == posting
        stranger = UserFactory(roles=["building_manager", ("agency_manager", AgencyFactory())])
        with pytest.raises(Http404):
            get_posting_for(stranger, posting.pk)
        with pytest.raises(Http404):
            get_poster_for(stranger, made.pk)
        assert get_poster_for(UserFactory(roles=[("communication", lyon)]), made.pk) == (made, [posting])


class TestPages:
    def test_made_printed_put_up_and_seen(self, client: Client) -> None:
        here = ResidenceFactory(name="Les Tilleuls", halls=2)
        client.force_login(UserFactory(roles=["communication"]))
        typed = {
            "title": "Il fait très chaud",
            "body": "Buvez.",
            "place": "tout",
            "residence": "",
            "paper": "a4",
            "until": f"{timezone.localdate() + timedelta(days=3):%Y-%m-%d}",
        }
        page = reverse("workspace:new_poster")
        assert client.post(page, {**typed, "body": "Le [jour]"}).status_code == 422
        assert client.post(page, typed).status_code == 302
        made = Poster.objects.get()
        assert "Les Tilleuls" in client.get(reverse("workspace:poster", args=[made.pk])).content.decode()
        pdf = client.get(reverse("workspace:poster_file", args=[made.pk]), {"residence": str(here.pk)})
        assert pdf.content.startswith(b"%PDF-")
        assert client.get(reverse("workspace:poster_file", args=[made.pk]), {"residence": "x"}).status_code == 404

        keeper = UserFactory(roles=["building_manager"])
        ResidenceManagerFactory(residence=here, user=keeper)
        client.force_login(keeper)
        posting = made.postings.get(hall=2)
        address = reverse("workspace:posting", args=[posting.pk])
        assert "Il fait très chaud" in client.get(reverse("workspace:to_post")).content.decode()
        wrong = SimpleUploadedFile("a.jpg", b"<html>", content_type="image/jpeg")
        assert client.post(address, {"photo": wrong}).status_code == 422
        assert client.post(address, {"photo": SimpleUploadedFile("a.jpg", photo())}).status_code == 302
        shown = client.get(reverse("workspace:posting_photo", args=[posting.pk]))
        assert shown["Content-Type"] == "image/jpeg"
        assert "sandbox" in shown["Content-Security-Policy"]
        assert shown["Content-Disposition"].startswith("attachment")
        assert b"secret" not in shown.getvalue()
        assert "L’affiche est en place" in client.get(address).content.decode()
        client.post(reverse("workspace:take_down", args=[posting.pk]))
        assert client.get(reverse("workspace:posting_photo", args=[posting.pk])).status_code == 404

        client.force_login(UserFactory(roles=["communication"]))
        assert "sur 2" in client.get(reverse("workspace:posters")).content.decode()
