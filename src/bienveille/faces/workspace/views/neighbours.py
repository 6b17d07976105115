"""What is changed of a residence: its watch, who looks after it on site, its relay tenants; each with a way back."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing import operations as housing
from bienveille.register.housing.access import get_building_manager_for, get_residence_for, get_watch_for
from bienveille.register.housing.forms import EndWatchForm, WatchForm
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.access import KEEPERS, get_person_for
from bienveille.register.tenants.rules import age_on
from bienveille.services.neighbourhood import operations
from bienveille.services.neighbourhood.access import get_relay_for, names_relays
from bienveille.services.neighbourhood.forms import RelayForm
from bienveille.services.neighbourhood.queries import MOST_PEOPLE, may_be_named, possible_relays
from bienveille.services.neighbourhood.rules import last_day

METHODS = ["GET", "HEAD", "POST"]
INVALID = 422


def _page(residence: Residence) -> str:
    return reverse("workspace:residence", args=[residence.pk])


def _trail(residence: Residence) -> list[tuple[str, str]]:
    return [("Résidences", reverse("workspace:residences")), (residence.name, _page(residence))]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


# ---- Watch -------------------------------------------------------------------------------------------------------


@require_http_methods(METHODS)
@role_required(*MANAGERS)
def watch(request: Request, residence_id: UUID) -> HttpResponse:
    """Puts a residence under active watch, or ends it: one page, whichever comes next."""
    shown = get_residence_for(request.user, residence_id, write=True)
    today = timezone.localdate()
    ending = request.POST.get("do", "end" if shown.watched else "start") == "end"
    typed = request.POST if request.method == "POST" else None
    form: forms.Form = EndWatchForm(typed) if ending else WatchForm(typed, initial={"started_on": today})
    if typed is not None and form.is_valid():
        try:
            if ending:
                done = housing.end_watch(actor=request.user, residence=shown, today=today, **form.cleaned_data)
                words = f"La veille de {shown.name} est terminée."
            else:
                done = housing.start_watch(actor=request.user, residence=shown, today=today, **form.cleaned_data)
                words = f"{shown.name} est sous veille."
        except housing.CannotWatch as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            say_done(request, words, undo=Undo(url=reverse("workspace:take_back_watch", args=[done.pk])))
            return redirect(_page(shown))
    context = {"residence": shown, "form": form, "ending": ending, "trail": _trail(shown), "back": _page(shown)}
    return render(request, "workspace/residence_watch.html", context, status=INVALID if typed is not None else 200)


@require_POST
@role_required(*MANAGERS)
def take_back_watch(request: Request, watch_id: UUID) -> HttpResponse:
    """Undoes what was just done to a watch."""
    kept = get_watch_for(request.user, watch_id)
    try:
        housing.take_back_watch(actor=request.user, watch=kept)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "C’est annulé.")
    return redirect(_page(kept.residence))


# ---- Building managers -------------------------------------------------------------------------------------------


@require_POST
@role_required(*MANAGERS)
def change_managers(request: Request, residence_id: UUID) -> HttpResponse:
    """Says that somebody looks after this residence (`do=add`), or no longer does (`do=remove`)."""
    shown = get_residence_for(request.user, residence_id, write=True)
    did, _, key = request.POST.get("do", "").partition(":")
    key = key or request.POST.get("user", "")
    if did not in ("add", "remove"):
        raise Http404
    if not key:
        messages.error(request, "Choisissez un gardien dans la liste.")
        return redirect(f"{_page(shown)}#gardiens")
    user = get_building_manager_for(request.user, shown, _uuid(key))
    back = Undo(url=request.path, name="do", value=f"{'remove' if did == 'add' else 'add'}:{user.pk}")
    try:
        if did == "add":
            housing.add_manager(actor=request.user, residence=shown, user=user)
            words = f"{user.display_name} s’occupe de {shown.name}."
        else:
            housing.remove_manager(actor=request.user, residence=shown, user=user)
            words = f"{user.display_name} ne s’occupe plus de {shown.name}."
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        say_done(request, words, undo=back)
    return redirect(f"{_page(shown)}#gardiens")


# ---- Relay tenants -----------------------------------------------------------------------------------------------


@require_safe
@role_required(*KEEPERS)
def choose_relay(request: Request, residence_id: UUID) -> HttpResponse:
    """The adults of a residence, by name, to say which one agreed to be a relay; the names are audited."""
    shown = _kept(request, residence_id)
    today = timezone.localdate()
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = possible_relays(shown, today, text)
    if found:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            subject=shown,
            reason="Choix d’un locataire relais",
            detail={"found": min(len(found), MOST_PEOPLE)},
        )
    context = {
        "residence": shown,
        "trail": _trail(shown),
        "q": text,
        "found": [{"person": one, "age": age_on(one.birth_date, today)} for one in found[:MOST_PEOPLE]],
        "more": len(found) > MOST_PEOPLE,
    }
    return render(request, "workspace/residence_relays.html", context)


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def name_relay(request: Request, residence_id: UUID, person_id: UUID) -> HttpResponse:
    """What somebody agreed to do for their residence, within which limits, until when."""
    shown = _kept(request, residence_id)
    person = get_person_for(request.user, person_id, reason="Locataire relais", write=True)
    today = timezone.localdate()
    if not may_be_named(shown, person, today):
        raise Http404  # the page would say where a protected person lives
    typed = request.POST if request.method == "POST" else None
    form = RelayForm(typed, initial={"agreed_on": today, "until": last_day(today)})
    if typed is not None and form.is_valid():
        try:
            relay = operations.name_relay(
                actor=request.user, person=person, residence=shown, today=today, **form.cleaned_data
            )
        except operations.CannotBeRelay as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            undo = Undo(url=reverse("workspace:take_back_relay", args=[relay.pk]))
            say_done(request, f"{person.display_name} est relais de {shown.name}.", undo=undo)
            return redirect(f"{_page(shown)}#relais")
    context: dict[str, Any] = {
        "residence": shown,
        "person": person,
        "form": form,
        "trail": [*_trail(shown), ("Choisir un relais", reverse("workspace:choose_relay", args=[shown.pk]))],
        "back": f"{_page(shown)}#relais",
    }
    return render(request, "workspace/residence_relay.html", context, status=INVALID if typed is not None else 200)


@require_POST
@role_required(*KEEPERS)
def end_relay(request: Request, relay_id: UUID) -> HttpResponse:
    """Somebody is no longer a relay; can be taken back at once."""
    relay = get_relay_for(request.user, relay_id)
    operations.end_relay(actor=request.user, relay=relay, today=timezone.localdate())
    undo = Undo(url=reverse("workspace:take_back_relay", args=[relay.pk]))
    say_done(request, f"{relay.person.display_name} n’est plus relais.", undo=undo)
    return redirect(f"{_page(relay.residence)}#relais")


@require_POST
@role_required(*KEEPERS)
def take_back_relay(request: Request, relay_id: UUID) -> HttpResponse:
    """Undoes what was just done to a relay."""
    relay = get_relay_for(request.user, relay_id)
    try:
        operations.take_back_relay(actor=request.user, relay=relay, today=timezone.localdate())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "C’est annulé.")
    return redirect(f"{_page(relay.residence)}#relais")


def _kept(request: Request, residence_id: UUID) -> Residence:
    """A residence whose people this user keeps; others do not learn that it exists."""
    shown = get_residence_for(request.user, residence_id)
    if not names_relays(request.user, shown):
        raise Http404
    return shown
