"""Two rows that are one person: what the database refuses, what is kept of each, and how it is undone."""

import pytest
from django.db import IntegrityError, transaction
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import NOW
from tests.tenants.factories import TODAY, HouseholdFactory, PersonFactory

from bienveille.register.tenants.models import Merge, Person


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
