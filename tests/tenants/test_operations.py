"""Each thing done to people by hand: done, refused, done twice; audited without values."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.tenants.factories import TODAY, ContactPointFactory, HouseholdFactory, MarkFactory, PersonFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import operations as do
from bienveille.register.tenants.models import ContactPoint, Mark, Relative

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


@pytest.fixture
def actor():
    return UserFactory(roles=["social_worker"])


@pytest.fixture
def person():
    return HouseholdFactory(age=82).people.get()


def changes():
    return [entry.detail["change"] for entry in AuditEntry.objects.filter(action="person.changed").order_by("id")]


class TestAddPerson:
    def test_added(self, actor):
        household = HouseholdFactory()
        added = do.add_person(
            actor=actor,
            household=household,
            today=TODAY,
            last_name=" Lefèvre ",
            birth_date=date(1944, 1, 2),
            title="mrs",
        )
        added.refresh_from_db()
        assert (added.household_id, added.last_name, added.title, added.erp_key) == (
            household.pk,
            "Lefèvre",
            "mrs",
            None,
        )
        assert changes() == ["added"]

    def test_a_household_that_left_is_refused(self, actor):
        with pytest.raises(do.HouseholdHasLeft):
            do.add_person(actor=actor, household=HouseholdFactory(closed=True), today=TODAY, last_name="X")

    @pytest.mark.parametrize(
        "facts",
        [
            {},
            {"last_name": "  "},
            {"last_name": "X" * 101},
            {"last_name": "X", "birth_date": date(2026, 11, 22)},
            {"last_name": "X", "birth_date": date(1900, 1, 1)},
            {"last_name": "X", "title": "sir"},
            {"last_name": "X", "role": ""},
            {"last_name": "X", "languages": ["fr", "klingon"]},
            {"last_name": "X", "opposed_on": TODAY},
        ],
    )
    def test_refused(self, actor, facts):
        household = HouseholdFactory(people=[])
        with pytest.raises(do.CannotChangePerson):
            do.add_person(actor=actor, household=household, today=TODAY, **facts)
        assert not household.people.exists()


class TestCorrectPerson:
    def test_corrected_once(self, actor, person):
        for _ in range(2):
            do.correct_person(
                actor=actor, person=person, changes={"first_name": "Élé", "languages": ["ar", "fr", "ar"]}, today=TODAY
            )
        person.refresh_from_db()
        assert (person.first_name, person.languages) == ("Élé", ["ar", "fr"])
        entry = AuditEntry.objects.get(action="person.changed")
        assert entry.detail["fields"] == ["first_name", "languages"]
        assert "Élé" not in str(entry.detail)

    def test_refused(self, actor, person):
        with pytest.raises(do.CannotChangePerson):
            do.correct_person(actor=actor, person=person, changes={"last_name": ""}, today=TODAY)


class TestClosing:
    def test_left_keeps_the_first_day(self, actor, person):
        do.report_left(actor=actor, person=person, on=date(2026, 1, 1))
        assert do.report_left(actor=actor, person=person, on=TODAY).left_on == date(2026, 1, 1)
        assert changes() == ["left"]

    def test_deceased_then_the_day_is_told(self, actor, person):
        do.report_deceased(actor=actor, person=person, today=TODAY)
        do.report_deceased(actor=actor, person=person, today=TODAY, on=date(2026, 11, 2))
        do.report_deceased(actor=actor, person=person, today=TODAY, on=date(2026, 11, 3))
        person.refresh_from_db()
        assert (person.deceased, person.deceased_on) == (True, date(2026, 11, 2))
        assert changes() == ["deceased", "deceased"]

    def test_a_death_to_come_is_refused(self, actor, person):
        with pytest.raises(do.CannotChangePerson):
            do.report_deceased(actor=actor, person=person, today=TODAY, on=date(2026, 11, 22))


class TestOpposition:
    def test_recorded_once_then_withdrawn_with_a_reason(self, actor, person):
        do.record_opposition(actor=actor, person=person, on=date(2026, 1, 1))
        assert do.record_opposition(actor=actor, person=person, on=TODAY).opposed_on == date(2026, 1, 1)
        with pytest.raises(do.CannotChangePerson):
            do.withdraw_opposition(actor=actor, person=person, reason=" ")
        for _ in range(2):
            do.withdraw_opposition(actor=actor, person=person, reason="Courrier du 3 mai")
        person.refresh_from_db()
        assert person.opposed_on is None
        assert changes() == ["opposed", "opposition_withdrawn"]
        assert AuditEntry.objects.get(detail__change="opposition_withdrawn").reason == "Courrier du 3 mai"


class TestProtectAddress:
    def test_protected_at_once_lifted_with_a_reason(self, actor, person):
        for _ in range(2):
            do.protect_address(actor=actor, person=person, protected=True)
        with pytest.raises(do.CannotChangePerson):
            do.protect_address(actor=actor, person=person, protected=False)
        do.protect_address(actor=actor, person=person, protected=False, reason="Ordonnance levée")
        assert changes() == ["address_protected", "address_unprotected"]


class TestContactPoints:
    @pytest.mark.parametrize(
        ("kind", "typed", "kept"),
        [
            ("phone", "04 65 71 01 43", "+33465710143"),
            ("phone", "0033 4 65 71 01 42", "+33465710142"),
            ("email", " Jeanne@Courriel.example ", "jeanne@courriel.example"),
        ],
    )
    def test_added(self, actor, person, kind, typed, kept):
        point = do.add_contact_point(actor=actor, person=person, kind=kind, value=typed, whose="sa fille")
        point.refresh_from_db()
        assert (point.value, point.whose, point.status, point.source) == (kept, "sa fille", "valid", "staff")
        with pytest.raises(do.ContactPointKnown):
            do.add_contact_point(actor=actor, person=person, kind=kind, value=typed)
        assert changes() == ["contact_point_added"]

    @pytest.mark.parametrize(
        ("kind", "typed"),
        [("phone", "12"), ("phone", "NC"), ("phone", "0465710142 0465710143"), ("email", "x"), ("fax", "0639980001")],
    )
    def test_refused(self, actor, person, kind, typed):
        with pytest.raises(do.InvalidContactPoint):
            do.add_contact_point(actor=actor, person=person, kind=kind, value=typed)
        assert not ContactPoint.objects.exists()

    def test_flagged_once_by_whom_and_when(self, actor, person):
        point = ContactPointFactory(person=person)
        for _ in range(2):
            do.flag_contact_point(actor=actor, contact_point=point, status="wrong", now=NOW)
        point.refresh_from_db()
        assert (point.status, point.status_changed_at, point.status_changed_by_id) == ("wrong", NOW, actor.pk)
        assert changes() == ["contact_point_wrong"]

    def test_corrected_it_may_be_used_again(self, actor, person):
        point = ContactPointFactory(person=person, status="wrong", source="staff", verified_on=TODAY)
        for _ in range(2):
            do.correct_contact_point(actor=actor, contact_point=point, value="0465710199", now=NOW)
        point.refresh_from_db()
        assert (point.value, point.status, point.verified_on) == ("+33465710199", "valid", None)
        assert changes() == ["contact_point_corrected"]

    def test_corrected_to_one_already_there_is_refused(self, actor, person):
        ContactPointFactory(person=person, value="+33465710199")
        point = ContactPointFactory(person=person)
        with pytest.raises(do.ContactPointKnown):
            do.correct_contact_point(actor=actor, contact_point=point, value="0465710199", now=NOW)

    def test_verified_once_a_day(self, actor, person):
        point = ContactPointFactory(person=person, status="unverified")
        for _ in range(2):
            do.verify_contact_point(actor=actor, contact_point=point, now=NOW, today=TODAY)
        point.refresh_from_db()
        assert (point.status, point.verified_on) == ("valid", TODAY)
        assert changes() == ["contact_point_verified"]

    def test_a_stop_is_never_verified(self, actor, person):
        point = ContactPointFactory(person=person, status="stop")
        with pytest.raises(do.InvalidContactPoint):
            do.verify_contact_point(actor=actor, contact_point=point, now=NOW, today=TODAY)


class TestMarks:
    def test_noted_again_it_is_believed_anew(self, actor, person):
        do.add_mark(actor=actor, person=person, kind="carer", source="call", today=date(2026, 1, 1))
        do.add_mark(actor=actor, person=person, kind="carer", source="tenant", today=TODAY)
        mark = Mark.objects.get()
        assert (mark.noted_on, mark.expires_on, mark.source, mark.noted_by_id) == (
            TODAY,
            date(2027, 11, 21),
            "tenant",
            actor.pk,
        )

    @pytest.mark.parametrize(
        "facts",
        [
            {"kind": "rich"},
            {"source": "gossip"},
            {"expires_on": TODAY},
            {"expires_on": date(2029, 1, 1)},
            {"kind": "disability_declared"},
        ],
    )
    def test_refused(self, actor, person, facts):
        with pytest.raises(do.InvalidMark):
            do.add_mark(actor=actor, person=person, today=TODAY, **{"kind": "carer", "source": "call", **facts})
        assert not Mark.objects.exists()

    def test_a_declared_disability_says_for_what(self, actor, person):
        mark = do.add_mark(
            actor=actor, person=person, kind="disability_declared", source="tenant", today=TODAY, purpose="wellbeing"
        )
        assert mark.purpose == "wellbeing"

    def test_removed_once(self, actor, person):
        mark = MarkFactory(person=person)
        for _ in range(2):
            do.remove_mark(actor=actor, mark=mark)
        assert changes() == ["mark_removed"]

    def test_renewed_from_that_day_once(self, actor, person):
        mark = MarkFactory(person=person, kind="carer", source="tenant", noted_on=date(2026, 1, 1), purpose="p",
                           expires_on=date(2027, 1, 1))  # fmt: skip
        for _ in range(2):
            do.renew_mark(actor=actor, mark=mark, today=TODAY)
        mark.refresh_from_db()
        assert (mark.noted_on, mark.expires_on, mark.source, mark.purpose) == (TODAY, date(2027, 11, 21), "tenant", "p")
        assert mark.noted_by_id == actor.pk
        assert changes() == ["mark_renewed"]

    def test_one_that_has_ended_is_not_renewed(self, actor, person):
        mark = MarkFactory(person=person, expires_on=TODAY)
        with pytest.raises(do.InvalidMark, match="a pris fin"):
            do.renew_mark(actor=actor, mark=mark, today=TODAY)

    def test_what_has_ended_is_erased_and_counted(self, person):
        kept = MarkFactory(person=person, kind="carer", expires_on=TODAY + timedelta(days=1))
        MarkFactory(person=person, kind="widowed", expires_on=TODAY)
        MarkFactory(person=person, kind="heat_risk", expired=True)
        assert do.erase_marks(today=TODAY) == 2
        assert do.erase_marks(today=TODAY) == 0
        assert Mark.objects.get() == kept
        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.detail, entry.subject_id) == (None, {"change": "marks_erased", "count": 2}, None)

    def test_a_merge_forgets_what_has_ended_and_may_still_be_undone(self, actor, person):
        other = PersonFactory()
        MarkFactory(person=other, kind="widowed", expires_on=TODAY)
        MarkFactory(person=other, kind="carer", expires_on=TODAY, noted_on=date(2026, 8, 1), purpose="secret")
        MarkFactory(person=person, kind="carer", expires_on=TODAY, noted_on=date(2026, 2, 1))
        facts = {"actor": actor, "now": NOW, "today": date(2026, 9, 1)}
        merge = do.merge_people(kept=person, gone=other, **facts)
        assert "secret" in str(merge.before)
        do.erase_marks(today=TODAY)
        merge.refresh_from_db()
        assert "secret" not in str(merge.before)
        do.undo_merge(actor=actor, merge=merge, now=NOW)
        assert merge.__class__.objects.get().before == {}


class TestRelatives:
    GOOD = {"name": "Nadia", "agreed_on": TODAY, "phone": "0465710143"}

    def test_kept_corrected_removed(self, actor, person):
        kept = do.save_relative(actor=actor, person=person, today=TODAY, **self.GOOD)
        do.save_relative(
            actor=actor, person=person, today=TODAY, relative=kept, **{**self.GOOD, "email": "n@courriel.example"}
        )
        saved = Relative.objects.get()
        assert (saved.name, saved.phone, saved.email) == ("Nadia", "+33465710143", "n@courriel.example")
        for _ in range(2):
            do.remove_relative(actor=actor, relative=saved)
        assert changes() == ["relative_added", "relative_corrected", "relative_removed"]

    @pytest.mark.parametrize(
        "facts", [{"name": ""}, {"agreed_on": None}, {"agreed_on": date(2026, 11, 22)}, {"phone": ""}]
    )
    def test_refused(self, actor, person, facts):
        with pytest.raises(do.InvalidRelative):
            do.save_relative(actor=actor, person=person, today=TODAY, **{**self.GOOD, **facts})

    def test_one_of_somebody_else_is_refused(self, actor, person):
        kept = do.save_relative(actor=actor, person=PersonFactory(), today=TODAY, **self.GOOD)
        with pytest.raises(do.InvalidRelative):
            do.save_relative(actor=actor, person=person, today=TODAY, relative=kept, **self.GOOD)
