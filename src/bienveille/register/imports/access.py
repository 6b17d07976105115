"""Who may import: administrators and directors of everything; others find nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from bienveille.register.accounts.access import scope_for
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.imports.models import ImportProfile, ImportRun

View = Callable[..., HttpResponseBase]


def may_import(user: User) -> bool:
    """Whether the user may bring the whole register up to date (1 query a request)."""
    return scope_for(user, Role.ADMINISTRATOR, Role.DIRECTOR).everything


def may_deposit(user: User) -> bool:
    """Whether a program of theirs may send files to be imported (no query more than `may_import`)."""
    return may_import(user) or scope_for(user, Role.DEPOSITOR).everything


def get_deposit_for(user: User, run_id: UUID) -> ImportRun:
    """An import as a program reads it; a program that only deposits reads its own; 404 otherwise (1 query)."""
    if not may_deposit(user):
        raise Http404
    found = ImportRun.objects.filter(pk=run_id)
    if not may_import(user):
        found = found.filter(actor=user)
    import_run = found.first()
    if import_run is None:
        raise Http404
    return import_run


def get_profile_for(user: User, name: str) -> ImportProfile:
    """One saved profile with who saved it; 404 for who may not import (1 query)."""
    if not may_import(user):
        raise Http404
    found = ImportProfile.objects.select_related("saved_by").filter(name=name).first()
    if found is None:
        raise Http404
    return found


def importer_required(view: View) -> View:
    """Decorates a view: 403 unless the user may import."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_import(request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def get_run_for(user: User, run_id: UUID) -> ImportRun:
    """One import with who made it; 404 for who may not import (1 query)."""
    if not may_import(user):
        raise Http404
    try:
        return ImportRun.objects.select_related("actor").get(pk=run_id)
    except ImportRun.DoesNotExist:
        raise Http404 from None
