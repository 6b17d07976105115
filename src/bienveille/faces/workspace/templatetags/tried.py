"""Pieces about those who do not answer, shown by other pages: what worries somebody and waits for a coordinator."""

from typing import Any

from django import template

from bienveille.engines.audiences.access import targeting_scope
from bienveille.register.accounts.models import User
from bienveille.services.outreach.queries.steps import worries_for

register = template.Library()


@register.inclusion_tag("workspace/tried_worries.html", takes_context=True)
def worries(context: template.Context, *, user: User) -> dict[str, Any]:
    """`{% worries user=user %}`: whom somebody worries about, for a manager; asked again every half minute."""
    return {"worries": worries_for(targeting_scope(user)), "csrf_token": context.get("csrf_token")}
