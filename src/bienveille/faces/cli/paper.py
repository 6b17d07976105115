"""What the demo shows on paper and on walls: a notice, a poster half put up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User


def put_up(officer: User, keeper: User, now: datetime) -> None:
    """A notice for a residence and a poster for its halls. Harmless twice."""
    from bienveille.engines.messaging.models import Notice
    from bienveille.engines.messaging.operations.notices import publish_notice
    from bienveille.engines.messaging.operations.posters import confirm_posting, make_poster
    from bienveille.engines.messaging.queries.postings import to_put_up
    from bienveille.register.accounts.rules import Scope
    from bienveille.register.housing.models import ResidenceManager

    if Notice.objects.exists():
        return
    kept = ResidenceManager.objects.filter(user=keeper).select_related("residence__agency")
    looked_after = kept.order_by("residence__name").first()
    if looked_after is None:
        return
    residence = looked_after.residence
    publish_notice(
        actor=officer,
        title="L’ascenseur du hall 1 est en panne",
        body="Le réparateur vient demain. Vous ne pouvez pas descendre\u00a0? Appelez l’astreinte, nous montons.",
        urgent=False,
        agency=None,
        residence=residence,
        starts_at=now - timedelta(hours=2),
        ends_at=now + timedelta(days=2),
        now=now,
    )
    make_poster(
        actor=officer,
        title="Il fait froid\u00a0: prenons des nouvelles",
        body="Un voisin que vous ne voyez plus\u00a0? Sonnez chez lui, ou appelez {{ agence }} au"
        " {{ téléphone de l’agence }}.\n\nUn malaise\u00a0: appelez le 15. Sans parler\u00a0: SMS au 114.",
        paper="a3",
        until=now.date() + timedelta(days=30),
        agency=None,
        residence=residence,
        scope=Scope(everything=True),
        now=now,
    )
    halls = to_put_up(keeper.pk, now.date())
    if len(halls) > 1:
        confirm_posting(actor=keeper, posting=halls[0], photo=None, now=now)
