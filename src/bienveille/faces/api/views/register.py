"""What a program reads to prepare a campaign: whose token it is, audiences, questionnaires, the register's figures."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import localdate, localtime

from bienveille.engines.audiences.access import may_prepare, targeting_scope
from bienveille.engines.audiences.queries import check, count, describe
from bienveille.engines.questionnaires.models import QuestionnaireVersion
from bienveille.engines.questionnaires.queries import get_api, get_current, list_current
from bienveille.faces.api.forms import given, received
from bienveille.faces.api.queries import audiences_page, roles_of
from bienveille.faces.api.views.base import api, me, next_page, reply
from bienveille.ground.lib.typography import spaced
from bienveille.register.imports.queries import register_figures

TAG = "Préparer"


@api.get("/me", response={200: given.MeOut}, tags=[TAG], summary="À qui est ce jeton", url_name="me")
def whoami(request: HttpRequest) -> HttpResponse:
    """Le nom, les langues et les rôles de la personne dont ce programme a les droits."""
    user = me(request)
    document = {"id": str(user.pk), "name": user.display_name, "languages": user.languages, "roles": roles_of(user)}
    return reply(200, document)


@api.get("/audiences", response={200: given.AudiencePage}, tags=[TAG], summary="Les publics enregistrés")
def audiences(
    request: HttpRequest, after: received.After = None, limit: received.Limit = received.DEFAULT_LIMIT
) -> HttpResponse:
    """Les règles gardées pour resservir, chacune avec sa finalité. Pour les responsables."""
    _prepares(request)
    page = audiences_page(after=after, limit=limit)
    items = [
        {
            "id": str(one.pk),
            "name": one.name,
            "purpose": one.purpose,
            "rule": one.rule,
            "created_at": localtime(one.created_at).isoformat(),
        }
        for one in page.rows
    ]
    return reply(200, {"items": items, "next": next_page(request, page.after)})


@api.post("/audiences/count", response={200: given.CountOut}, tags=[TAG], summary="Compter un public")
def count_audience(request: HttpRequest, payload: received.CountIn) -> HttpResponse:
    """Combien de ménages de vos agences une règle désigne aujourd’hui, et la règle dite en français. Ne garde rien."""
    _prepares(request)
    rule = check(payload.audience)
    counted = count(rule, localdate(), scope=targeting_scope(me(request)))
    document = {
        "sentence": spaced(describe(payload.audience)),
        "households": counted.households,
        "by_agency": [{"code": one.code, "name": one.name, "households": one.households} for one in counted.by_agency],
    }
    return reply(200, document)


@api.get("/questionnaires", response={200: given.QuestionnairePage}, tags=[TAG], summary="Les questionnaires")
def questionnaires(request: HttpRequest) -> HttpResponse:
    """Les questionnaires publiés, dans leur version du jour."""
    return reply(200, {"items": [_line(version) for version in list_current()], "next": None})


@api.get("/questionnaires/{slug:slug}", response={200: given.QuestionnaireOut}, tags=[TAG], summary="Un questionnaire")
def questionnaire(request: HttpRequest, slug: str) -> HttpResponse:
    """Ses sections, ses questions, ses conditions : les mêmes que reçoit un appelant."""
    version = get_current(slug)
    if version is None:
        raise Http404
    return reply(200, {**_line(version), "questionnaire": get_api(version.pk)})


@api.get("/register", response={200: given.RegisterOut}, tags=[TAG], summary="Les chiffres du registre")
def register(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Logements, ménages et personnes du registre, et les aînés par agence. Pour qui couvre toutes les agences."""
    if not targeting_scope(me(request)).everything:
        raise PermissionDenied("Ces chiffres couvrent toutes les agences ; votre rôle n’en couvre qu’une partie.")
    return reply(200, register_figures(on=on or localdate()))


def _prepares(request: HttpRequest) -> None:
    if not may_prepare(me(request)):
        raise PermissionDenied("Préparer un public revient aux responsables.")


def _line(version: QuestionnaireVersion) -> dict[str, object]:
    return {
        "slug": version.questionnaire.slug,
        "title": version.questionnaire.title,
        "version": version.number,
        "published_at": localtime(version.published_at).isoformat(),
    }
