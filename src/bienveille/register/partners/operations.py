"""Partners kept by hand: added, corrected, confirmed, closed, opened again; what is kept of the closed is forgotten.

Cards that come from a directory change by imports only; the staff may add notes to them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from bienveille.ground.lib.ids import uuid7
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Commune
from bienveille.register.partners.choices import Extent
from bienveille.register.partners.models import Service, Structure
from bienveille.register.partners.queries import communes_served, find_communes
from bienveille.register.partners.rules import FRANCE

OWN = "own"
#: Closed partners keep no name, number, address nor note of people beyond that.
FORGOTTEN_AFTER = timedelta(days=365)
_BETWEEN_NAMES = re.compile(r"[\n,;]+")
_NAMED_CODE = re.compile(r"\((\w{5})\)$")


class CannotKeepPartner(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Cette fiche ne peut pas être enregistrée ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotOurs(Refusal):
    """The card comes from a directory."""

    message = (
        "Cette fiche vient d’un annuaire\u00a0: elle se corrige chez son éditeur, puis revient au prochain import. "
        "Vous pouvez y ajouter une note."
    )


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """Who helps, as typed. `commune`: a name, a postal code or an INSEE code."""

    nom: str
    commune: str
    adresse: str = ""
    telephone: str = ""
    courriel: str = ""
    site_web: str = ""
    horaires_accueil: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What a partner does, for which needs, for whom lives where; `communes`: names, when the extent is « chosen »."""

    nom: str
    description: str
    needs: Sequence[str]
    extent: str = Extent.COMMUNE
    communes: str = ""
    frais: str = ""
    conditions_acces: str = ""
    telephone: str = ""
    courriel: str = ""


@transaction.atomic
def create_partner(*, actor: User | None, partner: PartnerFacts, service: ServiceFacts, today: date) -> Structure:
    """Add a partner with the first thing that it does.

    Refuses a commune that nobody knows or that is several, a partner of that name already open in that commune, a
    coverage that cannot be said.
    """
    commune = _commune(partner.commune)
    twin = Structure.objects.filter(own=True, ended_on=None, nom__iexact=partner.nom, code_insee=commune.code)
    if twin.exists():
        raise CannotKeepPartner("Un partenaire de ce nom est déjà inscrit dans cette commune.", field="nom")
    structure = Structure(id=f"{OWN}--{uuid7()}", source=OWN, own=True)
    _fill(structure, partner, commune, today)
    structure.save(force_insert=True)
    _add(structure, service, commune, today)
    _audit(actor, structure, "created")
    return structure


@transaction.atomic
def change_partner(*, actor: User, structure: Structure, partner: PartnerFacts, today: date) -> Structure:
    """Correct a partner kept by hand; its card is fresh from today. Refuses what `create_partner` refuses."""
    held = _own(structure)
    commune = _commune(partner.commune)
    before = {name: getattr(held, name) for name in _FIELDS}
    _fill(held, partner, commune, today)
    held.save()
    changed = sorted(name for name in _FIELDS if getattr(held, name) != before[name])
    _audit(actor, held, "corrected", fields=changed)
    return held


@transaction.atomic
def write_notes(*, actor: User, structure: Structure, notes: str) -> Structure:
    """What the staff should know before calling a partner, wherever its card comes from; imports leave it alone."""
    held = Structure.objects.select_for_update().get(pk=structure.pk)
    if held.notes != notes:
        held.notes = notes
        held.save(update_fields=["notes"])
        _audit(actor, held, "notes")
    return held


@transaction.atomic
def confirm_partner(*, actor: User, structure: Structure, today: date) -> None:
    """Somebody asked and all is still true: the card and what it offers are fresh from today. Harmless twice."""
    held = _own(structure)
    if held.ended_on is not None:
        raise CannotKeepPartner("Ce partenaire est fermé\u00a0: rouvrez-le d’abord.")
    Structure.objects.filter(pk=held.pk).update(date_maj=today)
    Service.objects.filter(structure=held, ended_on=None).update(date_maj=today)
    _audit(actor, held, "confirmed")


@transaction.atomic
def close_partner(*, actor: User, structure: Structure, today: date) -> None:
    """A partner kept by hand is proposed no more; its card stays and can be opened again. Harmless twice."""
    held = _own(structure)
    if held.ended_on is None:
        Structure.objects.filter(pk=held.pk).update(ended_on=today)
        _audit(actor, held, "closed")


@transaction.atomic
def reopen_partner(*, actor: User, structure: Structure) -> None:
    """A partner closed by hand is proposed again. Harmless twice."""
    held = _own(structure)
    if held.ended_on is not None:
        Structure.objects.filter(pk=held.pk).update(ended_on=None)
        _audit(actor, held, "reopened")


@transaction.atomic
def add_service(*, actor: User, structure: Structure, service: ServiceFacts, today: date) -> Service:
    """One more thing that a partner kept by hand does. Refuses a name already used, a coverage that cannot be said."""
    held = _own(structure)
    added = _add(held, service, _commune(held.code_insee), today)
    _audit(actor, held, "service_added")
    return added


@transaction.atomic
def change_service(*, actor: User, service: Service, facts: ServiceFacts, today: date) -> Service:
    """Correct what a partner kept by hand does; fresh from today. Refuses what `add_service` refuses."""
    structure = _own(service.structure)
    held = Service.objects.select_for_update().get(pk=service.pk)
    _fill_service(held, structure, facts, _commune(structure.code_insee), today)
    held.save()
    _audit(actor, structure, "service_corrected")
    return held


@transaction.atomic
def close_service(*, actor: User, service: Service, today: date) -> None:
    """A partner kept by hand does this no more. Harmless twice."""
    structure = _own(service.structure)
    if Service.objects.filter(pk=service.pk, ended_on=None).update(ended_on=today):
        _audit(actor, structure, "service_closed")


@transaction.atomic
def reopen_service(*, actor: User, service: Service) -> None:
    """A partner kept by hand does this again. Harmless twice."""
    structure = _own(service.structure)
    if Service.objects.filter(pk=service.pk).exclude(ended_on=None).update(ended_on=None):
        _audit(actor, structure, "service_reopened")


@job(queue="imports")
def forget_closed_partners() -> int:
    """Each night: what is kept of people at partners closed or gone a year ago is erased. How many cards changed."""
    return forget_people(today=timezone.localdate())


@transaction.atomic
def forget_people(*, today: date) -> int:
    """Erase notes, names, numbers and addresses of cards closed or gone for a year; what they did stays, for figures.

    A card gone from its source takes them again if it ever comes back.
    """
    before = today - FORGOTTEN_AFTER
    empty = {"telephone": "", "courriel": ""}
    structures = Structure.objects.filter(ended_on__lte=before).exclude(notes="", **empty)
    forgotten = structures.update(notes="", **empty)
    old = Service.objects.filter(ended_on__lte=before) | Service.objects.filter(structure__ended_on__lte=before)
    services = Service.objects.filter(pk__in=old.values("pk")).exclude(contact_nom_prenom="", **empty)
    forgotten += services.update(contact_nom_prenom="", **empty)
    if forgotten:
        record_audit(
            actor=None,
            action=AuditAction.PARTNER_CHANGED,
            subject_type="partners.Structure",
            reason="Partenaires fermés depuis un an",
            detail={"change": "forgotten", "count": forgotten},
        )
    return forgotten


_FIELDS = (
    "nom", "commune", "code_postal", "code_insee", "adresse", "telephone", "courriel", "site_web", "horaires_accueil",
    "notes",
)  # fmt: skip


def _own(structure: Structure) -> Structure:
    held = Structure.objects.select_for_update().get(pk=structure.pk)
    if not held.own:
        raise NotOurs
    return held


def _fill(structure: Structure, facts: PartnerFacts, commune: Commune, today: date) -> None:
    for name in ("nom", "adresse", "telephone", "courriel", "site_web", "horaires_accueil", "notes"):
        setattr(structure, name, getattr(facts, name))
    structure.commune, structure.code_insee = commune.name, commune.code
    structure.code_postal = commune.postal_codes[0] if len(commune.postal_codes) == 1 else ""
    if facts.commune in commune.postal_codes:
        structure.code_postal = facts.commune
    structure.date_maj = today


def _add(structure: Structure, facts: ServiceFacts, commune: Commune, today: date) -> Service:
    service = Service(id=f"{OWN}--{uuid7()}", source=OWN, structure=structure)
    _fill_service(service, structure, facts, commune, today)
    service.save(force_insert=True)
    return service


def _fill_service(service: Service, structure: Structure, facts: ServiceFacts, commune: Commune, today: date) -> None:
    twins = Service.objects.filter(structure=structure, ended_on=None, nom__iexact=facts.nom).exclude(pk=service.pk)
    if twins.exists():
        raise CannotKeepPartner("Ce partenaire a déjà un service de ce nom.", field="nom")
    if not facts.needs:
        raise CannotKeepPartner("Dites au moins un besoin auquel ce service répond.", field="needs")
    for name in ("nom", "description", "frais", "conditions_acces", "telephone", "courriel"):
        setattr(service, name, getattr(facts, name))
    service.needs = list(dict.fromkeys(facts.needs))
    service.zone_eligibilite = _zone(facts, commune)
    service.commune, service.code_insee = structure.commune, structure.code_insee
    service.code_postal, service.adresse = structure.code_postal, structure.adresse
    service.date_maj = today


def _zone(facts: ServiceFacts, commune: Commune) -> list[str]:
    """The codes of a coverage. Refuses an EPCI or a département that the commune has not, and unknown communes."""
    if facts.extent == Extent.COUNTRY:
        return [FRANCE]
    if facts.extent == Extent.CHOSEN:
        names = [name for part in _BETWEEN_NAMES.split(facts.communes) if (name := " ".join(part.split()))]
        if not names:
            raise CannotKeepPartner("Nommez au moins une commune.", field="communes")
        return sorted({code for found in _communes(names, field="communes").values() for code in found})
    code = {Extent.EPCI: commune.epci, Extent.DEPARTMENT: commune.department}.get(Extent(facts.extent), commune.code)
    if not code:
        raise CannotKeepPartner(
            f"{commune.name} n’a pas d’intercommunalité connue\u00a0: choisissez autrement.", field="extent"
        )
    return [code]


def _commune(text: str) -> Commune:
    """The one commune that these words name, « Villeurbanne (69266) » included. Refuses none, or several."""
    wanted = " ".join(text.split())
    if match := _NAMED_CODE.search(wanted):
        wanted = match[1]
    found = find_communes([wanted]).get(wanted, []) if wanted else []
    if not found:
        raise CannotKeepPartner(
            f"La commune «\u00a0{wanted}\u00a0» n’est pas connue\u00a0: écrivez son nom en entier, ou son code postal.",
            field="commune",
        )
    return _one_of(found, wanted, field="commune")


def _communes(names: Sequence[str], *, field: str) -> dict[str, list[str]]:
    """The codes that each name stands for; a postal code stands for all its communes.

    « Villeurbanne (69266) », as the form shows what it kept, is that code.
    """
    names = [match[1] if (match := _NAMED_CODE.search(name)) else name for name in names]
    found = find_communes(names)
    unknown = [name for name in names if not found[name]]
    if unknown:
        raise CannotKeepPartner(f"Communes inconnues\u00a0: {', '.join(unknown)}.", field=field)
    return {
        name: [one.code for one in communes] if name.isdigit() else [_one_of(communes, name, field=field).code]
        for name, communes in found.items()
    }


def _one_of(found: list[Commune], wanted: str, *, field: str) -> Commune:
    """The only one; or, of several, the only one where the landlord has homes."""
    if len(found) > 1:
        served = {code for code, _ in communes_served()}
        near = [one for one in found if one.code in served]
        if len(near) != 1:
            raise CannotKeepPartner(
                f"«\u00a0{wanted}\u00a0» désigne plusieurs communes\u00a0: écrivez le code INSEE de la bonne "
                f"({', '.join(f'{one.code} {one.name}' for one in found[:6])}).",
                field=field,
            )
        return near[0]
    return found[0]


def _audit(actor: User | None, structure: Structure, change: str, *, fields: Sequence[str] = ()) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.PARTNER_CHANGED,
        subject_type="partners.Structure",
        subject_id=structure.key,
        detail={"change": change, **({"fields": list(fields)} if fields else {})},
    )
