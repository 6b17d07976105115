"""What the register tells somebody about themselves, and whom a text about them must not name (GDPR art. 15)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from bienveille.ground.lib.disclosure import Part, Veil, known
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.lib.typography import counted, listed, short_day
from bienveille.register.accounts.queries import roles_in_words
from bienveille.register.tenants.choices import ContactKind, DayPart, MaritalStatus, PersonRole, Title
from bienveille.register.tenants.models import CallWish, ContactPoint, KnownApart, Lease, Mark, Merge, Person, Relative
from bienveille.register.tenants.rules import mark_words, readers_words, wish_words

_LISTS: dict[str, Any] = {
    "title": Title,
    "role": PersonRole,
    "marital_status": MaritalStatus,
    "best_time": DayPart,
}
_FIELDS = {
    "title": "Civilité",
    "last_name": "Nom",
    "first_name": "Prénom",
    "birth_date": "Date de naissance",
    "role": "Place dans le bail",
    "marital_status": "Situation de famille",
    "languages": "Langues",
    "best_time": "Moment préféré",
}


def rows_of(person: Person) -> list[Person]:
    """The row of a person and those merged into it: all of them speak of that person (1 query)."""
    return [person, *Person.objects.filter(merged_into=person).order_by("pk")]


def veil_over(rows: Iterable[Person], staff: Iterable[str]) -> Veil:
    """Hides those who live with somebody, their relatives, and the staff who speak of them (3 queries)."""
    own = list(rows)
    others = Person.objects.filter(household__in={row.household_id for row in own}).exclude(pk__in=[r.pk for r in own])
    names = [f"{one.first_name} {one.last_name}" for one in others]
    names += Relative.objects.filter(person__in=own).values_list("name", flat=True)
    ways = ContactPoint.objects.filter(person__in=own, whose="").values_list("value", flat=True)
    return Veil(own=[f"{row.first_name} {row.last_name}" for row in own], others=[*names, *staff], ways=ways)


def told_of_person(rows: list[Person], veil: Veil, on: date) -> list[Part]:
    """Who they are, how they are reached, what is useful to know, where they live, what was corrected (9 queries)."""
    person = rows[0]
    return [
        _identity(person),
        _ways(rows, veil),
        _wishes(rows),
        _marks(rows, veil, on),
        _relatives(rows),
        _homes(rows),
        _file(rows),
        _doubles(rows, veil),
    ]


def _identity(person: Person) -> Part:
    facts = known(
        *((label, _shown(name, getattr(person, name))) for name, label in _FIELDS.items()),
        ("N’habite plus là depuis le", person.left_on and short_day(person.left_on)),
        ("Décès noté", "oui" if person.deceased else ""),
        ("Ne veut pas d’appels depuis le", person.opposed_on and short_day(person.opposed_on)),
        ("Adresse protégée", "oui" if person.protected_address else ""),
    )
    return Part("identity", "Qui vous êtes", facts=facts)


def _shown(name: str, value: Any) -> str:
    if name in _LISTS:
        return str(_LISTS[name](value).label) if value else ""
    if name == "languages":
        return listed([language_name(code) for code in value])
    return short_day(value) if isinstance(value, date) else str(value or "")


def _ways(rows: list[Person], veil: Veil) -> Part:
    lines = []
    for point in ContactPoint.objects.filter(person__in=rows).order_by("kind", "pk"):
        is_phone = point.kind == ContactKind.PHONE
        value = display_phone(point.value) if is_phone else point.value
        hidden = "masqué, il est à quelqu’un d’autre" if is_phone else "masquée, elle est à quelqu’un d’autre"
        lines.append(
            known(
                (str(point.get_kind_display()), hidden if point.whose else value),
                ("À qui", veil(point.whose)),
                ("État", point.get_status_display()),
                ("D’où cela vient", point.get_source_display()),
                ("Quelqu’un a répondu le", point.verified_on and short_day(point.verified_on)),
                ("État changé le", point.status_changed_at and short_day(point.status_changed_at.date())),
            )
        )
    return Part("contact_points", "Comment vous joindre", lines=tuple(lines))


def _wishes(rows: list[Person]) -> Part:
    wishes = CallWish.objects.filter(household__in={row.household_id for row in rows}).order_by("pk")
    lines = tuple(
        known(
            ("Ce que votre foyer a demandé", wish_words(wish.not_on, wish.parts, wish.in_writing)),
            ("Dit par", wish.get_source_display()),
            ("Noté le", short_day(wish.said_on)),
        )
        for wish in wishes
    )
    return Part("call_wishes", "Quand vous appeler", lines=lines)


def _marks(rows: list[Person], veil: Veil, on: date) -> Part:
    marks = list(Mark.objects.filter(person__in=rows, expires_on__gt=on).order_by("kind", "pk"))
    roles = roles_in_words({mark.noted_by_id for mark in marks if mark.noted_by_id})
    lines = tuple(
        known(
            ("Fait noté", mark_words(mark.kind, rows[0].title)),
            ("Dit par", mark.get_source_display()),
            ("Noté le", short_day(mark.noted_on)),
            ("Noté par", roles.get(mark.noted_by_id) if mark.noted_by_id else ""),
            ("Pour", veil(mark.purpose)),
            ("Effacé le", short_day(mark.expires_on)),
            ("Peuvent le lire", readers_words(mark.kind)),
        )
        for mark in marks
    )
    return Part("marks", "Ce qui est utile à savoir pour prendre soin de vous", lines=lines)


def _relatives(rows: list[Person]) -> Part:
    lines = tuple(
        known(
            ("Proche", relative.relation or "un proche"),
            ("Vous l’avez accepté le", relative.agreed_on and short_day(relative.agreed_on)),
        )
        for relative in Relative.objects.filter(person__in=rows).order_by("pk")
    )
    words = "Leur nom et leur numéro sont masqués : ce sont leurs données." if lines else ""
    return Part("relatives", "Les proches que vous nous avez permis d’appeler", words, lines=lines)


def _homes(rows: list[Person]) -> Part:
    households = {row.household_id for row in rows}
    people = Person.objects.filter(household__in=households, left_on=None, deceased=False).exclude(
        pk__in=[row.pk for row in rows]
    )
    leases = Lease.objects.filter(household__in=households).select_related("dwelling__building__residence__commune")
    lines = []
    for lease in leases.order_by("entry", "pk"):
        home = lease.dwelling.building.residence if lease.dwelling else None
        lines.append(
            known(
                ("Bail", f"{lease.get_kind_display()}, n° {lease.number}"),
                ("Logement", lease.dwelling_code),
                ("Résidence", home.name if home else ""),
                ("Commune", home.commune.name if home and home.commune else ""),
                ("Depuis le", lease.entry and short_day(lease.entry)),
                ("Jusqu’au", lease.exit and short_day(lease.exit)),
            )
        )
    facts = (("Autres personnes du foyer", counted(people.count(), "personne")),)
    return Part("homes", "Votre logement", "Les autres personnes ne sont pas nommées.", facts, tuple(lines))


def _file(rows: list[Person]) -> Part:
    lines = tuple(
        known(
            ("Champ", _FIELDS.get(name, name)),
            ("Le fichier du bailleur dit", said or "rien"),
            ("Corrigé ici", _shown(name, getattr(row, name))),
        )
        for row in rows
        for name, said in sorted(row.file_said.items())
    )
    facts = known(("Connu du fichier des locataires", "oui" if any(row.erp_key for row in rows) else "non"))
    return Part("file", "Ce que dit le fichier du bailleur", facts=facts, lines=lines)


def _doubles(rows: list[Person], veil: Veil) -> Part:
    merges = Merge.objects.filter(kept__in=rows, undone_at=None).order_by("merged_at")
    lines = tuple(
        known(("Deux fiches à votre nom réunies le", short_day(one.merged_at.date())), ("Pourquoi", veil(one.reason)))
        for one in merges
    )
    keys = [row.pk for row in rows]
    apart = KnownApart.objects.filter(first__in=keys).count() + KnownApart.objects.filter(second__in=keys).count()
    facts = known(("Distingué d’une personne au nom proche", f"{apart} fois" if apart else ""))
    return Part("doubles", "Fiches réunies ou distinguées", facts=facts, lines=lines)
