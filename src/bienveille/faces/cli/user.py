"""`user add EMAIL`: opens an account from the server itself, such as a landlord's first administrator; or helps it."""

import argparse

from bienveille.ground.platform.refusal import Refusal

NAME = "user"
HELP = "ouvre un compte et donne son lien de connexion"


class UnknownAgency(Refusal):
    """No agency has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Aucune agence n’a le code «\u00a0{code}\u00a0».")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bienveille.faces.cli.french import Parser

    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    for name, words in (
        ("add", "ouvre un compte avec un rôle"),
        ("invite", "donne un nouveau lien à un compte qui existe"),
        ("forget-factors", "retire à un compte ses secondes preuves, perdues, et ferme ses sessions"),
    ):
        action = actions.add_parser(name, help=words, description=words)
        action.add_argument("email", metavar="ADRESSE")
        if name == "forget-factors":
            continue
        action.add_argument("--url", default="", help="adresse du site, si PUBLIC_URL n’est pas réglée")
        if name == "add":
            action.add_argument("--name", required=True, metavar="NOM", help="prénom puis nom")
            action.add_argument("--role", default="administrator", help="administrator, director, caller…")
            action.add_argument("--agency", default="", metavar="CODE", help="le rôle ne vaut que pour cette agence")


def run(options: argparse.Namespace) -> int:
    """Print the one-time link, alone, on standard output; or say that somebody begins again with another telephone."""
    from django.conf import settings
    from django.db import transaction
    from django.urls import reverse
    from django.utils import timezone

    from bienveille.register.accounts import operations, queries

    with transaction.atomic():
        if options.action == "add":
            user = _add(options)
        else:
            found = queries.users_by_email([options.email])
            if not found:
                raise Refusal(f"Cette adresse n’a pas de compte actif\u00a0: {options.email}.")
            (user,) = found.values()
        if options.action == "forget-factors":
            operations.remove_factors(actor=None, user=user)
            print(f"{user.email} installera une nouvelle application à sa prochaine connexion.")
            return 0
        secret = operations.invite(actor=None, user=user, now=timezone.now())
    root = (options.url or settings.PUBLIC_URL or "http://127.0.0.1:8000").rstrip("/")
    print(f"{root}{reverse('accounts:invitation', args=[secret])}")
    return 0


def _add(options: argparse.Namespace):  # type: ignore[no-untyped-def]
    from bienveille.register.accounts import operations, queries
    from bienveille.register.accounts.choices import Role
    from bienveille.register.accounts.rules import split_name

    if options.role not in Role.values:
        raise Refusal(
            f"Le rôle «\u00a0{options.role}\u00a0» n’existe pas\u00a0; possibles\u00a0: {', '.join(Role.values)}."
        )
    agency = queries.agencies().filter(code=options.agency).first() if options.agency else None
    if options.agency and agency is None:
        raise UnknownAgency(options.agency)
    first_name, last_name = split_name(options.name)
    return operations.create_user_with_role(
        actor=None,
        email=options.email,
        first_name=first_name,
        last_name=last_name,
        agency=agency,
        role=Role(options.role),
        scope_agency=agency,
    )
