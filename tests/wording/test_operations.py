"""The vocabulary changed by the landlord: what it does to notes at once, what is refused, what is audited."""

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory

from bienveille.ground.lib.note_guard import Family
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.wording import operations
from bienveille.register.wording.choices import EntryKind
from bienveille.register.wording.models import WordingEntry
from bienveille.register.wording.operations import CannotChangeWording
from bienveille.register.wording.queries import check_note, note_guard

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper():
    return UserFactory(roles=[Role.ADMINISTRATOR])


def add(keeper, kind, text, **more):
    more = {"reason": "Vu dans nos notes", "now": timezone.now(), **more}
    return operations.add_wording(actor=keeper, kind=kind, text=text, **more)


class TestAdd:
    def test_a_word_is_found_from_the_next_note_on(self, keeper):
        assert check_note("Des casquettes") == []
        add(keeper, EntryKind.WORD, "Casquette", family="insults")
        (finding,) = check_note("Des casquettes")
        assert finding.family == Family.INSULTS

    def test_an_exception_leaves_its_words_alone_there_only(self, keeper):
        assert check_note("Tour Le Malade")
        add(keeper, EntryKind.EXCEPTION, "tour le Malade")
        assert check_note("Tour Le Malade") == []
        assert check_note("Le malade")

    def test_a_word_of_ours_is_switched_off(self, keeper):
        add(keeper, EntryKind.OFF, "alcoolique")
        assert check_note("un alcoolique") == []
        assert check_note("un toxicomane")

    def test_it_is_audited_with_its_reason(self, keeper):
        add(keeper, EntryKind.OFF, "alcoolique", reason="Nom d’une association")
        trace = AuditEntry.objects.get(action=AuditAction.WORDING_CHANGED)
        assert (trace.actor, trace.reason) == (keeper, "Nom d’une association")
        assert trace.detail["change"] == "added"

    @pytest.mark.parametrize(
        ("kind", "text", "more", "field"),
        [
            (EntryKind.WORD, "zouave", {"family": "insults", "reason": " "}, "reason"),
            (EntryKind.WORD, "zouave", {}, "family"),
            (EntryKind.WORD, "alcool", {"family": "health"}, "text"),
            (EntryKind.EXCEPTION, "le moulin bleu", {}, "text"),
            (EntryKind.OFF, "moulin", {}, "text"),
        ],
    )
    def test_refused(self, keeper, kind, text, more, field):
        with pytest.raises(CannotChangeWording) as refused:
            add(keeper, kind, text, **more)
        assert refused.value.field == field
        assert not WordingEntry.objects.exists()

    def test_twice_changes_nothing(self, keeper):
        add(keeper, EntryKind.WORD, "zouave", family="insults")
        with pytest.raises(CannotChangeWording):
            add(keeper, EntryKind.WORD, "Zouaves", family="insults")
        assert WordingEntry.objects.count() == 1


class TestRemove:
    def test_the_lexicon_is_as_before(self, keeper):
        (entry,) = add(keeper, EntryKind.WORD, "zouave", family="insults")
        assert check_note("zouave")
        operations.remove_wording(actor=keeper, entry_id=entry.pk)
        assert check_note("zouave") == []
        assert operations.remove_wording(actor=keeper, entry_id=entry.pk) is None
        assert AuditEntry.objects.filter(action=AuditAction.WORDING_CHANGED).count() == 2


class TestGuard:
    def test_it_is_built_once_and_asked_for_in_one_query(self, keeper, django_assert_num_queries):
        add(keeper, EntryKind.WORD, "zouave", family="insults")
        first = note_guard()
        with django_assert_num_queries(1):
            assert note_guard() is first
        with django_assert_num_queries(0):
            assert check_note("") == []

    def test_another_process_s_change_is_seen(self, keeper):
        note_guard()
        WordingEntry.objects.create(
            kind=EntryKind.WORD, text="zouave", family="insults", reason="x", added_by=keeper, added_at=timezone.now()
        )
        assert check_note("zouave")
