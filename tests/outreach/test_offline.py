"""Lists that go out as files and come back: what they hold, what each row becomes, twice, stale, wrong."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
import xlsxwriter
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Batch, BatchLine, Contact, PlannedCall
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.ground.lib.tables import open_table
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Referral, Report
from bienveille.services.outreach.operations import ListRules
from bienveille.services.outreach.operations.offline import NotOurList, list_files, read_list, save_rows
from bienveille.services.outreach.queries.offline import Standing, batch_to_take_away, look_at_rows
from bienveille.services.outreach.rules.offline import COLUMNS, as_plain, from_plain, is_title, places_of, read_row

NOW = MONDAY + timedelta(days=2)
EVERYWHERE, NOWHERE = Scope(everything=True), Scope(everything=False)
TITLES = [column.title for column in COLUMNS.values()]


def opened(content: bytes, tmp_path):
    path = tmp_path / "liste.xlsx"
    path.write_bytes(content)
    table = open_table(path, is_title=is_title)
    return table, places_of(table.header)


def filled(rows: list[dict], titles=TITLES) -> io.BytesIO:
    """A sheet that came back from a spreadsheet: our titles, what people wrote."""
    names = [name for name, column in COLUMNS.items() if column.title in titles]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write(0, 0, "Une note en haut")
        for place, name in enumerate(names):
            page.write(2, place, COLUMNS[name].title)
        for rank, row in enumerate(rows, start=3):
            for place, name in enumerate(names):
                page.write(rank, place, str(row.get(name, "")))
    out.seek(0)
    return out


def rows_of(*rows: dict, now=NOW):
    file = filled(list(rows))
    return read_list(file=file, size=len(file.getvalue()), now=now)


class TestReading:
    """No database: what a row says."""

    places = {name: place for place, name in enumerate(COLUMNS)}
    paris = NOW.astimezone(__import__("zoneinfo").ZoneInfo("Europe/Paris"))

    def read(self, **cells):
        given = {"key": str(uuid4()), "token": str(uuid4()), **cells}
        return read_row(2, [given.get(name, "") for name in COLUMNS], self.places, now=self.paris)

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [("14:30", time(14, 30)), ("14h30", time(14, 30)), ("9 h", time(9)), (time(8, 5), time(8, 5)), (0.5, time(12))],
    )
    def test_hours_as_people_write_them(self, cell, expected):
        row = self.read(called_on="24/11/2026", called_at=cell, outcome="Joint")
        assert row.at.time() == expected
        assert not row.wrong

    def test_dates_typed_by_the_spreadsheet(self):
        assert self.read(called_on=datetime(2026, 11, 24), outcome="joint").at.date() == date(2026, 11, 24)

    @pytest.mark.parametrize(
        ("cells", "column"),
        [
            ({"outcome": "Joint"}, "called_on"),
            ({"outcome": "Peut-être", "called_on": "24/11/2026"}, "outcome"),
            ({"called_on": "24/11/2026"}, "outcome"),
            ({"outcome": "Joint", "called_on": "31/02/2026"}, "called_on"),
            ({"outcome": "Joint", "called_on": "30/11/2026"}, "called_on"),
            ({"outcome": "Joint", "called_on": "24/11/2025"}, "called_on"),
            ({"outcome": "Joint", "called_on": "24/11/2026", "called_at": "25:00"}, "called_at"),
            ({"outcome": "Joint", "called_on": "24/11/2026", "grade": "violet"}, "grade"),
            ({"outcome": "Joint", "called_on": "24/11/2026", "need": "un chat"}, "need"),
            ({"outcome": "Joint", "called_on": "24/11/2026", "call_back_on": "20/11/2026"}, "call_back_on"),
            ({"outcome": "Occupé", "called_on": "24/11/2026", "weekly": "oui"}, "weekly"),
            ({"outcome": "Joint", "called_on": "24/11/2026", "note": "x" * 501}, "note"),
        ],
    )
    def test_what_cannot_be_read_names_its_column(self, cells, column):
        assert COLUMNS[column].title in [wrong.column for wrong in self.read(**cells).wrong]

    def test_a_note_about_health_is_doubted_not_refused(self):
        row = self.read(outcome="Joint", called_on="24/11/2026", note="Soigne son cancer.")
        assert row.doubts
        assert not row.wrong

    def test_there_and_back_through_the_page(self):
        row = self.read(
            outcome="Joint", called_on="24/11/2026", grade="Jaune", need="Repas", weekly="Oui", note="Bien."
        )
        assert from_plain(as_plain(row), self.paris.tzinfo) == row


pytestmark = pytest.mark.django_db


@pytest.fixture
def agency():
    return AgencyFactory()


@pytest.fixture
def campaign(agency):
    for age in (84, 82, 80):
        HouseholdFactory(agency=agency, age=age, phone=True)
    return make_campaign()


@pytest.fixture
def caller(agency):
    return UserFactory(first_name="Josiane", agency=agency, hours_per_week=3, roles=["caller"])


@pytest.fixture
def batch(campaign, caller):
    done = operations.prepare_lists(campaign=campaign, actor=None, rules=ListRules(week="this"), now=MONDAY)
    operations.confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=MONDAY)
    return batch_to_take_away(Batch.objects.get(plan=done.plan, caller=caller).pk)


def taken_away(batch, tmp_path, kind="xlsx") -> list[dict]:
    [(_, files)] = list_files(actor=batch.caller, batches=[batch], kinds=[kind], now=MONDAY)
    table, places = opened(files[kind].content, tmp_path)
    return [{name: str(cells[place]) for name, place in places.items()} for _, cells in table.rows()]


def called(row: dict, outcome="Joint", **more) -> dict:
    return {**row, "outcome": outcome, "called_on": "24/11/2026", "called_at": "10:15", **more}


def save(user, *rows, now=NOW, scope=NOWHERE):
    return save_rows(actor=user, scope=scope, rows=rows_of(*rows, now=now), now=now)


class TestTakenAway:
    def test_only_what_the_call_needs_and_the_drop_downs(self, batch, tmp_path):
        [(_, files)] = list_files(actor=batch.caller, batches=[batch], kinds=["xlsx"], now=MONDAY)
        rows = taken_away(batch, tmp_path)
        assert [row["rank"] for row in rows] == ["1", "2", "3"]
        assert all(row["phones"] and row["key"] and row["token"] for row in rows)
        assert {row["outcome"] for row in rows} == {""}
        inside = zipfile.ZipFile(io.BytesIO(files["xlsx"].content))
        sheet = inside.read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<dataValidation ") == 5
        assert 'hidden="1"' in sheet
        strings = inside.read("xl/sharedStrings.xml").decode()
        assert "Effacez ce fichier" in strings
        assert "06/12/2026" in strings  # a week after the list's Sunday

    def test_a_tagged_pdf(self, batch):
        [(_, files)] = list_files(actor=batch.caller, batches=[batch], kinds=["pdf"], now=MONDAY)
        assert files["pdf"].content.startswith(b"%PDF")
        assert b"/MarkInfo" in files["pdf"].content or b"StructTreeRoot" in files["pdf"].content

    def test_it_is_audited(self, batch, caller):
        list_files(actor=caller, batches=[batch], kinds=["xlsx"], now=MONDAY)
        entry = AuditEntry.objects.get(action="data.exported")
        assert (entry.actor_id, entry.detail["households"]) == (caller.pk, 3)

    def test_who_objects_or_is_protected_is_not_on_paper(self, batch, tmp_path):
        first, second, _ = Contact.objects.order_by("kept_rank")
        Person.objects.filter(household=first.household_id).update(opposed_on=date(2026, 11, 1))
        Person.objects.filter(household=second.household_id).update(protected_address=True)
        assert len(taken_away(batch, tmp_path)) == 1

    def test_a_name_that_looks_like_a_formula_stays_a_name(self, batch, tmp_path):
        home = Contact.objects.select_related("household").order_by("kept_rank").first().household
        home.name = "=cmd|calc"
        home.save()
        assert taken_away(batch, tmp_path)[0]["name"] == "=cmd|calc"

    @pytest.mark.parametrize("more", [0, 4])
    def test_as_many_queries_whatever_the_length(self, agency, more, django_assert_num_queries):
        caller = UserFactory(agency=agency, hours_per_week=4, roles=["caller"])
        for _ in range(2 + more):
            HouseholdFactory(agency=agency, age=80, phone=True)
        campaign = make_campaign()
        done = operations.prepare_lists(campaign=campaign, actor=None, rules=ListRules(week="this"), now=MONDAY)
        operations.confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=MONDAY)
        batch = batch_to_take_away(Batch.objects.get(plan=done.plan, caller=caller).pk)
        with django_assert_num_queries(6):
            list_files(actor=caller, batches=[batch], kinds=["xlsx"], now=MONDAY)


class TestBack:
    def test_the_calls_are_saved_as_made(self, campaign, batch, caller, tmp_path):
        first, second, third = taken_away(batch, tmp_path)
        done = save(
            caller,
            called(first, grade="Orange", need="Repas", need_more="Compagnie", note="Voudrait des repas."),
            called(second, "Pas de réponse"),
            third,
        )
        assert (done.saved, done.already, done.told) == (2, 0, [])
        attempt = Attempt.objects.get(outcome="reached")
        assert attempt.caller_id == caller.pk
        assert attempt.at == datetime(2026, 11, 24, 9, 15, tzinfo=MONDAY.tzinfo)
        assert Report.objects.get(attempt=attempt).needs == ["meals", "company"]
        assert Referral.objects.get(attempt=attempt).grade == "orange"
        assert ledger(campaign.queue).adds_up
        assert check_invariants(campaign.queue) == []

    def test_the_same_file_twice_changes_nothing(self, batch, caller, tmp_path):
        rows = [called(row) for row in taken_away(batch, tmp_path)]
        assert save(caller, *rows).saved == 3
        again = save(caller, *rows)
        assert (again.saved, again.already, again.told) == (0, 3, [])
        assert Attempt.objects.count() == 3

    def test_somebody_else_called_since(self, campaign, batch, caller, tmp_path):
        [row, *_] = taken_away(batch, tmp_path)
        call(campaign, caller, "reached", now=MONDAY)
        done = save(caller, called(row))
        assert done.saved == 0
        assert [one.standing for one in done.told] == [Standing.TAKEN]
        assert "Josiane E a appelé" in done.told[0].words

    def test_given_to_somebody_else_since(self, campaign, batch, caller, tmp_path):
        [row, *_] = taken_away(batch, tmp_path)
        other = UserFactory(first_name="Marc", roles=["caller"])
        operations.move_lines(
            campaign=campaign,
            actor=caller,
            plan_id=batch.plan_id,
            line_ids=[UUID(row["key"])],
            caller=other,
            now=MONDAY,
        )
        [told] = save(caller, called(row)).told
        assert told.standing in (Standing.MOVED, Standing.UNKNOWN)
        [told] = save(UserFactory(), called(row), scope=EVERYWHERE).told
        assert told.standing == Standing.MOVED
        assert "Marc" in told.words

    def test_being_called_now(self, campaign, batch, caller, tmp_path):
        [row, *_] = taken_away(batch, tmp_path)
        operations.take_next(campaign=campaign, caller=caller, now=NOW)
        [told] = save(caller, called(row)).told
        assert told.standing == Standing.TAKEN
        assert "en ce moment" in told.words

    def test_not_theirs_and_not_ours(self, batch, caller, tmp_path):
        [row, *_] = taken_away(batch, tmp_path)
        stranger = UserFactory(roles=["caller"])
        assert [one.standing for one in save(stranger, called(row)).told] == [Standing.UNKNOWN]
        invented = called({"key": str(uuid4()), "token": str(uuid4()), "name": "Personne"})
        assert [one.standing for one in save(caller, invented).told] == [Standing.UNKNOWN]
        assert not Attempt.objects.exists()

    def test_a_coordinator_brings_it_for_the_caller(self, batch, caller, tmp_path):
        [row, *_] = taken_away(batch, tmp_path)
        assert save(UserFactory(roles=["director"]), called(row), scope=EVERYWHERE).saved == 1
        assert Attempt.objects.get().caller_id == caller.pk

    def test_one_wrong_row_does_not_stop_the_others(self, batch, caller, tmp_path):
        first, second, _ = taken_away(batch, tmp_path)
        done = save(caller, called(first), called(second, grade="violet"))
        assert done.saved == 1
        assert [one.standing for one in done.told] == [Standing.REJECTED]

    def test_after_the_list_ended_it_is_still_heard(self, campaign, batch, caller, tmp_path):
        [row, *_] = taken_away(batch, tmp_path)
        operations.end_lists(campaign=campaign, actor=None, now=NOW)
        assert save(caller, called(row), now=NOW + timedelta(days=6)).saved == 1

    def test_weekly_calls_and_call_backs_are_promised(self, batch, caller, tmp_path):
        first, second, _ = taken_away(batch, tmp_path)
        save(caller, called(first, weekly="Oui"), called(second, "À rappeler", call_back_on="27/11/2026"))
        assert PlannedCall.objects.get().weekly
        assert Contact.objects.get(pk=BatchLine.objects.get(pk=second["key"]).contact_id).not_before.date() == date(
            2026, 11, 27
        )

    def test_what_each_row_would_become_costs_the_same_whatever_their_number(
        self, batch, caller, tmp_path, django_assert_num_queries
    ):
        rows = [called(row) for row in taken_away(batch, tmp_path)]
        for some in (rows[:1], rows):
            read = rows_of(*some)
            with django_assert_num_queries(2):
                look_at_rows(caller, NOWHERE, read, NOW)


class TestNotOurs:
    def test_another_workbook(self):
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
            page = book.add_worksheet()
            page.write_row(0, 0, ["Nom", "Montant", "Ville", "Pays", "Date", "Note"])
            page.write_row(1, 0, ["a", "2", "c", "d", "e", "f"])
        out.seek(0)
        with pytest.raises(NotOurList, match="lui manque"):
            read_list(file=out, size=1000, now=NOW)

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7 x", b"PK\x03\x04 broken", b"bonjour"])
    def test_not_a_workbook(self, content):
        with pytest.raises(NotOurList):
            read_list(file=io.BytesIO(content), size=len(content), now=NOW)

    def test_without_its_keys(self):
        file = filled([{"outcome": "Joint"}], titles=[title for title in TITLES if title != COLUMNS["key"].title])
        with pytest.raises(NotOurList, match="Clé de la ligne"):
            read_list(file=file, size=10, now=NOW)

    def test_too_large(self):
        with pytest.raises(NotOurList, match="trop grand"):
            read_list(file=io.BytesIO(b"x"), size=6 << 20, now=NOW)
