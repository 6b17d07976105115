"""Periods, definitions, figures, lots and lists of codes: decisions without a database."""

from datetime import date
from fractions import Fraction

import pytest

from bienveille.services.letting.rules.definitions import (
    InvalidDefinition,
    definitions_on,
    measures_on,
    read_definitions,
)
from bienveille.services.letting.rules.moves import Moves, Place, Stock, newest_year, report
from bienveille.services.letting.rules.periods import Period, months_before, period_choices, read_period, year_ago

TODAY = date(2026, 11, 22)
LYON, STE = Place("LYO", "Agence de Lyon", "69"), Place("STE", "Agence de Saint-Étienne", "42")


def period(key="", since="", until="", today=TODAY):
    return read_period(key, since, until, today)


class TestPeriods:
    def test_twelve_whole_months_when_nothing_is_asked(self):
        got = period()
        assert (got.first, got.last, got.length) == (date(2025, 11, 1), date(2026, 10, 31), 12)
        assert got.words == "novembre 2025 à octobre 2026"
        assert got.is_a_year

    def test_a_month_that_ends_today_is_whole(self):
        assert period(today=date(2026, 11, 30)).last == date(2026, 11, 30)

    def test_a_year_that_is_over(self):
        got = period("2025")
        assert (got.first, got.last, got.words) == (date(2025, 1, 1), date(2025, 12, 31), "année 2025")
        assert got.is_a_year

    def test_the_year_that_runs_stops_today(self):
        got = period("2026")
        assert got.last == TODAY
        assert got.length == 10 + Fraction(22, 30)
        assert got.words == "du 1er janvier au 22\u00a0novembre 2026".replace("1er ", "1er\u00a0")
        assert not got.is_a_year

    def test_months_chosen(self):
        got = period("mois", "2026-02", "2026-04")
        assert (got.first, got.last, got.length) == (date(2026, 2, 1), date(2026, 4, 30), 3)
        assert period("mois", "02/2026", "4/2026") == got
        assert period("mois", "2026-02", "2026-02").words == "février 2026"
        assert [month.month for month in got.months] == [2, 3, 4]

    def test_months_to_come_are_not_counted(self):
        assert period("mois", "2026-10", "2027-03").last == TODAY

    def test_too_many_months_lose_the_oldest(self):
        got = period("mois", "1990-01", "2026-10")
        assert got.length == 60
        assert got.last == date(2026, 10, 31)

    @pytest.mark.parametrize(
        "asked",
        [("mois", "", ""), ("mois", "2027-01", ""), ("mois", "2026-05", "2026-01"), ("mois", "2026-13", "2026-12"),
         ("1954", "", ""), ("x" * 20, "", ""), ("mois", "0000-00", "٢٠٢٦-٠١")],
    )  # fmt: skip
    def test_what_means_nothing_gives_the_last_twelve_months(self, asked):
        assert period(*asked).key == "12-mois"

    def test_every_choice_is_understood(self):
        for key, _ in period_choices(TODAY):
            if key != "mois":
                assert period(key).key == key

    def test_days_before(self):
        assert months_before(date(2026, 5, 31), 3) == date(2026, 2, 28)
        assert months_before(date(2026, 2, 28), 2) == date(2025, 12, 28)
        assert year_ago(date(2024, 2, 29)) == date(2023, 2, 28)


class TestDefinitions:
    def test_each_has_its_source_and_those_of_the_trade_are_not_checked(self):
        found = {one.key: one for one in definitions_on(TODAY)}
        assert all(one.source and one.text and one.valid_from for one in found.values())
        assert {key for key, one in found.items() if one.unchecked} == {
            "turnover", "vacancy", "long_vacancy", "technical_vacancy",
        }  # fmt: skip

    def test_numbers_come_from_the_table(self):
        measures = measures_on(TODAY)
        assert (measures.renewal_days, measures.service_years, measures.long_vacancy_months) == (1, 1, 3)

    def test_a_day_without_a_definition_is_a_fault(self):
        with pytest.raises(InvalidDefinition, match="renewal"):
            measures_on(date(1999, 12, 31))

    def entry(self, **changes):
        return {"key": "a", "label": "A", "text": "t", "source": "s", "valid_from": date(2020, 1, 1), **changes}

    def test_one_follows_another(self):
        old = self.entry(valid_until=date(2024, 12, 31), value=3)
        new = self.entry(valid_from=date(2025, 1, 1), value=4)
        assert [one.value for one in read_definitions({"definitions": [old, new]}) if one.holds_on(TODAY)] == [4]

    @pytest.mark.parametrize(
        "entries",
        [[{}, {}], [{"unchecked": True, "checked_on": date(2025, 1, 1)}], [{"wrong": 1}]],
    )
    def test_refused(self, entries):
        with pytest.raises(InvalidDefinition):
            read_definitions({"definitions": [self.entry(**entry) for entry in entries]})


class TestReport:
    year = Period("2025", date(2025, 1, 1), date(2025, 12, 31))

    def got(self, territories=None):
        return report(
            self.year,
            [
                Moves(LYON, date(2025, 3, 1), entries=14, settled_entries=10, exits=12),
                Moves(LYON, date(2025, 4, 1), entries=10, settled_entries=10, exits=0, renewed=2),
                Moves(STE, date(2025, 3, 1), entries=5, settled_entries=5, exits=6),
                Moves(Place("LYO", "Agence de Lyon", "38"), date(2025, 3, 1), entries=1, settled_entries=1),
            ],
            [
                Stock(LYON, let=190, vacant=10, long_vacant=4, settled=180, technical=3),
                Stock(STE, let=48, vacant=2, settled=50),
                Stock(Place("LYO", "Agence de Lyon", "38"), let=20, settled=20),
            ],
            territories,
        )

    def test_each_list_adds_up_to_the_whole(self):
        got = self.got()
        for lines in (got.by_agency, got.by_territory, got.by_month):
            assert sum(line.entries for line in lines) == got.whole.entries == 30
            assert sum(line.exits for line in lines) == got.whole.exits == 18
        for lines in (got.by_agency, got.by_territory):
            assert sum(line.settled for line in lines) == got.whole.settled == 250
            assert sum(line.offered for line in lines) == got.whole.offered == 270

    def test_rates(self):
        lyon = self.got().by_agency[0]
        assert lyon.turnover == Fraction(21, 200)
        assert lyon.vacancy == Fraction(10, 220)
        assert lyon.long_vacancy == Fraction(4, 220)
        assert lyon.entries_per_month == Fraction(25, 12)

    def test_months_without_a_move_are_there(self):
        assert [line.entries for line in self.got().by_month] == [0, 0, 20, 10, *[0] * 8]

    def test_territories_gather_their_departments(self):
        got = self.got({"69": "Rhône-Isère", "38": "Rhône-Isère"})
        assert [(line.name, line.entries, sorted(line.parts)) for line in got.by_territory] == [
            ("Loire", 5, ["42"]),
            ("Rhône-Isère", 25, ["38", "69"]),
        ]

    def test_nothing_is_divided_by_nil(self):
        empty = report(self.year, [], []).whole
        assert (empty.turnover, empty.yearly_turnover, empty.vacancy, empty.long_vacancy) == (None,) * 4

    def test_a_short_period_says_what_a_year_would_give(self):
        quarter = Period("mois", date(2025, 1, 1), date(2025, 3, 31))
        got = report(quarter, [Moves(STE, date(2025, 3, 1), settled_entries=5)], [Stock(STE, settled=100)]).whole
        assert (got.turnover, got.yearly_turnover) == (Fraction(5, 100), Fraction(20, 100))

    def test_unknown_department(self):
        place = Place("LYO", "Agence de Lyon", "")
        assert report(self.year, [Moves(place, date(2025, 3, 1))], []).by_territory[0].name == "Département inconnu"

    def test_newest_year(self):
        assert newest_year(date(2025, 12, 31), 1) == 2024
        assert newest_year(date(2025, 12, 30), 1) == 2023
