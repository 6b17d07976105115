"""What may leave for a partner, the words, the delays: pure decisions, and the dated table that they read."""

from datetime import date, timedelta

import pytest

from bienveille.engines.cases.choices import Agreement, SafeChannel
from bienveille.engines.cases.rules.referrals import (
    CODE_DIGITS,
    CODE_TRIES,
    CODES_A_DAY_FOR_A_LINK,
    InvalidReferralTable,
    agrees,
    goes_to_the_home,
    owner_is_to_be_told,
    reminder_is_due,
    timing_on,
    what_leaves,
    words_of,
    words_on,
)

DAY = date(2026, 11, 23)
AFTER = [timedelta(days=n) for n in range(40)]


class TestWhatLeaves:
    def test_what_was_ticked(self):
        assert what_leaves(phone=True, address=True, hidden=False, safe_channel="").words == (
            "votre nom, votre numéro de téléphone et votre adresse"
        )
        assert what_leaves(phone=False, address=False, hidden=False, safe_channel="").words == "votre nom"

    @pytest.mark.parametrize("channel", ["", *SafeChannel.values])
    @pytest.mark.parametrize("phone", [True, False])
    def test_a_hidden_address_never_leaves(self, phone, channel):
        leaving = what_leaves(phone=phone, address=True, hidden=True, safe_channel=channel)
        assert not leaving.address
        assert leaving.phone is (phone and channel == SafeChannel.PHONE)


class TestAgreement:
    @pytest.mark.parametrize(
        ("agreement", "usual", "confidential"),
        [(Agreement.CONSENT, True, True), (Agreement.NON_OBJECTION, True, False), (Agreement.REFUSED, False, False)],
    )
    def test_what_lets_something_leave(self, agreement, usual, confidential):
        assert agrees(agreement, confidential=False) is usual
        assert agrees(agreement, confidential=True) is confidential

    def test_no_answer_lets_nothing_leave(self):
        assert not agrees("", confidential=False)


class TestDelays:
    def test_a_silent_partner_is_written_to_twice(self):
        timing, written, days = timing_on(DAY), 0, []
        for later in AFTER:
            if reminder_is_due(timing, sent_on=DAY, reminders=written, today=DAY + later):
                written += 1
                days.append(later.days)
        assert days == [3, 7]

    def test_days_missed_are_not_made_up_for_at_once(self):
        timing = timing_on(DAY)
        assert reminder_is_due(timing, sent_on=DAY, reminders=1, today=DAY + timedelta(days=8))
        assert not reminder_is_due(timing, sent_on=DAY, reminders=2, today=DAY + timedelta(days=30))

    @pytest.mark.parametrize(("state", "days"), [("sent", 5), ("acknowledged", 21)])
    def test_the_owner_is_told(self, state, days):
        told = [
            late.days for late in AFTER if owner_is_to_be_told(timing_on(DAY), state=state, since=DAY, today=DAY + late)
        ]
        assert told[0] == days

    @pytest.mark.parametrize("state", ["proposed", "refused", "closed", "withdrawn"])
    def test_nobody_is_told_of_what_nobody_awaits(self, state):
        assert not owner_is_to_be_told(timing_on(DAY), state=state, since=DAY, today=DAY + timedelta(days=99))


class TestWords:
    def test_they_say_to_whom_why_and_what(self):
        words = words_on(DAY).said(partner="CCAS de Lyon", needs=["repas", "courses"], data="votre nom")
        for part in ("CCAS de Lyon", "repas et courses", "votre nom", "dire non"):
            assert part in words
        assert "{" not in words

    def test_those_read_are_found_again_by_their_version(self):
        assert words_of(words_on(DAY).version) == words_on(DAY)

    def test_the_address_is_for_needs_met_at_home(self):
        assert goes_to_the_home(["meals"], DAY)
        assert not goes_to_the_home(["paperwork", "rent"], DAY)


class TestTable:
    HEAD = "[[timing]]\nvalid_from = 2026-01-01\n{end}link_days = 1\nremind_partner_days = [1]\ntell_owner_days = 1\n"
    TAIL = "tell_owner_unfinished_days = 1\nkept_days = 1\n"
    WORDS = '[[words]]\nversion = 1\nvalid_from = 2026-01-01\ntext = "x"\n'
    ADDRESS = '[[address]]\nvalid_from = 2026-01-01\nneeds = ["meals"]\n'

    def entry(self, end=""):
        return self.HEAD.format(end=end) + self.TAIL

    def table(self, tmp_path, text):
        path = tmp_path / "table.toml"
        path.write_text(text, encoding="utf-8")
        return path

    @pytest.mark.parametrize("change", ["twice", "overlap", "nothing", "unknown"])
    def test_faults_are_named(self, tmp_path, change):
        text = {
            "twice": self.entry()
            + self.WORDS.replace("2026", "2025").replace("text", "valid_until = 2025-12-31\ntext")
            + self.WORDS
            + self.ADDRESS,
            "overlap": self.entry() + self.entry() + self.WORDS + self.ADDRESS,
            "nothing": self.entry() + self.WORDS,
            "unknown": self.entry() + self.WORDS + self.ADDRESS + "more = 1\n",
        }[change]
        with pytest.raises(InvalidReferralTable):
            timing_on(DAY, self.table(tmp_path, text))

    def test_the_entry_of_the_day_holds(self, tmp_path):
        later = self.entry().replace("2026-01-01", "2026-07-01").replace("link_days = 1", "link_days = 9")
        path = self.table(tmp_path, self.entry("valid_until = 2026-06-30\n") + later + self.WORDS + self.ADDRESS)
        assert [timing_on(day, path).link_days for day in (date(2025, 1, 1), date(2026, 6, 30), DAY)] == [1, 1, 9]


def test_a_code_is_guessed_less_than_once_in_twenty_thousand_days():
    assert CODE_TRIES * CODES_A_DAY_FOR_A_LINK / 10**CODE_DIGITS <= 5e-5
