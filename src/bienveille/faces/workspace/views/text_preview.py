"""A text as real households will read it, and those for whom one of its words would be missing."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.audiences.queries import check, sample, saved_audiences
from bienveille.engines.messaging.access import WRITERS, get_template_for, sending_scope
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.models import TemplateVersion
from bienveille.engines.messaging.queries.templates import latest_version
from bienveille.engines.messaging.queries.variables import lacking, values_for
from bienveille.engines.messaging.rules.layout import paragraphs
from bienveille.engines.messaging.rules.ready_texts import variant_key
from bienveille.engines.messaging.rules.sms_parts import measure
from bienveille.engines.messaging.rules.variables import asked, blanks, render_sms
from bienveille.engines.messaging.rules.variables import render as rendered
from bienveille.engines.messaging.rules.wording import cost_words, variant_words
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, listed
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit

EVERYBODY: dict[str, list[object]] = {"all": []}
SHOWN, LISTED = 3, 20


class PreviewForm(forms.Form):
    """Which variant, for whom; an answer that is neither is the first of each."""

    variante = forms.ChoiceField(label="Variante", required=False)
    public = forms.ChoiceField(label="Public", required=False)


@require_safe
@role_required(*WRITERS)
def text_preview(request: Request, template_id: UUID) -> HttpResponse:
    """Some households of an audience with the text as they will read it; holes are looked for in all of them."""
    shown = get_template_for(request.user, template_id)
    version = latest_version(shown)
    variants = {variant_key(one.channel, one.language, one.easy): one for one in version.texts.all()}
    if not variants:
        raise Http404
    audiences = {str(one.pk): one for one in saved_audiences()}
    key = request.GET.get("variante", "")
    text = variants.get(key) or next(iter(variants.values()))
    chosen = audiences.get(request.GET.get("public", ""))
    rule = chosen.rule if chosen else EVERYBODY
    today, scope = timezone.localdate(), sending_scope(request.user)
    found = sample(check(rule), today, limit=SHOWN, scope=scope)
    values = values_for([(one.household_id, None) for one in found], on=today)
    number, holes = lacking(rule, asked(f"{text.subject}\n{text.body}"), today, limit=LISTED, scope=scope)
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_LISTED,
        reason="Aperçu d’un texte",
        detail={"found": len(found) + len(holes)},
    )
    sms = text.channel == Channel.SMS
    rows = []
    for one in found:
        theirs = values[one.household_id, None]
        body = render_sms(text.body, theirs) if sms else rendered(text.body, theirs)
        rows.append(
            {
                "name": one.display_name,
                "residence": one.residence,
                "subject": rendered(text.subject, theirs),
                "paragraphs": paragraphs(body),
                "cost": cost_words(measure(body)) if sms else "",
            }
        )
    form = PreviewForm(
        initial={
            "variante": variant_key(text.channel, text.language, text.easy),
            "public": str(chosen.pk) if chosen else "",
        }
    )
    form.fields["variante"].choices = _variants(version)  # type: ignore[attr-defined]
    form.fields["public"].choices = [  # type: ignore[attr-defined]
        ("", "Tous les foyers que vous couvrez"),
        *((pk, one.name) for pk, one in audiences.items()),
    ]
    context = {
        "template": shown,
        "form": form,
        "shown": rows,
        "language": text.language,
        "unfinished": blanks(f"{text.subject}\n{text.body}"),
        "lacking": [
            {"display_name": one.display_name, "residence": one.residence, "words": listed(one.empty)} for one in holes
        ],
        "lacking_count": number,
        "lacking_more": number - len(holes),
        "lacking_title": f"Il manquerait un mot à {counted(number, 'foyer')}",
        "trail": [
            ("Textes", reverse("workspace:texts")),
            (shown.name, reverse("workspace:text", args=[shown.pk])),
        ],
    }
    return render(request, "workspace/text_preview.html", context)


def _variants(version: TemplateVersion) -> list[tuple[str, str]]:
    return [
        (variant_key(one.channel, one.language, one.easy), variant_words(one.channel, one.language, one.easy))
        for one in version.texts.all()
    ]
