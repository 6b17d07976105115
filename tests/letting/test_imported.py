"""Moves and lots fed by the real import: renewals, transfers and homes to come, as a landlord's software sends them."""

from datetime import UTC, date, datetime

import pytest
from tests.imports.factories import Landlord, home, tenant
from tests.letting.factories import StockLotFactory

from bienveille.register.accounts.rules import Scope
from bienveille.services.letting.operations import add_codes
from bienveille.services.letting.queries.lots import lot_found
from bienveille.services.letting.queries.moves import moves, stock
from bienveille.services.letting.rules.definitions import measures_on
from bienveille.services.letting.rules.moves import report
from bienveille.services.letting.rules.periods import Period

pytestmark = pytest.mark.django_db

YEAR = Period("2025", date(2025, 1, 1), date(2025, 12, 31))
BEFORE, AFTER = date(2025, 1, 10), date(2025, 11, 20)


@pytest.fixture
def landlord(tmp_path):
    return Landlord(tmp_path)


def figures():
    measures, everything = measures_on(YEAR.last), Scope(everything=True)
    found = report(YEAR, moves(YEAR, measures, scope=everything), stock(YEAR.last, measures, scope=everything))
    return found.whole


def test_a_renewed_contract_is_no_move(landlord):
    landlord.imports(today=BEFORE, homes=[home()], tenants=[tenant()])
    landlord.imports(
        today=AFTER,
        tenants=[
            tenant(DATE_SORTIE="30/06/2025"),
            tenant(N_CONTRAT="002", DATE_ENTREE="01/07/2025"),
        ],
    )
    got = figures()
    assert (got.entries, got.exits, got.renewed, got.uncertain, got.let) == (0, 0, 1, 0, 1)


def test_a_contract_passed_on_to_who_lived_there_is_no_move(landlord):
    """The holder died or left; the spouse, who was in the lease, takes it over."""
    spouse = {"NOM": "MARTIN", "PRENOM": "Paul", "DATE_NAISSANCE": "01/02/1943", "CIVILITE": "M"}
    landlord.imports(today=BEFORE, homes=[home()], tenants=[tenant(), tenant(**spouse, ROLE="COTITULAIRE")])
    landlord.imports(
        today=AFTER,
        tenants=[
            tenant(DATE_SORTIE="30/06/2025"),
            tenant(**spouse, ROLE="COTITULAIRE", DATE_SORTIE="30/06/2025"),
            tenant(**spouse, N_CONTRAT="002", DATE_ENTREE="01/07/2025"),
        ],
    )
    got = figures()
    assert (got.entries, got.exits, got.renewed) == (0, 0, 1)


def test_a_transfer_and_a_new_tenant(landlord):
    """One household moves to a larger home; another one enters the home left."""
    newcomer = {"NOM": "BENALI", "PRENOM": "Samira", "DATE_NAISSANCE": "05/06/1990"}
    landlord.imports(today=BEFORE, homes=[home(), home("0001-2")], tenants=[tenant()])
    landlord.imports(
        today=AFTER,
        tenants=[
            tenant(DATE_SORTIE="30/06/2025"),
            tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", DATE_ENTREE="01/07/2025"),
            tenant(**newcomer, N_CONTRAT="003", DATE_ENTREE="01/07/2025"),
        ],
    )
    got = figures()
    assert (got.entries, got.exits, got.renewed, got.let) == (2, 1, 0, 2)


def test_former_contracts_of_a_first_import_are_said_uncertain(landlord):
    landlord.imports(
        today=AFTER,
        homes=[home()],
        tenants=[
            tenant(DATE_SORTIE="30/06/2025", NOM="ANCIEN"),
            tenant(N_CONTRAT="002", DATE_ENTREE="01/07/2025"),
        ],
    )
    got = figures()
    assert (got.entries, got.exits, got.uncertain) == (1, 1, 1)


def test_homes_of_a_lot_come_in_with_the_import(landlord):
    landlord.imports(today=BEFORE, homes=[home()], tenants=[tenant()])
    lot = StockLotFactory(effective_on=date(2025, 9, 1))
    add_codes(actor=None, lot=lot, text="0002-1\n0002-2", now=datetime(2025, 8, 1, tzinfo=UTC))
    assert lot_found(lot, BEFORE).unknown == 2
    landlord.imports(
        today=AFTER,
        homes=[home("0002-1", DROIT="PP", CODE_RESIDENCE="0002"), home("0002-2", CODE_RESIDENCE="0002")],
        tenants=[tenant(N_CONTRAT="009", NOM="PERRIN", CODE_LOGEMENT="0002-1", DATE_ENTREE="01/09/2025")],
    )
    found = lot_found(lot, AFTER)
    assert (found.unknown, found.by_ownership, found.households, found.vacant) == (0, {"full": 2}, 1, 1)
    got = figures()
    assert (got.entries, got.with_stock) == (0, 1)  # who came with the homes did not move in
