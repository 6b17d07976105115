"""Corrections to send back: what the landlord's software should change, as people corrected it here."""

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import phone
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.tenants.access import KEEPERS, TRUSTED_WITH_ADDRESSES, reading_scope
from bienveille.register.tenants.choices import FactSource
from bienveille.register.tenants.models import ErpCorrection
from bienveille.register.tenants.queries import corrections_for_erp
from bienveille.register.tenants.rules import FIELD_WORDS, said_words

SOURCES = [(one.value, one.label) for one in FactSource if one != FactSource.ERP]
CORRECTIONS = Table(
    columns=[
        Column("person", "Personne", sort="person__search", filled=True, value=lambda row: row.person.display_name),
        Column("household", "Foyer", screen=False, value=lambda row: row.person.household.display_name),
        Column("key", "Clé dans le fichier", screen=False, value=lambda row: row.person.erp_key or ""),
        Column("field", "Champ", sort="field", filled=True, value=lambda row: FIELD_WORDS.get(row.field, row.field)),
        Column("in_file", "Dans le progiciel", value=lambda row: said_words(row.field, row.in_file)),
        Column("here", "Ici", value=lambda row: said_words(row.field, row.here)),
        Column("by", "Corrigé par", value=lambda row: row.by.display_name if row.by else ""),
        Column("at", "Quand", sort="at", kind="moment", down=True),
        Column("source", "Qui l’a dit", sort="source", filled=True, value=lambda row: row.get_source_display()),
        Column("agency", "Agence", value=lambda row: row.agency),
    ],
    filters=[
        Filter("agency", "Agence", every="Toutes"),
        Filter("field", "Champ", list(FIELD_WORDS.items())),
        Filter("source", "Qui l’a dit", SOURCES),
    ],
    sort="-at",
    name="corrections",
    one="correction",
    many="corrections",
)


@require_safe
@role_required(*KEEPERS)
def erp_corrections(request: Request) -> HttpResponseBase:
    """The list, by agency and field, and the file that goes back to the landlord's software. Both are audited."""
    scope = reading_scope(request.user)
    hide = not has_role(request.user, *TRUSTED_WITH_ADDRESSES)
    agencies = [(str(agency.pk), agency.name) for agency in agencies_within(scope)]
    asked = CORRECTIONS.read(request.GET, choices={"agency": agencies})
    queryset = corrections_for_erp(
        scope, agency=asked.uuid("agency"), field=asked["field"], source=asked["source"], hide_protected=hide
    )
    if asked.export:
        rows = [_shown(row, hide) for row in queryset.order_by(*asked.order())]
        now = timezone.now()
        title = heading("Corrections pour le progiciel", now=now, by=request.user.display_name)
        sheet = asked.sheet(rows, name="Corrections", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            reason="Corrections pour le progiciel",
            detail={"rows": len(rows), "filters": sorted(asked.values)},
        )
        return file_response(kind=asked.export, sheets=[sheet], name="corrections-progiciel", now=now)
    listing = asked.listing(queryset)
    rows = [_shown(row, hide) for row in listing]
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_LISTED,
        reason="Corrections pour le progiciel",
        detail={"found": len(rows)},
    )
    context = {
        "listing": listing,
        "rows": [
            {
                "row": row,
                "field": FIELD_WORDS.get(row.field, row.field),
                "in_file": _on_screen(row.field, row.in_file),
                "here": _on_screen(row.field, row.here),
            }
            for row in rows
        ],
        "trail": [("Locataires", reverse("workspace:people"))],
    }
    return render(request, "workspace/erp_corrections.html", context)


def _on_screen(field: str, text: str) -> str:
    """In words; a number stays on one line, which a file does without."""
    return phone(text) if field == "phone" and text.startswith("+") else said_words(field, text)


def _shown(row: ErpCorrection, hide_protected: bool) -> ErpCorrection:
    """The agency of somebody at a protected address is not told."""
    row.agency = "" if row.hidden and hide_protected else row.agency_name or ""  # type: ignore[attr-defined]
    return row
