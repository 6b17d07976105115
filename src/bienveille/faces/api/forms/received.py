"""Shapes of what the API receives; a campaign's document is read by `outreach`, an audience's rule by its engine."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from bienveille.engines.dispatch.choices import ContactState, Outcome
from bienveille.faces.api.queries import LARGEST_PAGE, PAGE
from bienveille.register.imports.choices import Departures
from bienveille.services.outreach.choices import CampaignState, Grade, Priority, Purpose

# A NUL character cannot be stored by PostgreSQL; it is refused here, not there.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]

Rule = Annotated[
    dict[str, Any],
    Field(min_length=1, max_length=1, description="Une règle de public : un objet à une seule clé."),
]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
DEFAULT_LIMIT = PAGE
State = Literal[*CampaignState.values] | None  # type: ignore[valid-type]
HouseholdState = Literal[*ContactState.values] | None  # type: ignore[valid-type]
After = UUID | None
AgencyCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]*$")] | None
Until = date | None
#: « 2026-11-30_0190… »: a day and the key of the last row.
AfterPlanned = (
    Annotated[
        str,
        Field(pattern=r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
    ]
    | None
)


FileName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f/\\]+$")] | None
ProfileName = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9-]*$")] | None
DeparturesAsked = Literal[*Departures.values]  # type: ignore[valid-type]


class AttemptIn(Schema):
    """Comment l’appel s’est terminé et ce qu’il a révélé."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "token": "6f1c2f0e-6f6e-4b57-9c1b-3a54c6f6a2d1",
                    "outcome": "reached",
                    "grade": "yellow",
                    "needs": ["meals"],
                    "note": "Ne descend plus faire les courses.",
                    "call_back_on": "2026-11-30",
                    "weekly": True,
                }
            ]
        },
    )

    token: UUID = Field(description="Le jeton de réservation reçu avec le ménage.")
    outcome: Literal[*Outcome.values] = Field(description="Comment l’appel s’est terminé.")  # type: ignore[valid-type]
    grade: Literal["", *Grade.values] | None = Field(default=None, description="Le niveau choisi par l’appelant.")  # type: ignore[valid-type]
    answers: dict[str, Any] | None = Field(default=None, description="Réponses, par clé de question.")
    needs: list[Text] = Field(default_factory=list, max_length=50, description="Besoins dits pendant l’appel.")
    note: Text | None = Field(default=None, max_length=500, description="Une note, jamais une maladie.")
    call_back_on: date | None = Field(default=None, description="Jour du prochain appel convenu.")
    weekly: bool = Field(default=False, description="La personne veut un appel chaque semaine.")
    agreed: bool | None = Field(default=None, description="La personne accepte qu’un partenaire la rappelle.")
    phone: Text = Field(default="", max_length=20, description="Le numéro composé, en E.164.")


class ReleaseIn(Schema):
    """Un ménage rendu sans avoir été appelé."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "6f1c2f0e-6f6e-4b57-9c1b-3a54c6f6a2d1"}]})

    token: UUID = Field(description="Le jeton de réservation reçu avec le ménage.")


class WaveIn(Schema):
    """Un public à appeler, dans l’ordre des vagues."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="Vague 1", min_length=1, max_length=150)
    audience: Rule
    priority: list[Literal[*Priority.values]] = ["oldest_first"]  # type: ignore[valid-type]


class EverybodyIn(Schema):
    """Quiconque a le rôle d’appelant."""

    model_config = ConfigDict(extra="forbid")

    all: Literal[True]


class NamedIn(Schema):
    """Des personnes, par leur adresse."""

    model_config = ConfigDict(extra="forbid")

    emails: list[str] = Field(min_length=1)


Clock = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class WindowIn(Schema):
    """Des heures d’appel, certains jours de la semaine, à l’heure du lieu où vit la personne."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, max_length=7, description="1 : lundi.")
    from_: Clock = Field(alias="from", description="Première minute.")
    to: Clock = Field(description="Fin, non comprise ; après le début.")


class TextsIn(Schema):
    """Ce que les appelants laissent quand personne ne répond ; « {bailleur} » y figure."""

    model_config = ConfigDict(extra="forbid")

    voicemail: Text = Field(default="", max_length=400, description="Sur un répondeur ; vide : le texte proposé.")
    sms: Text = Field(default="", max_length=306, description="Par SMS ; vide : le texte proposé.")


class RulesIn(Schema):
    """Les règles de la file."""

    model_config = ConfigDict(extra="forbid")

    max_attempts: int = Field(default=5, ge=1, le=20, description="Essais avant de renoncer.")
    lease_minutes: int = Field(default=30, ge=1, le=480, description="Durée d’une réservation.")
    keep_answers_days: int = Field(default=365, ge=1, le=1095, description="Durée de conservation des réponses.")
    starts_on: date | None = Field(default=None, description="Début prévu.")
    ends_on: date | None = Field(default=None, description="Fin prévue.")
    windows: list[WindowIn] = Field(default_factory=list, max_length=20, description="Aucune : à toute heure.")
    on_public_holidays: bool = Field(default=False, description="Appeler aussi les jours fériés.")
    send_sms: bool = Field(default=False, description="Le SMS part tout seul quand personne n’a répondu.")


class CampaignIn(Schema):
    """Le document d’une campagne, le même que « campaign.toml »."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Plan canicule 2027",
                    "purpose": "wellbeing",
                    "questionnaire": "senior-welfare",
                    "waves": [
                        {
                            "name": "75 ans et plus, vivant seuls",
                            "audience": {"all": [{"age": {"min": 75}}, {"lives_alone": True}]},
                            "priority": ["oldest_first"],
                        }
                    ],
                    "callers": {"all": True},
                    "rules": {"max_attempts": 5, "lease_minutes": 30},
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=150)
    purpose: Literal[*Purpose.values] = Field(description="Finalité, du registre des traitements.")  # type: ignore[valid-type]
    questionnaire: str = Field(description="Nom d’un questionnaire publié.", max_length=100)
    waves: list[WaveIn] = Field(min_length=1, max_length=50)
    callers: EverybodyIn | NamedIn = Field(default=EverybodyIn(all=True), description="Qui appelle.")
    rules: RulesIn = RulesIn()
    texts: TextsIn = TextsIn()


class CountIn(Schema):
    """Un public à compter, sans l’enregistrer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"audience": {"all": [{"age": {"min": 75}}]}}]})

    audience: Rule
