"""`demo`: an invented landlord, one account per role, a campaign half done; or a whole campaign played at once."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bienveille.register.accounts.models import Agency, User
    from bienveille.services.outreach.models import Campaign

NAME = "demo"
NEEDS_DATABASE = False  # it has its own, apart from a real landlord's
HELP = "essayer avec un bailleur inventé ; --once joue une campagne entière et donne ses chiffres"

ORG = "Habitat des Deux Fleuves"
PASSWORD = "demonstration-2026"
DATA = Path(__file__).resolve().parents[4] / "tests" / "fixtures" / "erp-cp1252"
FILES = ("patrimoine.csv", "locataires.csv", "collaborateurs.csv", "partenaires.json")
CAMPAIGN = "Prendre des nouvelles de nos aînés"
#: (role, first name, last name, agency or everything, where to look first)
ACCOUNTS = (
    ("administrator", "Agathe", "Réglage", None, "comptes et droits"),
    ("director", "Denis", "Cap", None, "la campagne et ses chiffres"),
    ("agency_manager", "Rosa", "Responsable", "LYO", "la campagne, vue de son agence"),
    ("caller", "Josiane", "Appel", "LYO", "le prochain appel"),
    ("social_worker", "Samira", "Relais", None, "les locataires"),
    ("building_manager", "Thierry", "Gardien", None, "ses visites"),
    ("communication", "Colin", "Message", None, "son espace"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bienveille.faces.cli.serve import port_number

    parser.add_argument("--port", type=port_number, default=8000, help="port d’écoute (par défaut : 8000)")
    parser.add_argument("--once", action="store_true", help="jouer une campagne entière, donner ses chiffres, finir")


def run(options: argparse.Namespace) -> int:
    from bienveille.faces.cli.main import set_up
    from bienveille.faces.cli.serve import serve

    use_demo_database()
    if options.once:
        set_up()
        prepare()
        return play_once()
    return serve(port=options.port, prepare=lambda: prepare() or welcome(options.port))


def use_demo_database() -> None:
    """The demo keeps apart: its own folder and its own embedded server, never a real landlord's database."""
    root = Path(os.environ.get("BIENVEILLE_VAR") or Path(__file__).resolve().parents[4] / "var")
    os.environ["BIENVEILLE_VAR"] = str(root / "demo")
    os.environ.setdefault("SECOND_FACTOR", "optional")  # nobody installs an application to try; the page says so
    # Invented calls need not wait for the disk one by one: what a crash would lose is made again.
    os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")


#: Publics that anybody can open, change or copy.
AUDIENCES: dict[str, dict[str, Any]] = {
    "Nos aînés de 75 ans et plus": {"age": {"min": 75}},
    "Seuls, 80 ans et plus, en étage sans ascenseur": {
        "all": [{"age": {"min": 80}}, {"lives_alone": True}, {"floor_without_lift": {"min": 3}}]
    },
}


def prepare() -> str:
    """The demo landlord, made once: its files imported, its accounts, a campaign half done. Harmless twice."""
    from bienveille.faces.cli.callers import add_beginner
    from bienveille.ground.platform.refusal import Refusal
    from bienveille.register.accounts.queries import landlord, users_by_email
    from bienveille.services.outreach.models import Campaign

    owner = landlord()
    if owner is not None and owner.name != ORG:
        raise Refusal(f"Cette base est celle de «\u00a0{owner.name}\u00a0»\u00a0: la démonstration n’y touche pas.")
    if owner is None:
        _say("Préparation du bailleur de démonstration…")
        _import()
    if len(users_by_email([address(role) for role, *_ in ACCOUNTS])) < len(ACCOUNTS):
        _accounts()
    _places()
    if not Campaign.objects.exists():
        _say("Les appelants commencent la campagne…")
        _audiences()
        _last_winter()
        _half_done()
        _week()
        _today()
    _knock()
    _follow()
    _lot()
    _partners()
    _referrals()
    _messages()
    add_beginner(PASSWORD)
    _callers_life()
    _on_paper()
    return ""


def _on_paper() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.paper import put_up
    from bienveille.register.accounts.queries import users_by_email

    people = users_by_email([address(role) for role in ("communication", "building_manager")])
    put_up(people[address("communication")], people[address("building_manager")], localtime(now()))


def _callers_life() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.callers import tell_more
    from bienveille.register.accounts.queries import users_by_email

    people = users_by_email([address(role) for role in ("director", "agency_manager", "caller")])
    director, manager, caller = (people[address(role)] for role in ("director", "agency_manager", "caller"))
    tell_more(director, manager, caller, localtime(now()))


def _follow() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.cases import follow
    from bienveille.faces.cli.confidential import confide, find_home
    from bienveille.faces.cli.watching import chill
    from bienveille.register.accounts.queries import users_by_email

    roles = ("director", "agency_manager", "social_worker", "building_manager")
    people = users_by_email([address(role) for role in roles])
    director, manager, worker, keeper = (people[address(role)] for role in roles)
    follow(director, manager, worker, localtime(now()))
    case = confide(director, manager, worker, localtime(now()))
    if case is not None:
        find_home(worker, case, localtime(now()))
    chill(manager, worker, keeper, localtime(now()))


def _partners() -> None:
    from django.utils.timezone import localdate

    from bienveille.faces.cli.partners import add_some
    from bienveille.register.accounts.queries import users_by_email

    add_some(users_by_email([address("social_worker")])[address("social_worker")], localdate())


def _referrals() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.referrals import hand_some, propose_registers
    from bienveille.register.accounts.queries import users_by_email

    worker, moment = users_by_email([address("social_worker")])[address("social_worker")], localtime(now())
    hand_some(worker, moment)
    propose_registers(worker, moment)


def _messages() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.messages import prepare_mailings, write_texts
    from bienveille.register.accounts.queries import users_by_email

    writer = users_by_email([address("communication")])[address("communication")]
    write_texts(writer, localtime(now()))
    prepare_mailings(writer)


def _places() -> None:
    from django.utils.timezone import localdate

    from bienveille.faces.cli.places import settle
    from bienveille.register.accounts.queries import users_by_email

    people = users_by_email([address("director"), address("building_manager")])
    settle(people[address("director")], people[address("building_manager")], localdate())


def _knock() -> None:
    """What was tried beside calls, for a few of those whom they did not reach."""
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.visits import knock
    from bienveille.register.accounts.queries import users_by_email
    from bienveille.services.outreach.models import Campaign

    campaign = Campaign.objects.filter(name=CAMPAIGN, closed_at=None).first()
    people = users_by_email([address("director"), address("building_manager")])
    if campaign is not None:
        knock(people[address("director")], people[address("building_manager")], campaign.queue_id, localtime(now()))


def _audiences() -> None:
    from bienveille.engines.audiences.operations import save_audience
    from bienveille.engines.audiences.queries import saved_audiences
    from bienveille.register.accounts.queries import users_by_email

    director = users_by_email([address("director")])[address("director")]
    kept = {audience.name for audience in saved_audiences()}
    for name in AUDIENCES.keys() - kept:
        save_audience(actor=director, name=name, rule=AUDIENCES[name], purpose="wellbeing")


def _week() -> None:
    from django.utils.timezone import now

    from bienveille.faces.cli.weekly import prepare_week
    from bienveille.register.accounts.queries import users_by_email
    from bienveille.services.outreach.models import Campaign

    director = users_by_email([address("director")])[address("director")]
    prepare_week(Campaign.objects.select_related("queue").get(name=CAMPAIGN), director, now())


def _lot() -> None:
    """Homes taken over at the beginning of last month: announced one way, found another, some steps done."""
    from django.utils.timezone import localtime, now

    from bienveille.register.accounts.queries import users_by_email
    from bienveille.register.housing.models import Dwelling
    from bienveille.services.letting import operations
    from bienveille.services.letting.choices import Direction
    from bienveille.services.letting.models import StockLot

    home = Dwelling.objects.filter(building__residence__agency__code="LYO").order_by("code").last()
    if StockLot.objects.exists() or home is None:
        return
    director = users_by_email([address("director")])[address("director")]
    homes = Dwelling.objects.filter(building__residence__buildings__dwellings=home).order_by("code")
    codes = list(homes.values_list("code", flat=True))
    first = (localtime(now()).replace(day=1) - timedelta(days=1)).replace(day=1, hour=10, minute=0)
    lot = operations.create_lot(
        actor=director,
        direction=Direction.TAKEN_OVER,
        name="Reprise du Foyer des Balmes",
        other_party="Foyer des Balmes",
        effective_on=first.date(),
        agency=None,
        announced=len(codes) + 3,
        announced_full=9,
        announced_co_owned=len(codes) - 8,
        announced_managed=4,
    )
    text = "\n".join([*codes, "BALMES-101", "BALMES-102", "BALMES-103"])
    operations.add_codes(actor=director, lot=lot, text=text, now=first - timedelta(days=30))
    done = {
        "contracts": -50, "codes": -40, "insurance": -25, "tenant_letter": -20, "hall_inspection": -18, "lines": -5,
        "keys": 0, "meters": 0, "mandates": 12,
    }  # fmt: skip
    for key, days in done.items():
        operations.tick_step(actor=director, lot=lot, key=key, now=first + timedelta(days=days))
    operations.save_territory(actor=director, name="Rhône-Isère", departments=["69", "38"])


def _import() -> None:
    # Read here only: a second start of the demo has no use for the import engine, and is quicker without it.
    from django.utils.timezone import localtime, now

    from bienveille.register.imports.operations import import_files

    import_files(paths=[DATA / name for name in FILES], today=localtime(now()).date(), org=ORG)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _accounts() -> None:
    """One account per role, made by the real operations; those that exist are left alone."""
    from bienveille.register.accounts.choices import Role
    from bienveille.register.accounts.operations import change_password, create_user, grant_role
    from bienveille.register.accounts.queries import agencies, users_by_email

    known = users_by_email([address(role) for role, *_ in ACCOUNTS])
    by_code: dict[str, Agency] = {agency.code: agency for agency in agencies()}
    for role, first_name, last_name, code, _ in ACCOUNTS:
        if address(role) in known:
            continue
        agency = by_code[code] if code else None
        user = create_user(
            actor=None,
            email=address(role),
            first_name=first_name,
            last_name=last_name,
            agency=agency,
            service="Agence" if agency else "Siège",
            languages=["fr"],
        )
        change_password(actor=None, user=user, password=PASSWORD)
        grant_role(actor=None, user=user, role=Role(role), agency=agency if role == "agency_manager" else None)


def address(role: str) -> str:
    return f"{role.replace('_', '.')}@demo.example"


def _document(name: str) -> dict[str, object]:
    return {
        "name": name,
        "purpose": "wellbeing",
        "questionnaire": "senior-welfare",
        "waves": [
            {
                "name": "75 ans et plus, vivant seuls",
                "audience": {"all": [{"age": {"min": 75}}, {"lives_alone": True}]},
                "priority": ["oldest_first"],
            },
            {"name": "75 ans et plus", "audience": {"age": {"min": 75}}, "priority": ["oldest_first"]},
            {"name": "70 à 74 ans", "audience": {"age": {"min": 70, "max": 74}}, "priority": ["oldest_first"]},
        ],
        "callers": {"all": True},
        "rules": {"max_attempts": 4, "lease_minutes": 30},
    }


def _open(name: str, start: datetime) -> Campaign:
    from bienveille.services.outreach.operations import create_campaign, open_campaign

    campaign = create_campaign(document=_document(name), actor=None)
    open_campaign(campaign_id=campaign.pk, actor=None, now=start)
    return campaign


def _callers() -> list[User]:
    """Staff imported as callers; the demo's own caller is left for whoever tries the screens."""
    from bienveille.register.accounts.choices import Role
    from bienveille.register.accounts.models import User

    callers = User.objects.filter(grants__role=Role.CALLER, is_active=True).exclude(email=address("caller"))
    return list(callers.order_by("email"))


def _half_done() -> None:
    """Five working days ago the campaign opened; everybody called a little each half-day since."""
    from bienveille.faces.cli.callers import train_all
    from bienveille.faces.cli.messages_received import receive_messages
    from bienveille.faces.cli.said import quote_some
    from bienveille.faces.cli.simulation import Crowd
    from bienveille.faces.cli.wishes import say_wishes
    from bienveille.register.accounts.models import User

    moment = _working_days_ago(5)
    campaign = _open(CAMPAIGN, moment)
    everybody = _callers()
    train_all([*everybody, User.objects.get(email=address("caller"))], moment)
    callers = [user.pk for user in everybody]
    with Crowd(campaign.pk, callers) as crowd:
        for day in range(4):
            for hour in (10, 15):
                when = (moment + timedelta(days=day)).replace(hour=hour)
                if when.weekday() < 5:
                    crowd.work(when, at_most=3)
    _own_calls(campaign)
    say_wishes(campaign=campaign, actor=User.objects.get(email=address("director")), now=moment + timedelta(days=3))
    receive_messages(campaign=campaign, now=_working_days_ago(0))
    quote_some(campaign, User.objects.get(email=address("director")), _working_days_ago(0))


def _last_winter() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.seasons import last_year
    from bienveille.register.accounts.queries import users_by_email

    last_year(_callers(), users_by_email([address("director")])[address("director")], localtime(now()))


def _today() -> None:
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.seasons import today
    from bienveille.services.outreach.models import Campaign

    running = Campaign.objects.select_related("queue", "questionnaire").get(name=CAMPAIGN)
    today(running, _callers(), localtime(now()))


def _own_calls(campaign: Campaign) -> None:
    """What the demo's own caller did: somebody every week, a call promised for today, nobody at home."""
    from bienveille.engines.dispatch.queries import contact_in_hand
    from bienveille.faces.cli.simulation import ANSWERS
    from bienveille.register.accounts.models import User
    from bienveille.services.outreach.operations import CallReport, record_call, take_next

    caller = User.objects.get(email=address("caller"))
    start = _working_days_ago(4)
    weekly = {
        "grade": "yellow",
        "needs": ("company",),
        "note": "Aime parler de son jardin.",
        "weekly": True,
    }
    promised = {"grade": "green", "call_back_on": _working_days_ago(0).date(), "note": "Rappeler après sa visite."}
    calls = [
        CallReport(outcome="reached", answers=ANSWERS, **weekly),  # type: ignore[arg-type]
        CallReport(outcome="no_answer"),
        CallReport(outcome="reached", answers=ANSWERS, **promised),  # type: ignore[arg-type]
    ]
    for rank, report in enumerate(calls):
        now = start + timedelta(minutes=12 * rank)
        take_next(campaign=campaign, caller=caller, now=now)
        held = contact_in_hand(campaign.queue_id, caller)
        if held is not None and held.token is not None:
            record_call(campaign=campaign, caller=caller, contact_id=held.pk, token=held.token, report=report, now=now)


def _working_days_ago(days: int) -> datetime:
    from django.utils.timezone import localtime, now

    today = localtime(now())
    day = today.date()
    while days > 0 or day.weekday() >= 5:
        day -= timedelta(days=1)
        days -= day.weekday() < 5
    return datetime.combine(day, time(10), tzinfo=today.tzinfo)


def play_once() -> int:
    """A whole campaign, from its opening to the last call, on a clock that jumps from half-day to half-day."""
    from django.utils.timezone import localtime, now

    from bienveille.engines.dispatch.queries import check_invariants
    from bienveille.faces.cli.campaign import figures_in_french, ledger_in_french
    from bienveille.faces.cli.simulation import play
    from bienveille.ground.platform.progress import counter
    from bienveille.services.outreach.operations import close_campaign
    from bienveille.services.outreach.queries import figures, find_campaign

    start = _working_days_ago(40)  # played in the past, so that no screen shows a call of tomorrow
    moment = localtime(now())
    campaign = _open(f"Campagne jouée d’un trait le {moment:%d/%m/%Y à %H:%M}", start)
    callers = _callers()
    campaign.queue.refresh_from_db()
    target = campaign.queue.target or 0
    _say(f"{len(callers)} appelants simulés, {target} ménages à joindre.")
    with counter("Campagne", total=target) as bar:
        last = play(
            campaign.pk,
            [user.pk for user in callers],
            start,
            days=60,
            said=lambda calls, waiting: bar.update(max(0, target - waiting - bar.n)),
        )
    close_campaign(campaign_id=campaign.pk, actor=None, now=last)
    played = find_campaign(campaign.pk)
    assert played is not None
    faults = check_invariants(played.queue)
    print("\n".join(figures_in_french(played.name, figures(played))))
    print(f"  {ledger_in_french(played)}")
    print("  Le compte est exact : personne n’est oublié." if not faults else "\n".join(faults))
    return 1 if faults else 0


def welcome(port: int) -> str:
    """What to try, printed once the screens answer."""
    from bienveille.faces.cli.callers import BEGINNER
    from bienveille.faces.cli.referrals import partner_link
    from bienveille.register.accounts.choices import Role

    lines = ["", f"{ORG}, bailleur inventé. Mot de passe de tous les comptes : {PASSWORD}", ""]
    lines += [f"  {address(role):36}{Role(role).label:22}{hint}" for role, *_, hint in ACCOUNTS]
    lines += [f"  {BEGINNER[0]:36}{'Appelant':22}avant le premier appel, charte et formation"]
    if link := partner_link(port):
        lines += ["", "Page d’un partenaire, sans compte (le code arrive dans var/demo/mail)\u00a0:", f"  {link}"]
    lines += ["", "Ctrl-C pour arrêter. Les données de la démonstration sont à part, dans var/demo."]
    return "\n".join(lines)
