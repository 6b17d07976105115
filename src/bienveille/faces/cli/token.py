"""`token EMAIL…`: one API token per address, each with that user's own rights."""

import argparse
from datetime import datetime

from bienveille.ground.platform.refusal import Refusal

NAME = "token"
HELP = "donne à un programme les droits d’un utilisateur"
READS_DEMO_TOO = True


class UnknownAddresses(Refusal):
    """Some addresses have no active account; nothing was created."""

    def __init__(self, emails: list[str]) -> None:
        noun = "Cette adresse n’a" if len(emails) == 1 else "Ces adresses n’ont"
        super().__init__(f"{noun} pas de compte actif\u00a0: {', '.join(emails)}. Aucun jeton n’a été créé.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("emails", metavar="ADRESSE", nargs="+", help="adresse électronique d’un utilisateur actif")
    parser.add_argument("--days", type=int, default=90, metavar="N", help="durée de vie, en jours (90 sans précision)")


def run(options: argparse.Namespace) -> int:
    """Print `address<tab>token`, one line per address given, in order; all or none."""
    from django.utils import timezone

    for email, secret in create_tokens(options.emails, days=options.days, now=timezone.now()):
        print(f"{email}\t{secret}")
    return 0


def create_tokens(emails: list[str], *, days: int, now: datetime) -> list[tuple[str, str]]:
    """One token per address, in one transaction. Raises UnknownAddresses."""
    from django.db import transaction

    from bienveille.register.accounts import operations, queries

    users = queries.users_by_email(emails)
    if unknown := [email for email in emails if email.strip().lower() not in users]:
        raise UnknownAddresses(unknown)
    with transaction.atomic():
        return [
            (
                email,
                operations.create_api_token(
                    actor=None, user=users[email.strip().lower()], label="ligne de commande", now=now, days=days
                ),
            )
            for email in emails
        ]
