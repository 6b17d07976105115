"""Relay tenants: somebody agrees to be one, stops, and both taken back."""

from datetime import date

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.models import Person
from bienveille.register.wording.queries import check_note
from bienveille.services.neighbourhood.models import RelayTenant
from bienveille.services.neighbourhood.queries import lives_in, stands
from bienveille.services.neighbourhood.rules import refusal_of

WORDS_LENGTH = 300


class CannotBeRelay(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Cette personne ne peut pas être notée comme relais."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def name_relay(
    *,
    actor: User | None,
    person: Person,
    residence: Residence,
    agreed_on: date,
    role: str,
    limits: str = "",
    until: date,
    today: date,
) -> RelayTenant:
    """Note that a tenant agreed to be a relay of their residence, for what, within which limits, until when.

    Refuses who does not live there, whose address is protected (their name is told to others), who is a relay
    already, words about a person's private life, and days that are no agreement.
    """
    held = Person.objects.select_for_update().get(pk=person.pk)
    if not lives_in(residence, today).filter(pk=held.pk).exists():
        raise CannotBeRelay("Un relais habite la résidence, est majeur, et son adresse n’est pas protégée.")
    role, limits = _checked(role, "role"), _checked(limits, "limits")
    if not role:
        raise CannotBeRelay("Dites ce que cette personne accepte de faire.", field="role")
    field, problem = refusal_of(agreed_on=agreed_on, until=until, today=today)
    if problem:
        raise CannotBeRelay(problem, field=field)
    open_one = RelayTenant.objects.filter(person=held, ended_on=None).first()
    if open_one is not None:
        if stands(today).filter(pk=open_one.pk).exists():
            raise CannotBeRelay("Cette personne est déjà relais.")
        # It lapsed by itself, by its day or by a move: the row says so before another one begins.
        open_one.ended_on = max(open_one.agreed_on, min(today, open_one.until))
        open_one.save(update_fields=["ended_on"])
    relay = RelayTenant.objects.create(
        person=held, residence=residence, agreed_on=agreed_on, role=role, limits=limits, until=until, named_by=actor
    )
    _audit(actor, held, "relay_named")
    return relay


@transaction.atomic
def end_relay(*, actor: User | None, relay: RelayTenant, today: date) -> RelayTenant:
    """Note that somebody is no longer a relay, from today; nobody asks why. Harmless twice."""
    held = RelayTenant.objects.select_for_update().select_related("person").get(pk=relay.pk)
    if held.ended_on is None:
        held.ended_on, held.ended_by = max(today, held.agreed_on), actor
        held.save(update_fields=["ended_on", "ended_by"])
        _audit(actor, held.person, "relay_ended")
    return held


@transaction.atomic
def take_back_relay(*, actor: User, relay: RelayTenant, today: date) -> None:
    """Undo what was just done to a relay: one that runs never was, one that ended runs again. Harmless twice.

    Refuses to run again when the person no longer lives there, or agreed again meanwhile.
    """
    held = RelayTenant.objects.select_for_update().select_related("person", "residence").filter(pk=relay.pk).first()
    if held is None:
        return
    if held.ended_on is None:
        held.delete()
        _audit(actor, held.person, "relay_taken_back")
        return
    again = RelayTenant.objects.filter(person=held.person, ended_on=None).exists()
    if again or not lives_in(held.residence, today).filter(pk=held.person_id).exists():
        raise CannotBeRelay("Cette personne n’habite plus là, ou a redonné son accord depuis.")
    held.ended_on, held.ended_by = None, None
    held.save(update_fields=["ended_on", "ended_by"])
    _audit(actor, held.person, "relay_resumed")


def _checked(words: str, field: str) -> str:
    text = clean_text(words)[:WORDS_LENGTH]
    if check_note(text):
        raise CannotBeRelay(
            "Ces mots parlent de santé ou de vie privée\u00a0: écrivez ce que la personne fait.", field=field
        )
    return text


def _audit(actor: User | None, person: Person, change: str) -> None:
    record_audit(actor=actor, action=AuditAction.PERSON_CHANGED, subject=person, detail={"change": change})
