"""Workers killed -9 and stopped longer than their lease: nobody lost, nobody twice, every doubt told."""

import pytest
from benchmarks import messages

from bienveille.engines.messaging.operations import sending

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def test_nobody_lost_nobody_twice(monkeypatch):
    monkeypatch.setattr(sending, "LEASE_MARGIN", sending.LEASE_MARGIN)  # shortened by the bench, put back after
    found = messages.run(rows=300, kills=4, stops=1)
    assert (found["lost"], found["twice"]) == (0, 0)
    for way in ("keyed", "unkeyed"):
        assert (found[way]["target"], found[way]["elsewhere"], found[way]["strangers"]) == (300, 0, 0)
        assert found[way]["sent"] + found[way]["unknown"] == 300
    assert found["keyed"]["unknown"] == 0
