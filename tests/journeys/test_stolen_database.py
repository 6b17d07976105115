"""G34: who takes the whole database away, without the key, reads none of the words that people wrote about people.

A word found nowhere else is planted in every free text of every table (`tests/architecture/world.py`), and the whole dump
is searched, as a thief would.
"""

import json

import pytest
from benchmarks.scratch import scratch_database
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from tests.architecture.world import canary, make_side, plant
from tests.journeys.test_nothing_remains import dump
from tests.questionnaires.factories import QuestionnaireVersionFactory
from tests.sealed import opened

from bienveille.engines.cases.models import CaseAction
from bienveille.engines.questionnaires.models import Response
from bienveille.engines.questionnaires.operations import record_response
from bienveille.ground.platform import replay, sealed_keys
from bienveille.ground.platform.sealed_fields import SealedJSONField, sealed_fields
from bienveille.ground.platform.sealed_text import TOKEN, Unopened, new_key
from bienveille.register.tenants.models import Person
from bienveille.services.outreach.models import Report

#: Columns of which that world has no row with words.
EMPTY_THERE = {
    "cases.Case.next_step",
    "cases.PartnerReferral.answer_words",
    "cases.RegisterRequest.home_service",
    "dispatch.Explanation.words",
    "dispatch.Step.say",
    "messaging.Delivery.body",
    "messaging.Delivery.subject",
    "messaging.InboundMessage.subject",
    "neighbourhood.Heard.reason",
    "neighbourhood.RelayTenant.limits",
    "outreach.Verbatim.shown",
    "outreach.VolunteerOffer.reply",
    "tenants.Merge.reason",
}


def test_g34_a_stolen_database_gives_no_word(django_db_setup, django_db_blocker, settings):
    with django_db_blocker.unblock(), scratch_database():
        sealed_keys.ensure_key()
        side = make_side("there")
        plant(side)
        CaseAction.objects.update(words=canary(side, CaseAction, "words"))
        taken = dump()
        words = {
            f"{field.model._meta.label}.{field.name}": canary(side, field.model, field.name)
            for field in sealed_fields()
            if not isinstance(field, SealedJSONField)
        }
        read = opened(taken)
        assert {name for name, word in words.items() if word not in read} <= EMPTY_THERE, "they were not planted"
        assert [name for name, word in words.items() if word in taken] == []
        assert canary(side, Person, "last_name") in taken, "names are not sealed: docs/security.md says so"

        director = Client()
        director.force_login(side.users["director"])
        cases = [reverse("workspace:case", args=[key]) for key in side.rows["cases.case"]]
        assert any(words["cases.CaseAction.words"] in director.get(page).content.decode() for page in cases)
        home = Report.objects.exclude(note="").values_list("attempt__contact__household", flat=True).first()
        assert (
            words["outreach.Report.note"] in director.get(reverse("workspace:household", args=[home])).content.decode()
        )

        settings.NOTES_KEY = new_key()  # the other landlord's
        with pytest.raises(Unopened, match="qui n’est pas ici"):
            list(CaseAction.objects.exclude(words=""))
        with pytest.raises(sealed_keys.WrongNotesKey):
            sealed_keys.ensure_key()


#: The last version before words were sealed, by application.
BEFORE = [
    ("api", "0001_initial"),
    ("cases", "0004_register_requests"),
    ("dispatch", "0012_lent_in_order"),
    ("messaging", "0010_held_back"),
    ("neighbourhood", "0003_heard"),
    ("outreach", "0019_message_after_a_call"),
    ("questionnaires", "0003_draft"),
    ("tenants", "0015_numbered_keys"),
]


def _migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(
        [executor.loader.graph.leaf_nodes(app)[0] if name is None else (app, name) for app, name in targets]
    )


def _words():
    return {
        field.place: dict(field.model._default_manager.order_by("pk").values_list("pk", field.name))
        for field in sealed_fields()
    }


def test_g34_words_already_there_are_sealed_when_brought_up_to_date_and_back(django_db_setup, django_db_blocker):
    """What somebody typed and that looks sealed is sealed like the rest; triggers of what is told again stand there."""
    with django_db_blocker.unblock(), scratch_database():
        side = make_side("there")
        plant(side)
        alike = f"s1:00000000:{'A' * 40}"
        CaseAction.objects.filter(pk=CaseAction.objects.first().pk).update(words=alike)
        record_response(
            version_id=QuestionnaireVersionFactory().pk,
            answers={"food": "hard", "helps": ["shop"], "who": "Sa voisine"},
            now=now(),
            keep_until=now().date(),
            complete=False,
        )
        replay.ensure_triggers()
        before = _words()
        _migrate(BEFORE)
        clear = dump()
        assert TOKEN.findall(clear) == [alike]
        assert canary(side, CaseAction, "words") in clear
        assert '"who": "Sa voisine"' in clear
        replay.ensure_triggers()
        _migrate([(app, None) for app, _ in BEFORE])
        assert canary(side, CaseAction, "words") not in dump()
        assert _words() == before


@pytest.mark.django_db
def test_g34_free_answers_are_kept_apart_and_sealed():
    """The guide of a call: what is counted stays countable, what was said in words is closed."""
    version = QuestionnaireVersionFactory()
    answers = {"food": "hard", "helps": ["shop"], "who": "Sa voisine"}
    response = record_response(
        version_id=version.pk, answers=answers, now=now(), keep_until=now().date(), complete=False
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers::text, words FROM questionnaires_response WHERE id = %s", [response.pk])
        counted, sealed = cursor.fetchone()
    assert json.loads(counted) == answers | {"who": True}
    assert sealed.startswith("s1:")
    assert Response.objects.get(pk=response.pk).given == answers
