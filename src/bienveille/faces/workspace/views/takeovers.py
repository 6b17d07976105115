"""Lots of homes taken over or sold: the list, one lot, announced beside found, its tenants, steps and homes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.audiences.rules import InvalidRule
from bienveille.engines.messaging.access import WRITERS
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import calendar_day, counted, number, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.housing.choices import DwellingType, Ownership
from bienveille.services.letting import operations
from bienveille.services.letting.access import get_lot_for, managing_scope
from bienveille.services.letting.choices import Direction
from bienveille.services.letting.forms import HomesForm, LotForm
from bienveille.services.letting.models import StockLot
from bienveille.services.letting.queries.lots import (
    HOME_STATES,
    Found,
    buildings_found,
    lot_batches,
    lot_found,
    lot_homes,
    lots_within,
    steps_done,
)
from bienveille.services.letting.rules.lots import Announced, Line, checklist, compare, step_lines

INVALID, CONFLICT = 422, 409
#: Codes that no home has are shown at once up to this number; the list below has them all.
SHOWN = 30
LOTS = Table(
    columns=[
        Column("name", "Lot", sort="name", filled=True),
        Column("direction", "Sens", sort="direction", filled=True, value=lambda lot: lot.get_direction_display()),
        Column("effective_on", "Jour d’effet", sort="effective_on", kind="date", down=True, filled=True),
        Column(
            "agency", "Agence", sort="agency__name", value=lambda lot: lot.agency.name if lot.agency else "Plusieurs"
        ),
        Column("announced", "Annoncés", sort="announced", kind="number", down=True),
        Column("given", "Logements du lot", sort="given", kind="number", down=True, filled=True),
        Column("done", "Étapes faites", sort="done", kind="number", down=True, filled=True),
    ],
    filters=[Filter("direction", "Sens", Direction.choices)],
    sort="-effective_on",
    name="lots",
    one="lot",
    many="lots",
)
_STATES = dict(HOME_STATES)
_OWNERSHIPS: dict[str, str] = {value: str(label) for value, label in Ownership.choices}
_TYPES: dict[str, str] = {value: str(label) for value, label in DwellingType.choices}
HOMES = Table(
    columns=[
        Column("code", "Code", sort="code", filled=True),
        Column("residence", "Résidence", sort="residence", value=lambda home: home.residence or ""),
        Column("type", "Type", sort="type", value=lambda home: _TYPES.get(home.type or "", "")),
        Column(
            "ownership", "Propriété", sort="ownership", value=lambda home: _OWNERSHIPS.get(home.ownership or "", "")
        ),
        Column("state", "Locataires", sort="state", filled=True, value=lambda home: _STATES[home.state]),
        Column("act", "Retirer", hidden_title=True, file=False),
    ],
    filters=[Filter("state", "Locataires", HOME_STATES), Filter("q", "Code ou résidence", kind="text")],
    sort="code",
    name="logements",
    per_page=20,
    one="logement",
    many="logements",
)


@require_safe
@role_required(*MANAGERS)
def lots(request: Request) -> HttpResponseBase:
    """The lots of one's agencies (2 queries)."""
    asked = LOTS.read(request.GET)
    found = lots_within(managing_scope(request.user))
    if asked["direction"]:
        found = found.filter(direction=asked["direction"])
    if asked.export:
        now = timezone.now()
        sheet = asked.sheet(
            found, name="Lots", heading=heading("Reprises et ventes", now=now, by=request.user.display_name)
        )
        return file_response(kind=asked.export, sheets=[sheet], name="reprises et ventes", now=now)
    listing = asked.listing(found)
    rows = [{"lot": lot, "steps": len(checklist(lot.direction))} for lot in listing]
    return render(request, "workspace/stock_lots.html", {"listing": listing, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_lot(request: Request) -> HttpResponse:
    """Announce a take-over or a sale; then its homes are added."""
    form = _form(request, request.POST or None)

    def save() -> HttpResponse:
        typed = _typed(request, form)
        lot = operations.create_lot(actor=request.user, direction=Direction(form.cleaned_data["direction"]), **typed)
        messages.success(request, "Le lot est enregistré. Ajoutez maintenant ses logements.")
        return redirect("workspace:stock_lot_homes", lot.pk)

    context = {"form": form, "trail": [_home()], "current": "Annoncer un lot", "title": "Annoncer un lot", "lot": None}
    return _saved(request, form, save, "workspace/stock_lot_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def correct_lot(request: Request, lot_id: UUID) -> HttpResponse:
    """Correct what was announced; the numbers are kept as they are typed, even when they do not add up."""
    lot = get_lot_for(request.user, lot_id)
    initial = {name: getattr(lot, name) for name in operations.LOT_FIELDS}
    initial["agency"] = lot.agency.code if lot.agency else ""
    form = _form(request, request.POST or None, initial=initial, fixed=True)

    def save() -> HttpResponse:
        operations.change_lot(actor=request.user, lot=lot, **_typed(request, form))
        messages.success(request, "Le lot est corrigé.")
        return redirect("workspace:stock_lot", lot.pk)

    context = {"form": form, "trail": _trail(lot), "current": "Corriger", "title": "Corriger ce lot", "lot": lot}
    return _saved(request, form, save, "workspace/stock_lot_form.html", context)


def _form(request: Request, data: Any, *, fixed: bool = False, **options: Any) -> LotForm:
    scope = managing_scope(request.user)
    agencies = [(one.code, one.name) for one in agencies_within(scope)]
    return LotForm(data, agencies=agencies, several=scope.everything, fixed=fixed, **options)


def _typed(request: Request, form: LotForm) -> dict[str, Any]:
    """What was typed, with the agency itself instead of its code."""
    found = {one.code: one for one in agencies_within(managing_scope(request.user))}
    typed = {name: form.cleaned_data[name] for name in operations.LOT_FIELDS}
    return {**typed, "agency": found.get(typed["agency"])}


def _saved(
    request: Request, form: Any, save: Callable[[], HttpResponse], template: str, context: dict[str, Any]
) -> HttpResponse:
    """Saves a form that is right and goes on; else shows it again with what is wrong, by the form or the operation."""
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return save()
        except Refusal as raised:
            refusal = raised
    status = INVALID if request.method == "POST" else 200
    subtitle = context["lot"].name if context["lot"] else ""
    return render(request, template, {**context, "subtitle": subtitle, "refusal": refusal}, status=status)


def _home() -> tuple[str, str]:
    return ("Reprises et ventes", reverse("workspace:stock_lots"))


def _trail(lot: StockLot) -> list[tuple[str, str]]:
    return [_home(), (lot.name, reverse("workspace:stock_lot", args=[lot.pk]))]


# ---- One lot


@require_safe
@role_required(*MANAGERS)
def lot_page(request: Request, lot_id: UUID) -> HttpResponseBase:
    """One lot: announced beside found, its tenants, its steps, its homes (8 queries, whatever its size)."""
    lot = get_lot_for(request.user, lot_id)
    today = timezone.localdate()
    asked = HOMES.read(request.GET)
    homes = lot_homes(lot, today, state=asked["state"], text=asked["q"])
    if asked.export:
        now = timezone.now()
        title = heading(f"Logements du lot «\u00a0{lot.name}\u00a0»", now=now, by=request.user.display_name)
        sheet = asked.sheet(homes, name="Logements", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            subject=lot,
            reason="Logements du lot",
            detail={"kind": asked.export},
        )
        return file_response(kind=asked.export, sheets=[sheet], name=f"logements {lot.name}", now=now)
    found, listing = lot_found(lot, today), asked.listing(homes)
    steps = step_lines(lot.direction, lot.effective_on, steps_done(lot), today)
    unknown = []
    if found.unknown:
        unknown = [home.code for home in lot_homes(lot, today, state="unknown").order_by("code")[:SHOWN]]
    context: dict[str, Any] = {
        "lot": lot,
        "trail": [_home()],
        "title": lot_title(lot, found),
        "subtitle": _subtitle(lot),
        "sold": lot.direction == Direction.SOLD,
        "found": found,
        "comparison": _comparison(lot, found),
        "remarks": _remarks(lot, found),
        "tenants": _tenants(found),
        "unknown": unknown,
        "more_unknown": max(0, found.unknown - SHOWN),
        "steps": steps,
        "steps_done": sum(line.done_at is not None for line in steps),
        "steps_late": sum(line.late for line in steps),
        "listing": listing,
        "homes": [_home_row(home) for home in listing],
        "batches": lot_batches(lot),
        "mailing_url": has_role(request.user, *WRITERS)
        and f"{reverse('workspace:new_mailing')}?public={lot.audience_id}",
    }
    return render(request, "workspace/stock_lot.html", context)


def _home_row(home: Any) -> dict[str, Any]:
    shown = ("residence", "type", "ownership", "state")
    return {"pk": home.pk, "code": home.code, **{key: HOMES.column(key).of(home) for key in shown}}


def lot_title(lot: StockLot, found: Found) -> str:
    """The fact first: how many of the homes announced are known."""
    words = counted(found.known, "logement trouvé", "logements trouvés")
    return (
        f"{lot.name}\u00a0: {words}"
        if lot.announced is None
        else f"{lot.name}\u00a0: {words} sur {number(lot.announced)}"
    )


def _subtitle(lot: StockLot) -> str:
    sold = lot.direction == Direction.SOLD
    verb = "Vente" if sold else "Reprise"
    party = f", {'acheteur' if sold else 'vendeur'}\u00a0: {lot.other_party}" if lot.other_party else ""
    agency = lot.agency.name if lot.agency else "Plusieurs agences"
    return f"{verb}{party}, effet le {calendar_day(lot.effective_on, weekday=False)}. {agency}"


def _announced(lot: StockLot) -> Announced:
    return Announced(lot.announced, lot.announced_full, lot.announced_co_owned, lot.announced_managed)


def _comparison(lot: StockLot, found: Found) -> list[dict[str, Any]]:
    """The lines of the table: the parts, their sum, then the announced total, which may differ."""
    seen = compare(_announced(lot), found.by_ownership)
    total = Line("Somme des parts annoncées", seen.parts_sum, seen.total.found)
    lines = [*seen.lines, *([total] if seen.parts_sum is not None else []), seen.total]
    return [
        {
            "label": line.label if line is not seen.total else "Total annoncé",
            "announced": line.announced,
            "found": line.found,
            "gap": _signed(line.gap),
            "whole": line is seen.total or line is total,
        }
        for line in lines
    ]


def _signed(gap: int | None) -> str:
    if gap is None:
        return "–"
    return f"+{number(gap)}" if gap > 0 else number(gap)


def _remarks(lot: StockLot, found: Found) -> list[str]:
    """What does not agree, said in sentences; nothing is put right by itself."""
    remarks = list(compare(_announced(lot), found.by_ownership).remarks)
    if found.elsewhere:
        verb = plural(found.elsewhere, "est rattaché", "sont rattachés")
        remarks.append(f"{counted(found.elsewhere, 'logement')} {verb} à une autre agence.")
    if found.twice:
        verb = plural(found.twice, "figure", "figurent")
        remarks.append(f"{counted(found.twice, 'logement')} {verb} aussi dans un autre lot du même sens.")
    return remarks


def _tenants(found: Found) -> list[dict[str, Any]]:
    """Who is found and what is missing, each with the list of its homes."""
    lines = [
        ("", "ménage connu dans ces logements,ménages connus dans ces logements", found.households),
        (
            "no_email",
            "joignable par téléphone seulement,joignables par téléphone seulement",
            found.no_email - found.unreachable,
        ),
        (
            "no_phone",
            "joignable par courriel seulement,joignables par courriel seulement",
            found.no_phone - found.unreachable,
        ),
        ("unreachable", "sans téléphone ni courriel,sans téléphone ni courriel", found.unreachable),
        ("vacant", "logement où personne n’est connu,logements où personne n’est connu", found.vacant),
    ]
    return [
        {"state": state, "label": plural(count, *words.split(",")), "count": count} for state, words, count in lines
    ]


@require_POST
@role_required(*MANAGERS)
def step(request: Request, lot_id: UUID) -> HttpResponse:
    """A step is done, or is not after all."""
    lot = get_lot_for(request.user, lot_id)
    address = reverse("workspace:stock_lot_step", args=[lot.pk])
    labels = {one.key: one.label for one in checklist(lot.direction)}
    try:
        if key := request.POST.get("undone", "")[:40]:
            if operations.untick_step(actor=request.user, lot=lot, key=key):
                messages.success(request, f"«\u00a0{labels.get(key, key)}\u00a0» est de nouveau à faire.")
        else:
            key = request.POST.get("done", "")[:40]
            if operations.tick_step(actor=request.user, lot=lot, key=key, now=timezone.now()):
                undo = Undo(url=address, name="undone", value=key, more=labels[key])
                say_done(request, f"«\u00a0{labels[key]}\u00a0» est fait.", undo=undo)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('workspace:stock_lot', args=[lot.pk])}#etapes")


@require_POST
@role_required(*MANAGERS)
def audience(request: Request, lot_id: UUID) -> HttpResponse:
    """Keep the households of a lot as an audience, or forget it."""
    lot = get_lot_for(request.user, lot_id)
    try:
        if request.POST.get("do") == "drop":
            operations.drop_lot_audience(actor=request.user, lot=lot)
            messages.success(request, "Le public est retiré. Le lot et ses logements restent.")
        else:
            held = operations.create_lot_audience(actor=request.user, lot=lot)
            undo = Undo(url=request.path, name="do", value="drop", label="Retirer ce public")
            say_done(request, f"Le public «\u00a0{held.audience}\u00a0» est prêt.", undo=undo)
    except (Refusal, InvalidRule) as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('workspace:stock_lot', args=[lot.pk])}#locataires")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def delete_lot(request: Request, lot_id: UUID) -> HttpResponse:
    """Confirm, then forget a lot."""
    lot = get_lot_for(request.user, lot_id)

    def delete() -> HttpResponse:
        operations.delete_lot(actor=request.user, lot=lot)
        messages.success(request, f"Le lot «\u00a0{lot.name}\u00a0» est supprimé.")
        return redirect("workspace:stock_lots")

    return _confirmed(request, delete, "workspace/stock_lot_delete.html", {"lot": lot, "trail": _trail(lot)})


def _confirmed(
    request: Request, act: Callable[[], HttpResponse], template: str, context: dict[str, Any]
) -> HttpResponse:
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return act()
        except Refusal as raised:
            refusal = raised
    return render(request, template, {**context, "refusal": refusal}, status=CONFLICT if refusal else 200)


# ---- Its homes


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def homes(request: Request, lot_id: UUID) -> HttpResponse:
    """Add homes to a lot: codes pasted or in a file, or whole buildings found by name."""
    lot = get_lot_for(request.user, lot_id)
    by_building = "building" in request.POST or request.POST.get("do") == "buildings"
    form = HomesForm(request.POST, request.FILES) if request.method == "POST" and not by_building else HomesForm()
    refusal: Refusal | None = None
    if request.method == "POST" and (by_building or form.is_valid()):
        try:
            added = _add(request, lot, form, by_building=by_building)
        except Refusal as raised:
            refusal = raised
        else:
            _say_added(request, lot, added)
            return redirect("workspace:stock_lot", lot.pk)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    context = {
        "lot": lot,
        "trail": _trail(lot),
        "form": form,
        "refusal": refusal,
        "text": text,
        "buildings": _buildings(request, text) if text else [],
    }
    return render(
        request, "workspace/stock_lot_homes.html", context, status=INVALID if request.method == "POST" else 200
    )


def _buildings(request: Request, text: str) -> list[dict[str, str]]:
    """The buildings found, each as a choice: its residence and code, then where it is and how many homes it has."""
    return [
        {
            "key": str(one.pk),
            "label": f"{one.residence.name}, bâtiment {one.code}" if one.code else one.residence.name,
            "hint": ", ".join(
                [
                    *([one.residence.commune.name] if one.residence.commune else []),
                    one.residence.agency.name,
                    counted(homes, "logement"),
                ]
            ),
        }
        for one, homes in buildings_found(text, scope=managing_scope(request.user))
    ]


def _add(request: Request, lot: StockLot, form: HomesForm, *, by_building: bool) -> operations.Added:
    now = timezone.now()
    if by_building:
        chosen = [key for text in request.POST.getlist("building")[:200] if (key := _uuid(text)) is not None]
        return operations.add_buildings(actor=request.user, lot=lot, buildings=chosen, now=now)
    if file := form.cleaned_data["file"]:
        return operations.add_file(actor=request.user, lot=lot, raw=file.read(), now=now)
    return operations.add_codes(actor=request.user, lot=lot, text=form.cleaned_data["codes"], now=now)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _say_added(request: Request, lot: StockLot, added: operations.Added) -> None:
    """What became of the codes, with the button that takes them back."""
    parts = [counted(added.added, "logement ajouté", "logements ajoutés")]
    for count, one, many in (
        (
            added.unknown,
            "dont un code que le registre ne connaît pas encore",
            "dont {} codes encore inconnus du registre",
        ),
        (added.already, "un y était déjà", "{} y étaient déjà"),
        (added.elsewhere, "un laissé de côté, hors de vos agences", "{} laissés de côté, hors de vos agences"),
        (added.too_long, "un code trop long laissé de côté", "{} codes trop longs laissés de côté"),
    ):
        if count:
            parts.append(one if count == 1 else many.format(number(count)))
    text = f"{', '.join(parts)}."
    if added.added:
        url = reverse("workspace:remove_stock_lot_batch", args=[lot.pk, added.batch])
        say_done(request, text, undo=Undo(url=url, label="Annuler cet ajout"))
    else:
        messages.warning(request, text)


@require_POST
@role_required(*MANAGERS)
def remove_home(request: Request, lot_id: UUID) -> HttpResponse:
    """Take one home out of a lot; the message offers to put it back."""
    lot = get_lot_for(request.user, lot_id)
    key = _uuid(request.POST.get("home", ""))
    code = operations.remove_home(actor=request.user, lot=lot, home_id=key) if key else ""
    if code:
        url = reverse("workspace:stock_lot_homes", args=[lot.pk])
        undo = Undo(url=url, name="codes", value=code, label="L’y remettre")
        say_done(request, f"Le logement {code} n’est plus dans ce lot.", undo=undo)
    return redirect(f"{reverse('workspace:stock_lot', args=[lot.pk])}#logements-feuille")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def remove_batch(request: Request, lot_id: UUID, batch: UUID) -> HttpResponse:
    """Confirm, then take out of a lot the homes added at once; undoes an addition too."""
    lot = get_lot_for(request.user, lot_id)
    found = next((one for one in lot_batches(lot) if one.key == batch), None)
    if found is None:
        messages.error(request, "Ces logements ne sont plus dans ce lot.")
        return redirect("workspace:stock_lot", lot.pk)

    def remove() -> HttpResponse:
        count = operations.remove_batch(actor=request.user, lot=lot, batch=batch)
        messages.success(request, f"{counted(count, 'logement')} {plural(count, 'retiré', 'retirés')} du lot.")
        return redirect("workspace:stock_lot", lot.pk)

    context = {"lot": lot, "trail": _trail(lot), "batch": found}
    return _confirmed(request, remove, "workspace/stock_lot_batch.html", context)
