"""Shapes of what the API gives. Those of `docs/contracts` keep every key; a list is always `{items, next}`."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome
from bienveille.register.accounts.choices import Role
from bienveille.register.imports.choices import FileKind, Reason, RunState
from bienveille.services.outreach.choices import CampaignState, Purpose


class Problem(Schema):
    """Une erreur, comme la RFC 9457 la dit ; les phrases sont en français, pour des personnes."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    errors: dict[str, list[str]] | None = Field(default=None, description="Phrases par rubrique, s’il y en a.")


class RoleOut(Schema):
    """Un rôle et sa portée ; ni société ni agence : partout."""

    role: Literal[*Role.values]  # type: ignore[valid-type]
    company: str | None
    agency: str | None = Field(description="Code de l’agence.")


class MeOut(Schema):
    """À qui est le jeton, et ce qu’il permet."""

    id: UUID
    name: str
    languages: list[str]
    roles: list[RoleOut]


class CreatedOut(Schema):
    """L’identifiant de ce qui vient d’être créé."""

    id: UUID


class TargetOut(Schema):
    """Combien de ménages la campagne vise ; ce nombre ne change plus."""

    target: int = Field(ge=0)


class StateOut(Schema):
    """L’état de la campagne après la demande."""

    state: Literal[*CampaignState.values]  # type: ignore[valid-type]


class LedgerOut(Schema):
    """Où en est chaque ménage visé : les états s’additionnent à « target »."""

    target: int = Field(ge=0)
    waiting: int = Field(ge=0)
    reserved: int = Field(ge=0)
    reached: int = Field(ge=0)
    refused: int = Field(ge=0)
    unreachable: int = Field(ge=0)
    withdrawn: int = Field(ge=0)
    added: int = Field(0, ge=0, description="Parmi « target », les ménages entrés après l’ouverture.")


class CampaignLine(Schema):
    """Une campagne dans une liste."""

    id: UUID
    name: str
    purpose: Literal[*Purpose.values]  # type: ignore[valid-type]
    state: Literal[*CampaignState.values]  # type: ignore[valid-type]
    questionnaire: str
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    ledger: LedgerOut


class CampaignPage(Schema):
    """Des campagnes, les plus récentes d’abord."""

    items: list[CampaignLine]
    next: str | None = Field(description="Adresse de la page suivante ; nulle à la dernière.")


class WaveOut(Schema):
    """Un public de la campagne, dans l’ordre où il est servi."""

    name: str
    audience: dict[str, Any]
    priority: list[str]


class CallersOut(Schema):
    """Qui appelle : quiconque a le rôle, ou des personnes nommées, dont seul le nombre est donné."""

    all: bool
    named: int | None = Field(ge=0)


class RulesOut(Schema):
    """Les règles de la file."""

    max_attempts: int
    lease_minutes: int


class CampaignOut(CampaignLine):
    """Une campagne et sa préparation."""

    questionnaire_version: int
    waves: list[WaveOut]
    callers: CallersOut
    rules: RulesOut
    may_change: bool = Field(description="Ce jeton peut l’ouvrir, la suspendre, la fermer.")
    may_call: bool = Field(description="Ce jeton peut y appeler.")


class Reached(Schema):
    """Les chiffres clés d’un ensemble de ménages."""

    targeted: int = Field(ge=0)
    called: int = Field(ge=0)
    outgoing_calls: int = Field(ge=0)
    reached: int = Field(ge=0)
    reached_share: float = Field(ge=0, le=1)
    refused: int = Field(ge=0)
    unreachable: dict[str, int]
    weekly_recurring: int = Field(ge=0)
    referrals: int = Field(ge=0)
    grades: dict[str, int]
    needs: dict[str, int]


class FiguresOut(Reached):
    """Les chiffres clés d’une campagne, en tout, par agence et par service."""

    campaign: UUID
    by_agency: dict[str, Reached]
    by_service: dict[str, Reached]


class HouseholdLine(Schema):
    """Un ménage, par son nom."""

    id: UUID
    name: str


class ContactLine(Schema):
    """Où en est un ménage d’une campagne."""

    id: UUID
    household: HouseholdLine
    agency: str | None = Field(description="Code de l’agence.")
    state: Literal[*ContactState.values]  # type: ignore[valid-type]
    reason: Literal["", *ClosingReason.values]  # type: ignore[valid-type]
    attempts: int = Field(ge=0)
    not_before: datetime | None = Field(description="Pas avant cette heure ; nulle : dès maintenant.")


class ContactPage(Schema):
    """Des ménages d’une campagne, dans un ordre qui ne change pas."""

    items: list[ContactLine]
    next: str | None = Field(description="Adresse de la page suivante ; nulle à la dernière.")


class PhoneOut(Schema):
    """Un numéro où appeler, pour un programme et pour l’œil."""

    number: str = Field(description="E.164")
    display: str
    whose: str
    status: Literal["valid", "unverified"]


class PersonOut(Schema):
    """Quelqu’un du ménage."""

    name: str
    age: int | None
    languages: list[str]
    phones: list[PhoneOut]


class HouseholdOut(Schema):
    """Le ménage à appeler."""

    id: UUID
    name: str
    agency: str | None
    residence: str | None
    commune: str | None
    people: list[PersonOut]


class AttemptLine(Schema):
    """Un appel déjà passé."""

    at: datetime
    outcome: Literal[*Outcome.values]  # type: ignore[valid-type]
    label: str
    caller: str
    note: str


class GuideOut(Schema):
    """Ce qu’on demande, section par section ; chaque rubrique est décrite dans « docs/contracts »."""

    title: str
    description: str
    language: str
    sections: list[dict[str, Any]]


class NextOut(Schema):
    """Le ménage confié, pourquoi lui, et le guide de l’appel."""

    contact: UUID
    token: UUID = Field(description="À rendre avec l’issue de l’appel.")
    lease_until: datetime
    why: list[str]
    attempts: list[AttemptLine] = Field(description="Vingt au plus, les derniers d’abord.")
    household: HouseholdOut
    questionnaire: GuideOut


class AttemptOut(Schema):
    """Ce qui suit l’appel."""

    attempt: UUID
    state: Literal[*ContactState.values]  # type: ignore[valid-type]
    next_call: date | None
    case: UUID | None


class PlannedLine(Schema):
    """Un appel promis."""

    id: UUID
    due_on: date
    weekly: bool
    tries: int = Field(ge=0, description="Essais sans réponse pour cette promesse.")
    campaign: UUID
    household: HouseholdLine


class PlannedPage(Schema):
    """Les appels promis, les plus anciens d’abord."""

    items: list[PlannedLine]
    next: str | None = Field(description="Adresse de la page suivante ; nulle à la dernière.")


class AudienceLine(Schema):
    """Un public enregistré."""

    id: UUID
    name: str
    purpose: str
    rule: dict[str, Any]
    created_at: datetime


class AudiencePage(Schema):
    """Les publics enregistrés."""

    items: list[AudienceLine]
    next: str | None = Field(description="Adresse de la page suivante ; nulle à la dernière.")


class AgencyCountOut(Schema):
    """Combien de ménages dans une agence."""

    code: str
    name: str
    households: int = Field(ge=0)


class CountOut(Schema):
    """Combien de ménages un public désigne aujourd’hui, et la règle dite en français."""

    sentence: str
    households: int = Field(ge=0)
    by_agency: list[AgencyCountOut]


class QuestionnaireLine(Schema):
    """Un questionnaire publié, dans sa version du jour."""

    slug: str
    title: str
    version: int
    published_at: datetime


class QuestionnairePage(Schema):
    """Les questionnaires, par titre."""

    items: list[QuestionnaireLine]
    next: None = Field(description="Toujours nulle : la liste tient en une page.")


class QuestionnaireOut(QuestionnaireLine):
    """Un questionnaire et son guide."""

    questionnaire: GuideOut


class RegisterOut(Schema):
    """Ce que le registre contient un jour donné ; « households_75+_LYO » et ses semblables s’y ajoutent."""

    model_config = {"extra": "allow"}

    on: date
    dwellings: int = Field(ge=0)
    residences: int = Field(ge=0)
    households: int = Field(ge=0)
    persons: int = Field(ge=0)
    with_phone: int = Field(ge=0)
    with_email: int = Field(ge=0)


class DepositOut(Schema):
    """Un dépôt reçu : son identifiant, et s’il est vérifié, à préciser ou déjà refusé."""

    id: UUID
    state: Literal[*RunState.values]  # type: ignore[valid-type]


class IssueOut(Schema):
    """Une ligne rejetée, ou une cellule laissée de côté."""

    row: int = Field(ge=1, description="Rang de la ligne, l’en-tête étant la première.")
    column: str
    value: str = Field(description="Comme lue, quarante caractères au plus ; effacée au bout de 90 jours.")
    reason: Literal[*Reason.values]  # type: ignore[valid-type]
    message: str


class ImportFileOut(Schema):
    """Un fichier d’un import ; d’autres comptes s’ajoutent selon ce qu’il décrit."""

    model_config = {"extra": "allow"}

    file: str
    kind: Literal[*FileKind.values] | None  # type: ignore[valid-type]
    records: int = Field(ge=0, description="Acceptées et rejetées.")
    accepted: int = Field(ge=0)
    rejected: int = Field(ge=0)
    warned: int = Field(ge=0)
    created: int = Field(ge=0)
    updated: int = Field(ge=0)
    closed: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    encoding: str
    separator: str
    unknown_columns: list[str]
    ignored_columns: list[str]
    rejects: list[IssueOut] = Field(description="Les mille premières.")
    warnings: list[IssueOut] = Field(description="Les mille premières.")
    truncated: bool = Field(description="Il y a plus de lignes à corriger que celles listées ici.")


class ImportOut(Schema):
    """Un import, où qu’il en soit."""

    id: UUID
    state: Literal[*RunState.values] = Field(  # type: ignore[valid-type]
        description="« mapping » : colonnes à préciser ; « ready » : il faut décider ; les trois derniers : fini."
    )
    applied: bool
    dry_run: bool
    org: str
    refusal: str = Field(description="Pourquoi rien n’est appliqué, en français.")
    received_at: datetime
    finished_at: datetime | None
    rows_done: int = Field(ge=0)
    rows_total: int = Field(ge=0, description="Nul : inconnu.")
    oddities: list[str] = Field(description="Ce qui sort de l’ordinaire, sans aucun nom.")
    files: list[ImportFileOut]
