"""Notes kept despite a warning, in every campaign: those of one's agencies, read again one by one or together."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import keys_in
from bienveille.ground.lib.note_guard import NoteGuard
from bienveille.ground.lib.typography import counted
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.wording.queries import note_guard
from bienveille.services.outreach.operations.notes import read_notes_again
from bienveille.services.outreach.queries import all_campaigns
from bienveille.services.outreach.queries.notes import count_notes_to_read, notes_kept

STATES = [("waiting", "À relire"), ("read", "Relues et gardées")]
NOTES = Table(
    columns=[
        Column("choice", "Choisir", hidden_title=True, file=False),
        Column("note", "Note"),
        Column("campaign", "Campagne", sort="attempt__contact__queue__campaign__name", filled=True),
        Column("at", "Appel", sort="attempt__at", kind="moment", filled=True),
        Column("caller", "Appelant", sort=("attempt__caller__last_name", "attempt__caller__first_name")),
        Column("expires", "S’efface après le", sort="expires_on", kind="date"),
    ],
    filters=[
        Filter("etat", "État", STATES, every="À relire"),
        Filter("campagne", "Campagne", every="Toutes"),
        Filter("agence", "Agence", every="Toutes"),
    ],
    sort="at",
    name="notes",
    one="note",
    many="notes",
)


@require_safe
@role_required(*MANAGERS)
def notes(request: Request) -> HttpResponse:
    """The notes of one's agencies, those to read again first; being shown them is audited."""
    scope, today = targeting_scope(request.user), timezone.localdate()
    choices = {
        "campagne": [(str(one.pk), one.name) for one in all_campaigns()],
        "agence": [(str(one.pk), one.name) for one in agencies_within(scope)],
    }
    asked = NOTES.read(request.GET, choices=choices)
    reading = asked["etat"] != "read"
    found = notes_kept(scope, on=today, read=not reading, campaign=asked.uuid("campagne"), agency=asked.uuid("agence"))
    listing = asked.listing(found)
    if len(listing):
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Notes gardées malgré l’avertissement",
            detail={"found": len(listing)},
        )
    guard = note_guard()
    waiting = count_notes_to_read(scope, today)
    context = {
        "listing": listing,
        "rows": [{"report": one, "families": _families(guard, one.note)} for one in listing],
        "reading": reading,
        "title": f"{counted(waiting, 'note')} à relire" if waiting else "Toutes les notes sont relues",
        "trail": [("Campagnes", reverse("workspace:campaigns"))],
    }
    return render(request, "workspace/notes.html", context)


def _families(guard: NoteGuard, note: str) -> str:
    """What a note was warned about, in the order of its words."""
    return ", ".join(dict.fromkeys(one.family.label for one in guard.check(note)))


@require_POST
@role_required(*MANAGERS)
def read_notes(request: Request) -> HttpResponse:
    """The notes ticked were read again: they stay, or their words are erased for good once it was confirmed."""
    chosen = keys_in(request.POST.getlist("note"))
    act = request.POST.get("do", "")
    here = reverse("workspace:notes")
    if not chosen or act not in ("keep", "erase"):
        messages.error(request, "Cochez au moins une note, puis choisissez de la garder ou de l’effacer.")
        return redirect(here)
    if act == "erase" and request.POST.get("sure") != "yes":
        words = counted(len(chosen), "note")
        context = {"chosen": chosen, "title": f"Effacer {words} pour toujours\u00a0?", "back": here}
        return render(request, "workspace/notes_erase.html", context)
    done = read_notes_again(
        actor=request.user,
        scope=targeting_scope(request.user),
        report_ids=chosen,
        erase=act == "erase",
        now=timezone.now(),
    )
    if act == "erase":
        messages.success(request, f"{counted(done, 'note effacée', 'notes effacées')}.")
    else:
        messages.success(request, f"{counted(done, 'note relue et gardée', 'notes relues et gardées')}.")
    return redirect(here)
