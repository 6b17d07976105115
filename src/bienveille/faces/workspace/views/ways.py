"""How to reach somebody, what is useful to know, whom to tell: three lists of a person, corrected by hand."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.faces.workspace.forms import ContactPointForm, MarkForm, RelativeForm
from bienveille.faces.workspace.rules import Difference, differences
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.corrections import (
    METHODS,
    WHY,
    anchor_of,
    correction_page,
    household_url,
)
from bienveille.faces.workspace.views.people import marks_shown
from bienveille.faces.workspace.views.undo import can_be_undone
from bienveille.ground.lib.typography import short_day
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import role_required
from bienveille.register.tenants import operations
from bienveille.register.tenants.access import (
    KEEPERS,
    get_contact_point_for,
    get_mark_for,
    get_person_for,
    get_relative_for,
    readable_kinds,
    writable_kinds,
)
from bienveille.register.tenants.choices import ContactStatus, MarkKind
from bienveille.register.tenants.models import ContactPoint
from bienveille.register.tenants.queries import ways_and_marks
from bienveille.register.tenants.rules import lasting_words, mark_words, readers_words, version_of

STATUS_WORDS = {
    "wrong": "est signalé faux",
    "stop": "ne sera plus utilisé",
    "unverified": "est à vérifier",
    "valid": "est utilisable",
    "verified": "est vérifié",
}


# ---- Ways to reach somebody ------------------------------------------------------------------------------------


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def contact_points(request: Request, person_id: UUID) -> HttpResponse:
    """The numbers and addresses of somebody: say what they are worth, correct one, add one."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    form = ContactPointForm(request.POST if request.method == "POST" else None)

    def act(typed: dict[str, Any]) -> str:
        operations.add_contact_point(
            actor=request.user, person=person, kind=typed["kind"], value=typed["value"], whose=typed["whose"]
        )
        return "C’est ajouté : la campagne suivante s’en servira."

    return correction_page(
        request, person.household, form, act,
        title=f"Comment joindre {person.display_name}",
        button="Ajouter",
        anchor=anchor_of(person),
        points=ways_and_marks(person, timezone.localdate()).contact_points,
        heading="Ajouter un numéro ou une adresse",
    )  # fmt: skip


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def correct_contact_point(request: Request, contact_point_id: UUID) -> HttpResponse:
    """Another number or address instead of this one, or whose it is."""
    point = get_contact_point_for(request.user, contact_point_id, reason=WHY, write=True)
    form = ContactPointForm(
        request.POST if request.method == "POST" else None,
        initial={"value": point.value, "whose": point.whose, "seen": version_of(point, operations.POINT_FIELDS)},
    )
    del form.fields["kind"]

    def act(typed: dict[str, Any]) -> str:
        operations.correct_contact_point(
            actor=request.user,
            contact_point=point,
            value=typed["value"],
            whose=typed["whose"],
            now=timezone.now(),
            seen=typed["seen"],
        )
        return "La correction est enregistrée."

    def compare(current: ContactPoint) -> tuple[str, list[Difference]]:
        typed = form.cleaned_data
        rows = [
            ("Numéro ou adresse", current.value, typed["value"]),
            ("À qui est-ce", current.whose, typed["whose"]),
            ("État", current.get_status_display(), "tel que vous l’avez lu"),
        ]
        return version_of(current, operations.POINT_FIELDS), differences(rows)

    return correction_page(
        request, point.person.household, form, act,
        title=f"Corriger ce qui joint {point.person.display_name}",
        button="Enregistrer la correction",
        words=["Un numéro venu du fichier du bailleur reste sur la fiche, signalé faux : il ne reviendra pas."],
        anchor=anchor_of(point.person),
        compare=compare,
    )  # fmt: skip


@require_POST
@role_required(*KEEPERS)
def flag_contact_point(request: Request, contact_point_id: UUID) -> HttpResponse:
    """Say that a number or an address is wrong, to be checked or no longer used, or that somebody answered there."""
    point = get_contact_point_for(request.user, contact_point_id, reason=WHY, write=True)
    status = request.POST.get("status", "")
    before = point.status
    try:
        if status == "verified":
            operations.verify_contact_point(
                actor=request.user, contact_point=point, now=timezone.now(), today=timezone.localdate()
            )
        elif status in ContactStatus.values:
            operations.flag_contact_point(
                actor=request.user, contact_point=point, status=ContactStatus(status), now=timezone.now()
            )
        else:
            raise PermissionDenied
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        if status != before:
            can_be_undone(request, point.person.household_id, "point", point.pk, {"status": before})
        what = "Ce numéro" if point.kind == "phone" else "Cette adresse"
        messages.success(request, f"{what} {STATUS_WORDS[status]}.")
    return redirect(household_url(point.person.household_id, anchor_of(point.person)))


# ---- Marks and relatives ---------------------------------------------------------------------------------------


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def marks(request: Request, person_id: UUID) -> HttpResponse:
    """Facts useful for care: note one until a day, end one that is no longer true."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    today, writable = timezone.localdate(), writable_kinds(request.user)
    form = MarkForm(request.POST if request.method == "POST" else None, kinds=writable)

    def act(typed: dict[str, Any]) -> str:
        mark = operations.add_mark(
            actor=request.user,
            person=person,
            kind=typed["kind"],
            source=typed["source"],
            today=timezone.localdate(),
            expires_on=typed["expires_on"],
            purpose=typed["purpose"],
        )
        return f"C’est noté : {mark_words(mark.kind, person.title).lower()}."

    found = ways_and_marks(person, today, kinds=readable_kinds(request.user)).marks
    return correction_page(
        request, person.household, form, act,
        title=f"Utile à savoir pour {person.display_name}",
        button="Noter ce repère",
        words=["Un repère est un fait utile, jamais une maladie. Il s’efface de lui-même au jour dit."],
        anchor=anchor_of(person),
        marks=marks_shown(found, person.title, today, writable),
        kinds=[
            {"label": label, "readers": readers_words(kind), "lasts": lasting_words(kind)}
            for kind, label in MarkKind.choices
        ],
        heading="Noter un repère",
    )  # fmt: skip


@require_POST
@role_required(*KEEPERS)
def renew_mark(request: Request, mark_id: UUID) -> HttpResponse:
    """This is still true: believed anew, as long as a mark of its kind usually is."""
    mark = get_mark_for(request.user, mark_id, reason=WHY, write=True)
    try:
        renewed = operations.renew_mark(actor=request.user, mark=mark, today=timezone.localdate())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        words = mark_words(mark.kind, mark.person.title)
        messages.success(request, f"« {words} » est encore vrai, jusqu’au {short_day(renewed.expires_on)}.")
    return redirect(household_url(mark.person.household_id, anchor_of(mark.person)))


@require_POST
@role_required(*KEEPERS)
def end_mark(request: Request, mark_id: UUID) -> HttpResponse:
    """This is no longer true."""
    mark = get_mark_for(request.user, mark_id, reason=WHY, write=True)
    person = mark.person
    kept: dict[str, Any] = {
        "kind": mark.kind,
        "source": mark.source,
        "expires_on": mark.expires_on,
        "purpose": mark.purpose,
    }
    operations.remove_mark(actor=request.user, mark=mark)
    can_be_undone(request, person.household_id, "mark", person.pk, kept)
    messages.success(request, f"« {mark_words(kept['kind'], person.title)} » n’est plus sur la fiche.")
    return redirect(household_url(person.household_id, anchor_of(person)))


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def relatives(request: Request, person_id: UUID) -> HttpResponse:
    """Relatives and carers whom the person agreed that we may call."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    form = RelativeForm(request.POST if request.method == "POST" else None)

    def act(typed: dict[str, Any]) -> str:
        operations.save_relative(actor=request.user, person=person, today=timezone.localdate(), **typed)
        return f"{typed['name']} peut être prévenu."

    return correction_page(
        request, person.household, form, act,
        title=f"Qui prévenir pour {person.display_name}",
        button="Ajouter ce proche",
        words=["Un proche ne figure ici que si la personne l’a accepté."],
        anchor=anchor_of(person),
        relatives=ways_and_marks(person, timezone.localdate()).relatives,
        heading="Ajouter un proche",
    )  # fmt: skip


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def correct_relative(request: Request, relative_id: UUID) -> HttpResponse:
    """Correct or take away a relative."""
    relative = get_relative_for(request.user, relative_id, reason=WHY, write=True)
    fields = ("name", "relation", "phone", "email", "agreed_on")
    form = RelativeForm(
        request.POST if request.method == "POST" else None, initial={name: getattr(relative, name) for name in fields}
    )

    def act(typed: dict[str, Any]) -> str:
        operations.save_relative(
            actor=request.user, person=relative.person, relative=relative, today=timezone.localdate(), **typed
        )
        return "La correction est enregistrée."

    return correction_page(
        request, relative.person.household, form, act,
        title=f"Corriger {relative.name}",
        button="Enregistrer la correction",
        anchor=anchor_of(relative.person),
        relative=relative,
    )  # fmt: skip


@require_POST
@role_required(*KEEPERS)
def remove_relative(request: Request, relative_id: UUID) -> HttpResponse:
    """Forget a relative, at once and for good: what was known of them is theirs."""
    relative = get_relative_for(request.user, relative_id, reason=WHY, write=True)
    person = relative.person
    operations.remove_relative(actor=request.user, relative=relative)
    messages.success(request, f"{relative.name} n’est plus sur la fiche.")
    return redirect(household_url(person.household_id, anchor_of(person)))
