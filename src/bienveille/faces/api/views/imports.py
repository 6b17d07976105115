"""The landlord's own program brings its exports every night, and reads what became of them."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.timezone import now

from bienveille.faces.api.forms import given, received
from bienveille.faces.api.operations import Answer
from bienveille.faces.api.views import problems
from bienveille.faces.api.views.base import api, done_once, me, reply
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.imports import operations as imports
from bienveille.register.imports.access import get_deposit_for, may_deposit
from bienveille.register.imports.choices import Departures
from bienveille.register.imports.queries import run_document

TAG = "Importer"
BLOCK = 1 << 20
#: What no export was ever sent as.
NO_EXPORT = ("image/", "audio/", "video/", "font/", "message/", "model/")


class NothingSent(Refusal):
    """Nothing to import came with the request."""

    def __init__(self, field: str, sentence: str) -> None:
        self.errors = {field: [sentence]}
        super().__init__("Corrigez les champs signalés.")


class TooLarge(Exception):
    """The body went beyond what is read."""


@api.post("/imports", response={202: given.DepositOut}, tags=[TAG], summary="Déposer des exports", url_name="imports")
def deposit_files(
    request: HttpRequest,
    name: received.FileName = None,
    profile: received.ProfileName = None,
    departures: received.DeparturesAsked = "auto",
) -> HttpResponse:
    """Reçoit les exports du logiciel de gestion, les vérifie, puis les applique sans personne.

    Plusieurs fichiers par formulaire (« multipart/form-data »), ou un seul en corps de la demande, nommé par « name ».
    Un ZIP vaut les fichiers qu’il contient. La réponse vient dès que les fichiers sont reçus ; « Location » dit où
    lire la suite. S’il faut que quelqu’un décide, l’import attend sept jours à l’écran.
    """
    user = me(request)
    if not may_deposit(user):
        raise PermissionDenied("Déposer des fichiers revient à qui peut importer, ou au rôle « Dépôt de fichiers ».")
    if (request.content_type or "").startswith(NO_EXPORT):
        return problems.problem(415, "Format non lu", "Envoyez des exports, seuls ou dans un formulaire.")
    try:
        with _sent(request, name) as files:

            def deposit() -> Answer:
                taken = imports.receive_drop(
                    actor=user, files=files, now=now(), profile=profile or "", departures=Departures(departures)
                )
                return Answer(202, {"id": str(taken.pk), "state": taken.state})

            told = _told(files, [name, profile, departures])
            response = done_once(request, user, deposit, told=told)
    except (MultiPartParserError, UnreadablePostError, SuspiciousOperation):
        return problems.problem(400, "Demande illisible", "Le formulaire est coupé ou mal écrit.")
    except TooLarge:
        return problems.too_large(problems.LARGEST_DEPOSIT)
    except imports.UnknownProfile as refused:
        raise NothingSent("profile", str(refused)) from None
    if response.status_code == 202:
        response["Location"] = reverse("api:import_run", args=[json.loads(response.content)["id"]])
    return response


@api.get("/imports/{uuid:run_id}", response={200: given.ImportOut}, tags=[TAG], summary="Ce que devient un dépôt")
def import_run(request: HttpRequest, run_id: str) -> HttpResponse:
    """Où en est l’import, ses chiffres, ses lignes à corriger : le document de « ./bienveille import --json »."""
    return reply(200, run_document(get_deposit_for(me(request), run_id)))  # type: ignore[arg-type]


@contextmanager
def _sent(request: HttpRequest, name: str | None) -> Iterator[list[imports.Given]]:
    """The files of a form, or the one in the body, on a disk of this machine."""
    if request.content_type == "multipart/form-data":
        files = [file for _, several in request.FILES.lists() for file in several]
        if not files:
            raise NothingSent("files", "Ce formulaire ne contient aucun fichier.")
        with imports.on_disk(files) as found:
            yield found
        return
    if not name:
        raise NothingSent("name", "Nommez le fichier envoyé\u00a0: ?name=locataires.csv")
    with TemporaryDirectory(prefix="bienveille-") as folder:
        place = Path(folder) / "000"
        size = 0
        with place.open("wb") as target:
            while block := request.read(BLOCK):
                size += len(block)
                if size > problems.LARGEST_DEPOSIT:
                    raise TooLarge
                target.write(block)
        if not size:
            raise NothingSent("files", "Le corps de la demande est vide.")
        yield [imports.Given(place, PurePath(name).name or name)]


def _told(files: list[imports.Given], words: list[str | None]) -> bytes:
    """What makes two requests the same: the files and what was said of them."""
    parts = [json.dumps(words).encode()]
    for file in files:
        with file.path.open("rb") as content:
            parts += [file.name.encode(), hashlib.file_digest(content, "sha256").digest()]
    return b"\n".join(parts)
