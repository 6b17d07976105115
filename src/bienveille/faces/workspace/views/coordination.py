"""A campaign led day by day: its contacts one by one and several at once, its callers, situations and notes to see."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.choices import ContactState, Outcome
from bienveille.engines.dispatch.models import Contact
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import (
    get_caller_for,
    get_campaign_for,
    get_contacts_for,
)
from bienveille.services.outreach.choices import CampaignState, Grade
from bienveille.services.outreach.forms import MotiveForm
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import (
    ContactFilters,
    agencies_of,
    callers_for,
    contacts_of,
    people_of,
    wave_names,
)

INVALID, CONFLICT = 422, 409
UNDO_KEY = "contacts_undo"
#: Rows that may be chosen at once: more than a page never holds.
MOST_CHOSEN = 200


def _who(row: Contact) -> str:
    """Who has it, or will call, or called last."""
    if row.reserved_by:
        return f"{row.reserved_by.initials}, en ce moment"
    promised: str = getattr(row, "promised_by", "") or ""
    return promised or getattr(row, "last_by", "") or ""


def _state(row: Contact) -> str:
    reason = row.get_reason_display()
    return f"{row.get_state_display()}, {reason[:1].lower()}{reason[1:]}" if reason else row.get_state_display()


def _agency(row: Contact) -> str:
    return row.lane.agency.name if row.lane.agency else ""


def _outcome(row: Any) -> str:
    return str(Outcome(row.last_outcome).label) if row.last_outcome else ""


CONTACTS = Table(
    columns=[
        Column("pick", "Choisir", hidden_title=True, file=False),
        Column("name", "Ménage", sort="sort_name", value=lambda row: row.household.display_name),
        Column("state", "État", sort="state", filled=True, value=_state),
        Column(
            "agency",
            "Agence",
            sort="lane__agency__name",
            value=lambda row: row.lane.agency.name if row.lane.agency else "",
        ),
        Column("wave", "Vague", sort="lane__wave", filled=True, value=lambda row: row.wave_name),
        Column("attempts_made", "Essais", sort="attempts_made", kind="number", down=True, filled=True),
        Column("last", "Dernier appel", sort="last_at", kind="moment", down=True, value=lambda row: row.last_at),
        Column("outcome", "Issue", screen=False, value=_outcome),
        Column("who", "Appelant", value=_who),
        Column("grade", "Niveau", value=lambda row: Grade(row.grade).label if row.grade else ""),
        Column("due", "Rappel", sort="due_on", kind="date", value=lambda row: row.due_on),
    ],
    filters=[
        Filter("state", "État", ContactState.choices),
        Filter("agency", "Agence", every="Toutes"),
        Filter("wave", "Vague", every="Toutes"),
        Filter("caller", "Appelant"),
        Filter("grade", "Niveau", Grade.choices),
        Filter("q", "Nom", kind="text"),
    ],
    sort="name",
    name="contacts",
    one="ménage",
    many="ménages",
)


@require_safe
@role_required(*MANAGERS)
def contacts(request: Request, campaign_id: UUID) -> HttpResponseBase:
    """The households of a campaign within one's agencies; the list and its files are audited."""
    shown = opened_campaign(request, campaign_id)
    scope = targeting_scope(request.user)
    choices = {
        "agency": [(str(key), name) for key, name in agencies_of(shown, scope)],
        "wave": [(str(rank), name) for rank, name in wave_names(shown).items()],
        "caller": [(str(key), user.display_name) for key, user in people_of(shown).items()],
    }
    asked = CONTACTS.read(request.GET, choices=choices)
    filters = ContactFilters(
        state=asked["state"],
        agency=asked.uuid("agency"),
        wave=int(asked["wave"]) if asked["wave"] else None,
        caller=asked.uuid("caller"),
        grade=asked["grade"],
        text=asked["q"],
    )
    found = contacts_of(shown, scope, filters)
    if asked.export:
        now = timezone.now()
        title = heading(f"Ménages de {shown.name}", now=now, by=request.user.display_name)
        sheet = asked.sheet(found, name="Ménages", heading=title)
        audit(request, shown, AuditAction.EXPORTED, "Liste des ménages", format=asked.export, filters=asked.words)
        return file_response(kind=asked.export, sheets=[sheet], name="menages campagne", now=now)
    listing = asked.listing(found)
    now = timezone.now()
    rows = [_row(row, now) for row in listing]
    audit(request, shown, AuditAction.HOUSEHOLD_LISTED, "Liste des ménages", found=len(rows))
    context = {
        "campaign": shown,
        "listing": listing,
        "rows": rows,
        "partly": not scope.everything,
        "open": shown.state != CampaignState.CLOSED,
        "back": request.GET.urlencode(),
        "trail": trail_of(shown),
    }
    return render(request, "workspace/campaign_contacts.html", context)


def _row(row: Any, now: datetime) -> dict[str, Any]:
    held = row.reserved_by is not None
    return {
        "contact": row,
        "state": _state(row),
        "who": _who(row),
        "outcome": _outcome(row),
        "late": held and row.lease_until < now,
        "held": f"{row.pk} {row.reserved_by_id} {row.reserved_at.isoformat()}" if held else "",
    }


def opened_campaign(request: Request, campaign_id: UUID) -> Campaign:
    """A campaign that was opened, for a manager; a draft has no contact yet."""
    shown = get_campaign_for(request.user, campaign_id)
    if shown.state == CampaignState.DRAFT:
        raise Http404
    return shown


def audit(request: Request, shown: Campaign, action: AuditAction, what: str, **detail: Any) -> None:
    record_audit(actor=request.user, action=action, reason=f"{what}, {shown.name}"[:300], detail=detail)


def trail_of(shown: Campaign, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        ("Campagnes", reverse("workspace:campaigns")),
        (shown.name, reverse("workspace:campaign", args=[shown.pk])),
        *more,
    ]


def contacts_url(shown: Campaign, query: str = "") -> str:
    url = reverse("workspace:contacts", args=[shown.pk])
    return f"{url}?{query}" if query else url


@require_POST
@role_required(*MANAGERS)
def act(request: Request, campaign_id: UUID) -> HttpResponse:
    """What is done to the households chosen: says what will happen, then does it; one undo for all."""
    shown = opened_campaign(request, campaign_id)
    chosen = get_contacts_for(request.user, shown, keys_in(request.POST.getlist("contact")[:MOST_CHOSEN]))
    back = contacts_url(shown, request.POST.get("back", "")[:500])
    what, confirmed = request.POST.get("do", ""), "confirm" in request.POST
    if not chosen or what not in ("withdraw", "reassign"):
        messages.error(request, "Aucun ménage n’est choisi : cochez ceux que vous voulez, puis recommencez.")
        return redirect(back)
    waiting = [row for row in chosen if row.state == ContactState.WAITING]
    promised = [row for row in chosen if getattr(row, "promised_to", None)]
    form = MotiveForm(request.POST if confirmed and what == "withdraw" else None)
    caller_id = keys_in([request.POST.get("caller", "")])
    refusal: Refusal | None = None
    error = ""
    if confirmed and what == "withdraw" and form.is_valid():
        refusal = tried(lambda: _withdraw(request, shown, chosen, form.cleaned_data["motive"]))
        if refusal is None:
            return redirect(back)
    elif confirmed and what == "reassign":
        if not caller_id:
            error = "Choisissez à qui confier ces appels."
        else:
            refusal = tried(lambda: _reassign(request, shown, promised, caller_id[0]))
            if refusal is None:
                return redirect(back)
    concerned = waiting if what == "withdraw" else promised
    context = {
        "campaign": shown,
        "what": what,
        "action": "Retirer de la campagne" if what == "withdraw" else "Confier ces appels",
        "count": counted(len(concerned), "ménage"),
        "chosen": concerned,
        "left": len(chosen) - len(concerned),
        "all": chosen,
        "form": form,
        "callers": [
            (str(user.pk), user.display_name) for user in callers_for(shown).order_by("last_name", "first_name")
        ],
        "caller": str(caller_id[0]) if caller_id else "",
        "error": error,
        "errors": [{"label": "", "text": error, "target": "id_caller"}] if error else [],
        "refusal": refusal,
        "back": back,
        "back_query": request.POST.get("back", ""),
        "trail": trail_of(shown, ("Ménages", contacts_url(shown))),
    }
    wrong = bool(error or refusal or (confirmed and form.errors))
    return render(request, "workspace/campaign_contacts_act.html", context, status=INVALID if wrong else 200)


def keys_in(texts: list[str]) -> list[UUID]:
    """The keys among these texts; what is not one is ignored."""
    keys = []
    for text in texts:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys


def tried(work: Callable[[], None]) -> Refusal | None:
    try:
        work()
    except Refusal as refusal:
        return refusal
    return None


def _withdraw(request: Request, shown: Campaign, chosen: list[Contact], motive: str) -> None:
    done = operations.withdraw_contacts(
        campaign=shown, actor=request.user, contact_ids=[row.pk for row in chosen], motive=motive
    )
    text = f"{counted(len(done), 'ménage')} {plural(len(done), 'retiré')} de la campagne."
    _say(request, shown, text, len(chosen) - len(done), {"withdrawn": [str(key) for key in done]} if done else None)


def _reassign(request: Request, shown: Campaign, chosen: list[Contact], caller_id: UUID) -> None:
    caller = get_caller_for(request.user, shown, caller_id)
    former = operations.hand_promises(
        campaign=shown, actor=request.user, contact_ids=[row.pk for row in chosen], caller=caller
    )
    done = len(former)
    text = f"{counted(done, 'appel promis', 'appels promis')} {plural(done, 'confié')} à {caller.initials}"
    kept = {"former": {str(key): str(user) for key, user in former.items()}} if former else None
    _say(request, shown, text if text.endswith(".") else f"{text}.", len(chosen) - done, kept)


def _say(request: Request, shown: Campaign, text: str, left: int, kept: dict[str, Any] | None) -> None:
    if left:
        words = plural(left, "est resté comme il était", "sont restés comme ils étaient")
        text = f"{text} {counted(left, 'autre')} {words}."
    if kept is None:
        messages.warning(request, text)
        return
    request.session[UNDO_KEY] = {"campaign": str(shown.pk), **kept}
    say_done(request, text, undo=Undo(url=reverse("workspace:contacts_undo", args=[shown.pk])))


@require_POST
@role_required(*MANAGERS)
def undo(request: Request, campaign_id: UUID) -> HttpResponse:
    """Takes back the last thing done to several households of this campaign, as far as calls made since allow."""
    shown = opened_campaign(request, campaign_id)
    kept = request.session.get(UNDO_KEY, {})
    if kept.get("campaign") != str(shown.pk):
        messages.warning(request, "Il n’y a plus rien à annuler ici.")
        return redirect(contacts_url(shown))
    del request.session[UNDO_KEY]
    if "withdrawn" in kept:
        keys = [row.pk for row in get_contacts_for(request.user, shown, keys_in(kept["withdrawn"]))]
        done = len(operations.put_contacts_back(campaign=shown, actor=request.user, contact_ids=keys))
        asked, word = len(kept["withdrawn"]), "remis dans la campagne"
    else:
        former = {UUID(key): UUID(user) for key, user in kept["former"].items()}
        done = len(operations.hand_promises_back(campaign=shown, actor=request.user, former=former))
        asked, word = len(former), plural(done, "rendu à son appelant", "rendus à leurs appelants")
    text = f"{counted(done, 'ménage')} {word}."
    if done < asked:
        messages.warning(request, f"{text} {counted(asked - done, 'autre')} ne pouvait plus l’être.")
    else:
        messages.success(request, text)
    return redirect(contacts_url(shown))


@require_POST
@role_required(*MANAGERS)
def put_back(request: Request, campaign_id: UUID, contact_id: UUID) -> HttpResponse:
    """Puts back one household taken out by hand, whenever that was."""
    shown = opened_campaign(request, campaign_id)
    keys = [row.pk for row in get_contacts_for(request.user, shown, [contact_id])]
    if not keys:
        raise Http404
    if operations.put_contacts_back(campaign=shown, actor=request.user, contact_ids=keys):
        messages.success(request, "Le ménage est remis dans la campagne, à la place qu’il avait.")
    else:
        messages.error(request, "Ce ménage ne peut pas être remis : il n’a pas été retiré à la main.")
    return redirect(contacts_url(shown, request.POST.get("back", "")[:500]))


@require_POST
@role_required(*MANAGERS)
def free(request: Request, campaign_id: UUID) -> HttpResponse:
    """Takes a household out of the hands of a caller who keeps it too long; their report is still heard."""
    shown = opened_campaign(request, campaign_id)
    contact, _, rest = request.POST.get("held", "").partition(" ")
    holder, _, since = rest.partition(" ")
    keys = keys_in([contact, holder])
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise Http404 from None
    if len(keys) != 2 or not get_contacts_for(request.user, shown, keys[:1]):
        raise Http404
    refusal = tried(
        lambda: operations.free_contact(
            campaign=shown, actor=request.user, contact_id=keys[0], holder_id=keys[1], since=moment
        )
    )
    if refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "La réservation est libérée : le ménage est proposé au prochain appelant.")
    return redirect(contacts_url(shown, request.POST.get("back", "")[:500]))
