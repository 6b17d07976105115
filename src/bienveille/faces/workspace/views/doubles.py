"""Two people who may be one: compared side by side, merged, told apart; and a merge that was wrong, undone."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.faces.workspace.forms import MergeForm, UndoMergeForm
from bienveille.faces.workspace.rules import compared
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.corrections import INVALID, METHODS, anchor_of, household_url
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants import operations
from bienveille.register.tenants.access import (
    KEEPERS,
    TRUSTED_WITH_ADDRESSES,
    get_merge_for,
    get_person_for,
    readable_kinds,
    reading_scope,
)
from bienveille.register.tenants.models import Merge
from bienveille.register.tenants.queries import Side, as_doubles, possible_doubles, two_sides
from bienveille.register.tenants.rules import MERGED_FIELDS, better_of, likeness_words, mark_words
from bienveille.services.outreach.queries import promises_to_household

WHY = "Deux fiches comparées"


@require_safe
@role_required(*KEEPERS)
def doubles(request: Request) -> HttpResponse:
    """Pairs of people who look like one, to be looked at one by one."""
    today = timezone.localdate()
    after = request.GET.get("apres", "")
    found = possible_doubles(reading_scope(request.user), today, after=after)
    hide = not has_role(request.user, *TRUSTED_WITH_ADDRESSES)
    rows = as_doubles(found.pairs, today, hide_protected=hide)
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_LISTED,
        reason="Personnes qui se ressemblent",
        detail={"found": len(rows) * 2},
    )
    context = {"rows": rows, "first_page": not after, "next": urlencode({"apres": found.after}) if found.after else ""}
    return render(request, "workspace/doubles.html", context)


@require_POST
@role_required(*KEEPERS)
def apart(request: Request, first_id: UUID, second_id: UUID) -> HttpResponse:
    """These two are not the same person; or they may be after all."""
    first = get_person_for(request.user, first_id, reason=WHY, write=True)
    second = get_person_for(request.user, second_id, reason=WHY, write=True)
    if request.POST.get("apart") == "0":
        operations.take_back_apart(actor=request.user, first=first, second=second)
        messages.success(request, "Ces deux personnes sont de nouveau à comparer.")
    else:
        operations.say_apart(actor=request.user, first=first, second=second, now=timezone.now())
        messages.success(
            request, f"C’est noté : {first.display_name} et {second.display_name} ne sont pas la même personne."
        )
    if request.POST.get("retour") == "foyer":
        return redirect("workspace:household", first.household_id)
    return redirect("workspace:doubles")


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def merge(request: Request, first_id: UUID, second_id: UUID) -> HttpResponse:
    """Two rows side by side, what differs and what will happen; then one of them speaks for both."""
    if first_id == second_id:
        raise Http404
    first = get_person_for(request.user, first_id, reason=WHY, write=True)
    second = get_person_for(request.user, second_id, reason=WHY, write=True)
    if first.merged_into_id or second.merged_into_id:
        messages.info(request, "Une de ces deux fiches est déjà réunie à une autre.")
        return redirect("workspace:household", first.household_id)
    today = timezone.localdate()
    hide, kinds = not has_role(request.user, *TRUSTED_WITH_ADDRESSES), readable_kinds(request.user)
    sides = two_sides(first, second, today, kinds=kinds, hide_protected=hide)
    rows = compared(first, second, MERGED_FIELDS)
    form = MergeForm(
        request.POST if request.method == "POST" else None,
        names=[f"{side.found.name}, {_place(side)}" for side in sides],
        differing=[(row.name, row.label, [row.first, row.second]) for row in rows if row.differs],
        initial={
            "seen": operations.version_of_both(first, second),
            "kept": "second" if _to_keep(sides[1]) > _to_keep(sides[0]) else "first",
            **{row.name: better_of(row.name, first, second) for row in rows if row.differs},
        },
    )
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            kept, gone = (first, second) if form.cleaned_data["kept"] == "first" else (second, first)
            try:
                operations.merge_people(
                    actor=request.user,
                    kept=kept,
                    gone=gone,
                    now=timezone.now(),
                    today=today,
                    choices=form.chosen(),
                    seen=form.cleaned_data["seen"],
                    reason=form.cleaned_data["reason"],
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal))
                form.data = {**request.POST.dict(), "seen": operations.version_of_both(first, second)}
            else:
                messages.success(
                    request, f"Les deux fiches sont réunies. {kept.display_name} garde celle-ci, l’autre est fermée."
                )
                return redirect(household_url(kept.household_id, anchor_of(kept)))
    numbers = {side.person.pk: {point.value for point in side.contact_points if _rings(point)} for side in sides}
    context = {
        "trail": [
            ("Locataires", reverse("workspace:people")),
            ("Fiches semblables", reverse("workspace:doubles")),
        ],
        "form": form,
        "chosen": [form[name] for name in form.differing],
        "same": [row for row in rows if not row.differs],
        "sides": [_side(side) for side in sides],
        "why": likeness_words(first, second, bool(numbers[first.pk] & numbers[second.pk])),
        "first": first,
        "second": second,
    }
    return render(request, "workspace/merge.html", context, status=status)


def _rings(point: Any) -> bool:
    return point.kind == "phone" and point.status in ("valid", "unverified")


def _to_keep(side: Side) -> tuple[bool, bool]:
    """Who lives there still, then whom the landlord's file knows: it goes on feeding the row that is kept."""
    return not side.found.gone, side.person.erp_key is not None


def _place(side: Side) -> str:
    return side.found.residence or ("adresse protégée" if side.found.protected else "sans logement")


def _side(side: Side) -> dict[str, Any]:
    """One of two columns, with the calls that somebody promised to its household."""
    return {
        "side": side,
        "place": _place(side),
        "anchor": f"fiche-{side.person.pk}",
        "marks": [mark_words(mark.kind, side.person.title) for mark in side.marks],
        "promises": promises_to_household(side.person.household_id),
    }


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def undo_merge(request: Request, merge_id: UUID) -> HttpResponse:
    """They were two people after all: what goes back to whom, what somebody changed since; then each has their row."""
    found = get_merge_for(request.user, merge_id, reason="Réunion de fiches défaite", write=True)
    back = household_url(found.kept.household_id, anchor_of(found.kept))
    if found.undone_at is not None:
        messages.info(request, "Ces deux fiches ne sont plus réunies.")
        return redirect(back)
    changed = operations.changed_since(found)
    form = UndoMergeForm(request.POST if request.method == "POST" else None)
    if not changed:
        del form.fields["keep_changes"]
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                operations.undo_merge(
                    actor=request.user,
                    merge=found,
                    now=timezone.now(),
                    keep_changes=form.cleaned_data.get("keep_changes", False),
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{_two_names(found)} ont de nouveau chacun leur fiche.")
                return redirect(back)
    context = {
        "trail": [("Locataires", reverse("workspace:people")), (found.kept.household.display_name, back)],
        "form": form,
        "merge": found,
        "changed": changed,
        "back": back,
    }
    return render(request, "workspace/merge_undo.html", context, status=status)


def _two_names(merge: Merge) -> str:
    return f"{merge.kept.display_name} et {merge.gone.display_name}"
