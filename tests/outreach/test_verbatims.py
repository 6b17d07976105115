"""Sentences to quote: asked before, read again, never with a name, withdrawn at any time, gone on their last day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_verbatim_for
from bienveille.services.outreach.models import Verbatim
from bienveille.services.outreach.operations import Quote
from bienveille.services.outreach.queries import (
    quoted_campaigns,
    verbatim_counts,
    verbatim_of,
    verbatims,
    verbatims_kept,
    wall,
)
from bienveille.services.outreach.rules import AGREEMENT, Clue, names_left, pieces

TODAY = MONDAY.date()
WORDS = "Cela fait du bien d’entendre une voix."


class TestClues:
    @given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=3))
    def test_put_end_to_end_they_are_the_sentence(self, text, names):
        assert "".join(piece.text for piece in pieces(text, names=names)) == text

    @pytest.mark.parametrize(
        ("text", "clue", "excerpt"),
        [
            ("Merci à madame lefevre, vraiment", Clue.NAME, "lefevre"),
            ("La résidence des Tilleuls est calme", Clue.PLACE, "Tilleuls"),
            ("J’ai 82 ans et je marche", Clue.NUMBER, "82 ans"),
            ("Appelez le 06 39 98 12 34 demain", Clue.NUMBER, "06 39 98 12 34"),
            ("Voilà trente ans que je suis là", Clue.NUMBER, "trente"),
            ("Je vais chez Paulette le soir", Clue.CAPITAL, "Paulette"),
        ],
    )
    def test_what_could_tell(self, text, clue, excerpt):
        found = pieces(text, names=["Odette Lefèvre"], places=["Résidence des Tilleuls"])
        assert (excerpt, clue) in [(piece.text, piece.clue) for piece in found]

    def test_what_tells_nothing(self):
        text = "Merci. Vous êtes gentille ! On se sent moins seule dans la rue."
        assert [
            piece for piece in pieces(text, names=["Odette Lefèvre"], places=["12 rue des Lilas"]) if piece.clue
        ] == []

    def test_names_left(self):
        assert names_left("Merci, dit Odette LEFEVRE", ["Odette Lefèvre"]) == ["Odette", "LEFEVRE"]
        assert names_left("Merci", ["Odette Lefèvre"]) == []


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def campaign(lyon):
    for name in ("Marchandeau", "Pradeau", "Lascombe"):
        HouseholdFactory(agency=lyon, people=[{"age": 85, "last_name": name, "first_name": "Odette", "phone": True}])
    return make_campaign()


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", last_name="Tellier", roles=["caller"])


@pytest.fixture
def boss():
    return UserFactory(roles=["director"])


def quoted(campaign, caller, text=WORDS, **more) -> Verbatim:
    call(campaign, caller, "reached", quote=Quote(text=text, agreed=True, **more))
    return Verbatim.objects.select_related("attempt__contact", "agreed_by").latest("pk")


def published(campaign, caller, boss, text=WORDS, **more) -> Verbatim:
    one = quoted(campaign, caller, text, **more)
    return operations.publish_verbatim(actor=boss, verbatim_id=one.pk, words=text, now=MONDAY)


@pytest.mark.django_db
class TestKept:
    def test_with_who_agreed_and_the_words_read(self, campaign, caller):
        one = quoted(campaign, caller, emotions=("joy", "relief"))
        assert (one.said, one.shown, one.state) == (WORDS, "", "waiting")
        assert one.agreed_by.household_id == one.attempt.contact.household_id
        assert one.agreed_words == AGREEMENT
        assert one.emotions == ["relief", "joy"]
        assert one.expires_on == TODAY + timedelta(days=campaign.keep_answers_days)

    @pytest.mark.parametrize(
        ("quote", "field"),
        [
            (Quote(text=WORDS), "quote_agreed"),
            (Quote(text="Depuis mon cancer, je sors peu.", agreed=True), "quote"),
            (Quote(text="a" * 301, agreed=True), "quote"),
            (Quote(text="a\0b", agreed=True), "quote"),
            (Quote(text=WORDS, agreed=True, emotions=("jealousy",)), "emotions"),
            (Quote(text=WORDS, agreed=True, emotions=("joy", "relief", "anger", "trust")), "emotions"),
        ],
    )
    def test_refused(self, campaign, caller, quote, field):
        with pytest.raises(operations.InvalidReport) as refused:
            call(campaign, caller, "reached", quote=quote)
        assert list(refused.value.errors) == [field]
        assert not Verbatim.objects.exists()

    def test_nobody_is_quoted_without_a_conversation(self, campaign, caller):
        with pytest.raises(operations.InvalidReport):
            call(campaign, caller, "no_answer", quote=Quote(text=WORDS, agreed=True))

    def test_somebody_of_another_home_cannot_have_agreed(self, campaign, caller):
        elsewhere = HouseholdFactory(age=50).people.get()
        with pytest.raises(operations.InvalidReport) as refused:
            call(campaign, caller, "reached", quote=Quote(text=WORDS, agreed=True, agreed_by=elsewhere.pk))
        assert list(refused.value.errors) == ["quote_by"]

    def test_who_is_asked_when_they_are_several(self, lyon, caller):
        HouseholdFactory(agency=lyon, age=85, phone=True, alone=False)
        campaign = make_campaign()
        with pytest.raises(operations.InvalidReport):
            call(campaign, caller, "reached", quote=Quote(text=WORDS, agreed=True))

    def test_no_sentence_keeps_nothing(self, campaign, caller):
        call(campaign, caller, "reached", quote=Quote(text="  ", agreed=True))
        assert not Verbatim.objects.exists()


@pytest.mark.django_db
class TestModeration:
    def test_published_in_other_words_and_the_original_stays_hidden(self, campaign, caller, boss):
        one = quoted(campaign, caller, "Merci à Josiane, j’ai ri.", emotions=("joy",))
        for _ in range(2):
            operations.publish_verbatim(actor=boss, verbatim_id=one.pk, words="Merci, j’ai ri.", now=MONDAY)
        one.refresh_from_db()
        assert (one.said, one.shown, one.state) == ("Merci à Josiane, j’ai ri.", "Merci, j’ai ri.", "published")
        assert [(told.words, told.emotions) for told in verbatims(campaign, on=TODAY)] == [
            ("Merci, j’ai ri.", ("Joie",))
        ]
        assert AuditEntry.objects.filter(detail__verbatim="published").count() == 2

    @pytest.mark.parametrize(
        "words", ["", "   ", "a" * 301, "Merci, dit Odette.", "Grâce à Josiane Tellier", "Depuis mon cancer, merci."]
    )
    def test_what_cannot_be_published(self, campaign, caller, boss, words):
        one = quoted(campaign, caller)
        with pytest.raises(operations.CannotPublishVerbatim):
            operations.publish_verbatim(actor=boss, verbatim_id=one.pk, words=words, now=MONDAY)
        assert verbatims(campaign, on=TODAY) == []

    def test_left_out_with_a_reason(self, campaign, caller, boss):
        one = published(campaign, caller, boss)
        operations.refuse_verbatim(actor=boss, verbatim_id=one.pk, reason="recognisable", now=MONDAY)
        one.refresh_from_db()
        assert (one.state, one.refusal, one.shown) == ("refused", "recognisable", "")
        assert verbatims(campaign, on=TODAY) == []

    def test_withdrawn_for_good(self, campaign, caller, boss):
        one = published(campaign, caller, boss, emotions=("joy",))
        for _ in range(2):
            operations.withdraw_verbatim(actor=boss, verbatim_id=one.pk, now=MONDAY)
        one.refresh_from_db()
        assert (one.said, one.shown, one.emotions, one.state) == ("", "", [], "withdrawn")
        assert verbatims(campaign, on=TODAY) == []
        with pytest.raises(operations.VerbatimGone):
            operations.publish_verbatim(actor=boss, verbatim_id=one.pk, words=WORDS, now=MONDAY)
        with pytest.raises(operations.VerbatimGone):
            operations.refuse_verbatim(actor=boss, verbatim_id=one.pk, reason="doubt", now=MONDAY)

    def test_a_call_taken_back_is_quoted_nowhere(self, campaign, caller, boss):
        one = published(campaign, caller, boss)
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=one.attempt_id, now=MONDAY)
        assert verbatims(campaign, on=TODAY) == []
        assert verbatim_of(one.pk) is None
        assert not wall(on=TODAY).exists()


@pytest.mark.django_db
class TestWall:
    def test_by_campaign_and_emotion(self, campaign, caller, boss):
        published(campaign, caller, boss, "Merci beaucoup.", emotions=("gratitude",))
        published(campaign, caller, boss, "On se sent moins seule.", emotions=("relief", "joy"))
        other = make_campaign(name="Une autre")
        assert [one.shown for one in wall(on=TODAY, emotion="joy")] == ["On se sent moins seule."]
        assert wall(on=TODAY, campaign=campaign.pk).count() == 2
        assert not wall(on=TODAY, campaign=other.pk).exists()
        assert quoted_campaigns(on=TODAY) == [(campaign.pk, campaign.name)]

    def test_nothing_after_its_last_day(self, campaign, caller, boss):
        one = published(campaign, caller, boss)
        assert len(verbatims(campaign, on=one.expires_on)) == 1
        after = one.expires_on + timedelta(days=1)
        assert verbatims(campaign, on=after) == []
        assert not wall(on=after).exists()

    def test_the_number_of_queries_does_not_depend_on_the_number_of_sentences(self, campaign, caller, boss):
        def cost() -> int:
            with CaptureQueriesContext(connection) as found:
                verbatims(campaign, on=TODAY)
                [one.attempt.contact.queue.campaign.name for one in wall(on=TODAY)]
                [one.attempt.caller.initials for one in verbatims_kept(Scope(everything=True), on=TODAY)]
                verbatim_counts(Scope(everything=True), on=TODAY)
            return len(found)

        published(campaign, caller, boss)
        first = cost()
        published(campaign, caller, boss)
        quoted(campaign, caller)
        assert cost() == first == 4


@pytest.mark.django_db
class TestAccess:
    def test_managers_of_the_agency_only(self, campaign, caller, lyon):
        one = quoted(campaign, caller)
        for role in ("director", ("agency_manager", lyon)):
            assert get_verbatim_for(UserFactory(roles=[role]), one.pk).pk == one.pk
        elsewhere = AgencyFactory(code="STE", name="Saint-Étienne")
        for role in ("caller", "social_worker", "communication", ("agency_manager", elsewhere)):
            with pytest.raises(Http404):
                get_verbatim_for(UserFactory(roles=[role]), one.pk)


@pytest.mark.django_db
class TestErased:
    def test_on_their_last_day_and_with_the_call_taken_back(self, campaign, caller, boss):
        first = published(campaign, caller, boss)
        second = quoted(campaign, caller)
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=second.attempt_id, now=MONDAY)
        assert operations.erase_verbatims(today=TODAY) == 0
        assert operations.erase_verbatims(today=TODAY + timedelta(days=1)) == 1
        assert list(Verbatim.objects.values_list("pk", flat=True)) == [first.pk]
        assert operations.erase_verbatims(today=first.expires_on) == 0
        assert operations.erase_verbatims(today=first.expires_on + timedelta(days=1)) == 1
        assert not Verbatim.objects.exists()

    def test_with_the_person(self, campaign, caller):
        one = quoted(campaign, caller)
        Person.objects.filter(pk=one.agreed_by_id).delete()
        assert not Verbatim.objects.exists()
