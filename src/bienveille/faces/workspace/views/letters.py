"""« Lettres »: print those that wait, take the files, say that they left; note those that come back."""

import zipfile
from tempfile import SpooledTemporaryFile
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.messaging.access import (
    NOTICERS,
    WRITERS,
    get_address_check_for,
    get_mailing_to_print,
    get_print_for,
    may_print,
    noticing_scope,
)
from bienveille.engines.messaging.choices import PrintState, PrintWay
from bienveille.engines.messaging.operations import prints
from bienveille.engines.messaging.queries.prints import addresses_to_check, files_of, prints_list, waiting_letters
from bienveille.faces.workspace.forms.letters import ReturnedForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, listed
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import weigh
from bienveille.ground.ui.flash import say_done
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit

INVALID = 422


@require_safe
@role_required(*WRITERS)
def letters(request: Request) -> HttpResponse:
    """Letters that wait, mailing by mailing, and what was printed lately."""
    context = {
        "waiting": [one for one in waiting_letters() if may_print(request.user, one)],
        "prints": [one for one in prints_list() if may_print(request.user, one.mailing)],
        "returned": reverse("workspace:returned_letters"),
    }
    return render(request, "workspace/letters.html", context)


@require_POST
@role_required(*WRITERS)
def print_letters(request: Request, mailing_id: UUID) -> HttpResponse:
    """Have the letters of a mailing set, to be carried or for a postal platform."""
    mailing = get_mailing_to_print(request.user, mailing_id)
    way = PrintWay.POSTED if request.POST.get("way") == PrintWay.POSTED else PrintWay.CARRIED
    try:
        made = prints.make_letters(actor=request.user, mailing=mailing, way=way, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("workspace:letters")
    say_done(request, f"{counted(made.letters, 'lettre')} en cours de mise en page.")
    return redirect("workspace:print", made.pk)


@require_safe
@role_required(*WRITERS)
def print_page(request: Request, print_id: UUID) -> HttpResponse:
    """A print: its files, how many letters, whether they left."""
    made = get_print_for(request.user, print_id)
    context = {
        "made": made,
        "files": files_of(made),
        "setting": made.state == PrintState.SETTING,
        "ready": made.state == PrintState.READY,
        "handed": made.state == PrintState.HANDED,
        "failed": made.state == PrintState.FAILED,
        "trail": [("Lettres", reverse("workspace:letters"))],
    }
    return render(request, "workspace/print.html", context)


@require_safe
@role_required(*WRITERS)
def print_files(request: Request, print_id: UUID) -> FileResponse:
    """All the files of a print in one archive; the taking is audited, for they hold names and addresses."""
    made = get_print_for(request.user, print_id)
    files = files_of(made)
    if not files:
        raise Http404
    # Above its threshold the mailing itself was read and agreed to by somebody else, letters included.
    weigh(range(made.letters), what="Lettres à imprimer", agreed=made.mailing.approved_by_id is not None)
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject=made.mailing,
        reason="Lettres à imprimer",
        detail={"letters": made.letters},
    )
    packed = SpooledTemporaryFile(max_size=8 * 2**20)  # noqa: SIM115 - closed by the response
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for one in files:
            archive.writestr(one.name, prints.read_file(one).read())
    packed.seek(0)
    return FileResponse(packed, as_attachment=True, filename=f"lettres-{made.made_at:%Y-%m-%d}.zip")


@require_POST
@role_required(*WRITERS)
def hand_letters(request: Request, print_id: UUID) -> HttpResponse:
    """Say that the letters left, or put them back among those that wait."""
    made = get_print_for(request.user, print_id)
    try:
        if request.POST.get("do") == "cancel":
            prints.cancel_print(actor=request.user, made=made)
            say_done(request, "Les lettres attendent de nouveau, et les fichiers sont effacés.")
            return redirect("workspace:letters")
        prints.hand_over(actor=request.user, made=made, now=timezone.now())
        say_done(request, "Les lettres sont notées comme remises.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("workspace:print", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*NOTICERS)
def returned_letters(request: Request) -> HttpResponse:
    """Note letters that came back by their numbers; the addresses to check, until somebody says they are settled."""
    scope = noticing_scope(request.user)
    form = ReturnedForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = prints.note_returned(
            actor=request.user, typed=form.cleaned_data["numbers"], scope=scope, now=timezone.now()
        )
        noted = f"{counted(len(told['noted']), 'lettre revenue', 'lettres revenues')}."
        again = f" Déjà notées\u00a0: {len(told['again'])}." if told["again"] else ""
        if not told["unknown"]:
            say_done(request, noted + again)
            return redirect("workspace:returned_letters")
        form = ReturnedForm({"numbers": "\n".join(told["unknown"])})
        form.add_error(
            "numbers",
            f"{noted}{again} Ces numéros ne sont pas reconnus\u00a0: {listed(told['unknown'][:20])}. Lisez-les de"
            " nouveau, ou laissez-les de côté.",
        )
    checks = addresses_to_check(scope)
    if checks:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Adresses à vérifier",
            detail={"found": len(checks)},
        )
    writes = has_role(request.user, *WRITERS)
    above = ("Lettres", "workspace:letters") if writes else ("Messages reçus", "workspace:inbox")
    context = {"form": form, "checks": checks, "trail": [(above[0], reverse(above[1]))]}
    return render(request, "workspace/letters_returned.html", context, status=INVALID if form.errors else 200)


@require_POST
@role_required(*NOTICERS)
def settle_address(request: Request, check_id: UUID) -> HttpResponse:
    """Say that an address was checked."""
    check = get_address_check_for(request.user, check_id)
    prints.settle_address(actor=request.user, check=check, now=timezone.now())
    say_done(request, "L’adresse est notée comme vérifiée.")
    return redirect("workspace:returned_letters")
