"""« Listes de la semaine »: prepared, looked at, confirmed; who has how much, whom nobody has, what changes hands."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.choices import ContactState, NotListed
from bienveille.engines.dispatch.models import WeekPlan
from bienveille.engines.dispatch.queries import (
    BatchLoad,
    batch_loads,
    confirmed_plan,
    left_out,
    lines_of_plan,
    proposed_plan,
)
from bienveille.engines.dispatch.rules import advice
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import audit, keys_in, opened_campaign, trail_of
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import calendar_day, counted, number, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_caller_for, get_campaign_for, get_plan_for, may_change
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.forms import GiveToForm, ListsForm
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import callers_at_work, lines_within, skills_of
from bienveille.services.outreach.queries.coordination import within
from bienveille.services.outreach.rules.lists import usual_week, what_would_change

INVALID, CONFLICT = 422, 409
UNDO_KEY = "lists_undo"
MOST_CHOSEN = 500
CHARTED = 30  # callers of the chart; the table has them all


def lists_url(shown: Campaign) -> str:
    return reverse("workspace:campaign_lists", args=[shown.pk])


def week_words(plan: WeekPlan) -> str:
    """« Du lundi 23 au dimanche 29 novembre »."""
    first = calendar_day(plan.starts_on, year=False)
    return f"Du {first} au {calendar_day(plan.ends_on, year=False)}"


@require_safe
@role_required(*MANAGERS)
def campaign_lists(request: Request, campaign_id: UUID) -> HttpResponse:
    """The lists in force, the proposal to look at, and the form that prepares others."""
    shown = opened_campaign(request, campaign_id)
    return _page(request, shown)


def _page(
    request: Request, shown: Campaign, *, form: ListsForm | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    today = timezone.localdate()
    draft, current = proposed_plan(shown.queue), confirmed_plan(shown.queue, today)
    context: dict[str, Any] = {
        "campaign": shown,
        "may_change": may_change(request.user, shown) and shown.state in (CampaignState.OPEN, CampaignState.PAUSED),
        "draft": _shown(draft) if draft else None,
        "current": _shown(current) if current else None,
        "form": form or _form(shown, today, draft or current),
        "refusal": refusal,
        "trail": trail_of(shown),
    }
    status = CONFLICT if refusal else INVALID if form is not None and form.errors else 200
    return render(request, "workspace/campaign_lists.html", context, status=status)


def _form(shown: Campaign, today: date, like: WeekPlan | None) -> ListsForm:
    initial: dict[str, Any] = {"week": usual_week(today), "minutes_each": 20, "hard_most": 3}
    if like is not None:
        initial |= {"minutes_each": like.minutes_each, "hard_most": like.hard_most, "hard_skill": like.hard_skill}
    return ListsForm(skills=skills_of(shown), initial=initial)


def _shown(plan: WeekPlan) -> dict[str, Any]:
    """A plan as its page shows it (2 queries): loads, chart, whom nobody has and what would change it."""
    loads = batch_loads(plan)
    left = left_out(plan)
    placed, alone = sum(one.lines for one in loads), sum(one.households for one in left)
    charted = [one for one in loads if one.lines or one.capacity][:CHARTED]
    return {
        "plan": plan,
        "week": week_words(plan),
        "loads": loads,
        "placed": placed,
        "alone": alone,
        "same_voice": sum(one.same_voice for one in loads),
        "hard": sum(one.hard for one in loads),
        "offered": sum(one.offered for one in loads),
        "callers": sum(1 for one in loads if one.lines),
        "title": _title(placed, alone),
        "names": [one.name for one in charted],
        "series": _series(charted),
        "reasons": _reasons(plan, left),
    }


def _title(placed: int, alone: int) -> str:
    if not alone:
        return f"{counted(placed, 'ménage a un appelant', 'ménages ont un appelant')}, personne ne reste de côté"
    return (
        f"{counted(placed, 'ménage a un appelant', 'ménages ont un appelant')}, "
        f"{counted(alone, 'reste', 'restent')} sans personne cette semaine"
    )


def _series(loads: list[BatchLoad]) -> list[dict[str, Any]]:
    return [
        {"label": "Déjà appelés", "state": "reached", "values": [one.called for one in loads]},
        {"label": "À appeler", "state": "waiting", "values": [one.left for one in loads]},
        {
            "label": "Temps encore libre, en appels",
            "state": "withdrawn",
            "values": [max(0, one.capacity - one.lines) for one in loads],
        },
    ]


def _reasons(plan: WeekPlan, left: list[Any]) -> list[dict[str, Any]]:
    """Whom nobody has, by reason: how many, where, and the sentence that says what would change it."""
    names = {one.agency_id: one.agency for one in left}
    spread = [(one.reason, one.agency_id, one.language) for one in left for _ in range(one.households)]
    return [
        {
            "reason": one.reason,
            "label": NotListed(one.reason).label,
            "agency": names.get(one.agency, ""),
            "agency_id": one.agency,
            "language": language_name(one.language) if one.language else "français",
            "households": one.households,
            "change": what_would_change(
                one.reason,
                agency=names.get(one.agency, ""),
                language=language_name(one.language) if one.language else "",
                households=one.households,
                hours=one.hours,
            ),
            "url": f"{reverse('workspace:list_lines', args=[plan.queue.campaign.pk, plan.pk])}"
            f"?reason={one.reason}&agency={one.agency or ''}",
        }
        for one in advice(spread, plan.minutes_each)
    ]


@require_POST
@role_required(*MANAGERS)
def prepare(request: Request, campaign_id: UUID) -> HttpResponse:
    """Proposes lists; nothing changes for callers."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    form = ListsForm(request.POST, skills=skills_of(shown))
    if not form.is_valid():
        return _page(request, shown, form=form)
    try:
        done = operations.prepare_lists(
            campaign=shown, actor=request.user, rules=operations.ListRules(**form.cleaned_data), now=timezone.now()
        )
    except Refusal as refusal:
        return _page(request, shown, form=form, refusal=refusal)
    words = plural(done.placed, "placé", "placés")
    messages.success(request, f"Listes proposées : {counted(done.placed, 'ménage')} {words}. Regardez, puis confirmez.")
    return redirect(lists_url(shown) + "#proposition")


@require_POST
@role_required(*MANAGERS)
def decide(request: Request, campaign_id: UUID, plan_id: UUID) -> HttpResponse:
    """Confirms the proposal, or forgets it."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    try:
        if request.POST.get("do") == "confirm":
            plan = operations.confirm_lists(campaign=shown, actor=request.user, plan_id=plan_id, now=timezone.now())
            messages.success(request, f"Les listes sont en place. {week_words(plan)}, chaque appelant voit la sienne.")
        elif request.POST.get("do") == "discard":
            operations.discard_proposal(campaign=shown, actor=request.user, plan_id=plan_id)
            messages.success(request, "La proposition est oubliée. Rien n’a changé pour les appelants.")
        else:
            raise Http404
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(lists_url(shown))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def end(request: Request, campaign_id: UUID) -> HttpResponse:
    """Puts an end to the lists in force, after a confirmation: their households are anybody's again."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    if request.method == "POST":
        freed = operations.end_lists(campaign=shown, actor=request.user, now=timezone.now())
        messages.success(request, f"Les listes sont arrêtées : {counted(freed, 'ménage')} dans la file de tous.")
        return redirect(lists_url(shown))
    current = confirmed_plan(shown.queue, timezone.localdate())
    context = {
        "campaign": shown,
        "current": _shown(current) if current else None,
        "back": lists_url(shown),
        "trail": trail_of(shown, ("Listes de la semaine", lists_url(shown))),
    }
    return render(request, "workspace/campaign_lists_end.html", context)


LINES = Table(
    columns=[
        Column("pick", "Choisir", hidden_title=True, file=False),
        Column("name", "Ménage", sort="contact__household__name", value=lambda row: row.contact.household.display_name),
        Column("agency", "Agence", sort="contact__lane__agency__name", value=lambda row: _agency(row)),
        Column("language", "Langue", value=lambda row: _language(row)),
        Column("wave", "Vague", sort="contact__lane__wave", kind="number", value=lambda row: row.contact.lane.wave),
        Column("caller", "Sur la liste de", value=lambda row: row.batch.caller.display_name if row.batch else ""),
        Column("position", "Rang", sort="position", kind="number"),
        Column("state", "État", value=lambda row: row.contact.get_state_display()),
        Column("why", "Pourquoi personne", value=lambda row: row.get_reason_display()),
    ],
    filters=[
        Filter("caller", "Sur la liste de"),
        Filter("reason", "Pourquoi personne", NotListed.choices),
        Filter("agency", "Agence", every="Toutes"),
    ],
    sort="position",
    name="lignes",
    one="ménage",
    many="ménages",
)


def _agency(row: Any) -> str:
    return row.contact.lane.agency.name if row.contact.lane.agency else ""


def _language(row: Any) -> str:
    return language_name(row.contact.lane.language) if row.contact.lane.language else "français"


@require_safe
@role_required(*MANAGERS)
def lines(request: Request, campaign_id: UUID, plan_id: UUID) -> HttpResponseBase:
    """Every household of a week's lists within one's agencies: on whose list, or why on nobody's."""
    shown = opened_campaign(request, campaign_id)
    plan = get_plan_for(request.user, shown, plan_id)
    scope = targeting_scope(request.user)
    loads = batch_loads(plan)
    agencies = {one.agency_id: one.agency for one in left_out(plan)}
    asked = LINES.read(
        request.GET,
        choices={
            "caller": [(str(one.caller_id), one.name) for one in loads if one.lines],
            "agency": [(str(key), name) for key, name in agencies.items()],
        },
    )
    found = lines_of_plan(plan).filter(within(scope, "contact__lane__agency"))
    if asked["caller"]:
        found = found.filter(batch__caller=asked.uuid("caller"))
    if asked["reason"]:
        found = found.filter(reason=asked["reason"])
    if asked["agency"]:
        found = found.filter(contact__lane__agency=asked.uuid("agency"))
    now = timezone.now()
    if asked.export:
        title = heading(f"Listes de {shown.name}. {week_words(plan)}", now=now, by=request.user.display_name)
        sheet = asked.sheet(found, name="Listes", heading=title)
        audit(request, shown, AuditAction.EXPORTED, "Listes de la semaine", format=asked.export, filters=asked.words)
        return file_response(kind=asked.export, sheets=[sheet], name="listes semaine", now=now)
    listing = asked.listing(found)
    rows = [
        {
            "line": row,
            "agency": _agency(row),
            "language": _language(row),
            "state": row.contact.get_state_display(),
            "movable": row.contact.state == ContactState.WAITING,
        }
        for row in listing
    ]
    audit(request, shown, AuditAction.HOUSEHOLD_LISTED, "Listes de la semaine", found=len(rows))
    context = {
        "campaign": shown,
        "plan": plan,
        "week": week_words(plan),
        "listing": listing,
        "rows": rows,
        "form": GiveToForm(callers=_callers(shown)),
        "back": request.GET.urlencode(),
        "partly": not scope.everything,
        "trail": trail_of(shown, ("Listes de la semaine", lists_url(shown))),
    }
    return render(request, "workspace/campaign_list_lines.html", context)


def _callers(shown: Campaign) -> list[tuple[UUID, str]]:
    return [(user.pk, user.display_name) for user in callers_at_work(shown, timezone.localdate())]


def lines_url(shown: Campaign, plan: WeekPlan, query: str = "") -> str:
    url = reverse("workspace:list_lines", args=[shown.pk, plan.pk])
    return f"{url}?{query}" if query else url


@require_POST
@role_required(*MANAGERS)
def move(request: Request, campaign_id: UUID, plan_id: UUID) -> HttpResponse:
    """Gives the chosen households of the lists to another caller; one button takes it back."""
    shown = opened_campaign(request, campaign_id)
    plan = get_plan_for(request.user, shown, plan_id)
    back = lines_url(shown, plan, request.POST.get("back", "")[:500])
    chosen = lines_within(targeting_scope(request.user), keys_in(request.POST.getlist("line")[:MOST_CHOSEN]))
    form = GiveToForm(request.POST, callers=_callers(shown))
    if not chosen:
        messages.error(request, "Aucun ménage n’est choisi : cochez ceux que vous voulez, puis recommencez.")
    elif not form.is_valid():
        messages.error(request, "Choisissez à qui confier ces ménages.")
    else:
        caller = get_caller_for(request.user, shown, UUID(form.cleaned_data["caller"]))
        try:
            former = operations.move_lines(
                campaign=shown,
                actor=request.user,
                plan_id=plan.pk,
                line_ids=[one.pk for one in chosen],
                caller=caller,
                now=timezone.now(),
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            _moved(request, shown, plan, former, caller.initials, len(chosen))
    return redirect(back)


def _moved(
    request: Request, shown: Campaign, plan: WeekPlan, former: dict[UUID, UUID | None], name: str, asked: int
) -> None:
    request.session[UNDO_KEY] = {
        "plan": str(plan.pk),
        "former": {str(line): str(caller or "") for line, caller in former.items()},
    }
    text = f"{counted(len(former), 'ménage')} {plural(len(former), 'confié')} à {name.rstrip('.')}."
    if asked > len(former):
        text += f" {counted(asked - len(former), 'autre')} {plural(asked - len(former), 'reste')} en place."
    say_done(request, text, undo=Undo(url=reverse("workspace:lists_undo", args=[shown.pk])))


@require_POST
@role_required(*MANAGERS)
def undo(request: Request, campaign_id: UUID) -> HttpResponse:
    """Takes back the last move between lists, as far as calls made since allow."""
    shown = opened_campaign(request, campaign_id)
    kept = request.session.pop(UNDO_KEY, None)
    if kept is None:
        messages.warning(request, "Il n’y a plus rien à annuler ici.")
        return redirect(lists_url(shown))
    plan = get_plan_for(request.user, shown, UUID(kept["plan"]))
    former = {UUID(line): UUID(caller) if caller else None for line, caller in kept["former"].items()}
    try:
        back = operations.move_back(actor=request.user, plan_id=plan.pk, former=former, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        words = plural(len(back), "est revenu", "sont revenus")
        messages.success(
            request,
            f"{counted(len(back), 'ménage')} {words} à sa place d’avant."
            if len(back) == 1
            else f"{counted(len(back), 'ménage')} {words} à leur place d’avant.",
        )
    return redirect(lists_url(shown))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def take_over(request: Request, campaign_id: UUID, plan_id: UUID, batch_id: UUID) -> HttpResponse:
    """Somebody is away: all that is left of their list goes to another caller."""
    shown = opened_campaign(request, campaign_id)
    plan = get_plan_for(request.user, shown, plan_id)
    load = next((one for one in batch_loads(plan) if one.batch_id == batch_id), None)
    if load is None:
        raise Http404
    callers = [one for one in _callers(shown) if one[0] != load.caller_id]
    form = GiveToForm(request.POST if request.method == "POST" else None, callers=callers)
    refusal: Refusal | None = None
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            caller = get_caller_for(request.user, shown, UUID(form.cleaned_data["caller"]))
            try:
                former = operations.take_over(
                    campaign=shown,
                    actor=request.user,
                    scope=targeting_scope(request.user),
                    plan_id=plan.pk,
                    batch_id=batch_id,
                    caller=caller,
                    now=timezone.now(),
                )
            except Refusal as raised:
                refusal, status = raised, CONFLICT
            else:
                _moved(request, shown, plan, former, caller.initials, len(former))
                return redirect(lists_url(shown))
    context = {
        "campaign": shown,
        "load": load,
        "left": number(load.left),
        "form": form,
        "refusal": refusal,
        "back": lists_url(shown),
        "trail": trail_of(shown, ("Listes de la semaine", lists_url(shown))),
    }
    return render(request, "workspace/campaign_list_take_over.html", context, status=status)
