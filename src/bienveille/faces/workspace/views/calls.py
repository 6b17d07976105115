"""The caller's screen and what leads to it: take, save, give back, take back, keep a promise.

A page shown by GET never takes anybody: only a button does. Whatever is refused, what was typed is shown again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.queries import (
    Later,
    caller_day,
    contact_held,
    contact_in_hand,
    waiting_later,
    waiting_on_lists,
)
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.queries import get_definition
from bienveille.engines.questionnaires.rules import answers_from_post
from bienveille.faces.workspace.forms import OFTEN, CallForm, CallWishForm, QuoteForm
from bienveille.faces.workspace.queries import WEEK_AHEAD, help_near
from bienveille.faces.workspace.rules import by_day, home_line, people_line, phone_words
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.day import midnight
from bienveille.faces.workspace.views.together import beside_the_call, said_together
from bienveille.faces.workspace.views.weekly import habits_words
from bienveille.faces.workspace.views.wishes import closed_words, hours_and_words, wish_initial
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.note_guard import Finding
from bienveille.ground.lib.typography import counted, day_in_words, moment_in_words, plural
from bienveille.ground.platform.reference import strip_numbers
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.register.tenants.queries import wish_of
from bienveille.register.wording.queries import check_note
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_campaign_to_call
from bienveille.services.outreach.choices import CampaignState, Grade
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.training import DayIsFull, NotTrained
from bienveille.services.outreach.queries import (
    CallSheet,
    call_sheet,
    last_saved_call,
    pause_of,
    people_to_quote,
    promised_calls,
    scale_in_use,
    undone_call,
)
from bienveille.services.outreach.queries.messages import written_ways
from bienveille.services.outreach.rules import AGREEMENT, SCALE_AGREES

INVALID = 422
CONFLICT = 409
GRADE_HINTS = {
    "green": "Tout va bien, ou la famille s’en occupe",
    "yellow": "À rappeler sous 7 jours",
    "orange": "À orienter sous 48 h, une personne prend le relais",
    "red": "Danger : le numéro d’urgence d’abord, puis le cadre de garde",
}
#: Never Alt + a digit: outcomes have them.
GRADE_KEYS = {"green": "alt+v", "yellow": "alt+j", "orange": "alt+o", "red": "alt+r"}
#: Refusals that mean that the page is out of date, not that something typed is wrong.
OUT_OF_DATE = (dispatch.StaleToken, dispatch.UnknownContact, operations.NotACaller)


def last_call(campaign: Campaign, user: User) -> Attempt | None:
    """The call just saved in this campaign, while it may still be taken back."""
    return last_saved_call(user, timezone.now(), campaign.queue_id)


@require_safe
def promised(request: Request) -> HttpResponse:
    """The calls that this person promised: late, today, in the week."""
    return _promised_page(request)


def _promised_page(request: Request, *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    planned = promised_calls(request.user, today + WEEK_AHEAD)
    due = sum(one.due_on <= today for one in planned)
    context = {
        "title": f"{counted(due, 'rappel')} {plural(due, 'vous attend', 'vous attendent')}" if due else "Mes rappels",
        "groups": by_day(planned, today),
        "refusal": refusal,
    }
    return render(request, "workspace/promised.html", context, status=status)


@require_POST
def start_promised(request: Request, planned_call_id: UUID) -> HttpResponse:
    """Start one of one's promised calls now."""
    try:
        campaign = operations.take_promised(planned_call_id=planned_call_id, caller=request.user, now=timezone.now())
    except Refusal as refusal:
        return _promised_page(request, refusal=refusal, status=CONFLICT)
    return redirect("workspace:call", campaign.pk)


@require_POST
def next_call(request: Request, campaign_id: UUID) -> HttpResponse:
    """Take the next household, or the one already in hand, then show it."""
    campaign = get_campaign_to_call(request.user, campaign_id)
    return _show_next(request, campaign)


def _show_next(request: Request, campaign: Campaign) -> HttpResponse:
    try:
        found = operations.take_next(campaign=campaign, caller=request.user, now=timezone.now())
    except NotTrained as refusal:
        messages.warning(request, str(refusal))
        return redirect("workspace:training")
    except DayIsFull:
        return redirect("workspace:enough")
    page = reverse("workspace:call", args=[campaign.pk])
    return redirect(page if found else f"{page}?demande=1")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: Request, campaign_id: UUID) -> HttpResponse:
    """GET: the household in hand, or why there is none. POST: save the call, then the next one or a pause."""
    campaign = get_campaign_to_call(request.user, campaign_id)
    if request.method == "POST":
        return _for_the_script(request, _save(request, campaign))
    contact = contact_in_hand(campaign.queue_id, request.user)
    if contact is None:
        return _nobody_page(request, campaign)
    now = timezone.now()
    typed = undone_call(contact, request.user, now)
    answers = typed.pop("answers", {})
    form = _form(contact, initial={"idempotency_key": uuid4().hex, **typed})
    quote = QuoteForm(initial=typed)
    wish = CallWishForm(prefix="w", initial=wish_initial(wish_of(contact.household_id)))
    return _call_page(request, campaign, contact, form, quote, answers, wish=wish)


def _for_the_script(request: Request, answer: HttpResponse) -> HttpResponse:
    """Where to go next as data, for the script that saves in spite of the network; a refusal stays a page."""
    if request.headers.get("X-Bienveille-Outbox") and isinstance(answer, HttpResponseRedirect):
        return JsonResponse({"next": answer.url})
    return answer


def _form(contact: Contact, *, data: Any = None, initial: Mapping[str, Any] | None = None) -> CallForm:
    own = {"contact": contact.pk, "token": contact.token}
    return CallForm(data, initial={**own, **(initial or {})})


def _save(request: Request, campaign: Campaign) -> HttpResponse:
    now = timezone.now()
    form = CallForm(request.POST)
    quote = QuoteForm(request.POST)
    wish = CallWishForm(request.POST, prefix="w")
    answers = answers_from_post(get_definition(campaign.questionnaire_id), request.POST)
    findings: list[Finding] = []
    guide_errors: Mapping[str, list[str]] = {}
    if all([form.is_valid(), quote.is_valid(), wish.is_valid()]):
        findings = check_note(form.cleaned_data["note"])
        if findings and not form.cleaned_data["keep_note"]:
            form.add_error("note", "Cette phrase contient des mots sensibles. Récrivez-la, ou gardez-la en le disant.")
        else:
            try:
                recorded = operations.record_call(
                    campaign=campaign,
                    caller=request.user,
                    contact_id=form.cleaned_data["contact"],
                    token=form.cleaned_data["token"],
                    report=replace(
                        form.report(answers),
                        quote=quote.typed(),
                        scale=_scale_answers(request, campaign),
                        together=said_together(request),
                        wish=wish.said(),
                    ),
                    now=now,
                    idempotency_key=form.cleaned_data["idempotency_key"] or None,
                )
            except OUT_OF_DATE as refusal:
                return _stale_page(request, campaign, form, answers, refusal)
            except dispatch.CannotPlan as refusal:
                form.add_error("call_back_on", str(refusal))
            except dispatch.CannotPlanThen as refusal:
                form.add_error("call_back_when", str(refusal))
            except operations.InvalidReport as refusal:
                guide_errors = _spread(form, quote, refusal.errors)
            else:
                if form.tells_readers:
                    messages.success(request, TOLD_READERS)
                return _go_on(request, campaign, recorded, hard=form.is_hard)
    contact = _contact_of(form, campaign, request.user)
    if contact is None:
        return _stale_page(request, campaign, form, answers, dispatch.StaleToken())
    return _call_page(
        request, campaign, contact, form, quote, answers,
        wish=wish, guide_errors=guide_errors, findings=findings, status=INVALID,
    )  # fmt: skip


TOLD_READERS = (
    "Ce que vous avez noté des violences est transmis à deux personnes nommées, et à elles seules. Il n’en reste rien "
    "sur cet appel. Soufflez, et demandez à en parler si vous le souhaitez, sans dire de qui il s’agit."
)


def _go_on(request: Request, campaign: Campaign, recorded: dispatch.Recorded, *, hard: bool) -> HttpResponse:
    """After a call is saved: the next one, or the desk; after a hard one, a breath. Sent twice, the same place."""
    if hard:
        return redirect("workspace:after_call", recorded.attempt.pk)
    if request.POST.get("then") == "pause":
        return redirect("workspace:calls")
    if recorded.replayed:
        return redirect("workspace:call", campaign.pk)
    return _show_next(request, campaign)


def _scale_answers(request: Request, campaign: Campaign) -> dict[str, Any]:
    """The answers to the short loneliness scale, as posted; read only when there are any (1 query then)."""
    scale = scale_in_use(campaign) if f"q_{SCALE_AGREES}" in request.POST else None
    return answers_from_post(get_definition(scale.version_id), request.POST) if scale else {}


def _spread(form: CallForm, quote: QuoteForm, errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Puts what the operation refused beside its field; gives what belongs to the guide, by question."""
    guide: dict[str, list[str]] = {}
    for name, sentences in errors.items():
        if name.startswith("q_"):
            guide[name.removeprefix("q_")] = sentences
        elif name in quote.fields:
            quote.add_error(name, sentences)
        else:
            place = "next" if name == "weekly" else name
            form.add_error(place if place in form.fields else None, sentences)
    return guide


def _contact_of(form: CallForm, campaign: Campaign, user: User) -> Contact | None:
    """The household a refused form speaks of, if its token still holds."""
    contact_id, token = form.cleaned_data.get("contact"), form.cleaned_data.get("token")
    if contact_id is None or token is None:
        return None
    return contact_held(campaign.queue_id, user, contact_id, token)


def _call_page(
    request: Request,
    campaign: Campaign,
    contact: Contact,
    form: CallForm,
    quote: QuoteForm,
    answers: Mapping[str, Any],
    *,
    wish: CallWishForm,
    guide_errors: Mapping[str, list[str]] | None = None,
    findings: Iterable[Finding] = (),
    status: int = 200,
) -> HttpResponse:
    sheet = call_sheet(contact, timezone.now())
    home = contact.household.dwelling
    dialled = form["phone"].value()
    phones = [
        {
            "line": line,
            "words": phone_words(line, alone=len(sheet.people) == 1, today=timezone.localdate()),
            "chosen": line.number == dialled if dialled else rank == 0,
        }
        for rank, line in enumerate(sheet.phones)
    ]
    done = caller_day(request.user, campaign.queue_id, midnight())["calls"]
    quote.offer(people_to_quote(contact.household_id))
    ways = written_ways(contact.household_id, timezone.now())
    form.offer_ways(ways)
    scale = scale_in_use(campaign)
    context = {
        **beside_the_call(request, campaign, contact),
        "campaign": campaign,
        "contact": contact,
        "sheet": sheet,
        "quote_form": quote,
        "all_forms": [form, quote, wish],
        **hours_and_words(request.user, campaign, contact, sheet, wish, ways, timezone.now()),
        "ways": ways,
        "agreement": AGREEMENT,
        "scale_definition": get_definition(scale.version_id) if scale else None,
        "scale_answers": _scale_answers(request, campaign),
        "habits": habits_words(contact, request.user, timezone.localdate()),
        "last_words_source": _last_words_source(sheet),
        "phones": phones,
        "best_phone": phones[0] if phones else None,
        "who": ". ".join(part for part in [people_line(sheet.people), home_line(home) if home else ""] if part),
        "people": [
            {"person": person, "languages": [language_name(code) for code in person.languages]}
            for person in sheet.people
        ],
        "relatives": [relative for person in sheet.people for relative in person.relatives],
        "form": form,
        "often": OFTEN,
        "definition": get_definition(campaign.questionnaire_id),
        "answers": answers,
        "guide_errors": guide_errors or {},
        "findings": findings,
        "grades": [
            {
                "value": value,
                "label": label,
                "hint": GRADE_HINTS[value],
                "key": GRADE_KEYS[value],
                "checked": form["grade"].value() == value,
            }
            for value, label in Grade.choices
        ],
        "grade_error": next(iter(form.errors.get("grade", [])), ""),
        "help": help_near(home, timezone.localdate()),
        "commune": home.building.residence.commune if home else None,
        "numbers": _strip(),
        "undo": last_call(campaign, request.user),
        "done_today": f"{counted(done, 'appel')} aujourd’hui" if done else "",
    }
    return render(request, "workspace/call.html", context, status=status)


def _last_words_source(sheet: CallSheet) -> str:
    line = sheet.last_words
    if line is None:
        return ""
    return f"Noté {day_in_words(timezone.localtime(line.at).date(), timezone.localdate())} par {line.caller}"


def _strip() -> list[dict[str, str]]:
    return [{"number": one.number, "label": one.short, "uri": one.href} for one in strip_numbers(timezone.localdate())]


def _nobody_page(request: Request, campaign: Campaign) -> HttpResponse:
    promised = promised_calls(request.user, timezone.localdate() + WEEK_AHEAD)
    context = {
        "campaign": campaign,
        "open": campaign.state == CampaignState.OPEN,
        **closed_words(campaign, request.user, timezone.now()),
        "closed": campaign.state == CampaignState.CLOSED,
        "what_next": _what_next(waiting_later(campaign.queue), promised, waiting_on_lists(campaign.queue)),
        "promised": promised,
        "asked": request.GET.get("demande") == "1",
        "undo": last_call(campaign, request.user),
        "pause": pause_of(request.user, timezone.localdate()),
    }
    return render(request, "workspace/nobody.html", context)


def _what_next(later: Later, promised: list[PlannedCall], listed: int) -> str:
    """What happens from here, when nobody is to be called now."""
    today = timezone.localdate()
    words = []
    if later.first:
        moment = moment_in_words(timezone.localtime(later.first), today)
        verb = plural(later.count, "sera à rappeler", "seront à rappeler")
        first = "le premier " if later.count > 1 else ""
        words.append(f"{counted(later.count, 'ménage')} {verb} plus tard, {first}{moment}.")
    elif not listed:
        words.append("Tous les ménages ont été appelés, ou sont entre les mains d’un autre appelant.")
    if listed:
        verb = plural(listed, "est gardé", "sont gardés")
        words.append(f"{counted(listed, 'ménage')} {verb} pour vos collègues, sur leurs listes de la semaine.")
    if promised:
        words.append(f"Votre prochain rappel est promis {day_in_words(promised[0].due_on, today)}.")
    return " ".join(words)


def _stale_page(
    request: Request, campaign: Campaign, form: CallForm, answers: Mapping[str, Any], refusal: Refusal
) -> HttpResponse:
    """409: nothing was saved, everything typed is shown so that it can be read and copied."""
    definition = get_definition(campaign.questionnaire_id)
    outcome = form["outcome"].value()
    typed = [
        ("L’appel", dict(Outcome.choices).get(outcome, "")),
        ("Votre avis", dict(Grade.choices).get(form["grade"].value(), "")),
        ("Besoins", ", ".join(dict(Need.choices).get(need, need) for need in _needs(form))),
        *(
            (question.label, _answer_words(question, answers.get(key)))
            for key, question in definition.questions.items()
        ),
    ]
    context = {
        "campaign": campaign,
        "refusal": str(refusal),
        "typed": [(label, words) for label, words in typed if words],
        "note": form["note"].value() or "",
        "numbers": _strip(),
    }
    return render(request, "workspace/stale.html", context, status=CONFLICT)


def _needs(form: CallForm) -> list[str]:
    return form["needs"].value() or []


def _answer_words(question: Any, answer: Any) -> str:
    if answer is None:
        return ""
    labels = {choice.value: choice.label for choice in question.choices}
    given = answer if isinstance(answer, list) else [answer]
    return ", ".join(labels.get(one, str(one)) for one in given)


@require_POST
def give_back(request: Request, campaign_id: UUID) -> HttpResponse:
    """Give the household back without having called."""
    campaign = get_campaign_to_call(request.user, campaign_id)
    contact = contact_in_hand(campaign.queue_id, request.user)
    token = request.POST.get("token", "")
    if contact is not None and contact.token is not None and str(contact.token) == token:
        dispatch.release(caller=request.user, contact_id=contact.pk, token=contact.token)
        messages.success(request, f"{contact.household.display_name} est rendu à la file. Rien n’est enregistré.")
    return redirect("workspace:calls")


@require_POST
def keep(request: Request, campaign_id: UUID) -> HttpResponse:
    """Sent by the page while a call lasts, so that nobody else is given the household. Answers nothing."""
    campaign = get_campaign_to_call(request.user, campaign_id)
    contact = contact_in_hand(campaign.queue_id, request.user)
    if contact is not None and contact.token is not None:
        dispatch.keep_in_hand(caller=request.user, contact_id=contact.pk, token=contact.token, now=timezone.now())
    return HttpResponse(status=204)


@require_POST
def undo(request: Request, campaign_id: UUID, attempt_id: UUID) -> HttpResponse:
    """Take back the call just saved: its household is in hand again, with what had been typed."""
    campaign = get_campaign_to_call(request.user, campaign_id)
    try:
        operations.take_back_call(campaign=campaign, caller=request.user, attempt_id=attempt_id, now=timezone.now())
    except Refusal as refusal:
        return render(request, "workspace/refused.html", {"campaign": campaign, "refusal": refusal}, status=CONFLICT)
    messages.success(request, "L’appel est annulé. Corrigez-le, puis enregistrez de nouveau.")
    return redirect("workspace:call", campaign.pk)
