"""The gallery, where every component is seen in every variant; shows invented people only, reads no table."""

from datetime import UTC, date, datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .forms import SampleForm

GRADE_HINTS = {
    "green": "Tout va bien, ou la famille s’en occupe",
    "yellow": "À rappeler sous 7 jours",
    "orange": "À orienter sous 48 h, une personne prend le relais",
    "red": "Danger\u00a0: le numéro d’urgence d’abord, puis le cadre de garde",
}


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every variant."""
    wrong = SampleForm(
        {"idempotency_key": "x", "name": "Hélène Rey", "phone": "06 39 98", "outcome": "", "grade": "orange"},
        auto_id="wrong_%s",
    )
    wrong.is_valid()
    context = {
        "form": SampleForm(),
        "wrong": wrong,
        "grade_hints": GRADE_HINTS,
        "ledger": {
            "target": 1206,
            "reached": 688,
            "reserved": 9,
            "waiting": 412,
            "refused": 31,
            "unreachable": 54,
            "withdrawn": 12,
        },
        "ledger_start": {"target": 500, "waiting": 500},
        "ledger_wrong": {"target": 500, "waiting": 499},
        "numbers": [
            {"number": "15", "label": "Samu", "uri": "tel:15"},
            {"number": "18", "label": "Pompiers", "uri": "tel:18"},
            {"number": "17", "label": "Police", "uri": "tel:17"},
            {"number": "114", "label": "SMS", "uri": "sms:114"},
            {"number": "3114", "label": "Suicide", "uri": "tel:3114"},
        ],
        "reasons": [
            {"text": "Première vague\u00a0: 75 ans et plus, vivant seuls", "icon": "people"},
            {"text": "Aucun contact depuis 7 mois", "icon": "clock-history"},
            "4e étage sans ascenseur",
        ],
        "trail": [("Campagnes", "#"), ("Grand froid 2026", "#")],
        "called_at": datetime(2026, 11, 24, 13, 41, tzinfo=UTC),
        "first_of_december": date(2026, 12, 1),
        "page": Paginator(range(1206), 50).page(3),
        "nobody": Paginator(range(12), 50).page(1),
        "agencies": [
            ("Montaubry-Centre", {"reached": 108, "reserved": 1, "waiting": 38, "refused": 4, "unreachable": 8}, 159),
            ("Plateau-Nord", {"reached": 136, "reserved": 2, "waiting": 138, "refused": 8, "unreachable": 16}, 300),
        ],
        "person": "Mme Odette Marchandeau",
        "number": "+33465710142",
        "rough_text": "4e étage, dès le 1er juin ; il dit «oui»",
    }
    return render(request, "ui/gallery.html", context)
