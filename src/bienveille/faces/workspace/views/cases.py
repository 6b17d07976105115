"""« Situations »: the list, the page of one, and what is done with it. What each person has to do is in `my_cases`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.cases import operations
from bienveille.engines.cases.access import following_scope, get_case_for, may
from bienveille.engines.cases.choices import CaseState, Grade
from bienveille.engines.cases.models import Case, CaseAction
from bienveille.engines.cases.queries import (
    CaseFilters,
    absences_on,
    actions_of,
    alerts_of,
    cases_list,
    sources_of,
    team_of,
)
from bienveille.engines.cases.queries.referrals import referrals_of
from bienveille.engines.cases.rules import CONFIDENTIAL, title_of
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.forms.cases import ActionForm, CloseForm, HandOverForm, NewCaseForm, ReopenForm
from bienveille.faces.workspace.rules import CASE_ICONS, home_line
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.confidential import confidential_part, helplines
from bienveille.ground.lib.typography import counted, day_in_words, duration, moment_in_words
from bienveille.ground.platform.reference import strip_numbers
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.tenants.access import KEEPERS, get_household_for, may_see_address
from bienveille.register.tenants.choices import ContactKind
from bienveille.register.tenants.queries import household_record
from bienveille.services.outreach.queries.cases import told_by_calls

INVALID, CONFLICT = 422, 409
NEEDS = {str(value): str(label) for value, label in Need.choices}
STATES = [("new", "À prendre en charge"), ("followed", "Suivies"), ("closed", "Closes")]
CASES = Table(
    columns=[
        Column("grade", "Niveau", sort="gravity", down=True, filled=True),
        Column("what", "Situation"),
        Column("who", "Ménage", sort="household__name"),
        Column("agency", "Agence", sort="agency__name"),
        Column("owner", "Suivie par", sort=("owner__last_name", "owner__first_name")),
        Column("due", "Échéance", sort="due_at", kind="moment", filled=True),
    ],
    filters=[
        Filter("state", "État", STATES, every="À suivre"),
        Filter("grade", "Niveau", [(one.value, one.label) for one in reversed(Grade)]),
        Filter("need", "Besoin", Need.choices),
        Filter("agency", "Agence", every="Toutes"),
        Filter("mine", "Suivies par", [("me", "Moi")], every="Tout le monde"),
        Filter("overdue", "Retard", [("yes", "En retard")], every="Toutes"),
    ],
    sort="due",
    name="situations",
    one="situation",
    many="situations",
)


def strip_of(today: date) -> list[dict[str, str]]:
    """The emergency numbers, above everything else of a page."""
    return [{"number": one.number, "label": one.short, "uri": one.href} for one in strip_numbers(today)]


def row_of(case: Case, now: datetime) -> dict[str, Any]:
    """A case as lists show it."""
    today = timezone.localtime(now).date()
    return {
        "case": case,
        "take": False,
        "owner": case.owner.display_name if case.owner and case.state == CaseState.FOLLOWED else "",
        "title": title_of(case.needs, NEEDS, case.grade),
        "who": case.household.display_name if case.household else case.residence.name if case.residence else "",
        "urgent": case.grade == Grade.RED and case.state == CaseState.NEW,
        "late": is_late(case, now),
        "due_words": _due_words(case, now, today),
    }


def is_late(case: Case, now: datetime) -> bool:
    """Whether something of this case is past its time."""
    if case.state == CaseState.CLOSED:
        return False
    step = case.next_step_on is not None and case.next_step_on < timezone.localtime(now).date()
    return step or case.close_before < now or (case.state == CaseState.NEW and case.take_before < now)


def _due_words(case: Case, now: datetime, today: date) -> str:
    """What comes first, by when: « À prendre en charge avant… », « Relancer le CCAS, demain »."""
    if case.state == CaseState.CLOSED and case.closed_at is not None:
        return f"Close {moment_in_words(timezone.localtime(case.closed_at), today)}"
    if case.state == CaseState.NEW:
        return f"À prendre en charge avant {_short(case.take_before, today)}"
    if case.next_step_on is not None:
        return f"{case.next_step}, {day_in_words(case.next_step_on, today)}"
    return f"À clore avant {_short(case.close_before, today)}"


def _short(moment: datetime, today: date) -> str:
    return moment_in_words(timezone.localtime(moment), today)


@require_safe
@role_required(*KEEPERS)
def cases(request: Request) -> HttpResponse:
    """Every case of one's agencies: what is alive, or what the filters ask."""
    now, today = timezone.now(), timezone.localdate()
    scope = following_scope(request.user)
    agencies = [(str(agency.pk), agency.name) for agency in agencies_within(scope)]
    asked = CASES.read(request.GET, choices={"agency": agencies})
    filters = CaseFilters(
        state=asked["state"],
        grade=asked["grade"],
        need=asked["need"],
        agency=asked.uuid("agency"),
        mine=bool(asked["mine"]),
        overdue=bool(asked["overdue"]),
    )
    listing = asked.listing(cases_list(scope, request.user, filters, now, today))
    if listing.count:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Liste des situations",
            detail={"found": listing.count},
        )
    context = {
        "listing": listing,
        "rows": [row_of(case, now) for case in listing],
        "title": _list_title(listing.count, filtered=asked.filtered),
    }
    return render(request, "workspace/cases.html", context)


def _list_title(count: int, *, filtered: bool) -> str:
    if filtered:
        return "Situations"
    return f"{counted(count, 'situation est ouverte', 'situations sont ouvertes')}" if count else "Situations"


@require_safe
@role_required(*KEEPERS)
def case(request: Request, case_id: UUID) -> HttpResponse:
    """One case: who, where, why, what is due, what was done. Opening it is audited; one's alerts are seen."""
    shown = get_case_for(request.user, case_id, reason="Situation ouverte à l’écran")
    operations.see_case(actor=request.user, case_id=shown.pk, now=timezone.now())
    return render(request, "workspace/case.html", _page(request, shown))


def _page(request: Request, shown: Case) -> dict[str, Any]:
    now, today = timezone.now(), timezone.localdate()
    actions = actions_of(shown)
    told = told_by_calls(sources_of(actions))
    away = {one.user: one for one in absences_on(today)}
    record = household_record(shown.household, today, kinds=frozenset()) if shown.household else None
    confidential = confidential_part(shown, record.residents if record else [], today)
    # Who was named to read a confidential case goes there, or finds another home: they know where.
    visible = confidential is not None or may_see_address(request.user, protected=bool(record and record.protected))
    dwelling = shown.household.dwelling if shown.household else None
    owner_away = away.get(shown.owner_id) if shown.owner_id else None
    team = {user.pk: user for user in team_of(shown.agency)} if owner_away else {}
    return {
        **base(request, shown),
        "where": home_line(dwelling) if dwelling and visible else shown.residence.address if shown.residence else "",
        "hidden_address": not visible,
        "confidential": confidential,
        "events": [_event(one, told) for one in actions],
        "alerts": alerts_of(shown),
        "needs": [NEEDS[need] for need in shown.needs],
        "reach": _reach(record),
        "owner_away": owner_away,
        "stands_in": team.get(owner_away.substitute) if owner_away and owner_away.substitute else None,
        "took": duration((shown.acknowledged_at - shown.signalled_at).total_seconds())
        if shown.acknowledged_at and shown.acknowledged_at >= shown.signalled_at
        else "",
        "take_late": shown.state == CaseState.NEW and shown.take_before < now,
        "close_late": shown.state != CaseState.CLOSED and shown.close_before < now,
        "step_late": shown.next_step_on is not None and shown.next_step_on < today,
        "take_left": duration((shown.take_before - now).total_seconds()) if shown.take_before > now else "",
        "numbers": _numbers(shown, today),
        "may": {move: may(request.user, shown, move) for move in ("take", "leave", "act", "hand", "close", "reopen")},
        "mine": shown.owner_id == request.user.pk,
        "referrals": referrals_of(shown),
        "may_refer": shown.household_id is not None and may(request.user, shown, "act"),
    }


def _numbers(shown: Case, today: date) -> list[dict[str, str]]:
    """What to dial first: for a red case that waits, and on every page of a confidential one that is open."""
    if shown.kind in CONFIDENTIAL:
        return helplines(today) if shown.state != CaseState.CLOSED else []
    return strip_of(today) if shown.grade == Grade.RED and shown.state == CaseState.NEW else []


def base(request: Request, shown: Case) -> dict[str, Any]:
    """What each page about one case shows."""
    title = title_of(shown.needs, NEEDS, shown.grade)
    return {
        "case": shown,
        "title": title,
        "who": shown.household.display_name if shown.household else shown.residence.name if shown.residence else "",
        "trail": [("Situations", reverse("workspace:cases"))],
        "inner_trail": [
            ("Situations", reverse("workspace:cases")),
            (title, reverse("workspace:case", args=[shown.pk])),
        ],
    }


def _event(action: CaseAction, told: dict[UUID, Any]) -> dict[str, Any]:
    call = told.get(action.source) if action.source else None
    words = call.note if call is not None else action.words
    title = action.get_kind_display()
    if action.kind == "handed" and action.to is not None:
        title = f"Relais passé à {action.to.display_name}"
    elif action.kind == "signalled":
        title = "Repérée pendant un appel" if action.source else "Situation signalée"
    by = f"par {action.by.display_name}" if action.by else ""
    return {
        "action": action,
        "title": title,
        "icon": CASE_ICONS[action.kind],
        "detail": ", ".join(part for part in (by, call.campaign if call else "") if part),
        "words": words,
        "agreed": call.agreed if call else None,
        "needs": [NEEDS[need] for need in action.needs],
    }


def _reach(record: Any) -> list[dict[str, Any]]:
    """Whom to call, and at which numbers: those that may be used."""
    if record is None:
        return []
    return [
        {
            "person": one.person,
            "age": one.age_words,
            "phones": [
                point
                for point in one.contact_points
                if point.kind == ContactKind.PHONE and point.status in ("valid", "unverified")
            ],
            "relatives": one.relatives,
        }
        for one in record.residents
    ]


@require_POST
@role_required(*KEEPERS)
def take(request: Request, case_id: UUID) -> HttpResponse:
    """Sees to a case, or undoes it (`do=leave`)."""
    shown = get_case_for(request.user, case_id, reason="Prise en charge d’une situation")
    leaving = request.POST.get("do") == "leave"
    try:
        if leaving:
            operations.leave_case(actor=request.user, case_id=shown.pk, now=timezone.now())
            messages.success(request, "La situation attend de nouveau quelqu’un.")
        else:
            operations.take_case(actor=request.user, case_id=shown.pk, now=timezone.now())
            undo = Undo(url=request.path, name="do", value="leave", more="la prise en charge")
            say_done(request, "Vous avez pris cette situation en charge.", undo=undo)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("workspace:case", shown.pk)


def _change(
    request: Request, shown: Case, form: Any, template: str, save: Callable[[dict[str, Any]], str], **more: Any
) -> HttpResponse:
    """A form about a case: saved, or shown again with what is wrong, or with what changed meanwhile."""
    context = {**base(request, shown), "form": form, **more}
    if request.method != "POST":
        return render(request, template, context)
    if not form.is_valid():
        return render(request, template, context, status=INVALID)
    try:
        words = save(form.cleaned_data)
    except operations.CaseChanged as changed:
        # What was typed stays; saving again is now done knowing what changed.
        form.data = form.data.copy()
        form.data["revision"] = max(one.revision for one in changed.since) if changed.since else ""
        context |= {"refusal": changed, "since": [_event(one, {}) for one in changed.since]}
        return render(request, template, context, status=CONFLICT)
    except Refusal as refusal:
        return render(request, template, context | {"refusal": refusal}, status=CONFLICT)
    messages.success(request, words)
    return redirect("workspace:case", shown.pk)


@sensitive_post_parameters("words", "next_step")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def act(request: Request, case_id: UUID) -> HttpResponse:
    """Note what was done, and what comes next."""
    shown = get_case_for(request.user, case_id, reason="Action notée dans une situation", move="act")
    # What was to be done stays written: noting one thing does not erase another.
    initial = {"revision": shown.revision, "next_step": shown.next_step, "next_step_on": shown.next_step_on}
    form = ActionForm(request.POST if request.method == "POST" else None, initial=initial)

    def save(typed: dict[str, Any]) -> str:
        done = operations.Done(typed["kind"], typed["words"], typed["next_step"], typed["next_step_on"])
        operations.note_action(
            actor=request.user, case_id=shown.pk, done=done, revision=typed["revision"], now=timezone.now()
        )
        return "C’est noté."

    return _change(request, shown, form, "workspace/case_act.html", save)


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def hand_over(request: Request, case_id: UUID) -> HttpResponse:
    """Pass the case to a colleague."""
    shown = get_case_for(request.user, case_id, reason="Relais d’une situation", move="hand")
    today = timezone.localdate()
    away = {one.user: one for one in absences_on(today)}
    team = {str(user.pk): user for user in team_of(shown.agency) if user.pk != shown.owner_id}
    people = [
        (
            key,
            f"{user.display_name}, absence jusqu’au {day_in_words(away[user.pk].last, today).removeprefix('le ')}"
            if user.pk in away
            else user.display_name,
        )
        for key, user in team.items()
    ]
    form = HandOverForm(
        request.POST if request.method == "POST" else None, people=people, initial={"revision": shown.revision}
    )

    def save(typed: dict[str, Any]) -> str:
        to = team[str(typed["to"])]
        operations.hand_over(
            actor=request.user,
            case_id=shown.pk,
            to=to,
            words=typed["words"],
            revision=typed["revision"],
            now=timezone.now(),
        )
        return f"{to.display_name} suit maintenant cette situation."

    return _change(request, shown, form, "workspace/case_hand.html", save, people=people)


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def close(request: Request, case_id: UUID) -> HttpResponse:
    """Close the case with how it ended."""
    shown = get_case_for(request.user, case_id, reason="Clôture d’une situation", move="close")
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        of_place=shown.residence_id is not None,
        initial={"revision": shown.revision},
    )

    def save(typed: dict[str, Any]) -> str:
        operations.close_case(
            actor=request.user,
            case_id=shown.pk,
            outcome=typed["outcome"],
            words=typed["words"],
            revision=typed["revision"],
            now=timezone.now(),
        )
        return "La situation est close. Elle peut être rouverte pendant un an."

    return _change(request, shown, form, "workspace/case_close.html", save)


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def reopen(request: Request, case_id: UUID) -> HttpResponse:
    """Open a closed case again: whoever does follows it."""
    shown = get_case_for(request.user, case_id, reason="Réouverture d’une situation", move="reopen")
    form = ReopenForm(request.POST if request.method == "POST" else None)

    def save(typed: dict[str, Any]) -> str:
        operations.reopen_case(actor=request.user, case_id=shown.pk, words=typed["words"], now=timezone.now())
        return "La situation est rouverte, et vous la suivez."

    return _change(request, shown, form, "workspace/case_reopen.html", save)


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def new(request: Request, household_id: UUID) -> HttpResponse:
    """Signal a situation seen by somebody of the team: the household's open case hears of it, or one opens."""
    household = get_household_for(request.user, household_id, reason="Situation signalée", write=True)
    form = NewCaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        opened = operations.signal_household(
            actor=request.user,
            household_id=household.pk,
            signal=operations.Signal(
                grade=typed["grade"],
                needs=tuple(typed["needs"]),
                words=typed["words"],
                kept_despite_guard=typed["keep"],
            ),
            now=timezone.now(),
        )
        messages.success(request, "La situation est signalée.")
        return redirect("workspace:case", opened.pk)
    trail = [
        ("Locataires", reverse("workspace:people")),
        (household.display_name, reverse("workspace:household", args=[household.pk])),
    ]
    context = {
        "household": household,
        "form": form,
        "trail": trail,
        "numbers": strip_of(timezone.localdate()),
    }
    return render(request, "workspace/case_new.html", context, status=INVALID if form.errors else 200)
