"""« Affiches »: made for halls, printed, put up by building managers, with a photograph."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.messaging.access import NOTICERS, get_poster_for, get_posting_for, noticing_scope
from bienveille.engines.messaging.operations import posters as operations
from bienveille.engines.messaging.queries.postings import poster_texts, posters_within, to_put_up
from bienveille.faces.workspace.forms.notices import EVERYBODY
from bienveille.faces.workspace.forms.posters import PostedForm, PosterForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.queries import agencies_within

INVALID = 422
METHODS = ["GET", "HEAD", "POST"]
_USUAL = timedelta(days=14)
_KEYS = ("title", "body", "paper", "until")


@require_safe
@role_required(*NOTICERS)
def posters(request: Request) -> HttpResponse:
    """Posters of one's agencies, and in how many halls each hangs."""
    return render(request, "workspace/posters.html", {"posters": posters_within(noticing_scope(request.user))})


@require_http_methods(METHODS)
@role_required(*NOTICERS)
def new_poster(request: Request) -> HttpResponse:
    """Make a poster for halls, from a text made for posters or from nothing."""
    scope = noticing_scope(request.user)
    texts = poster_texts()
    chosen = next((one for one in texts if str(one.pk) == request.GET.get("texte")), None)
    initial = {"until": timezone.localdate() + _USUAL, "place": EVERYBODY}
    if chosen is not None:
        initial |= {"title": chosen.subject, "body": chosen.body.strip()}
    typed = request.POST if request.method == "POST" else None
    form = PosterForm(typed, initial=initial, scope=scope, agencies=agencies_within(scope))
    if typed is not None and form.is_valid():
        words = {key: form.cleaned_data[key] for key in _KEYS}
        try:
            made = operations.make_poster(
                actor=request.user, scope=scope, now=timezone.now(), **words, **form.place_cleaned()
            )
        except operations.CannotPost as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            say_done(request, "L’affiche est prête à imprimer.")
            return redirect("workspace:poster", made.pk)
    trail = [("Affiches", reverse("workspace:posters"))]
    context = {"form": form, "texts": texts, "trail": trail}
    return render(request, "workspace/poster_new.html", context, status=INVALID if form.errors else 200)


@require_safe
@role_required(*NOTICERS)
def poster(request: Request, poster_id: UUID) -> HttpResponse:
    """A poster: how many to print for each residence, in which halls it hangs, who put it up."""
    shown, halls = get_poster_for(request.user, poster_id)
    places: dict[UUID, list[object]] = {}
    for one in halls:
        places.setdefault(one.residence_id, []).append(one)
    rows = [{"residence": found[0].residence, "halls": found} for found in places.values()]  # type: ignore[attr-defined]
    context = {
        "poster": shown,
        "rows": rows,
        "halls": len(halls),
        "posted": sum(one.posted_at is not None for one in halls),
        "whole": len(halls) <= operations.MOST_PAGES,
        "trail": [("Affiches", reverse("workspace:posters"))],
    }
    return render(request, "workspace/poster.html", context)


@require_safe
@role_required(*NOTICERS)
def poster_file(request: Request, poster_id: UUID) -> HttpResponse:
    """The pages to print: of one residence, or of all when they are few enough to be set at once."""
    shown, halls = get_poster_for(request.user, poster_id)
    wanted = request.GET.get("residence", "")
    kept = [one for one in halls if not wanted or str(one.residence_id) == wanted]
    if not kept or len(kept) > operations.MOST_PAGES:
        raise Http404
    root = (settings.PUBLIC_URL or request.build_absolute_uri("/")).rstrip("/")
    response = HttpResponse(operations.poster_pdf(shown, kept, root=root), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="affiche-{slugify(shown.title)[:60]}.pdf"'
    return response


@require_safe
@role_required(Role.BUILDING_MANAGER)
def to_post(request: Request) -> HttpResponse:
    """What one has to put up in the residences that one looks after."""
    found = to_put_up(request.user.pk, timezone.localdate())
    context = {
        "waiting": [one for one in found if one.posted_at is None],
        "done": [one for one in found if one.posted_at is not None],
    }
    return render(request, "workspace/to_post.html", context)


@require_http_methods(METHODS)
@role_required(*NOTICERS, Role.BUILDING_MANAGER)
def posting(request: Request, posting_id: UUID) -> HttpResponse:
    """Say that a poster hangs in a hall, with a photograph."""
    shown = get_posting_for(request.user, posting_id)
    form = PostedForm(request.POST, request.FILES) if request.method == "POST" else PostedForm()
    back = _back(request, shown.poster_id)
    if request.method == "POST" and form.is_valid():
        try:
            operations.confirm_posting(
                actor=request.user, posting=shown, photo=form.cleaned_data["photo"], now=timezone.now()
            )
        except operations.CannotPost as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            undo = Undo(url=reverse("workspace:take_down", args=[shown.pk]))
            say_done(request, f"C’est noté\u00a0: {shown.residence.name}, hall {shown.hall}.", undo=undo)
            return redirect(back)
    context = {"posting": shown, "form": form, "back": back}
    return render(request, "workspace/posting.html", context, status=INVALID if form.errors else 200)


@require_POST
@role_required(*NOTICERS, Role.BUILDING_MANAGER)
def take_down(request: Request, posting_id: UUID) -> HttpResponse:
    """Say that a poster does not hang after all."""
    shown = get_posting_for(request.user, posting_id)
    operations.take_down(actor=request.user, posting=shown)
    messages.info(request, "L’affiche est de nouveau à poser.")
    return redirect(_back(request, shown.poster_id))


@require_safe
@role_required(*NOTICERS, Role.BUILDING_MANAGER)
def posting_photo(request: Request, posting_id: UUID) -> FileResponse:
    """The photograph of a poster where it hangs: shown inside a page, never run."""
    shown = get_posting_for(request.user, posting_id)
    if not shown.photo:
        raise Http404
    response = FileResponse(operations.read_photo(shown), as_attachment=True, filename="affiche.jpg")
    response["Content-Type"] = "image/jpeg"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _back(request: Request, poster_id: UUID) -> str:
    if has_role(request.user, *NOTICERS):
        return reverse("workspace:poster", args=[poster_id])
    return reverse("workspace:to_post")
