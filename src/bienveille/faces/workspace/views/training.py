"""Before the first call: the charter and the five-minute training; and the day that is full."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.reference import strip_numbers
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach.forms.training import CharterForm, LessonForm
from bienveille.services.outreach.operations import training as operations
from bienveille.services.outreach.queries.training import readiness, rhythm_of
from bienveille.services.outreach.rules.training import LESSONS, ONCE_MORE, charter_in_force, next_lesson

INVALID = 422
CONFLICT = 409


def _numbers() -> list[dict[str, str]]:
    today = timezone.localdate()
    return [{"number": one.number, "label": one.short, "uri": one.href} for one in strip_numbers(today)]


def _first_number() -> str:
    """The number that goes before everything, from the dated table."""
    return strip_numbers(timezone.localdate())[0].number


@require_http_methods(["GET", "HEAD", "POST"])
def training(request: Request) -> HttpResponse:
    """The charter; once accepted, how far one is; once trained, the way to the first call."""
    today = timezone.localdate()
    form = CharterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        operations.accept_charter(caller=request.user, now=timezone.now())
        following = next_lesson(readiness(request.user, today).answered)
        return redirect("workspace:training_step", following) if following else redirect("workspace:training")
    found = readiness(request.user, today)
    charter = charter_in_force(today)
    number = _first_number()
    context: dict[str, Any] = {
        "form": form,
        "readiness": found,
        "points": [(title, text.format(number=number)) for title, text in charter.points],
        "since": charter.in_force_from,
        "following": next_lesson(found.answered),
        "lessons": [
            {"rank": rank, "title": lesson.title, "done": lesson.key in found.answered}
            for rank, lesson in enumerate(LESSONS, 1)
        ],
    }
    return render(request, "workspace/training.html", context, status=INVALID if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def training_step(request: Request, rank: int) -> HttpResponse:
    """One short lesson and its question; a wrong answer is explained, and the question asked again."""
    if not 1 <= rank <= len(LESSONS):
        raise Http404
    lesson, number = LESSONS[rank - 1], _first_number()
    posted = request.POST if request.method == "POST" else None
    form = LessonForm(posted, lesson=lesson, number=number)
    wrong = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["answer"]
        try:
            chosen = operations.answer_lesson(caller=request.user, rank=rank, answer=given, now=timezone.now())
        except operations.CharterFirst as refusal:
            messages.warning(request, str(refusal))
            return redirect("workspace:training")
        if chosen is not None and chosen.right:
            messages.success(request, f"C’est cela. {chosen.because.format(number=number)}")
            following = next_lesson(readiness(request.user, timezone.localdate()).answered)
            return redirect("workspace:training_step", following) if following else redirect("workspace:training")
        if chosen is not None:
            wrong = chosen.because.format(number=number)
    context = {
        "lesson": lesson,
        "says": [text.format(number=number) for text in lesson.says],
        "form": form,
        "wrong": wrong,
        "rank": rank,
        "count": len(LESSONS),
        "numbers": _numbers(),
        "button": "Répondre et finir" if rank == len(LESSONS) else "Répondre et continuer",
    }
    return render(request, "workspace/training_step.html", context, status=INVALID if form.errors or wrong else 200)


@require_safe
def enough(request: Request) -> HttpResponse:
    """The day is full: a kind word, and the way to go on knowingly, once."""
    return _enough_page(request)


def _enough_page(request: Request, *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    rhythm = rhythm_of(request.user, timezone.localdate())
    context = {
        "rhythm": rhythm,
        "spoken": counted(rhythm.spoken, "conversation"),
        "more": ONCE_MORE,
        "refusal": refusal,
    }
    return render(request, "workspace/enough.html", context, status=status)


@require_POST
def go_on(request: Request) -> HttpResponse:
    """Go on a little past one's number, once a day."""
    try:
        operations.go_on_today(caller=request.user, now=timezone.now())
    except operations.CannotGoOn as refusal:
        return _enough_page(request, refusal=refusal, status=CONFLICT)
    messages.success(
        request, f"Vous continuez un peu : {ONCE_MORE} conversations au plus. Arrêtez-vous quand vous voulez."
    )
    return redirect("workspace:calls")
