"""What the demo shows of the callers' own life: who is trained, who begins today."""

from __future__ import annotations

from datetime import datetime
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
