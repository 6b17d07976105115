"""Who may write guides: administrators and directors of everything; loaders of guides, versions and drafts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireDraft, QuestionnaireVersion
from bienveille.register.accounts.access import scope_for
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User

View = Callable[..., HttpResponseBase]


def may_write(user: User) -> bool:
    """Whether the user may write what every campaign asks (1 query a request)."""
    return scope_for(user, Role.ADMINISTRATOR, Role.DIRECTOR).everything


def writer_required(view: View) -> View:
    """Decorates a view: 403 unless the user may write guides."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_write(request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def get_guide_for(user: User, slug: str) -> Questionnaire:
    """A published guide; 404 for who may not write them (1 query)."""
    if not may_write(user):
        raise Http404
    try:
        return Questionnaire.objects.get(slug=slug)
    except Questionnaire.DoesNotExist:
        raise Http404 from None


def get_version_for(user: User, slug: str, number: int) -> QuestionnaireVersion:
    """One version of a guide; 404 for who may not write them (1 query)."""
    if not may_write(user):
        raise Http404
    try:
        return QuestionnaireVersion.objects.select_related("questionnaire").get(questionnaire__slug=slug, number=number)
    except QuestionnaireVersion.DoesNotExist:
        raise Http404 from None


def get_draft_for(user: User, slug: str) -> QuestionnaireDraft:
    """The draft under that name, with who changed it last; 404 for who may not write them (1 query)."""
    if not may_write(user):
        raise Http404
    try:
        return QuestionnaireDraft.objects.select_related("changed_by", "based_on").get(slug=slug)
    except QuestionnaireDraft.DoesNotExist:
        raise Http404 from None
