"""The command that listens: what an SMS centre of another make brings is in the database; without one it says so."""

import argparse

import pytest
from tests.messaging.test_smpp import NAMES, Centre

from bienveille.engines.messaging.models import InboundMessage, Stop
from bienveille.faces.cli import listen
from bienveille.ground.platform.refusal import Refusal

pytestmark = pytest.mark.django_db


def test_answers_and_stop_are_kept(settings):
    centre = Centre()
    settings.SMPP_LISTENER = {"host": "127.0.0.1", "port": centre.port, **NAMES}

    assert listen.run(argparse.Namespace(seconds=1.0)) == 0
    centre.close()

    assert set(InboundMessage.objects.values_list("text", flat=True)) == {"STOP", "D’accord", "abc"}
    assert Stop.objects.get().value == "+33639980002"
    assert centre.brought == [0, 0, 0, 0]


def test_without_an_operator_it_says_so(settings):
    settings.SMPP_LISTENER = {}

    with pytest.raises(Refusal, match="SMPP_HOST"):
        listen.run(argparse.Namespace(seconds=1.0))
