"""What tests do on the screens of imports: drop files, have them checked, look."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.imports.factories import tenant

from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import check_run


def given(path, name=""):
    return SimpleUploadedFile(name or path.name, path.read_bytes())


def drop(client, *files, **more):
    return client.post(reverse("imports:new"), {"exports": list(files), **more})


def text(response):
    return response.content.decode()


def dropped(client, *files, **more) -> ImportRun:
    response = drop(client, *files, **more)
    assert response.status_code == 302, text(response)
    return ImportRun.objects.latest("started_at")


def checked(client, *files, **more) -> ImportRun:
    found = dropped(client, *files, **more)
    check_run(run_id=str(found.pk))
    found.refresh_from_db()
    return found


def page(client, run, **more):
    return client.get(reverse("imports:run", args=[run.pk]), **more)


def newcomers(landlord, *extra):
    """An export with a new household, a home that nobody knows, and what is left aside."""
    rows = [
        tenant(),
        tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="ROYER", PRENOM="Anaïs", SOLDE="817,93"),
        tenant(N_CONTRAT="003", CODE_LOGEMENT="0009-9", NOM="PETIT"),
        *extra,
    ]
    return landlord.path("export", rows)
