"""Preparing a campaign step by step: each step saves the draft, any step can be opened again, nothing calls anybody."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.engines.audiences.access import get_audience_for, targeting_scope
from bienveille.engines.audiences.forms import EVERYBODY, Builder, SavedForm
from bienveille.engines.questionnaires.queries import get_definition, list_current
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.templates import beginnings
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import counted, listed
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_campaign_for, get_draft_for
from bienveille.services.outreach.choices import Priority, Purpose
from bienveille.services.outreach.forms import PRIORITY_HINTS, PurposeForm, RulesForm, WaveForm, good_manners
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import (
    CALLERS_SHOWN,
    Prospect,
    callers_for,
    campaign_document,
    possible_callers,
    prospect,
)
from bienveille.services.outreach.rules import hours_words, workload
from bienveille.services.outreach.rules.arrivals import moved_criterion

INVALID = 422
DEFAULT_GUIDE = "senior-welfare"
#: Each step of the preparation: its address, what it is called, its page.
STEPS = [
    ("purpose", "But", "workspace/campaign_step_purpose.html"),
    ("who", "Qui", "workspace/campaign_step_who.html"),
    ("waves", "Vagues", "workspace/campaign_step_waves.html"),
    ("questions", "Questions", "workspace/campaign_step_questions.html"),
    ("callers", "Appelants", "workspace/campaign_step_callers.html"),
    ("hours", "Heures", "workspace/campaign_step_hours.html"),
    ("rules", "Règles", "workspace/campaign_step_rules.html"),
    ("check", "Vérifier", "workspace/campaign_step_check.html"),
]
#: What the rules of a document say of hours: they have their own step.
HOURS = ("windows", "on_public_holidays", "send_sms")
NEXT = {name: STEPS[rank + 1][0] for rank, (name, _, _) in enumerate(STEPS[:-1])}


def _address(step: str, campaign_id: UUID) -> str:
    return reverse(f"workspace:draft_{step}", args=[campaign_id])


def step_page(
    request: Request, draft: Campaign, step: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A step with its head: where one stands, the other steps, the draft's name."""
    rank = [name for name, _, _ in STEPS].index(step)
    page = {
        "campaign": draft,
        "trail": [("Campagnes", reverse("workspace:campaigns")), (draft.name, _home(draft))],
        "steps": [
            {"label": label, "url": _address(name, draft.pk), "current": name == step, "done": place < rank}
            for place, (name, label, _) in enumerate(STEPS)
        ],
        "place": f"étape {rank + 1} sur {len(STEPS)}",
        "step_label": STEPS[rank][1],
        "previous": _address(STEPS[rank - 1][0], draft.pk) if rank else "",
        "refusal": None,
        "scope_partly": not targeting_scope(request.user).everything,
        **context,
    }
    return render(request, STEPS[rank][2], page, status=status)


def _home(draft: Campaign) -> str:
    return reverse("workspace:campaign", args=[draft.pk])


def onward(request: Request, draft: Campaign, step: str) -> HttpResponse:
    """After a step is saved: the next one, or the campaign's page when its author leaves it for later."""
    if request.POST.get("do") == "leave":
        messages.success(request, "Le brouillon est gardé : reprenez-le quand vous voudrez.")
        return redirect(_home(draft))
    return redirect(_address(NEXT[step], draft.pk))


def _change(request: Request, draft: Campaign, **changes: Any) -> Refusal | None:
    """Saves some headings of the draft; gives the refusal, if any, for the page to say."""
    try:
        operations.change_draft(campaign_id=draft.pk, changes=changes, actor=request.user)
    except Refusal as refusal:
        return refusal
    return None


def _prospect(request: Request, document: dict[str, Any]) -> Prospect:
    return prospect(document["waves"], timezone.localdate(), scope=targeting_scope(request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_campaign(request: Request) -> HttpResponse:
    """Begin: a name and a purpose make a draft, which is then never lost."""
    form = PurposeForm(request.POST or None, initial={"purpose": Purpose.WELLBEING})
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        document = {**form.cleaned_data, "questionnaire": DEFAULT_GUIDE, "callers": {"all": True}}
        document["rules"] = {"windows": good_manners()}
        try:
            draft = operations.create_campaign(document=document, actor=request.user, unfinished=True)
        except Refusal as raised:
            refusal = raised
        else:
            return redirect(_address("who", draft.pk))
    context = {
        "form": form,
        "refusal": refusal,
        "trail": [("Campagnes", reverse("workspace:campaigns"))],
        "steps": [{"label": label, "current": not rank} for rank, (_, label, _) in enumerate(STEPS)],
        "place": f"étape 1 sur {len(STEPS)}",
        **beginnings(),
    }
    return render(request, "workspace/campaign_new.html", context, status=INVALID if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def purpose(request: Request, campaign_id: UUID) -> HttpResponse:
    """The name and the purpose of a draft."""
    draft = get_draft_for(request.user, campaign_id)
    form = PurposeForm(request.POST or None, initial={"name": draft.name, "purpose": draft.purpose})
    return _form_step(request, draft, "purpose", form, lambda: form.cleaned_data)


def _form_step(
    request: Request, draft: Campaign, step: str, form: Any, changes: Callable[[], dict[str, Any]]
) -> HttpResponse:
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        refusal = _change(request, draft, **changes())
        if refusal is None:
            return onward(request, draft, step)
    status = INVALID if request.method == "POST" else 200
    return step_page(request, draft, step, {"form": form, "refusal": refusal}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def who(request: Request, campaign_id: UUID) -> HttpResponse:
    """Whom to call: audiences already saved, or written here; one wave each."""
    draft = get_draft_for(request.user, campaign_id)
    document = campaign_document(draft)
    waves = document["waves"]
    form = SavedForm()
    refusal: Refusal | None = None
    if request.method == "POST":
        act, _, place = request.POST.get("do", "").partition(":")
        if act == "add":
            form = SavedForm(request.POST)
            if form.is_valid():
                saved = get_audience_for(request.user, UUID(form.cleaned_data["audience"]))
                waves = [*waves, _wave(saved.name, saved.rule)]
        elif act == "remove":
            waves = [wave for rank, wave in enumerate(waves, start=1) if str(rank) != place]
        if not form.errors:
            refusal = _change(request, draft, waves=waves)
            if refusal is None:
                here = act in ("add", "remove")
                return redirect(_address("who", draft.pk)) if here else onward(request, draft, "who")
    found = _prospect(request, document)
    context = {"form": form, "prospect": found, "refusal": refusal}
    return step_page(request, draft, "who", context, status=INVALID if form.errors or refusal else 200)


def _wave(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "audience": rule, "priority": [Priority.OLDEST_FIRST.value]}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def wave(request: Request, campaign_id: UUID, rank: int) -> HttpResponse:
    """The audience of one wave, written as sentences; rank 0 writes a new one."""
    draft = get_draft_for(request.user, campaign_id)
    waves = campaign_document(draft)["waves"]
    known = 0 < rank <= len(waves)
    shown = waves[rank - 1] if known else _wave(f"Vague {len(waves) + 1}", EVERYBODY)
    on, scope = timezone.localdate(), targeting_scope(request.user)
    initial = {"name": shown["name"]}
    form, refusal = WaveForm(initial=initial), None
    if request.method == "POST":
        builder = Builder.typed(request.POST, on=on, scope=scope)
        if request.POST.get("do") == "save":
            form = WaveForm(request.POST)
            if form.is_valid() and builder.valid:
                changed = {**shown, "name": form.cleaned_data["name"], "audience": builder.document}
                waves = [*waves[: rank - 1], changed, *waves[rank:]] if known else [*waves, changed]
                refusal = _change(request, draft, waves=waves)
                if refusal is None:
                    return redirect(_address("who", draft.pk))
        else:
            form = WaveForm(initial={**initial, "name": request.POST.get("name", initial["name"])})
        if builder.sample is not None:
            record_audit(
                actor=request.user,
                action=AuditAction.HOUSEHOLD_LISTED,
                reason=f"Exemples d’une vague de {draft.name}"[:300],
                detail={"found": len(builder.sample)},
            )
    else:
        builder = Builder.of(shown["audience"], on=on, scope=scope)
    context = {"builder": builder, "form": form, "refusal": refusal, "rank": rank, "known": known, "wave": shown}
    context["partly"] = not scope.everything
    if request.htmx and request.POST.get("do") != "save":
        part = "count" if request.GET.get("compter") else "builder"
        return render(request, f"workspace/campaign_step_wave.html#{part}", context)
    invalid = bool(builder.errors or form.errors or refusal)
    return _wave_page(request, draft, context, status=INVALID if invalid else 200)


def _wave_page(request: Request, draft: Campaign, context: dict[str, Any], *, status: int) -> HttpResponse:
    trail = [
        ("Campagnes", reverse("workspace:campaigns")),
        (draft.name, _home(draft)),
        ("Qui", _address("who", draft.pk)),
    ]
    page = {"campaign": draft, "trail": trail, **context}
    return render(request, "workspace/campaign_step_wave.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def waves(request: Request, campaign_id: UUID) -> HttpResponse:
    """In which order: waves one after the other, and households within each."""
    draft = get_draft_for(request.user, campaign_id)
    document = campaign_document(draft)
    rows = document["waves"]
    data = request.POST if request.method == "POST" else None
    forms = [_wave_form(data, rank, one) for rank, one in enumerate(rows, start=1)]
    refusal: Refusal | None = None
    if request.method == "POST" and all(form.is_valid() for form in forms):
        act, _, place = request.POST.get("do", "").partition(":")
        changed = [
            {**one, "name": form.cleaned_data["name"], "priority": _reordered(form.priority(), rank, act, place)}
            for rank, (one, form) in enumerate(zip(rows, forms, strict=True), start=1)
        ]
        refusal = _change(request, draft, waves=_moved(changed, act, place))
        if refusal is None:
            return redirect(_address("waves", draft.pk)) if act in _STAY else onward(request, draft, "waves")
    found = _prospect(request, document)
    hints = [(priority.label, PRIORITY_HINTS[priority]) for priority in Priority]
    context = {"rows": list(zip(found.waves, forms, strict=True)), "forms": forms, "prospect": found, "hints": hints}
    status = INVALID if request.method == "POST" else 200
    return step_page(request, draft, "waves", {**context, "refusal": refusal}, status=status)


#: What changes the order and leaves one on the page.
_STAY = ("up", "down", "add", "sooner", "later", "drop", "stay")


def _wave_form(data: Any, rank: int, one: dict[str, Any]) -> WaveForm:
    prefix = f"v{rank}"
    order = (data.getlist(f"{prefix}-order") if data else []) or one["priority"] or [Priority.OLDEST_FIRST.value]
    return WaveForm(data, prefix=prefix, initial={"name": one["name"]}, order=order)


def _reordered(order: list[str], rank: int, act: str, place: str) -> list[str]:
    """The criteria of a wave, one of them sooner, later or gone: `sooner:2:1` is the second one of wave 2."""
    wanted, _, criterion = place.partition(":")
    if act not in ("sooner", "later", "drop") or wanted != str(rank) or not criterion.isdecimal():
        return order
    moves = {"sooner": "up", "later": "down", "drop": "drop"}
    return moved_criterion(order, moves[act], int(criterion)) or [Priority.OLDEST_FIRST.value]


def _moved(rows: list[dict[str, Any]], act: str, place: str) -> list[dict[str, Any]]:
    """The waves with one moved up or down; a place that is not one of theirs changes nothing."""
    steps = {"up": -1, "down": 1}
    if act not in steps or not place.isdecimal():
        return rows
    here = int(place) - 1
    there = here + steps[act]
    if not (0 <= here < len(rows) and 0 <= there < len(rows)):
        return rows
    rows = list(rows)
    rows[here], rows[there] = rows[there], rows[here]
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def questions(request: Request, campaign_id: UUID) -> HttpResponse:
    """Which guide callers follow, with all its questions to read."""
    draft = get_draft_for(request.user, campaign_id)
    guides = list_current()
    slugs = {version.questionnaire.slug: version for version in guides}
    chosen = request.POST.get("questionnaire") or request.GET.get("guide") or draft.questionnaire.questionnaire.slug
    refusal: Refusal | None = None
    if request.method == "POST":
        refusal = _change(request, draft, questionnaire=chosen)
        if refusal is None:
            return onward(request, draft, "questions")
    shown = slugs.get(chosen) or draft.questionnaire
    context = {
        "guides": [(version, version.questionnaire.slug == chosen) for version in guides],
        "definition": get_definition(shown.pk),
        "shown": shown,
        "refusal": refusal,
    }
    return step_page(request, draft, "questions", context, status=INVALID if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def callers(request: Request, campaign_id: UUID) -> HttpResponse:
    """Who calls: everybody with the role, or people chosen by name; what their languages and agencies cover."""
    draft = get_draft_for(request.user, campaign_id)
    document = campaign_document(draft)
    everybody, chosen, text = "all" in document["callers"], document["callers"].get("emails", []), ""
    refusal: Refusal | None = None
    error = ""
    if request.method == "POST":
        everybody, chosen = request.POST.get("who") == "all", request.POST.getlist("emails")
        text = request.POST.get("q", "").strip()[:100]
        if request.POST.get("do") != "search":
            if not everybody and not chosen and request.POST.get("do") != "leave":
                error = "Choisissez au moins une personne, ou tous les appelants."
            else:
                refusal = _change(request, draft, callers={"all": True} if everybody else {"emails": chosen})
            if not error and refusal is None:
                return onward(request, draft, "callers")
    found = list(possible_callers(text, chosen)[: CALLERS_SHOWN + len(chosen)])
    everyone = possible_callers("", [] if everybody else chosen)
    calling = [one for one in everyone if everybody or one.email in chosen]
    context = {
        "everybody": everybody,
        "some": not everybody,
        "people": [_person(one, one.email in chosen) for one in found],
        "q": text,
        "error": error,
        "refusal": refusal,
        "cover": coverage(_prospect(request, document), calling),
        "errors": [{"label": "", "text": error, "target": "id_q"}] if error else [],
    }
    return step_page(request, draft, "callers", context, status=INVALID if error or refusal else 200)


def _person(one: User, checked: bool) -> dict[str, Any]:
    known = [one.agency.name if one.agency else "", one.service, listed(map(language_name, one.languages))]
    return {"email": one.email, "name": one.display_name, "hint": ", ".join(filter(None, known)), "checked": checked}


def coverage(found: Prospect, calling: list[Any]) -> dict[str, Any]:
    """Languages and agencies of the households to call, with how many callers speak or belong to them."""
    speak = {code: sum(code in one.languages for one in calling) for code in found.languages}
    work = {key: sum(one.agency_id == key for one in calling) for key in found.agencies}
    return {
        "languages": [(language_name(code), number, speak[code]) for code, number in found.languages.items()],
        "agencies": [(name, number, work[key]) for key, (name, number) in found.agencies.items()],
        "callers": len(calling),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def rules(request: Request, campaign_id: UUID) -> HttpResponse:
    """How many tries, how long a household is kept in hand, how long answers are kept, which days."""
    draft = get_draft_for(request.user, campaign_id)
    initial = {
        "max_attempts": draft.queue.max_attempts,
        "lease_minutes": draft.queue.lease_minutes,
        "keep_answers_days": draft.keep_answers_days,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
    }
    form = RulesForm(request.POST or None, initial=initial)
    hours = {key: value for key, value in campaign_document(draft)["rules"].items() if key in HOURS}
    return _form_step(request, draft, "rules", form, lambda: {"rules": form.rules() | hours})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def check(request: Request, campaign_id: UUID) -> HttpResponse:
    """Everything on one page, what should be looked at before opening, and the button that opens."""
    draft = get_draft_for(request.user, campaign_id)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            target = operations.open_campaign(campaign_id=draft.pk, actor=request.user, now=timezone.now())
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(request, f"La campagne est ouverte : {counted(target, 'ménage')} à appeler.")
            return redirect(_home(draft))
    found = _prospect(request, campaign_document(draft))
    calling = list(callers_for(draft))
    cover = coverage(found, calling)
    context = {
        "prospect": found,
        "cover": cover,
        "work": workload(found.callable, len(calling), draft.starts_on, draft.ends_on),
        "silent_languages": [line for line in cover["languages"] if not line[2]],
        "far_agencies": [line for line in cover["agencies"] if not line[2]],
        "waves": [(wave, _order(wave.priority)) for wave in found.waves],
        "refusal": refusal,
        "ready": bool(found.callable and calling),
        "hours_words": hours_words(draft.queue.windows, on_days_off=draft.queue.on_days_off),
    }
    return step_page(request, draft, "check", context, status=409 if refusal else 200)


def _order(priority: list[str]) -> str:
    """« Les plus âgés d’abord, puis les personnes seules d’abord »."""
    words = [str(Priority(one).label) for one in priority]
    return ", puis ".join([*words[:1], *(f"{word[:1].lower()}{word[1:]}" for word in words[1:])])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def delete(request: Request, campaign_id: UUID) -> HttpResponse:
    """Confirm, then forget a draft."""
    draft = get_draft_for(request.user, campaign_id)
    if request.method == "POST":
        try:
            operations.delete_draft(campaign_id=draft.pk, actor=request.user)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect(_home(draft))
        messages.success(request, f"Le brouillon « {draft.name} » est supprimé.")
        return redirect("workspace:campaigns")
    trail = [("Campagnes", reverse("workspace:campaigns")), (draft.name, _home(draft))]
    return render(request, "workspace/campaign_delete.html", {"campaign": draft, "trail": trail})


@require_POST
@role_required(*MANAGERS)
def copy(request: Request, campaign_id: UUID) -> HttpResponse:
    """Prepare another campaign like this one."""
    source = get_campaign_for(request.user, campaign_id)
    try:
        draft = operations.copy_campaign(campaign=source, actor=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("workspace:campaign", source.pk)
    messages.success(request, "La copie est en préparation : relisez chaque étape, puis ouvrez-la.")
    return redirect(_address("purpose", draft.pk))
