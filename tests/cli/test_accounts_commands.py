"""`token` and `user`: tokens and first accounts given from the server itself."""

import argparse
import re

import pytest
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory

from bienveille.faces.cli import token, user
from bienveille.faces.cli.french import Parser
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts import access
from bienveille.register.accounts.models import ApiToken, AuditEntry, Invitation, RecoveryCode, RoleGrant, User
from bienveille.register.accounts.operations import EmailTaken

pytestmark = pytest.mark.django_db


def run(command, *arguments):
    parser = Parser(prog=command.NAME)
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


class TestToken:
    def test_one_line_per_address_with_that_user_s_own_rights(self, capsys):
        one, two = UserFactory(), UserFactory()
        assert run(token, two.email, one.email.upper()) == 0
        lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        assert [address for address, _ in lines] == [two.email, one.email.upper()]
        assert [access.authenticate_token(secret=secret, now=timezone.now()) for _, secret in lines] == [two, one]
        assert set(AuditEntry.objects.values_list("channel", flat=True)) == {"cli"}

    @pytest.mark.parametrize("closed", [True, False])
    def test_all_or_none(self, capsys, closed):
        known = UserFactory()
        other = UserFactory(closed=True).email if closed else "inconnu@bailleur.example"
        with pytest.raises(token.UnknownAddresses, match=other):
            run(token, known.email, other)
        assert capsys.readouterr().out == ""
        assert ApiToken.objects.count() == 0

    def test_refuses_a_token_without_end(self):
        with pytest.raises(Refusal):
            run(token, UserFactory().email, "--days", "4000")
        assert ApiToken.objects.count() == 0


class TestUser:
    def test_the_first_administrator_of_a_fresh_landlord(self, capsys, client, settings):
        settings.PUBLIC_URL = "https://bienveille.bailleur.example"
        assert run(user, "add", "lea.roy@bailleur.example", "--name", "Léa Roy") == 0
        link = capsys.readouterr().out.strip()
        assert re.fullmatch(r"https://bienveille\.bailleur\.example/invitation/[\w-]{43}/", link)
        created = User.objects.get()
        assert (created.first_name, created.last_name) == ("Léa", "Roy")
        assert access.manages_accounts(created)
        assert client.get(link.removeprefix("https://bienveille.bailleur.example")).status_code == 200

    def test_a_role_within_an_agency(self, capsys):
        agency = AgencyFactory(code="LYO")
        run(user, "add", "lea@bailleur.example", "--name", "Léa Roy", "--role", "caller", "--agency", "LYO")
        grant = RoleGrant.objects.get()
        assert (grant.role, grant.agency_id) == ("caller", agency.pk)
        assert User.objects.get().agency_id == agency.pk

    @pytest.mark.parametrize(
        ("more", "told"), [(["--role", "roi"], "n’existe pas"), (["--agency", "XXX"], "Aucune agence")]
    )
    def test_refuses_what_does_not_exist(self, more, told):
        with pytest.raises(Refusal, match=told):
            run(user, "add", "lea@bailleur.example", "--name", "Léa Roy", *more)
        assert User.objects.count() == 0

    def test_an_account_is_opened_once_and_invited_again(self, capsys):
        run(user, "add", "lea@bailleur.example", "--name", "Léa Roy")
        with pytest.raises(EmailTaken):
            run(user, "add", "lea@bailleur.example", "--name", "Léa Roy")
        run(user, "invite", "lea@bailleur.example")
        first, second = capsys.readouterr().out.split()
        assert first != second
        assert Invitation.objects.filter(revoked_at=None).count() == 1
        with pytest.raises(Refusal, match="pas de compte actif"):
            run(user, "invite", "inconnu@bailleur.example")

    def test_lost_second_factors_are_taken_away(self, capsys):
        known = UserFactory()
        RecoveryCode.objects.create(user=known, digest="x")
        assert run(user, "forget-factors", known.email) == 0
        assert known.email in capsys.readouterr().out
        assert not RecoveryCode.objects.exists()
        assert AuditEntry.objects.get().detail == {"did": "remove_factors"}


def test_help_answers_without_django():
    for command in (token, user):
        assert command.HELP
        command.add_arguments(argparse.ArgumentParser())
