"""Two sides of one landlord, made alike: an agency, its people, and one object at least of every kind that an address names.

What the second side holds belongs to somebody else for whoever works on the first: that is what the matrix opens.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, CompanyFactory, UserFactory
from tests.cases.factories import make_case
from tests.cases.referral_factories import make_referral, secret_sent
from tests.housing.factories import CommuneFactory, ResidenceFactory
from tests.messaging.factories import make_version
from tests.neighbourhood.factories import make_relay
from tests.outreach.factories import call, make_campaign
from tests.partners.factories import StructureFactory
from tests.questionnaires.factories import QuestionnaireVersionFactory
from tests.tenants.factories import HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.engines.audiences.models import Audience
from bienveille.engines.cases.models import Case, CaseAbsence, DutyTurn
from bienveille.engines.cases.operations import Signal, name_readers, open_confidential
from bienveille.engines.cases.operations.referrals_register import RegisterFacts, ask_register
from bienveille.engines.dispatch.models import Attempt, Batch, BatchLine, Contact, PlannedCall, Step, WeekPlan
from bienveille.engines.messaging.models import (
    AddressCheck,
    Delivery,
    InboundMessage,
    Line,
    Mailing,
    Notice,
    Poster,
    Posting,
    Print,
    PrintFile,
)
from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.ground.platform.sealed_fields import SealedJSONField
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import Agency, LargeFile, OpenSession, Passkey, User
from bienveille.register.accounts.operations import create_api_token, invite
from bienveille.register.housing.models import Residence, ResidenceManager, Watch
from bienveille.register.imports.models import ImportFile, ImportProfile, ImportRun
from bienveille.register.tenants.models import Household, Merge, Person
from bienveille.register.tenants.operations import protect_address
from bienveille.register.wording.choices import FAMILIES
from bienveille.register.wording.models import WordingEntry
from bienveille.services.letting.models import Rehousing, StockLot, StockLotHome
from bienveille.services.neighbourhood.models import Heard, WatchProposal
from bienveille.services.outreach.models import (
    Campaign,
    DebriefRequest,
    Referral,
    Verbatim,
    VolunteerCall,
    VolunteerOffer,
)

Rows = dict[str, list[Any]]


@dataclass
class Side:
    """An agency with its people by role, and its rows by the name of their model in small letters."""

    mark: str
    agency: Agency
    residence: Residence
    users: dict[str, User] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)


def all_rows() -> Rows:
    return {
        model._meta.label_lower: list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for model in apps.get_models()
        if model.__module__.startswith("bienveille.")
    }


def make_side(mark: str) -> Side:
    """One side, whole. Called twice, it gives two that share nothing but the landlord."""
    before = all_rows()
    company = CompanyFactory(name=f"Habitat {mark}")
    agency = AgencyFactory(company=company, code=mark.upper()[:6], name=f"Agence {mark}")
    commune = CommuneFactory(code="69266" if mark == "here" else "42218", name=f"Commune {mark}")
    residence = ResidenceFactory(agency=agency, code=f"R{mark}", name=f"Résidence {mark}", commune=commune)
    side = Side(mark, agency, residence)
    for role in Role.values:
        side.users[role] = UserFactory(roles=[(role, agency)], agency=agency, email=f"{role}.{mark}@bailleur.example")
    ResidenceManager.objects.create(residence=residence, user=side.users[Role.BUILDING_MANAGER])
    for make in (_people, _calls, _cases, _messages, _places, _house):
        make(side)
    after = all_rows()
    side.rows = {label: [pk for pk in keys if pk not in set(before[label])] for label, keys in after.items()}
    return side


def _homes(side: Side) -> models.QuerySet[Household]:
    homes = Household.objects.select_related("dwelling").prefetch_related("people")
    return homes.filter(dwelling__building__residence=side.residence).order_by("pk")


def _people(side: Side) -> None:
    now, worker = timezone.now(), side.users[Role.SOCIAL_WORKER]
    for rank in range(7):
        HouseholdFactory(residence=side.residence, age=80 + rank, phone=True, alone=rank != 1)
    home = _homes(side).first()
    person = home.people.first()
    MarkFactory(person=person)
    RelativeFactory(person=person)
    kept, gone = _homes(side)[1].people.order_by("pk")[:2]
    nothing = {"moved": {}, "changed": {}}
    before = {"gone_left_on": None, "fields": {}, "said": {}, "protects": {}, "households": {}, "repointed": []}
    before |= dict.fromkeys(("points", "marks", "relatives"), nothing)
    Merge.objects.create(kept=kept, gone=gone, merged_by=worker, merged_at=now, before=before)
    hidden = HouseholdFactory(residence=side.residence, age=70, phone=True)
    protect_address(actor=worker, person=hidden.people.get(), protected=True, reason="À sa demande")


def _calls(side: Side) -> None:
    now, caller, manager = timezone.now(), side.users[Role.CALLER], side.users[Role.AGENCY_MANAGER]
    who = {"all": [{"agency": [side.agency.code]}]}
    document = {"waves": [{"name": "Tous", "audience": who}], "callers": {"emails": [caller.email]}}
    campaign = make_campaign(name=f"Campagne {side.mark}", now=now, **document)
    draft = make_campaign(name=f"Brouillon {side.mark}", opened=False, now=now, **document)
    Campaign.objects.filter(pk__in=[campaign.pk, draft.pk]).update(created_by=manager)
    Contact.objects.filter(queue=campaign.queue).update(not_before=None)
    for weekly in (True, False):
        call(
            campaign,
            caller,
            "reached",
            grade="orange",
            needs=("meals",),
            note="Ne descend plus.",
            weekly=weekly,
            now=now,
        )
    attempt = Attempt.objects.select_related("contact").filter(contact__queue=campaign.queue).first()
    handed = attempt.contact
    Verbatim.objects.create(
        attempt=attempt, said="Merci de votre appel.", agreed_by=Person.objects.filter(household=handed.household_id).first(),
        agreed_words="D’accord ?", expires_on=now.date() + timedelta(days=90),
    )  # fmt: skip
    DebriefRequest.objects.create(
        asked_by=caller, listener=manager, attempt=attempt, means="phone", moment="today", words="Dur.", asked_at=now
    )
    assert PlannedCall.objects.filter(contact=handed).exists()
    assert Referral.objects.filter(attempt__contact__queue=campaign.queue).exists()
    waiting = Contact.objects.filter(queue=campaign.queue, state="waiting")
    Step.objects.create(
        contact=waiting[0], kind="visit", assigned_to=side.users[Role.BUILDING_MANAGER], due_on=now.date(),
        created_by=manager, created_at=now,
    )  # fmt: skip
    plan = WeekPlan.objects.create(
        queue=campaign.queue, starts_on=now.date(), ends_on=now.date() + timedelta(days=6), state="confirmed",
        minutes_each=20, hard_most=3, prepared_by=manager, prepared_at=now, confirmed_at=now,
    )  # fmt: skip
    batch = Batch.objects.create(plan=plan, caller=caller, capacity=4, promised=0)
    BatchLine.objects.create(plan=plan, batch=batch, contact=waiting[1], position=1, token=uuid4())
    opened = VolunteerCall.objects.create(
        name=f"Volontaires {side.mark}", agency=side.agency, secret=uuid4().hex, created_by=manager, created_at=now
    )
    side.secrets["volunteer"] = opened.secret
    VolunteerOffer.objects.create(
        call=opened, email=f"offre.{side.mark}@bailleur.example", willing=True, agency=side.agency, answered_at=now,
        expires_on=now.date() + timedelta(days=90),
    )  # fmt: skip


def _cases(side: Side) -> None:
    now, worker, director = timezone.now(), side.users[Role.SOCIAL_WORKER], side.users[Role.DIRECTOR]
    homes = list(_homes(side))
    case = make_case("orange", household=homes[2], needs=("meals",), now=now)
    structure = StructureFactory(id=f"bienveille--{side.mark}")
    referral = make_referral("sent", case=case, actor=worker, structure=structure, now=now)
    side.secrets["link"] = secret_sent(referral, now)
    ask_register(
        actor=worker, person=homes[2].people.first(), now=now,
        facts=RegisterFacts(quality="age", agreement="non_objection", said_by="person"),
    )  # fmt: skip
    pair = [UserFactory(roles=[("social_worker", side.agency)]) for _ in range(2)]
    name_readers(actor=director, agency=side.agency, first=pair[0], second=pair[1], now=now)
    open_confidential(
        actor=None, household_id=homes[3].pk, signal=Signal("red", ("violence",), "Elle a peur."), now=now
    )
    secret = Case.objects.get(household=homes[3], kind="confidential")
    Rehousing.objects.create(case=secret, people=2, smallest="t2", started_at=now, started_by=pair[0])
    DutyTurn.objects.create(
        agency=side.agency, user=worker, starts_at=now, ends_at=now + timedelta(days=1), created_by=director
    )
    CaseAbsence.objects.create(
        user=worker, starts_on=now.date(), ends_on=now.date() + timedelta(days=3), substitute=pair[0], created_by=worker
    )


def _messages(side: Side) -> None:
    now, writer = timezone.now(), side.users[Role.COMMUNICATION]
    home = _homes(side).first()
    version = make_version()
    mailing = Mailing.objects.create(
        name=f"Coupure {side.mark}", purpose="wellbeing", version=version, audience={"all": []}, channels=["letter"],
        agencies=[side.agency.pk], created_by=writer,
    )  # fmt: skip
    delivery = Delivery.objects.create(mailing=mailing, household=home, channel="letter", state="unknown")
    AddressCheck.objects.create(household=home, delivery=delivery, noted_by=writer, noted_at=now)
    made = Print.objects.create(mailing=mailing, way="posted", state="ready", made_by=writer, made_at=now)
    PrintFile.objects.create(made_for=made, rank=1, name="lettres.pdf")
    InboundMessage.objects.create(
        channel="sms", sender="+33639989999", text="Rappelez-moi.", received_at=now, match="one", household=home,
        person=home.people.first(), agency=side.agency,
    )  # fmt: skip
    Line.objects.create(kind="office", agency=side.agency, number="+33472000000")
    Notice.objects.create(
        title="Coupure d’eau", agency=side.agency, starts_at=now, ends_at=now + timedelta(days=1), created_by=writer
    )
    poster = Poster.objects.create(
        title="Canicule", body="Buvez.", until=now.date() + timedelta(days=9), made_by=writer, made_at=now
    )
    Posting.objects.create(poster=poster, residence=side.residence, hall=1)


def _places(side: Side) -> None:
    now, manager = timezone.now(), side.users[Role.AGENCY_MANAGER]
    today, homes = now.date(), list(_homes(side))
    Watch.objects.create(
        residence=side.residence, reason="Chaleur", started_on=today, started_by=manager,
        until=today + timedelta(days=30),
    )  # fmt: skip
    Residence.objects.filter(pk=side.residence.pk).update(watched=True)
    WatchProposal.objects.create(
        residence=side.residence, households=8, worrying=3, grave=1, silent=2, made_on=today,
        expires_on=today + timedelta(days=30),
    )  # fmt: skip
    make_relay(homes[4])
    Heard.objects.create(
        dwelling=homes[5].dwelling, kind="cry", on=today, words="Des cris.", told_at=now,
        expires_on=today + timedelta(days=90),
    )  # fmt: skip
    lot = StockLot.objects.create(
        direction="taken_over", name=f"Lot {side.mark}", effective_on=today, agency=side.agency, created_by=manager
    )
    StockLotHome.objects.create(
        lot=lot, code=homes[0].dwelling.code, dwelling=homes[0].dwelling, batch=uuid4(), added_at=now
    )


def _house(side: Side) -> None:
    now, director = timezone.now(), side.users[Role.DIRECTOR]
    for user in (director, side.users[Role.CALLER]):
        create_api_token(actor=user, user=user, label="", now=now)
        Passkey.objects.create(user=user, name="Clé", credential_id=uuid4().bytes, credential=b"key", created_at=now)
    side.secrets["invitation"] = invite(
        actor=director, user=UserFactory(invited=True, email=f"invite.{side.mark}@bailleur.example"), now=now
    )
    LargeFile.objects.create(
        asked_by=side.users[Role.AGENCY_MANAGER], address="/locataires/", kind="csv", what="Locataires", rows=900,
        reason="Un courrier", asked_at=now, expires_at=now + timedelta(days=3),
    )  # fmt: skip
    Audience.objects.create(
        name=f"Public {side.mark}", rule={"all": []}, purpose="wellbeing", created_by=side.users[Role.AGENCY_MANAGER]
    )
    version = QuestionnaireVersionFactory(questionnaire__slug=f"guide-{side.mark}")
    QuestionnaireDraft.objects.create(
        slug=f"guide-{side.mark}", document=version.definition, based_on=version, changed_by=director, changed_at=now
    )
    run = ImportRun.objects.create(actor=director, started_at=now)
    ImportFile.objects.create(run=run, name="locataires.csv")
    ImportProfile.objects.create(
        name=f"profil-{side.mark}", label=f"Profil {side.mark}", saved_by=director, saved_at=now
    )
    WordingEntry.objects.create(
        kind="word", text=f"mot {side.mark}", family=FAMILIES[0][0], reason="Essai", added_by=director, added_at=now
    )


# ---- Canaries ----------------------------------------------------------------------------------------------------


def plant(side: Side, word: str = "") -> int:
    """A word that is nowhere else in every free text of a side's rows, or this one; returns how many fields took it.

    What the database refuses there (closed lists, telephone numbers, keys of files) keeps its value.
    """
    planted = 0
    for model in apps.get_models():
        keys = side.rows.get(model._meta.label_lower)
        if model in (User, OpenSession):
            continue  # a password or a session rewritten signs everybody out: nothing more would be tried
        for column in model._meta.concrete_fields if keys else ():
            if _is_free(column) and _took(model, keys, column.name, word or canary(side, model, column.name)):
                planted += 1
    return planted


def canary(side: Side, model: type[models.Model], column: str) -> str:
    """« KanariThereTenantsPersonlastname »: whose it is, then what it is."""
    return f"Kanari{side.mark}{model._meta.label.replace('.', '')}{column}".replace("_", "")


def _is_free(column: models.Field) -> bool:
    free = isinstance(column, models.CharField | models.TextField)
    free = free and not isinstance(column, models.SlugField | SealedJSONField)
    return free and not column.choices and not column.unique and not column.generated and (column.max_length or 99) > 30


def _took(model: type[models.Model], keys: list[Any], column: str, word: str) -> bool:
    longest = model._meta.get_field(column).max_length
    try:
        with transaction.atomic():
            rows = model._default_manager.filter(pk__in=keys).exclude(**{column: ""})
            changed = rows.update(**{column: word[:longest]})
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            return bool(changed)
    except (IntegrityError, DatabaseError):
        return False


def fingerprint(side: Side, leave_out: frozenset[str]) -> dict[str, str]:
    """What every row of a side holds, as one digest by model: whoever changed anything there changed it."""
    digests = {}
    for model in apps.get_models():
        keys = side.rows.get(model._meta.label_lower)
        if not keys or model._meta.label_lower in leave_out:
            continue
        table, key = model._meta.db_table, model._meta.pk.column
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t."{key}")) FROM "{table}" t WHERE t."{key}" = ANY(%s)',
                [keys],
            )
            digests[model._meta.label_lower] = cursor.fetchone()[0]
    return digests
