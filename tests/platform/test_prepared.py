"""Statements written once and prepared: the same rows as the ORM's, whatever the use they are at."""

from datetime import date, timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import make_queue

from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.ground.platform.prepared import Prepared, insert, update
from bienveille.register.accounts.models import AuditEntry, User

#: More than the uses after which PostgreSQL has the statement prepared.
MANY = 12


@pytest.fixture
def contacts(db):
    return list(Contact.objects.filter(queue=make_queue(MANY)).order_by("priority"))


class TestPrepared:
    def test_rows_are_those_of_the_queryset(self, contacts):
        def wanted(key):
            return Contact.objects.select_related("queue", "lane", "household", "planned_call").filter(pk=key)

        found = Prepared(wanted, UUID)
        for contact in contacts:
            (mine,), (theirs,) = found(contact.pk), list(wanted(contact.pk))
            assert mine == theirs
            for one in ("__self__", "queue", "lane", "household"):
                ours, asked = (mine, theirs) if one == "__self__" else (getattr(mine, one), getattr(theirs, one))
                names = [field.attname for field in type(asked)._meta.concrete_fields]
                assert [getattr(ours, name) for name in names] == [getattr(asked, name) for name in names]
            assert mine.planned_call is None
            assert not mine._state.adding
        assert found(uuid4()) == []

    def test_what_is_related_and_was_not_asked_is_refused_as_elsewhere(self, contacts):
        (found,) = Prepared(lambda key: Contact.objects.filter(pk=key), UUID)(contacts[0].pk)
        with pytest.raises(Exception, match="queue"):
            _ = found.queue

    def test_lists_of_values_and_dates(self, contacts):
        caller, first = UserFactory(), date(2026, 3, 1)
        for rank, contact in enumerate(contacts):
            PlannedCall.objects.create(contact=contact, caller=caller, due_on=first + timedelta(rank))
        due = Prepared(
            lambda key, until: (
                PlannedCall.objects.filter(caller=key, due_on__lte=until)
                .order_by("due_on")
                .values_list("due_on", flat=True)
            ),
            UUID,
            date,
        )
        for rank in range(MANY):
            assert due(caller.pk, first + timedelta(rank)) == [first + timedelta(day) for day in range(rank + 1)]

    def test_a_value_that_the_statement_leaves_out_is_a_mistake(self, db):
        with pytest.raises(TypeError):
            Prepared(lambda key, day: User.objects.filter(pk=key), UUID, date)(uuid4(), date(2026, 3, 1))

    def test_nothing_is_asked_of_a_transaction_that_failed(self, db):
        users = Prepared(lambda key: User.objects.filter(pk=key), UUID)
        with transaction.atomic():
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                users(uuid4())


@pytest.mark.django_db(transaction=True)
def test_threads_share_what_is_written_and_not_what_is_read():
    people = [UserFactory() for _ in range(4)]
    users = Prepared(lambda key: User.objects.filter(pk=key), UUID)
    wrong: list[object] = []

    def ask(user):
        try:
            wrong.extend(found for _ in range(100) if (found := users(user.pk)) != [user])
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [Thread(target=ask, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


class TestWrites:
    def test_a_new_row_is_what_the_model_would_have_written(self, db):
        actor = UserFactory()
        facts = {"actor": actor, "action": "household.read", "subject_id": uuid4(), "detail": {"é": [1, None]}}
        AuditEntry.objects.create(**facts)
        for _ in range(MANY):
            insert(AuditEntry(**facts))
        rows = list(AuditEntry.objects.filter(actor=actor).order_by("id").values())
        assert len({row.pop("id") for row in rows}) == len({row.pop("at") for row in rows}) == MANY + 1
        assert all(row == rows[0] for row in rows)

    def test_fields_that_are_named_are_written_and_no_other(self, contacts):
        for rank, contact in enumerate(contacts):
            contact.state, contact.priority, contact.why = "refused", rank, ["lost"]
            update(contact, "state", "priority")
            kept = Contact.objects.get(pk=contact.pk)
            assert (kept.state, kept.priority, kept.why) == ("refused", rank, [])
            assert (kept.household_id, kept.lane_id) == (contact.household_id, contact.lane_id)

    def test_what_the_database_refuses_is_django_s_error(self, contacts):
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(contacts[0])

    def test_a_row_that_is_not_there_is_an_error(self, contacts):
        gone = contacts[0]
        Contact.objects.filter(pk=gone.pk).delete()
        with pytest.raises(DatabaseError):
            update(gone, "priority")
