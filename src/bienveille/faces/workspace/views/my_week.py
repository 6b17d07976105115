"""« Ma semaine »: a caller’s own list, in order, given back or exchanged; taken away and brought back as a file."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import ContactState
from bienveille.engines.dispatch.models import Batch, BatchLine
from bienveille.engines.dispatch.queries import kept_for_me, offered_lines
from bienveille.faces.workspace.forms import ReturnForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import counted, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_batch_for, get_campaign_for
from bienveille.services.outreach.operations.offline import NotOurList, list_files, read_list, save_rows
from bienveille.services.outreach.queries import campaigns_to_call
from bienveille.services.outreach.queries.offline import LookedAt, Standing, look_at_rows
from bienveille.services.outreach.rules.offline import FilledRow, as_plain, from_plain

INVALID, CONFLICT = 422, 409
SALT = "offline-list"
#: How long a preview may be confirmed, in seconds.
CONFIRM_WITHIN = 7200
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@require_safe
def my_week(request: Request) -> HttpResponse:
    """The households kept for me this week, in order, and those that others ask somebody to take."""
    today = timezone.localdate()
    lines = kept_for_me(request.user, today)
    queues = [one.queue_id for one in campaigns_to_call(request.user)]
    offered = offered_lines(request.user, queues, today)
    if lines:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Ma liste de la semaine",
            detail={"found": len(lines)},
        )
    groups = [_group(list(mine)) for _, mine in groupby(lines, key=lambda line: line.plan_id)]
    context = {
        "groups": groups,
        "offered": [
            {
                "line": line,
                "agency": line.contact.lane.agency.name if line.contact.lane.agency else "Sans agence",
                "language": language_name(line.contact.lane.language) if line.contact.lane.language else "français",
            }
            for line in offered
        ],
    }
    return render(request, "workspace/my_week.html", context)


def _group(lines: list[BatchLine]) -> dict[str, Any]:
    plan, batch = lines[0].plan, lines[0].batch
    left = [one for one in lines if one.contact.state in (ContactState.WAITING, ContactState.RESERVED)]
    called = len(lines) - len(left)
    return {
        "campaign": plan.queue.campaign,
        "plan": plan,
        "batch": batch,
        "left": left,
        "called": called,
        "total": len(lines),
        "title": f"{counted(len(left), 'ménage')} à appeler" if left else "Toute votre liste est appelée",
    }


@require_POST
def my_line(request: Request, line_id: UUID) -> HttpResponse:
    """One household of my list: given back, taken again, proposed to others, or no longer."""
    now, do = timezone.now(), request.POST.get("do", "")
    try:
        match do:
            case "back":
                dispatch.give_back_line(caller=request.user, line_id=line_id, now=now)
                again = Undo(url=request.path, name="do", value="again")
                say_done(request, "Le ménage est rendu : il sera proposé à quelqu’un d’autre.", undo=again)
            case "again":
                dispatch.take_line_again(caller=request.user, line_id=line_id, now=now)
                messages.success(request, "Le ménage est de nouveau dans votre liste.")
            case "offer" | "keep":
                dispatch.offer_line(caller=request.user, line_id=line_id, offered=do == "offer", now=now)
                words = (
                    "Votre demande est visible des autres appelants. Le ménage reste à vous d’ici là."
                    if do == "offer"
                    else "Vous gardez ce ménage."
                )
                messages.success(request, words)
            case _:
                raise Http404
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("workspace:my_week")


@require_POST
def take_offered(request: Request, line_id: UUID) -> HttpResponse:
    """Takes on my list a household that another caller asked somebody to take."""
    try:
        operations.take_offered(caller=request.user, line_id=line_id, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Le ménage est dans votre liste. Merci.")
    return redirect("workspace:my_week")


@require_safe
def my_list_file(request: Request, batch_id: UUID) -> HttpResponse:
    """My list as a file to fill in, or to print; the download is audited."""
    return _file(request, get_batch_for(request.user, batch_id, own=True))


@require_safe
@role_required(*MANAGERS)
def list_file(request: Request, campaign_id: UUID, batch_id: UUID) -> HttpResponse:
    """A caller's list as a file, for who prepares the week; the download is audited."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    batch = get_batch_for(request.user, batch_id, own=False)
    if batch.plan.queue_id != shown.queue_id:
        raise Http404
    return _file(request, batch)


def _file(request: Request, batch: Batch) -> HttpResponse:
    kind = request.GET.get("format", "xlsx")
    if kind not in TYPES:
        raise Http404
    [(_, files)] = list_files(actor=request.user, batches=[batch], kinds=[kind], now=timezone.now())
    made = files[kind]
    response = HttpResponse(made.content, content_type=TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{slugify(made.name)}.{kind}") or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def offline_return(request: Request) -> HttpResponse:
    """Filled lists come back: drop them, look at what will be saved, then save. Nothing is kept before that."""
    if request.method == "POST" and "rows" in request.POST:
        return _saved(request)
    form = ReturnForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    files: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        files = _read(request, form)
    if not files:
        status = INVALID if form.errors else 200
        return render(request, "workspace/offline_return.html", {"form": form, **_way_back(request)}, status=status)
    looked = [one for file in files for one in file["looked"]]
    ready = [one.row for one in looked if one.standing == Standing.APPLY]
    context = {
        "files": [{**file, **_told(file["looked"])} for file in files],
        "ready": ready,
        "ready_words": counted(len(ready), "appel"),
        "rows": signing.dumps([as_plain(row) for row in ready], salt=f"{SALT}:{request.user.pk}", compress=True),
        "form": form,
        **_way_back(request),
    }
    return render(request, "workspace/offline_preview.html", context, status=INVALID if form.errors else 200)


def _way_back(request: Request) -> dict[str, Any]:
    manages = has_role(request.user, *MANAGERS)
    back = reverse("workspace:campaigns") if manages else reverse("workspace:my_week")
    return {"trail": [("Campagnes" if manages else "Ma semaine", back)], "back": back}


def _read(request: Request, form: ReturnForm) -> list[dict[str, Any]]:
    now, scope = timezone.now(), targeting_scope(request.user)
    files = []
    for file in form.cleaned_data["lists"]:
        try:
            rows = read_list(file=file, size=file.size, now=now)
        except NotOurList as refusal:
            form.add_error("lists", f"{file.name[:80]} : {refusal}")
        else:
            looked = look_at_rows(request.user, scope, rows, timezone.localtime(now))
            files.append({"name": file.name[:80], "looked": looked})
    return files


def _told(looked: Sequence[LookedAt]) -> dict[str, Any]:
    def of(*standings: Standing) -> list[LookedAt]:
        return [one for one in looked if one.standing in standings]

    ready = of(Standing.APPLY)
    return {
        "ready": ready,
        "rejected": of(Standing.REJECTED),
        "conflicts": of(Standing.TAKEN, Standing.MOVED, Standing.OVER, Standing.UNKNOWN),
        "already": len(of(Standing.DONE)),
        "empty": len(of(Standing.EMPTY)),
        "count": counted(len(ready), "appel") + plural(len(ready), " sera enregistré", " seront enregistrés"),
    }


def _saved(request: Request) -> HttpResponse:
    try:
        raw = signing.loads(request.POST["rows"], salt=f"{SALT}:{request.user.pk}", max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        messages.error(request, "Cet aperçu a expiré : déposez de nouveau vos listes.")
        return redirect("workspace:offline_return")
    zone = timezone.get_current_timezone()
    rows: list[FilledRow] = [from_plain(one, zone) for one in raw]
    done = save_rows(actor=request.user, scope=targeting_scope(request.user), rows=rows, now=timezone.now())
    words = [f"{counted(done.saved, 'appel')} {plural(done.saved, 'enregistré')}."]
    if done.already:
        words.append(f"{counted(done.already, 'autre')} l’{plural(done.already, 'était', 'étaient')} déjà.")
    if not done.told:
        messages.success(request, " ".join(words))
        return redirect("workspace:campaigns" if has_role(request.user, *MANAGERS) else "workspace:my_week")
    context = {"words": " ".join(words), "told": done.told, **_way_back(request)}
    return render(request, "workspace/offline_done.html", context)
