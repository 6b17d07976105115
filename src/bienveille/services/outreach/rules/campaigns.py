"""Pure decisions of a call campaign: what its document may say, what a grade asks for. No database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from bienveille.engines.cases.rules import TAKEN_WITHIN
from bienveille.ground.lib.calling_hours import Window, read_windows
from bienveille.services.outreach.choices import Grade, Priority, Purpose
from bienveille.services.outreach.rules.left_words import read_texts

#: Delay within which somebody must take over, by grade (red within 15 minutes, orange 48 h, yellow seven days).
REFERRAL_DELAY = {grade: TAKEN_WITHIN[grade] for grade in (Grade.ORANGE, Grade.RED)}
#: "Green, yellow: call back within 7 days."
YELLOW_CALL_BACK_DAYS = 7
AGENCY_SERVICE = "agence"
#: What the `rules` of a document may say.
RULES = {
    "max_attempts", "lease_minutes", "keep_answers_days", "starts_on", "ends_on", "windows", "on_public_holidays",
    "send_sms",
}  # fmt: skip
#: Answers and notes of a call are not kept longer than this, in days.
LONGEST_KEEPING = 1095


@dataclass(frozen=True)
class WaveDocument:
    name: str
    audience: Mapping[str, Any]
    priority: tuple[str, ...] = (Priority.OLDEST_FIRST,)


@dataclass(frozen=True)
class CampaignDocument:
    """A campaign as its author wrote it (contracts: `campaign.toml`, or the same as JSON)."""

    name: str
    purpose: str
    questionnaire: str
    waves: tuple[WaveDocument, ...]
    all_callers: bool = True
    caller_emails: tuple[str, ...] = ()
    max_attempts: int = 5
    lease_minutes: int = 30
    keep_answers_days: int = 365
    starts_on: date | None = None
    ends_on: date | None = None
    windows: tuple[Window, ...] = ()  # none: at any hour
    on_days_off: bool = False
    voicemail: str = ""
    sms: str = ""
    send_sms: bool = False


@dataclass
class DocumentErrors:
    """What is wrong in a document: field → French sentences."""

    fields: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, sentence: str) -> None:
        self.fields.setdefault(name, []).append(sentence)


def read_document(raw: object, *, unfinished: bool = False) -> tuple[CampaignDocument | None, dict[str, list[str]]]:
    """Types a campaign document; gives it, or None and every error by field. Audiences are checked by their engine.

    `unfinished`: a draft may still lack its waves and its callers.
    """
    errors = DocumentErrors()
    if not isinstance(raw, Mapping):
        return None, {"document": ["Le document d’une campagne est un objet avec un nom, une finalité et des vagues."]}
    for key in raw.keys() - {"name", "purpose", "questionnaire", "waves", "callers", "rules", "texts"}:
        errors.add(str(key), "Cette rubrique n’existe pas dans une campagne.")
    name = _text(raw, "name", errors, "Donnez un nom à la campagne.", 150)
    purpose = _text(raw, "purpose", errors, "Indiquez la finalité de la campagne.", 60)
    if purpose and purpose not in Purpose.values:
        errors.add("purpose", f"Cette finalité n’est pas connue. Choisissez parmi : {', '.join(Purpose.values)}.")
    questionnaire = _text(raw, "questionnaire", errors, "Indiquez le questionnaire de la campagne.", 100)
    waves = () if unfinished and not raw.get("waves") else _waves(raw.get("waves"), errors)
    callers = raw.get("callers", {"all": True})
    nobody_yet = unfinished and callers == {"emails": []}
    all_callers, emails = (False, ()) if nobody_yet else _callers(callers, errors)
    rules = raw.get("rules", {})
    if not isinstance(rules, Mapping):
        errors.add("rules", "Les règles sont un objet.")
        rules = {}
    for key in rules.keys() - RULES:
        errors.add(f"rules.{key}", "Cette règle n’existe pas.")
    max_attempts = _number(rules, "max_attempts", 5, 1, 20, errors)
    lease_minutes = _number(rules, "lease_minutes", 30, 1, 480, errors)
    keep_answers_days = _number(rules, "keep_answers_days", 365, 1, LONGEST_KEEPING, errors)
    starts_on, ends_on = _day(rules, "starts_on", errors), _day(rules, "ends_on", errors)
    if starts_on and ends_on and ends_on < starts_on:
        errors.add("rules.ends_on", "La fin prévue précède le début prévu.")
    windows, wrong = read_windows(rules.get("windows", []))
    for sentence in wrong:
        errors.add("rules.windows", sentence)
    on_days_off, send_sms = _flag(rules, "on_public_holidays", errors), _flag(rules, "send_sms", errors)
    texts, unsaid = read_texts(raw.get("texts", {}))
    for name_of_text, sentence in unsaid:
        errors.add(name_of_text, sentence)
    if errors.fields:
        return None, errors.fields
    return (
        CampaignDocument(
            name=name,
            purpose=purpose,
            questionnaire=questionnaire,
            waves=waves,
            all_callers=all_callers,
            caller_emails=emails,
            max_attempts=max_attempts,
            lease_minutes=lease_minutes,
            keep_answers_days=keep_answers_days,
            starts_on=starts_on,
            ends_on=ends_on,
            windows=windows,
            on_days_off=on_days_off,
            voicemail=texts.get("voicemail", ""),
            sms=texts.get("sms", ""),
            send_sms=send_sms,
        ),
        {},
    )


def _text(raw: Mapping[str, Any], key: str, errors: DocumentErrors, missing: str, longest: int) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        errors.add(key, missing)
        return ""
    if len(value.strip()) > longest:
        errors.add(key, f"{longest} caractères au plus.")
    return value.strip()


def _waves(raw: object, errors: DocumentErrors) -> tuple[WaveDocument, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        errors.add("waves", "Une campagne a au moins une vague : qui appeler.")
        return ()
    if len(raw) > 50:
        errors.add("waves", "Cinquante vagues au plus.")
        return ()
    waves = []
    for rank, wave in enumerate(raw, start=1):
        place = f"waves.{rank}"
        if not isinstance(wave, Mapping):
            errors.add(place, "Une vague est un objet avec un nom et un public.")
            continue
        for key in wave.keys() - {"name", "audience", "priority"}:
            errors.add(f"{place}.{key}", "Cette rubrique n’existe pas dans une vague.")
        name = wave.get("name", f"Vague {rank}")
        if not isinstance(name, str) or not name.strip() or len(name) > 150 or "\0" in name:
            errors.add(f"{place}.name", "Le nom d’une vague est un texte de 150 caractères au plus.")
            name = ""
        audience = wave.get("audience")
        if not isinstance(audience, Mapping):
            errors.add(f"{place}.audience", "Indiquez le public de la vague.")
            audience = {}
        priority = wave.get("priority", [Priority.OLDEST_FIRST])
        if not isinstance(priority, list | tuple) or any(item not in Priority.values for item in priority):
            errors.add(f"{place}.priority", f"Les priorités possibles sont : {', '.join(Priority.values)}.")
            priority = []
        waves.append(WaveDocument(name.strip(), audience, tuple(priority) or (Priority.OLDEST_FIRST,)))
    return tuple(waves)


def _callers(raw: object, errors: DocumentErrors) -> tuple[bool, tuple[str, ...]]:
    if isinstance(raw, Mapping) and not raw.keys() - {"all", "emails"}:
        emails = raw.get("emails")
        if raw.get("all") is True and not emails:
            return True, ()
        if isinstance(emails, list | tuple) and emails and all(isinstance(email, str) for email in emails):
            return False, tuple(dict.fromkeys(email.strip().lower() for email in emails))
    errors.add("callers", "Choisissez « all = true », ou une liste « emails ».")
    return True, ()


def _number(raw: Mapping[str, Any], key: str, default: int, low: int, high: int, errors: DocumentErrors) -> int:
    value = raw.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        errors.add(f"rules.{key}", f"Un nombre entier de {low} à {high}.")
        return default
    return value


def _flag(raw: Mapping[str, Any], key: str, errors: DocumentErrors) -> bool:
    value = raw.get(key, False)
    if not isinstance(value, bool):
        errors.add(f"rules.{key}", "Répondez par vrai ou faux.")
        return False
    return value


def _day(raw: Mapping[str, Any], key: str, errors: DocumentErrors) -> date | None:
    """A day as JSON writes it, or as TOML gives it; None when nothing is foreseen."""
    value = raw.get(key)
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        errors.add(f"rules.{key}", "Une date, par exemple 2026-11-30.")
        return None


@dataclass(frozen=True)
class Workload:
    """What a campaign asks of its callers: at least one call for each household that has a number."""

    each: int | None  # calls per caller; None without callers
    days: int | None  # working days foreseen; None without both dates
    each_day: int | None  # calls per caller and working day


def workload(households: int, callers: int, starts_on: date | None, ends_on: date | None) -> Workload:
    """How many calls each caller may expect, and each day when the days are foreseen. Rounded up."""
    days = working_days(starts_on, ends_on) if starts_on and ends_on else None
    each = -(-households // callers) if callers else None
    return Workload(each, days, -(-each // days) if each is not None and days else None)


def working_days(first: date, last: date) -> int:
    """Days from Monday to Friday between two days, both included."""
    return sum(1 for ahead in range((last - first).days + 1) if (first + timedelta(days=ahead)).weekday() < 5)


def referral_due(grade: str, agreed: bool | None, now: datetime) -> datetime | None:
    """When somebody must have taken the situation over; None when nobody has to.

    Orange and red are always handed over. Green and yellow are when the person agreed to be called by a partner.
    """
    if grade in REFERRAL_DELAY:
        return now + REFERRAL_DELAY[Grade(grade)]
    if agreed:
        return now + TAKEN_WITHIN[grade or Grade.YELLOW]
    return None


def service_label(service: str, agency: str | None) -> str:
    """Under which name a caller's work is counted: the agency for agency staff, else the department."""
    if service and service.strip().casefold() != AGENCY_SERVICE:
        return service
    return agency or service or "Sans service"


def reasons(
    frozen: Iterable[str], last_reached: datetime | None, attempts_made: int, promised: object | None, today: date
) -> list[str]:
    """Why this household, why now, in plain words: the promise first, then what made it chosen, then the silence."""
    lines = []
    if promised is not None:
        lines.append(
            "appel promis : " + ("chaque semaine" if getattr(promised, "weekly", False) else "pour aujourd’hui")
        )
    # What was frozen at opening about silence gives way to what is known today.
    lines.extend(one for one in frozen if last_reached is None or not one.startswith("aucun contact"))
    if last_reached is not None:
        lines.append(silence(last_reached.date(), today))
    if attempts_made and promised is None:
        lines.append("1 essai sans réponse" if attempts_made == 1 else f"{attempts_made} essais sans réponse")
    return lines


def silence(last_reached: date, today: date) -> str:
    """« aucun contact depuis 8 mois », from the last time somebody of the household was really reached."""
    days = (today - last_reached).days
    if days < 1:
        return "déjà joint aujourd’hui"
    if days < 14:
        return f"aucun contact depuis {days} jour{'s' if days > 1 else ''}"
    if days < 60:
        return f"aucun contact depuis {days // 7} semaines"
    months = (today.year - last_reached.year) * 12 + today.month - last_reached.month
    months -= today.day < last_reached.day
    if months < 24:
        return f"aucun contact depuis {months} mois"
    return f"aucun contact depuis {months // 12} ans"
