"""When a message may leave, and what an answer makes of it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bienveille.engines.messaging.channels import Outcome
from bienveille.engines.messaging.rules.leaving import KEYS_LAST, MOST_TRIES, fate, next_leave, open_places
from bienveille.engines.messaging.rules.mailings import STEPS, needs_approval, read_above, step

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


class TestHours:
    @pytest.mark.parametrize(
        ("moment", "here", "reunion"),
        [
            (datetime(2026, 11, 23, 6, 59, tzinfo=UTC), False, True),  # 7:59 in Paris, 10:59 in La Réunion
            (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), True, True),
            (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), True, False),  # 20:00 in La Réunion
            (datetime(2026, 11, 23, 19, 0, tzinfo=UTC), False, False),
            (datetime(2026, 11, 22, 11, 0, tzinfo=UTC), False, False),  # a Sunday
            (datetime(2026, 11, 11, 11, 0, tzinfo=UTC), False, False),  # a holiday
        ],
    )
    def test_sms_by_day_where_they_live(self, moment, here, reunion):
        places = open_places("sms", moment, urgent=False)
        assert ("" in places, "974" in places) == (here, reunion)

    def test_email_and_danger_at_any_hour(self):
        night = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
        assert "" in open_places("email", night, urgent=False)
        assert "" in open_places("sms", night, urgent=True)

    def test_every_night_of_five_years_is_quiet(self):
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        while moment < datetime(2031, 1, 1, tzinfo=UTC):
            leaves = next_leave("sms", moment, "", urgent=False)
            assert leaves >= moment
            assert "" in open_places("sms", leaves, urgent=False), moment
            moment += timedelta(hours=7, minutes=13)


class TestFate:
    def became(self, outcome, *, tries=1, keyed=False, old=timedelta()):
        return fate(outcome, tries=tries, keyed=keyed, keys_end=NOON + KEYS_LAST - old, now=NOON)

    def test_sent_and_refused_are_final(self):
        assert self.became(Outcome.SENT).state == "sent"
        assert (self.became(Outcome.REFUSED).state, self.became(Outcome.REFUSED).reason) == ("refused", "provider")

    def test_later_waits_longer_each_time_then_gives_up(self):
        waits = [self.became(Outcome.LATER, tries=tries).wait for tries in range(1, MOST_TRIES)]
        assert all(after == 2 * before for before, after in pairwise(waits))
        last = self.became(Outcome.LATER, tries=MOST_TRIES)
        assert (last.state, last.reason) == ("refused", "too_often")

    def test_a_doubt_stays_one_without_keys(self):
        assert self.became(Outcome.UNKNOWN).state == "unknown"

    def test_a_doubt_is_tried_again_with_keys_while_they_are_remembered(self):
        assert self.became(Outcome.UNKNOWN, keyed=True).state == "waiting"
        assert self.became(Outcome.UNKNOWN, keyed=True, old=KEYS_LAST).state == "unknown"
        assert self.became(Outcome.UNKNOWN, keyed=True, tries=MOST_TRIES).state == "unknown"


class TestMailings:
    def test_nothing_leaves_a_stopped_or_ended_mailing(self):
        assert not [doing for doing in STEPS if step("stopped", doing) or step("done", doing)]

    def test_nothing_starts_without_being_ready(self):
        assert [state for state in ("draft", "asked", "paused", "sending") if step(state, "start")] == []

    def test_a_second_person_above_the_limit(self):
        assert not needs_approval(200, above=200)
        assert needs_approval(201, above=200)

    @pytest.mark.parametrize(("said", "above"), [(None, 200), (0, 0), (50, 50), (5001, 200), (-1, 200), (True, 200)])
    def test_the_limit_is_the_landlord_s_when_it_holds(self, said, above):
        assert read_above(said) == above
