"""Pages of long files about people: asked for, answered by somebody else, taken away once."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.access import get_large_file_for, watches_accounts
from bienveille.register.accounts.adapters import proof_required, read_refused_file
from bienveille.register.accounts.forms import LargeFileAnswerForm, LargeFileForm, RowsAloneForm
from bienveille.register.accounts.models import LargeFile, User

INVALID = 422


@require_safe
def files(request: HttpRequest) -> HttpResponse:
    """The long files that one asked for, those that wait for one's answer, and the number of rows for who sets it."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
def file_ask(request: HttpRequest) -> HttpResponse:
    """A list was too long to leave alone: say why it should, and somebody else answers."""
    ticket = request.POST.get("ticket") or request.GET.get("ticket") or ""
    try:
        wanted, back = read_refused_file(ticket, _me(request))
    except signing.BadSignature:
        return redirect("accounts:files")
    form = LargeFileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.ask_large_file(
                actor=_me(request), reason=form.cleaned_data["reason"], now=timezone.now(), **wanted
            )
            messages.success(request, "C’est demandé. La réponse arrivera ici et par courriel.")
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect("accounts:files")
    context = {
        "form": form,
        "ticket": ticket,
        "wanted": wanted,
        "alone_rows": queries.rows_alone(),
        "answering": [user.display_name for user in queries.who_answers(_me(request))[:10]],
        "back": back,
    }
    return render(request, "accounts/large_file_ask.html", context, status=INVALID if form.errors else 200)


@proof_required
@require_POST
def file_answer(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Agree to somebody else's file, or refuse it."""
    asked = get_large_file_for(_me(request), file_id)
    form = LargeFileAnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, answered=(asked.pk, form))
    try:
        operations.answer_large_file(actor=_me(request), file_id=asked.pk, now=timezone.now(), **form.cleaned_data)
        words = (
            "accordé\u00a0: il part une fois, dans les vingt-quatre heures" if form.cleaned_data["agreed"] else "refusé"
        )
        messages.success(request, f"Le fichier est {words}.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:files")


@proof_required
@require_POST
def rows_alone(request: HttpRequest) -> HttpResponse:
    """Above how many rows a file about people needs a second person."""
    if not watches_accounts(_me(request)):
        raise PermissionDenied
    form = RowsAloneForm(request.POST)
    if not form.is_valid():
        return _page(request, rows_form=form)
    operations.set_rows_alone(actor=_me(request), rows=form.cleaned_data["rows"])
    messages.success(request, "Le seuil est réglé. Le reste de la direction en est prévenu.")
    return redirect("accounts:files")


def _page(
    request: HttpRequest,
    *,
    answered: tuple[UUID, LargeFileAnswerForm] | None = None,
    rows_form: RowsAloneForm | None = None,
) -> HttpResponse:
    user, now = _me(request), timezone.now()
    watches, most = watches_accounts(user), queries.rows_alone()
    wrong = [*([answered[1]] if answered else []), *([rows_form] if rows_form else [])]
    context: dict[str, Any] = {
        "mine": [_mine(one, now) for one in queries.large_files_of(user, now=now)],
        "waiting": [
            {
                "file": one,
                "list_url": one.address if one.kind else "",  # else the address is the file itself
                "form": answered[1]
                if answered and answered[0] == one.pk
                else LargeFileAnswerForm(auto_id=f"id_{one.pk.hex}_%s"),
            }
            for one in queries.large_files_to_answer(user, now=now)
        ],
        "past": [one for one in queries.large_files_answered(now=now) if one.asked_by_id != user.pk] if watches else [],
        "watches": watches,
        "rows_form": rows_form or RowsAloneForm(initial={"rows": most}),
        "most": most,
        "wrong_forms": wrong,
    }
    return render(request, "accounts/large_files.html", context, status=INVALID if wrong else 200)


def _mine(one: LargeFile, now: Any) -> dict[str, Any]:
    """One of one's own requests: where it stands, and the address that takes the file away when it may leave."""
    over = one.expires_at <= now
    if one.taken_at:
        state = "taken"
    elif one.agreed is False:
        state = "refused"
    elif over:
        state = "over"
    elif one.agreed is None:
        state = "waiting"
    else:
        state = "open" if one.opens_at and one.opens_at <= now else "soon"
    parts = urlsplit(one.address)
    query = [*parse_qsl(parts.query), *([("export", one.kind)] if one.kind else [])]
    return {"file": one, "state": state, "url": f"{parts.path}?{urlencode(query)}" if query else parts.path}


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]
