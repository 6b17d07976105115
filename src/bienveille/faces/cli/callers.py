"""What the demo shows of the callers' own life: who is trained, who begins, who volunteers, who is away."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User

#: Somebody who has the role since this morning and has not read the charter: the page that everybody sees once.
BEGINNER = ("debut@demo.example", "Bastien", "Début")


def train_all(callers: list[User], moment: datetime) -> None:
    """Those who call in the demo have accepted the charter and done the training."""
    from bienveille.services.outreach.operations.training import train

    for caller in callers:
        train(caller=caller, now=moment)


def add_beginner(password: str) -> None:
    """A caller before the first call; left alone when the account exists."""
    from bienveille.register.accounts.choices import Role
    from bienveille.register.accounts.operations import change_password, create_user, grant_role
    from bienveille.register.accounts.queries import agencies, users_by_email

    address, first_name, last_name = BEGINNER
    if users_by_email([address]):
        return
    agency = next((one for one in agencies() if one.code == "LYO"), None)
    user = create_user(
        actor=None, email=address, first_name=first_name, last_name=last_name, agency=agency, languages=["fr"]
    )
    change_password(actor=None, user=user, password=password)
    grant_role(actor=None, user=user, role=Role.CALLER)


def tell_more(director: User, manager: User, caller: User, now: datetime) -> None:
    """A call for volunteers with its answers, a wish to talk, a regular call whose caller rests; once."""
    from bienveille.register.accounts.queries import users_by_email
    from bienveille.services.outreach.models import VolunteerCall
    from bienveille.services.outreach.operations import debriefs, volunteers

    if VolunteerCall.objects.exists():
        return
    opened = volunteers.open_volunteer_call(
        actor=director,
        name="Appelants du grand froid",
        words="Deux heures par semaine, de chez vous ou de l’agence, jusqu’à la fin mars.",
        agency=None,
        public=True,
        email_domain="demo.example",
        asked=140,
        now=now - timedelta(days=6),
    )
    lyon = manager.agency_id
    answers = (
        ("colin.message@demo.example", "Colin", "Message", True, Decimal(2), ("tue_am", "thu_pm"), ("fr", "en")),
        ("ines.atelier@demo.example", "Inès", "Atelier", True, Decimal("1.5"), ("wed_am",), ("fr", "pt")),
        ("paul.compte@demo.example", "Paul", "Compte", False, None, (), ()),
    )
    for email, first_name, last_name, willing, hours, half_days, languages in answers:
        volunteers.answer_without_account(
            call_id=opened.pk,
            email=email,
            answer=volunteers.Answer(
                first_name=first_name,
                last_name=last_name,
                willing=willing,
                agency_id=lyon,
                equipped=willing,
                hours_per_week=hours,
                half_days=half_days,
                languages=languages,
                at_ease=("seniors", "hearing") if willing else (),
            ),
            now=now - timedelta(days=5),
        )
    debriefs.ask_debrief(
        caller=caller,
        campaign=None,
        listener_id=manager.pk,
        means="phone",
        moment="week",
        words="Une conversation m’a touchée, j’aimerais savoir comment vous faites.",
        attempt_id=None,
        now=now - timedelta(days=1),
    )
    _somebody_rests(now, users_by_email([caller.email])[caller.email])


def _somebody_rests(now: datetime, caller: User) -> None:
    """The first regular call of anybody but the demo's own caller: who makes it rests for two weeks."""
    from django.utils.timezone import localtime

    from bienveille.register.accounts.rules import Scope
    from bienveille.services.outreach.operations import take_a_pause
    from bienveille.services.outreach.queries.weekly_calls import recurring_calls

    today = localtime(now).date()
    lines = recurring_calls(today, scope=Scope(everything=True))
    other = next((line.planned.caller for line in lines if line.planned.caller_id != caller.pk), None)
    if other is not None:
        take_a_pause(caller=other, until=today + timedelta(days=14), now=now, today=today)
