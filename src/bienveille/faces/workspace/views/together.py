"""Beside a call: who else answers at that number, another campaign for the same household, who was spoken with."""

from typing import Any

from bienveille.engines.dispatch.models import Contact
from bienveille.faces.workspace.views import Request
from bienveille.services.outreach.choices import AnsweredBy, News
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries.shared import elsewhere, residents, shared_numbers
from bienveille.services.outreach.rules.shared import Together, read_together

_NEWS = (
    (News.MET, "Je lui ai parlé"),
    (News.HEARD_OF, "On m’a donné de ses nouvelles"),
    (News.NONE, "Pas de nouvelles"),
)


def said_together(request: Request) -> Together:
    """What the form says of who picked up and of each resident."""
    return read_together(request.POST, request.POST.getlist("also"))


def beside_the_call(request: Request, campaign: Campaign, contact: Contact) -> dict[str, Any]:
    """What the call page shows of it: keeps what was typed when the page comes back refused."""
    typed = said_together(request) if request.method == "POST" else Together()
    people = residents(contact.household_id)
    who = f"{typed.who}:{typed.person}" if typed.person else typed.who
    answered = [
        *((f"{AnsweredBy.RESIDENT}:{one.pk}", one.display_name) for one in people),
        (AnsweredBy.RELATIVE.value, str(AnsweredBy.RELATIVE.label)),
        (AnsweredBy.OTHER.value, str(AnsweredBy.OTHER.label)),
    ]
    lines = shared_numbers(contact)
    return {
        "shared_numbers": [{"line": one, "floor": _floor(one.floor)} for one in lines],
        "shared_to_ask": [
            {"line": one, "key": str(one.contact_id), "checked": one.contact_id in typed.also}
            for one in lines
            if one.asked
        ],
        "elsewhere": elsewhere(contact, campaign, request.user),
        "answered": [{"value": value, "label": label, "checked": value == who} for value, label in answered],
        "news": [
            {
                "key": str(one.pk),
                "legend": f"Des nouvelles de {one.display_name}",
                "choices": [
                    {"value": value.value, "label": label, "checked": typed.news.get(one.pk) == value}
                    for value, label in _NEWS
                ],
            }
            for one in people
        ]
        if len(people) > 1
        else [],
    }


def _floor(floor: int | None) -> str:
    if floor is None:
        return ""
    return "rez-de-chaussée" if floor == 0 else f"{floor}{'er' if floor == 1 else 'e'}\u00a0étage"
