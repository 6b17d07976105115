"""Figures of moves that a landlord published come out of raw leases that lead to them, noise included."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.letting.factories import LONG_AGO, spread, town

from bienveille.register.accounts.rules import Scope
from bienveille.services.letting.models import TerritoryDepartment
from bienveille.services.letting.queries.moves import moves, stock, territories
from bienveille.services.letting.rules.definitions import measures_on
from bienveille.services.letting.rules.moves import report
from bienveille.services.letting.rules.periods import read_period

pytestmark = pytest.mark.django_db

PUBLISHED = json.loads((Path(__file__).parents[1] / "fixtures" / "published.json").read_text(encoding="utf-8"))
YEAR = 2025
FIRST, LAST = date(YEAR, 1, 1), date(YEAR, 12, 31)
EVERYTHING = Scope(everything=True)


def relet(place, homes, entries):
    """Each home is left, then let again a fortnight later, in the year."""
    for rank, (home, day) in enumerate(zip(homes, entries, strict=True)):
        place.let(home, LONG_AGO, day - timedelta(days=14), name="" if rank % 3 else f"PARTI {rank}")
        place.let(home, day, name=f"VENU {rank}" if rank % 2 else "")


def stay(place, homes):
    for home in homes:
        place.let(home, LONG_AGO)


def noise(place, homes):
    """What is no move of the year, on homes let all along: `len(homes)` homes stay let, and count as such."""
    for rank, home in enumerate(homes):
        day = FIRST + timedelta(days=3 * rank + 20)
        match rank % 6:
            case 0:  # renewed the day after: another contract, another household of the same people
                place.let(home, LONG_AGO, day, name=f"RESTE {rank}")
                place.let(home, day + timedelta(days=1), name=f"RESTE {rank}")
            case 1:  # a garage taken and given back in the year
                lease = place.let(home, LONG_AGO, name=f"GARÉ {rank}")
                place.let(None, day, kind="parking", household=lease.household)
                place.let(None, LONG_AGO, day, kind="parking", household=lease.household)
            case 2:  # moves of other years, on each side
                place.let(home, LONG_AGO, date(YEAR - 1, 12, 31) - timedelta(days=rank))
                place.let(home, date(YEAR - 1, 12, 31))
            case 3:  # one announced for later
                place.let(home, LONG_AGO, date(YEAR + 1, 1, 1))
            case 4:  # an entry nobody knows
                place.let(home, None)
            case 5:  # a shop let in the building
                place.let(home, LONG_AGO)
                place.let(None, day, day + timedelta(days=40), kind="commercial")


@pytest.fixture
def year():
    """4,353 homes in service for more than a year, 28 new ones, their leases of fifteen years.

    Of the 278 entries of Lyon 28 are first lettings of a new programme: they are entries, and no turnover.
    """
    lyon, stetienne = AgencyFactory(lyon=True), AgencyFactory(saint_etienne=True)
    rhone, isere, loire = town(lyon, "69"), town(lyon, "38"), town(stetienne, "42")
    for place, settled, entered, left in [(rhone, 2415, 200, 241), (isere, 1000, 50, 48), (loire, 938, 83, 91)]:
        homes = place.new_homes(settled)
        relet(place, homes[:entered], spread(entered, FIRST + timedelta(days=15), 349))
        gone = homes[entered:left]
        for home, day in zip(gone, spread(max(1, len(gone)), FIRST + timedelta(days=9), 356), strict=False):
            place.let(home, LONG_AGO, day)  # left in the year, and still empty on its last day
        noise(place, homes[max(left, entered) : max(left, entered) + 60])
        stay(place, homes[max(left, entered) + 60 :])
        if left < entered:  # fewer exits than entries: some of those let again were already empty the year before
            for lease in [one for one in place.leases if one.exit][: 2 * (entered - left) : 1][: entered - left]:
                lease.exit = date(YEAR - 1, 11, 30)
    for home, day in zip(rhone.new_homes(28, built_in=YEAR), spread(28, date(YEAR, 9, 1), 30), strict=True):
        rhone.let(home, day)
    place = rhone
    place.let(place.new_homes(1, occupancy="vacant_technical", occupancy_on=FIRST)[0], LONG_AGO, date(2019, 3, 31))
    for one in (rhone, isere, loire):
        one.save()
    TerritoryDepartment.objects.bulk_create(
        TerritoryDepartment(department=code, territory="Rhône-Isère") for code in ("69", "38")
    )
    return read_period(str(YEAR), "", "", date(2026, 11, 22))


def figures(period):
    measures = measures_on(period.last)
    return report(
        period,
        moves(period, measures, scope=EVERYTHING),
        stock(period.last, measures, scope=EVERYTHING),
        territories(),
    )


def test_moves(year):
    got = {line.name: line for line in figures(year).by_agency}
    assert got.keys() == PUBLISHED["moves"].keys()
    for name, published in PUBLISHED["moves"].items():
        line = got[name]
        assert {
            "entries": line.entries,
            "entries_per_month": round(line.entries_per_month),
            "exits": line.exits,
            "exits_per_month": round(line.exits_per_month),
        } == published


def test_turnover(year):
    found = figures(year)
    got = {line.name: round(float(line.turnover), 4) for line in found.by_territory}
    assert {"all": round(float(found.whole.turnover), 4), **got} == PUBLISHED["turnover"]


def test_the_page_prints_them(year, client):
    client.force_login(UserFactory(roles=["director"]))
    html = client.get(reverse("workspace:moves", query={"periode": str(YEAR)})).content.decode()

    def line(table, name):
        body = html[html.index(f'id="{table}"') :].split("</table>")[0]
        row = body[body.index(f">{name}</th>") :].split("</tr>")[0]
        return [cell.split(">", 1)[1].split("<")[0] for cell in row.split("<td ")[1:]]

    assert line("agences", "Agence de Lyon")[:4] == ["278", "23", "289", "24"]
    assert line("agences", "Agence de Saint-Étienne")[:4] == ["83", "7", "91", "8"]
    assert line("territoires", "Rhône-Isère")[-1] == "7,32\u00a0%"
    assert line("territoires", "Loire")[-1] == "8,85\u00a0%"
    assert line("territoires", "Ensemble")[-1] == "7,65\u00a0%"
    assert "361\u00a0entrées, 380\u00a0sorties" in html
