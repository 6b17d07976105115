"""G27: a machine whose clock jumps an hour, or back a day, sends nothing twice and erases nothing early."""

from datetime import timedelta

import pytest
from tests.architecture.world import fingerprint, make_side
from tests.clocks import REAL, move_clock
from tests.messaging.factories import MONDAY, started
from tests.messaging.providers import Counting
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.models import Mailing
from bienveille.engines.messaging.operations import sending
from bienveille.faces.cli.purge import purge_all
from bienveille.register.accounts.models import OpenSession

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

JUMPS = [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-1)]
#: What lives by itself: traces of the purges themselves, sessions that nobody signed in with.
LIVES = frozenset({"accounts.auditentry", "accounts.auditseal", "accounts.opensession"})


@pytest.fixture
def since(monkeypatch, tmp_path, settings):
    """The clock at noon on the day of the world, whatever the hour outside; then moved from there."""
    settings.MEDIA_ROOT, settings.AUDIT_HEADS = tmp_path / "media", str(tmp_path / "heads.txt")
    home = MONDAY + timedelta(hours=2) - REAL()
    move_clock(monkeypatch, home)
    return lambda jump: move_clock(monkeypatch, home + jump)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_g27_nothing_is_erased_early(jump, since):
    side = make_side("here")
    purge_all()  # what the world made with dates gone by
    before = fingerprint(side, LIVES)
    since(jump)
    erased = {what: count for what, count in purge_all().items() if count}
    assert fingerprint(side, LIVES) == before
    assert set(erased) <= {"Sessions terminées"}
    assert OpenSession.objects.count() == 0 or not erased


def test_g27_the_test_itself_would_see_it(since):
    side = make_side("here")
    purge_all()
    before = fingerprint(side, LIVES)
    since(timedelta(days=3 * 366))
    assert sum(purge_all().values()) > 5
    assert fingerprint(side, LIVES) != before


def test_g27_nobody_is_written_to_twice():
    """Half of a mailing leaves, then the clock goes round; every try is made, and everybody has one message."""
    HouseholdFactory.create_batch(20, email=True)
    mailing, provider = started(channels=["email"]), Counting(breaks_after=7)

    def send(now):
        while sending.send_batch(mailing_id=mailing.pk, channel="email", sender=provider, now=now)[0]:
            pass

    send(MONDAY)
    provider.breaks_after = None
    for jump in (*JUMPS, timedelta(0), *reversed(JUMPS), timedelta(days=1)):
        send(MONDAY + jump)
    assert set(provider.seen.values()) == {1}
    assert Mailing.objects.get(pk=mailing.pk).deliveries.filter(state="waiting").count() == 0
