"""Two workers on two hosts, one cut off in the middle: nobody lost, nobody twice."""

import pytest
from benchmarks import hosts

from bienveille.engines.messaging.operations import sending

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def test_one_host_cut_off(monkeypatch):
    monkeypatch.setattr(hosts, "CUT_FOR", 3.0)
    monkeypatch.setattr(sending, "LEASE_MARGIN", sending.LEASE_MARGIN)  # shortened by the bench, put back after
    try:
        found = hosts.run(rows=300)
    except hosts.NoNamespaces:
        pytest.skip("Network namespaces are refused here: it takes root, and `ip`")
    assert (found["lost"], found["twice"]) == (0, 0)
    for way in ("keyed", "unkeyed"):
        assert (found[way]["target"], found[way]["elsewhere"], found[way]["strangers"]) == (300, 0, 0)
    assert found["keyed"]["sent"] == 300
