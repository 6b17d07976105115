"""Snippets about users that other packages may show."""

from django import template

from bienveille.register.accounts.models import RoleGrant

register = template.Library()


@register.simple_tag
def role_words(*, grant: RoleGrant) -> str:
    """`{% role_words grant=grant %}`: the role and where it holds, "Appelant, Agence de Lyon"."""
    if grant.agency:
        return f"{grant.get_role_display()}, {grant.agency.name}"
    if grant.company:
        return f"{grant.get_role_display()}, société {grant.company.name}"
    return grant.get_role_display()
