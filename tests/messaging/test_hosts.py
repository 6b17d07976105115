"""Two workers on two hosts, one cut off in the middle: nobody lost, nobody twice."""

import pytest
from benchmarks import hosts

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_host_cut_off(monkeypatch):
    monkeypatch.setattr(hosts, "CUT_FOR", 3.0)
    try:
        found = hosts.run(rows=300)
    except hosts.NoNamespaces:
        pytest.skip("Network namespaces are refused here: it takes root, and `ip`")
    assert (found["lost"], found["twice"]) == (0, 0)
    for way in ("keyed", "unkeyed"):
        assert (found[way]["target"], found[way]["elsewhere"], found[way]["strangers"]) == (300, 0, 0)
    assert found["keyed"]["sent"] == 300
