"""Snippets about users that other packages may show."""

from typing import Any

from django import template
from django.utils import timezone

from bienveille.register.accounts import queries
from bienveille.register.accounts.access import MANAGERS, has_role, watches_accounts
from bienveille.register.accounts.models import RoleGrant, User

register = template.Library()


@register.simple_tag
def role_words(*, grant: RoleGrant) -> str:
    """`{% role_words grant=grant %}`: the role and where it holds, "Appelant, Agence de Lyon"."""
    if grant.agency:
        return f"{grant.get_role_display()}, {grant.agency.name}"
    if grant.company:
        return f"{grant.get_role_display()}, société {grant.company.name}"
    return grant.get_role_display()


@register.inclusion_tag("accounts/direction_words.html")
def direction_words(*, user: User) -> dict[str, Any]:
    """`{% direction_words user=request.user %}`: what was told of curious reading, files that wait for an answer.

    5 queries for the direction, 2 for other managers, 1 for anybody else; more for each file that waits.
    """
    now = timezone.now()
    told = queries.browsing_told(now) if watches_accounts(user) else []
    names = queries.names_of(entry.subject_id for entry in told if entry.subject_id) if told else {}
    curious = [
        {"name": names.get(entry.subject_id, "Quelqu’un"), "records": entry.detail.get("records", 0), "at": entry.at}
        for entry in told
        if entry.subject_id and entry.subject_id != user.pk
    ]
    waiting = queries.large_files_to_answer(user, now=now) if has_role(user, *MANAGERS) else []
    return {"curious": curious, "waiting": len(waiting), "mine": queries.may_take_now(user, now=now)}
