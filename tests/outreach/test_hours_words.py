"""Words left to anybody, the week in words and as a picture: no database."""

import pytest

from bienveille.services.outreach.rules import RELATIVE, SMS, VOICEMAIL, faults, hours_words, said, week_picture
from bienveille.services.outreach.rules.left_words import read_texts

OFFICE = [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "19:30"}]


def test_our_own_words_name_the_landlord_and_tell_nothing():
    assert faults("voicemail", VOICEMAIL) == []
    assert faults("sms", SMS) == []
    for text in (VOICEMAIL, SMS, RELATIVE):
        words = said(text, landlord="Habitat", caller="Josiane", person="Mme Rey")
        assert "Habitat" in words
        assert "Josiane" in words
        assert "{" not in words
        assert not any(word in words for word in ("seul", "âge", "canicule", "santé", "loyer"))


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "texts"),
        ({"letter": "x"}, "texts.letter"),
        ({"sms": 3}, "texts.sms"),
        ({"sms": "Bonjour"}, "texts.sms"),
        ({"sms": "{bailleur} " + "x" * 306}, "texts.sms"),
        ({"voicemail": "{bailleur} : votre cancer"}, "texts.voicemail"),
    ],
)
def test_words_that_may_not_be_left_are_refused(raw, field):
    assert [name for name, _ in read_texts(raw)[1]] == [field]


def test_the_week_in_words():
    assert hours_words(OFFICE, on_days_off=False) == (
        "du lundi au vendredi, de 9\u00a0h à 19\u00a0h\u00a030, sauf jours fériés"
    )
    assert hours_words([{"days": [6], "from": "10:00", "to": "24:00"}], on_days_off=True) == (
        "le samedi, de 10\u00a0h à minuit, jours fériés compris"
    )
    assert hours_words([], on_days_off=False) == "à toute heure"


def test_the_picture_of_the_week():
    hours, days = week_picture(OFFICE)
    assert hours == list(range(8, 20))
    assert [sum(day.cells) for day in days] == [11, 11, 11, 11, 11, 0, 0]
    assert days[6].words == "Pas d’appel"
    assert all(all(day.cells) for day in week_picture([])[1])
