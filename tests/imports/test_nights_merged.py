"""Two rows merged here, or two again, and what the landlord's file says of them night after night."""

import datetime as dt

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.imports.factories import TODAY, Landlord, changes_of, home, tenant

from bienveille.register.imports.choices import Departures
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import Merge, Person

pytestmark = pytest.mark.django_db

FIRST = tenant(NOM="MARTIN", TEL_PORTABLE="01 61 91 12 34", EMAIL="")
SECOND = tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="MARTINE", TEL_PORTABLE="02 61 91 56 78", EMAIL="")
MINE, THEIRS = "+33161911234", "+33261915678"
LATER = TODAY + dt.timedelta(days=1)


@pytest.fixture
def landlord(tmp_path):
    landlord = Landlord(tmp_path)
    landlord.imports(homes=[home(), home("0001-2")], tenants=[FIRST, SECOND])
    return landlord


def row(name: str) -> Person:
    return Person.objects.select_related("household__dwelling").get(last_name=name)


def numbers(name: str) -> dict[str, str]:
    return dict(row(name).contact_points.values_list("value", "status"))


def merge(gone: str = "MARTINE") -> Merge:
    facts = {"actor": UserFactory(), "now": timezone.now(), "today": TODAY}
    return operations.merge_people(kept=row("MARTIN"), gone=row(gone), **facts)


def undo(merged: Merge) -> None:
    operations.undo_merge(actor=UserFactory(), merge=merged, now=timezone.now(), keep_changes=True)


def test_a_number_corrected_here_is_not_brought_back_by_the_other_row(landlord):
    merge()
    point = row("MARTIN").contact_points.get(value=THEIRS)
    right = {"contact_point": point, "value": "03 53 64 90 12", "now": timezone.now()}
    operations.correct_contact_point(actor=UserFactory(), **right)
    landlord.imports(tenants=[FIRST, SECOND | {"SITUATION": "MARIE"}], today=LATER)
    assert numbers("MARTIN") == {MINE: "valid", "+33353649012": "valid", THEIRS: "wrong"}


def test_once_undone_the_file_tells_each_what_is_theirs(landlord):
    merged = merge()
    new = [FIRST, SECOND | {"SITUATION": "DIVORCE", "TEL_FIXE": "04 65 71 01 42"}]
    landlord.imports(tenants=new, today=LATER)
    assert numbers("MARTIN") == {MINE: "valid", THEIRS: "valid", "+33465710142": "valid"}
    undo(merged)
    file = landlord.imports(tenants=new, today=LATER)["tenants"]
    assert (file["created"], file["updated"], file["closed"]) == (0, 2, 0)
    assert row("MARTINE").marital_status == "divorced"
    assert numbers("MARTINE") == {THEIRS: "valid", "+33465710142": "valid"}
    assert numbers("MARTIN") == {MINE: "valid", "+33465710142": "unverified"}


def test_once_undone_who_had_left_meanwhile_has_left(landlord):
    merged = merge()
    landlord.imports(tenants=[FIRST, SECOND | {"DATE_SORTIE": TODAY.strftime("%d/%m/%Y")}], today=LATER)
    undo(merged)
    assert row("MARTINE").left_on == row("MARTINE").household.closed_on == TODAY


def test_once_undone_who_is_no_longer_listed_leaves(landlord):
    couple = [FIRST, SECOND, SECOND | {"NOM": "LEROY", "ROLE": "COTITULAIRE"}]
    landlord.imports(tenants=couple)
    merged = merge()
    landlord.imports(tenants=[FIRST, couple[2]], today=LATER)
    undo(merged)
    assert landlord.imports(tenants=[FIRST, couple[2]], today=LATER)["tenants"]["closed"] == 1
    assert row("MARTINE").left_on == TODAY


def test_said_to_have_left_before_stays_so_once_undone(landlord):
    operations.report_left(actor=UserFactory(), person=row("MARTINE"), on=TODAY)
    undo(merge())
    landlord.imports(tenants=[FIRST, SECOND], today=LATER)
    assert row("MARTINE").left_on == TODAY


def test_numbers_that_came_to_somebody_whom_no_file_lists_wait_for_a_check(landlord):
    actor = UserFactory()
    added = operations.add_person(actor=actor, household=row("MARTIN").household, today=TODAY, last_name="DURAND")
    facts = {"actor": actor, "now": timezone.now(), "today": TODAY}
    merged = operations.merge_people(kept=added, gone=row("MARTINE"), choices={"last_name": "kept"}, **facts)
    new = [FIRST, SECOND | {"TEL_FIXE": "04 65 71 01 42"}]
    landlord.imports(tenants=new, today=LATER)
    undo(merged)
    landlord.imports(tenants=new, today=LATER)
    assert numbers("DURAND") == {"+33465710142": "unverified"}
    assert numbers("MARTINE") == {THEIRS: "valid", "+33465710142": "valid"}


# ---- the row that was kept leaves the file while the other stays -------------------------------------------------------


def where(name: str) -> tuple[str | None, dt.date | None]:
    """The home of somebody, and since when they have left it."""
    person = row(name)
    dwelling = person.household.dwelling
    return dwelling and dwelling.code, person.left_on


def test_who_leaves_one_of_their_two_homes_lives_in_the_other(landlord):
    merge()
    ended = [FIRST | {"DATE_SORTIE": TODAY.strftime("%d/%m/%Y")}, SECOND]
    file = landlord.imports(tenants=ended, today=LATER)["tenants"]
    assert (file["created"], file["updated"], file["closed"], file["unchanged"]) == (0, 1, 0, 0)
    assert where("MARTIN") == ("0001-2", None)
    assert numbers("MARTIN") == {MINE: "valid", THEIRS: "valid"}
    again = landlord.imports(tenants=ended, today=LATER)["tenants"]
    assert (again["updated"], again["closed"], again["unchanged"]) == (0, 0, 1)
    assert where("MARTIN") == ("0001-2", None)


def test_the_spelling_that_stays_in_the_file_keeps_somebody_there(landlord):
    same = [FIRST, FIRST | {"NOM": "MARTINS"}, SECOND]
    landlord.imports(tenants=same)
    merge("MARTINS")
    file = landlord.imports(tenants=same[1:], today=LATER)["tenants"]
    assert changes_of(file) == (0, 1, 0, 1)
    newcomer = FIRST | {"NOM": "PETIT", "ROLE": "OCCUPANT"}  # their lease is read again
    day = LATER + dt.timedelta(days=1)
    file = landlord.imports(tenants=[*same[1:], newcomer], today=day)["tenants"]
    assert changes_of(file) == (1, 0, 0, 2)
    assert where("MARTIN") == ("0001-1", None)
    assert landlord.imports(tenants=[newcomer, SECOND], today=day)["tenants"]["closed"] == 1
    assert where("MARTIN")[1] == day - dt.timedelta(days=1)


def test_who_left_both_homes_has_left(landlord):
    neighbour = SECOND | {"NOM": "LEROY"}
    landlord.imports(tenants=[FIRST, SECOND, neighbour])
    merge()
    ended = FIRST | {"DATE_SORTIE": TODAY.strftime("%d/%m/%Y")}
    landlord.imports(tenants=[ended, SECOND, neighbour], today=LATER)
    day = LATER + dt.timedelta(days=1)
    assert landlord.imports(tenants=[ended, neighbour], today=day)["tenants"]["closed"] == 1
    assert where("MARTIN") == ("0001-2", LATER)


def test_whose_other_home_is_let_to_them_again_is_there(landlord):
    merge()
    day = TODAY.strftime("%d/%m/%Y")
    gone = [FIRST | {"DATE_SORTIE": day}, SECOND | {"DATE_SORTIE": day}]
    landlord.imports(tenants=gone, today=LATER)
    assert where("MARTIN") == (None, TODAY)
    landlord.imports(tenants=[gone[0], SECOND], today=LATER)
    assert where("MARTIN") == ("0001-2", None)


def test_whose_other_home_was_absent_from_a_file_is_there_once_listed_again(landlord):
    merge()
    ended = FIRST | {"DATE_SORTIE": TODAY.strftime("%d/%m/%Y")}
    landlord.imports(tenants=[ended], today=LATER, departures=Departures.CLOSE)
    assert where("MARTIN") == (None, TODAY)
    landlord.imports(tenants=[ended, SECOND], today=LATER)
    assert where("MARTIN") == ("0001-2", None)


def test_who_died_lives_in_neither_home(landlord):
    merge()
    operations.report_deceased(actor=UserFactory(), person=row("MARTIN"), today=TODAY, on=TODAY)
    ended = FIRST | {"DATE_SORTIE": TODAY.strftime("%d/%m/%Y")}
    landlord.imports(tenants=[ended, SECOND], today=LATER)
    assert where("MARTIN")[1] is not None


def test_once_undone_each_is_where_their_own_row_says(landlord):
    merged = merge()
    ended = [FIRST | {"DATE_SORTIE": TODAY.strftime("%d/%m/%Y")}, SECOND]
    landlord.imports(tenants=ended, today=LATER)
    undo(merged)
    landlord.imports(tenants=ended, today=LATER)
    assert where("MARTIN") == (None, TODAY)
    assert where("MARTINE") == ("0001-2", None)


def test_a_number_that_both_have_once_undone_waits_for_a_check(landlord):
    merged = merge()
    point = row("MARTIN").contact_points.get(value=THEIRS)
    operations.flag_contact_point(actor=UserFactory(), contact_point=point, status="valid", now=timezone.now())
    row("MARTINE").contact_points.create(kind="phone", value=THEIRS, source="erp", status="valid")
    undo(merged)
    assert numbers("MARTINE") == {THEIRS: "valid"}
    assert numbers("MARTIN") == {MINE: "valid", THEIRS: "unverified"}
