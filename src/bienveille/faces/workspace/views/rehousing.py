"""A home found within hours, for the two readers of a confidential case: what is needed, what is vacant, the entry."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bienveille.engines.cases.access import get_confidential_for
from bienveille.engines.cases.models import Case
from bienveille.faces.workspace.forms.rehousing import MoveForm, WantedForm
from bienveille.faces.workspace.rules import floor_words
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.confidential import TRAIL, helplines
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import say_done
from bienveille.register.accounts.access import role_required
from bienveille.register.housing.models import Dwelling
from bienveille.register.tenants.access import KEEPERS
from bienveille.register.tenants.queries import household_record
from bienveille.services.letting import operations
from bienveille.services.letting.choices import RehousingState
from bienveille.services.letting.models import Rehousing
from bienveille.services.letting.queries.rehousing import (
    MOST_HOMES,
    hold_of,
    homes_for,
    rehousing_of,
    steps_done,
)
from bienveille.services.letting.rules.rehousing import ENTRY_STEPS, HOLDS, smallest_for

INVALID, CONFLICT = 422, 409


@sensitive_post_parameters("avoided")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def rehousing(request: Request, case_id: UUID) -> HttpResponse:
    """What home is needed, which are vacant, the one that is kept, each step of the entry."""
    shown = get_confidential_for(request.user, case_id, reason="Relogement à l’abri")
    found = rehousing_of(shown)
    did = request.POST.get("do", "") if request.method == "POST" else ""
    wanted = WantedForm(request.POST if did == "want" else None, initial=_initial(shown, found))
    move = MoveForm(request.POST if did == "move" else None, initial={"on": timezone.localdate()})
    if did:
        form: forms.Form | None = {"want": wanted, "move": move}.get(did)
        if form is None or form.is_valid():
            try:
                words = _done(request, shown, did, wanted, move)
            except Refusal as refusal:
                field = getattr(refusal, "field", "")
                if form is None:
                    return render(
                        request,
                        "workspace/rehousing.html",
                        _context(shown, found, wanted, move) | {"refusal": refusal},
                        status=CONFLICT,
                    )
                form.add_error(field if field in form.fields else None, str(refusal))
            else:
                say_done(request, words)
                return redirect("workspace:rehousing", shown.pk)
        return render(request, "workspace/rehousing.html", _context(shown, found, wanted, move), status=INVALID)
    return render(request, "workspace/rehousing.html", _context(shown, found, wanted, move))


def _done(request: Request, shown: Case, did: str, wanted: WantedForm, move: MoveForm) -> str:
    """Does what was asked; gives what is said then."""
    actor, now = request.user, timezone.now()
    did, _, what = did.partition(":")
    if did == "want":
        operations.start_rehousing(actor=actor, case_id=shown.pk, wanted=wanted.wanted(), now=now)
        return "C’est noté. Voici les logements qui conviennent."
    if did == "hold":
        hours = request.POST.get("hours", "")
        operations.hold_home(
            actor=actor,
            case_id=shown.pk,
            dwelling_id=_uuid(what),
            hours=int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else 0,
            now=now,
        )
        return "Le logement est réservé."
    if did == "release":
        operations.release_home(actor=actor, case_id=shown.pk, now=now)
        return "La réservation est rendue."
    if did in ("step", "unstep"):
        operations.tick_entry_step(actor=actor, case_id=shown.pk, key=what, done=did == "step", now=now)
        return "C’est noté." if did == "step" else "C’est de nouveau à faire."
    if did == "move":
        operations.move_in(actor=actor, case_id=shown.pk, on=move.cleaned_data["on"], now=now)
        return "L’entrée est notée. L’adresse de tout le foyer est protégée."
    if did == "drop":
        operations.drop_rehousing(actor=actor, case_id=shown.pk, now=now)
        return "La recherche est arrêtée. Elle peut reprendre."
    raise Http404


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _initial(shown: Case, found: Rehousing | None) -> dict[str, Any]:
    if found is not None:
        return {
            "people": found.people,
            "smallest": found.smallest,
            "step_free": found.step_free,
            "other_commune": found.other_commune,
            "avoided": " ".join(found.avoided),
        }
    people = 1
    if shown.household is not None:
        people = len(household_record(shown.household, timezone.localdate(), kinds=frozenset()).residents) or 1
    return {"people": people, "smallest": smallest_for(people), "other_commune": True}


def _context(shown: Case, found: Rehousing | None, wanted: WantedForm, move: MoveForm) -> dict[str, Any]:
    now, today = timezone.now(), timezone.localdate()
    home = shown.household.dwelling if shown.household else None
    searching = found is not None and found.state in (RehousingState.SEARCHING, RehousingState.HELD)
    homes = list(homes_for(found, home, now, today)[: MOST_HOMES + 1]) if found is not None and searching else []
    hold = hold_of(found) if found is not None else None
    done = steps_done(found) if found is not None else {}
    return {
        "case": shown,
        "who": shown.household.display_name if shown.household else "",
        "rehousing": found,
        "wanted": wanted,
        "move": move,
        "forms": [wanted, move],
        "searching": searching,
        "dropped": found is not None and found.state == RehousingState.DROPPED,
        "moved": found is not None and found.state == RehousingState.MOVED,
        "hold": hold,
        "held_home": _home(hold.dwelling) if hold else None,
        "homes": [_home(one) for one in homes[:MOST_HOMES] if hold is None or one.pk != hold.dwelling_id],
        "more": len(homes) > MOST_HOMES,
        "hours": list(HOLDS.items()),
        "steps": [
            {
                "step": step,
                "done": done.get(step.key),
                "value": f"{'unstep' if step.key in done else 'step'}:{step.key}",
            }
            for step in ENTRY_STEPS
        ],
        "left": sum(step.key not in done for step in ENTRY_STEPS),
        "numbers": helplines(today),
        "trail": [
            ("Situations", reverse("workspace:cases")),
            (TRAIL, reverse("workspace:case", args=[shown.pk])),
        ],
    }


def _home(one: Dwelling) -> dict[str, Any]:
    """A vacant home in words: size, surface, floor, lift, where."""
    residence = one.building.residence
    facts = [
        one.get_type_display(),
        f"{one.surface:.0f}\u00a0m²" if one.surface else "",
        floor_words(one.floor) if one.floor is not None else "",
        {True: "ascenseur", False: "sans ascenseur", None: ""}[one.lift],
        f"étiquette énergie {one.dpe.upper()}" if one.dpe else "",
    ]
    return {
        "home": one,
        "value": f"hold:{one.pk}",
        "facts": ", ".join(fact for fact in facts if fact),
        "place": f"{residence.name}, {residence.commune.name}" if residence.commune else residence.name,
        "agency": residence.agency.name,
        "to_check": bool(getattr(one, "declared_let", 0)),
    }
