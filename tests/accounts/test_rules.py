"""Rules of accounts: scopes, secrets, sessions and names, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bienveille.register.accounts import rules
from bienveille.register.accounts.rules import Grant, Scope, scope_of

RHONE, LOIRE = UUID(int=1), UUID(int=2)
LYON, ROANNE = UUID(int=11), UUID(int=12)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class TestScope:
    def test_no_grant_covers_nothing(self):
        scope = scope_of([], ["caller"])
        assert scope.nothing
        assert not scope.covers(company=RHONE, agency=LYON)

    def test_only_the_roles_asked_for_count(self):
        grants = [Grant("caller", agency=LYON), Grant("director")]
        assert scope_of(grants, ["caller"]) == Scope(agencies=frozenset({LYON}))
        assert scope_of(grants, ["director"]).everything
        assert scope_of(grants, ["agency_manager"]).nothing

    @pytest.mark.parametrize(
        ("grant", "company", "agency", "covered"),
        [
            (Grant("caller"), None, None, True),
            (Grant("caller"), RHONE, LYON, True),
            (Grant("caller", company=RHONE), RHONE, LYON, True),
            (Grant("caller", company=RHONE), LOIRE, ROANNE, False),
            (Grant("caller", agency=LYON), RHONE, LYON, True),
            (Grant("caller", agency=LYON), RHONE, ROANNE, False),
            (Grant("caller", agency=LYON), None, None, False),
        ],
    )
    def test_what_a_grant_covers(self, grant, company, agency, covered):
        assert scope_of([grant], ["caller"]).covers(company=company, agency=agency) is covered

    def test_grants_add_up(self):
        scope = scope_of([Grant("caller", agency=LYON), Grant("caller", company=LOIRE)], ["caller"])
        assert scope.covers(company=RHONE, agency=LYON)
        assert scope.covers(company=LOIRE, agency=ROANNE)
        assert not scope.covers(company=RHONE, agency=ROANNE)


class TestSecrets:
    def test_a_digest_says_nothing_of_its_secret(self):
        assert rules.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @pytest.mark.parametrize(
        ("after", "ended", "stands"),
        [
            (timedelta(0), (), True),
            (timedelta(days=1) - timedelta(seconds=1), (None, None), True),
            (timedelta(days=1), (), False),
            (timedelta(0), (None, NOW), False),
        ],
    )
    def test_still_stands(self, after, ended, stands):
        assert rules.still_stands(now=NOW + after, expires_at=NOW + timedelta(days=1), ended=ended) is stands


class TestSession:
    @pytest.mark.parametrize(
        ("age", "idle", "over"),
        [
            (0, 0, False),
            (3600, 30 * 60, False),
            (3600, 30 * 60 + 1, True),
            (12 * 3600, 0, False),
            (12 * 3600 + 1, 0, True),
        ],
    )
    def test_half_an_hour_idle_or_a_working_day(self, age, idle, over):
        assert rules.session_over(now=1_000_000, since=1_000_000 - age, seen=1_000_000 - idle) is over


@pytest.mark.parametrize(
    ("full", "names"),
    [
        ("Léa de La Tour", ("Léa", "de La Tour")),
        ("  Léa   Roy ", ("Léa", "Roy")),
        ("Roy", ("", "Roy")),
        ("", ("", "")),
    ],
)
def test_split_name(full, names):
    assert rules.split_name(full) == names
