"""Two rows that are one person: what the database refuses, what is kept of each, and how it is undone."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import NOW
from tests.tenants.factories import (
    TODAY,
    ContactPointFactory,
    HouseholdFactory,
    MarkFactory,
    PersonFactory,
    RelativeFactory,
)

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import ContactPoint, Household, Mark, Merge, Person, Relative
from bienveille.register.tenants.rules import better_of, stricter_status


def mark_merged(person, into, **over):
    facts = {"merged_into": into, "merged_at": NOW, "merged_by": UserFactory(), "left_on": TODAY, **over}
    Person.objects.filter(pk=person.pk).update(**facts)


@pytest.mark.django_db
class TestWhatTheDatabaseRefuses:
    @pytest.fixture
    def three(self):
        household = HouseholdFactory(people=[])
        return [PersonFactory(household=household) for _ in range(3)]

    @pytest.mark.parametrize(
        ("over", "name"),
        [
            ({"left_on": None}, "person_merged_has_left"),
            ({"merged_at": None}, "person_merged_has_left"),
            ({"merged_by": None}, "person_merged_has_left"),
            ({"merged_into": None}, "person_merged_has_left"),
        ],
    )
    def test_a_half_said_merge(self, three, over, name):
        first, second, _ = three
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            mark_merged(first, second, **over)
        mark_merged(first, second)

    def test_into_itself(self, three):
        with pytest.raises(IntegrityError, match="person_merged_elsewhere"), transaction.atomic():
            mark_merged(three[0], three[0])

    def test_a_chain_from_either_end(self, three):
        first, second, third = three
        mark_merged(first, second)
        with pytest.raises(IntegrityError, match="another merged row"), transaction.atomic():
            mark_merged(second, third)
        with pytest.raises(IntegrityError, match="another merged row"), transaction.atomic():
            mark_merged(third, first)
        mark_merged(third, second)

    def test_a_row_gone_twice(self, three):
        first, second, third = three
        said = {"merged_by": UserFactory(), "merged_at": NOW, "before": {}}
        merge = Merge.objects.create(gone=first, kept=second, **said)
        with pytest.raises(IntegrityError, match="merge_once"), transaction.atomic():
            Merge.objects.create(gone=first, kept=third, **said)
        Merge.objects.filter(pk=merge.pk).update(undone_by=merge.merged_by, undone_at=NOW)
        Merge.objects.create(gone=first, kept=third, **said)


class TestWhichValueIsKept:
    @pytest.mark.parametrize(
        ("first", "second", "chosen"),
        [
            (("Lefèvre", {}), ("Lefebvre", {}), "first"),
            (("", {}), ("Lefebvre", {}), "second"),
            (("Lefèvre", {}), ("", {"last_name": "X"}), "first"),
            (("Lefèvre", {}), ("Lefebvre", {"last_name": "LEFEVRE"}), "second"),
            (("Lefèvre", {"last_name": "X"}), ("Lefebvre", {"last_name": "Y"}), "first"),
        ],
    )
    def test_known_then_corrected_here_then_the_first(self, first, second, chosen):
        rows = [Person(last_name=name, file_said=said) for name, said in (first, second)]
        assert better_of("last_name", *rows) == chosen

    @pytest.mark.parametrize(
        ("one", "other", "kept"),
        [("valid", "stop", "stop"), ("wrong", "valid", "wrong"), ("unverified", "valid", "valid"),
         ("stop", "wrong", "stop")],
    )  # fmt: skip
    def test_of_two_states_the_stricter(self, one, other, kept):
        assert stricter_status(one, other) == stricter_status(other, one) == kept


def everything():
    """All that the register holds of people, to be compared before and after."""
    people = list(Person.objects.order_by("pk"))
    rows = [*people]
    for model in (ContactPoint, Mark, Relative, Household):
        rows += list(model.objects.order_by("pk"))
    return [(type(row).__name__, str(row.pk), {**model_to_dict(row), "search": ""}) for row in rows]


@pytest.mark.django_db
class TestMerge:
    @pytest.fixture
    def actor(self):
        return UserFactory()

    @pytest.fixture
    def kept(self):
        home = HouseholdFactory(age=82, first_name="Éléonore", last_name="Lefèvre", marital_status="")
        home.people.update(erp_key="B2|lefevre eleonore")
        return home.people.get()

    @pytest.fixture
    def gone(self):
        home = HouseholdFactory(age=82, first_name="Eleonore", last_name="Lefebvre", marital_status="widowed")
        home.people.update(erp_key="B1|lefebvre eleonore")
        return home.people.get()

    def merge(self, actor, kept, gone, **more):
        return operations.merge_people(actor=actor, kept=kept, gone=gone, now=NOW, today=TODAY, **more)

    def test_one_speaks_the_other_is_closed_and_keeps_its_key(self, actor, kept, gone):
        self.merge(actor, kept, gone, choices={"last_name": "gone"})
        kept.refresh_from_db()
        gone.refresh_from_db()
        assert (gone.merged_into_id, gone.merged_by_id, gone.left_on) == (kept.pk, actor.pk, TODAY)
        assert gone.erp_key == "B1|lefebvre eleonore"
        assert (kept.last_name, kept.first_name, kept.marital_status) == ("Lefebvre", "Éléonore", "widowed")
        assert kept.file_said == {"last_name": "Lefèvre", "marital_status": ""}, "imports leave the choice alone"
        assert Household.objects.get(pk=kept.household_id).name == "Mme Éléonore Lefebvre"
        changes = AuditEntry.objects.filter(action="person.changed").values_list("subject_id", "detail__change")
        assert set(changes) == {(kept.pk, "merged"), (gone.pk, "merged_away")}

    def test_nothing_that_protects_is_lost(self, actor, kept, gone):
        Person.objects.filter(pk=gone.pk).update(
            opposed_on=date(2025, 1, 1), protected_address=True, deceased=True, deceased_on=date(2026, 11, 1)
        )
        Person.objects.filter(pk=kept.pk).update(opposed_on=date(2026, 1, 1))
        self.merge(actor, kept, gone)
        kept.refresh_from_db()
        assert (kept.opposed_on, kept.protected_address) == (date(2025, 1, 1), True)
        assert (kept.deceased, kept.deceased_on) == (True, date(2026, 11, 1))

    def test_numbers_marks_and_relatives_come_together_once(self, actor, kept, gone):
        shared = {"value": "+33465710142"}
        ContactPointFactory(person=kept, **shared)
        ContactPointFactory(person=gone, status="stop", **shared)
        ContactPointFactory(person=gone, value="+33639980001", source="erp")
        MarkFactory(person=kept, kind="carer", noted_on=date(2026, 1, 1), expires_on=date(2027, 1, 1), source="erp")
        MarkFactory(person=gone, kind="carer", noted_on=date(2026, 9, 1), expires_on=date(2027, 9, 1), source="tenant")
        MarkFactory(person=gone, kind="widowed")
        RelativeFactory(person=kept)
        RelativeFactory(person=gone)
        RelativeFactory(person=gone, phone="+33639980002", name="Karim Benali")
        self.merge(actor, kept, gone)
        assert dict(kept.contact_points.values_list("value", "status")) == {
            "+33465710142": "stop", "+33639980001": "valid",
        }  # fmt: skip
        assert kept.contact_points.get(value="+33639980001").source == "staff", "this row's file does not list it"
        assert dict(kept.marks.values_list("kind", "source")) == {"carer": "tenant", "widowed": "call"}
        assert sorted(kept.relatives.values_list("name", flat=True)) == ["Karim Benali", "Nadia Benali"]

    def test_two_spellings_in_one_household(self, actor, kept):
        other = PersonFactory(household=kept.household, first_name="Eleonore", last_name="Lefevre", age=82)
        Household.objects.filter(pk=kept.household_id).update(name="Mme Eleonore Lefevre")
        merge = self.merge(actor, kept, other)
        assert Household.objects.get().name == "Mme Éléonore Lefèvre"
        operations.undo_merge(actor=actor, merge=merge, now=NOW)
        assert Household.objects.get().name == "Mme Eleonore Lefevre"

    def test_what_was_merged_before_follows(self, actor, kept, gone):
        third = HouseholdFactory(age=82).people.get()
        first = self.merge(actor, gone, third)
        second = self.merge(actor, kept, gone)
        third.refresh_from_db()
        assert third.merged_into_id == kept.pk, "never a chain"
        with pytest.raises(operations.CannotUndoMerge, match="défaites d’abord"):
            operations.undo_merge(actor=actor, merge=first, now=NOW)
        operations.undo_merge(actor=actor, merge=second, now=NOW)
        third.refresh_from_db()
        assert third.merged_into_id == gone.pk
        operations.undo_merge(actor=actor, merge=first, now=NOW)
        third.refresh_from_db()
        assert third.merged_into_id is None

    def test_refused(self, actor, kept, gone):
        with pytest.raises(operations.CannotMerge, match="deux fiches différentes"):
            self.merge(actor, kept, kept)
        Person.objects.filter(pk=kept.pk).update(left_on=date(2026, 1, 1))
        with pytest.raises(operations.CannotMerge, match="vit encore"):
            self.merge(actor, kept, gone)
        Person.objects.filter(pk=kept.pk).update(left_on=None)
        operations.say_apart(actor=actor, first=kept, second=gone, now=NOW)
        with pytest.raises(operations.CannotMerge, match="ne sont pas les mêmes"):
            self.merge(actor, kept, gone)
        operations.take_back_apart(actor=actor, first=kept, second=gone)
        seen = operations.version_of_both(kept, gone)
        Person.objects.filter(pk=gone.pk).update(first_name="Nora")
        with pytest.raises(operations.CannotMerge, match="a changé pendant"):
            self.merge(actor, kept, gone, seen=seen)
        gone.refresh_from_db()
        self.merge(actor, kept, gone, seen=operations.version_of_both(gone, kept))
        with pytest.raises(operations.CannotMerge, match="déjà réunie"):
            self.merge(actor, kept, gone)

    def test_a_merged_row_is_no_longer_corrected(self, actor, kept, gone):
        point = ContactPointFactory(person=gone, value="+33465710142")
        ContactPointFactory(person=kept, value="+33465710142")
        self.merge(actor, kept, gone)
        with pytest.raises(operations.MergedElsewhere):
            operations.take_back_left(actor=actor, person=gone)
        with pytest.raises(operations.MergedElsewhere):
            operations.flag_contact_point(actor=actor, contact_point=point, status="wrong", now=NOW)

    def test_a_mark_and_a_relative_taken_away_leave_both_rows(self, actor, kept, gone):
        for person in (kept, gone):
            MarkFactory(person=person, kind="carer")
            RelativeFactory(person=person)
        self.merge(actor, kept, gone)
        operations.remove_mark(actor=actor, mark=kept.marks.get())
        operations.remove_relative(actor=actor, relative=kept.relatives.get())
        assert not Mark.objects.exists()
        assert not Relative.objects.exists()


TRAITS = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Éléonore", "Eleonore", ""]),
        "marital_status": st.sampled_from(["", "widowed", "single"]),
        "languages": st.sampled_from([[], ["fr"], ["fr", "pt"]]),
        "birth_date": st.sampled_from([None, date(1944, 6, 15)]),
        "opposed_on": st.sampled_from([None, date(2025, 1, 1), date(2026, 2, 2)]),
        "protected_address": st.booleans(),
        "deceased": st.booleans(),
        "erp_key": st.booleans(),
        "points": st.lists(
            st.tuples(st.sampled_from(["+33639980001", "+33639980002"]), st.sampled_from(["valid", "wrong", "stop"])),
            unique_by=lambda pair: pair[0],
        ),
        "marks": st.dictionaries(st.sampled_from(["carer", "widowed"]), st.integers(0, 200)),
        "relatives": st.lists(st.sampled_from(["+33639980011", "+33639980012"]), unique=True),
    }
)


@pytest.mark.django_db
class TestUndo:
    def make(self, household, traits, rank):
        facts = {k: v for k, v in traits.items() if k not in ("points", "marks", "relatives", "erp_key")}
        key = f"B{rank}|x" if traits["erp_key"] else None
        person = PersonFactory(household=household, last_name=f"Lefèvre{rank}", erp_key=key, **facts)
        for value, status in traits["points"]:
            ContactPointFactory(person=person, value=value, status=status, source="erp")
        for kind, days in traits["marks"].items():
            noted = date(2026, 1, 1) + timedelta(days=days)
            MarkFactory(person=person, kind=kind, noted_on=noted, expires_on=noted + timedelta(days=90))
        for phone in traits["relatives"]:
            RelativeFactory(person=person, phone=phone)
        return person

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(first=TRAITS, second=TRAITS, together=st.booleans(), chosen=st.sampled_from(["kept", "gone"]))
    def test_everything_is_exactly_as_before(self, first, second, together, chosen):
        with transaction.atomic():
            actor, home = UserFactory(), HouseholdFactory(people=[])
            other = home if together else HouseholdFactory(people=[])
            kept, gone = self.make(home, first, 1), self.make(other, second | {"deceased": first["deceased"]}, 2)
            before = everything()
            merge = operations.merge_people(
                actor=actor, kept=kept, gone=gone, now=NOW, today=TODAY, choices={"last_name": chosen}
            )
            assert operations.changed_since(Merge.objects.select_related("kept").get()) == ""
            operations.undo_merge(actor=actor, merge=merge, now=NOW)
            assert everything() == before
            transaction.set_rollback(True)

    @pytest.fixture
    def merged(self):
        kept = HouseholdFactory(age=82, first_name="Éléonore", last_name="Lefèvre", marital_status="").people.get()
        gone = HouseholdFactory(age=82, first_name="Eleonore", last_name="Lefebvre", marital_status="widowed")
        for person in (kept, gone.people.get()):
            ContactPointFactory(person=person, value="+33465710142")
        ContactPointFactory(person=gone.people.get(), value="+33639980001")
        facts = {"actor": UserFactory(), "now": NOW, "today": TODAY}
        return operations.merge_people(kept=kept, gone=gone.people.get(), **facts)

    def test_refused_once_somebody_changed_something_and_says_what(self, merged):
        actor, kept = UserFactory(), Person.objects.get(pk=merged.kept_id)
        operations.correct_person(actor=actor, person=kept, changes={"marital_status": "single"}, today=TODAY)
        point = kept.contact_points.get(value="+33639980001")
        operations.flag_contact_point(actor=actor, contact_point=point, status="wrong", now=NOW)
        with pytest.raises(operations.CannotUndoMerge) as refused:
            operations.undo_merge(actor=actor, merge=merged, now=NOW)
        assert "la situation de famille et un numéro ou une adresse" in str(refused.value)
        operations.undo_merge(actor=actor, merge=merged, now=NOW, keep_changes=True)
        kept.refresh_from_db()
        gone = Person.objects.get(pk=merged.gone_id)
        assert (kept.marital_status, gone.marital_status, gone.left_on) == ("single", "widowed", None)
        assert gone.contact_points.get(value="+33639980001").status == "wrong"

    def test_what_protects_holds_for_both_when_said_in_between(self, merged):
        actor, kept = UserFactory(), Person.objects.get(pk=merged.kept_id)
        operations.record_opposition(actor=actor, person=kept, on=TODAY)
        shared = kept.contact_points.get(value="+33465710142")
        operations.flag_contact_point(actor=actor, contact_point=shared, status="stop", now=NOW)
        with pytest.raises(operations.CannotUndoMerge, match="l’opposition"):
            operations.undo_merge(actor=actor, merge=merged, now=NOW)
        operations.undo_merge(actor=actor, merge=merged, now=NOW, keep_changes=True)
        gone = Person.objects.get(pk=merged.gone_id)
        assert gone.opposed_on == TODAY
        assert gone.contact_points.get(value="+33465710142").status == "stop"

    def test_twice_undoes_once(self, merged):
        actor = UserFactory()
        first = operations.undo_merge(actor=actor, merge=merged, now=NOW)
        again = operations.undo_merge(actor=UserFactory(), merge=merged, now=NOW + timedelta(hours=1))
        assert (again.undone_by_id, again.undone_at) == (actor.pk, first.undone_at)
