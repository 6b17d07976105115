"""G26: no database, no room on the disk: a page that says it and what to do, nothing half written, nothing lost."""

import errno
import os
import resource
import signal
from contextlib import contextmanager

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.db.utils import DataError
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_safe
from tests.accounts.factories import UserFactory

from bienveille.config.urls import handler500 as handler500
from bienveille.config.urls import urlpatterns as site
from bienveille.ground.platform import backups
from bienveille.ground.ui.outages import outage
from bienveille.register.accounts.choices import Role

pytestmark = pytest.mark.faults


@require_safe
def keeps_a_file(request):
    default_storage.save("drops/big", ContentFile(b"x" * 3_000_000))


urlpatterns = [path("garde/", keeps_a_file), *site]


@contextmanager
def no_room_beyond(size):
    """No file of this process may pass that size: the system refuses the write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)


@pytest.fixture
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def raised(sqlstate):
    cause = psycopg.errors.lookup(sqlstate)("text") if sqlstate else psycopg.OperationalError("gone")
    error = OperationalError("text")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (raised(None), "away"),
        (raised("57P01"), "away"),
        (raised("53300"), "away"),
        (raised("53100"), "full"),
        (raised("40P01"), ""),  # a deadlock is a fault of ours
        (raised("57014"), ""),
        (OSError(errno.ENOSPC, ""), "full"),
        (FileNotFoundError(errno.ENOENT, ""), ""),
        (DataError(), ""),
        (None, ""),
    ],
)
def test_g26_what_the_machine_lacks_is_told_from_a_fault_of_ours(error, told):
    assert outage(error) == told


@pytest.mark.django_db(transaction=True)
def test_g26_no_database_a_page_says_it_then_all_is_as_before():
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=[Role.ADMINISTRATOR]))
    assert client.get("/imports/").status_code == 200
    connection.close()
    home, connection.settings_dict["HOST"] = connection.settings_dict["HOST"], "/nonexistent"
    try:
        page, program, alive = client.get("/imports/"), client.get("/api/v1/me"), client.get("/etat")
    finally:
        connection.close()
        connection.settings_dict["HOST"] = home
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "30", "no-store")
    assert "La base de données ne répond pas" in page.content.decode()
    assert "appelez les secours" in page.content.decode()
    assert program.status_code in (401, 503)
    assert alive.status_code == 503
    assert client.get("/imports/").status_code == 200
    assert client.get("/etat").content == b"ok\n"


@pytest.mark.django_db
def test_g26_a_full_disk_a_page_says_it_and_no_file_is_half_written(media, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())
    with no_room_beyond(1_000_000):
        page = client.get("/garde/")
    assert page.status_code == 503
    assert "Le serveur n’a plus de place" in page.content.decode()
    assert list((media / "drops").iterdir()) == []
    default_storage.save("drops/big", ContentFile(b"x" * 3_000_000))
    assert (media / "drops" / "big").stat().st_size == 3_000_000


def test_g26_a_failed_file_never_takes_another_with_it(media):
    default_storage.save("drops/kept", ContentFile(b"kept"))
    with no_room_beyond(1_000), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        default_storage.save("drops/kept", ContentFile(b"x" * 3_000_000))
    assert [(one.name, one.read_bytes()) for one in (media / "drops").iterdir()] == [("kept", b"kept")]


@pytest.mark.django_db(transaction=True)
def test_g26_a_copy_that_finds_no_room_says_so_and_leaves_nothing(media, tmp_path):
    from django.utils.timezone import now

    key = backups.pyrage.x25519.Identity.generate()
    default_storage.save("drops/big", ContentFile(os.urandom(2_000_000)))
    path = tmp_path / "copy.age"
    with (
        no_room_beyond(1_000_000),
        pytest.raises(backups.BackupRefusal, match="n’a pas pu être écrite\u00a0: le système"),
    ):
        backups.write_backup(path, recipient=key.to_public(), now=now())
    assert [one.name for one in tmp_path.iterdir()] == ["media"]
    backups.write_backup(path, recipient=key.to_public(), now=now())
    assert path.stat().st_size > 2_000_000
